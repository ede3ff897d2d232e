/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "zone/load_rdata.h"

void bns_text_open(struct bns_text *t, const char *data, size_t len, const char *file,
		   const struct bns_text_context *context, struct bns_diag *diag)
{
	bns_scan_open(&t->scan, data, len, file, diag);
	t->context = context ? *context : (struct bns_text_context){0};
}

void bns_text_close(struct bns_text *t)
{
	bns_scan_close(&t->scan);
}

enum bns_error bns_text_error(const struct bns_text *t, const char *fmt, ...)
{
	char sentence[sizeof(((struct bns_diag *)0)->text)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	bns_diag_set(t->scan.diag, t->scan.file, t->scan.entry_line, 0, "%s", sentence);
	return BNS_ESYNTAX;
}

/* Cuts the next token off plain text; NULL at the end. Quoted ones are cut at their quotes. */
static char *take_token(char **at)
{
	char *token = *at;
	bool quoted = false;
	if (*token == '\0')
		return NULL;
	char *p = token;
	while (*p && (quoted || *p != ' '))
		quoted ^= *p++ == '"';
	if (*p)
		*p++ = '\0';
	*at = p;
	return token;
}

/* Plain text has every escape as \DDD, so a final dot is never an escaped one. */
static bool is_absolute(const char *name)
{
	return name[strlen(name) - 1] == '.';
}

static enum bns_error read_name(const struct bns_text *t, const char *text, uint8_t name[BNS_NAME_MAX])
{
	if (!is_absolute(text) && !t->context.has_origin)
		return bns_text_error(t, "%.80s is relative, but no origin is known; add $ORIGIN above, or a final dot",
				      text);
	if (strchr(text, '"') ||
	    bns_name_from_text(text, t->context.has_origin ? t->context.origin : NULL, name, NULL) != BNS_OK)
		return bns_text_error(t,
				      "%.80s is no domain name; labels have 1 to 63 octets, a name with its origin at "
				      "most 255",
				      text);
	return BNS_OK;
}

static enum bns_error read_ttl(const struct bns_text *t, const char *text, uint32_t *ttl)
{
	if (bns_ttl_from_text(text, ttl) != BNS_OK)
		return bns_text_error(t, "%.80s is no TTL; write seconds, or units such as 1h30m, up to 2147483647",
				      text);
	return BNS_OK;
}

static enum bns_error expect_end(const struct bns_text *t, const char *directive, const char *rest)
{
	if (*rest)
		return bns_text_error(t, "%s has nothing to do with \"%.80s\"; remove it", directive, rest);
	return BNS_OK;
}

static enum bns_error take_origin(struct bns_text *t, char *rest)
{
	uint8_t origin[BNS_NAME_MAX];
	char *name = take_token(&rest);
	if (!name)
		return bns_text_error(t, "$ORIGIN lacks its domain name");
	enum bns_error err = read_name(t, name, origin);
	if (!err)
		err = expect_end(t, "$ORIGIN", rest);
	if (err)
		return err;
	bns_name_lower(origin);
	memcpy(t->context.origin, origin, bns_name_len(origin));
	t->context.has_origin = true;
	return BNS_OK;
}

static enum bns_error take_default_ttl(struct bns_text *t, char *rest)
{
	char *ttl = take_token(&rest);
	if (!ttl)
		return bns_text_error(t, "$TTL lacks its value");
	enum bns_error err = read_ttl(t, ttl, &t->context.default_ttl);
	t->context.has_default_ttl = true;
	return err ? err : expect_end(t, "$TTL", rest);
}

/* Of a file name: quotes off, \DDD to octets, in place. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		if (*p == '\\' && p[1] != '#') {
			*to++ = (char)((p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));
			p += 3;
		} else if (*p != '"') {
			*to++ = *p;
		}
	}
	*to = '\0';
}

static enum bns_error take_include(struct bns_text *t, char *rest)
{
	t->include_path = take_token(&rest);
	if (!t->include_path)
		return bns_text_error(t, "$INCLUDE lacks its file");
	char *origin = take_token(&rest);
	t->include_has_origin = origin != NULL;
	enum bns_error err = origin ? read_name(t, origin, t->include_origin) : BNS_OK;
	if (!err)
		err = expect_end(t, "$INCLUDE", rest);
	if (!err && origin)
		bns_name_lower(t->include_origin);
	unescape(t->include_path);
	return err;
}

static enum bns_error take_directive(struct bns_text *t, enum bns_text_kind *kind)
{
	char *rest = t->scan.text.data;
	const char *word = take_token(&rest);
	if (strcasecmp(word, "$ORIGIN") == 0) {
		*kind = BNS_TEXT_ORIGIN;
		return take_origin(t, rest);
	}
	if (strcasecmp(word, "$TTL") == 0) {
		*kind = BNS_TEXT_TTL;
		return take_default_ttl(t, rest);
	}
	if (strcasecmp(word, "$INCLUDE") == 0) {
		*kind = BNS_TEXT_INCLUDE;
		return take_include(t, rest);
	}
	if (strcasecmp(word, "$GENERATE") == 0)
		return bns_text_error(t, "$GENERATE is not supported; write the records out");
	return bns_text_error(t,
			      "%.40s is no directive known here ($ORIGIN, $TTL, $INCLUDE); a name that begins with "
			      "a dollar sign is written \\$",
			      word);
}

static enum bns_error take_owner(struct bns_text *t, char **rest)
{
	if (t->scan.starts_blank) {
		if (!t->context.has_owner)
			return bns_text_error(t, "the line begins with a space, but no record before it has an owner; "
						 "write the owner, or @ for the origin");
		return BNS_OK;
	}
	uint8_t owner[BNS_NAME_MAX];
	enum bns_error err = read_name(t, take_token(rest), owner);
	if (err)
		return err;
	bns_name_lower(owner);
	memcpy(t->context.owner, owner, bns_name_len(owner));
	t->context.has_owner = true;
	return BNS_OK;
}

static bool is_class(const char *word)
{
	static const char *const classes[] = {"IN", "CH", "HS", "CS", "CHAOS", "HESIOD", "NONE"};
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strcasecmp(word, classes[i]) == 0)
			return true;
	}
	return strncasecmp(word, "CLASS", 5) == 0;
}

static bool is_internet(const char *word)
{
	return strcasecmp(word, "IN") == 0 || strcasecmp(word, "CLASS1") == 0;
}

/* What stands between owner and RDATA: TTL and class in either order, both optional, then the type. */
struct head {
	bool has_ttl;
	bool has_class;
	uint32_t ttl;
};

static enum bns_error take_type(struct bns_text *t, const char *word)
{
	if (bns_rrtype_from_text(word, &t->type) == BNS_OK)
		return BNS_OK;
	if (t->scan.starts_blank)
		return bns_text_error(
			t, "%.80s is no record type; if it is an owner, its line must not begin with a space", word);
	return bns_text_error(t, "%.80s is no record type; other types are written TYPE with their number (RFC 3597)",
			      word);
}

static enum bns_error take_head(struct bns_text *t, char **rest, struct head *head)
{
	char *word;
	while ((word = take_token(rest))) {
		if (*word >= '0' && *word <= '9' && !head->has_ttl) {
			enum bns_error err = read_ttl(t, word, &head->ttl);
			if (err)
				return err;
			head->has_ttl = true;
		} else if (is_class(word) && !head->has_class) {
			if (!is_internet(word))
				return bns_text_error(t, "class %.20s is not served; only IN is", word);
			head->has_class = true;
		} else {
			return take_type(t, word);
		}
	}
	return bns_text_error(t, "the record lacks its type");
}

/* RFC 2308 §4 and RFC 1035 §5.1; the SOA's MINIMUM is what the time before $TTL had. */
static enum bns_error settle_ttl(struct bns_text *t, const struct head *head)
{
	struct bns_text_context *c = &t->context;
	if (head->has_ttl)
		c->last_ttl = head->ttl;
	else if (c->has_default_ttl)
		c->last_ttl = c->default_ttl;
	else if (!c->has_last_ttl && t->type == BNS_TYPE_SOA)
		c->last_ttl = bns_get_u32(t->rdata + t->rdlen - 4);
	else if (!c->has_last_ttl)
		return bns_text_error(t, "the record has no TTL, and nothing before it says one; add $TTL at the top");
	c->has_last_ttl = true;
	return BNS_OK;
}

/* Names in RDATA need an origin; a first SOA may bring its own. */
static enum bns_error settle_origin(struct bns_text *t)
{
	struct bns_text_context *c = &t->context;
	if (c->has_origin)
		return BNS_OK;
	if (t->type != BNS_TYPE_SOA)
		return bns_text_error(t, "no origin is known yet; add $ORIGIN above, or begin with the SOA record");
	memcpy(c->origin, c->owner, bns_name_len(c->owner));
	c->has_origin = true;
	return BNS_OK;
}

static enum bns_error take_rdata(struct bns_text *t, const char *plain)
{
	char why[BNS_WHY_MAX];
	char owner[BNS_NAME_TEXT_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];
	enum bns_error err = bns_rdata_from_plain(t->type, plain, t->context.origin, t->rdata, &t->rdlen, why);
	if (err)
		bns_text_error(t, "%.200s %s: %s", bns_name_to_text(t->context.owner, owner),
			       bns_rrtype_to_text(t->type, type), why);
	return err;
}

static enum bns_error take_record(struct bns_text *t)
{
	char *rest = t->scan.text.data;
	struct head head = {0};
	enum bns_error err = take_owner(t, &rest);
	if (!err)
		err = take_head(t, &rest, &head);
	if (!err)
		err = settle_origin(t);
	if (!err)
		err = take_rdata(t, rest);
	return err ? err : settle_ttl(t, &head);
}

static enum bns_error take_entry(struct bns_text *t, enum bns_text_kind *kind)
{
	if (!t->scan.starts_blank && *t->scan.text.data == '$')
		return take_directive(t, kind);
	*kind = BNS_TEXT_RECORD;
	return take_record(t);
}

enum bns_error bns_text_next(struct bns_text *t, enum bns_text_kind *kind)
{
	enum bns_scan_kind found;
	enum bns_error err = bns_scan_next(&t->scan, &found);
	if (err)
		return err;
	switch (found) {
	case BNS_SCAN_BLANK:
		*kind = BNS_TEXT_BLANK;
		return BNS_OK;
	case BNS_SCAN_COMMENT:
		*kind = BNS_TEXT_COMMENT;
		return BNS_OK;
	case BNS_SCAN_ENTRY:
		return take_entry(t, kind);
	default:
		*kind = BNS_TEXT_END;
		return BNS_OK;
	}
}
