/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tells others what happens: by a webhook, by a command, or both. What may hang
 * is done by hooks-helper; here events only wait until it is done with them.
 * Thread: main loop.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pending.h"
#include "plugin/plugin.h"

#define EVENT_KEY     "event/" /* with its id: what the store has until it is delivered */
#define LAST_KEY      "last"   /* id that was given: none is given twice */
#define TRIES_MAX     100
#define TIMEOUT_MAX_S 300

struct options {
	const char *url;
	const char *socket;
	const char *secret_file;
	struct bns_option_list command;
	struct bns_option_list events;
	uint64_t timeout_s;
	uint64_t pause_s;
	int64_t tries;
};

enum way { WAY_WEBHOOK, WAY_COMMAND, WAYS };
enum result { RESULT_DELIVERED, RESULT_FAILED, RESULT_GIVEN_UP, RESULTS };

static const char *const way_words[WAYS] = {"webhook", "command"};
static const char *const result_words[RESULTS] = {"delivered", "failed", "given-up"};

struct hooks {
	struct bns_plugin *plugin;
	const struct bns_host *host;
	const struct options *options;
	struct hooks_pending pending;
	bool is_introduced; /* the helper that runs now knows its settings */
	bool told_full;
	uint64_t counts[WAYS][RESULTS];
	uint64_t dropped; /* too many waited */
};

/* A bit for each. */
static unsigned ways_of(const struct options *o)
{
	return (o->url[0] ? 1U << WAY_WEBHOOK : 0U) | (o->command.count > 0 ? 1U << WAY_COMMAND : 0U);
}

/* ---- to the helper ---- */

static json_t *settings_of(const struct options *o)
{
	json_t *command = json_array();

	for (size_t i = 0; i < o->command.count; i++)
		json_array_append_new(command, json_string(o->command.items[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I}", "url", o->url, "socket", o->socket, "secret_file",
			 o->secret_file, "command", command, "timeout_ms", (json_int_t)(o->timeout_s * 1000),
			 "pause_ms", (json_int_t)(o->pause_s * 1000), "tries", (json_int_t)o->tries);
}

static bool introduce(struct hooks *h)
{
	json_t *settings = h->is_introduced ? NULL : settings_of(h->options);
	char *text = settings ? json_dumps(settings, JSON_COMPACT) : NULL;

	if (text)
		h->is_introduced = h->host->helper_send(h->plugin, text, strlen(text)) == BNS_OK;
	free(text);
	json_decref(settings);
	return h->is_introduced;
}

/* What can't be sent now is sent with the next tick. */
static void send_all(struct hooks *h)
{
	for (struct hooks_event *e = h->pending.first; e; e = e->next) {
		if (e->is_sent)
			continue;
		if (!introduce(h))
			return;
		e->is_sent = h->host->helper_send(h->plugin, e->message, strlen(e->message)) == BNS_OK;
		if (!e->is_sent)
			return;
	}
}

/* What somebody should look at, and that it is over. */
static const char *const usual_events[] = {"held",
					   "hold-ending",
					   "hold-ended",
					   "held-limit",
					   "withdrawn",
					   "superseded",
					   "approved",
					   "rejected",
					   "refused",
					   "failed",
					   "expired",
					   "refreshed",
					   "alarm",
					   "finding",
					   "mended",
					   "zone-expiring",
					   "signatures-near-end",
					   "esp-invalid",
					   "esp-valid",
					   "override-ending",
					   "override-ended",
					   NULL};

static bool is_wanted(const struct options *o, const char *kind)
{
	for (size_t i = 0; o->events.count == 0 && usual_events[i]; i++)
		if (strcmp(usual_events[i], kind) == 0)
			return true;
	for (size_t i = 0; i < o->events.count; i++)
		if (strcmp(o->events.items[i], kind) == 0 || strcmp(o->events.items[i], "*") == 0)
			return true;
	return false;
}

static const char *key_of(uint64_t id, char out[32])
{
	snprintf(out, 32, EVENT_KEY "%" PRIu64, id);
	return out;
}

/* Until it is delivered the store has it: it outlives the daemon. */
static void keep(struct hooks *h, const struct hooks_event *e)
{
	char key[32];

	if (h->host->remember(h->plugin, key_of(e->id, key), e->message, strlen(e->message)) != BNS_OK ||
	    h->host->remember(h->plugin, LAST_KEY, &e->id, sizeof(e->id)) != BNS_OK)
		h->host->log(h->plugin, BNS_LOG_WARN, "event %" PRIu64 " can't be kept: a restart would lose it",
			     e->id);
}

static void hooks_event(struct bns_plugin *p, const char *kind, const char *json)
{
	struct hooks *h = bns_host_of(p)->state(p);

	if (!is_wanted(h->options, kind))
		return;
	const struct hooks_event *e = hooks_pending_add(&h->pending, kind, json, ways_of(h->options));
	if (e) {
		keep(h, e);
		send_all(h);
		return;
	}
	h->dropped++;
	if (!h->told_full)
		h->host->log(p, BNS_LOG_ERR, "%d events wait to be delivered already: further ones are not told of",
			     HOOKS_PENDING_MAX);
	h->told_full = true;
}

/* ---- from the helper ---- */

static size_t index_of(const char *word, const char *const *words, size_t count)
{
	size_t i = 0;

	while (word && i < count && strcmp(words[i], word) != 0)
		i++;
	return word ? i : count;
}

static void take_result(struct hooks *h, const json_t *message)
{
	const char *text = json_string_value(json_object_get(message, "text"));
	json_int_t id = json_integer_value(json_object_get(message, "id"));
	size_t way = index_of(json_string_value(json_object_get(message, "way")), way_words, WAYS);
	size_t result = index_of(json_string_value(json_object_get(message, "result")), result_words, RESULTS);
	char key[32];

	if (way == WAYS || result == RESULTS)
		return;
	h->counts[way][result]++;
	if (result == RESULT_FAILED)
		h->host->log(h->plugin, BNS_LOG_INFO, "event %lld: the %s failed, and is tried again: %s",
			     (long long)id, way_words[way], text ? text : "");
	else if (result == RESULT_GIVEN_UP)
		h->host->log(h->plugin, BNS_LOG_ERR, "event %lld: the %s failed for the last time: %s", (long long)id,
			     way_words[way], text ? text : "");
	if (result == RESULT_FAILED)
		return;
	if (hooks_pending_done(&h->pending, (uint64_t)id, 1U << way))
		h->host->forget(h->plugin, key_of((uint64_t)id, key));
	h->told_full = h->told_full && h->pending.count > 0;
}

static void on_message(struct bns_plugin *p, const uint8_t *data, size_t len)
{
	json_t *message = json_loadb((const char *)data, len, 0, NULL);

	take_result(bns_host_of(p)->state(p), message);
	json_decref(message);
}

static void on_ended(struct bns_plugin *p, const char *how)
{
	struct hooks *h = bns_host_of(p)->state(p);

	(void)how;
	h->is_introduced = false;
	hooks_pending_unsend(&h->pending);
}

static const struct bns_helper_events helper_events = {.message = on_message, .ended = on_ended};

/* ---- life ---- */

static enum bns_error check_secret(const struct bns_plugin *p, const char *path, struct bns_diag *diag)
{
	const char *wrong = NULL;
	struct stat st;

	if (path[0] && stat(path, &st) != 0)
		wrong = "which can't be found";
	else if (path[0] && (st.st_mode & S_IRWXO) != 0)
		wrong = "which others can read: chmod 600";
	if (!wrong)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, "secret-file", "names %s, %s", path, wrong);
	return BNS_EINVAL;
}

static enum bns_error check_options(const struct bns_plugin *p, const struct options *o, struct bns_diag *diag)
{
	const char *option = NULL, *wrong = NULL;

	if (ways_of(o) == 0)
		wrong = "needs 'url', 'command', or both";
	else if (o->url[0] && strncmp(o->url, "http://", 7) != 0 && strncmp(o->url, "https://", 8) != 0)
		option = "url", wrong = "begins with http:// or https://";
	else if (o->socket[0] && o->socket[0] != '/')
		option = "socket", wrong = "is the absolute path of a Unix socket";
	else if (o->command.count > 0 && o->command.items[0][0] != '/')
		option = "command", wrong = "begins with the absolute path of a program";
	else if (o->timeout_s < 1 || o->timeout_s > TIMEOUT_MAX_S)
		option = "timeout", wrong = "is from 1s to 5m";
	else if (o->tries < 1 || o->tries > TRIES_MAX)
		option = "tries", wrong = "is from 1 to 100";
	else if (o->pause_s < 1)
		option = "pause", wrong = "is at least 1s";
	if (!wrong)
		return check_secret(p, o->secret_file, diag);
	bns_host_of(p)->wrong_option(p, diag, option, "%s", wrong);
	return BNS_EINVAL;
}

static void recall_event(void *arg, const char *key, const void *value, size_t len)
{
	struct hooks *h = arg;
	char *message = strndup(value, len);
	uint64_t id = strtoull(key + strlen(EVENT_KEY), NULL, 10);

	if (!message || !hooks_pending_put(&h->pending, id, message))
		h->host->log(h->plugin, BNS_LOG_ERR, "event %" PRIu64 " was kept, and can't be told: memory is short",
			     id);
	free(message);
}

static void recall_last(void *arg, const char *key, const void *value, size_t len)
{
	struct hooks *h = arg;
	uint64_t id;

	if (strcmp(key, LAST_KEY) != 0 || len != sizeof(id))
		return;
	memcpy(&id, value, sizeof(id));
	if (id > h->pending.last_id)
		h->pending.last_id = id;
}

/* What was undelivered at the end of the daemon before. */
static enum bns_error recall(struct hooks *h)
{
	enum bns_error err = h->host->recall(h->plugin, EVENT_KEY, recall_event, h);

	if (!err)
		err = h->host->recall(h->plugin, LAST_KEY, recall_last, h);
	if (!err && h->pending.count > 0)
		h->host->log(h->plugin, BNS_LOG_NOTICE, "%zu events of the former run are still to be delivered",
			     h->pending.count);
	return err;
}

static enum bns_error hooks_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct hooks *h = calloc(1, sizeof(*h));

	if (!h)
		return BNS_ENOMEM;
	*h = (struct hooks){.plugin = p, .host = host, .options = host->options(p)};
	hooks_pending_init(&h->pending);
	host->set_state(p, h);
	enum bns_error err = check_options(p, h->options, diag);
	if (err == BNS_OK)
		err = recall(h);
	if (err == BNS_OK)
		err = host->helper_start(p, "hooks-helper", &helper_events, diag);
	if (err != BNS_OK) {
		hooks_pending_free(&h->pending);
		free(h);
	}
	return err;
}

static enum bns_error hooks_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	(void)prepared;
	return check_options(p, options, diag);
}

/* What waits goes where the new options say, at once. */
static void hooks_apply(struct bns_plugin *p, void *prepared)
{
	struct hooks *h = bns_host_of(p)->state(p);

	(void)prepared;
	h->options = h->host->options(p);
	h->is_introduced = false;
	introduce(h);
}

static void hooks_close(struct bns_plugin *p)
{
	struct hooks *h = bns_host_of(p)->state(p);

	if (h->pending.count > 0)
		h->host->log(p, BNS_LOG_NOTICE, "%zu events are kept, to be delivered after the next start",
			     h->pending.count);
	hooks_pending_free(&h->pending);
	free(h);
}

static void hooks_tick(struct bns_plugin *p, int64_t now_s)
{
	(void)now_s;
	send_all(bns_host_of(p)->state(p));
}

/* ---- what is told ---- */

static enum bns_error run_status(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				 struct bns_diag *diag)
{
	const struct hooks *h = bns_host_of(p)->state(p);
	json_t *root = json_pack("{s:i, s:I, s:I}", "schema", 1, "waiting", (json_int_t)h->pending.count, "dropped",
				 (json_int_t)h->dropped);

	(void)args;
	(void)count;
	(void)diag;
	for (size_t w = 0; root && w < WAYS; w++)
		json_object_set_new(root, way_words[w],
				    json_pack("{s:I, s:I, s:I}", "delivered",
					      (json_int_t)h->counts[w][RESULT_DELIVERED], "failed",
					      (json_int_t)h->counts[w][RESULT_FAILED], "given_up",
					      (json_int_t)h->counts[w][RESULT_GIVEN_UP]));
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static void tell_deliveries(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct hooks *h = bns_host_of(p)->state(p);

	for (size_t w = 0; w < WAYS; w++) {
		for (size_t r = 0; r < RESULTS; r++) {
			const struct bns_label labels[] = {
				{"way", way_words[w]}, {"result", result_words[r]}, {NULL, NULL}};
			out->value(out->arg, "", labels, (double)h->counts[w][r]);
		}
	}
}

static void tell_waiting(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct hooks *h = bns_host_of(p)->state(p);

	bns_metric_tell(out, (double)h->pending.count);
}

static void tell_dropped(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct hooks *h = bns_host_of(p)->state(p);

	bns_metric_tell(out, (double)h->dropped);
}

static const struct bns_metric metrics[] = {
	{"brandns_hooks_deliveries_total", BNS_METRIC_COUNTER,
	 "Attempts to deliver an event: delivered, failed and to be tried again, or given up.", tell_deliveries},
	{"brandns_hooks_waiting", BNS_METRIC_GAUGE, "Events that are not delivered yet.", tell_waiting},
	{"brandns_hooks_dropped_total", BNS_METRIC_COUNTER, "Events that nobody was told of, since too many waited.",
	 tell_dropped},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"hooks status", "", "What was delivered, and what waits.", false, run_status, NULL},
	{0},
};

static const struct bns_option option_table[] = {
	{"url", BNS_OPTION_STRING, offsetof(struct options, url), "",
	 "Where events are sent by POST; http:// or https://."},
	{"socket", BNS_OPTION_STRING, offsetof(struct options, socket), "",
	 "A Unix socket over which the webhook is reached, instead of the URL's host."},
	{"secret-file", BNS_OPTION_PATH, offsetof(struct options, secret_file), "",
	 "Its content signs what is sent, by HMAC-SHA256."},
	{"command", BNS_OPTION_LIST, offsetof(struct options, command), "",
	 "A program, by its absolute path, and its arguments; an event comes on its standard input."},
	{"events", BNS_OPTION_LIST, offsetof(struct options, events), "",
	 "Kinds of events that are told; empty: those that somebody should look at; * for all."},
	{"timeout", BNS_OPTION_DURATION, offsetof(struct options, timeout_s), "10s", "How long one attempt may take."},
	{"pause", BNS_OPTION_DURATION, offsetof(struct options, pause_s), "2s",
	 "Before the second attempt; each further pause is twice as long, ten minutes at most."},
	{"tries", BNS_OPTION_INTEGER, offsetof(struct options, tries), "10", "Attempts before an event is given up."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "hooks",
	.summary = "Tells of events by a webhook or a command.",
	.options = option_table,
	.options_size = sizeof(struct options),
	.commands = commands,
	.metrics = metrics,
	.open = hooks_open,
	.close = hooks_close,
	.event = hooks_event,
	.tick = hooks_tick,
	.prepare = hooks_prepare,
	.apply = hooks_apply,
};
