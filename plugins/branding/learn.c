/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brandings nobody wrote down: an all-digit name is a CNAME to the ESP, and
 * beside it a name is a CNAME to the ESP or is labelled `url` and digits. Once
 * recognised, a name is remembered by what it was, not by what it is now.
 */
#include "cases.h"

/* What was recognised below one name. */
struct nest {
	struct lb_account *account;       /* made up: provider and region of the digits' target */
	const struct lb_branding *routed; /* some edge there that is routed */
};

struct learning {
	struct lb_cases *cases;
	const struct lb *lb;
	const struct bns_contents *version;
	const struct bns_contents *served;
	struct lb_map nests;  /* by the name above the digits */
	struct lb_map owners; /* the policy's, in this zone */
	bool has_routed;      /* one of the nests has */
};

static const struct lb_region *find_region(const struct lb *lb, const uint8_t *target,
					   const struct lb_profile **profile)
{
	for (const struct lb_profile *p = lb->policy->profiles; p; p = p->next) {
		for (size_t i = 0; p->owner_is_digits && i < p->region_count; i++) {
			if (lb_names_have(lb, &p->regions[i].owner[LB_CDN], target)) {
				*profile = p;
				return &p->regions[i];
			}
		}
	}
	return NULL;
}

static void add_nest(struct learning *l, const uint8_t *parent, const struct lb_profile *profile,
		     const struct lb_region *region)
{
	void **place = lb_map_put(&l->nests, parent);

	if (place && *place)
		return;
	struct nest *nest = lb_pool_alloc(&l->cases->pool, sizeof(*nest));
	struct lb_account *account = lb_pool_alloc(&l->cases->pool, sizeof(*account));
	if (!place || !nest || !account) {
		l->cases->failed = true;
		return;
	}
	account->profile = profile;
	account->region = region;
	nest->account = account;
	*place = nest;
}

static void find_nests(struct learning *l)
{
	uint8_t target[BNS_NAME_MAX];

	for (size_t i = 0; i < l->version->count; i++) {
		const struct bns_record *rr = &l->version->records[i];
		const struct lb_profile *profile;
		if (rr->type != BNS_TYPE_CNAME || !lb_label_is_numbered(rr->owner, ""))
			continue;
		lb_name_lower(target, rr->rdata);
		const struct lb_region *region = find_region(l->lb, target, &profile);
		if (region)
			add_nest(l, lb_name_parent(rr->owner), profile, region);
	}
}

/* The nest it lies in, where it looks like an edge. */
static bool looks_like_edge(const struct learning *l, const struct bns_record *rr, const struct nest *nest)
{
	const struct lb_profile *profile = nest->account->profile;
	uint8_t target[BNS_NAME_MAX];

	if (profile->edge_prefix && lb_label_is_numbered(rr->owner, profile->edge_prefix))
		return true;
	lb_name_lower(target, rr->rdata);
	return lb_profile_is_link(l->lb, profile, target);
}

static void add_edge(struct learning *l, const struct bns_record *rr, struct nest *nest)
{
	struct lb_branding *b = lb_pool_alloc(&l->cases->pool, sizeof(*b));

	if (!b) {
		l->cases->failed = true;
		return;
	}
	b->host = rr->owner;
	b->account = nest ? nest->account : l->lb->policy->fallback;
	b->mode = LB_CDN;
	b->learned = true;
	const struct lb_case *c = lb_cases_add(l->cases, l->lb, b, true, false, l->served);
	if (c && c->is_protected && nest) {
		nest->routed = b;
		l->has_routed = true;
	}
}

static void find_edges(struct learning *l)
{
	for (size_t i = 0; i < l->version->count; i++) {
		const struct bns_record *rr = &l->version->records[i];
		if (rr->type != BNS_TYPE_CNAME || lb_label_is_numbered(rr->owner, "") ||
		    (rr->owner[0] == 1 && rr->owner[1] == '*'))
			continue;
		const struct lb_memory_entry *entry = lb_memory_get(l->lb, rr->owner);
		struct nest *nest = lb_map_get(&l->nests, lb_name_parent(rr->owner));
		bool known = entry && entry->learned;
		if ((known || (nest && looks_like_edge(l, rr, nest))) &&
		    !lb_policy_find(l->lb, l->lb->policy, rr->owner))
			add_edge(l, rr, nest);
	}
}

static void collect_written_owners(struct learning *l)
{
	size_t count;
	const struct lb_branding *b = lb_policy_zone(l->lb, l->lb->policy, l->version->apex, &count);

	for (size_t i = 0; i < count; i++)
		if (b[i].owner && !lb_map_put(&l->owners, b[i].owner))
			l->cases->failed = true;
}

/* The second CNAMEs beside a routed edge. */
static void find_owners(struct learning *l)
{
	collect_written_owners(l);
	for (size_t i = 0; i < l->version->count; i++) {
		const struct bns_record *rr = &l->version->records[i];
		if (rr->type != BNS_TYPE_CNAME || !lb_label_is_numbered(rr->owner, ""))
			continue;
		const struct nest *nest = lb_map_get(&l->nests, lb_name_parent(rr->owner));
		if (!nest || !nest->routed || lb_map_has(&l->owners, rr->owner))
			continue;
		struct lb_branding *b = lb_pool_alloc(&l->cases->pool, sizeof(*b));
		if (!b) {
			l->cases->failed = true;
			return;
		}
		*b = *nest->routed;
		b->owner = rr->owner;
		lb_cases_add(l->cases, l->lb, b, false, true, l->served);
	}
}

void lb_learn(struct lb_cases *cases, const struct lb *lb, const struct bns_contents *version,
	      const struct bns_contents *served)
{
	struct learning l = {.cases = cases, .lb = lb, .version = version, .served = served};

	find_nests(&l);
	if (l.nests.count > 0 || lb->memory.count > 0)
		find_edges(&l);
	if (l.has_routed)
		find_owners(&l);
	lb_map_free(&l.nests);
	lb_map_free(&l.owners);
}
