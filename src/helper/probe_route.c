/* SPDX-License-Identifier: BSD-3-Clause */
/* Would the branded host work at that target: TLS and HTTP, at every address. */
#include <stdio.h>
#include <string.h>

#include "helper/probe.h"

#define UA_BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#define QUERY      "?upn=u001.brandns-probe"

static const char *text_of(const union bns_addr *addr, char buf[BNS_ADDR_TEXT_MAX])
{
	return bns_addr_to_text(addr, buf);
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
	if (!tls->name_fits)
		bns_probe_bad(p, p->plain ? "LB07" : "LB02", p->plain ? 'H' : 'C',
			      p->plain ? "put a CDN in front, or use the provider's managed mode"
				       : "add the name and its certificate at the CDN",
			      "the certificate at %s is for %s, not for %s", where, tls->subject, p->host);
	if (!tls->chain_holds)
		bns_probe_bad(p, "LB04", 'H', "serve the intermediate certificates along",
			      "the certificate chain as %s serves it doesn't verify: %s", where, tls->chain_why);
	judge_dates(p, tls, where);
}

static bool probe_tls_at(struct bns_probe *p, const union bns_addr *addr)
{
	char where[BNS_ADDR_TEXT_MAX];
	struct bns_probe_tls tls;
	bool was_bad = p->bad;
	text_of(addr, where);
	bns_probe_tls(p->settings, addr, p->host, &tls);
	if (!tls.connected) {
		bns_probe_bad(p, "LB05", 'C', "mend the CDN or the balancer: every address must answer https",
			      "https at %s with the name %s: %s", where, p->host, tls.why);
		p->tls_bad = true;
		return false;
	}
	p->bad = false;
	judge_certificate(p, &tls, where);
	if (!p->bad)
		bns_probe_good(p, "https at %s with the name %s: %s, certificate for %s by %s, until %s", where,
			       p->host, tls.version, tls.subject, tls.issuer, tls.not_after);
	p->tls_bad = p->tls_bad || p->bad;
	p->bad = p->bad || was_bad;
	return true;
}

/* ---- HTTP: the CDN beside the origin ---- */

struct sides {
	struct bns_probe_http cdn, origin, origin_again, other;
	union bns_addr cdn_addr, origin_addr;
	char where[BNS_ADDR_TEXT_MAX];
};

static bool same_answer(const struct bns_probe_http *a, const struct bns_probe_http *b)
{
	return a->status == b->status && strcmp(a->location, b->location) == 0;
}

static void ask_origin(const struct bns_probe *p, const struct sides *s, const char *host, const char *path,
		       struct bns_probe_http *out)
{
	bns_probe_http(
		p->settings,
		&(struct bns_probe_request){
			.scheme = "https", .connect = p->origin, .addr = &s->origin_addr, .host = host, .path = path},
		out);
}

static void ask_cdn(const struct bns_probe *p, const struct sides *s, const char *path, const char *user_agent,
		    struct bns_probe_http *out)
{
	bns_probe_http(p->settings,
		       &(struct bns_probe_request){.scheme = "https",
						   .connect = p->host,
						   .addr = &s->cdn_addr,
						   .host = p->host,
						   .path = path,
						   .user_agent = user_agent},
		       out);
}

static void say_answer(const struct bns_probe_http *a, char *out, size_t cap)
{
	if (a->status == 0)
		snprintf(out, cap, "nothing (%s)", a->why);
	else
		snprintf(out, cap, "status %ld%s%.200s", a->status, a->location[0] ? " to " : "", a->location);
}

/* They differ: in which of the known ways? */
static void judge_difference(struct bns_probe *p, struct sides *s, const char *path)
{
	char cdn[300], origin[300];
	say_answer(&s->cdn, cdn, sizeof(cdn));
	say_answer(&s->origin, origin, sizeof(origin));
	if (s->cdn.status == 403 && s->origin.status != 403) {
		bns_probe_bad(p, "LB11", 'C', "make an exception for the branded host in the web application firewall",
			      "%s answers a tracked link with 403, the origin with %s", s->where, origin);
		return;
	}
	if (s->cdn.status >= 500 && s->origin.status < 500) {
		bns_probe_bad(p, "LB13", 'C', "point the CDN's origin at the provider's name, not at the branded host",
			      "%s answers a tracked link with %s, the origin with %s: it can't reach its origin, or "
			      "reaches itself",
			      s->where, cdn, origin);
		return;
	}
	ask_origin(p, s, p->host, p->settings->path, &s->other);
	if (same_answer(&s->cdn, &s->other) && !same_answer(&s->origin, &s->other)) {
		bns_probe_bad(p, "LB10", 'C', "forward the query string",
			      "%s answers %s with %s, as the origin does without the query; with it the origin says %s",
			      s->where, path, cdn, origin);
		return;
	}
	bns_probe_bad(p, "LB09", 'C', "forward the Host header as it came",
		      "%s answers %s with %s, the origin asked with Host %s says %s", s->where, path, cdn, p->host,
		      origin);
}

/* Bodies count where the origin's own stays the same. */
static bool bodies_differ(struct bns_probe *p, struct sides *s, const char *path)
{
	if (s->cdn.digest == s->origin.digest)
		return false;
	ask_origin(p, s, p->host, path, &s->origin_again);
	return s->origin.digest == s->origin_again.digest;
}

static void judge_caching(struct bns_probe *p, struct sides *s, const char *path)
{
	ask_cdn(p, s, path, NULL, &s->other);
	if ((s->other.age[0] && strcmp(s->other.age, "0") != 0) || strncasecmp(s->other.cache, "hit", 3) == 0)
		bns_probe_bad(p, "LB12", 'M', "turn caching off for the branded host",
			      "%s answers a tracked link from its cache (Age: %s, X-Cache: %s): clicks go uncounted",
			      s->where, s->other.age, s->other.cache);
}

static void compare_with_origin(struct bns_probe *p, struct sides *s)
{
	char path[512], cdn[300];
	snprintf(path, sizeof(path), "%s" QUERY, p->settings->path);
	ask_cdn(p, s, path, UA_BROWSER, &s->cdn);
	ask_origin(p, s, p->host, path, &s->origin);
	if (s->origin.status == 0) {
		bns_probe_good(p, "the origin %s can't be asked (%s): its answers weren't compared", p->origin,
			       s->origin.why);
		return;
	}
	if (!same_answer(&s->cdn, &s->origin) || bodies_differ(p, s, path)) {
		judge_difference(p, s, path);
		return;
	}
	say_answer(&s->cdn, cdn, sizeof(cdn));
	bns_probe_good(p, "a tracked link at %s: %s, as at %s", s->where, cdn, p->origin);
	judge_caching(p, s, path);
}

static void probe_http_at(struct bns_probe *p, const union bns_addr *addr, const struct bns_probe_addrs *origin)
{
	struct sides s = {.cdn_addr = *addr};
	text_of(addr, s.where);
	if (origin->count == 0)
		return;
	s.origin_addr = bns_probe_at_port(&origin->list[0], p->settings->https_port);
	compare_with_origin(p, &s);
}

/* ---- port 80: links in mail that is out already ---- */

static void probe_plain_http_at(struct bns_probe *p, const union bns_addr *addr)
{
	char where[BNS_ADDR_TEXT_MAX];
	struct bns_probe_http got;
	text_of(addr, where);
	bns_probe_http(
		p->settings,
		&(struct bns_probe_request){
			.scheme = "http", .connect = p->host, .addr = addr, .host = p->host, .path = p->settings->path},
		&got);
	if (got.status == 0)
		bns_probe_bad(p, "LB06", 'H', "keep port 80 open, with a redirection to https if you like",
			      "http at %s: %s; http links in mail already sent die", where, got.why);
	else
		bns_probe_good(p, "http at %s: status %ld", where, got.status);
}

/* ---- all of it ---- */

static bool resolve(struct bns_probe *p, const char *target, struct bns_probe_addrs *out)
{
	switch (bns_probe_addresses(p->settings, target, out)) {
	case BNS_PROBE_DNS_OK:
		bns_probe_good(p, "%s resolves to %s with %zu addresses", target, out->name, out->count);
		return true;
	case BNS_PROBE_DNS_NXDOMAIN:
	case BNS_PROBE_DNS_NODATA:
		bns_probe_bad(p, "LB24", 'C',
			      "restore the target or remove the record: whoever registers it takes over",
			      "the target %s leads nowhere: %s", target, out->why);
		return false;
	case BNS_PROBE_DNS_FAILED:
		break;
	}
	bns_probe_bad(p, "LB25", 'C', "ask by hand, and mend what its name servers answer",
		      "the target %s can't be resolved: %s", target, out->why);
	return false;
}

void bns_probe_route(struct bns_probe *p)
{
	struct bns_probe_addrs target, origin = {0};
	if (!resolve(p, p->target ? p->target : p->host, &target))
		return;
	if (p->origin)
		bns_probe_addresses(p->settings, p->origin, &origin);
	if (p->origin && origin.count == 0)
		bns_probe_good(p, "the origin %s can't be resolved (%s): its answers weren't compared", p->origin,
			       origin.why);
	for (size_t i = 0; i < target.count; i++) {
		union bns_addr https = bns_probe_at_port(&target.list[i], p->settings->https_port);
		union bns_addr http = bns_probe_at_port(&target.list[i], p->settings->http_port);
		if (probe_tls_at(p, &https))
			probe_http_at(p, &https, &origin);
		probe_plain_http_at(p, &http);
	}
}

/* ---- one link ---- */

void bns_probe_link(struct bns_probe *p, const char *path)
{
	struct bns_probe_addrs addrs;
	struct bns_probe_http http, https;
	char a[300], b[300];
	if (!resolve(p, p->host, &addrs))
		return;
	union bns_addr tls_addr = bns_probe_at_port(&addrs.list[0], p->settings->https_port);
	union bns_addr plain_addr = bns_probe_at_port(&addrs.list[0], p->settings->http_port);
	struct bns_probe_request r = {.scheme = "http", .connect = p->host, .addr = &plain_addr, .host = p->host};
	r.path = path;
	r.user_agent = UA_BROWSER;
	bns_probe_http(p->settings, &r, &http);
	say_answer(&http, a, sizeof(a));
	bns_probe_good(p, "as http: %s", a);
	if (!probe_tls_at(p, &tls_addr))
		return;
	r.scheme = "https";
	r.addr = &tls_addr;
	bns_probe_http(p->settings, &r, &https);
	say_answer(&https, b, sizeof(b));
	if (https.status == 0 || https.status >= 400)
		bns_probe_bad(p, "LB09", 'C', "see `branding check` for the step that fails", "as https: %s", b);
	else
		bns_probe_good(p, "as https: %s", b);
}
