/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One walk over the records in canonical order: a member's node comes right
 * before what lies below it, its properties.
 */
#include "zone/catalog.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA_VERSION "2"
#define NAME_SHOWN     "%.150s" /* two of them leave room for the sentence */

struct reader {
	const struct bns_contents *c;
	struct bns_catalog *out;
	struct bns_problems *problems;
	enum bns_error err;
	unsigned apex_labels;
	size_t capacity;
	const struct bns_record *node; /* whose properties come next: the last member's PTR record */
};

BNS_PRINTF(3, 4)
static void broken(struct reader *k, const struct bns_record *r, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err =
		bns_problems_add(k->problems, k->c, BNS_CHECK_CATALOG_BAD, r, r->owner, r->type, fmt, args);
	va_end(args);
	if (err)
		k->err = err;
}

BNS_PRINTF(4, 5)
static void lacks(struct reader *k, const uint8_t *owner, uint16_t type, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err = bns_problems_add(k->problems, k->c, BNS_CHECK_CATALOG_BAD, NULL, owner, type, fmt, args);
	va_end(args);
	if (err)
		k->err = err;
}

static bool is_label(const uint8_t *name, const char *label)
{
	size_t len = strlen(label);
	return name[0] == len && memcmp(name + 1, label, len) == 0;
}

/* ---- schema version (§4.2.1) ---- */

/* "LABEL.<catalog>"; false where that is too long for a name. */
static bool global_name(const uint8_t *apex, const char *label, uint8_t out[BNS_NAME_MAX])
{
	size_t len = strlen(label), apex_len = bns_name_len(apex);
	if (1 + len + apex_len > BNS_NAME_MAX)
		return false;
	out[0] = (uint8_t)len;
	memcpy(out + 1, label, len);
	memcpy(out + 1 + len, apex, apex_len);
	return true;
}

static bool is_single_string(const struct bns_record *r, const char *text)
{
	size_t len = strlen(text);
	return r->rdlen == 1 + len && r->rdata[0] == len && memcmp(r->rdata + 1, text, len) == 0;
}

static void read_version(struct reader *k)
{
	uint8_t owner[BNS_NAME_MAX];
	size_t count = 0;
	const struct bns_record *r = NULL;
	if (global_name(k->c->apex, "version", owner))
		r = bns_contents_find(k->c, owner, BNS_TYPE_TXT, &count);
	if (!r)
		lacks(k, k->c->apex, BNS_TYPE_TXT,
		      "is a catalog without a schema version; one TXT record \"" SCHEMA_VERSION
		      "\" belongs at `version` below it (RFC 9432 4.2.1)");
	else if (count > 1)
		broken(k, &r[1], "has %zu TXT records; a catalog has one schema version (RFC 9432 4.2.1)", count);
	else if (!is_single_string(r, SCHEMA_VERSION))
		broken(k, r,
		       "tells another schema version than \"" SCHEMA_VERSION
		       "\", which is the one that is understood (RFC 9432 4.2.1)");
}

/* ---- members and their properties ---- */

static const uint8_t *keep_name(struct reader *k, const uint8_t *name, size_t len)
{
	uint8_t *copy = bns_arena_dup(&k->out->arena, name, len);
	if (copy)
		bns_name_lower(copy);
	else
		k->err = BNS_ENOMEM;
	return copy;
}

/* The first label of `owner`, as a name of its own. */
static const uint8_t *keep_label(struct reader *k, const uint8_t *owner)
{
	uint8_t label[BNS_LABEL_MAX + 2];
	size_t len = 1u + owner[0];
	memcpy(label, owner, len);
	label[len] = 0;
	return keep_name(k, label, len + 1);
}

static struct bns_catalog_member *next_member(struct reader *k)
{
	if (k->out->count == k->capacity) {
		size_t wider = k->capacity ? 2 * k->capacity : 64;
		void *moved = realloc(k->out->members, wider * sizeof(*k->out->members));
		if (!moved) {
			k->err = BNS_ENOMEM;
			return NULL;
		}
		k->out->members = moved;
		k->capacity = wider;
	}
	struct bns_catalog_member *m = &k->out->members[k->out->count++];
	*m = (struct bns_catalog_member){0};
	return m;
}

static void read_member(struct reader *k, const struct bns_record *r, size_t count)
{
	k->node = r;
	if (count > 1)
		broken(k, &r[1], "has %zu PTR records; a member node names one zone (RFC 9432 4.1)", count);
	if (bns_name_equal(r->rdata, k->c->apex))
		broken(k, r, "names the catalog itself; a catalog can't be its own member");
	struct bns_catalog_member *m = next_member(k);
	if (!m)
		return;
	m->zone = keep_name(k, r->rdata, r->rdlen);
	m->label = keep_label(k, r->owner);
}

static void read_coo(struct reader *k, const struct bns_record *r, size_t count)
{
	struct bns_catalog_member *m = &k->out->members[k->out->count - 1];
	if (count > 1)
		broken(k, &r[1], "has %zu PTR records; a change of ownership names one catalog (RFC 9432 4.4.1)",
		       count);
	m->coo = keep_name(k, r->rdata, r->rdlen);
}

/* A value of several strings, or with a zero in it, is no name of a group of ours: ignored as any we don't know. */
static bool is_group(const struct bns_record *r)
{
	return r->rdlen >= 2 && r->rdata[0] == r->rdlen - 1 && !memchr(r->rdata + 1, '\0', r->rdlen - 1u);
}

static void read_groups(struct reader *k, const struct bns_record *r, size_t count)
{
	struct bns_catalog_member *m = &k->out->members[k->out->count - 1];
	const char **groups = bns_arena_alloc(&k->out->arena, count * sizeof(*groups));
	if (!groups) {
		k->err = BNS_ENOMEM;
		return;
	}
	m->groups = groups;
	for (size_t i = 0; i < count; i++) {
		if (!is_group(&r[i]))
			continue;
		char *text = bns_arena_bytes(&k->out->arena, r[i].rdlen);
		if (!text) {
			k->err = BNS_ENOMEM;
			return;
		}
		memcpy(text, r[i].rdata + 1, r[i].rdlen - 1u);
		text[r[i].rdlen - 1] = '\0';
		groups[m->group_count++] = text;
	}
}

/* `owner` lies two labels below the catalog: is it a member's node? */
static bool is_member_node(const struct reader *k, const uint8_t *owner)
{
	return bns_name_labels(owner) == k->apex_labels + 2 && is_label(bns_name_parent(owner), "zones");
}

/* What is no name at all zone/check.c tells of. */
static bool is_name(const struct bns_record *r)
{
	return r->type == BNS_TYPE_PTR && bns_name_valid(r->rdata, r->rdlen);
}

static void read_rrset(struct reader *k, const struct bns_record *r, size_t count)
{
	if (is_name(r) && is_member_node(k, r->owner)) {
		read_member(k, r, count);
		return;
	}
	if (!k->node || !bns_name_equal(bns_name_parent(r->owner), k->node->owner))
		return;
	if (is_name(r) && is_label(r->owner, "coo"))
		read_coo(k, r, count);
	else if (r->type == BNS_TYPE_TXT && is_label(r->owner, "group"))
		read_groups(k, r, count);
}

/* ---- the whole ---- */

static int compare_members(const void *a, const void *b)
{
	const struct bns_catalog_member *x = a, *y = b;
	int order = bns_name_compare(x->zone, y->zone);
	return order ? order : bns_name_compare(x->label, y->label);
}

static void refuse_twice(struct reader *k)
{
	for (size_t i = 1; i < k->out->count && !k->err; i++) {
		const struct bns_catalog_member *first = &k->out->members[i - 1], *second = &k->out->members[i];
		char zone[BNS_NAME_TEXT_MAX], a[BNS_NAME_TEXT_MAX], b[BNS_NAME_TEXT_MAX];
		if (!bns_name_equal(first->zone, second->zone))
			continue;
		lacks(k, k->c->apex, BNS_TYPE_PTR,
		      "has the member " NAME_SHOWN " in two places, `%.70s` and `%.70s` (RFC 9432 4.1)",
		      bns_name_to_text(second->zone, zone), bns_name_to_text_nodot(first->label, a),
		      bns_name_to_text_nodot(second->label, b));
	}
}

enum bns_error bns_catalog_read(const struct bns_contents *c, struct bns_catalog *out, struct bns_problems *problems)
{
	struct reader k = {.c = c, .out = out, .problems = problems, .apex_labels = bns_name_labels(c->apex)};
	*out = (struct bns_catalog){0};
	bns_arena_init(&out->arena);
	read_version(&k);
	for (size_t at = 0, end; at < c->count && !k.err; at = end) {
		end = bns_contents_rrset_end(c, at);
		if (bns_name_in(c->records[at].owner, c->apex))
			read_rrset(&k, &c->records[at], end - at);
	}
	if (!k.err && out->count > 0) {
		qsort(out->members, out->count, sizeof(*out->members), compare_members);
		refuse_twice(&k);
	}
	if (k.err)
		bns_catalog_free(out);
	return k.err;
}

void bns_catalog_free(struct bns_catalog *cat)
{
	bns_arena_free(&cat->arena);
	free(cat->members);
	*cat = (struct bns_catalog){0};
}

static int compare_zone(const void *zone, const void *member)
{
	return bns_name_compare(zone, ((const struct bns_catalog_member *)member)->zone);
}

const struct bns_catalog_member *bns_catalog_find(const struct bns_catalog *cat, const uint8_t *zone)
{
	if (cat->count == 0)
		return NULL;
	return bsearch(zone, cat->members, cat->count, sizeof(*cat->members), compare_zone);
}

bool bns_catalog_same_label(const struct bns_catalog_member *a, const struct bns_catalog_member *b)
{
	return bns_name_equal(a->label, b->label);
}

bool bns_catalog_has_group(const struct bns_catalog_member *m, const char *group)
{
	for (size_t i = 0; i < m->group_count; i++)
		if (strcmp(m->groups[i], group) == 0)
			return true;
	return false;
}
