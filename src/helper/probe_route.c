/* SPDX-License-Identifier: BSD-3-Clause */
/* Would the branded host work at that target: TLS and HTTP, at every address. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "helper/probe.h"

char *bns_probe_addr_text(const union bns_addr *addr, char out[BNS_ADDR_TEXT_MAX])
{
	bns_addr_to_text(addr, out);
	*strchrnul(out, '@') = '\0';
	return out;
}

union bns_addr bns_probe_at_port(const union bns_addr *addr, uint16_t port)
{
	union bns_addr with = *addr;
	if (with.sa.sa_family == AF_INET6)
		with.in6.sin6_port = htons(port);
	else
		with.in4.sin_port = htons(port);
	return with;
}

/* ---- TLS ---- */

static void judge_dates(struct bns_probe *p, const struct bns_probe_tls *tls, const char *where)
{
	const struct bns_probe_settings *s = p->settings;
	if (tls->days_left < 0)
		bns_probe_bad(p, "LB03", 'C', "renew it, and mend the renewal (see LB14, LB15)",
			      "the certificate at %s ended on %s", where, tls->not_after);
	else if (tls->days_left < (int)s->alarm_days)
		bns_probe_bad(p, "LB03", 'H', "mend the renewal (see LB14, LB15)",
			      "the certificate at %s ends in %d days, on %s", where, tls->days_left, tls->not_after);
	else if (tls->days_left < (int)s->warn_days)
		bns_probe_bad(p, "LB03", 'M', "look after the renewal (see LB14, LB15)",
			      "the certificate at %s ends in %d days, on %s", where, tls->days_left, tls->not_after);
}

static void judge_certificate(struct bns_probe *p, const struct bns_probe_tls *tls, const char *where)
{
	if (!tls->name_fits && p->http_only)
		bns_probe_bad(p, "LB07", 'H', "put a CDN in front, or use the provider's managed mode",
			      "links of %s can only be http: the certificate at %s is for %s", p->host, where,
			      tls->names);
	else if (!tls->name_fits)
		bns_probe_bad(p, "LB02", 'C', "add the name and its certificate at the CDN",
			      "the certificate at %s is for %s, not for %s", where, tls->names, p->host);
	if (!tls->chain_holds)
		bns_probe_bad(p, "LB04", 'H', "serve the intermediate certificates along",
			      "the certificate chain as %s serves it doesn't verify: %s", where, tls->chain_why);
	judge_dates(p, tls, where);
}

static json_t *tls_facts(const struct bns_probe_tls *tls)
{
	if (!tls->connected)
		return json_pack("{s:o}", "error", bns_probe_text(tls->why));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o}", "version", bns_probe_text(tls->version),
			 "subject", bns_probe_text(tls->subject), "names", bns_probe_text(tls->names), "issuer",
			 bns_probe_text(tls->issuer), "not_before", bns_probe_text(tls->not_before), "not_after",
			 bns_probe_text(tls->not_after), "name_fits", (int)tls->name_fits, "chain_verifies",
			 (int)tls->chain_holds, "chain", bns_probe_text(tls->chain_why));
}

enum bns_probe_reach bns_probe_handshake(struct bns_probe *p, const union bns_addr *addr)
{
	char where[BNS_ADDR_TEXT_MAX];
	struct bns_probe_tls tls;
	bool was_bad = p->bad;
	bns_addr_to_text(addr, where);
	bns_probe_asking(p, "TLS to %s with the name %s", where, p->host);
	bns_probe_tls(p->settings, addr, p->host, &tls);
	bns_probe_fact(p, "tls", tls_facts(&tls));
	if (tls.no_route) {
		bns_probe_good(p, "this machine has no route there (%s): it wasn't looked at", tls.why);
		return BNS_PROBE_UNSEEN;
	}
	p->reached = true;
	if (!tls.connected) {
		bns_probe_bad(p, "LB05", 'C', "mend the CDN or the balancer: every address must answer https",
			      "https at %s with the name %s: %s", where, p->host, tls.why);
		p->tls_bad = true;
		return BNS_PROBE_DEAD;
	}
	p->bad = false;
	judge_certificate(p, &tls, where);
	if (!p->bad)
		bns_probe_good(p, "https at %s: %s, certificate for %s by %s, from %s until %s", where, tls.version,
			       tls.names, tls.issuer, tls.not_before, tls.not_after);
	p->tls_bad = p->tls_bad || p->bad;
	p->bad = p->bad || was_bad;
	return BNS_PROBE_UP;
}

/* ---- port 80: links in mail that is out already ---- */

static void probe_plain_http(struct bns_probe *p, const union bns_addr *addr)
{
	char where[BNS_ADDR_TEXT_MAX], said[BNS_PROBE_SAID_MAX], path[BNS_PROBE_TEXT_MAX];
	struct bns_probe_request r = {
		.scheme = "http", .connect = p->host, .addr = addr, .host = p->host, .path = path};
	struct bns_probe_http got;
	bns_addr_to_text(addr, where);
	snprintf(path, sizeof(path), "%s" BNS_PROBE_QUERY, p->settings->path);
	bns_probe_asking(p, "GET http://%s%s at %s", p->host, path, where);
	bns_probe_http(p->settings, &r, &got);
	bns_probe_fact(p, "http", bns_probe_http_facts(&got));
	if (got.status == 0)
		bns_probe_bad(p, "LB06", 'H', "keep port 80 open, with a redirection to https if you like",
			      "http at %s: %s; http links in mail already sent die", where, got.why);
	else
		bns_probe_good(p, "http at %s: %s", where, bns_probe_say(&got, said));
}

/* ---- where the target is ---- */

/* The CNAMEs from `name` on, for reports; the host is told first. */
static void keep_chain(struct bns_probe *p, const char *name, const struct bns_probe_addrs *got)
{
	char way[sizeof(got->way)], *rest = way;
	if (strcasecmp(name, p->host) != 0)
		json_array_append_new(p->chain, bns_probe_text(p->host));
	snprintf(way, sizeof(way), "%s", got->way);
	for (char *alias; (alias = strsep(&rest, " ")) != NULL;)
		if (alias[0])
			json_array_append_new(p->chain, bns_probe_text(alias));
	json_array_append_new(p->chain, bns_probe_text(got->name));
}

static void say_addresses(const struct bns_probe_addrs *got, char *out, size_t cap)
{
	char text[BNS_ADDR_TEXT_MAX];
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < got->count && used < cap; i++)
		used += (size_t)snprintf(out + used, cap - used, "%s%s", i ? ", " : "",
					 bns_probe_addr_text(&got->list[i], text));
}

/* Is the branded host among the names that another target leads to? */
static bool comes_back(const struct bns_probe *p, const char *name, const struct bns_probe_addrs *got)
{
	char way[sizeof(got->way)], *rest = way, meets[BNS_PROBE_NAME_MAX];
	if (strcasecmp(name, p->host) == 0)
		return false;
	snprintf(way, sizeof(way), "%s", got->way);
	for (char *alias; (alias = strsep(&rest, " ")) != NULL;)
		if (strcasecmp(alias, p->host) == 0)
			return true;
	return got->count == 0 && strcasecmp(got->name, p->host) != 0 && bns_probe_chase(p->settings, p->host, meets) &&
	       strcasecmp(meets, p->host) == 0;
}

bool bns_probe_resolve(struct bns_probe *p, const char *name, struct bns_probe_addrs *out)
{
	char addresses[BNS_PROBE_TEXT_MAX / 2], meets[BNS_PROBE_NAME_MAX];
	bns_probe_asking(p, "A and AAAA of %s, through the resolver", name);
	enum bns_probe_dns got = bns_probe_addresses(p->settings, name, out);
	keep_chain(p, name, out);
	if (comes_back(p, name, out)) {
		bns_probe_bad(p, "LB13", 'C', "point the CDN's origin at the provider's name, not at the branded host",
			      "the target %s leads back to %s", name, p->host);
		return false;
	}
	if (got == BNS_PROBE_DNS_OK) {
		say_addresses(out, addresses, sizeof(addresses));
		bns_probe_good(p, "%s is at %s%s%s", name, addresses, strcmp(name, out->name) != 0 ? ", as " : "",
			       strcmp(name, out->name) != 0 ? out->name : "");
		return true;
	}
	if (got == BNS_PROBE_DNS_FAILED && bns_probe_chase(p->settings, name, meets))
		bns_probe_bad(p, "LB25", 'C', "end the chain of CNAMEs at the CDN",
			      "the CNAMEs from %s go round: they meet %s again", name, meets);
	else if (got == BNS_PROBE_DNS_FAILED)
		bns_probe_bad(p, "LB25", 'C', "end the chain of CNAMEs at the CDN; mend what its name servers answer",
			      "the target %s can't be resolved: %s", name, out->why);
	else
		bns_probe_bad(p, "LB24", 'C',
			      "restore the target or remove the record: whoever registers it takes over",
			      "the target %s leads nowhere: %s", name, out->why);
	return false;
}

/* ---- all of it ---- */

bool bns_probe_is_over(const struct bns_probe *p)
{
	return p->until_ms != 0 && bns_clock_mono_ms() >= p->until_ms;
}

static bool is_late(struct bns_probe *p, const union bns_addr *addr)
{
	char where[BNS_ADDR_TEXT_MAX];
	if (!bns_probe_is_over(p))
		return false;
	bns_probe_asking(p, "TLS to %s", bns_probe_addr_text(addr, where));
	bns_probe_bad(p, "LB05", 'C', "see which of the target's addresses answer slowly or not at all",
		      "the time for a probe was over before %s could be looked at", where);
	return true;
}

void bns_probe_route(struct bns_probe *p)
{
	struct bns_probe_addrs target, origin = {0};
	bool with_agents = true; /* once is enough */
	if (!bns_probe_resolve(p, p->target ? p->target : p->host, &target))
		return;
	if (p->origin)
		bns_probe_addresses(p->settings, p->origin, &origin);
	for (size_t i = 0; i < target.count && !is_late(p, &target.list[i]); i++) {
		union bns_addr https = bns_probe_at_port(&target.list[i], p->settings->https_port);
		union bns_addr http = bns_probe_at_port(&target.list[i], p->settings->http_port);
		bns_probe_at(p, &target.list[i]);
		enum bns_probe_reach reach = bns_probe_handshake(p, &https);
		if (reach == BNS_PROBE_UP) {
			bns_probe_compare(p, &https, &origin, with_agents);
			with_agents = false;
		}
		if (reach != BNS_PROBE_UNSEEN)
			probe_plain_http(p, &http);
	}
	p->seen = NULL;
	if (!p->reached)
		bns_probe_bad(p, "LB05", 'C', "probe from a machine that has a route to the target",
			      "no address of %s could be looked at from here", target.name);
}
