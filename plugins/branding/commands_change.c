/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that change something: `branding route` and `branding override`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "commands.h"
#include "evidence.h"
#include "life.h"

void lb_refuse(const struct lb *lb, struct bns_reply *reply, enum bns_error err, const char *text)
{
	struct bns_diag diag = {.text = ""};

	lb->host->diag(&diag, NULL, 0, 0, "%s", text);
	lb->host->reply(reply, err, NULL, &diag);
}

void lb_answer(const struct lb *lb, struct bns_reply *reply, json_t *root)
{
	char *json = root ? json_dumps(root, JSON_COMPACT) : NULL;

	lb->host->reply(reply, json ? BNS_OK : BNS_ENOMEM, json, NULL);
	json_decref(root);
	free(json);
}

/* ---- route ---- */

/* A move on its way through the probe; the policy may be another one by then. */
struct route {
	struct lb *lb;
	struct bns_reply *reply;
	uint8_t host[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	uint8_t apex[BNS_NAME_MAX];
	char by[128];
	json_t *probe;
};

static json_t *json_evidence(const struct lb *lb, const struct bns_answer *a)
{
	char at[BNS_TIME_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s?}", "evidence", a->evidence == BNS_EVIDENCE_GOOD ? "good" : "bad", "at",
			 lb->host->time_to_text(a->at_s, at), "text", a->text);
}

/* Ends the move: `outcome` is what has become of it, `next` what is left to do. Frees `r`. */
static void end_route(struct route *r, const char *outcome, const char *next)
{
	struct lb *lb = r->lb;
	char host[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX], zone[BNS_NAME_TEXT_MAX];
	char line[2 * BNS_NAME_TEXT_MAX + 32];

	lb_name_words(lb, r->host, host);
	lb_name_words(lb, r->target, target);
	snprintf(line, sizeof(line), "%s. CNAME %s.", host, target);
	lb_answer(lb, r->reply,
		  json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "schema", 1, "host", host, "target", target,
			    "zone", lb_name_words(lb, r->apex, zone), "outcome", outcome, "next", next, "record", line,
			    "probe", r->probe));
	free(r);
}

static void pointed(void *arg, const char *outcome, const char *reason)
{
	char next[1024];

	/* What couldn't be written still passes once somebody else has written it. */
	snprintf(next, sizeof(next), "%.800s; the move stays announced", reason);
	end_route(arg, outcome, strcmp(outcome, "failed") == 0 ? next : reason);
}

/* Records the move, and makes it where the zone is ours to write. Takes `r` over. */
static void announce(struct route *r)
{
	struct lb *lb = r->lb;
	char host[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX], zone[BNS_NAME_TEXT_MAX];
	char text[2 * BNS_NAME_TEXT_MAX + 256];
	struct bns_zone_times times = {.is_secondary = true};
	enum bns_error err = lb_expected_put(lb, r->host, r->target, r->by);

	if (err != BNS_OK) {
		lb_refuse(lb, r->reply, err, "the move can't be recorded");
		json_decref(r->probe);
		free(r);
		return;
	}
	snprintf(text, sizeof(text), "%s announces that %s moves to %s%s", r->by, lb_name_words(lb, r->host, host),
		 lb_name_words(lb, r->target, target), json_is_null(r->probe) ? ", which nobody here could probe" : "");
	lb->host->event(lb->plugin, BNS_LOG_NOTICE, "route", lb_name_words(lb, r->apex, zone), text);
	lb->host->times(lb->plugin, r->apex, &times);
	if (times.is_secondary)
		end_route(r, "announced", "change it at the primary");
	else
		lb->host->point(lb->plugin, r->apex, r->host, r->target, r->by, pointed, r);
}

static void probed(void *arg, const struct bns_answer *a)
{
	struct route *r = arg;
	char text[1024], target[BNS_NAME_TEXT_MAX];

	lb_beyond_forget(r->lb);
	lb_life_probed(r->lb, r->host, r->target, a);
	if (a->evidence == BNS_EVIDENCE_GOOD || a->weight != BNS_ANSWERER_REQUIRED) {
		r->probe = json_evidence(r->lb, a);
		announce(r);
		return;
	}
	snprintf(text, sizeof(text), "%.512s has not proved itself: %.400s", lb_name_words(r->lb, r->target, target),
		 a->text ? a->text : "nothing was seen");
	lb_refuse(r->lb, r->reply, BNS_EDENIED, text);
	free(r);
}

/* Why that is no target of the host's; NULL: it may be one. */
static const char *why_none(const struct lb_branding *b, const uint8_t *target)
{
	if (target[0] == 1 && target[1] == '*')
		return "a target is an exact host, not a wildcard";
	return lb_name_equal(target, b->host) ? "a host can't be its own target" : NULL;
}

/* Why that host may not go there; NULL: it may. */
static const char *why_not(const struct lb *lb, const struct lb_branding *b, const uint8_t *target)
{
	const struct lb_case c = {.branding = b, .profile = b->account->profile, .region = b->account->region};

	if (lb_is_managed_name(lb, &c, target))
		return NULL;
	if (lb_profile_is_esp(lb, b->account->profile, target))
		return "that is the ESP's own name: going back to it breaks the https links already delivered, and "
		       "needs "
		       "`branding override HOST LB01`";
	return b->mode == LB_CDN ? NULL : "only a branding in mode cdn moves to a host that isn't the ESP's";
}

struct lb_branding lb_recognised(const struct lb *lb, const uint8_t *host)
{
	return (struct lb_branding){.host = host, .account = lb->policy->fallback, .mode = LB_CDN, .learned = true};
}

void lb_start_route(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		    struct bns_reply *reply)
{
	struct lb *lb = lb_of(p);
	struct route *r = calloc(1, sizeof(*r));
	const uint8_t *apex;

	if (!r) {
		lb->host->reply(reply, BNS_ENOMEM, NULL, NULL);
		return;
	}
	*r = (struct route){.lb = lb, .reply = reply};
	snprintf(r->by, sizeof(r->by), "%s", by);
	if (count != 2 || !lb_host_from_word(lb, args[0], r->host) || !lb_host_from_word(lb, args[1], r->target)) {
		lb_refuse(lb, reply, BNS_EINVAL, "a branded host and its new target are needed");
		goto out;
	}
	const struct lb_branding *b = lb_policy_find(lb, lb->policy, r->host);
	const struct lb_branding own = lb_recognised(lb, r->host);
	if (!b && lb_memory_get(lb, r->host))
		b = &own;
	if (!b || !lb_served_zone(lb, r->host, &apex)) {
		lb_refuse(lb, reply, BNS_ENOENT,
			  b ? "the host lies in no zone that is served here"
			    : "no branding is known for that host: branding list shows those that are");
		goto out;
	}
	lb_name_lower(r->apex, apex);
	const char *none = why_none(b, r->target), *reason = none ? none : why_not(lb, b, r->target);
	if (reason) {
		lb_refuse(lb, reply, none ? BNS_EINVAL : BNS_EDENIED, reason);
		goto out;
	}
	const struct lb_case c = {.branding = b, .profile = b->account->profile, .region = b->account->region};
	const struct bns_question question = {
		.kind = "route",
		.zone_text = "",
		.host = r->host,
		.target = r->target,
		.origin = lb_origin_of(&c),
		.details = LB_ASK_DETAILS,
	};
	if (lb->host->ask(p, &question, LB_ASK_LIMIT_MS, probed, r) != BNS_ANSWERER_NONE)
		return;
	r->probe = json_null();
	if (b->mode != LB_CDN || b->learned || lb_is_listed(b, r->target)) {
		announce(r);
		return;
	}
	lb_refuse(lb, reply, BNS_EDENIED,
		  "the policy doesn't list that target, and nobody here can probe it: list it first");
out:
	free(r);
}

/* ---- override ---- */

static void end_one(struct lb *lb, struct bns_reply *reply, const uint8_t *host, const struct lb_rule *rule,
		    const char *by)
{
	char name[BNS_NAME_TEXT_MAX], zone[BNS_NAME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 256];
	const uint8_t *apex = host;

	if (!lb_revoke(lb, host, rule)) {
		lb_refuse(lb, reply, BNS_ENOENT,
			  "no such override was given at run time: one of the policy file ends when it is taken out");
		return;
	}
	lb_served_zone(lb, host, &apex);
	snprintf(text, sizeof(text), "%s ends the override of %s for %s", by, rule->id, lb_name_words(lb, host, name));
	lb->host->event(lb->plugin, BNS_LOG_NOTICE, "override-revoked", lb_name_words(lb, apex, zone), text);
	lb_answer(lb, reply,
		  json_pack("{s:i, s:s, s:s, s:s}", "schema", 1, "host", name, "rule", rule->id, "outcome", "ended"));
}

static void give_one(struct lb *lb, struct bns_reply *reply, const uint8_t *host, const struct lb_rule *rule,
		     int64_t until_s, const char *by, const char *reason)
{
	char name[BNS_NAME_TEXT_MAX], zone[BNS_NAME_TEXT_MAX], until[BNS_TIME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 1024];
	char breaks[512];
	const uint8_t *apex = host;
	const struct lb_branding *b = lb_policy_find(lb, lb->policy, host);
	const struct lb_account *account = b ? b->account : lb->policy->fallback;
	enum bns_error err = lb_grant(lb, host, rule, until_s, by, reason);

	if (err != BNS_OK) {
		lb_refuse(lb, reply, err, "the override can't be recorded");
		return;
	}
	lb_served_zone(lb, host, &apex);
	lb->host->time_to_text(until_s, until);
	/* The sentence of LB01 ends in the ESP's certificate. */
	snprintf(breaks, sizeof(breaks), "%s%s%s", rule->consequence ? rule->consequence : rule->name,
		 rule->judge == lb_rule_reverted ? " " : "",
		 rule->judge == lb_rule_reverted ? account->profile->certificate : "");
	snprintf(text, sizeof(text), "%s lets %s (%s) pass for %s until %s: %.400s", by, rule->id, rule->name,
		 lb_name_words(lb, host, name), until, reason);
	lb->host->event(lb->plugin, BNS_LOG_NOTICE, "override", lb_name_words(lb, apex, zone), text);
	lb_answer(lb, reply,
		  json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "schema", 1, "host", name, "rule", rule->id,
			    "until", until, "by", by, "reason", reason, "outcome", "given", "breaks", breaks));
}

/* `until T reason R`, in any order. */
static const char *read_permission(const struct lb *lb, const char *const *args, size_t count, int64_t *until_s,
				   const char **reason)
{
	const char *until = NULL;

	*reason = NULL;
	for (size_t i = 0; i + 1 < count; i += 2) {
		const char *word = args[i] + (strncmp(args[i], "--", 2) == 0 ? 2 : 0);
		if (strcmp(word, "until") == 0)
			until = args[i + 1];
		else if (strcmp(word, "reason") == 0)
			*reason = args[i + 1];
		else
			return "an override takes 'until' and a time, 'reason' and a sentence";
	}
	if (count % 2 != 0 || !until || !*reason || !**reason)
		return "an override needs its end and a reason: until 2026-12-01T00:00:00Z reason 'moving off the CDN'";
	if (strchr(*reason, '\n'))
		return "a reason is one line";
	if (lb->host->time_from_text(until, until_s) != BNS_OK)
		return "the end is a time in UTC, as 2026-12-01T00:00:00Z";
	return *until_s > lb->host->now_s() ? NULL : "that end has passed already";
}

void lb_start_override(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		       struct bns_reply *reply)
{
	struct lb *lb = lb_of(p);
	bool ends = count > 0 && strcmp(args[0], "end") == 0;
	uint8_t host[BNS_NAME_MAX];
	const char *reason, *wrong;
	int64_t until_s;

	args += ends;
	count -= ends;
	const struct lb_rule *rule = count >= 2 ? lb_rule_find(args[1]) : NULL;
	if (!rule || !lb_host_from_word(lb, args[0], host)) {
		lb_refuse(lb, reply, BNS_EINVAL, "a branded host and a rule, LB01 to LB39, are needed");
	} else if (!lb_policy_find(lb, lb->policy, host) && !lb_memory_get(lb, host)) {
		lb_refuse(lb, reply, BNS_ENOENT,
			  "no branding is known for that host: branding list shows those that are");
	} else if (ends) {
		end_one(lb, reply, host, rule, by);
	} else if ((wrong = read_permission(lb, args + 2, count - 2, &until_s, &reason)) != NULL) {
		lb_refuse(lb, reply, BNS_EINVAL, wrong);
	} else {
		give_one(lb, reply, host, rule, until_s, by, reason);
	}
}
