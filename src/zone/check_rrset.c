/* SPDX-License-Identifier: BSD-3-Clause */
/* What must be so of an RRset and of each of its records, wherever they stand. */
#include <string.h>

#include "zone/check_internal.h"

#define ITERATIONS_MAX 2500 /* of NSEC3, for the longest keys (RFC 5155 §10.3) */
#define TTL_MAX        0x7fffffffu
#define MESSAGE_MAX    65535
#define MESSAGE_HEAD   (12 + 4) /* header, type and class of the question */
#define RECORD_HEAD    (2 + 10) /* owner as a pointer, type, class, TTL, length */

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

static void check_single(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	const struct bns_record *second = second_rdata(r, count);
	if (!second)
		return;
	if (r->type == BNS_TYPE_CNAME)
		bns_check_report(k, BNS_CHECK_CNAME_SEVERAL, second,
				 "has more than one CNAME record; an alias has one target, keep that (RFC 2181 10.1)");
	else if (r->type == BNS_TYPE_DNAME)
		bns_check_report(k, BNS_CHECK_DNAME_SEVERAL, second,
				 "has more than one DNAME record; keep one (RFC 6672 2.4)");
	else if (r->type == BNS_TYPE_SOA)
		bns_check_report(k, BNS_CHECK_SOA_SEVERAL, second,
				 "has more than one SOA record; keep one (RFC 2181 6.1)");
}

static void check_soa_owner(struct bns_checker *k, const struct bns_record *r)
{
	char apex[BNS_NAME_TEXT_MAX];
	if (r->type == BNS_TYPE_SOA && !bns_name_equal(r->owner, k->c->apex))
		bns_check_report(k, BNS_CHECK_SOA_NOT_APEX, r,
				 "has an SOA record, but this is the zone " OWNER_SHOWN
				 "; only its own SOA may be in it",
				 bns_name_to_text(k->c->apex, apex));
}

/* RRSIGs are RRsets per covered type (RFC 4035 §2.2), and come in that order. */
static void check_ttls(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	for (size_t i = 1; i < count; i++) {
		if (r[i].ttl != r[i - 1].ttl && bns_check_covered_type(&r[i]) == bns_check_covered_type(&r[i - 1])) {
			bns_check_report(
				k, BNS_CHECK_TTL_DIFFERS, &r[i],
				"has %s records with the TTLs %u and %u; all of one type need the same (RFC 2181 5.2)",
				bns_rrtype_to_text(r->type, type), r[i - 1].ttl, r[i].ttl);
			return;
		}
	}
}

static void check_size(struct bns_checker *k, const struct bns_record *r, size_t count)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	size_t octets = MESSAGE_HEAD + bns_name_len(r->owner);
	for (size_t i = 0; i < count; i++)
		octets += RECORD_HEAD + (size_t)r[i].rdlen;
	if (octets > MESSAGE_MAX)
		bns_check_report(k, BNS_CHECK_RRSET_TOO_LARGE, r,
				 "has %zu %s records of %zu octets, and no message holds more than 65535; remove some",
				 count, bns_rrtype_to_text(r->type, type), octets);
}

/* Each iteration is a hash that every denial costs us, on a packet thread. */
static void check_iterations(struct bns_checker *k, const struct bns_record *r)
{
	unsigned iterations = bns_get_u16(r->rdata + 2);
	if (iterations > ITERATIONS_MAX)
		bns_check_report(k, BNS_CHECK_NSEC3_COSTLY, r,
				 "has %u NSEC3 iterations, and 2500 are the most that were ever lawful; sign the zone "
				 "anew with 0 (RFC 5155 10.3, RFC 9276 3.1)",
				 iterations);
}

/* What is said of a record's type; most records have nothing to be said of. */
static void report_record(struct bns_checker *k, const struct bns_record *r)
{
	char type[BNS_RRTYPE_TEXT_MAX];
	bns_rrtype_to_text(r->type, type);
	if (r->ttl > TTL_MAX)
		bns_check_report(k, BNS_CHECK_TTL_TOO_LARGE, r,
				 "%s has the TTL %u; the largest is 2147483647 (RFC 2181 8)", type, r->ttl);
	if (bns_rrtype_is_meta(r->type))
		bns_check_report(k, BNS_CHECK_META_TYPE, r,
				 "has a record of type %s, which is never zone data; remove it (RFC 6895 3.1)", type);
	else if (!bns_rdata_valid(r->type, r->rdata, r->rdlen))
		bns_check_report(k, BNS_CHECK_RDATA_BAD, r,
				 "has a malformed %s record of %u octets; correct it at its source", type,
				 (unsigned)r->rdlen);
}

static void check_record(struct bns_checker *k, const struct bns_record *r)
{
	bool sound = !bns_rrtype_is_meta(r->type) && bns_rdata_valid(r->type, r->rdata, r->rdlen);
	if (!sound || r->ttl > TTL_MAX)
		report_record(k, r);
	if (sound && r->type == BNS_TYPE_NSEC3PARAM)
		check_iterations(k, r);
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

static void check_ns_target(struct bns_checker *k, const struct bns_record *ns)
{
	const uint8_t *target = ns->rdata;
	bool at_apex = bns_name_equal(ns->owner, k->c->apex);
	char name[BNS_NAME_TEXT_MAX];
	size_t count;
	if (!bns_rdata_valid(ns->type, ns->rdata, ns->rdlen) || !bns_name_in(target, k->c->apex))
		return;
	bns_name_to_text(target, name);
	if (bns_contents_find(k->c, target, BNS_TYPE_CNAME, &count))
		bns_check_report(k, BNS_CHECK_NS_IS_CNAME, ns,
				 "has the name server %.150s, which is a CNAME; name the host itself (RFC 2181 10.3)",
				 name);
	else if (at_apex && !has_address(k->c, target) && !wildcard_has_address(k->c, target))
		bns_check_report(k, BNS_CHECK_GLUE_MISSING, ns,
				 "has the name server %.150s, which has no A or AAAA record in this zone; add one",
				 name);
	else if (!at_apex && bns_name_in(target, ns->owner) && !has_address(k->c, target))
		bns_check_report(
			k, BNS_CHECK_GLUE_MISSING, ns,
			"is delegated to %.150s below it, which can't be found without glue; add its A or AAAA record "
			"(RFC 9471)",
			name);
}

void bns_check_rrset(struct bns_checker *k, const struct bns_record *r, size_t count)
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
