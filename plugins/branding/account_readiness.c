/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the brandings of an account lack, gathered from policy, life, the last
 * probe, what is served and the ESP's word. "ready": nothing is missing but
 * what Support does; "complete": nor that.
 */
#include <stdio.h>
#include <string.h>

#include "account_live.h"
#include "cases.h"
#include "commands.h"
#include "seen.h"

#define STALE_S (7 * 86400) /* what was seen longer ago is looked at again before one writes to Support */

static void lack(json_t *missing, const char *kind, const char *fmt, ...) BNS_PRINTF(3, 4);

static void lack(json_t *missing, const char *kind, const char *fmt, ...)
{
	char text[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_t *row = json_pack("{s:s, s:s}", "kind", kind, "text", text);
	/* What can't be shown is missing all the same. */
	json_array_append_new(missing, row ? row : json_pack("{s:s, s:s}", "kind", kind, "text", "no valid UTF-8"));
}

/* ---- one branding ---- */

/* From branding to branding: those of a zone are neighbours in the policy. */
struct walk {
	const struct lb *lb;
	const struct bns_contents *zone; /* whose cases these are; NULL: none */
	struct lb_cases cases;
	size_t at; /* the last one that was found */
};

struct sight {
	const struct lb *lb;
	const struct lb_branding *b;
	const struct bns_contents *zone; /* NULL: none here */
	const struct lb_case *c;         /* NULL: nothing is judged there */
	const struct lb_life *life;
	struct lb_covered covered;
	char host[BNS_NAME_TEXT_MAX];
};

static const char *const cover_words[] = {
	[LB_COVER_UNSERVED] = "unserved", [LB_COVER_ESP] = "esp",   [LB_COVER_UNSEEN] = "unseen",
	[LB_COVER_BAD] = "bad",           [LB_COVER_GOOD] = "good",
};

static const struct lb_case *case_of(struct walk *w, const struct bns_contents *zone, const struct lb_branding *b)
{
	if (w->zone != zone) {
		lb_cases_free(&w->cases);
		lb_cases_gather(&w->cases, w->lb, zone->apex, zone, NULL);
		w->zone = zone;
		w->at = 0;
	}
	for (size_t i = 0; i < w->cases.count; i++) {
		size_t at = (w->at + i) % w->cases.count;
		if (w->cases.list[at].branding != b)
			continue;
		w->at = at;
		return &w->cases.list[at];
	}
	return NULL;
}

static void look_at(struct sight *s, struct walk *w, const struct lb_branding *b)
{
	const struct lb *lb = w->lb;
	struct lb_path path;
	const uint8_t *apex;

	*s = (struct sight){.lb = lb, .b = b, .life = lb_life_get(lb, b->host)};
	lb_name_words(lb, b->host, s->host);
	s->zone = lb_served_zone(lb, b->host, &apex);
	if (!s->zone)
		return;
	s->c = case_of(w, s->zone, b);
	lb_resolve(lb, s->zone, b->host, &path);
	s->covered = lb_covered_of(lb, b, &path);
}

static void lack_certificate(const struct sight *s, json_t *missing)
{
	const struct lb *lb = s->lb;
	char when[BNS_TIME_TEXT_MAX];

	switch (s->covered.cover) {
	case LB_COVER_UNSERVED:
		lack(missing, "dns",
		     s->zone ? "its first CNAME leads nowhere" : "it lies in no zone that is served here");
		break;
	case LB_COVER_ESP:
		if (s->b->mode == LB_CDN)
			lack(missing, "certificate",
			     "it is still at the ESP's own name: `branding route %s TARGET` moves it to its CDN",
			     s->host);
		else
			lack(missing, "certificate",
			     "at the ESP's own name there is no certificate for it: put a CDN before it, or use the "
			     "managed mode");
		break;
	case LB_COVER_UNSEEN:
		lack(missing, "certificate", "nobody has seen its certificate: `branding check %s` looks at it",
		     s->host);
		break;
	case LB_COVER_BAD:
		lack(missing, "certificate", "its probe at %s failed: %s",
		     lb->host->time_to_text(s->covered.at_s, when), s->covered.text);
		break;
	case LB_COVER_GOOD:
		if (lb->host->now_s() - s->covered.at_s > STALE_S)
			lack(missing, "certificate",
			     "its last probe was at %s, more than a week ago: `branding check %s` looks again",
			     lb->host->time_to_text(s->covered.at_s, when), s->host);
		break;
	}
}

static void lack_esp(const struct sight *s, json_t *missing)
{
	const struct lb_esp *esp = lb_esp_of(s->lb, s->b);
	char when[BNS_TIME_TEXT_MAX] = "";

	if (!esp || !esp->knows_valid) {
		lack(missing, "esp", "nothing is known of its validity at %s: `brandnsctl import` brings that",
		     s->b->account->profile->title);
	} else if (!esp->valid) {
		if (esp->checked_s)
			s->lb->host->time_to_text(esp->checked_s, when);
		lack(missing, "esp", "%s holds it for invalid%s%s%s%s", s->b->account->profile->title,
		     when[0] ? ", by its check of " : "", when, esp->reason ? ": " : "",
		     esp->reason ? esp->reason : "");
	}
}

/* Of the standing rules only how long the zone lives: the rest has lines of its own here. */
static void lack_by_rules(const struct sight *s, json_t *missing)
{
	const struct lb_rule *expiring = lb_rule_find("LB27");
	struct lb_findings found = {0};
	struct lb_look look;

	if (!s->c)
		return;
	lb_look_init(&look, s->lb, s->c, s->zone);
	lb_rules_ask(&look, &found);
	expiring->judge(&look, expiring, &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.list[i].severity != 'M')
			lack(missing, "rule", "%s: %s", found.list[i].rule->id, found.list[i].text);
	if (found.failed)
		lack(missing, "rule", "memory is short: the rules couldn't be asked");
	lb_findings_free(&found);
}

static json_t *json_branding(struct walk *w, const struct lb_branding *b)
{
	const struct lb *lb = w->lb;
	json_t *missing = json_array();
	struct sight s;

	look_at(&s, w, b);
	lack_certificate(&s, missing);
	lack_esp(&s, missing);
	lack_by_rules(&s, missing);
	size_t steps = s.life ? s.life->step_count : 0;
	bool ready = json_array_size(missing) == 0;
	json_t *way = s.zone ? lb_json_way(lb, s.zone, b->host) : json_array();
	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "host", s.host, "owner",
			 lb_json_name(lb, b->owner), "mode", lb_mode_words[b->mode], "state",
			 lb_state_words[lb_life_state(s.life)], "since",
			 lb_json_time(lb, steps ? s.life->steps[steps - 1].at_s : 0), "resolves", way, "certificate",
			 cover_words[s.covered.cover], "probe", lb_seen_json(lb_seen_served(lb, b->host)), "esp",
			 lb_json_esp(lb, lb_esp_of(lb, b)), "ready", ready, "missing", missing);
}

/* ---- users and the account ---- */

static json_t *json_user(const struct lb *lb, const struct lb_account *a, const char *user)
{
	const struct lb_policy *p = lb->policy;
	struct walk walk = {.lb = lb};
	json_t *brandings = json_array(), *missing = json_array(), *row;
	bool ready = true, ssl = lb_account_has_ssl(a, user);
	size_t i;

	for (i = 0; i < p->branding_count; i++)
		if (p->brandings[i].account == a && lb_account_carries(lb, &p->brandings[i], user))
			json_array_append_new(brandings, json_branding(&walk, &p->brandings[i]));
	lb_cases_free(&walk.cases);
	json_array_foreach (brandings, i, row) {
		ready = ready && json_is_true(json_object_get(row, "ready"));
	}
	if (json_array_size(brandings) == 0) {
		lack(missing, "association", user ? "no branding is associated with it" : "it has no branding");
		ready = false;
	}
	if (!ssl)
		lack(missing, "support", "https links aren't switched on for it: Support does that, for each user");
	return json_pack("{s:s?, s:b, s:b, s:o, s:o}", "user", user, "ssl", ssl, "ready", ready, "missing", missing,
			 "brandings", brandings);
}

static void lack_from(const struct lb *lb, const struct lb_account *a, json_t *missing)
{
	char name[BNS_NAME_TEXT_MAX];

	for (size_t k = 0; k < a->from.count; k++)
		if (!lb_account_brands(lb, a, a->from.list[k]))
			lack(missing, "from", "it sends from %s and has no branding for it",
			     lb_name_words(lb, a->from.list[k], name));
}

json_t *lb_account_readiness(const struct lb *lb, const struct lb_account *a)
{
	json_t *users = json_array(), *missing = json_array(), *user;
	size_t i;

	lack_from(lb, a, missing);
	/* An account whose subusers send may have none of its own. */
	if (a->subuser_count == 0 || lb_account_is_associated(lb, a, NULL))
		json_array_append_new(users, json_user(lb, a, NULL));
	for (i = 0; i < a->subuser_count; i++)
		json_array_append_new(users, json_user(lb, a, a->subusers[i]));
	bool ready = json_array_size(missing) == 0, ssl = true;
	json_array_foreach (users, i, user) {
		ready = ready && json_is_true(json_object_get(user, "ready"));
		ssl = ssl && json_is_true(json_object_get(user, "ssl"));
	}
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "schema", 1, "account", a->id,
			 "provider", a->profile->name, "title", a->profile->title, "region", a->region->id, "at",
			 lb_json_time(lb, lb->host->now_s()), "ready", ready, "complete", ready && ssl, "missing",
			 missing, "api", lb_live_json(lb, a), "users", users);
}
