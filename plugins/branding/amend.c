/* SPDX-License-Identifier: BSD-3-Clause */
#include "amend.h"

#define DEFAULT_TTL_S 300 /* where neither version has the record */

static const struct lb_path *path_of(const struct lb_look *look, enum lb_role role)
{
	return role == LB_EDGE ? &look->edge : &look->owner;
}

static const uint8_t *name_of(const struct lb_case *c, enum lb_role role)
{
	return role == LB_EDGE ? c->branding->host : c->branding->owner;
}

/* A name in a zone of ours must lead somewhere right with the candidate in place. */
static bool leads_on(const struct lb_mending *m, const uint8_t *target)
{
	struct lb_path path;

	if (!lb_zone_of(m->lb, m->candidate->zone, target))
		return true;
	lb_resolve(m->lb, m->candidate->zone, target, &path);
	if (path.end != LB_END_ADDRESS && (path.end != LB_END_OUTSIDE || path.steps == 0))
		return false;
	return !lb_profile_is_esp(m->lb, m->c->profile, path.names[path.steps]);
}

/* As it is served, where that still leads on; else where it led to. */
static const uint8_t *served_target(const struct lb_mending *m, enum lb_role role)
{
	const struct lb_path *path = m->served && m->served_is_right[role] ? path_of(m->served, role) : NULL;
	const uint8_t *last = path ? lb_effective(path) : NULL;

	if (!last)
		return NULL;
	if (!path->by_dname && leads_on(m, path->names[1]))
		return path->names[1];
	return leads_on(m, last) ? last : NULL;
}

/* Where the policy, the ESP or the past wants it. */
static const uint8_t *preferred_target(const struct lb_case *c, enum lb_role role)
{
	if (role == LB_OWNER)
		return lb_names_first(&c->region->owner[c->branding->mode]);
	if (c->branding->learned)
		return c->known_target;
	if (c->branding->mode == LB_CDN)
		return c->branding->targets[0];
	const uint8_t *first = lb_names_first(&c->region->edge[c->branding->mode]);
	return first ? first : c->known_target; /* an ESP that gives each customer a name */
}

static const uint8_t *target_of(const struct lb_mending *m, enum lb_role role)
{
	const uint8_t *served = served_target(m, role);
	const struct lb_path *now = path_of(m->candidate, role);

	if (m->ttl_only[role] && now->steps > 0)
		return now->names[1];
	if (served)
		return served;
	const uint8_t *preferred = preferred_target(m->c, role);
	return preferred && leads_on(m, preferred) ? preferred : NULL;
}

static uint32_t ttl_of(const struct lb_mending *m, enum lb_role role)
{
	const struct bns_record *served = m->served ? path_of(m->served, role)->first : NULL;
	const struct bns_record *now = path_of(m->candidate, role)->first;
	uint32_t ttl = served ? served->ttl : now ? now->ttl : DEFAULT_TTL_S;

	return ttl > m->c->max_ttl_s ? m->c->max_ttl_s : ttl;
}

bool lb_is_reachable(const struct lb_mending *m, const uint8_t *name)
{
	struct lb_path path;

	lb_resolve(m->lb, m->candidate->zone, name, &path);
	return path.end != LB_END_HIDDEN && !path.by_dname;
}

/* A record that stands at a doubled name by mistake. */
static bool is_misplaced(const struct lb_mending *m, const struct lb_finding *f)
{
	uint8_t name[BNS_NAME_MAX];

	if (f->role == LB_EDGE || f->role == LB_OWNER)
		return !lb_name_equal(f->owner, name_of(m->c, f->role));
	return !lb_below_name(m->c, f->role, name) || !lb_name_equal(f->owner, name);
}

/* dcv and host-proof only the ESP knows: what is served, or nothing. */
static const struct bns_record *served_below(const struct lb_mending *m, const struct lb_finding *f, size_t *count)
{
	*count = 0;
	return m->served && m->served_is_right[f->role] ? m->lb->host->find(m->served->zone, f->owner, f->type, count)
							: NULL;
}

const uint8_t *lb_mend_target(const struct lb_mending *m, enum lb_role role, uint32_t *ttl)
{
	*ttl = ttl_of(m, role);
	return target_of(m, role);
}

bool lb_can_mend(const struct lb_mending *m, const struct lb_finding *f)
{
	size_t count;

	if (!m->c->profile->is_pinned[f->role] || !m->lb->host->name_in(f->owner, m->candidate->zone->apex))
		return false;
	if (is_misplaced(m, f))
		return true;
	if (!lb_is_reachable(m, f->owner))
		return false;
	if (f->role == LB_EDGE || f->role == LB_OWNER)
		return target_of(m, f->role) != NULL;
	return served_below(m, f, &count) != NULL;
}

/* Nothing else may stay beside a CNAME (RFC 2181 §10.1). */
static enum bns_error clear_node(const struct lb_mending *m, const uint8_t *name, bool all, struct bns_review *review)
{
	size_t count;
	const struct bns_record *node = lb_node(m->lb, m->candidate->zone, name, &count);
	enum bns_error err = BNS_OK;

	for (size_t i = 0; i < count && err == BNS_OK; i++)
		if ((all || node[i].type != BNS_TYPE_CNAME) && (i == 0 || node[i].type != node[i - 1].type))
			err = m->lb->host->amend(review, name, node[i].type, NULL, 0);
	return err;
}

static enum bns_error mend_cname(const struct lb_mending *m, enum lb_role role, struct bns_review *review)
{
	const uint8_t *target = target_of(m, role);
	const struct bns_record cname = {
		.rdata = target,
		.rdlen = (uint16_t)lb_name_len(target),
		.ttl = ttl_of(m, role),
		.type = BNS_TYPE_CNAME,
	};
	enum bns_error err = m->lb->host->amend(review, name_of(m->c, role), BNS_TYPE_CNAME, &cname, 1);

	return err == BNS_OK ? clear_node(m, name_of(m->c, role), false, review) : err;
}

enum bns_error lb_mend(const struct lb_mending *m, const struct lb_finding *f, struct bns_review *review)
{
	size_t count;

	if (is_misplaced(m, f))
		return clear_node(m, f->owner, true, review);
	if (f->role == LB_EDGE || f->role == LB_OWNER)
		return mend_cname(m, f->role, review);
	const struct bns_record *with = served_below(m, f, &count);
	return m->lb->host->amend(review, f->owner, f->type, with, count);
}
