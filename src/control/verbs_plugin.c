/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that plugins bring. They answer with JSON text of their own making, now or later. */
#include <stdlib.h>

#include "control/handlers.h"

/* Borrowed from the call's parameters; the array is the caller's to free(). NULL: the call has ended. */
static const char **arguments(struct bns_call *call, size_t *count)
{
	json_t *args = json_object_get(call->params, "args");
	size_t i;
	json_t *arg;
	*count = json_array_size(args);
	const char **words = calloc(*count + 1, sizeof(*words));
	if (!words) {
		bns_call_error(call, BNS_RPC_INTERNAL, "%s", bns_strerror(BNS_ENOMEM));
		return NULL;
	}
	json_array_foreach (args, i, arg) {
		words[i] = json_string_value(arg);
		if (words[i])
			continue;
		bns_call_error(call, BNS_RPC_PARAMS, "parameter \"args\" must be an array of strings");
		free(words);
		return NULL;
	}
	return words;
}

static enum bns_rpc_code code_of(enum bns_error err)
{
	switch (err) {
	case BNS_EINVAL:
	case BNS_ESYNTAX:
		return BNS_RPC_PARAMS;
	case BNS_ENOENT:
		return BNS_RPC_NOT_FOUND;
	case BNS_EDENIED:
		return BNS_RPC_POLICY;
	default:
		return BNS_RPC_FAILED;
	}
}

struct plugin_run {
	struct bns_call *call;
	const struct bns_plugin_command *command;
};

static void on_answer(void *arg, enum bns_error err, const char *json, const struct bns_diag *diag)
{
	struct plugin_run *run = arg;
	char text[sizeof(diag->file) + sizeof(diag->text) + 32];
	json_t *result = err == BNS_OK && json ? json_loads(json, 0, NULL) : NULL;
	if (err != BNS_OK)
		bns_call_error(run->call, code_of(err), "%s: %s", run->command->verb,
			       *diag->text ? bns_diag_format(diag, text, sizeof(text)) : bns_strerror(err));
	else if (!result)
		bns_call_error(run->call, BNS_RPC_INTERNAL, "%s: the plugin's answer is no JSON", run->command->verb);
	else
		bns_call_result(run->call, result);
	free(run);
}

void bns_run_plugin(struct bns_call *call, struct bns_plugin *plugin, const struct bns_plugin_command *command)
{
	size_t count;
	const char **words = arguments(call, &count);
	if (!words)
		return;
	struct plugin_run *run = malloc(sizeof(*run));
	if (run) {
		*run = (struct plugin_run){.call = call, .command = command};
		bns_plugins_run(plugin, command, words, count, call->peer.by, on_answer, run);
	} else {
		bns_call_error(call, BNS_RPC_INTERNAL, "%s", bns_strerror(BNS_ENOMEM));
	}
	free(words);
}
