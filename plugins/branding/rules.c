/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of rules, and what all of them share. Those without a function need TLS, HTTP, live DNS or the ESP's API.
 */
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct lb_rule lb_rules[] = {
	{"LB01", "reverted-to-esp", 'C',
	 "a routed edge arrives at the ESP's own name: directly, through aliases, a wildcard or a DNAME, in any "
	 "spelling",
	 "https links already delivered will show the certificate of",
	 "restore the CDN target; to verify again at the ESP, don't touch the live record", lb_rule_reverted, 0},
	{"LB02", "tls-name-mismatch", 'C', "the certificate's names lack the branded host", NULL,
	 "add the name to the certificate at the CDN", NULL, 0},
	{"LB03", "cert-expired", 'C',
	 "the certificate's end has passed (C), is less than 'alarm-days' (H) or less than 'warn-days' away (M)", NULL,
	 "fix the certificate's renewal, see LB14 and LB15", NULL, 0},
	{"LB04", "chain-incomplete", 'H', "the chain doesn't verify without fetching intermediates", NULL,
	 "serve the intermediate certificates", NULL, 0},
	{"LB05", "no-https", 'C', "no connection, handshake or answer at some address", NULL,
	 "repair the CDN or balancer", NULL, 0},
	{"LB06", "no-http", 'H', "port 80 is dead", NULL, "keep port 80: links already sent use it", NULL, 0},
	{"LB07", "http-only-brand", 'H', "the host is at the ESP's own name, lawfully: its links can only be http",
	 NULL, "put a CDN before it, or use the managed mode", NULL, 0},
	{"LB08", "hsts-parent", 'C', "an ancestor's HSTS covers the host, whose TLS isn't valid", NULL,
	 "make TLS valid before HSTS covers the host", NULL, 0},
	{"LB09", "wrong-host-header", 'C', "the answer differs from the origin's for that Host", NULL,
	 "forward the Host header", NULL, 0},
	{"LB10", "query-stripped", 'C', "a tracked link redirects at the origin and not at the CDN", NULL,
	 "forward the query string", NULL, 0},
	{"LB11", "waf-403", 'C', "403 for ordinary browsers, mail clients or link scanners, and not at the origin",
	 NULL, "except the host from the WAF", NULL, 0},
	{"LB12", "cdn-caches", 'M', "a second request is answered from a cache", NULL, "turn caching off", NULL, 0},
	{"LB13", "proxy-loop", 'C',
	 "the chain of a listed target comes back to the host; the CDN answers 5xx where its origin doesn't",
	 "a request to the CDN comes back to it for ever", "make the ESP's name the proxy's origin", lb_rule_proxy_loop,
	 LB_PROBED},
	{"LB14", "caa-blocks", 'H',
	 "the first CAA set at the host (behind its CNAMEs) or above lets none of the wanted issuers issue (RFC 8659)",
	 "the certificate can't be renewed", "add the issuer to the CAA records", lb_rule_caa, LB_PROBED},
	{"LB15", "dcv-missing", 'H',
	 "a managed edge lacks a proof that the ESP's certificate needs, or it points elsewhere",
	 "the ESP can't renew the certificate of a managed branding without it",
	 "publish the record as the ESP gives it", lb_rule_dcv_missing, 0},
	{"LB16", "owner-cname-wrong", 'H', "the owner isn't a CNAME to exactly the ESP's name",
	 "the ESP will find the branding invalid at its next check", "restore the second CNAME to the ESP's name",
	 lb_rule_owner_wrong, 0},
	{"LB17", "reverify-failed", 'H',
	 "a part of the ESP's last validation failed ('validation_results.*.valid', or both CNAMEs' own 'valid'; never "
	 "the top level's), or the ESP doesn't list the branding any more: as an import wrote it ('esp: {valid: "
	 "false}'), or as the API said it to the daemon",
	 NULL, "restore validity with the ESP, not by editing live DNS", lb_rule_reverify, LB_STANDING},
	{"LB18", "flattened", 'H', "addresses stand where the CNAME was",
	 "a verifier and the ESP need the CNAME itself", "publish a plain CNAME", lb_rule_flattened,
	 LB_ABSENCE | LB_PROBED},
	{"LB19", "proxied-managed", 'H', "a managed edge has addresses instead of its CNAME",
	 "the ESP can't renew the certificate of a managed branding so", "turn the proxy off", lb_rule_proxied,
	 LB_ABSENCE},
	{"LB20", "wrong-region", 'H', "the owner, or an edge not yet routed, has another region's name",
	 "the ESP will not know the links of this account there", "point it at the name of the account's region",
	 lb_rule_wrong_region, 0},
	{"LB21", "wrong-endpoint-generation", 'H', "the edge is at a name that the profile calls 'former' in its mode",
	 "the ESP keeps no certificate for it there", "point it at the new endpoint", lb_rule_former, 0},
	{"LB22", "doubled-suffix", 'C', "a name or target got the zone's name appended: a forgotten final dot",
	 "links to the branded host are broken", "write the name with its final dot, or without the zone",
	 lb_rule_doubled, 0},
	{"LB23", "cname-conflict", 'C',
	 "other records beside the CNAME; the structural check refuses such a zone before",
	 "resolvers may answer with either, or with nothing", "remove the other records; a CAA goes to an ancestor",
	 lb_rule_conflict, 0},
	{"LB24", "dangling-target", 'C',
	 "the chain ends in a served zone at a name that doesn't exist or has no address",
	 "links to the branded host lead nowhere", "restore the target, or point elsewhere", lb_rule_dangling,
	 LB_PROBED},
	{"LB25", "cname-loop", 'C', "the chain comes back to itself, or has more than 16 CNAMEs",
	 "links to the branded host lead nowhere", "end the chain of CNAMEs at the CDN", lb_rule_loop, LB_PROBED},
	{"LB26", "secondary-drift", 'H',
	 "a delegated name server has another CNAME or serial than is served here, and isn't ahead; what is held here "
	 "doesn't count",
	 NULL, "look at transfers, NOTIFY and TSIG", NULL, 0},
	{"LB27", "zone-expiring", 'C',
	 "less than a quarter of SOA EXPIRE is left, or a held signed zone's deadline is less than a day away", NULL,
	 "look at the primaries, decide what is held", lb_rule_expiring, LB_STANDING | LB_TIMES},
	{"LB28", "dnssec-broken", 'C',
	 "signatures are bogus or end soon; no key of the zone is what the parent's DS says; the resolver answers only "
	 "where it doesn't validate",
	 NULL, "sign again, or repair the DS", NULL, 0},
	{"LB29", "ttl-too-long", 'M', "a TTL on the way is above 'max-ttl'",
	 "a mistake, or a change of CDN, would stay in caches that long", "lower the TTL", lb_rule_ttl, 0},
	{"LB30", "delegation-lame", 'C',
	 "a delegated name server doesn't answer with authority, or parent and zone name different ones", NULL,
	 "repair the delegation", NULL, 0},
	{"LB31", "from-domain-mismatch", 'H',
	 "a domain of the account's 'from' has no branding; told once, at the account's first branding that is served "
	 "here",
	 NULL, "set up a branding for each From domain", lb_rule_from_domain, LB_STANDING},
	{"LB32", "default-shadowed", 'M',
	 "an older valid branding (a smaller 'id') of the same user is for the same domain", NULL,
	 "delete the older branding", lb_rule_shadowed, LB_STANDING},
	{"LB33", "subuser-not-enabled", 'H',
	 "a subuser of an account with https links has no branding associated, or isn't in 'ssl-subuser'; told once, "
	 "as LB31",
	 NULL, "associate the subuser, ask Support for each", lb_rule_subuser, LB_STANDING},
	{"LB34", "ssl-on-uncovered-brand", 'C',
	 "mail with https links (of the account, or of a subuser in 'ssl-subuser') carries the branding, and the last "
	 "probe of the place where its edge is failed, or it is at the ESP's own name (C), or nobody has probed it "
	 "there (H)",
	 NULL,
	 "cover all brandings before enabling: see `account readiness`; until then ask Support to switch https off",
	 lb_rule_uncovered, LB_STANDING | LB_PROBED},
	{"LB35", "applinks-broken", 'M', "the app-link files differ from the origin's", NULL,
	 "route the app-link files at the CDN", NULL, 0},
	{"LB36", "single-cdn", 'M', "the policy lists a single target", NULL,
	 "list a fallback with a certificate ready", lb_rule_single, LB_STANDING},
	{"LB37", "unlisted-target", 'C',
	 "the edge arrives at a host that the policy doesn't list, or at another than 'branding route' announced; M "
	 "for a recognised branding",
	 "whoever holds that host receives the links, and https breaks without a certificate",
	 "restore the listed target, or prove the new one and list it in the policy", lb_rule_unlisted, 0},
	{"LB38", "branding-removed", 'C',
	 "edge, owner or a managed branding's proof is gone, or hidden by a wildcard, DNAME or delegation; the zone "
	 "itself goes",
	 NULL, "restore the record; a removal that is meant needs an override", lb_rule_removed, LB_ABSENCE},
	{"LB39", "ungated-ns", 'C',
	 "a delegated name server has another CNAME than is served here and is ahead, serves the ESP's name, or a "
	 "change is held here",
	 NULL, "put the name server behind the gate, or out of the delegation", NULL, 0},
};

const size_t lb_rule_count = sizeof(lb_rules) / sizeof(*lb_rules);

_Static_assert(sizeof(lb_rules) / sizeof(*lb_rules) <= LB_RULES_MAX, "a policy has a gate for every rule");

const struct lb_rule *lb_rule_find(const char *id)
{
	for (size_t i = 0; i < lb_rule_count; i++)
		if (strcmp(lb_rules[i].id, id) == 0)
			return &lb_rules[i];
	return NULL;
}

char *lb_name_words(const struct lb *lb, const uint8_t *name, char out[BNS_NAME_TEXT_MAX])
{
	return lb->host->name_to_text(name, out);
}

char *lb_name_text(const struct lb *lb, const uint8_t *name, char out[BNS_NAME_TEXT_MAX])
{
	lb->host->name_to_text(name, out);
	size_t len = strlen(out);
	if (len > 1 && len + 1 < BNS_NAME_TEXT_MAX)
		memcpy(out + len, ".", 2);
	return out;
}

bool lb_below_name(const struct lb_case *c, enum lb_role role, uint8_t out[BNS_NAME_MAX])
{
	const uint8_t *label = c->profile->below[role];

	return label && lb_name_append(label, c->branding->host, out);
}

bool lb_needs_below(const struct lb_case *c, enum lb_role role, uint8_t out[BNS_NAME_MAX])
{
	return (c->profile->modes_of[role] & 1u << c->branding->mode) != 0 && lb_below_name(c, role, out);
}

bool lb_is_managed_name(const struct lb *lb, const struct lb_case *c, const uint8_t *name)
{
	return c->branding->mode == LB_MANAGED && name && lb_names_have(lb, &c->region->edge[LB_MANAGED], name);
}

const uint8_t *lb_effective(const struct lb_path *path)
{
	if (path->steps == 0 || (path->end != LB_END_OUTSIDE && path->end != LB_END_ADDRESS))
		return NULL;
	return path->names[path->steps];
}

bool lb_is_listed(const struct lb_branding *b, const uint8_t *name)
{
	for (size_t i = 0; i < b->target_count; i++)
		if (lb_name_equal(b->targets[i], name))
			return true;
	return false;
}

bool lb_is_doubled_target(const struct lb_look *look, const uint8_t *name, bool for_edge)
{
	static const uint8_t root[] = {0};
	uint8_t meant[BNS_NAME_MAX];

	/* `sendgrid.net` without its dot in example.com is sendgrid.net.example.com. */
	if (look->zone->apex[0] == 0 || !lb_name_replace_end(name, look->zone->apex, root, meant) || meant[0] == 0)
		return false;
	if (lb_profile_is_esp(look->lb, look->c->profile, meant))
		return true;
	return for_edge && (lb_is_listed(look->c->branding, meant) ||
			    (look->c->known_target && lb_name_equal(look->c->known_target, meant)));
}

void lb_look_init(struct lb_look *look, const struct lb *lb, const struct lb_case *c, const struct bns_contents *zone)
{
	look->lb = lb;
	look->c = c;
	look->zone = zone;
	if (c->judge_edge)
		lb_resolve(lb, zone, c->branding->host, &look->edge);
	if (c->judge_owner)
		lb_resolve(lb, zone, c->branding->owner, &look->owner);
}

static void ask(const struct lb_look *look, bool standing, struct lb_findings *out)
{
	/* A recognised branding is free until it was routed. */
	if (look->c->branding->learned && !look->c->is_protected)
		return;
	for (size_t i = 0; i < lb_rule_count; i++)
		if (lb_rules[i].judge && ((lb_rules[i].flags & LB_STANDING) != 0) == standing)
			lb_rules[i].judge(look, &lb_rules[i], out);
}

void lb_rules_ask(const struct lb_look *look, struct lb_findings *out)
{
	ask(look, false, out);
}

void lb_rules_ask_standing(const struct lb_look *look, struct lb_findings *out)
{
	ask(look, true, out);
}

static struct lb_finding *findings_add(struct lb_findings *out)
{
	if (out->count == out->capacity) {
		size_t wider = out->capacity ? 2 * out->capacity : 8;
		struct lb_finding *moved = realloc(out->list, wider * sizeof(*moved));
		if (!moved)
			return NULL;
		out->list = moved;
		out->capacity = wider;
	}
	return &out->list[out->count++];
}

static void add_consequence(char *text, size_t cap, const struct lb_look *look, const struct lb_rule *rule)
{
	size_t len = strlen(text);

	if (!rule->consequence)
		return;
	/* LB01's sentence ends in the ESP's certificate. */
	if (rule->judge == lb_rule_reverted)
		snprintf(text + len, cap - len, ": %s %s", rule->consequence, look->c->profile->certificate);
	else
		snprintf(text + len, cap - len, ": %s", rule->consequence);
}

void lb_find(struct lb_findings *out, const struct lb_look *look, const struct lb_rule *rule, enum lb_role role,
	     const uint8_t *owner, const char *rdata, const char *fmt, ...)
{
	char text[4096];
	struct lb_finding *f = findings_add(out);
	va_list args;

	if (!f) {
		out->failed = true;
		return;
	}
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_consequence(text, sizeof(text), look, rule);
	*f = (struct lb_finding){.rule = rule, .role = role, .severity = rule->severity};
	f->type = role == LB_CAA ? BNS_TYPE_CAA : BNS_TYPE_CNAME;
	if (role == LB_DCV || role == LB_HOST_PROOF)
		f->type = look->c->profile->below_type[role];
	f->owner = lb_pool_name(&out->pool, owner);
	f->rdata = lb_pool_text(&out->pool, rdata);
	f->text = lb_pool_text(&out->pool, text);
	if (!f->owner || !f->rdata || !f->text) {
		out->failed = true;
		out->count--;
	}
}

void lb_findings_free(struct lb_findings *f)
{
	lb_pool_free(&f->pool);
	free(f->list);
	*f = (struct lb_findings){0};
}
