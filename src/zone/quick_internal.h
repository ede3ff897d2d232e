/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two halves of the quick reader share. */
#ifndef BNS_ZONE_QUICK_INTERNAL_H
#define BNS_ZONE_QUICK_INTERNAL_H

#include "wire/name.h"

#define BNS_QUICK_RDATA_MAX 4096

struct bns_quick_token {
	const char *text;
	size_t len;
	bool quoted; /* without its quotes */
};

struct bns_quick {
	const char *at;
	const char *end;
	const char *line_start;
	uint32_t line;
	unsigned depth; /* of parentheses */
	uint8_t origin[BNS_NAME_MAX];
	uint8_t rdata[BNS_QUICK_RDATA_MAX];
	size_t rdlen;
};

enum bns_quick_next {
	BNS_QUICK_TOKEN,
	BNS_QUICK_END, /* of the entry */
	BNS_QUICK_GIVE_UP,
};

/* The entry's next token. */
enum bns_quick_next bns_quick_token(struct bns_quick *q, struct bns_quick_token *t);

/* A name of hosts' usual characters; its length, 0: give up. */
size_t bns_quick_name(const struct bns_quick *q, const struct bns_quick_token *t, uint8_t out[BNS_NAME_MAX]);

/* Digits alone. */
bool bns_quick_number(const struct bns_quick_token *t, uint64_t max, uint32_t *value);

/* 0: none that is read here. */
uint16_t bns_quick_type(const struct bns_quick_token *t);

/* The entry's other tokens into `rdata`. */
bool bns_quick_rdata(struct bns_quick *q, uint16_t type);

#endif
