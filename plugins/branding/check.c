/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "commands.h"
#include "evidence.h"
#include "life.h"

#define LIMIT_MS 120000 /* many name servers, many addresses, each with its time */

/* ---- asking ---- */

/* An address where this server takes questions, as it asks itself; false: none. */
static bool own_address(const struct lb *lb, char out[64])
{
	union bns_addr addr;
	char text[INET6_ADDRSTRLEN];

	if (!lb->host->listening(lb->plugin, 0, &addr))
		return false;
	if (addr.sa.sa_family == AF_INET6) {
		bool any = IN6_IS_ADDR_UNSPECIFIED(&addr.in6.sin6_addr);
		inet_ntop(AF_INET6, any ? &in6addr_loopback : &addr.in6.sin6_addr, text, sizeof(text));
		snprintf(out, 64, "%s@%u", text, ntohs(addr.in6.sin6_port));
		return true;
	}
	bool any = addr.in4.sin_addr.s_addr == htonl(INADDR_ANY);
	inet_ntop(AF_INET, &addr.in4.sin_addr, text, sizeof(text));
	snprintf(out, 64, "%s@%u", any ? "127.0.0.1" : text, ntohs(addr.in4.sin_port));
	return true;
}

/* What the zone is like here, for comparing with what others serve of it. */
static char *details_of(const struct lb *lb, const struct bns_contents *zone, const struct lb_case *c, bool http_only)
{
	const char *const *issuers = lb_caa_issuers(c);
	json_t *list = json_array();
	struct bns_zone_times times = {0};
	char here[64];
	json_t *details;

	lb->host->times(lb->plugin, zone->apex, &times);
	for (; issuers && *issuers; issuers++)
		json_array_append_new(list, json_string(*issuers));
	details =
		json_pack("{s:b, s:I, s:b, s:i, s:o}", "http_only", (int)http_only, "serial", (json_int_t)zone->serial,
			  "held", times.held_since_s != 0, "limit_ms", LIMIT_MS - 5000, "caa_issuers", list);
	if (details && own_address(lb, here))
		json_object_set_new(details, "here", json_string(here));
	char *text = details ? json_dumps(details, JSON_COMPACT) : NULL;
	json_decref(details);
	return text;
}

/* Has the host been further than the ESP's own name? */
static bool is_routed(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_memory_entry *entry = lb_memory_get(lb, b->host);

	return b->routed || (entry && entry->target);
}

enum bns_answerer lb_check_ask(struct lb *lb, const uint8_t *host, const struct bns_contents *zone,
			       uint8_t target[BNS_NAME_MAX], bns_answer_fn done, void *arg)
{
	const struct lb_branding *written = lb_policy_find(lb, lb->policy, host), own = lb_recognised(lb, host);
	const struct lb_branding *b = written ? written : &own;
	const struct lb_case at = {.branding = b, .profile = b->account->profile, .region = b->account->region};
	char zone_text[BNS_NAME_TEXT_MAX];
	struct lb_path path;

	lb_resolve(lb, zone, host, &path);
	lb_name_lower(target, path.names[path.steps > 0 ? 1 : 0]);
	bool at_esp = lb_profile_is_esp(lb, at.profile, path.names[path.steps]) &&
		      !lb_is_managed_name(lb, &at, path.names[path.steps]);
	bool http_only = at_esp && (b->mode == LB_PLAIN || !is_routed(lb, b));
	char *details = details_of(lb, zone, &at, http_only);
	const struct bns_question question = {
		.kind = "check",
		.zone_text = lb_name_words(lb, zone->apex, zone_text),
		.host = host,
		.target = target,
		.origin = lb_origin_of(&at),
		.details = details,
	};
	enum bns_answerer weight = lb->host->ask(lb->plugin, &question, LIMIT_MS, done, arg);
	free(details);
	return weight;
}

/* ---- news ---- */

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* Is there one of that rule, and (where it isn't NULL) of that severity? */
static bool has_finding(const json_t *sight, const char *rule, const char *severity)
{
	size_t i;
	json_t *finding;

	json_array_foreach (json_object_get(sight, "findings"), i, finding) {
		if (strcmp(word(finding, "rule"), rule) == 0 &&
		    (!severity || strcmp(word(finding, "severity"), severity) == 0))
			return true;
	}
	return false;
}

static enum bns_log_level level_of(const char *severity)
{
	return severity[0] == 'C' ? BNS_LOG_CRIT : severity[0] == 'H' ? BNS_LOG_WARN : BNS_LOG_NOTICE;
}

/* What one sight has and the other hasn't: new findings, or those that are gone. */
static void tell_difference(struct lb *lb, const uint8_t *host, const char *zone_text, const json_t *has,
			    const json_t *hasnt, bool is_new)
{
	char name[BNS_NAME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 1200];
	size_t i, k;
	json_t *f, *earlier;

	json_array_foreach (json_object_get(has, "findings"), i, f) {
		const char *rule = word(f, "rule"), *severity = word(f, "severity");
		if (has_finding(hasnt, rule, is_new ? severity : NULL))
			continue;
		/* The same at another address, or name server, is told once. */
		for (k = 0; k < i; k++) {
			earlier = json_array_get(json_object_get(has, "findings"), k);
			if (strcmp(word(earlier, "rule"), rule) == 0 &&
			    (!is_new || strcmp(word(earlier, "severity"), severity) == 0))
				break;
		}
		if (k < i)
			continue;
		if (is_new)
			snprintf(text, sizeof(text), "%s: %s: %s", lb_name_words(lb, host, name), rule,
				 word(f, "text"));
		else
			snprintf(text, sizeof(text), "%s: %s is mended", lb_name_words(lb, host, name), rule);
		lb->host->event(lb->plugin, is_new ? level_of(severity) : BNS_LOG_NOTICE, is_new ? "finding" : "mended",
				zone_text, text);
	}
}

void lb_check_took(struct lb *lb, const uint8_t *host, const uint8_t *target, const struct bns_answer *answer)
{
	json_t *before = lb_seen_json(lb_seen_at(lb, host, target)), *now;
	char zone_text[BNS_NAME_TEXT_MAX];
	const uint8_t *apex;

	lb_life_probed(lb, host, target, answer);
	const struct lb_seen *seen = lb_seen_served(lb, host);
	/* What was asked may have moved meanwhile: then it is no news of where it is. */
	if (answer->evidence != BNS_EVIDENCE_NONE && seen && lb_name_equal(seen->target, target) &&
	    lb_served_zone(lb, host, &apex)) {
		now = lb_seen_json(seen);
		lb_name_words(lb, apex, zone_text);
		tell_difference(lb, host, zone_text, now, before, true);
		tell_difference(lb, host, zone_text, before, now, false);
		json_decref(now);
	}
	json_decref(before);
}
