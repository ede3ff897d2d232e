/* SPDX-License-Identifier: BSD-3-Clause */
/* Verbs that the daemon runs. */
#include <string.h>

#include "base/nearest.h"
#include "control/render.h"
#include "main/ctl.h"

static enum ctl_exit unreachable(struct ctl *ctl, const struct bns_diag *diag)
{
	bns_client_close(ctl->client);
	ctl->client = NULL;
	ctl_complain_diag(ctl, diag);
	return CTL_UNREACHABLE;
}

/* One connection serves all commands of a batch. */
static enum ctl_exit reach(struct ctl *ctl)
{
	struct bns_diag diag = {.text = "out of memory"};
	if (!ctl->client && bns_client_open(ctl->socket, ctl->timeout_s, &ctl->client, &diag) != BNS_OK)
		return unreachable(ctl, &diag);
	return CTL_DONE;
}

enum ctl_exit ctl_complain_error(const struct ctl *ctl, const json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));
	const json_t *id = json_object_get(json_object_get(error, "data"), "id");
	json_t *shown = ctl->json ? json_pack("{s:i, s:O}", "schema", 1, "error", error) : NULL;
	if (shown)
		ctl_print_json(ctl, shown);
	else if (json_is_string(id))
		printf("%s\n", json_string_value(id));
	json_decref(shown);
	ctl_complain(ctl, "%s", message ? message : "the daemon answered with an error that says nothing");
	return json_integer_value(json_object_get(error, "code")) == BNS_RPC_POLICY ? CTL_HELD : CTL_ERROR;
}

enum ctl_exit ctl_call(struct ctl *ctl, const char *method, json_t *params, json_t **result, json_t **error)
{
	struct bns_diag diag = {.text = "out of memory"};
	json_t *answer = NULL;
	enum ctl_exit code = reach(ctl);
	if (code != CTL_DONE) {
		json_decref(params);
		return code;
	}
	if (bns_client_call(ctl->client, method, params, &answer, &diag) != BNS_OK)
		return unreachable(ctl, &diag);
	json_t *problem = json_object_get(answer, "error");
	if (problem && error) {
		*error = json_incref(problem);
		code = CTL_ERROR;
	} else if (problem)
		code = ctl_complain_error(ctl, problem);
	else
		*result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	return code;
}

/* To be rejected is what `held reject` is for; elsewhere it means that an operator has denied the change. */
static enum ctl_exit exit_of_outcome(const char *verb, const char *outcome)
{
	if (strcmp(outcome, "held") == 0)
		return CTL_HELD;
	if (strcmp(outcome, "rejected") == 0)
		return strcmp(verb, "held reject") == 0 ? CTL_DONE : CTL_HELD;
	if (strcmp(outcome, "refused") == 0 || strcmp(outcome, "mismatch") == 0 || strcmp(outcome, "failed") == 0)
		return CTL_ERROR;
	return CTL_DONE;
}

/* `branding check`, `test-link`: the severity of the worst that was found; a risk (M) is only told. */
static enum ctl_exit exit_of_worst(const char *severity)
{
	if (!severity)
		return CTL_DONE;
	return *severity == 'M' ? CTL_DIFFERS : CTL_HELD;
}

enum ctl_exit ctl_exit_of_result(const char *verb, const json_t *result)
{
	size_t i;
	json_t *row;
	const char *outcome = json_string_value(json_object_get(result, "outcome"));
	enum ctl_exit code = outcome ? exit_of_outcome(verb, outcome) : CTL_DONE;
	/* `account readiness`: something is missing, and no policy forbids anything. */
	if (json_is_false(json_object_get(result, "ready")))
		code = ctl_worse(code, CTL_DIFFERS);
	code = ctl_worse(code, exit_of_worst(json_string_value(json_object_get(result, "worst"))));
	json_array_foreach (json_object_get(result, "zones"), i, row) {
		outcome = json_string_value(json_object_get(row, "outcome"));
		if (outcome)
			code = ctl_worse(code, exit_of_outcome(verb, outcome));
	}
	return code;
}

/* Refusals and failures are results, and messages too. */
static void complain_outcome(const struct ctl *ctl, const char *verb, const json_t *row)
{
	const char *outcome = json_string_value(json_object_get(row, "outcome"));
	const char *zone = json_string_value(json_object_get(row, "zone"));
	const char *reason = json_string_value(json_object_get(row, "reason"));
	if (!reason) /* `branding route` */
		reason = json_string_value(json_object_get(row, "next"));
	if (outcome && exit_of_outcome(verb, outcome) == CTL_ERROR)
		ctl_complain(ctl, "%s: %s%s%s", zone ? zone : verb, outcome, reason ? ": " : "", reason ? reason : "");
}

static enum ctl_exit show(struct ctl *ctl, const char *verb, json_t *result)
{
	size_t i;
	json_t *row;
	if (ctl->json)
		ctl_print_json(ctl, result);
	else
		bns_render_result(stdout, ctl->colour, verb, result);
	if (!ctl->json && strcmp(verb, "held show") == 0)
		bns_render_decisions(stdout, ctl->socket_given ? ctl->socket : NULL, result);
	complain_outcome(ctl, verb, result);
	json_array_foreach (json_object_get(result, "zones"), i, row) {
		complain_outcome(ctl, verb, row);
	}
	enum ctl_exit code = ctl_exit_of_result(verb, result);
	json_decref(result);
	return code;
}

enum ctl_exit ctl_call_and_show(struct ctl *ctl, const char *words, json_t *params)
{
	char method[BNS_METHOD_MAX];
	json_t *result = NULL;
	enum ctl_exit code = ctl_call(ctl, bns_verb_method(words, method), params, &result, NULL);
	return code == CTL_DONE ? show(ctl, words, result) : code;
}

enum ctl_exit ctl_online(struct ctl *ctl, const struct bns_verb *verb, json_t *params)
{
	return ctl_call_and_show(ctl, verb->words, json_incref(params));
}

/* ---- plugins' verbs ---- */

/* How many of the words the verb's are, if they begin with it; else 0. */
static size_t words_of_verb(const char *verb, const char *const *words, size_t count)
{
	size_t used = 0;
	while (used < count) {
		size_t len = strlen(words[used]);
		if (strncmp(verb, words[used], len) != 0)
			return 0;
		verb += len;
		used++;
		if (*verb == '\0')
			return used;
		if (*verb++ != ' ')
			return 0;
	}
	return 0;
}

/* The row that fits best, borrowed; else the words of the nearest in `*near`. */
static const char *find_verb(const json_t *verbs, const char *const *words, size_t count, size_t *used,
			     const char **near)
{
	size_t i;
	json_t *row;
	unsigned least = 3;
	const char *found = NULL;
	char typed[160];
	snprintf(typed, sizeof(typed), "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
	*used = 0;
	json_array_foreach (verbs, i, row) {
		const char *verb = json_string_value(json_object_get(row, "verb"));
		size_t n = verb ? words_of_verb(verb, words, count) : 0;
		if (n > *used) {
			found = verb;
			*used = n;
		}
		if (verb && bns_is_nearer(typed, verb, &least))
			*near = verb;
	}
	return found;
}

static enum ctl_exit complain_unknown(const struct ctl *ctl, const json_t *verbs, const char *word, const char *near)
{
	char list[512] = "";
	size_t i;
	json_t *row;
	json_array_foreach (verbs, i, row) {
		const char *verb = bns_rpc_str(row, "verb");
		size_t used = strlen(list), len = strlen(word);
		if (strncmp(verb, word, len) == 0 && verb[len] == ' ')
			snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", verb + len + 1);
	}
	if (near)
		ctl_complain(ctl, "unknown verb '%s': did you mean `%s`?", word, near);
	else if (list[0])
		ctl_complain(ctl, "'%s' needs a second word: %s", word, list);
	else
		ctl_complain(ctl,
			     "unknown verb '%s'; `brandnsctl --help` lists those there are, `brandnsctl verbs` the "
			     "plugins' too",
			     word);
	return CTL_ERROR;
}

static json_t *words_as_args(const char *const *words, size_t count)
{
	json_t *args = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(args, bns_rpc_text(words[i]));
	return json_pack("{s:o}", "args", args);
}

static enum ctl_exit ask_verbs(struct ctl *ctl, const char *word, json_t **result)
{
	enum ctl_exit code = ctl_call(ctl, "verbs", json_object(), result, NULL);
	if (code == CTL_UNREACHABLE)
		ctl_complain(ctl, "'%s' is no verb of brandnsctl's own; the daemon knows those of its plugins", word);
	return code;
}

/* A plugin's verb, or all that begin with the word where a second one isn't a verb's. */
enum ctl_exit ctl_plugin_help(struct ctl *ctl, const char *word, const char *second)
{
	char both[160];
	size_t i, shown = 0, len = strlen(word);
	json_t *row, *result = NULL;
	enum ctl_exit code = ask_verbs(ctl, word, &result);
	snprintf(both, sizeof(both), "%s %s", word, second);
	for (int exact = 1; code == CTL_DONE && exact >= 0 && shown == 0; exact--)
		json_array_foreach (json_object_get(result, "verbs"), i, row) {
			const char *verb = bns_rpc_str(row, "verb");
			if (exact ? strcmp(verb, both) != 0 && strcmp(verb, word) != 0
				  : strncmp(verb, word, len) != 0 || verb[len] != ' ')
				continue;
			printf("brandnsctl %s\n  %s\n", bns_rpc_str(row, "usage"), bns_rpc_str(row, "help"));
			shown++;
		}
	if (code == CTL_DONE && shown == 0)
		code = complain_unknown(ctl, NULL, word, bns_verb_nearest(word));
	json_decref(result);
	return code;
}

enum ctl_exit ctl_plugin_verb(struct ctl *ctl, const char *const *words, size_t count, const char *near)
{
	size_t used;
	json_t *result = NULL;
	struct bns_diag diag = {.text = ""};
	/* A slip of the finger needs no daemon to be told. */
	if (near && !ctl->client && bns_client_open(ctl->socket, ctl->timeout_s, &ctl->client, &diag) != BNS_OK)
		return complain_unknown(ctl, NULL, words[0], near);
	enum ctl_exit code = ask_verbs(ctl, words[0], &result);
	if (code != CTL_DONE)
		return code;
	const char *verb = find_verb(json_object_get(result, "verbs"), words, count, &used, &near);
	if (verb)
		code = ctl_call_and_show(ctl, verb, words_as_args(words + used, count - used));
	else
		code = complain_unknown(ctl, json_object_get(result, "verbs"), words[0], near);
	json_decref(result);
	return code;
}

/* ---- events ---- */

static void show_event(const struct ctl *ctl, const json_t *event)
{
	if (ctl->json) {
		json_dumpf(event, stdout, JSON_COMPACT);
		fputc('\n', stdout);
		ctl->said->result = true;
	} else {
		bns_render_event(stdout, ctl->colour, event);
	}
	fflush(stdout);
}

/* One event per line, as it comes; ends with the daemon, or when nobody reads. */
static enum ctl_exit follow(struct ctl *ctl)
{
	size_t i;
	json_t *event;
	json_t *result = NULL;
	struct bns_diag diag = {.text = "out of memory"};
	enum ctl_exit code = ctl_call(ctl, "events.subscribe", json_object(), &result, NULL);
	if (code != CTL_DONE)
		return code;
	json_array_foreach (json_object_get(result, "events"), i, event) {
		show_event(ctl, event);
	}
	json_decref(result);
	while (!ferror(stdout)) {
		json_t *message = NULL;
		enum bns_error err = bns_client_next(ctl->client, &message, &diag);
		if (err == BNS_ECANCELED)
			continue;
		if (err != BNS_OK)
			return unreachable(ctl, &diag);
		if (json_is_object(json_object_get(message, "params")))
			show_event(ctl, json_object_get(message, "params"));
		json_decref(message);
	}
	return CTL_ERROR;
}

enum ctl_exit ctl_events(struct ctl *ctl, json_t *params)
{
	if (json_is_true(json_object_get(params, "follow")))
		return follow(ctl);
	return ctl_call_and_show(ctl, "events", json_object());
}
