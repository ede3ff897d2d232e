/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of the log as a JSON object, for machines that read along. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define END_BYTES 3 /* a quote, a brace, and room to spare */

struct writing {
	char *out;
	size_t len, cap;
};

static void put_octet(struct writing *w, char c)
{
	if (w->len < w->cap)
		w->out[w->len++] = c;
}

static void put_text(struct writing *w, const char *text)
{
	while (*text)
		put_octet(w, *text++);
}

/* How many octets the UTF-8 character at `p` has; 0: it is none (RFC 3629). */
static size_t character_len(const unsigned char *p)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* A string's inside: whole characters only, so that what is cut is still a string. */
static void put_string(struct writing *w, const char *text, size_t len)
{
	put_octet(w, '"');
	for (size_t i = 0; i < len;) {
		size_t n = character_len((const unsigned char *)text + i);
		bool escaped = text[i] == '"' || text[i] == '\\';
		if (w->len + (n > 0 ? n : 1) + escaped >= w->cap)
			break;
		if (escaped)
			put_octet(w, '\\');
		if (n == 0)
			put_octet(w, '?');
		for (size_t k = 0; k < n; k++)
			put_octet(w, (unsigned char)text[i + k] < ' ' ? ' ' : text[i + k]);
		i += n > 0 ? n : 1;
	}
	put_octet(w, '"');
}

static bool fits(const struct writing *w, size_t len)
{
	return w->len + len + END_BYTES < w->cap;
}

static void put_member(struct writing *w, const char *key, size_t key_len, const char *value, size_t len)
{
	if (!fits(w, key_len + 6))
		return;
	put_octet(w, ',');
	put_string(w, key, key_len);
	put_octet(w, ':');
	put_string(w, value, len);
}

/* The length of a key before its '='; 0: the word is no pair. Names that stand in every line aren't taken. */
static size_t key_len(const char *word)
{
	static const char *const own[] = {"time", "level", "event", "text"};
	size_t len = 0;

	while (islower((unsigned char)word[len]) || word[len] == '_')
		len++;
	if (len == 0 || word[len] != '=' || word[len + 1] == '\0' || word[len + 1] == ' ')
		return 0;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == len && strncmp(own[i], word, len) == 0)
			return 0;
	return len;
}

/* "held zone=x …": the first word, where a pair follows. */
static const char *put_event(struct writing *w, const char *text)
{
	size_t len = 0;

	while (islower((unsigned char)text[len]) || text[len] == '-')
		len++;
	if (len == 0 || text[len] != ' ' || key_len(text + len + 1) == 0)
		return text;
	put_member(w, "event", 5, text, len);
	return text + len + 1;
}

static const char *put_pairs(struct writing *w, const char *text)
{
	size_t len;

	while ((len = key_len(text)) > 0) {
		size_t value = strcspn(text + len + 1, " ");
		put_member(w, text, len, text + len + 1, value);
		text += len + 1 + value;
		text += strspn(text, " ");
	}
	return text;
}

size_t bns_log_to_json(enum bns_log_level level, const char *time, const char *text, char *out, size_t cap)
{
	struct writing w = {.out = out, .cap = cap - END_BYTES};
	const char *word = bns_log_level_to_text(level);

	put_text(&w, "{");
	put_string(&w, "time", 4);
	put_octet(&w, ':');
	put_string(&w, time, strlen(time));
	put_member(&w, "level", 5, word, strlen(word));
	text = put_pairs(&w, put_event(&w, text));
	if (*text)
		put_member(&w, "text", 4, text, strlen(text));
	out[w.len++] = '}';
	return w.len;
}
