/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/scan.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bns_scan_open(struct bns_scan *s, const char *data, size_t len, const char *file, struct bns_diag *diag)
{
	*s = (struct bns_scan){.file = file, .data = data, .len = len, .line = 1, .diag = diag};
}

void bns_scan_close(struct bns_scan *s)
{
	free(s->text.data);
	free(s->comments.data);
	s->text = s->comments = (struct bns_scan_text){0};
}

/* The first failure counts; from then on the text counts as ended. */
static void fail(struct bns_scan *s, unsigned line, const char *sentence)
{
	if (s->err)
		return;
	s->err = BNS_ESYNTAX;
	bns_diag_set(s->diag, s->file, line, 0, "%s", sentence);
}

static void put(struct bns_scan *s, struct bns_scan_text *t, const char *text, size_t len)
{
	if (t->len + len >= t->cap) {
		size_t cap = 2 * (t->len + len) + 128;
		char *data = realloc(t->data, cap);
		if (!data) {
			s->err = BNS_ENOMEM;
			return;
		}
		t->data = data;
		t->cap = cap;
	}
	memcpy(t->data + t->len, text, len);
	t->len += len;
	t->data[t->len] = '\0';
}

static void put_plain(struct bns_scan *s, const char *text, size_t len)
{
	if (s->text.len + len > BNS_SCAN_ENTRY_MAX)
		fail(s, s->entry_line, "the record is too long for 65,535 octets of RDATA");
	else
		put(s, &s->text, text, len);
}

static void put_ddd(struct bns_scan *s, uint8_t octet)
{
	char ddd[5];
	snprintf(ddd, sizeof(ddd), "\\%03u", octet);
	put_plain(s, ddd, 4);
}

static bool at_end(const struct bns_scan *s)
{
	return s->err || s->pos >= s->len;
}

/* Zero at the end of the text, which is why a zero octet in it is refused at once. */
static char peek(const struct bns_scan *s)
{
	return at_end(s) ? '\0' : s->data[s->pos];
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Looks a new line over, so that what follows may rely on it. */
static void check_line(struct bns_scan *s)
{
	size_t left = s->len - s->pos;
	const char *line = s->data + s->pos;
	const char *newline = memchr(line, '\n', left);
	size_t len = newline ? (size_t)(newline - line) : left;
	if (len > BNS_SCAN_LINE_MAX)
		fail(s, s->line, "the line is longer than 64 KiB; is this a zone file?");
	else if (memchr(line, '\0', len))
		fail(s, s->line, "the line holds a zero octet; is this a zone file?");
}

static void take_newline(struct bns_scan *s)
{
	s->pos++;
	s->line++;
	if (s->pos < s->len)
		check_line(s);
}

static void skip_blanks(struct bns_scan *s)
{
	while (is_blank(peek(s)))
		s->pos++;
}

/* From the semicolon to the end of its line, without trailing white space. */
static void take_comment(struct bns_scan *s)
{
	size_t start = s->pos;
	while (!at_end(s) && peek(s) != '\n')
		s->pos++;
	size_t end = s->pos;
	while (end > start && is_blank(s->data[end - 1]))
		end--;
	put(s, &s->comments, s->data + start, end - start);
	put(s, &s->comments, "\n", 1);
}

/* After a backslash: \DDD, or any octet that then has no meaning (RFC 1035 §5.1). */
static void take_escape(struct bns_scan *s)
{
	s->pos++;
	char c = peek(s);
	if (at_end(s) || c == '\n' || c == '\r') {
		fail(s, s->line, "a backslash at the end of the line escapes nothing; write \\\\ for a backslash");
	} else if (!is_digit(c)) {
		if (c == '#')
			put_plain(s, "\\#", 2); /* RFC 3597 §5 */
		else
			put_ddd(s, (uint8_t)c);
		s->pos++;
	} else if (s->len - s->pos < 3 || !is_digit(s->data[s->pos + 1]) || !is_digit(s->data[s->pos + 2]) ||
		   memcmp(s->data + s->pos, "255", 3) > 0) {
		fail(s, s->line, "a backslash with a digit must be \\DDD, three digits up to 255");
	} else {
		put_plain(s, s->data + s->pos - 1, 4);
		s->pos += 3;
	}
}

/* An octet that can't be mistaken for anything else, or its \DDD. */
static void take_octet(struct bns_scan *s, const char *meaningful)
{
	char c = peek(s);
	if (c > ' ' && c <= '~' && !strchr(meaningful, c))
		put_plain(s, &c, 1);
	else
		put_ddd(s, (uint8_t)c);
	s->pos++;
}

static void take_quoted(struct bns_scan *s)
{
	unsigned line = s->line;
	put_plain(s, "\"", 1);
	s->pos++;
	while (!at_end(s) && peek(s) != '"' && peek(s) != '\n') {
		if (peek(s) == '\\')
			take_escape(s);
		else if (peek(s) == ' ')
			put_plain(s, s->data + s->pos++, 1);
		else
			take_octet(s, ";()");
	}
	if (peek(s) != '"') {
		fail(s, line, "a quote is not closed on its line; close it, or write \\\" for the character");
		return;
	}
	put_plain(s, "\"", 1);
	s->pos++;
	if (!at_end(s) && !is_blank(peek(s)) && !strchr("\n;()", peek(s)))
		fail(s, line, "text stands right behind a closing quote; put a space between them");
}

/* Up to what separates tokens. A quote may begin a value within one, as in SVCB's alpn="h2,h3". */
static void take_token(struct bns_scan *s)
{
	if (s->gap && s->text.len > 0)
		put_plain(s, " ", 1);
	s->gap = false;
	bool may_quote = true;
	while (!at_end(s) && !is_blank(peek(s)) && !strchr("\n;()", peek(s))) {
		char c = peek(s);
		if (c == '"' && !may_quote) {
			fail(s, s->line, "a quote stands in the middle of a word; write \\\" for the character");
			return;
		}
		may_quote = c == '=';
		if (c == '"')
			take_quoted(s);
		else if (c == '\\')
			take_escape(s);
		else
			take_octet(s, "");
	}
}

static void take_parenthesis(struct bns_scan *s)
{
	if (peek(s) == '(') {
		if (s->depth++ == 0)
			s->open_line = s->line;
	} else if (s->depth-- == 0) {
		s->depth = 0;
		fail(s, s->line, "a closing parenthesis has no opening one");
	}
	s->gap = true;
	s->pos++;
}

/* One token, comment or parenthesis, or the white space between them. */
static void take_piece(struct bns_scan *s)
{
	switch (peek(s)) {
	case ';':
		take_comment(s);
		break;
	case '(':
	case ')':
		take_parenthesis(s);
		break;
	case '\n':
		s->gap = true;
		take_newline(s);
		break;
	default:
		if (is_blank(peek(s))) {
			skip_blanks(s);
			s->gap = true;
		} else {
			take_token(s);
		}
	}
}

static void take_entry(struct bns_scan *s)
{
	while (!at_end(s) && (s->depth > 0 || peek(s) != '\n'))
		take_piece(s);
	if (s->depth > 0)
		fail(s, s->open_line, "a parenthesis is opened here and never closed");
	if (s->text.len == 0)
		fail(s, s->entry_line, "parentheses stand around nothing; a record is expected");
}

static void begin(struct bns_scan *s)
{
	s->text.len = s->comments.len = 0;
	s->depth = 0;
	s->gap = false;
	s->start = s->pos;
	s->entry_line = s->line;
	s->starts_blank = is_blank(peek(s));
	if (s->pos == 0)
		check_line(s);
	skip_blanks(s);
}

enum bns_error bns_scan_next(struct bns_scan *s, enum bns_scan_kind *kind)
{
	if (s->pos >= s->len) {
		*kind = BNS_SCAN_END;
		return s->err;
	}
	begin(s);
	if (at_end(s) || peek(s) == '\n') {
		*kind = BNS_SCAN_BLANK;
	} else if (peek(s) == ';') {
		*kind = BNS_SCAN_COMMENT;
		take_comment(s);
	} else {
		*kind = BNS_SCAN_ENTRY;
		take_entry(s);
	}
	s->end = s->pos;
	if (!at_end(s))
		take_newline(s);
	return s->err;
}
