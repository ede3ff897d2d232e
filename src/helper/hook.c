/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages come in on standard input: first the settings, and again whenever
 * they change, then events ({"id","ways","kind","event"}; `ways` has a bit for
 * each line). Results go out ({"id","way","result","text"}). The end of the
 * input is the end of all.
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

/* An attempt keeps those that it began with. */
struct settings {
	unsigned users;
	json_t *json; /* keeps the texts */
	struct bns_hook_settings is;
};

/* A way, its line, and its thread. */
struct line {
	const char *way;
	bool (*has)(const struct bns_hook_settings *s);
	bool (*deliver)(const struct bns_hook_settings *s, const struct bns_hook_event *e, char why[BNS_HOOK_WHY_MAX]);
	struct waiting *first, **last;
};

static bool has_webhook(const struct bns_hook_settings *s)
{
	return *s->url != '\0';
}

static bool has_command(const struct bns_hook_settings *s)
{
	return s->command[0] != NULL;
}

static struct {
	struct line lines[2]; /* in the order of the daemon's bits */
	pthread_mutex_t lock; /* of the lines and the settings */
	pthread_cond_t news;
	struct settings *settings;
	pthread_mutex_t output;
} helper = {
	.lines = {{.way = "webhook", .has = has_webhook, .deliver = bns_hook_web, .last = &helper.lines[0].first},
		  {.way = "command", .has = has_command, .deliver = bns_hook_command, .last = &helper.lines[1].first}},
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.output = PTHREAD_MUTEX_INITIALIZER,
};

#define LINES (sizeof(helper.lines) / sizeof(helper.lines[0]))

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

static struct settings *settings_take(void)
{
	pthread_mutex_lock(&helper.lock);
	struct settings *s = helper.settings;
	s->users++;
	pthread_mutex_unlock(&helper.lock);
	return s;
}

/* Below the lock. */
static void settings_release(struct settings *s)
{
	if (--s->users > 0)
		return;
	json_decref(s->json);
	free(s);
}

/* Gives them back, and waits, but not longer than until there are others. */
static void settings_wait(struct settings *s, long ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000 + (until.tv_nsec + ms % 1000 * 1000000) / 1000000000;
	until.tv_nsec = (until.tv_nsec + ms % 1000 * 1000000) % 1000000000;
	pthread_mutex_lock(&helper.lock);
	while (ms > 0 && helper.settings == s && pthread_cond_timedwait(&helper.news, &helper.lock, &until) == 0)
		;
	settings_release(s);
	pthread_mutex_unlock(&helper.lock);
}

static void tell(const struct line *line, const struct bns_hook_event *e, const char *result, const char *why)
{
	say(json_pack("{s:I, s:s, s:s, s:s}", "id", e->id, "way", line->way, "result", result, "text", why));
}

/* One attempt. True: it was the last one. */
static bool attempt(const struct line *line, const struct bns_hook_event *e, const struct bns_hook_settings *s,
		    long number)
{
	char why[BNS_HOOK_WHY_MAX] = "it is configured no more";
	bool has_way = line->has(s);
	bool good = has_way && line->deliver(s, e, why);
	bool is_last = good || !has_way || number >= s->tries;
	tell(line, e, good ? "delivered" : is_last ? "given-up" : "failed", good ? "" : why);
	return is_last;
}

static void deliver(const struct line *line, const struct bns_hook_event *e)
{
	long pause_ms = 0;
	for (long number = 1;; number++) {
		struct settings *s = settings_take();
		bool is_last = attempt(line, e, &s->is, number);
		if (pause_ms == 0)
			pause_ms = s->is.pause_ms;
		settings_wait(s, is_last ? 0 : pause_ms);
		if (is_last)
			return;
		pause_ms = pause_ms > PAUSE_MAX_MS / 2 ? PAUSE_MAX_MS : 2 * pause_ms;
	}
}

static struct waiting *next_of(struct line *line)
{
	pthread_mutex_lock(&helper.lock);
	while (!line->first)
		pthread_cond_wait(&helper.news, &helper.lock);
	struct waiting *w = line->first;
	line->first = w->next;
	if (!line->first)
		line->last = &line->first;
	pthread_mutex_unlock(&helper.lock);
	return w;
}

static void *run_line(void *arg)
{
	struct line *line = arg;
	for (;;) {
		struct waiting *w = next_of(line);
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

static void start_lines(void)
{
	pthread_t thread;
	for (size_t i = 0; i < LINES; i++) {
		if (pthread_create(&thread, NULL, run_line, &helper.lines[i]) != 0)
			_exit(1);
		pthread_detach(thread);
	}
}

static struct settings *settings_new(json_t *json)
{
	const json_t *command = json_object_get(json, "command");
	struct settings *s = calloc(1, sizeof(*s));
	if (!s)
		_exit(1);
	s->users = 1;
	s->json = json_incref(json);
	s->is = (struct bns_hook_settings){
		.url = word(json, "url"),
		.socket = word(json, "socket"),
		.secret_file = word(json, "secret_file"),
		.timeout_ms = (long)json_integer_value(json_object_get(json, "timeout_ms")),
		.pause_ms = (long)json_integer_value(json_object_get(json, "pause_ms")),
		.tries = (long)json_integer_value(json_object_get(json, "tries")),
	};
	for (size_t i = 0; i < json_array_size(command) && i < BNS_HOOK_WORDS_MAX; i++)
		s->is.command[i] = (char *)json_string_value(json_array_get(command, i));
	return s;
}

/* Who waits for his next attempt tries at once. */
static void take_settings(json_t *json)
{
	struct settings *s = settings_new(json);
	pthread_mutex_lock(&helper.lock);
	struct settings *former = helper.settings;
	helper.settings = s;
	if (former)
		settings_release(former);
	pthread_cond_broadcast(&helper.news);
	pthread_mutex_unlock(&helper.lock);
	if (!former)
		start_lines();
}

/* A line has a copy of its own: references are counted without a lock. */
static void enqueue(struct line *line, const json_t *message)
{
	struct waiting *w = calloc(1, sizeof(*w));
	json_t *copy = json_deep_copy(message);
	if (!w || !copy)
		_exit(1);
	w->message = copy;
	pthread_mutex_lock(&helper.lock);
	*line->last = w;
	line->last = &w->next;
	pthread_cond_broadcast(&helper.news);
	pthread_mutex_unlock(&helper.lock);
}

static void take_event(const json_t *message)
{
	json_int_t ways = json_integer_value(json_object_get(message, "ways"));
	for (size_t i = 0; i < LINES; i++)
		if (ways >> i & 1)
			enqueue(&helper.lines[i], message);
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	json_t *message = json_loadb((const char *)msg, len, 0, NULL);
	(void)arg;
	if (!message)
		_exit(1);
	if (json_object_get(message, "event"))
		take_event(message);
	else
		take_settings(message);
	json_decref(message);
}

/* Pauses are measured by a clock that nobody sets. */
static bool open_news(void)
{
	pthread_condattr_t attributes;
	bool good = pthread_condattr_init(&attributes) == 0 &&
		    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
		    pthread_cond_init(&helper.news, &attributes) == 0;
	pthread_condattr_destroy(&attributes);
	return good;
}

int main(int argc, char **argv)
{
	struct bns_frames frames = {0};
	char buf[65536];
	ssize_t n;
	bns_log_open(BNS_LOG_STDERR, "hooks-helper");
	bns_seccomp_program(BNS_SECCOMP_HELPER, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (!open_news() || curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (bns_frames_take(&frames, buf, (size_t)n, MESSAGE_MAX, on_message, NULL))
			break;
	_exit(0); /* threads and what waits end with it */
}
