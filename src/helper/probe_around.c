/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands around a branding and breaks it from there: HSTS of its ancestors, CAA, the app-link files. */
#include <stdio.h>
#include <string.h>

#include "helper/probe.h"

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
	bns_probe_asking(p, "Strict-Transport-Security of https://%s/", name);
	bns_probe_http(p->settings,
		       &(struct bns_probe_request){
			       .scheme = "https", .connect = name, .addr = &addr, .host = name, .path = "/"},
		       &got);
	if (got.status == 0)
		return;
	if (!covers_subdomains(got.hsts)) {
		bns_probe_good(p, "it demands nothing of %s", p->host);
		return;
	}
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
	const json_t *wanted = json_array_size(p->caa_issuers) > 0 ? p->caa_issuers : p->settings->caa_issuers;
	bns_probe_asking(p, "CAA of %s (behind its CNAMEs), and of the names above", p->host);
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
	bns_probe_asking(p, "GET https://%s%s, here and at %s", p->host, path, p->origin);
	struct bns_probe_request r = {
		.scheme = "https", .connect = p->origin, .addr = origin, .host = p->host, .path = path};
	bns_probe_http(p->settings, &r, &there);
	if (there.status != 200) {
		bns_probe_good(p, "the origin has none");
		return;
	}
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

/* ---- all of it ---- */

void bns_probe_around(struct bns_probe *p)
{
	check_hsts(p);
	check_caa(p);
	check_app_links(p);
}
