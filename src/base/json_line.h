/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flat JSON object written straight into memory, for rows of which there are
 * a million; jansson takes thirty allocations for each. Text that isn't plain
 * ASCII, and what doesn't fit, is none of its business: bns_json_line_end says
 * so, and jansson does it. Thread: any.
 */
#ifndef BNS_BASE_JSON_LINE_H
#define BNS_BASE_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bns_json_line {
	char *out;
	size_t cap;
	size_t len;
	bool failed;
};

void bns_json_line_begin(struct bns_json_line *l, char *out, size_t cap);
void bns_json_line_text(struct bns_json_line *l, const char *key, const char *text);
void bns_json_line_number(struct bns_json_line *l, const char *key, int64_t number);

/* `value` as it is: "[]", "true". */
void bns_json_line_raw(struct bns_json_line *l, const char *key, const char *value);

/* The object ends; false: it isn't to be used. */
bool bns_json_line_end(struct bns_json_line *l);

#endif
