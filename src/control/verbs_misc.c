/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs about the daemon as a whole. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/handlers.h"
#include "control/metrics.h"
#include "control/session.h"
#include "control/shapes.h"

/* What `status` says of all zones. */
struct overview {
	unsigned by_state[3];
	unsigned held;
	const char *worst_severity; /* of all findings that wait; borrowed */
	json_t *worst;              /* borrowed */
	const char *worst_zone;
};

/* C before H before M. */
static bool worse(const char *a, const char *b)
{
	return a && (!b || strcmp(a, b) < 0);
}

static void look_at_findings(struct overview *o, const struct bns_zone *zone)
{
	size_t i;
	json_t *finding;
	json_array_foreach (zone->held->findings, i, finding) {
		const char *severity = json_string_value(json_object_get(finding, "severity"));
		if (!worse(severity, o->worst_severity))
			continue;
		o->worst_severity = severity;
		o->worst = finding;
		o->worst_zone = zone->text;
	}
}

static struct overview look(struct bns_gate *gate)
{
	struct overview o = {.held = 0};
	for (const struct bns_zone *z = bns_gate_zone_first(gate); z; z = z->next) {
		o.by_state[z->state]++;
		o.held += z->held != NULL;
		if (z->held)
			look_at_findings(&o, z);
	}
	return o;
}

static json_t *worst_finding(const struct overview *o)
{
	json_t *finding = o->worst ? json_copy(o->worst) : json_null();
	if (o->worst)
		json_object_set_new(finding, "zone", json_string(o->worst_zone));
	return finding;
}

void bns_run_status(struct bns_call *call)
{
	const struct bns_control_env *env = call->env;
	struct overview o = look(env->gate);
	struct bns_answer_counts counts;
	bns_control_counts(env, &counts);
	int64_t uptime_s = bns_clock_wall_s() - env->started_s;
	bns_call_result(call,
			json_pack("{s:i, s:s, s:I, s:o, s:{s:I, s:i, s:i, s:i}, s:i, s:I, s:o, s:s}", "schema", 1,
				  "version", PACKAGE_VERSION, "uptime_s", (json_int_t)(uptime_s < 0 ? 0 : uptime_s),
				  "started", bns_json_time(env->started_s), "zones", "total",
				  (json_int_t)bns_gate_zone_count(env->gate), "served",
				  (int)o.by_state[BNS_IMAGE_SERVED], "not-ready", (int)o.by_state[BNS_IMAGE_NOT_READY],
				  "expired", (int)o.by_state[BNS_IMAGE_EXPIRED], "held", (int)o.held, "queries",
				  (json_int_t)counts.queries, "worst_finding", worst_finding(&o), "log_level",
				  bns_log_level_to_text(bns_log_get_level())));
}

static json_t *rcodes(const struct bns_answer_counts *counts)
{
	json_t *object = json_object();
	for (unsigned i = 0; i < BNS_ANSWER_RCODES; i++) {
		char number[BNS_RCODE_WORD_MAX];
		if (i <= BNS_RCODE_REFUSED || counts->rcode[i])
			json_object_set_new(object, bns_rcode_word(i, number),
					    json_integer((json_int_t)counts->rcode[i]));
	}
	return object;
}

static json_t *transports(const struct bns_answer_counts *counts)
{
	return json_pack("{s:I, s:I, s:I}", "udp", (json_int_t)counts->transport[BNS_TRANSPORT_UDP], "tcp",
			 (json_int_t)counts->transport[BNS_TRANSPORT_TCP], "tls",
			 (json_int_t)counts->transport[BNS_TRANSPORT_TLS]);
}

void bns_run_stats(struct bns_call *call)
{
	const struct bns_control_env *env = call->env;
	struct bns_answer_counts n;
	uint64_t used = 0;
	uint64_t max = 0;
	bns_control_counts(env, &n);
	if (env->store)
		bns_store_usage(env->store, &used, &max);
	bns_call_result(call,
			json_pack("{s:i, s:I, s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:i}", "schema", 1, "queries",
				  (json_int_t)n.queries, "transports", transports(&n), "dropped", (json_int_t)n.dropped,
				  "handed_over", (json_int_t)n.handed_over, "truncated", (json_int_t)n.truncated,
				  "rcodes", rcodes(&n), "store_used_bytes", (json_int_t)used, "store_max_bytes",
				  (json_int_t)max, "workers", env->server ? (int)bns_server_workers(env->server) : 0));
}

static json_t *latest_events(const struct bns_call *call)
{
	json_t *events = call->session ? json_copy(bns_session_events(call->session)) : json_array();
	return json_pack("{s:i, s:o}", "schema", 1, "events", events);
}

void bns_run_events(struct bns_call *call)
{
	bns_call_result(call, latest_events(call));
}

void bns_run_events_subscribe(struct bns_call *call)
{
	if (call->session)
		bns_session_subscribe(call->session);
	bns_call_result(call, latest_events(call));
}

static json_t *verb_row(const char *words, const char *usage, const char *help, bool admin, const char *plugin)
{
	char method[BNS_METHOD_MAX];
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s?}", "verb", words, "method", bns_verb_method(words, method),
			 "usage", usage, "help", help, "admin", admin, "plugin", plugin);
}

void bns_run_verbs(struct bns_call *call)
{
	json_t *rows = json_array();
	const struct bns_verb *v;
	const struct bns_plugin_command *command;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		char usage[256];
		if (v->run)
			json_array_append_new(rows, verb_row(v->words, bns_verb_usage(v, usage, sizeof(usage)), v->help,
							     v->flags & BNS_VERB_ADMIN, NULL));
	}
	for (size_t i = 0; call->env->plugins && (command = bns_plugins_command_at(call->env->plugins, i)); i++) {
		char usage[256];
		snprintf(usage, sizeof(usage), "%s%s%s", command->verb, *command->usage ? " " : "", command->usage);
		json_array_append_new(rows, verb_row(command->verb, usage, command->help, command->admin, "plugin"));
	}
	bns_call_result(call, json_pack("{s:i, s:o}", "schema", 1, "verbs", rows));
}

void bns_run_log_level(struct bns_call *call)
{
	enum bns_log_level level;
	const char *text = bns_call_text(call, "level");
	if (bns_log_level_from_text(text, &level) != BNS_OK) {
		bns_call_error(call, BNS_RPC_PARAMS,
			       "unknown log level '%.64s': critical, error, warning, notice, info or debug", text);
		return;
	}
	bns_log_set_level(level);
	bns_call_result(call, json_pack("{s:i, s:s}", "schema", 1, "log_level", bns_log_level_to_text(level)));
}

/* "a, b" as an array. */
static json_t *names_of(const char *list)
{
	json_t *names = json_array();
	while (*list) {
		size_t len = strcspn(list, ",");
		json_array_append_new(names, json_stringn(list, len));
		list += len + strspn(list + len, ", ");
	}
	return names;
}

void bns_run_reload(struct bns_call *call)
{
	struct bns_diag diag = {.text = ""};
	char text[sizeof(diag.file) + sizeof(diag.text) + 32];
	if (call->env->reload(call->env->arg, &diag) != BNS_OK)
		bns_call_error(call, BNS_RPC_FAILED, "%s; the former configuration stays in force",
			       bns_diag_format(&diag, text, sizeof(text)));
	else
		bns_call_result(call, json_pack("{s:i, s:b, s:o}", "schema", 1, "reloaded", 1, "restart_for",
						names_of(diag.text)));
}

void bns_run_stop(struct bns_call *call)
{
	const struct bns_control_env *env = call->env;
	bns_call_result(call, json_pack("{s:i, s:b}", "schema", 1, "stopping", 1));
	env->stop(env->arg);
}
