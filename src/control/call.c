/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/handlers.h"
#include "control/session.h"
#include "wire/name.h"

static void answer(struct bns_session *s, json_t *message)
{
	size_t len = 0;
	char *line = bns_rpc_line(message, &len);
	bns_session_answer(s, line, len);
}

/* Steals `message`. A notification is answered by silence, yet the session must hear that the request is done. */
static void end(struct bns_call *call, json_t *message)
{
	struct bns_session *s = call->session;
	if (call->ended)
		call->ended(call->arg, message);
	bool silent = call->id == NULL;
	json_decref(call->id);
	json_decref(call->params);
	free(call);
	if (s && !silent) {
		answer(s, message);
		return;
	}
	json_decref(message);
	if (s)
		bns_session_silent(s);
}

void bns_call_result(struct bns_call *call, json_t *result)
{
	json_t *message = result ? bns_rpc_result(call->id, result) : NULL;
	if (!message)
		message = bns_rpc_error(call->id, BNS_RPC_INTERNAL, bns_strerror(BNS_ENOMEM), NULL);
	end(call, message);
}

static void error_va(struct bns_call *call, enum bns_rpc_code code, json_t *data, const char *fmt, va_list args)
{
	char text[1024];
	vsnprintf(text, sizeof(text), fmt, args);
	end(call, bns_rpc_error(call->id, code, text, data));
}

void bns_call_error(struct bns_call *call, enum bns_rpc_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	error_va(call, code, NULL, fmt, args);
	va_end(args);
}

void bns_call_error_data(struct bns_call *call, enum bns_rpc_code code, json_t *data, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	error_va(call, code, data, fmt, args);
	va_end(args);
}

/* What a plugin's command takes: the words behind its verb. */
static const struct bns_param plugin_params[] = {
	{.name = "args", .kind = BNS_PARAM_WORDS, .label = "WORD...", .help = "the words behind the verb"},
	{.name = NULL},
};

/* Plugins know their commands by words. */
static const struct bns_plugin_command *find_command(const struct bns_control_env *env, const char *method,
						     struct bns_plugin **plugin)
{
	char verb[BNS_METHOD_MAX];
	if (!env->plugins || strlen(method) >= sizeof(verb))
		return NULL;
	strcpy(verb, method);
	for (char *p = verb; *p; p++)
		*p = *p == '.' ? ' ' : *p;
	return bns_plugins_command(env->plugins, verb, plugin);
}

static void unknown_method(struct bns_call *call, const char *method)
{
	const char *near = bns_verb_nearest(method);
	char name[BNS_METHOD_MAX];
	if (near)
		bns_call_error(call, BNS_RPC_METHOD, "unknown method \"%.64s\": did you mean \"%s\"?", method,
			       bns_verb_method(near, name));
	else
		bns_call_error(call, BNS_RPC_METHOD, "unknown method \"%.64s\"; \"verbs\" lists those there are",
			       method);
}

static void run(struct bns_call *call, const struct bns_rpc_request *request)
{
	struct bns_diag diag = {.text = ""};
	struct bns_plugin *plugin = NULL;
	const struct bns_plugin_command *command = NULL;
	const struct bns_verb *verb = bns_verb_find(request->method);
	if (!verb || !verb->run) {
		verb = NULL;
		command = find_command(call->env, request->method, &plugin);
	}
	if (!verb && !command) {
		unknown_method(call, request->method);
		return;
	}
	call->verb = verb;
	bool changes = verb ? (verb->flags & BNS_VERB_ADMIN) != 0 : command->admin;
	if (changes && !call->peer.admin) {
		bns_call_error(call, BNS_RPC_DENIED,
			       "denied: \"%s\" changes something, and %s isn't among control.admin", request->method,
			       call->peer.by);
		return;
	}
	if (bns_params_check(verb ? verb->params : plugin_params, request->params, &call->params, &diag) != BNS_OK) {
		bns_call_error(call, BNS_RPC_PARAMS, "%s: %s", request->method, diag.text);
		return;
	}
	if (changes)
		bns_log(BNS_LOG_NOTICE, "control method=%s by=%s", request->method, call->peer.by);
	if (changes && call->env->gate)
		bns_call_audit(call, request->method);
	if (verb)
		verb->run(call);
	else
		bns_run_plugin(call, plugin, command);
}

void bns_call_dispatch(struct bns_session *s, const struct bns_control_env *env, const struct bns_peer *peer,
		       const char *line, size_t len)
{
	struct bns_rpc_request request;
	enum bns_rpc_code code = BNS_RPC_PARSE;
	struct bns_diag diag = {.text = ""};
	struct bns_call *call = NULL;
	if (bns_rpc_parse(line, len, &request, &code, &diag) != BNS_OK) {
		answer(s, bns_rpc_error(request.id, code, diag.text, NULL));
		goto out;
	}
	call = calloc(1, sizeof(*call));
	if (!call) {
		answer(s, bns_rpc_error(request.id, BNS_RPC_INTERNAL, bns_strerror(BNS_ENOMEM), NULL));
		goto out;
	}
	call->session = s;
	call->env = env;
	call->peer = *peer;
	call->id = json_incref(request.id);
	bns_session_set_call(s, call);
	run(call, &request);
out:
	bns_rpc_request_free(&request);
}

void bns_call_inside(const struct bns_control_env *env, const char *method, json_t *params,
		     void (*ended)(void *arg, json_t *message), void *arg)
{
	const struct bns_rpc_request request = {.method = method, .params = params};
	struct bns_call *call = calloc(1, sizeof(*call));
	if (!call) {
		ended(arg, NULL);
		return;
	}
	*call = (struct bns_call){.env = env, .ended = ended, .arg = arg, .peer.by = "a plugin"};
	run(call, &request);
}

const char *bns_call_text(const struct bns_call *call, const char *name)
{
	return json_string_value(json_object_get(call->params, name));
}

json_int_t bns_call_integer(const struct bns_call *call, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(call->params, name);
	return value ? json_integer_value(value) : otherwise;
}

bool bns_call_flag(const struct bns_call *call, const char *name)
{
	return json_is_true(json_object_get(call->params, name));
}

struct bns_zone *bns_call_zone(struct bns_call *call)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;
	const char *text = bns_call_text(call, "zone");
	if (bns_name_from_text(text, NULL, apex, &len) != BNS_OK) {
		bns_call_error(call, BNS_RPC_PARAMS, "'%.256s' is no domain name", text);
		return NULL;
	}
	bns_name_lower(apex);
	struct bns_zone *zone = bns_gate_zone_find(call->env->gate, apex);
	if (!zone)
		bns_call_error(call, BNS_RPC_NOT_FOUND,
			       "zone %.256s isn't configured here; `brandnsctl zone list` shows those that are", text);
	return zone;
}
