/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/quick.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "wire/rrtype.h"
#include "zone/quick_internal.h"

#define LINE_BYTES_MAX  65536
#define ENTRY_BYTES_MAX 16384
#define NAME_USUAL_MAX  250        /* what comes close to 255 octets is left to the other reader */
#define TTL_MAX         999999999u /* nine digits */

/* What a name may have in it here; everything else is given up at. */
static bool is_usual(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c >= 'A' && c <= 'Z') ||
	       c == '*' || c == '/';
}

/* ---- tokens ---- */

static bool next_line(struct bns_quick *q)
{
	bool fits = q->at - q->line_start <= LINE_BYTES_MAX;
	q->at++;
	q->line++;
	q->line_start = q->at;
	return fits;
}

static bool skip_comment(struct bns_quick *q)
{
	while (q->at < q->end && *q->at != '\n') {
		if (*q->at == '\0')
			return false;
		q->at++;
	}
	return true;
}

static bool ends_token(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '(' || c == ')';
}

static enum bns_quick_next take_quoted(struct bns_quick *q, struct bns_quick_token *t)
{
	t->text = ++q->at;
	while (q->at < q->end && *q->at != '"') {
		if (*q->at < ' ' || *q->at > '~' || *q->at == '\\')
			return BNS_QUICK_GIVE_UP;
		q->at++;
	}
	t->len = (size_t)(q->at - t->text);
	t->quoted = true;
	if (q->at == q->end || t->len == 0)
		return BNS_QUICK_GIVE_UP;
	q->at++;
	return q->at == q->end || ends_token(*q->at) ? BNS_QUICK_TOKEN : BNS_QUICK_GIVE_UP;
}

static enum bns_quick_next take_plain(struct bns_quick *q, struct bns_quick_token *t)
{
	t->text = q->at;
	while (q->at < q->end && !ends_token(*q->at)) {
		if (*q->at <= ' ' || *q->at > '~' || *q->at == '\\' || *q->at == '"')
			return BNS_QUICK_GIVE_UP;
		q->at++;
	}
	t->len = (size_t)(q->at - t->text);
	t->quoted = false;
	return BNS_QUICK_TOKEN;
}

enum bns_quick_next bns_quick_token(struct bns_quick *q, struct bns_quick_token *t)
{
	for (; q->at < q->end; q->at++) {
		switch (*q->at) {
		case ' ':
		case '\t':
			continue;
		case '\n':
			if (q->depth == 0)
				return BNS_QUICK_END;
			if (!next_line(q))
				return BNS_QUICK_GIVE_UP;
			q->at--;
			continue;
		case ';':
			if (!skip_comment(q))
				return BNS_QUICK_GIVE_UP;
			q->at--;
			continue;
		case '(':
			q->depth++;
			continue;
		case ')':
			if (q->depth-- == 0)
				return BNS_QUICK_GIVE_UP;
			continue;
		case '"':
			return take_quoted(q, t);
		default:
			return take_plain(q, t);
		}
	}
	return q->depth == 0 ? BNS_QUICK_END : BNS_QUICK_GIVE_UP;
}

bool bns_quick_number(const struct bns_quick_token *t, uint64_t max, uint32_t *value)
{
	uint64_t number = 0;
	if (t->quoted || t->len == 0 || t->len > 10)
		return false;
	for (size_t i = 0; i < t->len; i++) {
		if (t->text[i] < '0' || t->text[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(t->text[i] - '0');
	}
	*value = (uint32_t)number;
	return number <= max;
}

static size_t append_origin(const struct bns_quick *q, size_t len, uint8_t out[BNS_NAME_MAX])
{
	size_t origin = bns_name_len(q->origin);
	if (len + origin > NAME_USUAL_MAX)
		return 0;
	memcpy(out + len, q->origin, origin);
	return len + origin;
}

size_t bns_quick_name(const struct bns_quick *q, const struct bns_quick_token *t, uint8_t out[BNS_NAME_MAX])
{
	size_t label = 0, len = 1; /* where the label's length goes, and behind what is written */
	if (t->quoted || t->len > NAME_USUAL_MAX - 2)
		return 0;
	if (t->len == 1 && (*t->text == '@' || *t->text == '.')) {
		out[0] = 0;
		return *t->text == '@' ? append_origin(q, 0, out) : 1;
	}
	for (size_t i = 0; i < t->len; i++) {
		char c = t->text[i];
		if (c != '.') {
			if (!is_usual(c))
				return 0;
			out[len++] = (uint8_t)c;
			continue;
		}
		size_t octets = len - label - 1;
		if (octets == 0 || octets > BNS_LABEL_MAX)
			return 0;
		out[label] = (uint8_t)octets;
		label = len++;
	}
	size_t octets = len - label - 1;
	out[label] = (uint8_t)octets;
	if (octets > BNS_LABEL_MAX)
		return 0;
	return octets == 0 ? len : append_origin(q, len, out);
}

/* ---- entries ---- */

struct reading {
	struct bns_quick q;
	struct bns_contents *c;
	uint16_t file;
	uint8_t owner[BNS_NAME_MAX];
	bool has_owner;
	uint32_t default_ttl;
	bool has_default_ttl;
	uint32_t last_ttl;
	bool has_last_ttl;
};

static bool token_is(const struct bns_quick_token *t, const char *word)
{
	return !t->quoted && t->len == strlen(word) && strncasecmp(t->text, word, t->len) == 0;
}

static bool read_directive(struct reading *r)
{
	struct bns_quick_token word, value, more;
	if (bns_quick_token(&r->q, &word) != BNS_QUICK_TOKEN || bns_quick_token(&r->q, &value) != BNS_QUICK_TOKEN ||
	    bns_quick_token(&r->q, &more) != BNS_QUICK_END)
		return false;
	if (token_is(&word, "$TTL")) {
		r->has_default_ttl = true;
		return bns_quick_number(&value, TTL_MAX, &r->default_ttl);
	}
	uint8_t origin[BNS_NAME_MAX];
	size_t len = token_is(&word, "$ORIGIN") ? bns_quick_name(&r->q, &value, origin) : 0;
	if (len == 0)
		return false;
	bns_name_lower(origin);
	memcpy(r->q.origin, origin, len);
	return true;
}

static bool read_owner(struct reading *r, bool starts_blank)
{
	struct bns_quick_token t;
	if (starts_blank)
		return r->has_owner;
	if (bns_quick_token(&r->q, &t) != BNS_QUICK_TOKEN || bns_quick_name(&r->q, &t, r->owner) == 0)
		return false;
	r->has_owner = true;
	return true;
}

/* TTL and class in either order, both optional, then the type. */
struct head {
	bool has_ttl;
	bool has_class;
	uint32_t ttl;
	uint16_t type;
};

static bool read_head(struct reading *r, struct head *head)
{
	struct bns_quick_token t;
	while (bns_quick_token(&r->q, &t) == BNS_QUICK_TOKEN) {
		if (t.text[0] >= '0' && t.text[0] <= '9') {
			if (head->has_ttl || !bns_quick_number(&t, TTL_MAX, &head->ttl))
				return false;
			head->has_ttl = true;
		} else if (!head->has_class && token_is(&t, "IN")) {
			head->has_class = true;
		} else {
			head->type = bns_quick_type(&t);
			return head->type != 0;
		}
	}
	return false;
}

/* As settle_ttl in zone/text.c. */
static bool settle_ttl(struct reading *r, const struct head *head)
{
	if (head->has_ttl)
		r->last_ttl = head->ttl;
	else if (r->has_default_ttl)
		r->last_ttl = r->default_ttl;
	else if (!r->has_last_ttl && head->type == BNS_TYPE_SOA)
		r->last_ttl = bns_get_u32(r->q.rdata + r->q.rdlen - 4);
	else if (!r->has_last_ttl)
		return false;
	r->has_last_ttl = true;
	return true;
}

static bool read_record(struct reading *r, bool starts_blank)
{
	struct head head = {.has_ttl = false};
	uint32_t line = r->q.line;
	if (!read_owner(r, starts_blank) || !read_head(r, &head) || !bns_quick_rdata(&r->q, head.type) ||
	    !settle_ttl(r, &head))
		return false;
	return bns_contents_add(r->c, r->owner, head.type, r->last_ttl, r->q.rdata, (uint16_t)r->q.rdlen, r->file,
				line) == BNS_OK;
}

static bool read_entry(struct reading *r)
{
	struct bns_quick *q = &r->q;
	const char *start = q->at;
	bool starts_blank = *start == ' ' || *start == '\t';
	while (q->at < q->end && (*q->at == ' ' || *q->at == '\t'))
		q->at++;
	if (q->at == q->end || *q->at == '\n')
		return true;
	if (*q->at == ';')
		return skip_comment(q);
	bool good = *start == '$' ? read_directive(r) : read_record(r, starts_blank);
	return good && q->at - start <= ENTRY_BYTES_MAX;
}

bool bns_quick_read(struct bns_contents *c, const char *data, size_t len, uint16_t file)
{
	struct reading r = {.c = c, .file = file};
	struct bns_quick *q = &r.q;
	q->at = q->line_start = data;
	q->end = data + len;
	q->line = 1;
	memcpy(q->origin, c->apex, bns_name_len(c->apex));
	while (q->at < q->end) {
		if (!read_entry(&r))
			return false;
		if (q->at < q->end && !next_line(q))
			return false;
	}
	return q->at - q->line_start <= LINE_BYTES_MAX;
}
