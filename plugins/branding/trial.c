/* SPDX-License-Identifier: BSD-3-Clause */
/* Which moves of an edge have to wait for evidence. */
#include "amend.h"
#include "evidence.h"
#include "verdict.h"

/* The ESP's name that a CDN must forward to. */
const uint8_t *lb_origin_of(const struct lb_case *c)
{
	return c->branding->mode == LB_CDN ? lb_names_first(&c->region->edge[LB_CDN]) : NULL;
}

bool lb_restore_later(struct lb_hearing *h, const struct bns_change *change, const struct lb_mending *m,
		      const struct lb_finding *f)
{
	struct lb_trial trial = {.host = m->c->branding->host, .is_restore = true};

	if (change->origin != BNS_ORIGIN_RESTORE || f->role != LB_EDGE || change->dry_run ||
	    !lb_name_equal(f->owner, m->c->branding->host))
		return false;
	trial.target = lb_mend_target(m, LB_EDGE, &trial.ttl);
	trial.origin = lb_origin_of(m->c);
	return lb_hearing_ask(h, &trial);
}

/* Where the edge is, for the profile's transitions. */
static enum lb_place place_of(const struct lb *lb, const struct lb_case *c, const uint8_t *target)
{
	if (lb_is_managed_name(lb, c, target))
		return LB_AT_MANAGED;
	return lb_profile_is_esp(lb, c->profile, target) ? LB_AT_ESP : LB_AT_CDN;
}

void lb_try_target(const struct lb *lb, struct lb_hearing *h, const struct bns_change *change, const struct lb_case *c,
		   const struct lb_look *now)
{
	const struct lb_mending m = {.lb = lb, .c = c, .candidate = now};
	const uint8_t *target = c->judge_edge ? lb_effective(&now->edge) : NULL;
	struct lb_path path;

	if (!target || !change->served || change->dry_run || change->origin == BNS_ORIGIN_RESTORE || now->edge.by_dname)
		return;
	lb_resolve(lb, change->served, c->branding->host, &path);
	const uint8_t *former = lb_effective(&path);
	if (former && lb_name_equal(former, target))
		return;
	enum lb_place from = former ? place_of(lb, c, former) : LB_AT_ESP, to = place_of(lb, c, target);
	if (!(c->profile->needs[from][to] & LB_NEEDS_PROBE))
		return;
	bool can_stay = path.steps > 0 && !path.by_dname && lb_is_reachable(&m, c->branding->host);
	const struct lb_trial trial = {
		.host = c->branding->host,
		.target = now->edge.names[1],
		.origin = lb_origin_of(c),
		.unless_good = lb_decide_unproved(lb, change, c, can_stay),
		.stays = path.names[1],
		.ttl = path.steps > 0 ? path.first->ttl : 0,
	};
	lb_hearing_ask(h, &trial);
}
