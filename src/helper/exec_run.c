/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/exec.h"
#include "zone/dump.h"

#define ENV_EXTRA      8
#define ENV_TEXT_BYTES 320
#define SETTLE_MS      500 /* for the rest of what an ended verifier wrote */

struct bns_run {
	uv_process_t process;
	uv_pipe_t in, said;
	uv_timer_t timer;
	uv_write_t feeding;
	char *text; /* of the zone */
	size_t text_len;
	char tail[BNS_RUN_SAID_MAX]; /* of what it said */
	size_t tail_len;
	char read[4096];
	char how[96];
	uint64_t timeout_ms;
	pid_t group;
	bool good, ended, late;
	unsigned handles;
	bns_run_fn done;
	void *arg;
};

/* ---- environment: as NSD's verifiers know it ---- */

struct environment {
	char texts[ENV_EXTRA][ENV_TEXT_BYTES];
	size_t count;
	char **all;
};

static void BNS_PRINTF(2, 3) env_add(struct environment *e, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(e->texts[e->count++], ENV_TEXT_BYTES, fmt, args);
	va_end(args);
}

static void env_describe(struct environment *e, const struct bns_run_order *o)
{
	unsigned port = bns_stage_port(o->stage);
	bool ipv6 = bns_stage_has_ipv6(o->stage);
	env_add(e, "VERIFY_ZONE=%s", o->zone);
	env_add(e, "VERIFY_ZONE_ON_STDIN=%s", o->feed ? "yes" : "no");
	env_add(e, "VERIFY_IP_ADDRESS=%s", ipv6 ? "::1" : "127.0.0.1");
	env_add(e, "VERIFY_PORT=%u", port);
	env_add(e, "VERIFY_IPV4_ADDRESS=127.0.0.1");
	env_add(e, "VERIFY_IPV4_PORT=%u", port);
	if (!ipv6)
		return;
	env_add(e, "VERIFY_IPV6_ADDRESS=::1");
	env_add(e, "VERIFY_IPV6_PORT=%u", port);
}

static bool env_fill(struct environment *e, const struct bns_run_order *o)
{
	size_t own = 0;
	while (environ[own])
		own++;
	env_describe(e, o);
	e->all = calloc(own + e->count + 1, sizeof(*e->all));
	if (!e->all)
		return false;
	memcpy(e->all, environ, own * sizeof(*e->all));
	for (size_t i = 0; i < e->count; i++)
		e->all[own + i] = e->texts[i];
	return true;
}

/* ---- the end ---- */

/* One line of what a person may read in a finding. */
static void make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = ' ';
	size_t len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		text[--len] = '\0';
}

static void closed(uv_handle_t *handle)
{
	struct bns_run *run = handle->data;
	if (--run->handles > 0)
		return;
	char said[BNS_RUN_SAID_MAX + 1];
	memcpy(said, run->tail, run->tail_len);
	said[run->tail_len] = '\0';
	make_printable(said);
	if (run->done)
		run->done(run->arg, run->good, run->how, said);
	free(run->text);
	free(run);
}

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, closed);
}

static void finish(struct bns_run *run)
{
	if (run->process.data)
		close_handle((uv_handle_t *)&run->process);
	close_handle((uv_handle_t *)&run->in);
	close_handle((uv_handle_t *)&run->said);
	close_handle((uv_handle_t *)&run->timer);
}

static void kill_group(const struct bns_run *run)
{
	if (run->group > 0)
		kill(-run->group, SIGKILL);
}

static void on_timer(uv_timer_t *timer)
{
	struct bns_run *run = timer->data;
	if (run->ended) {
		finish(run);
		return;
	}
	run->late = true;
	kill_group(run);
}

static void on_process_exit(uv_process_t *process, int64_t status, int term_signal)
{
	struct bns_run *run = process->data;
	run->ended = true;
	run->good = status == 0 && term_signal == 0 && !run->late;
	if (run->late)
		snprintf(run->how, sizeof(run->how), "did not end within %.3g s and was killed",
			 (double)run->timeout_ms / 1000);
	else if (term_signal)
		snprintf(run->how, sizeof(run->how), "died by signal %d (%s)", term_signal, strsignal(term_signal));
	else
		snprintf(run->how, sizeof(run->how), "ended with exit status %d", (int)status);
	kill_group(run); /* whoever it left behind */
	if (uv_is_closing((uv_handle_t *)&run->said))
		finish(run);
	else
		uv_timer_start(&run->timer, on_timer, SETTLE_MS, 0);
}

/* ---- what it says and hears ---- */

static void keep_tail(struct bns_run *run, const char *data, size_t len)
{
	if (len >= sizeof(run->tail)) {
		data += len - sizeof(run->tail);
		len = sizeof(run->tail);
	}
	size_t kept = sizeof(run->tail) - len < run->tail_len ? sizeof(run->tail) - len : run->tail_len;
	memmove(run->tail, run->tail + run->tail_len - kept, kept);
	memcpy(run->tail + kept, data, len);
	run->tail_len = kept + len;
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_run *run = handle->data;
	(void)suggested;
	*buf = uv_buf_init(run->read, sizeof(run->read));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bns_run *run = stream->data;
	if (n > 0)
		keep_tail(run, buf->base, (size_t)n);
	if (n >= 0)
		return;
	close_handle((uv_handle_t *)&run->said);
	if (run->ended)
		finish(run);
}

/* Who doesn't want to read the zone closes his end, and that is all right. */
static void on_fed(uv_write_t *request, int status)
{
	struct bns_run *run = request->data;
	if (status != UV_ECANCELED)
		close_handle((uv_handle_t *)&run->in);
}

static void feed(struct bns_run *run)
{
	uv_buf_t buf = uv_buf_init(run->text, (unsigned)run->text_len);
	run->feeding.data = run;
	if (!run->text || uv_write(&run->feeding, (uv_stream_t *)&run->in, &buf, 1, on_fed) != 0)
		close_handle((uv_handle_t *)&run->in);
}

/* ---- start ---- */

static bool write_text(struct bns_run *run, const struct bns_contents *c)
{
	FILE *out = open_memstream(&run->text, &run->text_len);
	if (!out)
		return false;
	enum bns_error err = bns_zone_dump(c, out);
	return fclose(out) == 0 && !err && run->text && run->text_len <= UINT32_MAX;
}

static void add_handle(struct bns_run *run, uv_handle_t *handle)
{
	handle->data = run;
	run->handles++;
}

/* Both of its outputs are one to us: what uv_spawn's own pipes can't be. */
static int open_outputs(struct bns_run *run, int *theirs)
{
	uv_file ends[2];
	int code = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
	if (code == 0 && (code = uv_pipe_open(&run->said, ends[0])) != 0) {
		close(ends[0]);
		close(ends[1]);
	}
	*theirs = code == 0 ? ends[1] : -1;
	return code;
}

static int spawn_with(uv_loop_t *loop, struct bns_run *run, const struct bns_run_order *o, int output)
{
	struct environment environment = {0};
	uv_stdio_container_t stdio[] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&run->in},
		{.flags = UV_INHERIT_FD, .data.fd = output},
		{.flags = UV_INHERIT_FD, .data.fd = output},
	};
	if (!env_fill(&environment, o))
		return UV_ENOMEM;
	const uv_process_options_t options = {
		.exit_cb = on_process_exit,
		.file = o->command[0],
		.args = (char **)o->command,
		.env = environment.all,
		.flags = UV_PROCESS_DETACHED, /* a session, and so a process group, of its own */
		.stdio = stdio,
		.stdio_count = 3,
	};
	int code = uv_spawn(loop, &run->process, &options);
	add_handle(run, (uv_handle_t *)&run->process);
	free(environment.all);
	return code;
}

static int spawn(uv_loop_t *loop, struct bns_run *run, const struct bns_run_order *o)
{
	int output;
	int code = open_outputs(run, &output);
	if (code != 0)
		return code;
	code = spawn_with(loop, run, o, output);
	close(output);
	return code;
}

static struct bns_run *run_new(uv_loop_t *loop, const struct bns_run_order *o, bns_run_fn done, void *arg)
{
	struct bns_run *run = calloc(1, sizeof(*run));
	if (!run)
		return NULL;
	run->done = done;
	run->arg = arg;
	run->timeout_ms = o->timeout_ms;
	uv_pipe_init(loop, &run->in, 0);
	uv_pipe_init(loop, &run->said, 0);
	uv_timer_init(loop, &run->timer);
	add_handle(run, (uv_handle_t *)&run->in);
	add_handle(run, (uv_handle_t *)&run->said);
	add_handle(run, (uv_handle_t *)&run->timer);
	return run;
}

struct bns_run *bns_run_start(uv_loop_t *loop, const struct bns_run_order *order, bns_run_fn done, void *arg)
{
	struct bns_run *run = run_new(loop, order, done, arg);
	if (!run)
		return NULL;
	int code = order->feed && !write_text(run, order->contents) ? UV_ENOMEM : 0;
	if (code == 0)
		code = spawn(loop, run, order);
	if (code != 0) {
		snprintf(run->how, sizeof(run->how), "can't be started: %s", uv_strerror(code));
		finish(run);
		return run;
	}
	run->group = run->process.pid;
	uv_read_start((uv_stream_t *)&run->said, give_room, on_read);
	uv_timer_start(&run->timer, on_timer, run->timeout_ms, 0);
	feed(run);
	return run;
}

void bns_run_kill(struct bns_run *run)
{
	run->done = NULL;
	kill_group(run);
}
