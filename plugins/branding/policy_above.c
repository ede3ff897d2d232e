/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands above the policy's names: for each name that hosts lie at or
 * below, the first of them, and for targets whether there are any. A zone finds
 * its own by one hash instead of a search through a million.
 */
#include "rules.h"

#define BITS_FOR_ONE 16 /* of `reach_bits`, for a target: one in some ten of other names looks like one */

/* What is left of a name with so many labels. */
static const uint8_t *suffix_of(const uint8_t *name, unsigned labels)
{
	for (unsigned has = lb_name_labels(name); has > labels; has--)
		name = lb_name_parent(name);
	return name;
}

static unsigned shared_labels(const uint8_t *a, const uint8_t *b)
{
	unsigned a_labels = lb_name_labels(a), b_labels = lb_name_labels(b);
	unsigned labels = a_labels < b_labels ? a_labels : b_labels;

	a = suffix_of(a, labels);
	b = suffix_of(b, labels);
	while (labels > 0 && !lb_name_equal(a, b)) {
		a = lb_name_parent(a);
		b = lb_name_parent(b);
		labels--;
	}
	return labels;
}

/* Its names have labels from behind these to their own: those its neighbour hasn't told of. */
static unsigned known_labels(const struct lb_policy *p, size_t i)
{
	return i > 0 ? shared_labels(p->brandings[i - 1].host, p->brandings[i].host) : 0;
}

static size_t slot_of(const struct lb_policy *p, const uint8_t *name)
{
	unsigned labels = lb_name_labels(name);
	size_t at = (size_t)(lb_name_hash(name) >> 20) & p->above_mask;

	while (p->above[at] && !lb_name_equal(suffix_of(p->brandings[p->above[at] - 1].host, labels), name))
		at = (at + 1) & p->above_mask;
	return at;
}

enum bns_error lb_policy_index_hosts(struct lb_policy *p)
{
	size_t count = 0, size = 2;

	if (p->branding_count > INT32_MAX)
		return BNS_ERANGE;
	for (size_t i = 0; i < p->branding_count; i++)
		count += lb_name_labels(p->brandings[i].host) - known_labels(p, i);
	while (size < 2 * count)
		size *= 2;
	p->above = lb_pool_alloc(&p->pool, size * sizeof(*p->above));
	if (!p->above)
		return BNS_ENOMEM;
	p->above_mask = size - 1;
	for (size_t i = 0; i < p->branding_count; i++) {
		const uint8_t *name = p->brandings[i].host;
		unsigned known = known_labels(p, i);
		for (unsigned labels = lb_name_labels(name); labels > known; labels--, name = lb_name_parent(name))
			p->above[slot_of(p, name)] = (uint32_t)i + 1;
	}
	return BNS_OK;
}

enum bns_error lb_policy_index_targets(struct lb_policy *p)
{
	size_t bits = 64;

	while (bits < BITS_FOR_ONE * p->reach_count)
		bits *= 2;
	p->reach_bits = lb_pool_alloc(&p->pool, bits / 8);
	if (!p->reach_bits)
		return BNS_ENOMEM;
	p->reach_mask = bits - 1;
	for (size_t i = 0; i < p->reach_count; i++) {
		for (const uint8_t *name = p->reach[i].target; name[0]; name = lb_name_parent(name)) {
			size_t bit = (size_t)(lb_name_hash(name) >> 20) & p->reach_mask;
			p->reach_bits[bit / 8] |= (uint8_t)(1u << bit % 8);
		}
	}
	return BNS_OK;
}

size_t lb_policy_first_in(const struct lb_policy *policy, const uint8_t *name)
{
	if (!name[0] || !policy->above)
		return 0;
	uint32_t slot = policy->above[slot_of(policy, name)];
	return slot ? slot - 1 : policy->branding_count;
}

bool lb_policy_may_reach(const struct lb_policy *policy, const uint8_t *zone)
{
	size_t bit = (size_t)(lb_name_hash(zone) >> 20) & policy->reach_mask;

	return policy->reach_count > 0 && (!zone[0] || policy->reach_bits[bit / 8] & 1u << bit % 8);
}
