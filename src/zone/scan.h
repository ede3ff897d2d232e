/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zone file text cut into entries (RFC 1035 §5.1): quotes, parentheses,
 * comments and escapes are dealt with here, once. An entry comes as one plain
 * line: tokens separated by single spaces, every escape but `\#` as \DDD, so
 * that nothing behind it has to know what ends a token. Thread: one at a time.
 */
#ifndef BNS_ZONE_SCAN_H
#define BNS_ZONE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define BNS_SCAN_LINE_MAX  65536       /* octets of one line of text */
#define BNS_SCAN_ENTRY_MAX (4 * 65536) /* octets of one entry, made plain */

enum bns_scan_kind {
	BNS_SCAN_END,
	BNS_SCAN_BLANK,   /* an empty line */
	BNS_SCAN_COMMENT, /* a line with a comment alone */
	BNS_SCAN_ENTRY,
};

/* Grows; always zero-terminated once used. */
struct bns_scan_text {
	char *data;
	size_t len;
	size_t cap;
};

struct bns_scan {
	const char *file; /* for messages */
	const char *data;
	size_t len;
	size_t pos;
	unsigned line; /* the line at `pos`, from 1 */
	struct bns_diag *diag;
	enum bns_error err;

	/* The entry that was found last. */
	size_t start; /* its source is [start, end), without the end of line */
	size_t end;
	unsigned entry_line;           /* where it begins */
	bool starts_blank;             /* its line begins with white space: the owner is the former record's */
	struct bns_scan_text text;     /* the entry, made plain */
	struct bns_scan_text comments; /* each from its semicolon on, a line feed behind it */

	/* Within an entry. */
	unsigned depth;     /* open parentheses */
	unsigned open_line; /* where the outermost was opened */
	bool gap;           /* white space since the last token */
};

/* `data` must outlive the scan; what goes wrong is told in `diag`. */
void bns_scan_open(struct bns_scan *s, const char *data, size_t len, const char *file, struct bns_diag *diag);
void bns_scan_close(struct bns_scan *s);

/* The next entry, blank line or comment; BNS_ESYNTAX with `diag` filled where the text is broken. */
enum bns_error bns_scan_next(struct bns_scan *s, enum bns_scan_kind *kind) BNS_MUST_CHECK;

#endif
