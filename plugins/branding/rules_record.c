/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules about the records of a branding themselves: there, whole, and as the ESP gave them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

void lb_rule_owner_wrong(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	char owner[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], right[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	const uint8_t *direct = look->owner.names[1];

	if (!c->judge_owner || look->owner.steps == 0 || look->owner.by_dname || look->owner.end == LB_END_LOOP ||
	    lb_is_doubled_target(look, direct, false))
		return;
	const struct lb_names *names = &c->region->owner[c->branding->mode];
	const uint8_t *wanted = lb_names_first(names);
	if (!wanted || lb_names_have(look->lb, names, direct) || lb_other_region(look, LB_OWNER, direct))
		return; /* another region's name is LB20's */
	lb_find(out, look, rule, LB_OWNER, c->branding->owner, lb_name_text(look->lb, direct, rdata),
		"%s points at %s instead of %s", lb_name_words(look->lb, c->branding->owner, owner),
		lb_name_words(look->lb, direct, name), lb_name_words(look->lb, wanted, right));
}

/* Is the record that proves the host to the ESP's certificate authority there, and of the right form? */
static bool below_is_right(const struct lb_look *look, enum lb_role role, const uint8_t *name, bool *there)
{
	const struct lb_profile *p = look->c->profile;
	uint8_t target[BNS_NAME_MAX];
	struct lb_path path;
	size_t count;

	lb_resolve(look->lb, look->zone, name, &path);
	const struct bns_record *node = lb_node(look->lb, look->zone, name, &count);
	const struct bns_record *rr =
		path.by_dname || path.end == LB_END_HIDDEN ? NULL : lb_of_type(node, count, p->below_type[role]);
	*there = rr != NULL;
	if (!rr || rr->type != BNS_TYPE_CNAME || !p->below_parent[role])
		return rr != NULL;
	lb_name_lower(target, rr->rdata);
	return look->lb->host->name_in(target, p->below_parent[role]) && !lb_name_equal(target, p->below_parent[role]);
}

void lb_rule_dcv_missing(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	char words[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	uint8_t name[BNS_NAME_MAX];
	bool there;

	/* Until the edge is there, the ESP needs no certificate for it. */
	const uint8_t *target = c->judge_edge ? lb_effective(&look->edge) : NULL;
	if (!lb_is_managed_name(look->lb, c, target))
		return;
	for (enum lb_role role = LB_DCV; role <= LB_HOST_PROOF; role++) {
		if (!lb_needs_below(c, role, name) || below_is_right(look, role, name, &there))
			continue;
		/* Taken away is LB38's to say. */
		if (!there && c->had_below[role])
			continue;
		lb_find(out, look, rule, role, name, lb_name_text(look->lb, name, rdata), "%s %s",
			lb_name_words(look->lb, name, words),
			there ? "does not point where the ESP's certificate authority looks"
			      : (c->profile->below_type[role] == BNS_TYPE_TXT ? "has no TXT record"
									      : "has no CNAME record"));
	}
}

/* A name written without its final dot in the zone file ends in the zone's name twice. */
static void doubled_owner(const struct lb_look *look, enum lb_role role, const uint8_t *owner,
			  const struct lb_rule *rule, struct lb_findings *out)
{
	char words[BNS_NAME_TEXT_MAX], meant[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	uint8_t name[BNS_NAME_MAX];
	size_t count;

	if (!lb_name_append(owner, look->zone->apex, name) || !lb_node(look->lb, look->zone, name, &count))
		return;
	lb_find(out, look, rule, role, name, lb_name_text(look->lb, name, rdata), "%s stands where %s was meant",
		lb_name_words(look->lb, name, words), lb_name_words(look->lb, owner, meant));
}

static void doubled_target(const struct lb_look *look, const struct lb_path *path, enum lb_role role,
			   const uint8_t *owner, const struct lb_rule *rule, struct lb_findings *out)
{
	char words[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];

	for (unsigned i = 1; i <= path->steps; i++) {
		if (!lb_is_doubled_target(look, path->names[i], role == LB_EDGE))
			continue;
		lb_find(out, look, rule, role, owner, lb_name_text(look->lb, path->names[i], rdata),
			"%s points at %s, a name that got the zone's appended", lb_name_words(look->lb, owner, words),
			lb_name_words(look->lb, path->names[i], target));
		return;
	}
}

void lb_rule_doubled(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	uint8_t name[BNS_NAME_MAX];

	if (c->judge_edge) {
		doubled_owner(look, LB_EDGE, c->branding->host, rule, out);
		doubled_target(look, &look->edge, LB_EDGE, c->branding->host, rule, out);
	}
	if (c->judge_owner) {
		doubled_owner(look, LB_OWNER, c->branding->owner, rule, out);
		doubled_target(look, &look->owner, LB_OWNER, c->branding->owner, rule, out);
	}
	if (!c->judge_edge)
		return;
	for (enum lb_role role = LB_DCV; role <= LB_HOST_PROOF; role++)
		if (lb_needs_below(c, role, name))
			doubled_owner(look, role, name, rule, out);
}

static void conflict(const struct lb_look *look, enum lb_role role, const uint8_t *owner, const struct lb_rule *rule,
		     struct lb_findings *out)
{
	char words[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	size_t count;
	const struct bns_record *node = lb_node(look->lb, look->zone, owner, &count);
	size_t cnames = 0, others = 0;

	for (size_t i = 0; i < count; i++) {
		cnames += node[i].type == BNS_TYPE_CNAME;
		/* DNSSEC's own types stand beside a CNAME (RFC 4035 §2.5). */
		others += node[i].type != BNS_TYPE_CNAME && node[i].type != BNS_TYPE_RRSIG &&
			  node[i].type != BNS_TYPE_NSEC;
	}
	if (cnames > 1 || (cnames == 1 && others > 0))
		lb_find(out, look, rule, role, owner, lb_name_text(look->lb, owner, rdata), "%s has %s",
			lb_name_words(look->lb, owner, words),
			cnames > 1 ? "several CNAMEs" : "other records beside its CNAME");
}

void lb_rule_conflict(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	if (look->c->judge_edge)
		conflict(look, LB_EDGE, look->c->branding->host, rule, out);
	if (look->c->judge_owner)
		conflict(look, LB_OWNER, look->c->branding->owner, rule, out);
}

/* How a CNAME isn't there for a resolver. */
enum gone { GONE_NOT, GONE_REMOVED, GONE_FLATTENED, GONE_WILDCARD, GONE_DNAME, GONE_CUT };

static enum gone how_gone(const struct lb_look *look, const struct lb_path *path, enum lb_role role)
{
	const uint8_t *target = lb_effective(path);

	if (path->end == LB_END_HIDDEN)
		return GONE_CUT;
	if (path->by_dname) {
		/* A DNAME to the ESP is LB01's where it is a revert; to a listed target it changes nothing. */
		bool reverts = target && look->c->is_protected && lb_profile_is_esp(look->lb, look->c->profile, target);
		bool told = role == LB_EDGE && target && (reverts || lb_is_listed(look->c->branding, target));
		return told ? GONE_NOT : GONE_DNAME;
	}
	if (path->steps > 0)
		return GONE_NOT;
	if (path->by_wildcard)
		return GONE_WILDCARD;
	if (path->end == LB_END_ADDRESS)
		return GONE_FLATTENED;
	/* Another zone's host: whether it is there isn't this change's doing. */
	return path->end == LB_END_OUTSIDE ? GONE_NOT : GONE_REMOVED;
}

/*
 * What an approval accepts: the way it is gone, too, so that flattened to one
 * address doesn't allow another one, nor nothing at all.
 */
static void gone_rdata(const struct lb_look *look, const struct lb_path *path, const uint8_t *owner, enum gone gone,
		       const char *above, char *out, size_t cap)
{
	static const char *const kinds[] = {"", "", "flattened", "wildcard", "dname", "delegated"};
	const struct bns_host *host = look->lb->host;
	/* The host may be another zone's than the one in hand. */
	const struct bns_record *rr = lb_of_type(path->last, path->last_count, BNS_TYPE_A);
	char *address = NULL;

	lb_name_text(look->lb, owner, out);
	size_t len = strlen(out);
	if (gone == GONE_REMOVED)
		return;
	if (!rr)
		rr = lb_of_type(path->last, path->last_count, BNS_TYPE_AAAA);
	if (gone == GONE_FLATTENED && rr && host->rdata_to_text(rr->type, rr->rdata, rr->rdlen, &address) != BNS_OK)
		address = NULL;
	snprintf(out + len, cap - len, " %s %s", kinds[gone], address ? address : above);
	free(address);
}

static void removed(const struct lb_look *look, const struct lb_path *path, enum lb_role role, const uint8_t *owner,
		    const struct lb_rule *rule, struct lb_findings *out)
{
	static const char *const words[] = {
		[GONE_REMOVED] = "is gone",
		[GONE_FLATTENED] = "has addresses where its CNAME was",
		[GONE_WILDCARD] = "is gone and answered by ",
		[GONE_DNAME] = "is hidden by the DNAME of ",
		[GONE_CUT] = "is hidden by the delegation of ",
	};
	static const char *const breaks[] = {
		[LB_EDGE] = "links already delivered may lead nowhere",
		[LB_OWNER] = "the ESP will find the branding invalid at its next check",
	};
	char name[BNS_NAME_TEXT_MAX], above[BNS_NAME_TEXT_MAX] = "", rdata[2 * BNS_NAME_TEXT_MAX + 16];
	enum gone gone = how_gone(look, path, role);

	if (gone == GONE_NOT || (gone == GONE_FLATTENED) == (rule->judge == lb_rule_removed))
		return;
	if (path->above)
		lb_name_words(look->lb, path->above, above);
	gone_rdata(look, path, owner, gone, above, rdata, sizeof(rdata));
	bool flattened = gone == GONE_FLATTENED;
	lb_find(out, look, rule, role, owner, rdata, "%s %s%s%s%s", lb_name_words(look->lb, owner, name), words[gone],
		above, flattened ? "" : ": ", flattened ? "" : breaks[role]);
}

void lb_rule_flattened(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;

	if (c->judge_edge && c->branding->mode != LB_MANAGED)
		removed(look, &look->edge, LB_EDGE, c->branding->host, rule, out);
	if (c->judge_owner)
		removed(look, &look->owner, LB_OWNER, c->branding->owner, rule, out);
}

void lb_rule_proxied(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	if (look->c->judge_edge && look->c->branding->mode == LB_MANAGED)
		removed(look, &look->edge, LB_EDGE, look->c->branding->host, rule, out);
}

void lb_rule_removed(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	char words[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	uint8_t name[BNS_NAME_MAX];
	bool there;

	if (c->judge_edge)
		removed(look, &look->edge, LB_EDGE, c->branding->host, rule, out);
	if (c->judge_owner)
		removed(look, &look->owner, LB_OWNER, c->branding->owner, rule, out);
	if (!c->judge_edge)
		return;
	for (enum lb_role role = LB_DCV; role <= LB_HOST_PROOF; role++) {
		if (!c->had_below[role] || !lb_needs_below(c, role, name) || below_is_right(look, role, name, &there) ||
		    there)
			continue;
		lb_find(out, look, rule, role, name, lb_name_text(look->lb, name, rdata),
			"%s is gone: the ESP can't renew the certificate of a managed branding without it",
			lb_name_words(look->lb, name, words));
	}
}
