/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zone file text as records and directives: what zone/load.c and the formatter
 * both read. Keeps origin, $TTL and the former owner as RFC 1035 §5.1 and
 * RFC 2308 §4 have them; $INCLUDE is handed to the caller. Thread: one at a time.
 */
#ifndef BNS_ZONE_TEXT_H
#define BNS_ZONE_TEXT_H

#include "wire/name.h"
#include "wire/rrtype.h"
#include "zone/scan.h"

enum bns_text_kind {
	BNS_TEXT_END,
	BNS_TEXT_BLANK,
	BNS_TEXT_COMMENT,
	BNS_TEXT_ORIGIN,
	BNS_TEXT_TTL,
	BNS_TEXT_INCLUDE,
	BNS_TEXT_RECORD,
};

/* What one place of a file hands on to the next, and to a file included there. */
struct bns_text_context {
	uint8_t origin[BNS_NAME_MAX];
	bool has_origin;
	uint32_t default_ttl; /* of $TTL */
	bool has_default_ttl;
	uint8_t owner[BNS_NAME_MAX]; /* the former record's */
	bool has_owner;
	uint32_t last_ttl; /* the former record's */
	bool has_last_ttl;
};

struct bns_text {
	struct bns_scan scan; /* its comments and entry_line belong to the item */
	struct bns_text_context context;

	/* The record, after BNS_TEXT_RECORD; its owner is context.owner, its TTL context.last_ttl. */
	uint16_t type;
	uint16_t rdlen;
	uint8_t rdata[UINT16_MAX];

	/* After BNS_TEXT_INCLUDE. */
	char *include_path; /* as written, unescaped; in scan.text */
	uint8_t include_origin[BNS_NAME_MAX];
	bool include_has_origin; /* a second argument was there */
};

/* `context` is copied; NULL: nothing is known. Large: keep it on the heap. */
void bns_text_open(struct bns_text *t, const char *data, size_t len, const char *file,
		   const struct bns_text_context *context, struct bns_diag *diag);
void bns_text_close(struct bns_text *t);

/* On failure `diag` has file, line and a sentence. */
enum bns_error bns_text_next(struct bns_text *t, enum bns_text_kind *kind) BNS_MUST_CHECK;

/* Tells that sentence, with the line of the item at hand; returns BNS_ESYNTAX. */
enum bns_error bns_text_error(const struct bns_text *t, const char *fmt, ...) BNS_PRINTF(2, 3);

/*
 * A whole file in memory, read to its end (a pipe will do). A directory, an
 * unreadable or a huge file is refused, with `diag`. `*data` is the caller's.
 */
enum bns_error bns_text_read_file(int fd, const char *path, char **data, size_t *len,
				  struct bns_diag *diag) BNS_MUST_CHECK;

#endif
