/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Overrides given at run time, beside those of the policy file and like them:
 * who, why, until when. "override/NAME/RULE" → "UNTIL BY", newline, reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "words.h"

#define KEY_PREFIX "override/"
#define KEPT_S     (7 * 86400) /* after its end, so that a restart still acts on it */

struct lb_granted {
	uint8_t host[BNS_NAME_MAX];
	const struct lb_rule *rule;
	int64_t until_s;
	char *by, *reason;
	struct lb_granted *next;
};

static void granted_free(struct lb_granted *g)
{
	free(g->by);
	free(g->reason);
	free(g);
}

void lb_granted_close(struct lb *lb)
{
	while (lb->granted) {
		struct lb_granted *next = lb->granted->next;
		granted_free(lb->granted);
		lb->granted = next;
	}
}

static const char *key_of(const struct lb *lb, const uint8_t *host, const struct lb_rule *rule, char *out, size_t cap)
{
	char text[BNS_NAME_TEXT_MAX];

	snprintf(out, cap, KEY_PREFIX "%s/%s", lb_name_words(lb, host, text), rule->id);
	return out;
}

static struct lb_granted **find(struct lb *lb, const uint8_t *host, const struct lb_rule *rule)
{
	struct lb_granted **link = &lb->granted;

	while (*link && ((*link)->rule != rule || !lb_name_equal((*link)->host, host)))
		link = &(*link)->next;
	return link;
}

static enum bns_error put(struct lb *lb, const uint8_t *host, const struct lb_rule *rule, int64_t until_s,
			  const char *by, const char *reason)
{
	struct lb_granted *g = calloc(1, sizeof(*g)), **link = find(lb, host, rule);

	if (!g || !(g->by = strdup(by)) || !(g->reason = strdup(reason))) {
		if (g)
			granted_free(g);
		return BNS_ENOMEM;
	}
	lb_name_lower(g->host, host);
	g->rule = rule;
	g->until_s = until_s;
	if (*link) {
		struct lb_granted *former = *link;
		*link = former->next;
		granted_free(former);
	}
	g->next = lb->granted;
	lb->granted = g;
	return BNS_OK;
}

struct recalling {
	struct lb *lb;
	enum bns_error err;
};

static void recall_one(void *arg, const char *key, const void *value, size_t len)
{
	struct recalling *r = arg;
	char name[BNS_NAME_TEXT_MAX], *text = strndup(value, len), *by = text, *slash = strrchr(key, '/'), *line;
	uint8_t wire[BNS_NAME_MAX], host[BNS_NAME_MAX];
	long long until_s = 0;
	size_t host_len;

	snprintf(name, sizeof(name), "%.*s", (int)(slash - key - (ptrdiff_t)strlen(KEY_PREFIX)),
		 key + strlen(KEY_PREFIX));
	const struct lb_rule *rule = lb_rule_find(slash + 1);
	line = text ? strchr(text, '\n') : NULL;
	if (line && rule && r->lb->host->name_from_text(name, NULL, wire, &host_len) == BNS_OK) {
		*line = '\0';
		lb_name_lower(host, wire);
		if (lb_take_number(&by, &until_s) && until_s + KEPT_S < r->lb->host->now_s())
			r->lb->host->forget(r->lb->plugin, key);
		else
			r->err = put(r->lb, host, rule, until_s, by, line + 1);
	}
	free(text);
}

enum bns_error lb_granted_open(struct lb *lb)
{
	struct recalling r = {.lb = lb};
	enum bns_error err = lb->host->recall(lb->plugin, KEY_PREFIX, recall_one, &r);

	return err != BNS_OK ? err : r.err;
}

enum bns_error lb_granted_join(const struct lb *lb, struct lb_policy *policy)
{
	size_t more = 0, at = policy->file_override_count;

	for (const struct lb_granted *g = lb->granted; g; g = g->next)
		more++;
	struct lb_override *all = lb_pool_alloc(&policy->pool, (at + more + 1) * sizeof(*all));
	if (!all)
		return BNS_ENOMEM;
	if (at > 0)
		memcpy(all, policy->overrides, at * sizeof(*all));
	for (const struct lb_granted *g = lb->granted; g; g = g->next) {
		struct lb_override *o = &all[at++];
		o->host = lb_pool_name(&policy->pool, g->host);
		o->by = lb_pool_text(&policy->pool, g->by);
		o->reason = lb_pool_text(&policy->pool, g->reason);
		o->rule = g->rule;
		o->until_s = g->until_s;
		o->at_run_time = true;
		if (!o->host || !o->by || !o->reason)
			return BNS_ENOMEM;
	}
	policy->overrides = all;
	policy->override_count = at;
	return BNS_OK;
}

enum bns_error lb_grant(struct lb *lb, const uint8_t *host, const struct lb_rule *rule, int64_t until_s, const char *by,
			const char *reason)
{
	char key[BNS_NAME_TEXT_MAX + 32], *value = NULL;
	int len = asprintf(&value, "%lld %s\n%s", (long long)until_s, by, reason);
	enum bns_error err =
		len < 0 ? BNS_ENOMEM
			: lb->host->remember(lb->plugin, key_of(lb, host, rule, key, sizeof(key)), value, (size_t)len);

	if (len >= 0)
		free(value);
	if (err == BNS_OK)
		err = put(lb, host, rule, until_s, by, reason);
	return err == BNS_OK ? lb_granted_join(lb, lb->policy) : err;
}

bool lb_revoke(struct lb *lb, const uint8_t *host, const struct lb_rule *rule)
{
	struct lb_granted **link = find(lb, host, rule), *g = *link;
	char key[BNS_NAME_TEXT_MAX + 32];

	if (!g)
		return false;
	*link = g->next;
	granted_free(g);
	lb->host->forget(lb->plugin, key_of(lb, host, rule, key, sizeof(key)));
	for (size_t i = 0; i < lb->policy->override_count; i++) {
		struct lb_override *o = &lb->policy->overrides[i];
		/* Its end is acted on with the next tick. */
		if (o->at_run_time && o->rule == rule && lb_name_equal(o->host, host))
			o->until_s = lb->host->now_s();
	}
	return true;
}
