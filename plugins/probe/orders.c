/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders to probe-helper, and what becomes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define STEPS_MAX 64

const char *probe_word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

/* ---- answers ---- */

/* A step as a note: what is in order passes, and has no rule. */
static struct bns_note note_of(const json_t *step)
{
	bool good = json_is_true(json_object_get(step, "good"));
	return (struct bns_note){
		.verdict = good ? BNS_VERDICT_PASS : BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = good ? 'M' : probe_word(step, "severity")[0],
		.rule = good ? NULL : probe_word(step, "rule"),
		.text = probe_word(step, "text"),
		.remedy = good ? NULL : probe_word(step, "remedy"),
	};
}

/* What reports tell, and the steps where all are asked for. */
static json_t *details_of(const json_t *result, bool all)
{
	json_t *details = json_pack("{s:O, s:O}", "chain", json_object_get(result, "chain"), "addresses",
				    json_object_get(result, "addresses"));
	if (details && all)
		json_object_set(details, "steps", json_object_get(result, "steps"));
	return details;
}

static bool is_wanted(const json_t *step, bool all)
{
	return all || !json_is_true(json_object_get(step, "good"));
}

/* A check tells all its steps. */
static bool tells_all(const char *key)
{
	return strncmp(key, "check ", 6) == 0;
}

void probe_answer(const struct probe_state *s, struct bns_ask *ask, const struct known *known)
{
	struct bns_note notes[STEPS_MAX];
	const json_t *steps = json_object_get(known->result, "steps");
	bool good = json_is_true(json_object_get(known->result, "good"));
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(steps) && count < STEPS_MAX; i++)
		if (is_wanted(json_array_get(steps, i), tells_all(known->key)))
			notes[count++] = note_of(json_array_get(steps, i));
	json_t *details = details_of(known->result, tells_all(known->key));
	char *text = details ? json_dumps(details, JSON_COMPACT) : NULL;
	const struct bns_answer told = {
		.evidence = good ? BNS_EVIDENCE_GOOD : BNS_EVIDENCE_BAD,
		.weight = s->weight,
		.at_s = known->at_s,
		.text = good ? "it answers over TLS and HTTP as it should" : "it doesn't work as it should",
		.notes = notes,
		.note_count = count,
		.details = text,
	};
	s->host->answer(ask, &told);
	free(text);
	json_decref(details);
}

void probe_answer_nothing(const struct probe_state *s, struct bns_ask *ask, const char *why)
{
	const struct bns_answer told = {
		.evidence = BNS_EVIDENCE_NONE, .weight = s->weight, .at_s = s->host->now_s(), .text = why};
	s->host->answer(ask, &told);
}

/* The severest of what was found; null: nothing was. */
static json_t *worst_of(const json_t *steps)
{
	static const char *const severities[] = {"C", "H", "M"};
	size_t i;
	json_t *step;
	for (size_t k = 0; k < 3; k++)
		json_array_foreach (steps, i, step)
			if (strcmp(probe_word(step, "severity"), severities[k]) == 0)
				return json_string(severities[k]);
	return json_null();
}

static void reply_with(const struct probe_state *s, struct bns_reply *reply, const json_t *result)
{
	json_t *steps = json_object_get(result, "steps");
	json_t *told = json_pack("{s:i,s:O,s:o,s:O}", "schema", 1, "good", json_object_get(result, "good"), "worst",
				 worst_of(steps), "steps", steps);
	char *text = told ? json_dumps(told, JSON_COMPACT) : NULL;
	s->host->reply(reply, text ? BNS_OK : BNS_ENOMEM, text, NULL);
	free(text);
	json_decref(told);
}

void probe_reply_nothing(const struct probe_state *s, struct bns_reply *reply, enum bns_error err, const char *why)
{
	struct bns_diag diag = {0};
	s->host->diag(&diag, NULL, 0, 0, "%s", why);
	s->host->reply(reply, err, NULL, &diag);
}

/* ---- orders on their way ---- */

static void pending_free(struct pending *w)
{
	free(w->key);
	free(w);
}

static struct pending *take(struct probe_state *s, json_int_t id)
{
	for (struct pending **link = &s->pending; *link; link = &(*link)->next) {
		struct pending *w = *link;
		if (w->id != id)
			continue;
		*link = w->next;
		return w;
	}
	return NULL;
}

static void on_message(struct bns_plugin *p, const uint8_t *data, size_t len)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	json_t *result = json_loadb((const char *)data, len, 0, NULL);
	struct pending *w = take(s, json_integer_value(json_object_get(result, "id")));
	if (w) {
		const struct known seen = {.key = w->key, .at_s = s->host->now_s(), .result = result};
		*(json_is_true(json_object_get(result, "good")) ? &s->good : &s->bad) += 1;
		/* Whole checks are never asked for again so soon. */
		if (w->key && !tells_all(w->key))
			probe_keep(s, w->key, result);
		if (w->ask)
			probe_answer(s, w->ask, &seen);
		else
			reply_with(s, w->reply, result);
		pending_free(w);
	}
	json_decref(result);
}

static void on_helper_ended(struct bns_plugin *p, const char *how)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	char why[160];
	snprintf(why, sizeof(why), "probe-helper ended while it looked (%s) and is started again", how);
	s->introduced = false;
	while (s->pending) {
		struct pending *w = take(s, s->pending->id);
		s->lost++;
		if (w->ask)
			probe_answer_nothing(s, w->ask, why);
		else
			probe_reply_nothing(s, w->reply, BNS_EIO, why);
		pending_free(w);
	}
}

const struct bns_helper_events probe_helper_events = {.message = on_message, .ended = on_helper_ended};

static enum bns_error send_json(struct bns_plugin *p, json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	enum bns_error err = text ? bns_host_of(p)->helper_send(p, text, strlen(text)) : BNS_ENOMEM;
	free(text);
	json_decref(message);
	return err;
}

static json_t *list_of(const struct bns_option_list *list)
{
	json_t *array = json_array();
	for (size_t i = 0; array && i < list->count; i++)
		json_array_append_new(array, json_string(list->items[i]));
	return array;
}

static enum bns_error introduce(struct bns_plugin *p, struct probe_state *s)
{
	const struct probe_options *o = s->options;
	if (s->introduced)
		return BNS_OK;
	json_t *settings = json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:o,s:o,s:o}", "threads", (json_int_t)o->threads, "timeout_ms",
		(json_int_t)o->timeout_s * 1000, "interval_ms", (json_int_t)o->interval_s * 1000, "https_port",
		(json_int_t)o->https_port, "http_port", (json_int_t)o->http_port, "warn_days", (json_int_t)o->warn_days,
		"alarm_days", (json_int_t)o->alarm_days, "user_agent", o->user_agent, "path", o->path, "resolvers",
		list_of(&o->resolver), "caa_issuers", list_of(&o->caa_issuer), "user_agents", list_of(&o->user_agents));
	if (settings && o->ca_file[0])
		json_object_set_new(settings, "ca_file", json_string(o->ca_file));
	enum bns_error err = send_json(p, settings);
	s->introduced = err == BNS_OK;
	return err;
}

/* Takes `message` over. On failure nothing waits, and whose it is is told by the caller. */
enum bns_error probe_order(struct bns_plugin *p, struct probe_state *s, json_t *message, const struct pending *whose)
{
	struct pending *w = calloc(1, sizeof(*w));
	enum bns_error err = w && message ? introduce(p, s) : BNS_ENOMEM;
	if (!err) {
		*w = *whose;
		w->id = ++s->last_id;
		json_object_set_new(message, "id", json_integer(w->id));
		err = send_json(p, json_incref(message));
	}
	json_decref(message);
	if (err) {
		free(w);
		return err;
	}
	w->next = s->pending;
	s->pending = w;
	return BNS_OK;
}

void probe_drop_orders(struct probe_state *s)
{
	while (s->pending)
		pending_free(take(s, s->pending->id));
}
