/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The helper's own life: orders come in on standard input, verdicts go out on
 * standard output, and the end of the input is the end of all.
 *
 * First message: {"port":0,"at_once":1}; another "at_once" may follow. Orders: {"id":7,
 * "zone":"example.com","command":["/usr/bin/x"],"timeout_ms":20000,"feed":true},
 * an octet 0, and the zone as bns_contents_encode makes it. Back come
 * {"id":7,"started":true} and {"id":7,"good":false,"how":"…","said":"…"}.
 */
#include "helper/exec.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"
#include "base/rcu.h"
#include "base/seccomp.h"

#define MESSAGE_MAX ((size_t)1 << 30)

struct order {
	json_t *header;
	struct bns_contents *contents;
	struct bns_run *run; /* NULL: in line */
	struct order *next;
};

static struct {
	uv_loop_t loop;
	uv_pipe_t in;
	struct bns_frames frames;
	struct bns_stage *stage;
	struct order *orders; /* the oldest first */
	long running, at_once;
	int code; /* to exit with */
	char read[65536];
} helper;

/* Without memory, or with an order that can't be understood: a fresh start, and holds for all that waits. */
static void leave(int code)
{
	helper.code = code;
	for (struct order *o = helper.orders; o; o = o->next)
		if (o->run)
			bns_run_kill(o->run);
	uv_stop(&helper.loop);
}

static void say(json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	uint8_t *frame = text ? bns_frame_make(text, len) : NULL;
	/* Whoever can't be told any more has gone, and so shall we. */
	if (!frame || write(STDOUT_FILENO, frame, BNS_FRAME_HEAD + len) != (ssize_t)(BNS_FRAME_HEAD + len))
		leave(1);
	free(frame);
	free(text);
	json_decref(message);
}

static void order_free(struct order *o)
{
	json_decref(o->header);
	bns_contents_free(o->contents);
	free(o);
}

static void start_orders(void);

static void on_done(void *arg, bool good, const char *how, const char *said)
{
	struct order *o = arg, **link = &helper.orders;
	say(json_pack("{s:O,s:b,s:s,s:s}", "id", json_object_get(o->header, "id"), "good", good, "how", how, "said",
		      said));
	bns_stage_take_away(helper.stage, o->contents->apex);
	while (*link != o)
		link = &(*link)->next;
	*link = o->next;
	order_free(o);
	helper.running--;
	start_orders();
}

static bool fill_command(const json_t *words, struct bns_run_order *order)
{
	size_t count = json_array_size(words);
	for (size_t i = 0; i < count && i < BNS_RUN_WORDS_MAX; i++)
		order->command[i] = (char *)json_string_value(json_array_get(words, i));
	return count > 0 && count <= BNS_RUN_WORDS_MAX;
}

static bool start_order(struct order *o)
{
	struct bns_run_order order = {
		.zone = json_string_value(json_object_get(o->header, "zone")),
		.timeout_ms = (uint64_t)json_integer_value(json_object_get(o->header, "timeout_ms")),
		.feed = json_is_true(json_object_get(o->header, "feed")),
		.contents = o->contents,
		.stage = helper.stage,
	};
	if (!fill_command(json_object_get(o->header, "command"), &order) || bns_stage_put(helper.stage, o->contents))
		return false;
	o->run = bns_run_start(&helper.loop, &order, on_done, o);
	if (!o->run)
		return false;
	helper.running++;
	say(json_pack("{s:O,s:b}", "id", json_object_get(o->header, "id"), "started", 1));
	return true;
}

/* One name can have one set of answers at a time. */
static bool zone_is_staged(const uint8_t *apex)
{
	for (const struct order *o = helper.orders; o; o = o->next)
		if (o->run && bns_name_equal(o->contents->apex, apex))
			return true;
	return false;
}

static void start_orders(void)
{
	for (struct order *o = helper.orders; o && helper.running < helper.at_once; o = o->next)
		if (!o->run && !zone_is_staged(o->contents->apex) && !start_order(o)) {
			leave(1);
			return;
		}
}

/* ---- what comes in ---- */

static void take_settings(const json_t *settings)
{
	struct bns_diag diag = {0};
	helper.at_once = (long)json_integer_value(json_object_get(settings, "at_once"));
	uint16_t port = (uint16_t)json_integer_value(json_object_get(settings, "port"));
	if (helper.stage) {
		start_orders();
		return;
	}
	if (bns_stage_open(&helper.loop, port, &helper.stage, &diag) == BNS_OK)
		return;
	bns_log(BNS_LOG_ERR, "%s", diag.text);
	leave(1);
}

static void take_order(json_t *header, const uint8_t *data, size_t len)
{
	struct order *o = calloc(1, sizeof(*o)), **last = &helper.orders;
	if (!o || bns_contents_decode(data, len, &o->contents) != BNS_OK) {
		free(o);
		leave(1);
		return;
	}
	o->header = json_incref(header);
	while (*last)
		last = &(*last)->next;
	*last = o;
	start_orders();
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	const uint8_t *end = memchr(msg, 0, len);
	size_t head = end ? (size_t)(end - msg) : len;
	json_t *header = json_loadb((const char *)msg, head, 0, NULL);
	(void)arg;
	if (!header || (end && !helper.stage))
		leave(1);
	else if (end)
		take_order(header, end + 1, len - head - 1);
	else
		take_settings(header);
	json_decref(header);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(helper.read, sizeof(helper.read));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)stream;
	if (n < 0)
		leave(0);
	if (n > 0 && bns_frames_take(&helper.frames, buf->base, (size_t)n, MESSAGE_MAX, on_message, NULL))
		leave(1);
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)handle;
	(void)number;
	leave(0);
}

int main(int argc, char **argv)
{
	uv_signal_t term;
	bns_log_open(BNS_LOG_STDERR, "exec-helper");
	bns_seccomp_program(BNS_SECCOMP_HELPER, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	bns_rcu_register();
	bns_rcu_offline();
	if (uv_loop_init(&helper.loop) || uv_pipe_init(&helper.loop, &helper.in, 0) ||
	    uv_pipe_open(&helper.in, STDIN_FILENO) || uv_signal_init(&helper.loop, &term) ||
	    uv_signal_start(&term, on_signal, SIGTERM) || uv_read_start((uv_stream_t *)&helper.in, give_room, on_read))
		return 1;
	uv_run(&helper.loop, UV_RUN_DEFAULT);
	/* What is open ends with the process; the daemon waits for nothing here. */
	_exit(helper.code);
}
