/* SPDX-License-Identifier: BSD-3-Clause */
/* import --from-api: esp-helper asks the provider. The key is read by the helper alone. */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "main/ctl_import.h"
#include "plugin/launcher.h"

#define ANSWER_MAX ((size_t)1 << 30)

extern char **environ;

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

/* ---- the helper ---- */

/* Its standard input and output are `fd`. */
static bool start(const struct ctl *ctl, int fd, pid_t *pid)
{
	char folder[PATH_MAX], path[PATH_MAX];
	posix_spawn_file_actions_t actions;
	char *args[] = {path, NULL};
	if (!bns_launcher_find(bns_plugins_default_dir(folder, sizeof(folder)), "esp-helper", path, sizeof(path))) {
		ctl_complain(ctl, "there is no esp-helper in %s", folder);
		return false;
	}
	int failed = posix_spawn_file_actions_init(&actions);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (!failed)
		failed = posix_spawn(pid, path, &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		ctl_complain(ctl, "%s can't be started: %s", path, strerror(failed));
	return !failed;
}

static bool send_order(int fd, const json_t *order)
{
	char *text = json_dumps(order, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0, at = 0;
	uint8_t *frame = text ? bns_frame_make(text, len) : NULL;
	ssize_t n = frame ? 1 : -1;
	while (n > 0 && at < BNS_FRAME_HEAD + len) {
		n = send(fd, frame + at, BNS_FRAME_HEAD + len - at, MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
	}
	free(frame);
	free(text);
	return n > 0 && shutdown(fd, SHUT_WR) == 0;
}

struct hearing {
	const struct ctl *ctl;
	struct ctl_progress progress;
	json_t *answer;
};

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct hearing *h = arg;
	json_t *message = json_loadb((const char *)msg, len, 0, NULL), *listed = json_object_get(message, "listed");
	if (listed) {
		ctl_progress_reach(h->ctl, &h->progress, (size_t)json_integer_value(listed));
		json_decref(message);
		return;
	}
	json_decref(h->answer);
	h->answer = message;
}

static json_t *receive(const struct ctl *ctl, int fd)
{
	struct bns_frames frames = {0};
	struct hearing h = {.ctl = ctl};
	char buf[65536];
	ssize_t n;
	ctl_progress_begin(&h.progress, "brandings listed", BNS_PROGRESS_UNKNOWN);
	while (!h.answer && (n = read(fd, buf, sizeof(buf))) > 0)
		if (bns_frames_take(&frames, buf, (size_t)n, ANSWER_MAX, on_message, &h) != BNS_OK)
			break;
	ctl_progress_hide(&h.progress);
	bns_frames_free(&frames);
	return h.answer;
}

static json_t *ask(const struct ctl *ctl, const json_t *order)
{
	int pair[2];
	pid_t pid;
	json_t *answer = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		ctl_complain(ctl, "esp-helper can't be spoken to: %s", strerror(errno));
		return NULL;
	}
	bool started = start(ctl, pair[1], &pid);
	close(pair[1]);
	if (started && send_order(pair[0], order))
		answer = receive(ctl, pair[0]);
	close(pair[0]);
	if (started)
		waitpid(pid, NULL, 0);
	if (started && !answer)
		ctl_complain(ctl, "esp-helper ended without an answer");
	return answer;
}

/* ---- the order ---- */

/* Beside the policy's file, where it isn't absolute. */
static json_t *beside(const struct ctl_import *im, const char *path)
{
	const char *slash = strrchr(im->path, '/');
	if (path[0] == '/' || !slash)
		return json_string(path);
	return json_sprintf("%.*s%s", (int)(slash - im->path) + 1, im->path, path);
}

/* The account that is asked for: the one named, or the only one with an API. */
static const struct bns_yaml *account_of(const struct ctl_import *im, const char *id)
{
	const struct bns_yaml *list = im->root ? bns_yaml_get(im->root, "account") : NULL, *found = NULL;
	if (id[0])
		return ctl_import_account(im, id);
	for (const struct bns_yaml *a = list ? list->child : NULL; a; a = a->next) {
		if (!bns_yaml_get(a, "api"))
			continue;
		if (found)
			return NULL;
		found = a;
	}
	return found;
}

static void set_text(json_t *order, const char *key, const struct bns_yaml *value)
{
	if (value && value->kind == BNS_YAML_SCALAR)
		json_object_set_new(order, key, json_string(value->text));
}

static void add_names(json_t *list, const struct bns_yaml *names)
{
	if (names && names->kind == BNS_YAML_SCALAR)
		json_array_append_new(list, json_string(names->text));
	for (const struct bns_yaml *n = names ? names->child : NULL; n; n = n->next)
		json_array_append_new(list, json_string(n->text));
}

static void take_account(struct ctl_import *im, const struct bns_yaml *account, json_t *order)
{
	const struct bns_yaml *api = bns_yaml_get(account, "api"), *id = bns_yaml_get(account, "id");
	const struct bns_yaml *key = api ? bns_yaml_get(api, "key-file") : NULL;
	im->account = id ? id->text : NULL;
	set_text(order, "region", bns_yaml_get(account, "region"));
	set_text(order, "url", api ? bns_yaml_get(api, "url") : NULL);
	if (key)
		json_object_set_new(order, "key_file", beside(im, key->text));
	add_names(json_object_get(order, "subusers"), bns_yaml_get(account, "subuser"));
}

static void take_params(const json_t *params, json_t *order)
{
	static const char *const keys[] = {"key_file", "region", "url", "validate", NULL};
	char *names = strdup(word(params, "subuser")), *rest = names, *name;
	for (size_t i = 0; keys[i]; i++)
		if (json_object_get(params, keys[i]))
			json_object_set(order, keys[i], json_object_get(params, keys[i]));
	while (rest && (name = strsep(&rest, ",")))
		if (*name)
			json_array_append_new(json_object_get(order, "subusers"), json_string(name));
	free(names);
}

/*
 * A validation reads DNS: while the first CNAME is at a CDN it fails, and the
 * provider stops applying the branding. So it isn't asked for by chance.
 */
static bool may_validate(const struct ctl_import *im, const json_t *params)
{
	const char *host = word(params, "validate");
	const struct bns_yaml *b = host[0] ? ctl_import_branding(im, host) : NULL;
	const struct bns_yaml *mode = b ? bns_yaml_get(b, "mode") : NULL;
	bool at_cdn = !b || (mode ? strcmp(mode->text, "cdn") == 0 : bns_yaml_get(b, "target") != NULL);
	if (!host[0] || !at_cdn || json_is_true(json_object_get(params, "validate_anyway")))
		return true;
	ctl_complain(im->ctl,
		     "%s isn't validated: %s; while its first CNAME isn't at the provider's own name a validation "
		     "fails, and the provider stops applying the branding to mail. If it is there, say "
		     "--validate-anyway",
		     host, b ? "its mode in the policy is cdn" : "the policy doesn't say where it is");
	return false;
}

json_t *ctl_import_ask(struct ctl_import *im, const json_t *params)
{
	json_t *order = json_pack("{s:i, s:[], s:b}", "id", 1, "subusers", "progress", 1), *answer = NULL,
	       *documents = NULL;
	const struct bns_yaml *account = account_of(im, word(params, "account"));
	if (im->ctl->timeout_s > 0)
		json_object_set_new(order, "timeout_ms", json_integer((json_int_t)im->ctl->timeout_s * 1000));
	if (account)
		take_account(im, account, order);
	take_params(params, order);
	im->subusers = json_incref(json_object_get(order, "subusers"));
	if (!word(order, "key_file")[0])
		ctl_complain(im->ctl,
			     "--from-api needs a key: --key-file, or `api: {key-file: FILE}` of %s in the policy that "
			     "--into names",
			     word(params, "account")[0] ? "that account" : "the one account to ask for");
	else if (may_validate(im, params))
		answer = ask(im->ctl, order);
	if (json_is_true(json_object_get(answer, "good")))
		documents = json_incref(json_object_get(answer, "documents"));
	else if (answer)
		ctl_complain(im->ctl, "%s", word(answer, "text"));
	json_decref(answer);
	json_decref(order);
	return documents;
}
