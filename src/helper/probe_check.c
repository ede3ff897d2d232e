/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that can be seen of a branding from outside, in the order in which it is set up. */
#include <stdio.h>
#include <string.h>

#include "helper/probe.h"
#include "wire/rrtype.h"

/* ---- DNS: what the zone's name servers say, and what recipients see ---- */

/* A name of the ESP's, or below it. */
static bool is_of(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);
	return n >= d && strcasecmp(name + n - d, domain) == 0 && (n == d || name[n - d - 1] == '.');
}

static bool mentions(const struct bns_probe_answer *a, const char *domain)
{
	char names[sizeof(a->all)], *rest = names;
	snprintf(names, sizeof(names), "%s", a->all);
	for (char *name; (name = strsep(&rest, " ")) != NULL;)
		if (is_of(name, domain))
			return true;
	return false;
}

/* The first test of every set-up guide: `dig cname HOST`. */
static void judge_cname(struct bns_probe *p, const struct bns_probe_answer *a, const char *who)
{
	if (a->why[0]) {
		bns_probe_bad(p, "LB30", 'C', "mend the name server, or take it out of the delegation", "%s: %s", who,
			      a->why);
		return;
	}
	if (!a->cname[0]) {
		bns_probe_bad(p, "LB18", 'H', "publish a plain CNAME, not addresses in its place",
			      "%s has no CNAME at %s", who, p->host);
		return;
	}
	if (!p->http_only && p->origin && mentions(a, p->origin)) {
		bns_probe_bad(p, "LB01", 'C', "restore the CDN's target",
			      "%s answers %s CNAME %s: %s is in the answer, so https links show the provider's "
			      "certificate",
			      who, p->host, a->cname, p->origin);
		return;
	}
	if (p->target && strcasecmp(a->cname, p->target) != 0) {
		bns_probe_bad(p, "LB39", 'C', "put that name server behind the gate, or take it out of the delegation",
			      "%s answers %s CNAME %s, not %s", who, p->host, a->cname, p->target);
		return;
	}
	bns_probe_good(p, "%s: %s CNAME %s", who, p->host, a->cname);
}

static void say_server(const char *name, const union bns_addr *addr, char *out, size_t cap)
{
	char where[BNS_ADDR_TEXT_MAX];
	bns_addr_to_text(addr, where);
	snprintf(out, cap, "%s (%.*s)", name, (int)strcspn(where, "@"), where);
}

static void ask_server(struct bns_probe *p, const char *name, const union bns_addr *addr, uint32_t *serial)
{
	char who[BNS_PROBE_NAME_MAX + BNS_ADDR_TEXT_MAX];
	struct bns_probe_answer cname, soa;
	say_server(name, addr, who, sizeof(who));
	bns_probe_ask(p->settings, addr, p->host, BNS_TYPE_CNAME, false, &cname);
	if (!cname.why[0] && !cname.aa) {
		bns_probe_bad(p, "LB30", 'C', "mend the delegation: each name server must be authoritative",
			      "%s is delegated to, and doesn't answer for %s with authority", who, p->zone);
		return;
	}
	judge_cname(p, &cname, who);
	bns_probe_ask(p->settings, addr, p->zone, BNS_TYPE_SOA, false, &soa);
	if (soa.why[0] || soa.serial == 0)
		return;
	if (*serial != 0 && soa.serial != *serial)
		bns_probe_bad(p, "LB26", 'H', "see to transfers, NOTIFY and TSIG", "%s has serial %u, another one %u",
			      who, (unsigned)soa.serial, (unsigned)*serial);
	*serial = soa.serial;
}

static bool lists(const struct bns_probe_servers *servers, const char *name)
{
	for (size_t i = 0; i < servers->count; i++)
		if (strcasecmp(servers->list[i].name, name) == 0)
			return true;
	return false;
}

static void compare_delegation(struct bns_probe *p, const struct bns_probe_servers *child)
{
	struct bns_probe_servers parent;
	bool same = bns_probe_delegation(p->settings, p->zone, &parent) && parent.count == child->count;
	if (parent.count == 0) {
		bns_probe_good(p, "the delegation of %s can't be asked for", p->zone);
		return;
	}
	for (size_t i = 0; i < parent.count; i++)
		same = same && lists(child, parent.list[i].name);
	if (same)
		bns_probe_good(p, "%s is delegated to the %zu name servers it names itself", p->zone, child->count);
	else
		bns_probe_bad(p, "LB30", 'C', "make the parent's and the zone's own NS records the same",
			      "%s is delegated to %zu name servers, and names %zu of its own: they differ", p->zone,
			      parent.count, child->count);
}

static void check_servers(struct bns_probe *p)
{
	struct bns_probe_servers servers;
	uint32_t serial = 0;
	if (!p->zone)
		return;
	if (!bns_probe_servers_of(p->settings, p->zone, &servers)) {
		bns_probe_bad(p, "LB30", 'C', "mend the delegation", "the resolver finds no name servers of %s",
			      p->zone);
		return;
	}
	compare_delegation(p, &servers);
	for (size_t i = 0; i < servers.count; i++) {
		const struct bns_probe_addrs *addrs = &servers.list[i].addrs;
		if (addrs->count == 0)
			bns_probe_bad(p, "LB30", 'C', "mend the name server's address records", "%s: %s",
				      servers.list[i].name, addrs->why);
		for (size_t j = 0; j < addrs->count; j++)
			ask_server(p, servers.list[i].name, &addrs->list[j], &serial);
	}
}

static void check_resolver(struct bns_probe *p)
{
	struct bns_probe_answer seen, unchecked;
	bns_probe_ask(p->settings, NULL, p->host, BNS_TYPE_CNAME, false, &seen);
	if (!seen.why[0] && seen.rcode == 2) { /* SERVFAIL */
		bns_probe_ask(p->settings, NULL, p->host, BNS_TYPE_CNAME, true, &unchecked);
		if (!unchecked.why[0] && unchecked.rcode == 0) {
			bns_probe_bad(p, "LB28", 'C', "sign the zone anew, and mend the DS records at the parent",
				      "the resolver answers only where it doesn't validate: DNSSEC of %s is broken",
				      p->host);
			return;
		}
	}
	judge_cname(p, &seen, "the resolver, as recipients have it");
}

/* ---- HSTS of every ancestor ---- */

static bool covers_subdomains(const char *hsts)
{
	return strcasestr(hsts, "includesubdomains") && !strcasestr(hsts, "max-age=0");
}

static void check_hsts_at(struct bns_probe *p, const char *name)
{
	struct bns_probe_addrs addrs;
	struct bns_probe_http got;
	if (bns_probe_addresses(p->settings, name, &addrs) != BNS_PROBE_DNS_OK)
		return;
	union bns_addr addr = bns_probe_at_port(&addrs.list[0], p->settings->https_port);
	bns_probe_http(p->settings,
		       &(struct bns_probe_request){
			       .scheme = "https", .connect = name, .addr = &addr, .host = name, .path = "/"},
		       &got);
	if (!covers_subdomains(got.hsts))
		return;
	if (p->tls_bad)
		bns_probe_bad(
			p, "LB08", 'C', "make TLS of the branded host valid first; taking HSTS back is the weaker way",
			"https://%s/ says \"%s\": browsers refuse even http links of %s", name, got.hsts, p->host);
	else
		bns_probe_good(p, "https://%s/ demands https of all names below, and %s has it", name, p->host);
}

static void check_hsts(struct bns_probe *p)
{
	const char *name = strchr(p->host, '.');
	/* A top-level domain is nobody's. */
	for (; name && strchr(name + 1, '.'); name = strchr(name + 1, '.'))
		check_hsts_at(p, name + 1);
}

/* ---- CAA ---- */

static bool may_issue(const struct bns_probe_caa *caa, const json_t *wanted)
{
	size_t i;
	json_t *issuer;
	char names[sizeof(caa->issuers)];
	json_array_foreach (wanted, i, issuer) {
		char *rest = names;
		snprintf(names, sizeof(names), "%s", caa->issuers);
		for (char *name; (name = strsep(&rest, " ")) != NULL;)
			if (strcasecmp(name, json_string_value(issuer)) == 0)
				return true;
	}
	return false;
}

static void check_caa(struct bns_probe *p)
{
	struct bns_probe_caa caa;
	const json_t *wanted = p->settings->caa_issuers;
	if (!bns_probe_caa_of(p->settings, p->host, &caa)) {
		bns_probe_good(p, "no CAA record limits who may issue for %s", p->host);
		return;
	}
	bool nobody = caa.issuers[0] == '\0';
	if (nobody || (json_array_size(wanted) > 0 && !may_issue(&caa, wanted)))
		bns_probe_bad(p, "LB14", 'H', "add the CDN's issuer to the CAA records there",
			      "the CAA records at %s decide for %s and allow %s", caa.at, p->host,
			      nobody ? "nobody" : caa.issuers);
	else
		bns_probe_good(p, "the CAA records at %s allow %s", caa.at, caa.issuers);
}

/* ---- app links ---- */

static void check_app_link(struct bns_probe *p, const char *path, const union bns_addr *cdn,
			   const union bns_addr *origin)
{
	struct bns_probe_http there, here;
	struct bns_probe_request r = {
		.scheme = "https", .connect = p->origin, .addr = origin, .host = p->host, .path = path};
	bns_probe_http(p->settings, &r, &there);
	if (there.status != 200)
		return;
	r.connect = p->host;
	r.addr = cdn;
	bns_probe_http(p->settings, &r, &here);
	if (here.status != 200 || here.digest != there.digest)
		bns_probe_bad(p, "LB35", 'M', "route the path at the CDN",
			      "https://%s%s: status %ld, at the origin %ld", p->host, path, here.status, there.status);
	else
		bns_probe_good(p, "https://%s%s is the origin's", p->host, path);
}

static void check_app_links(struct bns_probe *p)
{
	struct bns_probe_addrs cdn, origin;
	if (!p->origin || bns_probe_addresses(p->settings, p->target ? p->target : p->host, &cdn) != BNS_PROBE_DNS_OK ||
	    bns_probe_addresses(p->settings, p->origin, &origin) != BNS_PROBE_DNS_OK)
		return;
	union bns_addr here = bns_probe_at_port(&cdn.list[0], p->settings->https_port);
	union bns_addr there = bns_probe_at_port(&origin.list[0], p->settings->https_port);
	check_app_link(p, "/.well-known/apple-app-site-association", &here, &there);
	check_app_link(p, "/.well-known/assetlinks.json", &here, &there);
}

void bns_probe_check(struct bns_probe *p)
{
	check_servers(p);
	check_resolver(p);
	bns_probe_route(p);
	check_hsts(p);
	check_caa(p);
	check_app_links(p);
}
