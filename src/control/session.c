/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

struct bns_session {
	uv_pipe_t pipe;
	struct bns_sessions *set;
	struct bns_session *next;
	struct bns_session *prev;
	struct bns_peer peer;
	struct bns_call *call; /* the request in hand, while it is being answered later */
	char *buffer;          /* from the first octet of an unfinished line */
	size_t len;
	size_t capacity;
	size_t scanned; /* octets of it known to hold no newline */
	bool busy;      /* a request is in hand */
	bool working;   /* lines are being taken: no second round within */
	bool reading;
	bool at_end;  /* the peer has sent all it will */
	bool closing; /* after what is queued */
	bool subscribed;
};

/* One queued line. */
struct outgoing {
	uv_write_t req;
	char *line;
};

static void take_lines(struct bns_session *s);

static void account(struct bns_session *s, size_t capacity)
{
	if (!s->peer.admin)
		s->set->buffered_bytes = s->set->buffered_bytes - s->capacity + capacity;
	s->capacity = capacity;
}

static void on_closed(uv_handle_t *handle)
{
	struct bns_session *s = handle->data;
	free(s->buffer);
	free(s);
}

static void close_now(struct bns_session *s)
{
	if (uv_is_closing((uv_handle_t *)&s->pipe))
		return;
	if (s->call)
		s->call->session = NULL;
	account(s, 0);
	if (s->prev)
		s->prev->next = s->next;
	else
		s->set->head = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->set->count--;
	s->closing = true;
	uv_close((uv_handle_t *)&s->pipe, on_closed);
}

static size_t unsent(const struct bns_session *s)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&s->pipe);
}

static void on_written(uv_write_t *req, int status)
{
	struct outgoing *o = (struct outgoing *)req;
	struct bns_session *s = req->data;
	free(o->line);
	free(o);
	if (uv_is_closing((uv_handle_t *)&s->pipe))
		return;
	if (status < 0 || (s->closing && unsent(s) == 0))
		close_now(s);
	else
		take_lines(s);
}

/* Takes the line over. Where memory is short (NULL too) the connection ends: better than a peer that waits for ever. */
static void send_line(struct bns_session *s, char *line, size_t len)
{
	struct outgoing *o = line && !uv_is_closing((uv_handle_t *)&s->pipe) ? malloc(sizeof(*o)) : NULL;
	if (!o) {
		free(line);
		close_now(s);
		return;
	}
	uv_buf_t buf = uv_buf_init(line, (unsigned)len);
	o->line = line;
	o->req.data = s;
	if (uv_write(&o->req, (uv_stream_t *)&s->pipe, &buf, 1, on_written) != 0) {
		free(line);
		free(o);
		close_now(s);
	}
}

static void close_after(struct bns_session *s, enum bns_rpc_code code, const char *text)
{
	size_t len = 0;
	char *line = bns_rpc_line(bns_rpc_error(NULL, code, text, NULL), &len);
	s->closing = true;
	send_line(s, line, len);
}

/* Room for at least one more octet; grows with what has come, not with what was announced. */
static bool make_room(struct bns_session *s)
{
	if (s->len < s->capacity)
		return true;
	size_t want = s->capacity ? s->capacity * 2 : BNS_SESSION_BUFFER_FIRST;
	if (want > BNS_CONTROL_LINE_MAX + 1)
		want = BNS_CONTROL_LINE_MAX + 1; /* a longest line and its newline */
	if (!s->peer.admin && s->set->buffered_bytes + want - s->capacity > BNS_SESSIONS_BUFFER_MAX)
		return false;
	char *grown = realloc(s->buffer, want);
	if (!grown)
		return false;
	s->buffer = grown;
	account(s, want);
	return true;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_session *s = handle->data;
	(void)suggested;
	*buf = make_room(s) ? uv_buf_init(s->buffer + s->len, (unsigned)(s->capacity - s->len)) : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bns_session *s = stream->data;
	(void)buf;
	if (n == UV_ENOBUFS) {
		uv_read_stop(stream);
		s->reading = false;
		close_after(s, BNS_RPC_BUSY,
			    "the connections of users who may only read take too much memory: try again later");
		return;
	}
	if (n > 0)
		s->len += (size_t)n;
	else if (n == UV_EOF)
		s->at_end = true;
	else if (n < 0) {
		close_now(s);
		return;
	}
	take_lines(s);
}

static void set_reading(struct bns_session *s, bool wanted)
{
	if (wanted == s->reading)
		return;
	s->reading = wanted;
	if (!wanted)
		uv_read_stop((uv_stream_t *)&s->pipe);
	else if (uv_read_start((uv_stream_t *)&s->pipe, on_alloc, on_read) != 0)
		close_now(s);
}

/* Memory of a long line goes back once the line is done with. */
static void drop_line(struct bns_session *s, size_t used)
{
	s->len -= used;
	s->scanned = 0;
	memmove(s->buffer, s->buffer + used, s->len);
	if (s->capacity <= 16 * BNS_SESSION_BUFFER_FIRST || s->len > BNS_SESSION_BUFFER_FIRST)
		return;
	char *small = realloc(s->buffer, BNS_SESSION_BUFFER_FIRST);
	if (small) {
		s->buffer = small;
		account(s, BNS_SESSION_BUFFER_FIRST);
	}
}

/* The next whole line is answered. False: there is none. */
static bool take_line(struct bns_session *s)
{
	char *newline = s->len > s->scanned ? memchr(s->buffer + s->scanned, '\n', s->len - s->scanned) : NULL;
	if (!newline) {
		s->scanned = s->len;
		return false;
	}
	size_t len = (size_t)(newline - s->buffer);
	size_t start = 0;
	while (start < len && memchr(" \t\r", s->buffer[start], 3))
		start++;
	if (start < len) {
		s->busy = true;
		bns_call_dispatch(s, s->set->env, &s->peer, s->buffer + start, len - start);
	}
	if (!uv_is_closing((uv_handle_t *)&s->pipe))
		drop_line(s, len + 1);
	return true;
}

static bool may_take(const struct bns_session *s)
{
	return !s->busy && !s->closing && unsent(s) < BNS_SESSION_QUEUE_MAX;
}

/* Answers what can be answered now, then reads on, or says goodbye. */
static void take_lines(struct bns_session *s)
{
	if (s->working || s->closing)
		return;
	s->working = true;
	while (may_take(s) && take_line(s))
		;
	s->working = false;
	if (uv_is_closing((uv_handle_t *)&s->pipe))
		return;
	bool idle = may_take(s);
	if (idle && s->len > BNS_CONTROL_LINE_MAX)
		close_after(s, BNS_RPC_LINE_TOO_LONG, "a line may have 64 MiB; the connection ends here");
	else if (idle && s->at_end && unsent(s) == 0)
		close_now(s);
	else
		set_reading(s, idle && !s->at_end);
	if (s->closing && !uv_is_closing((uv_handle_t *)&s->pipe))
		set_reading(s, false);
}

static size_t count_user(const struct bns_sessions *set, uid_t uid)
{
	size_t n = 0;
	for (const struct bns_session *s = set->head; s; s = s->next)
		n += s->peer.uid == uid;
	return n;
}

/* Best effort: the socket's buffer is empty, so one short line fits. */
static void turn_away(int fd, enum bns_rpc_code code, const char *text)
{
	size_t len = 0;
	char *line = bns_rpc_line(bns_rpc_error(NULL, code, text, NULL), &len);
	if (line && send(fd, line, len, MSG_NOSIGNAL) < 0)
		bns_log(BNS_LOG_DEBUG, "control: a peer that was turned away had left already");
	free(line);
	close(fd);
}

static bool enough(const struct bns_sessions *set, const struct bns_peer *peer)
{
	if (peer->admin)
		return set->count >= 2 * BNS_SESSIONS_MAX;
	return set->count >= BNS_SESSIONS_MAX || count_user(set, peer->uid) >= BNS_SESSIONS_PER_USER_MAX;
}

void bns_session_open(struct bns_sessions *set, int fd, const struct bns_peer *peer)
{
	if (enough(set, peer)) {
		turn_away(fd, BNS_RPC_BUSY,
			  "too many connections to the control socket: close some, or try again later");
		return;
	}
	struct bns_session *s = calloc(1, sizeof(*s));
	if (!s || uv_pipe_init(set->env->loop, &s->pipe, 0) != 0) {
		free(s);
		turn_away(fd, BNS_RPC_INTERNAL, bns_strerror(BNS_ENOMEM));
		return;
	}
	s->set = set;
	s->peer = *peer;
	s->pipe.data = s;
	s->next = set->head;
	if (s->next)
		s->next->prev = s;
	set->head = s;
	set->count++;
	if (uv_pipe_open(&s->pipe, fd) != 0) {
		close(fd);
		close_now(s);
		return;
	}
	set_reading(s, true);
}

static void done(struct bns_session *s)
{
	s->busy = false;
	s->call = NULL;
}

void bns_session_silent(struct bns_session *s)
{
	done(s);
	take_lines(s);
}

void bns_session_answer(struct bns_session *s, char *line, size_t len)
{
	done(s);
	send_line(s, line, len);
	if (!uv_is_closing((uv_handle_t *)&s->pipe))
		take_lines(s);
}

void bns_session_set_call(struct bns_session *s, struct bns_call *call)
{
	s->call = call;
}

void bns_session_subscribe(struct bns_session *s)
{
	s->subscribed = true;
}

json_t *bns_session_events(const struct bns_session *s)
{
	return s->set->events;
}

enum bns_error bns_sessions_init(struct bns_sessions *set, const struct bns_control_env *env)
{
	*set = (struct bns_sessions){.env = env, .events = json_array()};
	return set->events ? BNS_OK : BNS_ENOMEM;
}

/* A subscriber that doesn't keep up is cut off: better than a gap that nobody sees. */
static void tell(struct bns_session *s, json_t *event)
{
	size_t len = 0;
	if (unsent(s) > BNS_SESSION_QUEUE_MAX) {
		bns_log(BNS_LOG_WARN, "control: %s doesn't read the events it subscribed to; cut off", s->peer.by);
		close_now(s);
		return;
	}
	char *line = bns_rpc_line(bns_rpc_notification("event", json_incref(event)), &len);
	send_line(s, line, len);
}

void bns_sessions_publish(struct bns_sessions *set, json_t *event)
{
	struct bns_session *next;
	if (!event)
		return;
	for (struct bns_session *s = set->head; s; s = next) {
		next = s->next;
		if (s->subscribed && !s->closing)
			tell(s, event);
	}
	if (json_array_size(set->events) >= BNS_EVENTS_KEPT)
		json_array_remove(set->events, 0);
	json_array_append_new(set->events, event);
}

void bns_sessions_each_peer(struct bns_sessions *set, void (*each)(void *arg, struct bns_peer *peer), void *arg)
{
	for (struct bns_session *s = set->head; s; s = s->next) {
		size_t capacity = s->capacity;
		account(s, 0);
		each(arg, &s->peer);
		account(s, capacity);
	}
}

void bns_sessions_close(struct bns_sessions *set)
{
	while (set->head)
		close_now(set->head);
}

void bns_sessions_free(struct bns_sessions *set)
{
	json_decref(set->events);
	set->events = NULL;
}
