/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "zone/image_blob.h"
#include "zone/image_denial_build.h"
#include "zone/image_plan.h"
#include "zone/image_rrset.h"

struct build {
	const struct bns_contents *c;
	struct bns_plan plan;
	struct bns_blob blob;
	struct bns_squeeze squeeze;
	struct bns_image head; /* without the apex, until it is written to the front */
};

static void lay_out_front(struct build *b)
{
	size_t apex_len = bns_name_len(b->c->apex);
	size_t slots = 2;
	while (slots < 2 * (b->plan.count - b->plan.nsec3_count))
		slots *= 2;
	b->head = (struct bns_image){
		.apex_hash = bns_name_hash(b->c->apex),
		.serial = b->c->serial,
		.node_count = (uint32_t)b->plan.count,
		.index_mask = (uint32_t)(slots - 1),
		.state = BNS_IMAGE_SERVED,
		.is_signed = b->c->is_signed,
		.apex_len = (uint8_t)apex_len,
		.apex_labels = (uint8_t)bns_name_labels(b->c->apex),
	};
	bns_blob_reserve(&b->blob, offsetof(struct bns_image, apex), _Alignof(struct bns_image));
	bns_blob_append(&b->blob, b->c->apex, apex_len);
	b->head.nodes = bns_blob_reserve(&b->blob, b->plan.count * sizeof(struct bns_node), _Alignof(struct bns_node));
	b->head.index = bns_blob_reserve(&b->blob, slots * sizeof(uint32_t), _Alignof(uint32_t));
}

static uint32_t *index_of(struct build *b)
{
	return (uint32_t *)(void *)(b->blob.data + b->head.index);
}

static void fill_index(struct build *b)
{
	uint32_t mask = b->head.index_mask;
	for (uint32_t n = 0; n < b->plan.count && !b->blob.err; n++) {
		if (b->plan.nodes[n].flags & BNS_NODE_NSEC3)
			continue;
		uint32_t slot = b->plan.nodes[n].hash & mask;
		while (index_of(b)[slot] != 0)
			slot = (slot + 1) & mask;
		index_of(b)[slot] = n + 1;
	}
}

/* What bns_image_find does, while the names are still where the plan has them. The number + 1, or 0. */
static uint32_t find_planned(struct build *b, const uint8_t *name)
{
	uint32_t mask = b->head.index_mask;
	uint32_t key = (uint32_t)(bns_name_hash(name) >> 32);
	for (uint32_t slot = key & mask; index_of(b)[slot] != 0; slot = (slot + 1) & mask) {
		uint32_t number = index_of(b)[slot];
		const struct bns_plan_node *node = &b->plan.nodes[number - 1];
		if (node->hash == key && bns_name_equal(node->name, name))
			return number;
	}
	return 0;
}

static bool has_type(const struct build *b, const struct bns_plan_node *node, uint16_t type)
{
	for (size_t i = node->first; i < node->first + node->count; i++)
		if (b->c->records[i].type == type)
			return true;
	return false;
}

static bool has_address(const struct build *b, const struct bns_plan_node *node)
{
	return has_type(b, node, BNS_TYPE_A) || has_type(b, node, BNS_TYPE_AAAA);
}

/* Whose addresses an NS record leads to: number + 1, or 0. */
static uint32_t find_server(struct build *b, const struct bns_record *rr)
{
	uint32_t number = find_planned(b, rr->rdata);
	return number > 0 && has_address(b, &b->plan.nodes[number - 1]) ? number : 0;
}

/*
 * The same for an SVCB or HTTPS record, whose target may have such records too
 * (RFC 9460 §4.1). "." is the owner, or nobody (§2.5); as other servers do, we
 * don't add the owner's. What lies at or below a cut isn't this zone's to add.
 */
static uint32_t find_service(struct build *b, const struct bns_record *rr)
{
	const uint8_t *target = rr->rdata + 2;
	uint32_t number = bns_name_equal(target, rr->owner) ? 0 : find_planned(b, target);
	if (number == 0)
		return 0;
	const struct bns_plan_node *node = &b->plan.nodes[number - 1];
	if (node->flags & (BNS_NODE_CUT | BNS_NODE_OCCLUDED))
		return 0;
	return has_address(b, node) || has_type(b, node, rr->type) ? number : 0;
}

/* The numbers lie one behind the other. Several SVCB records may have one target. */
static bool is_listed(const struct build *b, const struct bns_rrset *set, uint32_t number)
{
	for (unsigned i = 0; i < set->glue_count; i++)
		if (memcmp(b->blob.data + set->glue + i * sizeof(number), &number, sizeof(number)) == 0)
			return true;
	return false;
}

/*
 * Addresses that must travel with a referral (RFC 9471), or may with the
 * zone's own NS and with services (RFC 9460 §4.1). Found once here, so that no
 * answer looks for them.
 */
static void place_glue(struct build *b, const struct bns_record *records, size_t count, struct bns_rrset *set)
{
	for (size_t i = 0; i < count && !b->blob.err; i++) {
		uint32_t found = set->type == BNS_TYPE_NS ? find_server(b, &records[i]) : find_service(b, &records[i]);
		uint32_t number = found - 1;
		if (found == 0 || is_listed(b, set, number))
			continue;
		uint32_t place = bns_blob_reserve(&b->blob, sizeof(number), _Alignof(uint32_t));
		bns_blob_put(&b->blob, place, &number, sizeof(number));
		if (set->glue_count++ == 0)
			set->glue = place;
	}
}

/* Below a cut no NS is answered with. */
static bool leads_to_addresses(const struct build *b, const struct bns_plan_node *node, uint16_t type)
{
	if (type == BNS_TYPE_NS)
		return node->flags & BNS_NODE_CUT || node == b->plan.nodes;
	return type == BNS_TYPE_SVCB || type == BNS_TYPE_HTTPS;
}

static uint16_t covered_type(const struct bns_record *rrsig)
{
	return rrsig->rdlen >= 2 ? bns_get_u16(rrsig->rdata) : 0;
}

/* The RRSIGs of one owner, walked beside its RRsets: both come by type. */
struct signatures {
	const struct bns_record *next;
	const struct bns_record *end;
};

static struct signatures signatures_at(const struct bns_contents *c, size_t at, size_t end)
{
	while (at < end && c->records[at].type < BNS_TYPE_RRSIG)
		at++;
	size_t first = at;
	while (at < end && c->records[at].type == BNS_TYPE_RRSIG)
		at++;
	return (struct signatures){.next = c->records + first, .end = c->records + at};
}

/* Those that cover the type; what is passed over on the way covers nothing. */
static const struct bns_record *take_signatures(struct signatures *s, uint16_t type, size_t *count)
{
	while (s->next < s->end && covered_type(s->next) < type)
		s->next++;
	const struct bns_record *first = s->next;
	while (s->next < s->end && covered_type(s->next) == type)
		s->next++;
	*count = (size_t)(s->next - first);
	return first;
}

static void place_rrset(struct build *b, const struct bns_plan_node *node, const struct bns_record *records,
			size_t count, struct signatures *signatures, uint32_t place)
{
	struct bns_rrset set;
	size_t signed_by;
	const struct bns_record *rrsigs = take_signatures(signatures, records[0].type, &signed_by);
	bns_rrset_begin(&b->squeeze, &b->blob, records, &set);
	bns_rrset_add(&b->squeeze, &b->blob, records, count, &set);
	if (signed_by > 0)
		bns_rrset_sign(&b->squeeze, &b->blob, rrsigs, signed_by, &set);
	bns_rrset_end(&b->squeeze, &b->blob, records, &set);
	if (leads_to_addresses(b, node, set.type))
		place_glue(b, records, count, &set);
	bns_blob_put(&b->blob, place, &set, sizeof(set));
}

/* RRSIGs whose type isn't here. An RRSIG never covers RRSIGs (RFC 4035 §2.2). */
static void place_orphans(struct build *b, const struct bns_record *records, size_t count, uint32_t place)
{
	struct bns_rrset set;
	bns_rrset_begin(&b->squeeze, &b->blob, records, &set);
	for (size_t i = 0; i < count; i++) {
		uint16_t type = covered_type(&records[i]);
		size_t covered = 0;
		if (type != BNS_TYPE_RRSIG)
			(void)bns_contents_find(b->c, records[i].owner, type, &covered);
		if (covered == 0)
			bns_rrset_add(&b->squeeze, &b->blob, &records[i], 1, &set);
	}
	bns_rrset_end(&b->squeeze, &b->blob, records, &set);
	bns_blob_put(&b->blob, place, &set, sizeof(set));
}

/* How many RRsets a node gets: RRSIGs are one only where some cover nothing. */
static size_t count_rrsets(const struct bns_contents *c, size_t at, size_t end, bool *orphans)
{
	struct signatures signatures = signatures_at(c, at, end);
	size_t left = (size_t)(signatures.end - signatures.next);
	size_t count = 0, covering;
	for (; at < end; at = bns_contents_rrset_end(c, at)) {
		if (c->records[at].type == BNS_TYPE_RRSIG)
			continue;
		count++;
		(void)take_signatures(&signatures, c->records[at].type, &covering);
		left -= covering;
	}
	*orphans = left > 0;
	return count + *orphans;
}

static void place_rrsets(struct build *b, const struct bns_plan_node *planned, bool orphans, uint32_t place)
{
	size_t at = planned->first, end = planned->first + planned->count;
	struct signatures signatures = signatures_at(b->c, at, end);
	for (size_t set_end; at < end && !b->blob.err; at = set_end) {
		const struct bns_record *records = b->c->records + at;
		set_end = bns_contents_rrset_end(b->c, at);
		if (records->type != BNS_TYPE_RRSIG)
			place_rrset(b, planned, records, set_end - at, &signatures, place);
		else if (orphans)
			place_orphans(b, records, set_end - at, place);
		else
			continue;
		place += (uint32_t)sizeof(struct bns_rrset);
	}
}

/* What one answer needs lies together: RRsets, name, wire forms. */
static void place_node(struct build *b, uint32_t number)
{
	const struct bns_plan_node *planned = &b->plan.nodes[number];
	bool orphans;
	size_t sets = count_rrsets(b->c, planned->first, planned->first + planned->count, &orphans);
	if (sets > UINT16_MAX) {
		b->blob.err = BNS_ERANGE;
		return;
	}
	uint32_t place = bns_blob_reserve(&b->blob, sets * sizeof(struct bns_rrset), _Alignof(struct bns_rrset));
	struct bns_node node = {
		.hash = planned->hash,
		.name = bns_blob_append(&b->blob, planned->name, planned->name_len),
		.rrsets = place,
		.rrset_count = (uint16_t)sets,
		.name_len = planned->name_len,
		.labels = planned->labels,
		.flags = planned->flags,
	};
	bns_blob_put(&b->blob, b->head.nodes + number * (uint32_t)sizeof(node), &node, sizeof(node));
	place_rrsets(b, planned, orphans, place);
}

/* Of an RRset's records, and of the RRSIGs behind them, which have the same (RFC 4034 §3). */
static void set_ttls(struct bns_blob *b, uint32_t place, uint32_t ttl)
{
	struct bns_rrset set;
	struct bns_signatures signatures = {0};
	memcpy(&set, b->data + place, sizeof(set));
	if (set.signatures > 0)
		memcpy(&signatures, b->data + set.signatures, sizeof(signatures));
	size_t end = set.wire + set.wire_len + signatures.wire_len;
	for (size_t at = set.wire; at < end; at += BNS_RRSET_RDATA + (size_t)bns_get_u16(b->data + at + 10))
		bns_put_u32(b->data + at + 6, ttl);
	set.ttl = ttl;
	bns_blob_put(b, place, &set, sizeof(set));
}

/* The SOA as negative answers carry it (RFC 2308 §3); the apex's own one where its TTL is right already. */
static void place_negative_soa(struct build *b, const struct bns_record *soa)
{
	uint32_t minimum = bns_get_u32(soa->rdata + soa->rdlen - 4);
	if (soa->ttl <= minimum) {
		struct bns_node apex;
		bool orphans;
		memcpy(&apex, b->blob.data + b->head.nodes, sizeof(apex));
		size_t before = count_rrsets(b->c, 0, (size_t)(soa - b->c->records), &orphans);
		b->head.negative_soa = apex.rrsets + (uint32_t)(before * sizeof(struct bns_rrset));
		b->head.negative_ttl = soa->ttl;
		return;
	}
	struct signatures signatures = signatures_at(b->c, 0, b->plan.nodes[0].count);
	b->head.negative_ttl = minimum;
	b->head.negative_soa = bns_blob_reserve(&b->blob, sizeof(struct bns_rrset), _Alignof(struct bns_rrset));
	place_rrset(b, &b->plan.nodes[0], soa, 1, &signatures, b->head.negative_soa);
	if (!b->blob.err)
		set_ttls(&b->blob, b->head.negative_soa, minimum);
}

/* A copy of the right size: a shrunken block would leave a hole beside every one of a million small zones. */
static enum bns_error finish(struct build *b, struct bns_image **out)
{
	if (b->blob.err)
		return b->blob.err;
	b->head.size_bytes = (uint32_t)b->blob.len;
	memcpy(b->blob.data, &b->head, offsetof(struct bns_image, apex));
	*out = malloc(b->blob.len);
	if (!*out)
		return BNS_ENOMEM;
	memcpy(*out, b->blob.data, b->blob.len);
	return BNS_OK;
}

enum bns_error bns_image_build(const struct bns_contents *c, struct bns_image **out)
{
	struct build b = {.c = c};
	const struct bns_record *soa = bns_contents_soa(c);
	enum bns_error err = soa ? bns_plan_make(c, &b.plan) : BNS_EINVAL;
	if (err)
		goto out;
	bns_squeeze_open(&b.squeeze, c->apex);
	lay_out_front(&b);
	fill_index(&b);
	for (uint32_t n = 0; n < b.plan.count && !b.blob.err; n++)
		place_node(&b, n);
	if (!b.blob.err)
		place_negative_soa(&b, soa);
	if (!b.blob.err && c->is_signed)
		b.head.denial = bns_denial_build(&b.blob, c, &b.plan);
	err = finish(&b, out);
out:
	bns_blob_free(&b.blob);
	bns_plan_free(&b.plan);
	return err;
}
