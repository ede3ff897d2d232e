/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The probe plugin: answers what other plugins ask about targets of branded
 * hosts, by looking at them over DNS, TLS and HTTP. The looking is done by
 * probe-helper, a program beside the daemon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define LINK_PREFIX "://"

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
	json_t *details = q->details ? json_loads(q->details, 0, NULL) : NULL;
	if (message && details)
		json_object_update_missing(message, details);
	json_decref(details);
	return message;
}

static char *key_of(const json_t *message)
{
	char key[2048];
	snprintf(key, sizeof(key), "%s %s %s %s %d", probe_word(message, "kind"), probe_word(message, "host"),
		 probe_word(message, "target"), probe_word(message, "origin"),
		 json_is_true(json_object_get(message, "http_only")));
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
	const struct known *k = key && q->fresh_s ? probe_find_known(s, key, q->fresh_s) : NULL;
	if (k) {
		probe_answer(s, ask, k);
		json_decref(message);
		free(key);
		return s->weight;
	}
	const struct pending whose = {.ask = ask, .key = key};
	enum bns_error err = key ? probe_order(p, s, message, &whose) : BNS_ENOMEM;
	if (err) {
		free(key);
		probe_answer_nothing(s, ask,
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
		probe_reply_nothing(
			s, reply, BNS_EINVAL,
			"test-link needs the http link of a test mail, whole: http://url1234.example.com/ls/click?…");
		return;
	}
	enum bns_error err =
		probe_order(p, s, json_pack("{s:s,s:s,s:s}", "kind", "link", "host", host, "path", path), &whose);
	if (err)
		probe_reply_nothing(s, reply, err,
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

static void tell_waiting(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct probe_state *s = bns_host_of(p)->state(p);
	unsigned waiting = 0;
	for (const struct pending *w = s->pending; w; w = w->next)
		waiting++;
	bns_metric_tell(out, waiting);
}

static void tell_orders(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct probe_state *s = bns_host_of(p)->state(p);
	bns_metric_tell_of(out, "result", "good", (double)s->good);
	bns_metric_tell_of(out, "result", "bad", (double)s->bad);
	bns_metric_tell_of(out, "result", "lost", (double)s->lost);
}

static const struct bns_metric metrics[] = {
	{"brandns_probe_waiting", BNS_METRIC_GAUGE, "Targets that are being looked at, or are in line.", tell_waiting},
	{"brandns_probe_orders_total", BNS_METRIC_COUNTER,
	 "Looks at targets by how they ended: good, bad, or lost with the helper.", tell_orders},
	{0},
};

/* ---- open and close ---- */

static bool is_port(int64_t port)
{
	return port >= 1 && port <= UINT16_MAX;
}

static enum bns_error check_options(const struct bns_plugin *p, const struct probe_options *o,
				    enum bns_answerer *weight, struct bns_diag *diag)
{
	const char *option = NULL, *wrong = NULL;
	*weight = strcmp(o->weight, "required") == 0 ? BNS_ANSWERER_REQUIRED : BNS_ANSWERER_ADVISORY;
	if (*weight == BNS_ANSWERER_ADVISORY && strcmp(o->weight, "advisory") != 0)
		option = "weight", wrong = "is required or advisory";
	else if (!is_port(o->https_port))
		option = "https-port", wrong = "is from 1 to 65535";
	else if (!is_port(o->http_port))
		option = "http-port", wrong = "is from 1 to 65535";
	else if (o->threads < 1 || o->threads > 64)
		option = "threads", wrong = "is from 1 to 64";
	else if (o->timeout_s < 1 || o->timeout_s > 60)
		option = "timeout", wrong = "is from 1s to 60s";
	else if (o->alarm_days < 0)
		option = "alarm-days", wrong = "isn't negative";
	else if (o->warn_days < o->alarm_days)
		option = "warn-days", wrong = "is not less than 'alarm-days'";
	else if (o->path[0] != '/')
		option = "path", wrong = "begins with /";
	if (!wrong)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, option, "%s", wrong);
	return BNS_EINVAL;
}

static enum bns_error probe_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct probe_state *s = calloc(1, sizeof(*s));
	if (!s)
		return BNS_ENOMEM;
	*s = (struct probe_state){.host = host, .options = host->options(p)};
	enum bns_error err = check_options(p, s->options, &s->weight, diag);
	if (!err)
		err = host->helper_start(p, "probe-helper", &probe_helper_events, diag);
	if (err)
		free(s);
	else
		host->set_state(p, s);
	return err;
}

static void probe_close(struct bns_plugin *p)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	probe_drop_orders(s);
	probe_forget_all(s);
	free(s);
}

static enum bns_error probe_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	enum bns_answerer weight;
	(void)prepared;
	return check_options(p, options, &weight, diag);
}

/* What is being looked at goes on by the former settings; what was seen by them may no longer be so. */
static void probe_apply(struct bns_plugin *p, void *prepared)
{
	struct probe_state *s = bns_host_of(p)->state(p);
	(void)prepared;
	s->options = s->host->options(p);
	s->weight = strcmp(s->options->weight, "required") == 0 ? BNS_ANSWERER_REQUIRED : BNS_ANSWERER_ADVISORY;
	s->introduced = false;
	probe_forget_all(s);
}

static const char *const start_options[] = {"threads", NULL};

#define ROW(name, type, field, value, help)                                                                            \
	{                                                                                                              \
		name, type, offsetof(struct probe_options, field), value, help                                         \
	}

static const struct bns_option options[] = {
	ROW("weight", BNS_OPTION_STRING, weight, "required",
	    "What an answer weighs: required (nothing passes but a good one) or advisory."),
	ROW("resolver", BNS_OPTION_LIST, resolver, "", "Resolvers to ask; empty: those of the system."),
	ROW("ca-file", BNS_OPTION_PATH, ca_file, "", "Trusted certificates, PEM; empty: those of the system."),
	ROW("user-agent", BNS_OPTION_STRING, user_agent, "brandns-probe",
	    "What requests say they come from that aren't a tracked link's."),
	ROW("user-agents", BNS_OPTION_LIST, user_agents, "",
	    "Browsers, mail clients and link scanners that must not be turned away; empty: the usual ones."),
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
	.metrics = metrics,
	.open = probe_open,
	.close = probe_close,
	.asked = probe_asked,
	.prepare = probe_prepare,
	.apply = probe_apply,
	.start_options = start_options,
};
