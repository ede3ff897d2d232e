/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The helper's own life: orders come in on standard input, results go out on
 * standard output, and the end of the input is the end of all. Every message
 * is JSON. First the settings: {"threads":4,"timeout_ms":10000,…}, and again
 * whenever they change; orders that run keep theirs. Then
 * {"id":7,"kind":"route"|"check"|"link","host":"…","target":"…","origin":"…",
 * "zone":"…","http_only":false,"serial":1,"here":"127.0.0.1@53","held":false,
 * "caa_issuers":[],"limit_ms":18000,"path":"…"}; only id, kind and host must be there.
 * Back comes {"id":7,"good":true,"steps":[{"good":true,"text":"…"},
 * {"good":false,"rule":"LB02","severity":"C","text":"…","remedy":"…"}],
 * "chain":["…"],"addresses":[{"address":"…","tls":{…},"https":{…},"http":{…}}]}.
 */
#include "helper/probe.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/seccomp.h"

#define MESSAGE_MAX ((size_t)1 << 20)
#define THREADS_MAX 64
#define PACES       1024

/* What all orders have in common; one that runs keeps those that it began with. */
struct settings {
	unsigned users; /* below the lock */
	json_t *message;
	struct bns_probe_settings is;
};

struct order {
	json_t *message;
	struct settings *settings; /* once it runs */
	struct order *next;
};

/* All below `lock`. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct order *first, **last;
	unsigned threads, checking; /* of which some do whole checks */
	uint64_t next_ms[PACES];    /* when an address may be connected to again, by its hash */
	struct settings *settings;  /* for orders that begin now */
	bool failed;
} helper = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .last = &helper.first};

void bns_probe_pace(const struct bns_probe_settings *s, const union bns_addr *addr)
{
	uint32_t hash = 2166136261u; /* FNV-1a over the address; two that meet in a place only wait for each other */
	const union bns_addr host = bns_probe_at_port(addr, 0); /* whatever the port: it is one machine's load */
	const uint8_t *octets = (const uint8_t *)&host;
	for (size_t i = 0; i < bns_addr_len(&host); i++)
		hash = (hash ^ octets[i]) * 16777619u;
	pthread_mutex_lock(&helper.lock);
	uint64_t now_ms = bns_clock_mono_ms(), *next_ms = &helper.next_ms[hash % PACES];
	uint64_t turn_ms = *next_ms > now_ms ? *next_ms : now_ms;
	*next_ms = turn_ms + s->interval_ms;
	pthread_mutex_unlock(&helper.lock);
	const struct timespec wait = {.tv_sec = (time_t)((turn_ms - now_ms) / 1000),
				      .tv_nsec = (long)((turn_ms - now_ms) % 1000 * 1000000)};
	nanosleep(&wait, NULL);
}

/* ---- orders ---- */

static void answer(json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	uint8_t *frame = text ? bns_frame_make(text, len) : NULL;
	pthread_mutex_lock(&helper.lock);
	if (!frame || write(STDOUT_FILENO, frame, BNS_FRAME_HEAD + len) != (ssize_t)(BNS_FRAME_HEAD + len))
		helper.failed = true;
	pthread_mutex_unlock(&helper.lock);
	free(frame);
	free(text);
	json_decref(message);
}

static const char *word(const json_t *message, const char *key)
{
	return json_string_value(json_object_get(message, key));
}

static unsigned number(const json_t *message, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(message, key));
}

static void run_order(const json_t *m, const struct bns_probe_settings *settings)
{
	const char *kind = word(m, "kind"), *path = word(m, "path");
	struct bns_probe p = {
		.settings = settings,
		.host = word(m, "host"),
		.target = word(m, "target"),
		.origin = word(m, "origin"),
		.zone = word(m, "zone"),
		.serial = number(m, "serial"),
		.here = word(m, "here"),
		.held = json_is_true(json_object_get(m, "held")),
		.caa_issuers = json_object_get(m, "caa_issuers"),
		.http_only = json_is_true(json_object_get(m, "http_only")),
		.steps = json_array(),
		.chain = json_array(),
		.addresses = json_array(),
	};
	unsigned limit_ms = number(m, "limit_ms");
	p.until_ms = limit_ms ? bns_clock_mono_ms() + limit_ms : 0;
	if (!p.steps || !p.chain || !p.addresses || !p.host || !kind)
		p.bad = true;
	else if (strcmp(kind, "check") == 0)
		bns_probe_check(&p);
	else if (strcmp(kind, "link") == 0)
		bns_probe_link(&p, path ? path : "/");
	else
		bns_probe_route(&p);
	answer(json_pack("{s:O,s:b,s:o,s:o,s:o}", "id", json_object_get(m, "id"), "good", !p.bad, "steps", p.steps,
			 "chain", p.chain, "addresses", p.addresses));
}

static bool is_check(const struct order *o)
{
	const char *kind = word(o->message, "kind");
	return kind && strcmp(kind, "check") == 0;
}

/* The first whose turn it is: whole checks take their time, so half of the threads are kept for candidates. */
static struct order *take_next(void)
{
	bool may_check = helper.checking < (helper.threads > 1 ? helper.threads / 2 : 1);
	struct order **link = &helper.first;
	while (*link && is_check(*link) && !may_check)
		link = &(*link)->next;
	struct order *o = *link;
	if (!o)
		return NULL;
	*link = o->next;
	if (!o->next)
		helper.last = link;
	helper.checking += is_check(o);
	o->settings = helper.settings;
	o->settings->users++;
	return o;
}

static struct order *next_order(void)
{
	struct order *o;
	pthread_mutex_lock(&helper.lock);
	while (!(o = take_next()))
		pthread_cond_wait(&helper.wake, &helper.lock);
	pthread_mutex_unlock(&helper.lock);
	return o;
}

/* Below the lock. */
static void settings_release(struct settings *s)
{
	if (--s->users > 0)
		return;
	json_decref(s->message);
	free(s);
}

static void end_order(struct order *o)
{
	pthread_mutex_lock(&helper.lock);
	settings_release(o->settings);
	helper.checking -= is_check(o);
	/* A check that waited for this one's end may be run by any. */
	pthread_cond_broadcast(&helper.wake);
	pthread_mutex_unlock(&helper.lock);
	json_decref(o->message);
	free(o);
}

static void *work(void *arg)
{
	for (;;) {
		struct order *o = next_order();
		run_order(o->message, &o->settings->is);
		end_order(o);
	}
	return arg;
}

/* ---- what comes in ---- */

static void take_resolvers(struct bns_probe_settings *s, const json_t *list)
{
	size_t i;
	json_t *text;
	json_array_foreach (list, i, text)
		if (s->resolver_count < sizeof(s->resolvers) / sizeof(s->resolvers[0]) &&
		    bns_addr_from_text(json_string_value(text), 53, &s->resolvers[s->resolver_count]) == BNS_OK)
			s->resolver_count++;
}

static struct settings *settings_new(json_t *m)
{
	struct settings *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->users = 1;
	s->message = json_incref(m);
	s->is = (struct bns_probe_settings){
		.ca_file = word(m, "ca_file"),
		.user_agent = word(m, "user_agent"),
		.user_agents = json_object_get(m, "user_agents"),
		.path = word(m, "path"),
		.https_port = (uint16_t)number(m, "https_port"),
		.http_port = (uint16_t)number(m, "http_port"),
		.timeout_ms = number(m, "timeout_ms"),
		.interval_ms = number(m, "interval_ms"),
		.warn_days = number(m, "warn_days"),
		.alarm_days = number(m, "alarm_days"),
		.caa_issuers = json_object_get(m, "caa_issuers"),
	};
	take_resolvers(&s->is, json_object_get(m, "resolvers"));
	return s;
}

static void start_threads(unsigned count)
{
	pthread_t thread;
	helper.threads = count < THREADS_MAX ? count : THREADS_MAX;
	for (unsigned i = 0; i < helper.threads; i++)
		if (pthread_create(&thread, NULL, work, NULL) != 0)
			helper.failed = true;
}

/* The number of threads is that of the first ones. */
static void take_settings(json_t *m)
{
	struct settings *s = settings_new(m);
	pthread_mutex_lock(&helper.lock);
	helper.failed = helper.failed || !s;
	struct settings *former = helper.settings;
	helper.settings = s ? s : former;
	if (s && former)
		settings_release(former);
	else if (s)
		start_threads(number(m, "threads"));
	pthread_mutex_unlock(&helper.lock);
}

static void take_order(json_t *m)
{
	struct order *o = calloc(1, sizeof(*o));
	pthread_mutex_lock(&helper.lock);
	if (o) {
		o->message = json_incref(m);
		*helper.last = o;
		helper.last = &o->next;
		pthread_cond_signal(&helper.wake);
	} else {
		helper.failed = true;
	}
	pthread_mutex_unlock(&helper.lock);
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	json_t *m = json_loadb((const char *)msg, len, 0, NULL);
	(void)arg;
	if (!m)
		helper.failed = true;
	else if (!word(m, "kind"))
		take_settings(m);
	else
		take_order(m);
	json_decref(m);
}

static bool has_failed(void)
{
	pthread_mutex_lock(&helper.lock);
	bool failed = helper.failed;
	pthread_mutex_unlock(&helper.lock);
	return failed;
}

int main(int argc, char **argv)
{
	struct bns_frames frames = {0};
	char buf[65536];
	ssize_t n;
	bns_log_open(BNS_LOG_STDERR, "probe-helper");
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	bns_seccomp_program(BNS_SECCOMP_PROBE, argc, argv);
	while (!has_failed() && (n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (bns_frames_take(&frames, buf, (size_t)n, MESSAGE_MAX, on_message, NULL) != BNS_OK)
			break;
	/* Threads that wait for somebody out there end with the process. */
	_exit(has_failed());
}
