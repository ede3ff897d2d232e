/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The helper's own life: orders come in on standard input, answers go out on
 * standard output, and the end of the input is the end of all. An order is
 * {"id":7,"key_file":"/…","region":"global","url":"https://…","subusers":["…"],
 * "validate":"HOST","timeout_ms":30000,"progress":true}; id and key_file must be
 * there. Back comes {"id":7,"good":true,"documents":[…]} or {"id":7,
 * "good":false,"text":"…","retry_s":0}; before it, where the order wants to hear
 * of progress, {"id":7,"listed":100} behind each page.
 */
#include "helper/esp.h"

#include <curl/curl.h>
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
#define TIMEOUT_MS  30000
#define ORDER_MS    300000 /* an order's requests and pauses together */

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

void bns_esp_fail(struct bns_esp *e, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, args);
	va_end(args);
	for (char *c = e->why; *c; c++)
		*c = *c < ' ' || *c > '~' ? '?' : *c;
}

/* False: nobody reads any more. */
static bool answer(json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0, at = 0;
	uint8_t *frame = text ? bns_frame_make(text, len) : NULL;
	ssize_t n = frame ? 1 : -1;
	while (n > 0 && at < BNS_FRAME_HEAD + len) {
		n = write(STDOUT_FILENO, frame + at, BNS_FRAME_HEAD + len - at);
		at += n > 0 ? (size_t)n : 0;
	}
	free(frame);
	free(text);
	json_decref(message);
	return n > 0;
}

void bns_esp_tell(const struct bns_esp *e, size_t listed)
{
	if (e->progress_of)
		answer(json_pack("{s:O, s:I}", "id", e->progress_of, "listed", (json_int_t)listed));
}

/* The API of that region; NULL: there is none. */
static const char *base_of(const char *region)
{
	if (strcmp(region, "eu") == 0)
		return "https://api.eu.sendgrid.com";
	return strcmp(region, "global") == 0 || !region[0] ? "https://api.sendgrid.com" : NULL;
}

/* The key travels with every request: in the clear at most to this very machine. */
static bool is_safe(const char *url)
{
	static const char *const near[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
	if (strncmp(url, "https://", 8) == 0)
		return url[8] && !strpbrk(url + 8, "/@?# ");
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		size_t len = strlen(near[i]);
		if (strncmp(url, near[i], len) == 0 && (!url[len] || url[len] == ':'))
			return !strpbrk(url + 7, "/@?# ");
	}
	return false;
}

static json_t *run(struct bns_esp *e, const json_t *order)
{
	const char *url = word(order, "url");
	e->base = url[0] ? url : base_of(word(order, "region"));
	if (!e->base)
		bns_esp_fail(e, "no API is known for region '%.60s': name one with `url`", word(order, "region"));
	else if (!is_safe(e->base))
		bns_esp_fail(e, "'%.200s' is no https:// URL of a host alone: the key would be there for all to read",
			     e->base);
	else if (bns_esp_key(e, word(order, "key_file")))
		return bns_esp_run(e, order);
	return NULL;
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	bool *good = arg;
	json_t *order = json_loadb((const char *)msg, len, 0, NULL);
	json_int_t timeout_ms = json_integer_value(json_object_get(order, "timeout_ms"));
	struct bns_esp e = {
		.timeout_ms = timeout_ms > 0 && timeout_ms < TIMEOUT_MS ? (unsigned)timeout_ms : TIMEOUT_MS,
		.deadline_ms = bns_clock_mono_ms() + ORDER_MS,
	};
	json_t *id = json_object_get(order, "id"), *documents;
	if (json_is_true(json_object_get(order, "progress")))
		e.progress_of = id;
	documents = order ? run(&e, order) : NULL;
	explicit_bzero(e.key, sizeof(e.key));
	*good = *good && order &&
		answer(documents ? json_pack("{s:O?, s:b, s:o}", "id", id, "good", 1, "documents", documents)
				 : json_pack("{s:O?, s:b, s:s, s:I}", "id", id, "good", 0, "text",
					     e.why[0] ? e.why : "memory is short", "retry_s", (json_int_t)e.retry_s));
	json_decref(order);
}

int main(int argc, char **argv)
{
	struct bns_frames frames = {0};
	char buf[65536];
	ssize_t n;
	bool good = true;
	bns_log_open(BNS_LOG_STDERR, "esp-helper");
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 1;
	bns_seccomp_program(BNS_SECCOMP_PROBE, argc, argv);
	while (good && (n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (bns_frames_take(&frames, buf, (size_t)n, MESSAGE_MAX, on_message, &good) != BNS_OK)
			good = false;
	bns_frames_free(&frames);
	curl_global_cleanup();
	return good ? 0 : 1;
}
