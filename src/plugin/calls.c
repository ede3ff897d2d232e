/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plugin may ask of the program: every call of struct bns_host but a review's. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rcu.h"
#include "plugin/helper.h"
#include "wire/name.h"
#include "wire/rrtype.h"
#include "zone/digest.h"
#include "zone/dump.h"

static void BNS_PRINTF(3, 4) call_log(const struct bns_plugin *p, int level, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	bns_log((enum bns_log_level)level, "plugin=%s %s", p->id, text);
}

static void *call_state(const struct bns_plugin *p)
{
	return p->state;
}

static void call_set_state(struct bns_plugin *p, void *state)
{
	p->state = state;
}

static const void *call_options(const struct bns_plugin *p)
{
	return p->options;
}

static enum bns_error call_name_from_text(const char *text, const uint8_t *origin, uint8_t *out, size_t *out_len)
{
	return bns_name_from_text(text, origin, out, out_len);
}

static char *call_name_to_text(const uint8_t *name, char *out)
{
	return bns_name_to_text_nodot(name, out);
}

static enum bns_error call_remember(struct bns_plugin *p, const char *key, const void *value, size_t len)
{
	const struct bns_host_services *s = &p->all->services;

	return s->remember ? s->remember(s->arg, p->id, key, value, len) : BNS_OK;
}

static void call_forget(struct bns_plugin *p, const char *key)
{
	const struct bns_host_services *s = &p->all->services;

	if (s->forget)
		s->forget(s->arg, p->id, key);
}

static enum bns_error call_recall(struct bns_plugin *p, const char *prefix,
				  void (*each)(void *arg, const char *key, const void *value, size_t len), void *arg)
{
	const struct bns_host_services *s = &p->all->services;

	return s->recall ? s->recall(s->arg, p->id, prefix, each, arg) : BNS_OK;
}

static void call_judge_again(struct bns_plugin *p, const uint8_t *zone)
{
	const struct bns_host_services *s = &p->all->services;

	if (s->judge_again)
		s->judge_again(s->arg, zone);
}

static void call_approve(struct bns_plugin *p, const char *id, const char *reason, const char *by)
{
	const struct bns_host_services *s = &p->all->services;

	if (s->approve)
		s->approve(s->arg, id, reason, by);
}

static void call_event(struct bns_plugin *p, enum bns_log_level level, const char *kind, const char *zone_text,
		       const char *text)
{
	const struct bns_host_services *s = &p->all->services;

	if (s->event)
		s->event(s->arg, p->id, level, kind, zone_text, text);
}

static const struct bns_contents *call_served(struct bns_plugin *p, const uint8_t *zone)
{
	const struct bns_host_services *s = &p->all->services;

	return s->served ? s->served(s->arg, zone) : NULL;
}

static void call_point(struct bns_plugin *p, const uint8_t *zone, const uint8_t *owner, const uint8_t *target,
		       const char *by, bns_pointed_fn done, void *arg)
{
	const struct bns_host_services *s = &p->all->services;

	if (s->point)
		s->point(s->arg, zone, owner, target, by, done, arg);
	else
		done(arg, "failed", "nothing is served here");
}

static bool call_times(struct bns_plugin *p, const uint8_t *zone, struct bns_zone_times *times)
{
	const struct bns_host_services *s = &p->all->services;

	return s->times && s->times(s->arg, zone, times);
}

static const char *call_cache_folder(const struct bns_plugin *p)
{
	return p->all->services.cache_folder;
}

struct later {
	struct bns_rcu_head rcu;
	void (*call)(void *arg);
	void *arg;
};

static void run_later(struct bns_rcu_head *head)
{
	struct later *l = (struct later *)((char *)head - offsetof(struct later, rcu));

	l->call(l->arg);
	free(l);
}

static void call_later(struct bns_plugin *p, void (*call)(void *arg), void *arg)
{
	struct later *l = malloc(sizeof(*l));

	/* What can't be freed later is not freed at all: better than too early. */
	if (!l)
		return;
	p->all->has_later = true;
	l->call = call;
	l->arg = arg;
	bns_rcu_defer(&l->rcu, run_later);
}

static bool call_is_online(const struct bns_plugin *p)
{
	return p->all->services.loop != NULL;
}

static void call_metrics(struct bns_plugin *p, const struct bns_metric_sink *sink)
{
	bns_plugins_metrics(p->all, sink);
}

static void call_show(struct bns_plugin *p, const char *method, const char *params, bns_shown_fn done, void *arg)
{
	const struct bns_host_services *s = &p->all->services;

	if (s->show)
		s->show(s->control, method, params, done, arg);
	else
		done(arg, NULL, "nothing is served here");
}

const struct bns_host bns_plugin_host = {
	.abi = BNS_PLUGIN_ABI,
	.log = call_log,
	.state = call_state,
	.set_state = call_set_state,
	.options = call_options,
	.name_from_text = call_name_from_text,
	.name_to_text = call_name_to_text,
	.type_to_text = bns_rrtype_to_text,
	.name_compare = bns_name_compare,
	.name_in = bns_name_in,
	.rdata_to_text = bns_rdata_to_text,
	.find = bns_contents_find,
	.find_node = bns_contents_find_node,
	.contents_encode = bns_contents_encode,
	.record_write_canonical = bns_record_write_canonical,
	.cache_folder = call_cache_folder,
	.later = call_later,
	.yaml_load = bns_yaml_load,
	.yaml_free = bns_yaml_free,
	.diag = bns_diag_set,
	.wrong_option = bns_option_wrong,
	.note = bns_review_note,
	.amend = bns_review_amend,
	.review_end = bns_review_end,
	.review_approve = bns_review_approve,
	.review_extend = bns_review_extend,
	.ask = bns_ask,
	.answer = bns_ask_answer,
	.reply = bns_reply_end,
	.helper_start = bns_helper_start,
	.helper_send = bns_helper_send,
	.remember = call_remember,
	.forget = call_forget,
	.recall = call_recall,
	.judge_again = call_judge_again,
	.approve = call_approve,
	.event = call_event,
	.served = call_served,
	.point = call_point,
	.times = call_times,
	.served_zone = bns_compiled_zone,
	.served_names = bns_compiled_names,
	.would_answer = bns_compiled_answer,
	.settled = bns_compiled_settled,
	.listening = bns_compiled_listening,
	.now_s = bns_clock_wall_s,
	.is_online = call_is_online,
	.metrics = call_metrics,
	.show = call_show,
	.watch = bns_watch,
	.time_from_text = bns_time_from_text,
	.time_to_text = bns_time_to_text,
	.duration_from_text = bns_duration_from_text,
	.addr_from_text = bns_addr_from_text,
	.prefix_from_text = bns_prefix_from_text,
	.prefix_covers = bns_prefix_covers,
};
