/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/helper.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"

#define RESTART_MS       1000
#define QUEUED_MAX_BYTES ((size_t)1 << 30)
#define READ_BYTES       65536

struct bns_helper {
	struct bns_plugin *plugin;
	const struct bns_helper_events *events;
	char path[PATH_MAX];
	uv_process_t process;
	uv_pipe_t to, from;
	uv_timer_t restart;
	struct bns_frames frames;
	char how[64]; /* the last one ended */
	bool running; /* messages are taken */
	bool ended;   /* the process has */
	bool drained; /* what it wrote has been read */
	bool stopping;
	unsigned handles; /* open or closing */
	char read[READ_BYTES];
};

struct sending {
	uv_write_t request;
	uint8_t *frame;
};

static bool spawn(struct bns_helper *h, struct bns_diag *diag);

/* ---- the end of one ---- */

static void closed(uv_handle_t *handle)
{
	struct bns_helper *h = handle->data;
	if (--h->handles > 0 || !h->stopping)
		return;
	bns_frames_free(&h->frames);
	free(h);
}

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, closed);
}

static void on_restart(uv_timer_t *timer)
{
	struct bns_helper *h = timer->data;
	struct bns_diag diag = {0};
	/* The timer is the one handle that stays between two processes. */
	if (h->handles == 1 && spawn(h, &diag))
		return;
	if (diag.text[0])
		bns_log(BNS_LOG_ERR, "%s", diag.text);
	uv_timer_start(&h->restart, on_restart, RESTART_MS, 0);
}

static void end_of_process(struct bns_helper *h)
{
	if (!h->ended || !h->drained || h->stopping)
		return;
	bns_frames_free(&h->frames);
	close_handle((uv_handle_t *)&h->process);
	close_handle((uv_handle_t *)&h->to);
	close_handle((uv_handle_t *)&h->from);
	bns_log(BNS_LOG_ERR, "%s: its helper %s ended with %s and is started again", h->plugin->id, h->path, h->how);
	h->events->ended(h->plugin, h->how);
	uv_timer_start(&h->restart, on_restart, RESTART_MS, 0);
}

static void on_process_exit(uv_process_t *process, int64_t status, int term_signal)
{
	struct bns_helper *h = process->data;
	if (term_signal)
		snprintf(h->how, sizeof(h->how), "signal %d (%s)", term_signal, strsignal(term_signal));
	else
		snprintf(h->how, sizeof(h->how), "exit status %d", (int)status);
	h->running = false;
	h->ended = true;
	end_of_process(h);
}

/* ---- what it says ---- */

static void on_frame(void *arg, const uint8_t *msg, size_t len)
{
	struct bns_helper *h = arg;
	h->events->message(h->plugin, msg, len);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_helper *h = handle->data;
	(void)suggested;
	*buf = uv_buf_init(h->read, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bns_helper *h = stream->data;
	if (n > 0 && bns_frames_take(&h->frames, buf->base, (size_t)n, BNS_HELPER_MESSAGE_MAX, on_frame, h) == BNS_OK)
		return;
	if (n == 0)
		return;
	/* The end, or nothing that could be understood any more. */
	uv_read_stop(stream);
	if (!h->ended)
		uv_process_kill(&h->process, SIGKILL);
	h->running = false;
	h->drained = true;
	end_of_process(h);
}

/* ---- start ---- */

static bool fail(struct bns_helper *h, int code, struct bns_diag *diag)
{
	bns_diag_set(diag, NULL, 0, 0, "plugin '%s' can't start its helper %s: %s", h->plugin->id, h->path,
		     uv_strerror(code));
	return false;
}

static void open_pipe(struct bns_helper *h, uv_loop_t *loop, uv_pipe_t *pipe)
{
	uv_pipe_init(loop, pipe, 0);
	pipe->data = h;
	h->handles++;
}

static bool spawn(struct bns_helper *h, struct bns_diag *diag)
{
	uv_loop_t *loop = h->plugin->all->services.loop;
	char *args[] = {h->path, NULL};
	uv_stdio_container_t stdio[] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&h->to},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&h->from},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
	};
	const uv_process_options_t options = {
		.exit_cb = on_process_exit, .file = h->path, .args = args, .stdio = stdio, .stdio_count = 3};
	open_pipe(h, loop, &h->to);
	open_pipe(h, loop, &h->from);
	h->ended = h->drained = false;
	int code = uv_spawn(loop, &h->process, &options);
	h->process.data = h;
	h->handles++;
	if (code == 0)
		code = uv_read_start((uv_stream_t *)&h->from, give_room, on_read);
	if (code != 0) {
		close_handle((uv_handle_t *)&h->process);
		close_handle((uv_handle_t *)&h->to);
		close_handle((uv_handle_t *)&h->from);
		return fail(h, code, diag);
	}
	h->running = true;
	return true;
}

/* Installed beside the plugins; in a build tree the plugins are in a hidden folder below. */
static void find_program(struct bns_helper *h, const char *program)
{
	static const char hidden[] = "/.libs";
	const char *dir = h->plugin->all->dir;
	size_t len = strlen(dir), tail = sizeof(hidden) - 1;
	snprintf(h->path, sizeof(h->path), "%s/%s", dir, program);
	if (access(h->path, X_OK) != 0 && len > tail && strcmp(dir + len - tail, hidden) == 0)
		snprintf(h->path, sizeof(h->path), "%.*s/%s", (int)(len - tail), dir, program);
}

enum bns_error bns_helper_start(struct bns_plugin *p, const char *program, const struct bns_helper_events *events,
				struct bns_diag *diag)
{
	uv_loop_t *loop = p->all->services.loop;
	if (!loop)
		return BNS_OK; /* offline */
	struct bns_helper *h = calloc(1, sizeof(*h));
	if (!h)
		return BNS_ENOMEM;
	h->plugin = p;
	h->events = events;
	find_program(h, program);
	uv_timer_init(loop, &h->restart);
	h->restart.data = h;
	h->handles = 1;
	if (!spawn(h, diag)) {
		bns_helper_stop(h);
		return BNS_EIO;
	}
	p->helper = h;
	return BNS_OK;
}

void bns_helper_stop(struct bns_helper *h)
{
	h->stopping = true;
	close_handle((uv_handle_t *)&h->restart);
	if (h->handles == 1)
		return;
	if (h->running)
		uv_process_kill(&h->process, SIGTERM);
	close_handle((uv_handle_t *)&h->process);
	close_handle((uv_handle_t *)&h->to);
	close_handle((uv_handle_t *)&h->from);
}

/* ---- what it is told ---- */

static void on_sent(uv_write_t *request, int status)
{
	struct sending *s = request->data;
	(void)status; /* one that can't be told anything any more ends, and that is told */
	free(s->frame);
	free(s);
}

enum bns_error bns_helper_send(struct bns_plugin *p, const void *data, size_t len)
{
	struct bns_helper *h = p->helper;
	if (!h || !h->running || uv_stream_get_write_queue_size((uv_stream_t *)&h->to) > QUEUED_MAX_BYTES)
		return BNS_EBUSY;
	if (len > BNS_HELPER_MESSAGE_MAX)
		return BNS_ERANGE;
	struct sending *s = calloc(1, sizeof(*s));
	uint8_t *frame = s ? bns_frame_make(data, len) : NULL;
	if (!frame) {
		free(s);
		return BNS_ENOMEM;
	}
	s->frame = frame;
	s->request.data = s;
	uv_buf_t buf = uv_buf_init((char *)frame, (unsigned)(BNS_FRAME_HEAD + len));
	int code = uv_write(&s->request, (uv_stream_t *)&h->to, &buf, 1, on_sent);
	if (code == 0)
		return BNS_OK;
	free(frame);
	free(s);
	return BNS_EIO;
}
