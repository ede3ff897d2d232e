/* SPDX-License-Identifier: BSD-3-Clause */
/* What the policy permits for a time, and approves: announced, passed on, and ended. */
#include <stdio.h>

#include "rules.h"

#define DAY_S 86400

static bool violates(const struct lb *lb, const struct bns_contents *zone, const struct lb_override *o)
{
	struct lb_findings found = {0};
	bool violated = false;

	lb_findings_of(lb, zone, o->host, &found);
	for (size_t i = 0; i < found.count; i++)
		violated |= found.list[i].rule == o->rule;
	violated |= found.failed;
	lb_findings_free(&found);
	return violated;
}

/* The permission is over: what it had let in is judged again. False: the zone isn't there yet. */
static bool end_override(struct lb *lb, const struct lb_override *o)
{
	const uint8_t *apex;
	const struct bns_contents *zone = lb_served_zone(lb, o->host, &apex);
	char text[BNS_NAME_TEXT_MAX + 128], host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX];

	if (!zone)
		return false;
	if (!violates(lb, zone, o))
		return true;
	snprintf(text, sizeof(text), "the override of %s for %s has ended: the version in service is judged again",
		 o->rule->id, lb_name_words(lb, o->host, host));
	lb->host->event(lb->plugin, BNS_LOG_WARN, "override-ended", lb_name_words(lb, apex, name), text);
	lb->host->judge_again(lb->plugin, apex);
	return true;
}

static void key_found(void *arg, const char *key, const void *value, size_t len)
{
	(void)key;
	(void)value;
	(void)len;
	*(bool *)arg = true;
}

/* Once, also over restarts. */
static void tell_ending(struct lb *lb, struct lb_override *o)
{
	char host[BNS_NAME_TEXT_MAX], name[BNS_NAME_TEXT_MAX], until[BNS_TIME_TEXT_MAX];
	char key[BNS_NAME_TEXT_MAX + 64], text[2 * BNS_NAME_TEXT_MAX];
	const uint8_t *apex = o->host;
	bool told = false;

	o->told_ending = true;
	lb->host->time_to_text(o->until_s, until);
	lb_name_words(lb, o->host, host);
	snprintf(key, sizeof(key), "ending/%s/%s/%s", host, o->rule->id, until);
	if (lb->host->recall(lb->plugin, key, key_found, &told) != BNS_OK || told)
		return;
	lb_served_zone(lb, o->host, &apex);
	snprintf(text, sizeof(text), "the override of %s for %s by %s (%s) ends at %s", o->rule->id, host, o->by,
		 o->reason, until);
	lb->host->event(lb->plugin, BNS_LOG_WARN, "override-ending", lb_name_words(lb, apex, name), text);
	if (lb->host->remember(lb->plugin, key, "1", 1) != BNS_OK)
		lb->host->log(lb->plugin, BNS_LOG_WARN, "can't remember that the end of an override was announced");
}

static void tick_override(struct lb *lb, struct lb_override *o, int64_t now_s)
{
	if (now_s < o->until_s) {
		if (!o->told_ending && now_s >= o->until_s - DAY_S)
			tell_ending(lb, o);
		return;
	}
	if (!o->ended)
		o->ended = end_override(lb, o);
}

void lb_overrides_tick(struct lb *lb, int64_t now_s)
{
	struct lb_policy *p = lb->policy;

	for (size_t i = 0; i < p->approval_count; i++) {
		struct lb_approval *a = &p->approvals[i];
		if (!a->passed_on)
			lb->host->approve(lb->plugin, a->id, a->reason, a->by);
		a->passed_on = true;
	}
	for (size_t i = 0; i < p->override_count; i++)
		tick_override(lb, &p->overrides[i], now_s);
}

void lb_overrides_replaced(struct lb *lb, const struct lb_policy *former, int64_t now_s)
{
	for (size_t i = 0; i < lb->policy->override_count; i++) {
		struct lb_override *o = &lb->policy->overrides[i];
		for (size_t k = 0; k < former->override_count; k++) {
			const struct lb_override *f = &former->overrides[k];
			if (f->rule != o->rule || f->until_s != o->until_s || !lb_name_equal(f->host, o->host))
				continue;
			o->told_ending = f->told_ending;
			o->ended = f->ended;
		}
	}
	for (size_t k = 0; k < former->override_count; k++) {
		const struct lb_override *f = &former->overrides[k];
		if (now_s < f->until_s && !lb_policy_override(lb->policy, f->host, f->rule, now_s))
			end_override(lb, f);
	}
}
