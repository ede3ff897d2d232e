/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One walk over the records in canonical order: what lies below a name comes
 * right behind it, so a zone cut and a DNAME need no more than one pointer.
 */
#include "zone/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/check_internal.h"
#include "zone/zonemd.h"

#define TYPE_LIST_MAX 80

const char *bns_check_word(enum bns_check rule)
{
	static const char *const words[] = {
#define X(code, word) word,
		BNS_CHECKS(X)
#undef X
	};
	return words[rule];
}

/* Where and what of the next problem is filled in by the caller; NULL where the list is full. */
static struct bns_problem *next_problem(struct bns_problems *out, enum bns_check rule, const uint8_t *owner,
					uint16_t type)
{
	if (out->count++ >= BNS_PROBLEMS_MAX)
		return NULL;
	struct bns_problem *p = &out->list[out->count - 1];
	p->rule = rule;
	p->type = type;
	memcpy(p->owner, owner, bns_name_len(owner));
	return p;
}

enum bns_error bns_problems_add(struct bns_problems *out, const struct bns_contents *c, enum bns_check rule,
				const struct bns_record *r, const uint8_t *owner, uint16_t type, const char *fmt,
				va_list args)
{
	char text[BNS_NAME_TEXT_MAX];
	char sentence[sizeof(((struct bns_diag *)0)->text)];
	if (!out->list)
		out->list = calloc(BNS_PROBLEMS_MAX, sizeof(*out->list));
	if (!out->list)
		return BNS_ENOMEM;
	struct bns_problem *p = next_problem(out, rule, owner, type);
	if (!p)
		return BNS_OK;
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	/* What the zone as a whole lacks has no line. */
	bns_diag_set(&p->where, c->files[r ? r->file : 0], r ? r->line : 0, 0, OWNER_SHOWN " %s",
		     bns_name_to_text(owner, text), sentence);
	return BNS_OK;
}

void bns_check_report(struct bns_checker *k, enum bns_check rule, const struct bns_record *r, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err = bns_problems_add(k->out, k->c, rule, r, r->owner, r->type, fmt, args);
	va_end(args);
	if (err)
		k->err = err;
}

BNS_PRINTF(4, 5)
static void report_missing(struct bns_checker *k, enum bns_check rule, uint16_t type, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err = bns_problems_add(k->out, k->c, rule, NULL, k->c->apex, type, fmt, args);
	va_end(args);
	if (err)
		k->err = err;
}

static void check_apex(struct bns_checker *k)
{
	size_t count;
	if (!bns_contents_find(k->c, k->c->apex, BNS_TYPE_SOA, &count))
		report_missing(k, BNS_CHECK_SOA_MISSING, BNS_TYPE_SOA,
			       "has no SOA record; a zone begins with one (RFC 1035 5.2)");
	if (!bns_contents_find(k->c, k->c->apex, BNS_TYPE_NS, &count))
		report_missing(k, BNS_CHECK_NS_MISSING, BNS_TYPE_NS,
			       "has no NS record; add the zone's name servers (RFC 1035 5.2)");
}

/* What may stand beside a CNAME (RFC 4034 §3 and §4). */
static bool suits_cname(uint16_t type)
{
	return type == BNS_TYPE_CNAME || type == BNS_TYPE_RRSIG || type == BNS_TYPE_NSEC;
}

/* "A, TXT": the types beside a CNAME, as many as fit. */
static void list_types(const struct bns_record *r, size_t count, char list[TYPE_LIST_MAX])
{
	char type[BNS_RRTYPE_TEXT_MAX];
	size_t len = 0;
	uint16_t last = 0;
	for (size_t i = 0; i < count; i++) {
		if (suits_cname(r[i].type) || r[i].type == last)
			continue;
		last = r[i].type;
		bns_rrtype_to_text(last, type);
		if (len + strlen(type) + 2 >= TYPE_LIST_MAX)
			return;
		len += (size_t)snprintf(list + len, TYPE_LIST_MAX - len, "%s%s", len ? ", " : "", type);
	}
}

static void check_cname_alone(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	const struct bns_record *other = NULL;
	bool has_cname = false;
	char types[TYPE_LIST_MAX] = "";
	for (size_t i = 0; i < count; i++) {
		has_cname |= r[i].type == BNS_TYPE_CNAME;
		if (!other && !suits_cname(r[i].type))
			other = &r[i];
	}
	if (!has_cname || !other)
		return;
	list_types(r, count, types);
	bns_check_report(k, BNS_CHECK_CNAME_AND_OTHER, other,
			 "has a CNAME and also %s records; a CNAME must stand alone (RFC 2181 10.1)", types);
}

/* Hashed owners lie right below the apex, even of a zone whose apex is a DNAME. */
static bool is_denial(const struct bns_record *r)
{
	return r->type == BNS_TYPE_NSEC3 || bns_check_covered_type(r) == BNS_TYPE_NSEC3;
}

static void check_below_dname(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	char dname[BNS_NAME_TEXT_MAX];
	if (!k->dname || bns_name_equal(k->dname, r->owner))
		return;
	for (size_t i = 0; i < count; i++) {
		if (is_denial(&r[i]))
			continue;
		bns_check_report(k, BNS_CHECK_BELOW_DNAME, &r[i],
				 "lies below the DNAME of %.150s, which hides it; remove one of the two (RFC 6672 2.4)",
				 bns_name_to_text(k->dname, dname));
		return;
	}
}

static bool node_has(const struct bns_record *r, size_t count, uint16_t type)
{
	for (size_t i = 0; i < count; i++) {
		if (r[i].type == type)
			return true;
	}
	return false;
}

/* Enters a node: leaves the cut and the DNAME that it isn't below, and notes its own. */
static void enter_node(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	if (k->dname && !bns_name_in(r->owner, k->dname))
		k->dname = NULL;
	if (k->cut && !bns_name_in(r->owner, k->cut))
		k->cut = NULL;
	if (!k->dname && node_has(r, count, BNS_TYPE_DNAME))
		k->dname = r->owner;
	if (!k->cut && node_has(r, count, BNS_TYPE_NS) && !bns_name_equal(r->owner, k->c->apex))
		k->cut = r->owner;
}

static void check_node(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	char apex[BNS_NAME_TEXT_MAX];
	if (!bns_name_in(r->owner, k->c->apex)) {
		bns_check_report(k, BNS_CHECK_OUT_OF_ZONE, r,
				 "lies outside the zone " OWNER_SHOWN "; remove it, or look for a final dot too many",
				 bns_name_to_text(k->c->apex, apex));
		return;
	}
	enter_node(k, r, count);
	check_below_dname(k, r, count);
	check_cname_alone(k, r, count);
	for (size_t at = 0, end; at < count; at = end) {
		for (end = at + 1; end < count && r[end].type == r[at].type;)
			end++;
		bns_check_rrset(k, &r[at], end - at);
	}
}

/* What a zone says of itself must be so: else something was lost or changed on the way here (RFC 8976 §4). */
static void check_zonemd(struct bns_checker *k)
{
	static const char *const sentences[] = {
		[BNS_ZONEMD_SERIAL] = "is the digest of another serial than the SOA's",
		[BNS_ZONEMD_REPEATED] = "is given more than once for the same scheme and hash",
		[BNS_ZONEMD_LENGTH] = "has another length than its hash",
		[BNS_ZONEMD_DIGEST] = "is not the digest of these records: some are missing, added or altered",
	};
	enum bns_zonemd result;
	const struct bns_record *rr;
	enum bns_error err = bns_zonemd_verify(k->c, &result, &rr);
	if (err)
		k->err = err;
	else if (result >= BNS_ZONEMD_SERIAL)
		bns_check_report(k, BNS_CHECK_ZONEMD_BAD, rr,
				 "ZONEMD %s; make it anew at its source, or remove it (RFC 8976 4)", sentences[result]);
}

/* Records [at, end) of one owner. */
static size_t node_end(const struct bns_contents *c, size_t at)
{
	const uint8_t *owner = c->records[at].owner;
	do
		at++;
	while (at < c->count && (c->records[at].owner == owner || bns_name_equal(c->records[at].owner, owner)));
	return at;
}

static int compare_places(const void *x, const void *y)
{
	const struct bns_problem *a = x;
	const struct bns_problem *b = y;
	int order = strcmp(a->where.file, b->where.file);
	if (order)
		return order;
	return (a->where.line > b->where.line) - (a->where.line < b->where.line);
}

enum bns_error bns_zone_check(const struct bns_contents *c, struct bns_problems *out)
{
	struct bns_checker k = {.c = c, .out = out};
	*out = (struct bns_problems){0};
	check_apex(&k);
	for (size_t at = 0, end; at < c->count && !k.err; at = end) {
		end = node_end(c, at);
		check_node(&k, &c->records[at], end - at);
	}
	if (!k.err)
		check_zonemd(&k);
	if (k.err) {
		bns_problems_free(out);
		return k.err;
	}
	if (out->count > 1)
		qsort(out->list, out->count < BNS_PROBLEMS_MAX ? out->count : BNS_PROBLEMS_MAX, sizeof(*out->list),
		      compare_places);
	return BNS_OK;
}

void bns_problems_free(struct bns_problems *p)
{
	free(p->list);
	*p = (struct bns_problems){0};
}
