/* SPDX-License-Identifier: BSD-3-Clause */
#include "cases.h"

#include <stdlib.h>

/* Has it been where the ESP's plain names are no longer lawful? */
static bool is_routed_target(const struct lb *lb, const struct lb_case *c, const uint8_t *target)
{
	if (!target)
		return false;
	if (lb_is_managed_name(lb, c, target))
		return true;
	return !lb_profile_is_esp(lb, c->profile, target);
}

/* A copy: memory may learn better while the case is looked at. Short of memory nothing may pass as never routed. */
static void know_target(struct lb_case *c, struct lb_cases *cases, const uint8_t *target)
{
	c->known_target = lb_pool_name(&cases->pool, target);
	cases->failed |= !c->known_target;
}

static void fill_routed(struct lb_case *c, struct lb_cases *cases, const struct lb *lb,
			const struct bns_contents *served)
{
	const struct lb_branding *b = c->branding;
	const struct lb_memory_entry *entry = lb_memory_get(lb, b->host);
	struct lb_path path;

	if (entry && is_routed_target(lb, c, entry->target))
		know_target(c, cases, entry->target);
	if (served && (b->learned || (!c->known_target && !b->routed))) {
		lb_resolve(lb, served, b->host, &path);
		const uint8_t *target = lb_effective(&path);
		if (is_routed_target(lb, c, target))
			know_target(c, cases, target);
	}
	c->is_protected = b->mode != LB_PLAIN && (b->routed || c->known_target);
}

static void fill_below(struct lb_case *c, const struct lb *lb, const struct bns_contents *served)
{
	uint8_t name[BNS_NAME_MAX];
	size_t count;

	if (!served)
		return;
	for (enum lb_role role = LB_DCV; role <= LB_HOST_PROOF; role++)
		c->had_below[role] = lb_needs_below(c, role, name) &&
				     lb->host->find(served, name, c->profile->below_type[role], &count) != NULL;
}

struct lb_case *lb_cases_add(struct lb_cases *cases, const struct lb *lb, const struct lb_branding *branding,
			     bool judge_edge, bool judge_owner, const struct bns_contents *served)
{
	if (cases->count == cases->capacity) {
		size_t wider = cases->capacity ? 2 * cases->capacity : 16;
		struct lb_case *moved = realloc(cases->list, wider * sizeof(*moved));
		if (!moved) {
			cases->failed = true;
			return NULL;
		}
		cases->list = moved;
		cases->capacity = wider;
	}
	struct lb_case *c = &cases->list[cases->count++];
	*c = (struct lb_case){
		.branding = branding,
		.profile = branding->account->profile,
		.region = branding->account->region,
		.judge_edge = judge_edge,
		.judge_owner = judge_owner,
		.max_ttl_s = lb->policy->max_ttl_s,
	};
	if (judge_edge) {
		fill_routed(c, cases, lb, served);
		fill_below(c, lb, served);
	} else {
		/* An owner alone: recognised ones are only asked for where their edge is routed. */
		c->is_protected = branding->learned;
	}
	return c;
}

/* Brandings of other zones whose target lies in this one: what changes here may turn them. */
static void add_reaching(struct lb_cases *cases, const struct lb *lb, const uint8_t *zone)
{
	size_t count;
	const struct lb_reach *reach = lb_policy_reach(lb, lb->policy, zone, &count);
	const uint8_t *apex;

	for (size_t i = 0; i < count; i++) {
		const struct lb_branding *b = reach[i].branding;
		const struct bns_contents *home =
			lb->host->name_in(b->host, zone) ? NULL : lb_served_zone(lb, b->host, &apex);
		struct lb_case *c = home ? lb_cases_add(cases, lb, b, true, false, home) : NULL;
		if (c)
			c->is_reaching = true;
	}
}

void lb_cases_gather(struct lb_cases *cases, const struct lb *lb, const uint8_t *zone,
		     const struct bns_contents *served, const struct bns_contents *candidate)
{
	size_t count, stray_count;
	const struct lb_branding *written = lb_policy_zone(lb, lb->policy, zone, &count);
	const struct lb_branding *const *strays = lb_policy_strays(lb, lb->policy, zone, &stray_count);

	*cases = (struct lb_cases){0};
	for (size_t i = 0; i < count; i++) {
		bool owner_here = written[i].owner && lb->host->name_in(written[i].owner, zone);
		lb_cases_add(cases, lb, &written[i], true, owner_here, served);
	}
	for (size_t i = 0; i < stray_count; i++)
		if (!lb->host->name_in(strays[i]->host, zone))
			lb_cases_add(cases, lb, strays[i], false, true, served);
	add_reaching(cases, lb, zone);
	if (lb->policy->learn && (served || candidate))
		lb_learn(cases, lb, served ? served : candidate, served);
}

void lb_cases_free(struct lb_cases *cases)
{
	lb_pool_free(&cases->pool);
	free(cases->list);
	*cases = (struct lb_cases){0};
}
