/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/json_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct bns_json_line *l, const char *text, size_t len)
{
	if (l->failed || len >= l->cap - l->len) {
		l->failed = true;
		return;
	}
	memcpy(l->out + l->len, text, len);
	l->len += len;
	l->out[l->len] = '\0';
}

void bns_json_line_begin(struct bns_json_line *l, char *out, size_t cap)
{
	*l = (struct bns_json_line){.out = out, .cap = cap};
	put(l, "{", 1);
}

static void put_key(struct bns_json_line *l, const char *key)
{
	put(l, ",\"" + (l->len == 1), l->len == 1 ? 1 : 2);
	put(l, key, strlen(key));
	put(l, "\":", 2);
}

/* Up to the next octet that isn't itself in JSON. */
static size_t plain_run(const char *text)
{
	size_t n = 0;
	while (text[n] >= ' ' && text[n] <= '~' && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void bns_json_line_text(struct bns_json_line *l, const char *key, const char *text)
{
	put_key(l, key);
	put(l, "\"", 1);
	for (;;) {
		size_t run = plain_run(text);
		put(l, text, run);
		text += run;
		if (*text != '"' && *text != '\\')
			break;
		put(l, "\\", 1);
		put(l, text++, 1);
	}
	put(l, "\"", 1);
	l->failed |= *text != '\0';
}

void bns_json_line_number(struct bns_json_line *l, const char *key, int64_t number)
{
	char digits[24];
	put_key(l, key);
	put(l, digits, (size_t)snprintf(digits, sizeof(digits), "%" PRId64, number));
}

void bns_json_line_raw(struct bns_json_line *l, const char *key, const char *value)
{
	put_key(l, key);
	put(l, value, strlen(value));
}

bool bns_json_line_end(struct bns_json_line *l)
{
	put(l, "}", 1);
	return !l->failed;
}
