/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages come in on standard input: first the settings, then events
 * ({"id","kind","event"}). Results go out ({"id","way","result","text"}). The end
 * of the input is the end of all.
 */
#include "helper/hook.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"
#include "base/seccomp.h"

#define MESSAGE_MAX  ((size_t)1 << 26)
#define PAUSE_MAX_MS 600000

struct waiting {
	json_t *message;
	struct waiting *next;
};

/* A way, its line, and its thread. */
struct line {
	const char *way;
	bool (*deliver)(const struct bns_hook_settings *s, const struct bns_hook_event *e, char why[BNS_HOOK_WHY_MAX]);
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct waiting *first, **last;
};

static struct {
	json_t *settings_json; /* keeps the texts */
	struct bns_hook_settings settings;
	struct line lines[2];
	size_t line_count;
	pthread_mutex_t output;
} helper = {.output = PTHREAD_MUTEX_INITIALIZER};

static void say(json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	uint8_t *frame = text ? bns_frame_make(text, len) : NULL;
	pthread_mutex_lock(&helper.output);
	if (!frame || write(STDOUT_FILENO, frame, BNS_FRAME_HEAD + len) != (ssize_t)(BNS_FRAME_HEAD + len))
		_exit(1);
	pthread_mutex_unlock(&helper.output);
	free(frame);
	free(text);
	json_decref(message);
}

/* ---- one event, again and again ---- */

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void wait_ms(long ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&left, &left) != 0)
		;
}

static void tell(const struct line *line, const struct bns_hook_event *e, const char *result, const char *why)
{
	say(json_pack("{s:I, s:s, s:s, s:s}", "id", e->id, "way", line->way, "result", result, "text", why));
}

static void deliver(const struct line *line, const struct bns_hook_event *e)
{
	const struct bns_hook_settings *s = &helper.settings;
	char why[BNS_HOOK_WHY_MAX] = "";
	long pause_ms = s->pause_ms;
	for (long attempt = 1;; attempt++) {
		if (line->deliver(s, e, why)) {
			tell(line, e, "delivered", "");
			return;
		}
		if (attempt >= s->tries)
			break;
		tell(line, e, "failed", why);
		wait_ms(pause_ms);
		pause_ms = pause_ms > PAUSE_MAX_MS / 2 ? PAUSE_MAX_MS : 2 * pause_ms;
	}
	tell(line, e, "given-up", why);
}

static void *run_line(void *arg)
{
	struct line *line = arg;
	for (;;) {
		pthread_mutex_lock(&line->lock);
		while (!line->first)
			pthread_cond_wait(&line->filled, &line->lock);
		struct waiting *w = line->first;
		line->first = w->next;
		if (!line->first)
			line->last = &line->first;
		pthread_mutex_unlock(&line->lock);
		const json_t *object = json_object_get(w->message, "event");
		char *body = json_dumps(object, JSON_COMPACT);
		if (!body)
			_exit(1);
		const struct bns_hook_event e = {.id = json_integer_value(json_object_get(w->message, "id")),
						 .kind = word(w->message, "kind"),
						 .zone = word(object, "zone"),
						 .body = body,
						 .len = strlen(body)};
		deliver(line, &e);
		free(body);
		json_decref(w->message);
		free(w);
	}
	return NULL;
}

/* ---- what comes in ---- */

static void open_line(const char *way, bool (*deliver_by)(const struct bns_hook_settings *,
							  const struct bns_hook_event *, char[BNS_HOOK_WHY_MAX]))
{
	struct line *line = &helper.lines[helper.line_count++];
	pthread_t thread;
	*line = (struct line){.way = way, .deliver = deliver_by, .last = &line->first};
	pthread_mutex_init(&line->lock, NULL);
	pthread_cond_init(&line->filled, NULL);
	if (pthread_create(&thread, NULL, run_line, line) != 0)
		_exit(1);
	pthread_detach(thread);
}

static void take_settings(json_t *json)
{
	const json_t *command = json_object_get(json, "command");
	struct bns_hook_settings *s = &helper.settings;
	helper.settings_json = json_incref(json);
	*s = (struct bns_hook_settings){
		.url = word(json, "url"),
		.socket = word(json, "socket"),
		.secret_file = word(json, "secret_file"),
		.timeout_ms = (long)json_integer_value(json_object_get(json, "timeout_ms")),
		.pause_ms = (long)json_integer_value(json_object_get(json, "pause_ms")),
		.tries = (long)json_integer_value(json_object_get(json, "tries")),
	};
	for (size_t i = 0; i < json_array_size(command) && i < BNS_HOOK_WORDS_MAX; i++)
		s->command[i] = (char *)json_string_value(json_array_get(command, i));
	if (*s->url)
		open_line("webhook", bns_hook_web);
	if (s->command[0])
		open_line("command", bns_hook_command);
}

/* A line has a copy of its own: references are counted without a lock. */
static void enqueue(struct line *line, const json_t *message)
{
	struct waiting *w = calloc(1, sizeof(*w));
	json_t *copy = json_deep_copy(message);
	if (!w || !copy)
		_exit(1);
	w->message = copy;
	pthread_mutex_lock(&line->lock);
	*line->last = w;
	line->last = &w->next;
	pthread_cond_signal(&line->filled);
	pthread_mutex_unlock(&line->lock);
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	json_t *message = json_loadb((const char *)msg, len, 0, NULL);
	(void)arg;
	if (!message)
		_exit(1);
	if (!helper.settings_json)
		take_settings(message);
	else
		for (size_t i = 0; i < helper.line_count; i++)
			enqueue(&helper.lines[i], message);
	json_decref(message);
}

int main(int argc, char **argv)
{
	struct bns_frames frames = {0};
	char buf[65536];
	ssize_t n;
	bns_log_open(BNS_LOG_STDERR, "hooks-helper");
	bns_seccomp_program(BNS_SECCOMP_HELPER, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (bns_frames_take(&frames, buf, (size_t)n, MESSAGE_MAX, on_message, NULL))
			break;
	_exit(0); /* threads and what waits end with it */
}
