/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image_plan.h"

#include <stdlib.h>

static enum bns_error add_node(struct bns_plan *plan, const struct bns_plan_node *node)
{
	if (plan->count == plan->capacity) {
		size_t capacity = plan->capacity > 0 ? plan->capacity * 2 : 16;
		struct bns_plan_node *nodes = reallocarray(plan->nodes, capacity, sizeof(*nodes));
		if (!nodes)
			return BNS_ENOMEM;
		plan->nodes = nodes;
		plan->capacity = capacity;
	}
	if (plan->count >= UINT32_MAX)
		return BNS_ERANGE;
	plan->path[node->labels] = (uint32_t)plan->count;
	if (node->flags & BNS_NODE_NSEC3)
		plan->nsec3_count++;
	plan->nodes[plan->count++] = *node;
	return BNS_OK;
}

/* What stands below a cut or a DNAME isn't the zone's to answer with (RFC 1034 §4.2.1, RFC 6672 §2.4). */
static uint8_t inherit(struct bns_plan *plan, const struct bns_plan_node *node)
{
	if (plan->count == 0)
		return 0;
	struct bns_plan_node *parent = &plan->nodes[plan->path[node->labels - 1]];
	if (parent->flags & BNS_NODE_NSEC3) { /* what something stands below is a name of the zone */
		parent->flags &= (uint8_t)~BNS_NODE_NSEC3;
		plan->nsec3_count--;
	}
	if (bns_name_is_wildcard(node->name))
		parent->flags |= BNS_NODE_WILDCARD;
	return parent->flags & (BNS_NODE_OCCLUDED | BNS_NODE_CUT | BNS_NODE_DNAME) ? BNS_NODE_OCCLUDED : 0;
}

/* Of what is occluded no record takes part in the look-up, so it has no say in the flags either. */
static uint8_t flags_of(const struct bns_record *records, size_t count, bool apex)
{
	uint8_t flags = 0;
	for (size_t i = 0; i < count; i++) {
		if (records[i].type == BNS_TYPE_NS && !apex)
			flags |= BNS_NODE_CUT;
		else if (records[i].type == BNS_TYPE_CNAME)
			flags |= BNS_NODE_CNAME;
		else if (records[i].type == BNS_TYPE_DNAME)
			flags |= BNS_NODE_DNAME;
	}
	return flags;
}

/* NSEC3 and its signatures at a hash, one label below the apex (RFC 5155 §3). */
static bool is_nsec3_alone(const struct bns_record *records, size_t count, unsigned labels_below_apex)
{
	bool found = false;
	if (labels_below_apex != 1 || records[0].owner[0] != BNS_NSEC3_LABEL_LEN)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (records[i].type != BNS_TYPE_NSEC3 && records[i].type != BNS_TYPE_RRSIG)
			return false;
		found |= records[i].type == BNS_TYPE_NSEC3;
	}
	return found;
}

/* The deepest ancestor (or the name itself) that is planned already, by labels. */
static unsigned deepest_known(const struct bns_plan *plan, const struct bns_qname *owner, unsigned apex_labels)
{
	unsigned last = plan->nodes[plan->count - 1].labels;
	unsigned known = apex_labels;
	while (known < owner->labels && known < last) {
		const struct bns_plan_node *next = &plan->nodes[plan->path[known + 1]];
		if (!bns_name_equal(next->name, owner->name + owner->offset[known + 1]))
			break;
		known++;
	}
	return known;
}

/* Adds a node per label that is new, the owner last: ancestors come first in canonical order. */
static enum bns_error add_owner(struct bns_plan *plan, const struct bns_contents *c, size_t first, size_t count)
{
	const uint8_t *owner = c->records[first].owner;
	struct bns_qname q;
	enum bns_error err = bns_qname_scan(owner, bns_name_len(owner), &q);
	if (err)
		return err;
	unsigned apex_labels = bns_name_labels(c->apex);
	unsigned known = plan->count > 0 ? deepest_known(plan, &q, apex_labels) + 1 : q.labels;
	for (unsigned labels = known; labels <= q.labels && !err; labels++) {
		struct bns_plan_node node = {
			.name = owner + q.offset[labels],
			.hash = (uint32_t)(q.hash[labels] >> 32),
			.name_len = (uint8_t)(q.len - q.offset[labels]),
			.labels = (uint8_t)labels,
		};
		node.flags = inherit(plan, &node);
		if (labels == q.labels) {
			node.first = first;
			node.count = count;
			if (is_nsec3_alone(c->records + first, count, labels - apex_labels))
				node.flags = BNS_NODE_NSEC3;
			else if (!(node.flags & BNS_NODE_OCCLUDED))
				node.flags = flags_of(c->records + first, count, plan->count == 0);
		}
		err = add_node(plan, &node);
	}
	return err;
}

static size_t owner_end(const struct bns_contents *c, size_t at)
{
	const uint8_t *owner = c->records[at].owner;
	while (at < c->count && bns_name_equal(c->records[at].owner, owner))
		at++;
	return at;
}

enum bns_error bns_plan_make(const struct bns_contents *c, struct bns_plan *plan)
{
	*plan = (struct bns_plan){0};
	if (c->count == 0 || !bns_name_equal(c->records[0].owner, c->apex))
		return BNS_EINVAL;
	enum bns_error err = BNS_OK;
	for (size_t at = 0, end; at < c->count && !err; at = end) {
		end = owner_end(c, at);
		err = bns_name_in(c->records[at].owner, c->apex) ? add_owner(plan, c, at, end - at) : BNS_EINVAL;
	}
	return err;
}

void bns_plan_free(struct bns_plan *plan)
{
	free(plan->nodes);
	*plan = (struct bns_plan){0};
}
