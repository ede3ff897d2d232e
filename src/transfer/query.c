/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/query.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "wire/message.h"

#define UDP_FIRST_WAIT_MS  1000
#define UDP_SECOND_WAIT_MS 2000
#define UDP_IN_MAX         4096 /* we ask for less, and a TSIG may come with it */
#define REASON_MAX         128

struct bns_query {
	uv_udp_t udp;
	struct bns_timers *timers;
	struct bns_timer timer;
	struct bns_query_calls calls;
	unsigned sends;
	size_t len; /* of the question */
	uint8_t msg[BNS_UDP_PLAIN_MAX];
	uint8_t in[UDP_IN_MAX];
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
	uv_close((uv_handle_t *)&q->udp, on_closed);
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

void bns_query_cancel(struct bns_query *q)
{
	if (q)
		query_close(q);
}

static void udp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_query *q = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)q->in, (unsigned)sizeof(q->in));
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
	if (q->calls.message(q->calls.arg, (const uint8_t *)buf->base, (size_t)n) != BNS_MORE_WAIT)
		query_close(q);
}

static int udp_send(struct bns_query *q)
{
	uv_buf_t buf = uv_buf_init((char *)q->msg, (unsigned)q->len);
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

static enum bns_error query_new(struct bns_timers *timers, const uint8_t *msg, size_t len,
				const struct bns_query_calls *calls, struct bns_query **out)
{
	struct bns_query *q;

	if (len > BNS_UDP_PLAIN_MAX)
		return BNS_ERANGE;
	q = malloc(sizeof(*q));
	if (!q || bns_timer_add(timers, &q->timer, udp_timeout)) {
		free(q);
		return BNS_ENOMEM;
	}
	q->timers = timers;
	q->calls = *calls;
	q->sends = 0;
	q->len = len;
	memcpy(q->msg, msg, len);
	*out = q;
	return BNS_OK;
}

enum bns_error bns_query_udp(uv_loop_t *loop, struct bns_timers *timers, const union bns_addr *server,
			     const uint8_t *msg, size_t len, const struct bns_query_calls *calls,
			     struct bns_query **out)
{
	struct bns_query *q;
	enum bns_error err = query_new(timers, msg, len, calls, &q);

	if (err)
		return err;
	if (uv_udp_init(loop, &q->udp)) {
		bns_timer_drop(timers, &q->timer);
		free(q);
		return BNS_EIO;
	}
	q->udp.data = q;
	/* Connected: the kernel drops what others send, and tells of a closed port. */
	if (uv_udp_connect(&q->udp, &server->sa) || uv_udp_recv_start(&q->udp, udp_alloc, udp_received) ||
	    udp_send(q)) {
		query_close(q);
		return BNS_EIO;
	}
	*out = q;
	return BNS_OK;
}
