/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/repoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "zone/diff.h"
#include "zone/load.h"

/* A word of the text: where, and how long. */
struct word {
	const char *at;
	size_t len;
};

static const char *line_of(const char *text, unsigned line)
{
	for (unsigned i = 1; i < line && text; i++) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text;
}

/* The next word at or behind `at`; parentheses, blanks and comments are none. `lines`: also in later lines. */
static struct word next_word(const char *at, bool lines)
{
	for (;; at++) {
		at += strspn(at, lines ? " \t\r\n()" : " \t\r()");
		if (*at != ';')
			return (struct word){at, strcspn(at, " \t\r\n();")};
		at += strcspn(at, "\n");
		if (!lines || !*at)
			return (struct word){at, 0};
	}
}

/* The word behind the type's, `nth` words on; length 0: there is none. */
static struct word word_behind(const char *at, const char *type, unsigned nth, bool lines)
{
	struct word w = next_word(at, false);

	while (w.len > 0 && (w.len != strlen(type) || strncasecmp(w.at, type, w.len) != 0))
		w = next_word(w.at + w.len, false);
	for (; w.len > 0 && nth > 0; nth--)
		w = next_word(w.at + w.len, lines);
	return w;
}

/* The text with two words replaced, the first of them in front. */
static char *replace(const char *text, struct word a, const char *a_new, struct word b, const char *b_new)
{
	if (a.at > b.at) {
		struct word w = a;
		const char *word_new = a_new;
		a = b;
		b = w;
		a_new = b_new;
		b_new = word_new;
	}
	char *out = NULL;
	int len = asprintf(&out, "%.*s%s%.*s%s%s", (int)(a.at - text), text, a_new,
			   (int)(b.at - a.at - (ptrdiff_t)a.len), a.at + a.len, b_new, b.at + b.len);
	return len < 0 ? NULL : out;
}

/* Do they differ in nothing, or (where `owner` is given) in that CNAME alone? */
static enum bns_error compare(const struct bns_contents *a, const struct bns_contents *b, const uint8_t *owner,
			      bool *as_meant)
{
	struct bns_diff diff;
	enum bns_error err = bns_diff_make(a, b, &diff);

	if (err != BNS_OK)
		return err;
	*as_meant = diff.count == (owner ? 1u : 0u) &&
		    (!owner || (diff.items[0].type == BNS_TYPE_CNAME && bns_name_equal(diff.items[0].owner, owner)));
	bns_diff_free(&diff);
	return BNS_OK;
}

static enum bns_error edit(const char *text, const char *name, const struct bns_contents *former, const uint8_t *owner,
			   const uint8_t *target, char **out, struct bns_diag *diag)
{
	size_t count;
	const struct bns_record *cname = bns_contents_find(former, owner, BNS_TYPE_CNAME, &count);
	const struct bns_record *soa = bns_contents_soa(former);
	char host[BNS_NAME_TEXT_MAX], serial[16];

	if (!cname) {
		bns_diag_set(diag, name, 0, 0, "%s has no CNAME record here", bns_name_to_text_nodot(owner, host));
		return BNS_ENOENT;
	}
	const char *cname_line = line_of(text, cname->line), *soa_line = line_of(text, soa->line);
	struct word rdata = cname_line ? word_behind(cname_line, "CNAME", 1, false) : (struct word){text, 0};
	struct word number = soa_line ? word_behind(soa_line, "SOA", 3, true) : (struct word){text, 0};
	snprintf(serial, sizeof(serial), "%u", (unsigned)former->serial);
	if (rdata.len == 0 || number.len != strlen(serial) || strncmp(number.at, serial, number.len) != 0) {
		bns_diag_set(
			diag, name, rdata.len == 0 ? cname->line : soa->line, 0,
			"the record can't be edited as it is written here: change it by hand, with the next serial");
		return BNS_EINVAL;
	}
	uint32_t next = former->serial + 1;
	snprintf(serial, sizeof(serial), "%u", (unsigned)(next ? next : 1));
	*out = replace(text, rdata, bns_name_to_text(target, host), number, serial);
	return *out ? BNS_OK : BNS_ENOMEM;
}

enum bns_error bns_zone_repoint(const char *text, const char *name, const struct bns_contents *served,
				const uint8_t *owner, const uint8_t *target, char **out, struct bns_contents **contents,
				struct bns_diag *diag)
{
	struct bns_contents *former = NULL;
	bool as_meant = false;
	enum bns_error err = bns_zone_parse(text, strlen(text), name, served->apex, &former, diag);

	*out = NULL;
	*contents = NULL;
	if (!err)
		err = compare(served, former, NULL, &as_meant);
	if (!err && !as_meant) {
		bns_diag_set(diag, name, 0, 0,
			     "the file has something else than what is served: reload the zone first");
		err = BNS_EINVAL;
	}
	if (!err)
		err = edit(text, name, former, owner, target, out, diag);
	if (!err)
		err = bns_zone_parse(*out, strlen(*out), name, served->apex, contents, diag);
	if (!err)
		err = compare(former, *contents, owner, &as_meant);
	if (!err && !as_meant) {
		bns_diag_set(diag, name, 0, 0, "the edit would change more than this record: change it by hand");
		err = BNS_EINVAL;
	}
	bns_contents_free(former);
	if (err) {
		bns_contents_free(*contents);
		free(*out);
		*contents = NULL;
		*out = NULL;
	}
	return err;
}
