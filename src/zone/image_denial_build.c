/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image_denial_build.h"

#include "base/buf.h"

#define ALGORITHM_SHA1   1
#define PARAMETERS_FIXED 5 /* algorithm, flags, iterations, salt length (RFC 5155 §4.2) */

/* The RDATA of the NSEC3PARAM whose chain is meant. */
struct parameters {
	const uint8_t *rdata;
	uint8_t salt_len;
};

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* Eight digits of base32hex make five octets (RFC 4648 §7). */
static bool decode_hash(const uint8_t *label, uint8_t hash[BNS_NSEC3_HASH_LEN])
{
	for (unsigned group = 0; group < BNS_NSEC3_LABEL_LEN / 8; group++) {
		uint64_t bits = 0;
		for (unsigned i = 0; i < 8; i++) {
			int digit = digit_of(label[8 * group + i]);
			if (digit < 0)
				return false;
			bits = bits << 5 | (unsigned)digit;
		}
		for (unsigned i = 0; i < 5; i++)
			hash[5 * group + i] = (uint8_t)(bits >> (32 - 8 * i));
	}
	return true;
}

/* NSEC3 begins with what NSEC3PARAM holds, but has flags of its own. */
static bool is_of_chain(const struct bns_record *r, const struct parameters *p)
{
	return r->type == BNS_TYPE_NSEC3 && r->rdlen > PARAMETERS_FIXED + p->salt_len && r->rdata[0] == p->rdata[0] &&
	       memcmp(r->rdata + 2, p->rdata + 2, PARAMETERS_FIXED - 2u + p->salt_len) == 0;
}

static bool node_has(const struct bns_contents *c, const struct bns_plan_node *node, uint16_t type,
		     const struct parameters *p)
{
	for (size_t i = node->first; i < node->first + node->count; i++)
		if (c->records[i].type == type && (!p || is_of_chain(&c->records[i], p)))
			return true;
	return false;
}

/* Labels of one length sort as what they encode does, so the nodes' order is the hashes'. */
static uint32_t place_nsec3s(struct bns_blob *b, const struct bns_contents *c, const struct bns_plan *plan,
			     const struct parameters *p, struct bns_denial *denial)
{
	unsigned labels = plan->nodes[0].labels + 1u;
	uint32_t chain = 0;
	for (uint32_t n = 1; n < plan->count && !b->err; n++) {
		struct bns_nsec3 entry = {.node = n};
		const struct bns_plan_node *node = &plan->nodes[n];
		if (node->labels != labels || node->name[0] != BNS_NSEC3_LABEL_LEN ||
		    !decode_hash(node->name + 1, entry.hash) || !node_has(c, node, BNS_TYPE_NSEC3, p))
			continue;
		uint32_t place = bns_blob_reserve(b, sizeof(entry), _Alignof(struct bns_nsec3));
		bns_blob_put(b, place, &entry, sizeof(entry));
		if (denial->count++ == 0)
			chain = place;
	}
	return chain;
}

/* Names below a cut have no place in the chain (RFC 4035 §2.3). */
static uint32_t place_nsecs(struct bns_blob *b, const struct bns_contents *c, const struct bns_plan *plan,
			    struct bns_denial *denial)
{
	uint32_t chain = 0;
	for (uint32_t n = 0; n < plan->count && !b->err; n++) {
		const struct bns_plan_node *node = &plan->nodes[n];
		if (node->flags & BNS_NODE_OCCLUDED || !node_has(c, node, BNS_TYPE_NSEC, NULL))
			continue;
		uint32_t place = bns_blob_reserve(b, sizeof(n), _Alignof(uint32_t));
		bns_blob_put(b, place, &n, sizeof(n));
		if (denial->count++ == 0)
			chain = place;
	}
	return chain;
}

static uint32_t place_denial(struct bns_blob *b, const struct bns_denial *denial, const uint8_t *salt)
{
	uint32_t place = bns_blob_reserve(b, sizeof(*denial), _Alignof(struct bns_denial));
	bns_blob_put(b, place, denial, sizeof(*denial));
	if (denial->salt_len > 0)
		bns_blob_append(b, salt, denial->salt_len);
	return place;
}

/* NSEC3PARAM tells of a complete chain (RFC 5155 §4); with flags it doesn't yet, or no longer (RFC 5155 §4.1.2). */
static uint32_t build_nsec3(struct bns_blob *b, const struct bns_contents *c, const struct bns_plan *plan)
{
	size_t count;
	const struct bns_record *params = bns_contents_find(c, c->apex, BNS_TYPE_NSEC3PARAM, &count);
	for (size_t i = 0; i < count && !b->err; i++) {
		const uint8_t *rdata = params[i].rdata;
		if (rdata[0] != ALGORITHM_SHA1 || rdata[1] != 0)
			continue;
		const struct parameters p = {.rdata = rdata, .salt_len = rdata[4]};
		struct bns_denial denial = {
			.is_nsec3 = true, .salt_len = p.salt_len, .iterations = bns_get_u16(rdata + 2)};
		denial.chain = place_nsec3s(b, c, plan, &p, &denial);
		if (denial.count > 0)
			return place_denial(b, &denial, rdata + PARAMETERS_FIXED);
	}
	return 0;
}

static uint32_t build_nsec(struct bns_blob *b, const struct bns_contents *c, const struct bns_plan *plan)
{
	struct bns_denial denial = {0};
	if (!node_has(c, &plan->nodes[0], BNS_TYPE_NSEC, NULL))
		return 0;
	denial.chain = place_nsecs(b, c, plan, &denial);
	return place_denial(b, &denial, NULL);
}

uint32_t bns_denial_build(struct bns_blob *b, const struct bns_contents *c, const struct bns_plan *plan)
{
	uint32_t place = build_nsec3(b, c, plan);
	return place > 0 ? place : build_nsec(b, c, plan);
}
