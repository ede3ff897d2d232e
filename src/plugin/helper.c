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
#include "base/trusted.h"
#include "plugin/launcher.h"

#define RESTART_MS       1000
#define QUEUED_MAX_BYTES ((size_t)1 << 30)
#define READ_BYTES       65536

struct bns_helper {
	struct bns_plugin *plugin;
	const struct bns_helper_events *events;
	char *program;
	uint32_t life; /* the launcher's number of the process */
	uv_pipe_t to, from;
	uv_timer_t restart;
	struct bns_frames frames;
	char how[96]; /* the last one ended */
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
	free(h->program);
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
	close_handle((uv_handle_t *)&h->to);
	close_handle((uv_handle_t *)&h->from);
	bns_log(BNS_LOG_ERR, "helper-ended plugin=%s program=%s it ended with %s and is started again", h->plugin->id,
		h->program, h->how);
	h->events->ended(h->plugin, h->how);
	uv_timer_start(&h->restart, on_restart, RESTART_MS, 0);
}

static void on_process_end(void *arg, const char *how)
{
	struct bns_helper *h = arg;
	snprintf(h->how, sizeof(h->how), "%s", how);
	h->running = false;
	h->ended = true;
	end_of_process(h);
}

static void kill_process(const struct bns_helper *h, int signal)
{
	bns_launcher_kill(h->plugin->all->launcher, h->life, signal);
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
		kill_process(h, SIGKILL);
	h->running = false;
	h->drained = true;
	end_of_process(h);
}

/* ---- start ---- */

static bool fail(const struct bns_helper *h, const char *why, struct bns_diag *diag)
{
	bns_diag_set(diag, NULL, 0, 0, "plugin '%s' can't start its helper %s: %s", h->plugin->id, h->program, why);
	return false;
}

static void open_pipe(struct bns_helper *h, uv_loop_t *loop, uv_pipe_t *pipe)
{
	uv_pipe_init(loop, pipe, 0);
	pipe->data = h;
	h->handles++;
}

/* Our ends watched by the loop, those of the program in `theirs`; 0, or libuv's code and nothing left open there. */
static int open_pipes(struct bns_helper *h, int theirs[2])
{
	uv_file to[2], from[2];
	int code = uv_pipe(to, 0, UV_NONBLOCK_PIPE);
	if (code != 0)
		return code;
	code = uv_pipe(from, UV_NONBLOCK_PIPE, 0);
	if (code != 0) {
		close(to[0]);
		close(to[1]);
		return code;
	}
	theirs[0] = to[0];
	theirs[1] = from[1];
	if ((code = uv_pipe_open(&h->to, to[1])) != 0)
		close(to[1]);
	int other = uv_pipe_open(&h->from, from[0]);
	if (other != 0)
		close(from[0]);
	if (code == 0)
		code = other;
	if (code == 0)
		code = uv_read_start((uv_stream_t *)&h->from, give_room, on_read);
	if (code != 0) {
		close(theirs[0]);
		close(theirs[1]);
	}
	return code;
}

static bool launch(struct bns_helper *h, const int theirs[2], struct bns_diag *diag)
{
	struct bns_launcher *launcher;
	struct bns_diag why = {0};
	enum bns_error err = bns_launcher_get(h->plugin->all, &launcher, &why);
	if (!err)
		err = bns_launcher_start(launcher, h->program, theirs, on_process_end, h, &h->life);
	if (err)
		return fail(h, why.text[0] ? why.text : bns_strerror(err), diag);
	h->running = true;
	return true;
}

static bool spawn(struct bns_helper *h, struct bns_diag *diag)
{
	uv_loop_t *loop = h->plugin->all->services.loop;
	int theirs[2];
	open_pipe(h, loop, &h->to);
	open_pipe(h, loop, &h->from);
	h->ended = h->drained = false;
	int code = open_pipes(h, theirs);
	bool good = code == 0 ? launch(h, theirs, diag) : fail(h, uv_strerror(code), diag);
	if (code == 0) {
		close(theirs[0]);
		close(theirs[1]);
	}
	if (!good) {
		close_handle((uv_handle_t *)&h->to);
		close_handle((uv_handle_t *)&h->from);
	}
	return good;
}

/* The launcher looks again; here a program that isn't there is told to who configured it. */
static bool check_program(const struct bns_helper *h, struct bns_diag *diag)
{
	char path[PATH_MAX];
	struct bns_diag why = {0};
	if (!bns_launcher_find(h->plugin->all->dir, h->program, path, sizeof(path)))
		return fail(h, "no such program beside the plugins", diag);
	if (bns_trusted_file(path, &why))
		return fail(h, why.text[0] ? why.text : bns_strerror(BNS_ENOENT), diag);
	return true;
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
	h->program = strdup(program);
	uv_timer_init(loop, &h->restart);
	h->restart.data = h;
	h->handles = 1;
	if (!h->program || !check_program(h, diag) || !spawn(h, diag)) {
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
		kill_process(h, SIGTERM);
	if (h->plugin->all->launcher)
		bns_launcher_forget(h->plugin->all->launcher, h->life);
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
