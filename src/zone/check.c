/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One walk over the records in canonical order: what lies below a name comes
 * right behind it, so a zone cut and a DNAME need no more than one pointer.
 */
#include "zone/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "zone/zonemd.h"

#define TTL_MAX       0x7fffffffu
#define MESSAGE_MAX   65535
#define MESSAGE_HEAD  (12 + 4) /* header, type and class of the question */
#define RECORD_HEAD   (2 + 10) /* owner as a pointer, type, class, TTL, length */
#define OWNER_SHOWN   "%.200s" /* leaves room for the sentence */
#define TYPE_LIST_MAX 80

struct checker {
	const struct bns_contents *c;
	struct bns_problems *out;
	enum bns_error err;
	const uint8_t *dname; /* the DNAME owner above or at the record at hand, or NULL */
	const uint8_t *cut;   /* likewise, the topmost zone cut */
};

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

BNS_PRINTF(4, 5)
static void report(struct checker *k, enum bns_check rule, const struct bns_record *r, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err = bns_problems_add(k->out, k->c, rule, r, r->owner, r->type, fmt, args);
	va_end(args);
	if (err)
		k->err = err;
}

BNS_PRINTF(4, 5)
static void report_missing(struct checker *k, enum bns_check rule, uint16_t type, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	enum bns_error err = bns_problems_add(k->out, k->c, rule, NULL, k->c->apex, type, fmt, args);
	va_end(args);
	if (err)
		k->err = err;
}

static void check_apex(struct checker *k)
{
	size_t count;
	if (!bns_contents_find(k->c, k->c->apex, BNS_TYPE_SOA, &count))
		report_missing(k, BNS_CHECK_SOA_MISSING, BNS_TYPE_SOA,
			       "has no SOA record; a zone begins with one (RFC 1035 5.2)");
	if (!bns_contents_find(k->c, k->c->apex, BNS_TYPE_NS, &count))
		report_missing(k, BNS_CHECK_NS_MISSING, BNS_TYPE_NS,
			       "has no NS record; add the zone's name servers (RFC 1035 5.2)");
}

static bool same_rdata(const struct bns_record *a, const struct bns_record *b)
{
	return bns_rdata_equal(a->type, a->rdata, a->rdlen, b->rdata, b->rdlen);
}

/* The first record of [r, r + count) with other RDATA than the first's, or NULL. */
static const struct bns_record *second_rdata(const struct bns_record *r, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (!same_rdata(&r[0], &r[i]))
			return &r[i];
	}
	return NULL;
}

static void check_single(struct checker *k, const struct bns_record *r, size_t count)
{
	const struct bns_record *second = second_rdata(r, count);
	if (!second)
		return;
	if (r->type == BNS_TYPE_CNAME)
		report(k, BNS_CHECK_CNAME_SEVERAL, second,
		       "has more than one CNAME record; an alias has one target, keep that (RFC 2181 10.1)");
	else if (r->type == BNS_TYPE_DNAME)
		report(k, BNS_CHECK_DNAME_SEVERAL, second, "has more than one DNAME record; keep one (RFC 6672 2.4)");
	else if (r->type == BNS_TYPE_SOA)
		report(k, BNS_CHECK_SOA_SEVERAL, second, "has more than one SOA record; keep one (RFC 2181 6.1)");
}

static void check_soa_owner(struct checker *k, const struct bns_record *r)
{
	char apex[BNS_NAME_TEXT_MAX];
	if (r->type == BNS_TYPE_SOA && !bns_name_equal(r->owner, k->c->apex))
		report(k, BNS_CHECK_SOA_NOT_APEX, r,
		       "has an SOA record, but this is the zone " OWNER_SHOWN "; only its own SOA may be in it",
		       bns_name_to_text(k->c->apex, apex));
}

static uint16_t covered_type(const struct bns_record *r)
{
	return r->type == BNS_TYPE_RRSIG && r->rdlen >= 2 ? bns_get_u16(r->rdata) : r->type;
}

/* RRSIGs are RRsets per covered type (RFC 4035 §2.2), and come in that order. */
static void check_ttls(struct checker *k, const struct bns_record *r, size_t count)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	for (size_t i = 1; i < count; i++) {
		if (r[i].ttl != r[i - 1].ttl && covered_type(&r[i]) == covered_type(&r[i - 1])) {
			report(k, BNS_CHECK_TTL_DIFFERS, &r[i],
			       "has %s records with the TTLs %u and %u; all of one type need the same (RFC 2181 5.2)",
			       bns_rrtype_to_text(r->type, type), r[i - 1].ttl, r[i].ttl);
			return;
		}
	}
}

static void check_size(struct checker *k, const struct bns_record *r, size_t count)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	size_t octets = MESSAGE_HEAD + bns_name_len(r->owner);
	for (size_t i = 0; i < count; i++)
		octets += RECORD_HEAD + (size_t)r[i].rdlen;
	if (octets > MESSAGE_MAX)
		report(k, BNS_CHECK_RRSET_TOO_LARGE, r,
		       "has %zu %s records of %zu octets, and no message holds more than 65535; remove some", count,
		       bns_rrtype_to_text(r->type, type), octets);
}

static void check_record(struct checker *k, const struct bns_record *r)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	bns_rrtype_to_text(r->type, type);
	if (r->ttl > TTL_MAX)
		report(k, BNS_CHECK_TTL_TOO_LARGE, r, "%s has the TTL %u; the largest is 2147483647 (RFC 2181 8)", type,
		       r->ttl);
	if (bns_rrtype_is_meta(r->type))
		report(k, BNS_CHECK_META_TYPE, r,
		       "has a record of type %s, which is never zone data; remove it (RFC 6895 3.1)", type);
	else if (!bns_rdata_valid(r->type, r->rdata, r->rdlen))
		report(k, BNS_CHECK_RDATA_BAD, r, "has a malformed %s record of %u octets; correct it at its source",
		       type, (unsigned)r->rdlen);
}

static bool has_address(const struct bns_contents *c, const uint8_t *name)
{
	size_t count;
	return bns_contents_find(c, name, BNS_TYPE_A, &count) || bns_contents_find(c, name, BNS_TYPE_AAAA, &count);
}

/* May a wildcard above `name` give it an address (RFC 4592)? Closest enclosers are not looked for: in doubt, yes. */
static bool wildcard_has_address(const struct bns_contents *c, const uint8_t *name)
{
	uint8_t wildcard[2 + BNS_NAME_MAX] = {1, '*'};
	size_t count;
	if (bns_contents_find_node(c, name, &count))
		return false;
	while (!bns_name_equal(name, c->apex)) {
		name = bns_name_parent(name);
		memcpy(wildcard + 2, name, bns_name_len(name));
		if (bns_name_len(name) + 2 <= BNS_NAME_MAX && has_address(c, wildcard))
			return true;
	}
	return false;
}

static void check_ns_target(struct checker *k, const struct bns_record *ns)
{
	const uint8_t *target = ns->rdata;
	bool at_apex = bns_name_equal(ns->owner, k->c->apex);
	char name[BNS_NAME_TEXT_MAX];
	size_t count;
	if (!bns_rdata_valid(ns->type, ns->rdata, ns->rdlen) || !bns_name_in(target, k->c->apex))
		return;
	bns_name_to_text(target, name);
	if (bns_contents_find(k->c, target, BNS_TYPE_CNAME, &count))
		report(k, BNS_CHECK_NS_IS_CNAME, ns,
		       "has the name server %.150s, which is a CNAME; name the host itself (RFC 2181 10.3)", name);
	else if (at_apex && !has_address(k->c, target) && !wildcard_has_address(k->c, target))
		report(k, BNS_CHECK_GLUE_MISSING, ns,
		       "has the name server %.150s, which has no A or AAAA record in this zone; add one", name);
	else if (!at_apex && bns_name_in(target, ns->owner) && !has_address(k->c, target))
		report(k, BNS_CHECK_GLUE_MISSING, ns,
		       "is delegated to %.150s below it, which can't be found without glue; add its A or AAAA record "
		       "(RFC 9471)",
		       name);
}

static void check_rrset(struct checker *k, const struct bns_record *r, size_t count)
{
	bool occluded = k->cut && !bns_name_equal(k->cut, r->owner);
	check_single(k, r, count);
	check_soa_owner(k, r);
	check_ttls(k, r, count);
	check_size(k, r, count);
	for (size_t i = 0; i < count; i++) {
		check_record(k, &r[i]);
		if (r[i].type == BNS_TYPE_NS && !occluded)
			check_ns_target(k, &r[i]);
	}
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

static void check_cname_alone(struct checker *k, const struct bns_record *r, size_t count)
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
	report(k, BNS_CHECK_CNAME_AND_OTHER, other,
	       "has a CNAME and also %s records; a CNAME must stand alone (RFC 2181 10.1)", types);
}

/* Hashed owners lie right below the apex, even of a zone whose apex is a DNAME. */
static bool is_denial(const struct bns_record *r)
{
	return r->type == BNS_TYPE_NSEC3 || covered_type(r) == BNS_TYPE_NSEC3;
}

static void check_below_dname(struct checker *k, const struct bns_record *r, size_t count)
{
	char dname[BNS_NAME_TEXT_MAX];
	if (!k->dname || bns_name_equal(k->dname, r->owner))
		return;
	for (size_t i = 0; i < count; i++) {
		if (is_denial(&r[i]))
			continue;
		report(k, BNS_CHECK_BELOW_DNAME, &r[i],
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
static void enter_node(struct checker *k, const struct bns_record *r, size_t count)
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

static void check_node(struct checker *k, const struct bns_record *r, size_t count)
{
	char apex[BNS_NAME_TEXT_MAX];
	if (!bns_name_in(r->owner, k->c->apex)) {
		report(k, BNS_CHECK_OUT_OF_ZONE, r,
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
		check_rrset(k, &r[at], end - at);
	}
}

/* What a zone says of itself must be so: else something was lost or changed on the way here (RFC 8976 §4). */
static void check_zonemd(struct checker *k)
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
		report(k, BNS_CHECK_ZONEMD_BAD, rr, "ZONEMD %s; make it anew at its source, or remove it (RFC 8976 4)",
		       sentences[result]);
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
	struct checker k = {.c = c, .out = out};
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
