/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules about where the first CNAME, the branded host, arrives. */
#include <stdio.h>

#include "rules.h"

/* "url1234.example.com → alias.example.com → sendgrid.net" for sentences; a direct target alone needs no arrow. */
static const char *way_words(const struct lb_look *look, const struct lb_path *path, char *out, size_t cap)
{
	char name[BNS_NAME_TEXT_MAX];
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 1; i < path->steps && len < cap; i++)
		len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 1 ? " and " : " through ",
					lb_name_words(look->lb, path->names[i], name));
	return out;
}

static bool is_esp_now(const struct lb_look *look, const uint8_t *target)
{
	return target && lb_profile_is_esp(look->lb, look->c->profile, target);
}

/* One of the chain's names is a listed target: the rest of the way is the target's own business. */
static bool passes_listed(const struct lb_look *look)
{
	for (unsigned i = 1; i <= look->edge.steps; i++)
		if (lb_is_listed(look->c->branding, look->edge.names[i]))
			return true;
	return false;
}

static bool region_has(const struct lb_look *look, const struct lb_region *region, enum lb_role role,
		       const uint8_t *name)
{
	for (int mode = 0; mode < LB_MODES; mode++)
		if (lb_names_have(look->lb, role == LB_EDGE ? &region->edge[mode] : &region->owner[mode], name))
			return true;
	return false;
}

const struct lb_region *lb_other_region(const struct lb_look *look, enum lb_role role, const uint8_t *name)
{
	const struct lb_profile *p = look->c->profile;

	if (region_has(look, look->c->region, role, name))
		return NULL;
	for (size_t i = 0; i < p->region_count; i++)
		if (region_has(look, &p->regions[i], role, name))
			return &p->regions[i];
	return NULL;
}

void lb_rule_reverted(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	char host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX], way[2048];
	const uint8_t *target = c->judge_edge ? lb_effective(&look->edge) : NULL;

	if (!c->is_protected || !is_esp_now(look, target) || lb_is_managed_name(look->lb, c, target))
		return;
	lb_find(out, look, rule, LB_EDGE, c->branding->host, lb_name_text(look->lb, target, rdata),
		"%s goes back to %s's %s%s", lb_name_words(look->lb, c->branding->host, host), c->profile->title,
		lb_name_words(look->lb, target, name), way_words(look, &look->edge, way, sizeof(way)));
}

static void wrong_region(const struct lb_look *look, enum lb_role role, const uint8_t *owner, const uint8_t *target,
			 const struct lb_rule *rule, struct lb_findings *out)
{
	char host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	const struct lb_region *other = target ? lb_other_region(look, role, target) : NULL;

	if (other)
		lb_find(out, look, rule, role, owner, lb_name_text(look->lb, target, rdata),
			"%s points at %s, the name of region %s, but its account is in region %s",
			lb_name_words(look->lb, owner, host), lb_name_words(look->lb, target, name), other->id,
			look->c->region->id);
}

void lb_rule_wrong_region(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;

	/* A routed edge at the ESP is LB01's, whatever the region. */
	if (c->judge_edge && !c->is_protected)
		wrong_region(look, LB_EDGE, c->branding->host, lb_effective(&look->edge), rule, out);
	if (c->judge_owner && look->owner.steps > 0)
		wrong_region(look, LB_OWNER, c->branding->owner, look->owner.names[1], rule, out);
}

void lb_rule_former(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	char host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], right[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	const uint8_t *target = c->judge_edge ? lb_effective(&look->edge) : NULL;
	const uint8_t *wanted = lb_names_first(&c->region->edge[c->branding->mode]);

	if (!target || !wanted || !lb_names_have(look->lb, &c->region->former[c->branding->mode], target))
		return;
	lb_find(out, look, rule, LB_EDGE, c->branding->host, lb_name_text(look->lb, target, rdata),
		"%s points at %s where mode %s needs %s", lb_name_words(look->lb, c->branding->host, host),
		lb_name_words(look->lb, target, name), lb_mode_words[c->branding->mode],
		lb_name_words(look->lb, wanted, right));
}

static bool passes(const struct lb_look *look, const uint8_t *name)
{
	for (unsigned i = 1; name && i <= look->edge.steps; i++)
		if (lb_name_equal(look->edge.names[i], name))
			return true;
	return false;
}

/* A move is announced, and this is neither where it goes nor where it comes from. */
static bool is_elsewhere(const struct lb_look *look, const struct lb_expected *expected, const uint8_t *target)
{
	const uint8_t *known = look->c->known_target;

	return expected && !passes(look, expected->target) && !(known && lb_name_equal(known, target));
}

void lb_rule_unlisted(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	const struct lb_expected *expected = lb_expected_get(look->lb, c->branding->host);
	char host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	const uint8_t *target = c->judge_edge ? lb_effective(&look->edge) : NULL;
	size_t before = out->count;

	/* Before it is routed the ESP's name is the lawful start; after it, LB01 speaks. A DNAME is LB38's. */
	if (!target || look->edge.by_dname || is_esp_now(look, target) ||
	    (passes_listed(look) && !is_elsewhere(look, expected, target)) || lb_is_doubled_target(look, target, true))
		return;
	if (c->branding->learned && (!c->known_target || lb_name_equal(c->known_target, target)))
		return;
	if (passes(look, expected ? expected->target : NULL))
		return;
	lb_find(out, look, rule, LB_EDGE, c->branding->host, lb_name_text(look->lb, target, rdata),
		is_elsewhere(look, expected, target) ? "%s points at %s, where another target was announced"
		: c->branding->learned               ? "%s moves to %s, which no policy lists"
						     : "%s points at %s, which its policy doesn't list",
		lb_name_words(look->lb, c->branding->host, host), lb_name_words(look->lb, target, name));
	/* Nobody wrote down where a recognised branding may go: from CDN to CDN is worth a note. */
	if (c->branding->learned && out->count > before)
		out->list[before].severity = 'M';
}

static void dangling(const struct lb_look *look, const struct lb_path *path, enum lb_role role, const uint8_t *owner,
		     const struct lb_rule *rule, struct lb_findings *out)
{
	char host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	const uint8_t *last = path->names[path->steps];

	if (path->steps == 0 || (path->end != LB_END_NXDOMAIN && path->end != LB_END_NODATA) ||
	    lb_is_doubled_target(look, last, role == LB_EDGE))
		return;
	lb_find(out, look, rule, role, owner, lb_name_text(look->lb, last, rdata), "%s points at %s, which %s",
		lb_name_words(look->lb, owner, host), lb_name_words(look->lb, last, name),
		path->end == LB_END_NXDOMAIN ? "does not exist in the zone served here"
					     : "has no address in the zone served here");
}

void lb_rule_dangling(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	if (look->c->judge_edge)
		dangling(look, &look->edge, LB_EDGE, look->c->branding->host, rule, out);
	if (look->c->judge_owner)
		dangling(look, &look->owner, LB_OWNER, look->c->branding->owner, rule, out);
}

/* A loop that passes a listed target: the CDN is sent back to the host it serves. */
static bool is_proxy_loop(const struct lb_look *look)
{
	return look->c->judge_edge && look->edge.end == LB_END_LOOP && look->edge.steps <= LB_STEPS_MAX &&
	       lb_name_equal(look->edge.names[look->edge.steps], look->edge.names[0]) && passes_listed(look);
}

void lb_rule_proxy_loop(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_branding *b = look->c->branding;
	char host[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX];

	if (is_proxy_loop(look))
		lb_find(out, look, rule, LB_EDGE, b->host, lb_name_text(look->lb, look->edge.names[1], rdata),
			"the target of %s, %s, leads back to it", lb_name_words(look->lb, b->host, host),
			lb_name_words(look->lb, look->edge.names[1], name));
}

static void loop(const struct lb_look *look, const struct lb_path *path, enum lb_role role, const uint8_t *owner,
		 const struct lb_rule *rule, struct lb_findings *out)
{
	char host[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];

	if (path->end != LB_END_LOOP)
		return;
	lb_find(out, look, rule, role, owner, lb_name_text(look->lb, path->names[1], rdata), "the CNAMEs from %s %s",
		lb_name_words(look->lb, owner, host),
		path->steps > LB_STEPS_MAX ? "don't end" : "come back to where they were");
}

void lb_rule_loop(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	if (look->c->judge_edge && !is_proxy_loop(look))
		loop(look, &look->edge, LB_EDGE, look->c->branding->host, rule, out);
	if (look->c->judge_owner)
		loop(look, &look->owner, LB_OWNER, look->c->branding->owner, rule, out);
}

static void ttl(const struct lb_look *look, const struct lb_path *path, enum lb_role role, const uint8_t *owner,
		const struct lb_rule *rule, struct lb_findings *out)
{
	char host[BNS_NAME_TEXT_MAX], rdata[16];

	if (path->steps == 0 || path->ttl_max <= look->c->max_ttl_s)
		return;
	snprintf(rdata, sizeof(rdata), "%u", (unsigned)path->ttl_max);
	lb_find(out, look, rule, role, owner, rdata, "%s has a TTL of %u s, above the policy's %u s",
		lb_name_words(look->lb, owner, host), (unsigned)path->ttl_max, (unsigned)look->c->max_ttl_s);
}

void lb_rule_ttl(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	if (look->c->branding->learned)
		return;
	if (look->c->judge_edge)
		ttl(look, &look->edge, LB_EDGE, look->c->branding->host, rule, out);
	if (look->c->judge_owner)
		ttl(look, &look->owner, LB_OWNER, look->c->branding->owner, rule, out);
}
