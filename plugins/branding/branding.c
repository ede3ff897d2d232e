/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The branding plugin: holds back changes that would break the TLS routing of
 * link brandings. This file is the descriptor and what ties the parts together.
 */
#include "check.h"
#include "account_live.h"
#include "found.h"
#include "life.h"
#include "overview.h"
#include "seen.h"
#include "watch.h"

#include <stdlib.h>

static enum bns_error load_policy(const struct lb *lb, struct lb_policy **out, struct bns_diag *diag)
{
	const struct lb_options *options = lb->options;
	enum bns_error err = lb_policy_load(lb, options->policy, out, diag);

	if (err == BNS_OK) {
		err = lb_granted_join(lb, *out);
		if (err != BNS_OK)
			lb_policy_free(*out);
	}
	if (err != BNS_OK && !diag->text[0])
		lb->host->diag(diag, options->policy, 0, 0, "the policy can't be read: %s",
			       err == BNS_ENOMEM ? "out of memory" : "see the log");
	return err;
}

static void lb_free(struct lb *lb)
{
	lb_lives_free(lb->lives);
	lb_seen_close(lb);
	lb_found_close(lb);
	lb_expected_close(lb);
	lb_memory_close(lb);
	if (!lb->policy_is_watched)
		lb_policy_free(lb->policy);
	lb_granted_close(lb);
	lb_heard_close(lb);
	lb_live_close(lb);
	lb_recheck_free(lb->recheck);
	lb_watch_free(lb->watch);
	free(lb->beyond);
	free(lb);
}

static enum bns_error watch_first(struct lb *lb)
{
	struct lb_watch_table *table = lb_watch_make(lb->policy);

	if (!table)
		return BNS_ENOMEM;
	lb_watch_set(lb, table);
	lb->policy_is_watched = true;
	return BNS_OK;
}

static enum bns_error branding_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct lb *lb = calloc(1, sizeof(*lb));

	if (!lb)
		return BNS_ENOMEM;
	lb->plugin = p;
	lb->host = host;
	lb->options = host->options(p);
	lb->beyond = lb_beyond_new();
	lb->watch = lb_watch_new(host->now_s());
	lb->recheck = lb_recheck_new(lb->options->recheck_s);
	lb->lives = lb_lives_new();
	if (!lb->beyond || !lb->watch || !lb->recheck || !lb->lives) {
		lb_free(lb);
		return BNS_ENOMEM;
	}
	enum bns_error err = lb_granted_open(lb);
	if (err == BNS_OK)
		err = load_policy(lb, &lb->policy, diag);
	if (err == BNS_OK)
		err = lb_memory_open(lb);
	if (err == BNS_OK)
		err = lb_expected_open(lb);
	if (err == BNS_OK)
		err = watch_first(lb);
	if (err == BNS_OK)
		err = lb_seen_open(lb);
	if (err == BNS_OK)
		err = lb_heard_open(lb);
	if (err == BNS_OK)
		err = lb_live_open(lb, diag);
	if (err != BNS_OK) {
		lb_free(lb);
		return err;
	}
	host->set_state(p, lb);
	host->log(p, BNS_LOG_INFO, "%zu brandings in the policy, %zu hosts remembered", lb->policy->branding_count,
		  lb->memory.count);
	return BNS_OK;
}

struct lb *lb_of(struct bns_plugin *p)
{
	struct lb *lb = bns_host_of(p)->state(p);

	lb_beyond_forget(lb);
	return lb;
}

static void branding_close(struct bns_plugin *p)
{
	lb_free(lb_of(p));
}

/* A policy that is ready to come into force. */
struct coming {
	struct lb_policy *policy;
	struct lb_watch_table *table;
};

static enum bns_error branding_prepare(struct bns_plugin *p, const void *options, void **prepared,
				       struct bns_diag *diag)
{
	struct lb *lb = lb_of(p);
	const struct lb_options *in_force = lb->options;
	struct coming *c = calloc(1, sizeof(*c));

	if (!c)
		return BNS_ENOMEM;
	lb->options = options; /* the profiles' folder, too, is the new one's */
	enum bns_error err = load_policy(lb, &c->policy, diag);
	lb->options = in_force;
	if (!err && !(c->table = lb_watch_make(c->policy))) {
		lb_policy_free(c->policy);
		err = BNS_ENOMEM;
	}
	if (err)
		free(c);
	else
		*prepared = c;
	return err;
}

static void branding_drop(struct bns_plugin *p, void *prepared)
{
	struct coming *c = prepared;

	(void)p;
	lb_watch_discard(c->table);
	free(c);
}

static void branding_apply(struct bns_plugin *p, void *prepared)
{
	struct lb *lb = lb_of(p);
	struct lb_policy *former = lb->policy;
	struct coming *c = prepared;
	struct lb_watch_table *watched = lb_watch_set(lb, c->table);

	lb->options = lb->host->options(p);
	lb->policy = c->policy;
	lb_recheck_set(lb->recheck, lb->options->recheck_s);
	lb_overrides_replaced(lb, former, lb->host->now_s());
	lb_watch_drop(lb, watched);
	lb_found_replaced(lb);
	lb->sweep_at = 0;
	lb_live_replaced(lb);
	free(c);
}

static void branding_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review)
{
	lb_judge(lb_of(p), change, review);
}

static void branding_served(struct bns_plugin *p, const struct bns_change *change)
{
	lb_memory_served(lb_of(p), change);
}

static void branding_tick(struct bns_plugin *p, int64_t now_s)
{
	struct lb *lb = lb_of(p);

	lb_overrides_tick(lb, now_s);
	lb_lives_tick(lb, now_s);
	lb_lives_sweep(lb);
	lb_endings_tick(lb, now_s);
	lb_live_tick(lb, now_s);
	lb_recheck_tick(lb, now_s);
	lb_watch_tick(lb, now_s);
}

/* Packet thread: nothing of the instance but the watch. */
static enum bns_query_verdict branding_query(struct bns_plugin *p, enum bns_query_stage stage,
					     const struct bns_query_view *q)
{
	const struct lb *lb = bns_host_of(p)->state(p);

	(void)stage;
	lb_watch_query(lb->watch, q);
	return BNS_QUERY_CONTINUE;
}

/* Who asks for the CNAME itself verifies, or looks closely; all others ask for addresses. */
static const uint16_t query_types[] = {BNS_TYPE_CNAME, 0};

static const struct bns_option options[] = {
	{"policy", BNS_OPTION_PATH, offsetof(struct lb_options, policy), "",
	 "The policy file; without one, brandings are only recognised."},
	{"profiles", BNS_OPTION_PATH, offsetof(struct lb_options, profiles), "",
	 "The folder of provider profiles; empty: those that came with the plugin."},
	{"recheck", BNS_OPTION_DURATION, offsetof(struct lb_options, recheck_s), "6h",
	 "How often each routed branding is probed from outside, where the plugin probe is configured; 0s: never."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "branding",
	.summary = "Holds back zone changes that would break the TLS routing of link brandings.",
	.options = options,
	.options_size = sizeof(struct lb_options),
	.commands = lb_commands,
	.metrics = lb_metrics,
	.open = branding_open,
	.close = branding_close,
	.review = branding_review,
	.served = branding_served,
	.query = branding_query,
	.query_types = query_types,
	.query_stages = 1 << BNS_QUERY_BEFORE,
	.tick = branding_tick,
	.prepare = branding_prepare,
	.apply = branding_apply,
	.drop = branding_drop,
};
