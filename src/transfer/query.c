/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/query.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "transfer/stream.h"
#include "wire/message.h"

#define UDP_FIRST_WAIT_MS  1000
#define UDP_SECOND_WAIT_MS 2000
#define TCP_PROGRESS_MS    10000
#define UDP_IN_MAX         4096 /* we ask for less, and a TSIG may come with it */
#define TCP_IN_MAX         (2 + BNS_MESSAGE_MAX)
#define REASON_MAX         128

struct bns_query {
	uv_udp_t udp;
	bool over_udp;
	struct bns_stream *stream; /* over TCP */
	struct bns_timers *timers;
	struct bns_timer timer;
	struct bns_query_calls calls;
	uint64_t progress_timeout_ms;
	unsigned sends;
	size_t in_len;    /* of `in`, which holds a frame's two octets of length and its message */
	size_t frame_len; /* the question with its two octets of length */
	uint8_t frame[2 + BNS_UDP_PLAIN_MAX];
	size_t in_cap;
	uint8_t in[];
};

static struct bns_query *query_of(struct bns_timer *timer)
{
	return (struct bns_query *)((char *)timer - offsetof(struct bns_query, timer));
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void query_close(struct bns_query *q)
{
	bns_timer_drop(q->timers, &q->timer);
	bns_stream_close(q->stream);
	if (q->over_udp)
		uv_close((uv_handle_t *)&q->udp, on_closed);
	else
		free(q);
}

/* The last thing done with a query. */
static void query_end(struct bns_query *q, enum bns_error err, const char *reason)
{
	struct bns_query_calls calls = q->calls;

	query_close(q);
	calls.ended(calls.arg, err, reason);
}

static void query_fail(struct bns_query *q, const char *what, int status)
{
	char reason[REASON_MAX];

	snprintf(reason, sizeof(reason), "%s: %s", what, uv_strerror(status));
	query_end(q, BNS_EIO, reason);
}

static enum bns_error query_new(struct bns_timers *timers, const uint8_t *msg, size_t len,
				const struct bns_query_calls *calls, void (*fire)(struct bns_timer *), size_t in_cap,
				struct bns_query **out)
{
	struct bns_query *q;

	if (len > BNS_UDP_PLAIN_MAX)
		return BNS_ERANGE;
	q = malloc(sizeof(*q) + in_cap);
	if (!q || bns_timer_add(timers, &q->timer, fire)) {
		free(q);
		return BNS_ENOMEM;
	}
	q->timers = timers;
	q->calls = *calls;
	q->over_udp = false;
	q->stream = NULL;
	q->sends = 0;
	q->in_len = 0;
	q->in_cap = in_cap;
	q->frame_len = len + 2;
	bns_put_u16(q->frame, (uint16_t)len);
	memcpy(q->frame + 2, msg, len);
	*out = q;
	return BNS_OK;
}

void bns_query_cancel(struct bns_query *q)
{
	if (q)
		query_close(q);
}

/* -- UDP -- */

static void udp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_query *q = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)q->in, (unsigned)q->in_cap);
}

static void udp_received(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
	struct bns_query *q = udp->data;

	(void)flags;
	if (n < 0) {
		query_fail(q, "no answer over UDP", (int)n);
		return;
	}
	if (!from)
		return;
	if (q->calls.message(q->calls.arg, (const uint8_t *)buf->base, (size_t)n) == BNS_QUERY_ENOUGH)
		query_close(q);
}

static int udp_send(struct bns_query *q)
{
	uv_buf_t buf = uv_buf_init((char *)q->frame + 2, (unsigned)(q->frame_len - 2));
	int status = uv_udp_try_send(&q->udp, &buf, 1, NULL);

	/* A full send buffer is as good as a lost datagram: the next try comes anyway. */
	if (status < 0 && status != UV_EAGAIN)
		return status;
	bns_timer_arm(q->timers, &q->timer, q->sends == 0 ? UDP_FIRST_WAIT_MS : UDP_SECOND_WAIT_MS);
	q->sends++;
	return 0;
}

static void udp_timeout(struct bns_timer *timer)
{
	struct bns_query *q = query_of(timer);
	int status;

	if (q->sends > 1) {
		query_end(q, BNS_ETIMEOUT, "no answer over UDP");
		return;
	}
	status = udp_send(q);
	if (status)
		query_fail(q, "can't send over UDP", status);
}

enum bns_error bns_query_udp(uv_loop_t *loop, struct bns_timers *timers, const union bns_addr *server,
			     const uint8_t *msg, size_t len, const struct bns_query_calls *calls,
			     struct bns_query **out)
{
	struct bns_query *q;
	enum bns_error err = query_new(timers, msg, len, calls, udp_timeout, UDP_IN_MAX, &q);

	if (err)
		return err;
	if (uv_udp_init(loop, &q->udp)) {
		bns_timer_drop(timers, &q->timer);
		free(q);
		return BNS_EIO;
	}
	q->udp.data = q;
	q->over_udp = true;
	/* Connected: the kernel drops what others send, and tells of a closed port. */
	if (uv_udp_connect(&q->udp, &server->sa) || uv_udp_recv_start(&q->udp, udp_alloc, udp_received) ||
	    udp_send(q)) {
		query_close(q);
		return BNS_EIO;
	}
	*out = q;
	return BNS_OK;
}

/* -- TCP -- */

static void tcp_room(void *arg, uint8_t **data, size_t *cap)
{
	struct bns_query *q = arg;

	*data = q->in + q->in_len;
	*cap = q->in_cap - q->in_len;
}

/* Hands out the whole messages in `in`; false: the query is gone. */
static bool tcp_deliver(struct bns_query *q)
{
	size_t pos = 0;

	while (q->in_len - pos >= 2) {
		size_t len = bns_get_u16(q->in + pos);
		if (q->in_len - pos - 2 < len)
			break;
		if (q->calls.message(q->calls.arg, q->in + pos + 2, len) == BNS_QUERY_ENOUGH) {
			query_close(q);
			return false;
		}
		pos += 2 + len;
	}
	q->in_len -= pos;
	memmove(q->in, q->in + pos, q->in_len);
	return true;
}

static void tcp_received(void *arg, size_t len)
{
	struct bns_query *q = arg;

	q->in_len += len;
	if (tcp_deliver(q))
		bns_timer_arm(q->timers, &q->timer, q->progress_timeout_ms);
}

static void tcp_opened(void *arg)
{
	struct bns_query *q = arg;
	enum bns_error err = bns_stream_write(q->stream, q->frame, q->frame_len);

	if (err)
		query_end(q, err, "the question can't be sent over TCP");
}

static void tcp_ended(void *arg, enum bns_error err, const char *reason)
{
	struct bns_query *q = arg;

	q->stream = NULL;
	query_end(q, err, reason);
}

static void tcp_timeout(struct bns_timer *timer)
{
	query_end(query_of(timer), BNS_ETIMEOUT, "nothing came over TCP for too long");
}

enum bns_error bns_query_tcp(uv_loop_t *loop, struct bns_timers *timers, const union bns_addr *server,
			     struct bns_tls_client *tls, const uint8_t *msg, size_t len, uint64_t progress_timeout_ms,
			     const struct bns_query_calls *calls, struct bns_query **out)
{
	struct bns_stream_calls stream_calls = {
		.opened = tcp_opened, .room = tcp_room, .received = tcp_received, .ended = tcp_ended};
	struct bns_query *q;
	enum bns_error err = query_new(timers, msg, len, calls, tcp_timeout, TCP_IN_MAX, &q);

	if (err)
		return err;
	q->progress_timeout_ms = progress_timeout_ms ? progress_timeout_ms : TCP_PROGRESS_MS;
	stream_calls.arg = q;
	err = bns_stream_open(loop, server, tls, &stream_calls, &q->stream);
	if (err) {
		query_close(q);
		return err;
	}
	bns_timer_arm(timers, &q->timer, q->progress_timeout_ms);
	*out = q;
	return BNS_OK;
}
