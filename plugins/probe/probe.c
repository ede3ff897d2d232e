/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The probe plugin: answers what other plugins ask about targets of branded
 * hosts, by looking at them over DNS, TLS and HTTP. The looking is done by
 * probe-helper, a program beside the daemon.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

#define STEPS_MAX   64
#define KNOWN_MAX   4096 /* results that are kept; then the oldest goes */
#define LINK_PREFIX "://"

struct probe_options {
	const char *weight;
	struct bns_option_list resolver;
	const char *ca_file;
	const char *user_agent;
	const char *path;
	int64_t https_port, http_port;
	uint64_t timeout_s, interval_s;
	int64_t threads;
	int64_t warn_days, alarm_days;
	struct bns_option_list caa_issuer;
};

/* An order on its way: somebody's question, or a verb. */
struct pending {
	json_int_t id;
	struct bns_ask *ask;
	struct bns_reply *reply;
	char *key; /* of the result, for questions */
	struct pending *next;
};

/* What was seen last: the newest first. */
struct known {
	char *key;
	int64_t at_s;
	json_t *result;
	struct known *next;
};

struct probe_state {
	const struct bns_host *host;
	const struct probe_options *options;
	enum bns_answerer weight;
	struct pending *pending;
	struct known *known;
	size_t known_count;
	json_int_t last_id;
	bool introduced; /* the helper that runs now knows its settings */
	uint64_t good, bad, lost;
};

/* ---- results ---- */

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

static void known_free(struct known *k)
{
	json_decref(k->result);
	free(k->key);
	free(k);
}

static void forget_oldest(struct probe_state *s)
{
	struct known **last = &s->known;
	while (*last && (*last)->next)
		last = &(*last)->next;
	if (*last)
		known_free(*last);
	*last = NULL;
	s->known_count--;
}

static void keep(struct probe_state *s, const char *key, json_t *result)
{
	struct known *k = calloc(1, sizeof(*k));
	for (struct known **link = &s->known; *link; link = &(*link)->next) {
		if (strcmp((*link)->key, key) != 0)
			continue;
		struct known *former = *link;
		*link = former->next;
		known_free(former);
		s->known_count--;
		break;
	}
	char *copy = k ? strdup(key) : NULL;
	if (!copy) {
		free(k);
		return;
	}
	*k = (struct known){.key = copy, .at_s = s->host->now_s(), .result = json_incref(result), .next = s->known};
	s->known = k;
	if (++s->known_count > KNOWN_MAX)
		forget_oldest(s);
}

static const struct known *find_known(const struct probe_state *s, const char *key, uint64_t fresh_s)
{
	for (const struct known *k = s->known; k; k = k->next)
		if (strcmp(k->key, key) == 0)
			return (uint64_t)(s->host->now_s() - k->at_s) <= fresh_s ? k : NULL;
	return NULL;
}

/* ---- answers ---- */

/* A step as a note: what is in order passes, and has no rule. */
static struct bns_note note_of(const json_t *step)
{
	bool good = json_is_true(json_object_get(step, "good"));
	return (struct bns_note){
		.verdict = good ? BNS_VERDICT_PASS : BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = good ? 'M' : word(step, "severity")[0],
		.rule = good ? NULL : word(step, "rule"),
		.text = word(step, "text"),
		.remedy = good ? NULL : word(step, "remedy"),
	};
}

static bool is_wanted(const json_t *step, bool all)
{
	return all || !json_is_true(json_object_get(step, "good"));
}

/* `all`: also the steps that are in order. */
static void answer(const struct probe_state *s, struct bns_ask *ask, const json_t *result, int64_t at_s, bool all)
{
	struct bns_note notes[STEPS_MAX];
	const json_t *steps = json_object_get(result, "steps");
	bool good = json_is_true(json_object_get(result, "good"));
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(steps) && count < STEPS_MAX; i++)
		if (is_wanted(json_array_get(steps, i), all))
			notes[count++] = note_of(json_array_get(steps, i));
	const struct bns_answer told = {
		.evidence = good ? BNS_EVIDENCE_GOOD : BNS_EVIDENCE_BAD,
		.weight = s->weight,
		.at_s = at_s,
		.text = good ? "it answers over TLS and HTTP as it should" : "it doesn't work as it should",
		.notes = notes,
		.note_count = count,
	};
	s->host->answer(ask, &told);
}

static void answer_nothing(const struct probe_state *s, struct bns_ask *ask, const char *why)
{
	const struct bns_answer told = {
		.evidence = BNS_EVIDENCE_NONE, .weight = s->weight, .at_s = s->host->now_s(), .text = why};
	s->host->answer(ask, &told);
}

static void reply_with(const struct probe_state *s, struct bns_reply *reply, const json_t *result)
{
	json_t *told = json_pack("{s:i,s:O,s:O}", "schema", 1, "good", json_object_get(result, "good"), "steps",
				 json_object_get(result, "steps"));
	char *text = told ? json_dumps(told, JSON_COMPACT) : NULL;
	s->host->reply(reply, text ? BNS_OK : BNS_ENOMEM, text, NULL);
	free(text);
	json_decref(told);
}

static void reply_nothing(const struct probe_state *s, struct bns_reply *reply, enum bns_error err, const char *why)
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

static bool tells_all(const char *key)
{
	return strncmp(key, "check ", 6) == 0;
}

static void on_message(struct bns_plugin *p, const uint8_t *data, size_t len)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	json_t *result = json_loadb((const char *)data, len, 0, NULL);
	struct pending *w = take(s, json_integer_value(json_object_get(result, "id")));
	if (w) {
		*(json_is_true(json_object_get(result, "good")) ? &s->good : &s->bad) += 1;
		if (w->key)
			keep(s, w->key, result);
		if (w->ask)
			answer(s, w->ask, result, s->host->now_s(), tells_all(w->key));
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
			answer_nothing(s, w->ask, why);
		else
			reply_nothing(s, w->reply, BNS_EIO, why);
		pending_free(w);
	}
}

static const struct bns_helper_events events = {.message = on_message, .ended = on_helper_ended};

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
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:o,s:o}", "threads", (json_int_t)o->threads, "timeout_ms",
		(json_int_t)o->timeout_s * 1000, "interval_ms", (json_int_t)o->interval_s * 1000, "https_port",
		(json_int_t)o->https_port, "http_port", (json_int_t)o->http_port, "warn_days", (json_int_t)o->warn_days,
		"alarm_days", (json_int_t)o->alarm_days, "user_agent", o->user_agent, "path", o->path, "resolvers",
		list_of(&o->resolver), "caa_issuers", list_of(&o->caa_issuer));
	if (settings && o->ca_file[0])
		json_object_set_new(settings, "ca_file", json_string(o->ca_file));
	enum bns_error err = send_json(p, settings);
	s->introduced = err == BNS_OK;
	return err;
}

/* Takes `message` over. On failure nothing waits, and whose it is is told by the caller. */
static enum bns_error order(struct bns_plugin *p, struct probe_state *s, json_t *message, const struct pending *whose)
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

/* ---- questions of other plugins ---- */

static void set_name(const struct probe_state *s, json_t *message, const char *key, const uint8_t *name)
{
	char text[BNS_NAME_TEXT_MAX];
	if (name)
		json_object_set_new(message, key, json_string(s->host->name_to_text(name, text)));
}

static json_t *message_of(const struct probe_state *s, const struct bns_question *q)
{
	json_t *message = json_pack("{s:s}", "kind", q->kind);
	set_name(s, message, "host", q->host);
	set_name(s, message, "target", q->target);
	set_name(s, message, "origin", q->origin);
	if (message && q->zone_text && q->zone_text[0])
		json_object_set_new(message, "zone", json_string(q->zone_text));
	return message;
}

static char *key_of(const json_t *message)
{
	char key[2048];
	snprintf(key, sizeof(key), "%s %s %s %s", word(message, "kind"), word(message, "host"), word(message, "target"),
		 word(message, "origin"));
	return strdup(key);
}

static bool is_known_kind(const char *kind)
{
	return strcmp(kind, "route") == 0 || strcmp(kind, "check") == 0;
}

static enum bns_answerer probe_asked(struct bns_plugin *p, const struct bns_question *q, struct bns_ask *ask)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	if (!is_known_kind(q->kind))
		return BNS_ANSWERER_NONE;
	json_t *message = message_of(s, q);
	char *key = message ? key_of(message) : NULL;
	const struct known *k = key && q->fresh_s ? find_known(s, key, q->fresh_s) : NULL;
	if (k) {
		answer(s, ask, k->result, k->at_s, tells_all(key));
		json_decref(message);
		free(key);
		return s->weight;
	}
	const struct pending whose = {.ask = ask, .key = key};
	enum bns_error err = key ? order(p, s, message, &whose) : BNS_ENOMEM;
	if (err) {
		free(key);
		answer_nothing(s, ask,
			       err == BNS_EBUSY ? "probe-helper isn't running now: it is being started again"
						: "memory is short");
	}
	return s->weight;
}

/* ---- control ---- */

/* http://HOST/PATH or https://…: with a port it would be no tracked link. */
static bool split_link(const char *url, char *host, size_t cap, const char **path)
{
	const char *start = strstr(url, LINK_PREFIX);
	if (!start || (strncmp(url, "http:", 5) != 0 && strncmp(url, "https:", 6) != 0))
		return false;
	start += strlen(LINK_PREFIX);
	size_t len = strcspn(start, "/?#");
	*path = start[len] == '/' ? start + len : "/";
	snprintf(host, cap, "%.*s", (int)len, start);
	return len > 0 && len < cap && !strpbrk(host, ":@[] ");
}

static void start_test_link(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
			    struct bns_reply *reply)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	const struct pending whose = {.reply = reply};
	const char *path;
	char host[256];
	(void)by;
	if (count != 1 || !split_link(args[0], host, sizeof(host), &path)) {
		reply_nothing(
			s, reply, BNS_EINVAL,
			"test-link needs the http link of a test mail, whole: http://url1234.example.com/ls/click?…");
		return;
	}
	enum bns_error err =
		order(p, s, json_pack("{s:s,s:s,s:s}", "kind", "link", "host", host, "path", path), &whose);
	if (err)
		reply_nothing(s, reply, err,
			      err == BNS_EBUSY ? "probe-helper isn't running now: try again in a moment"
					       : "memory is short");
}

static enum bns_error run_status(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				 struct bns_diag *diag)
{
	const struct probe_state *s = bns_host_of(p)->state(p);
	json_int_t waiting = 0;
	(void)args;
	(void)count;
	(void)diag;
	for (const struct pending *w = s->pending; w; w = w->next)
		waiting++;
	json_t *status = json_pack("{s:i,s:s,s:I,s:I,s:I,s:I,s:I}", "schema", 1, "weight", s->options->weight,
				   "waiting", waiting, "known", (json_int_t)s->known_count, "good", (json_int_t)s->good,
				   "bad", (json_int_t)s->bad, "lost", (json_int_t)s->lost);
	*json = status ? json_dumps(status, JSON_COMPACT) : NULL;
	json_decref(status);
	return *json ? BNS_OK : BNS_ENOMEM;
}

/* ---- open and close ---- */

static enum bns_error check_options(const struct bns_host *host, const struct probe_options *o,
				    enum bns_answerer *weight, struct bns_diag *diag)
{
	const char *wrong = NULL;
	*weight = strcmp(o->weight, "required") == 0 ? BNS_ANSWERER_REQUIRED : BNS_ANSWERER_ADVISORY;
	if (*weight == BNS_ANSWERER_ADVISORY && strcmp(o->weight, "advisory") != 0)
		wrong = "'weight' is required or advisory";
	else if (o->https_port < 1 || o->https_port > UINT16_MAX || o->http_port < 1 || o->http_port > UINT16_MAX)
		wrong = "'https-port' and 'http-port' are from 1 to 65535";
	else if (o->threads < 1 || o->threads > 64 || o->timeout_s < 1 || o->timeout_s > 60)
		wrong = "'threads' is from 1 to 64, 'timeout' from 1s to 60s";
	else if (o->warn_days < o->alarm_days || o->alarm_days < 0)
		wrong = "'warn-days' is not less than 'alarm-days', and neither is negative";
	else if (o->path[0] != '/')
		wrong = "'path' begins with /";
	if (!wrong)
		return BNS_OK;
	host->diag(diag, NULL, 0, 0, "plugin 'probe': option %s", wrong);
	return BNS_EINVAL;
}

static enum bns_error probe_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct probe_state *s = calloc(1, sizeof(*s));
	if (!s)
		return BNS_ENOMEM;
	*s = (struct probe_state){.host = host, .options = host->options(p)};
	enum bns_error err = check_options(host, s->options, &s->weight, diag);
	if (!err)
		err = host->helper_start(p, "probe-helper", &events, diag);
	if (err)
		free(s);
	else
		host->set_state(p, s);
	return err;
}

static void probe_close(struct bns_plugin *p)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	while (s->pending)
		pending_free(take(s, s->pending->id));
	while (s->known) {
		struct known *next = s->known->next;
		known_free(s->known);
		s->known = next;
	}
	free(s);
}

#define ROW(name, type, field, value, help)                                                                            \
	{                                                                                                              \
		name, type, offsetof(struct probe_options, field), value, help                                         \
	}

static const struct bns_option options[] = {
	ROW("weight", BNS_OPTION_STRING, weight, "required",
	    "What an answer weighs: required (nothing passes but a good one) or advisory."),
	ROW("resolver", BNS_OPTION_LIST, resolver, "", "Resolvers to ask; empty: those of the system."),
	ROW("ca-file", BNS_OPTION_PATH, ca_file, "", "Trusted certificates, PEM; empty: those of the system."),
	ROW("user-agent", BNS_OPTION_STRING, user_agent, "brandns-probe", "What requests say they come from."),
	ROW("path", BNS_OPTION_STRING, path, "/ls/click", "Path of a tracked link, for comparing CDN and origin."),
	ROW("https-port", BNS_OPTION_INTEGER, https_port, "443", "Where targets are asked over TLS."),
	ROW("http-port", BNS_OPTION_INTEGER, http_port, "80", "Where targets are asked without."),
	ROW("timeout", BNS_OPTION_DURATION, timeout_s, "5s", "How long one connection or question may take."),
	ROW("interval", BNS_OPTION_DURATION, interval_s, "0s", "Pause between two connections to one address."),
	ROW("threads", BNS_OPTION_INTEGER, threads, "8", "How many targets are looked at at once."),
	ROW("warn-days", BNS_OPTION_INTEGER, warn_days, "21", "A certificate's end is told so long before."),
	ROW("alarm-days", BNS_OPTION_INTEGER, alarm_days, "7", "And so long before it counts as broken soon."),
	ROW("caa-issuer", BNS_OPTION_LIST, caa_issuer, "",
	    "Issuers, one of which CAA records must allow; empty: whichever they allow."),
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"test-link", "URL", "Tries the http link of a test mail as http and as https.", false, NULL, start_test_link},
	{"probe status", "", "What is being looked at, and how it ended so far.", false, run_status, NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "probe",
	.summary = "Looks at targets of branded hosts over DNS, TLS and HTTP before they are served, and on demand.",
	.options = options,
	.options_size = sizeof(struct probe_options),
	.commands = commands,
	.open = probe_open,
	.close = probe_close,
	.asked = probe_asked,
};
