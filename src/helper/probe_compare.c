/* SPDX-License-Identifier: BSD-3-Clause */
/* A tracked link at the CDN beside the same one at the ESP's origin, and who else may ask for it. */
#include <stdio.h>
#include <string.h>

#include "helper/probe.h"

/* Who follows links in mail: browsers, mail clients, and what scans mail for them. */
static const struct {
	const char *name, *user_agent;
} agents[] = {
	{"Firefox", BNS_PROBE_BROWSER},
	{"Chrome", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
		   "Chrome/126.0.0.0 Safari/537.36"},
	{"Safari", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
		   "Version/17.5 Mobile/15E148 Safari/604.1"},
	{"Apple Mail", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"},
	{"Outlook", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17628; Pro)"},
	{"Gmail's proxy", "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"},
	{"Barracuda's link scanner", "Barracuda Sentinel (EE)"},
};

#define AGENTS (sizeof(agents) / sizeof(agents[0]))

struct sides {
	struct bns_probe_http cdn, origin, other;
	union bns_addr cdn_addr, origin_addr;
	char where[BNS_ADDR_TEXT_MAX];
	char path[512]; /* with its query */
};

char *bns_probe_say(const struct bns_probe_http *a, char out[BNS_PROBE_SAID_MAX])
{
	if (a->status == 0)
		snprintf(out, BNS_PROBE_SAID_MAX, "nothing (%s)", a->why);
	else
		snprintf(out, BNS_PROBE_SAID_MAX, "status %ld%s%.200s", a->status, a->location[0] ? " to " : "",
			 a->location);
	return out;
}

json_t *bns_probe_http_facts(const struct bns_probe_http *a)
{
	if (a->status == 0)
		return json_pack("{s:o}", "error", bns_probe_text(a->why));
	return json_pack("{s:I, s:o}", "status", (json_int_t)a->status, "location", bns_probe_text(a->location));
}

static bool same_answer(const struct bns_probe_http *a, const struct bns_probe_http *b)
{
	return a->status == b->status && strcmp(a->location, b->location) == 0;
}

/* Host as the branded host's, so that what the origin makes of it can be compared. */
static void ask_origin(const struct bns_probe *p, const struct sides *s, const char *path, const char *user_agent,
		       struct bns_probe_http *out)
{
	bns_probe_http(p->settings,
		       &(struct bns_probe_request){.scheme = "https",
						   .connect = p->origin,
						   .addr = &s->origin_addr,
						   .host = p->host,
						   .path = path,
						   .user_agent = user_agent},
		       out);
}

static void ask_cdn(const struct bns_probe *p, const struct sides *s, const char *user_agent,
		    struct bns_probe_http *out)
{
	bns_probe_http(p->settings,
		       &(struct bns_probe_request){.scheme = "https",
						   .connect = p->host,
						   .addr = &s->cdn_addr,
						   .host = p->host,
						   .path = s->path,
						   .user_agent = user_agent},
		       out);
}

/* They differ: in which of the known ways? */
static void judge_difference(struct bns_probe *p, struct sides *s)
{
	char cdn[BNS_PROBE_SAID_MAX], origin[BNS_PROBE_SAID_MAX];
	bns_probe_say(&s->cdn, cdn);
	bns_probe_say(&s->origin, origin);
	if (s->cdn.status >= 500 && s->origin.status < 500) {
		bns_probe_bad(p, "LB13", 'C', "point the CDN's origin at the provider's name, not at the branded host",
			      "%s answers a tracked link with %s, the origin with %s: it can't reach its origin, or "
			      "reaches itself",
			      s->where, cdn, origin);
		return;
	}
	ask_origin(p, s, p->settings->path, BNS_PROBE_BROWSER, &s->other);
	if (same_answer(&s->cdn, &s->other) && !same_answer(&s->origin, &s->other)) {
		bns_probe_bad(p, "LB10", 'C', "forward the query string",
			      "%s answers %s with %s, as the origin does without the query; with it the origin says %s",
			      s->where, s->path, cdn, origin);
		return;
	}
	bns_probe_bad(p, "LB09", 'C', "forward the Host header as it came",
		      "%s answers %s with %s, the origin asked with Host %s says %s", s->where, s->path, cdn, p->host,
		      origin);
}

/* Bodies count where the origin's own stays the same. */
static bool bodies_differ(struct bns_probe *p, struct sides *s)
{
	if (s->cdn.digest == s->origin.digest)
		return false;
	ask_origin(p, s, s->path, BNS_PROBE_BROWSER, &s->other);
	return s->origin.digest == s->other.digest;
}

static void judge_caching(struct bns_probe *p, struct sides *s)
{
	bns_probe_asking(p, "the same once more");
	ask_cdn(p, s, BNS_PROBE_BROWSER, &s->other);
	if ((s->other.age[0] && strcmp(s->other.age, "0") != 0) || strcasestr(s->other.cache, "hit"))
		bns_probe_bad(p, "LB12", 'M', "turn caching off for the branded host",
			      "%s answers a tracked link from its cache (Age: %s, X-Cache: %s): clicks go uncounted",
			      s->where, s->other.age[0] ? s->other.age : "-", s->other.cache[0] ? s->other.cache : "-");
	else
		bns_probe_good(p, "%s hands it on once more, and keeps nothing", s->where);
}

/* ---- who may ask ---- */

static size_t agent_count(const struct bns_probe_settings *s)
{
	size_t count = json_array_size(s->user_agents);
	return count ? count : AGENTS;
}

static const char *agent(const struct bns_probe_settings *s, size_t i, const char **name)
{
	const char *text = json_string_value(json_array_get(s->user_agents, i));
	*name = text ? text : agents[i].name;
	return text ? text : agents[i].user_agent;
}

/* Is it turned away here and not at the origin? */
static bool is_refused(struct bns_probe *p, struct sides *s, const char *user_agent, bool has_origin)
{
	ask_cdn(p, s, user_agent, &s->other);
	if (s->other.status != 403)
		return false;
	if (has_origin)
		ask_origin(p, s, s->path, user_agent, &s->other);
	return !has_origin || s->other.status != 403;
}

static void check_agents(struct bns_probe *p, struct sides *s, bool has_origin)
{
	char refused[BNS_PROBE_TEXT_MAX / 2] = "";
	size_t used = 0, count = agent_count(p->settings);
	bns_probe_asking(p, "the same as %zu browsers, mail clients and link scanners", count);
	for (size_t i = 0; i < count; i++) {
		const char *name, *user_agent = agent(p->settings, i, &name);
		if (is_refused(p, s, user_agent, has_origin) && used < sizeof(refused))
			used += (size_t)snprintf(refused + used, sizeof(refused) - used, "%s%s", used ? ", " : "",
						 name);
	}
	if (used)
		bns_probe_bad(p, "LB11", 'C', "make an exception for the branded host in the web application firewall",
			      "%s answers a tracked link with 403 to %s", s->where, refused);
	else
		bns_probe_good(p, "%s turns none of them away", s->where);
}

/* ---- all of it ---- */

static bool judge_answer(struct bns_probe *p, struct sides *s, const struct bns_probe_addrs *origin)
{
	char cdn[BNS_PROBE_SAID_MAX];
	if (s->cdn.status == 0) {
		bns_probe_bad(p, "LB05", 'C', "mend the CDN: it must answer requests too", "https at %s breaks off: %s",
			      s->where, s->cdn.why);
		return false;
	}
	bns_probe_say(&s->cdn, cdn);
	if (!p->origin) {
		bns_probe_good(p, "a tracked link at %s: %s", s->where, cdn);
		return true;
	}
	if (s->origin.status == 0) {
		bns_probe_good(p,
			       "a tracked link at %s: %s; the origin %s can't be asked (%s), so that wasn't compared",
			       s->where, cdn, p->origin, origin->count ? s->origin.why : origin->why);
		return true;
	}
	if (!same_answer(&s->cdn, &s->origin) || bodies_differ(p, s)) {
		/* Told with whom it turns away. */
		if (s->cdn.status != 403)
			judge_difference(p, s);
		return s->cdn.status == 403;
	}
	bns_probe_good(p, "a tracked link at %s: %s, as at %s", s->where, cdn, p->origin);
	judge_caching(p, s);
	return true;
}

void bns_probe_compare(struct bns_probe *p, const union bns_addr *addr, const struct bns_probe_addrs *origin,
		       bool with_agents)
{
	struct sides s = {.cdn_addr = *addr};
	bns_addr_to_text(addr, s.where);
	snprintf(s.path, sizeof(s.path), "%s" BNS_PROBE_QUERY, p->settings->path);
	bns_probe_asking(p, "GET https://%s%s at %s%s%s", p->host, s.path, s.where, p->origin ? " and at " : "",
			 p->origin ? p->origin : "");
	ask_cdn(p, &s, BNS_PROBE_BROWSER, &s.cdn);
	bns_probe_fact(p, "https", bns_probe_http_facts(&s.cdn));
	if (origin->count > 0) {
		s.origin_addr = bns_probe_at_port(&origin->list[0], p->settings->https_port);
		ask_origin(p, &s, s.path, BNS_PROBE_BROWSER, &s.origin);
	}
	if (judge_answer(p, &s, origin) && (with_agents || s.cdn.status == 403))
		check_agents(p, &s, s.origin.status != 0);
}
