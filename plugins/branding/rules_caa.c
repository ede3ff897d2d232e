/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * May the certificate of the branded host be issued at all? CAA as RFC 8659 §3
 * has it: the set at the host, following its CNAMEs, else at the next name
 * above; the first that isn't empty decides. What others serve isn't seen here.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "rules.h"

/* The deciding set. */
struct caa_set {
	const struct bns_record *first; /* NULL: none that we serve */
	size_t count;
	uint8_t at[BNS_NAME_MAX];
};

static void find_set(const struct lb_look *look, const uint8_t *host, struct caa_set *set)
{
	struct lb_path path;

	set->first = NULL;
	set->count = 0;
	for (const uint8_t *name = host; name[0]; name = lb_name_parent(name)) {
		/* Above the zones that are served here nothing is known. */
		if (!lb_zone_of(look->lb, look->zone, name))
			return;
		lb_resolve(look->lb, look->zone, name, &path);
		for (size_t i = 0; i < path.last_count; i++)
			if (path.last[i].type == BNS_TYPE_CAA && set->count++ == 0)
				set->first = &path.last[i];
		if (set->first) {
			memcpy(set->at, path.names[path.steps], lb_name_len(path.names[path.steps]));
			return;
		}
	}
}

/* The issuer's domain of an `issue` property, without parameters; false: another property. */
static bool issuer_of(const struct bns_record *caa, char out[256])
{
	const uint8_t *rdata = caa->rdata;
	size_t tag = caa->rdlen > 2 ? rdata[1] : 0, len = 0;

	out[0] = '\0';
	if (tag != 5 || caa->rdlen < 2u + tag || strncasecmp((const char *)rdata + 2, "issue", 5) != 0)
		return false;
	for (size_t i = 2 + tag; i < caa->rdlen && rdata[i] != ';' && len < 255; i++)
		if (rdata[i] != ' ' && rdata[i] != '\t')
			out[len++] = (char)rdata[i];
	out[len] = '\0';
	return true;
}

static bool is_wanted(const char *const *wanted, const char *issuer)
{
	for (; *wanted; wanted++)
		if (strcasecmp(*wanted, issuer) == 0)
			return true;
	return false;
}

/* Does the set let one of `wanted` issue? NULL: anybody. Fills `allowed` with those it names. */
static bool lets_issue(const struct caa_set *set, const char *const *wanted, char *allowed, size_t cap)
{
	bool restricts = false, lets = false;
	char issuer[256];
	size_t len = 0;

	allowed[0] = '\0';
	for (size_t i = 0; i < set->count; i++) {
		if (!issuer_of(&set->first[i], issuer))
			continue;
		restricts = true;
		lets |= issuer[0] && (!wanted || is_wanted(wanted, issuer));
		if (issuer[0] && len < cap)
			len += (size_t)snprintf(allowed + len, cap - len, "%s%s", len ? ", " : "", issuer);
	}
	return lets || !restricts;
}

const char *const *lb_caa_issuers(const struct lb_case *c)
{
	if (c->branding->issuers)
		return c->branding->issuers;
	if (c->branding->account->issuers)
		return c->branding->account->issuers;
	return (c->profile->modes_of[LB_CAA] & 1u << c->branding->mode) ? c->profile->issuers : NULL;
}

void lb_rule_caa(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_case *c = look->c;
	const char *const *wanted = lb_caa_issuers(c);
	char host[BNS_NAME_TEXT_MAX], at[BNS_NAME_TEXT_MAX], allowed[1024], rdata[BNS_NAME_TEXT_MAX + 1024];
	struct caa_set set;

	/* Until it is routed, nobody needs a certificate for it. */
	if (!c->judge_edge || c->branding->mode == LB_PLAIN || c->branding->learned || look->edge.steps == 0)
		return;
	find_set(look, c->branding->host, &set);
	if (!set.first || lets_issue(&set, wanted, allowed, sizeof(allowed)))
		return;
	snprintf(rdata, sizeof(rdata), "%s %s", lb_name_text(look->lb, set.at, at), allowed);
	lb_find(out, look, rule, LB_CAA, set.at, rdata, "the CAA records of %s let %s issue, and %s needs %s",
		lb_name_words(look->lb, set.at, at), allowed[0] ? allowed : "nobody",
		lb_name_words(look->lb, c->branding->host, host), wanted ? wanted[0] : "a certificate");
}
