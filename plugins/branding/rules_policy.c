/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that no change of a zone can break or mend: what the policy and the
 * ESP's own word say of a branding, and how long its zone lives. They are
 * shown, never gated.
 */
#include <stdio.h>
#include <string.h>

#include "account.h"

/* How many brandings' zones are looked at in a second: a milliseconds' work. */
#define ENDINGS_MAX 1000

static void find_edge(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out,
		      const char *rdata, const char *text)
{
	lb_find(out, look, rule, LB_EDGE, look->c->branding->host, rdata, "%s", text);
}

void lb_rule_reverify(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_esp *esp = lb_esp_of(look->lb, look->c->branding);
	char host[BNS_NAME_TEXT_MAX], when[BNS_TIME_TEXT_MAX] = "", text[1024];

	if (!look->c->judge_edge || !esp || !esp->knows_valid || esp->valid)
		return;
	if (esp->checked_s)
		look->lb->host->time_to_text(esp->checked_s, when);
	snprintf(text, sizeof(text), "%s holds %s for invalid%s%s%s%s", look->c->profile->title,
		 lb_name_words(look->lb, look->c->branding->host, host), when[0] ? " since its check of " : "", when,
		 esp->reason ? ": " : "", esp->reason ? esp->reason : "");
	find_edge(look, rule, out, esp->reason ? esp->reason : "", text);
}

void lb_rule_from_domain(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_account *a = look->c->branding->account;
	char name[BNS_NAME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 256];

	if (!look->c->judge_edge || a->from.count == 0 || !lb_account_speaks(look->lb, look->c->branding))
		return;
	for (size_t k = 0; k < a->from.count; k++) {
		if (lb_account_brands(look->lb, a, a->from.list[k]))
			continue;
		lb_name_words(look->lb, a->from.list[k], name);
		snprintf(text, sizeof(text),
			 "account %s sends from %s and has no branding for it: its links carry another host's name",
			 a->id, name);
		find_edge(look, rule, out, name, text);
	}
}

static bool same_user(const struct lb_esp *a, const struct lb_esp *b)
{
	return (!a->user && !b->user) || (a->user && b->user && strcmp(a->user, b->user) == 0);
}

/* Does the ESP take the older one's host for links that are meant for the younger's? */
static bool shadows(const struct lb *lb, const struct lb_branding *older, const struct lb_branding *b)
{
	const struct lb_esp *esp = lb_esp_of(lb, b), *other = lb_esp_of(lb, older);

	return older->account == b->account && other && other->valid && other->id && other->id < esp->id &&
	       same_user(other, esp) && lb_name_equal(lb_account_domain(lb, older), lb_account_domain(lb, b));
}

void lb_rule_shadowed(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_branding *b = look->c->branding;
	const struct lb_esp *esp = lb_esp_of(look->lb, b);
	const struct lb_policy *p = look->lb->policy;
	char host[BNS_NAME_TEXT_MAX], other[BNS_NAME_TEXT_MAX], text[2 * BNS_NAME_TEXT_MAX + 128];

	if (!look->c->judge_edge || !esp || !esp->valid || !esp->id)
		return;
	for (size_t i = 0; i < p->branding_count; i++) {
		if (!shadows(look->lb, &p->brandings[i], b))
			continue;
		lb_name_words(look->lb, p->brandings[i].host, other);
		snprintf(text, sizeof(text), "%s is valid for the same domain as the older %s, which the ESP uses",
			 lb_name_words(look->lb, b->host, host), other);
		find_edge(look, rule, out, other, text);
		return;
	}
}

void lb_rule_subuser(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_account *a = look->c->branding->account;
	char text[512];

	if (!look->c->judge_edge || !a->ssl_enabled || a->subuser_count == 0 ||
	    !lb_account_speaks(look->lb, look->c->branding))
		return;
	for (size_t i = 0; i < a->subuser_count; i++) {
		const char *user = a->subusers[i];
		bool associated = lb_account_is_associated(look->lb, a, user), enabled = lb_account_has_ssl(a, user);
		if (associated && enabled)
			continue;
		snprintf(text, sizeof(text),
			 "subuser %s of account %s has %s: https doesn't pass from the account to it", user, a->id,
			 associated ? "no https switched on"
			 : enabled  ? "no branding associated"
				    : "neither a branding associated nor https switched on");
		find_edge(look, rule, out, user, text);
	}
}

/* What is wrong with the certificate, as the end of a sentence; NULL: nothing is, or another rule tells it. */
static const char *uncovered_words(const struct lb_look *look, const struct lb_covered *covered, char *text, size_t cap)
{
	const struct lb *lb = look->lb;
	const uint8_t *target = lb_effective(&look->edge);
	char name[BNS_NAME_TEXT_MAX], when[BNS_TIME_TEXT_MAX];

	switch (covered->cover) {
	case LB_COVER_ESP:
		snprintf(text, cap, "is at the ESP's %s, which shows the certificate of %s",
			 lb_name_words(lb, target, name), look->c->profile->certificate);
		return text;
	case LB_COVER_UNSEEN:
		snprintf(text, cap, "has no certificate that anybody has seen: %s was not probed for it",
			 lb_name_words(lb, target, name));
		return text;
	case LB_COVER_BAD:
		snprintf(text, cap, "has no valid certificate: the probe of %s at %s says: %s",
			 lb_name_words(lb, target, name), lb->host->time_to_text(covered->at_s, when), covered->text);
		return text;
	case LB_COVER_UNSERVED:
	case LB_COVER_GOOD:
		break;
	}
	return NULL;
}

void lb_rule_uncovered(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_branding *b = look->c->branding;
	const struct lb *lb = look->lb;
	const struct lb_covered covered = lb_covered_of(lb, b, &look->edge);
	char host[BNS_NAME_TEXT_MAX], words[2048], text[4096];
	const char *user;
	size_t before = out->count;

	if (!look->c->judge_edge || !lb_account_https_user(lb, b, &user) ||
	    !uncovered_words(look, &covered, words, sizeof(words)))
		return;
	snprintf(text, sizeof(text), "%s%s%saccount %s has https links, and %s %s", user ? "subuser " : "",
		 user ? user : "", user ? " of " : "", b->account->id, lb_name_words(lb, b->host, host), words);
	find_edge(look, rule, out, "", text);
	/* Nobody has seen it broken. */
	if (covered.cover == LB_COVER_UNSEEN && out->count > before)
		out->list[before].severity = 'H';
}

void lb_rule_single(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb_branding *b = look->c->branding;
	char host[BNS_NAME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 128];

	if (!look->c->judge_edge || b->learned || b->mode != LB_CDN || b->target_count > 1)
		return;
	snprintf(text, sizeof(text), "%s has a single listed target: there is nowhere to go when that CDN fails",
		 lb_name_words(look->lb, b->host, host));
	find_edge(look, rule, out, "", text);
}

enum lb_ending lb_ending_of(const struct bns_zone_times *t, int64_t now_s)
{
	if (t->held_deadline_s && t->held_deadline_s - now_s < 86400)
		return LB_ENDING_HOLD;
	/* Refreshes that succeed keep far more than a quarter of the zone's life ahead. */
	if (t->is_secondary && t->expires_s && t->expires_s - now_s < (t->expires_s - t->refreshed_s) / 4)
		return LB_ENDING_EXPIRY;
	return LB_ENDING_NONE;
}

/* What ends soon of that zone, in words. */
static bool ending_words(const struct lb *lb, const uint8_t *host, const uint8_t *apex,
			 const struct bns_zone_times *times, int64_t now_s, char *text, size_t cap)
{
	char name[BNS_NAME_TEXT_MAX], zone[BNS_NAME_TEXT_MAX], when[BNS_TIME_TEXT_MAX];
	enum lb_ending ending = lb_ending_of(times, now_s);

	if (ending == LB_ENDING_NONE)
		return false;
	lb->host->time_to_text(ending == LB_ENDING_HOLD ? times->held_deadline_s : times->expires_s, when);
	lb_name_words(lb, apex, zone);
	snprintf(text, cap,
		 ending == LB_ENDING_HOLD
			 ? "%s: the hold of zone %s ends at %s, and then the waiting change is served"
			 : "%s: the copy of zone %s expires at %s unless a primary answers, and links are dead then",
		 lb_name_words(lb, host, name), zone, when);
	return true;
}

void lb_rule_expiring(const struct lb_look *look, const struct lb_rule *rule, struct lb_findings *out)
{
	const struct lb *lb = look->lb;
	char zone[BNS_NAME_TEXT_MAX], text[2 * BNS_NAME_TEXT_MAX + 256];
	const uint8_t *host = look->c->branding->host;
	const struct bns_contents *home = lb_zone_of(lb, look->zone, host);
	struct bns_zone_times times;

	if (look->c->judge_edge && home && lb->host->times(lb->plugin, home->apex, &times) &&
	    ending_words(lb, host, home->apex, &times, lb->host->now_s(), text, sizeof(text)))
		find_edge(look, rule, out, lb_name_words(lb, home->apex, zone), text);
}

static void tell_ending(struct lb *lb, struct lb_branding *b, int64_t now_s)
{
	char zone[BNS_NAME_TEXT_MAX], text[2 * BNS_NAME_TEXT_MAX + 256];
	struct bns_zone_times times;
	const uint8_t *apex = b->host;

	while (apex[0] && !lb->host->times(lb->plugin, apex, &times))
		apex = lb_name_parent(apex);
	bool ends = apex[0] && ending_words(lb, b->host, apex, &times, now_s, text, sizeof(text));
	if (ends && !b->told_ending)
		lb->host->event(lb->plugin, BNS_LOG_WARN, "zone-expiring", lb_name_words(lb, apex, zone), text);
	/* Written to only where it changes: a saved policy's pages are shared with its file. */
	if (b->told_ending != ends)
		b->told_ending = ends;
}

void lb_endings_tick(struct lb *lb, int64_t now_s)
{
	struct lb_policy *p = lb->policy;

	size_t some = p->branding_count / 60 + 1;
	for (size_t left = some < ENDINGS_MAX ? some : ENDINGS_MAX; left > 0 && p->branding_count > 0; left--) {
		lb->ending_at = lb->ending_at < p->branding_count ? lb->ending_at : 0;
		tell_ending(lb, &p->brandings[lb->ending_at++], now_s);
	}
}
