/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "transfer/asked.h"
#include "transfer/axfr_out.h"
#include "transfer/ixfr_out.h"
#include "transfer/notify_in.h"
#include "transfer/snapshot.h"

#define FRAME_MAX       (2 + BNS_MESSAGE_MAX)
#define IDLE_DEFAULT_MS 10000
#define SEALED_BYTES    (FRAME_MAX + 1024) /* a frame in five records */
#define RECEIVED_BYTES  16384

struct bns_connection {
	uv_tcp_t tcp;
	uv_write_t write;
	struct bns_transfer *t;
	struct bns_timer idle;
	struct bns_tls *tls; /* NULL: in the clear */
	union bns_addr client;
	LIST_ENTRY(bns_connection) every;

	/* The request at hand, which stands first in `in`; no other is looked at before it is answered. */
	bool busy;
	struct bns_asked asked;
	struct bns_snapshot_user user;
	bool transferring;
	bool by_changes; /* IXFR from the journal, else the whole zone */
	struct bns_axfr_out axfr;
	struct bns_ixfr_out ixfr;

	bool closing;
	bool at_eof; /* the client sends no more, but may still read */
	bool reading;
	size_t in_len;
	uint8_t in[FRAME_MAX];
	uint8_t out[FRAME_MAX];

	/* By TLS alone: octets as they are on the wire. */
	uint8_t received[RECEIVED_BYTES];
	uint8_t sealed[SEALED_BYTES];
};

static void work_off(struct bns_connection *c);
static void read_on(struct bns_connection *c);

/* -- TLS -- */

/* What has arrived and has room in `in`. */
static void unseal(struct bns_connection *c)
{
	while (c->in_len < sizeof(c->in)) {
		ssize_t n = bns_tls_read(c->tls, c->in + c->in_len, sizeof(c->in) - c->in_len);
		if (n < 0)
			c->at_eof = true;
		if (n <= 0)
			return;
		c->in_len += (size_t)n;
	}
}

/* False: nothing can be said on this connection any more. */
static bool seal(struct bns_connection *c, uv_buf_t *buf)
{
	if (bns_tls_write(c->tls, buf->base, buf->len) != (ssize_t)buf->len)
		return false;
	*buf = uv_buf_init((char *)c->sealed, (unsigned)bns_tls_fetch(c->tls, c->sealed, sizeof(c->sealed)));
	return true;
}

/* Who asks for a zone wants to know where it ends: a connection that is cut off may have been cut by others. */
static void say_good_bye(struct bns_connection *c)
{
	char words[256];

	bns_tls_shut_down(c->tls);
	uv_buf_t buf = uv_buf_init(words, (unsigned)bns_tls_fetch(c->tls, words, sizeof(words)));
	if (buf.len > 0)
		(void)uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
	bns_tls_close(c->tls);
	c->tls = NULL;
}

/* -- life -- */

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void bns_connection_close(struct bns_connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	bns_snapshot_release(&c->user);
	if (c->busy)
		bns_asked_close(&c->asked);
	if (c->by_changes)
		bns_ixfr_out_close(&c->ixfr);
	bns_timer_drop(&c->t->timers, &c->idle);
	LIST_REMOVE(c, every);
	c->t->connection_count--;
	if (c->tls)
		say_good_bye(c);
	uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_idle(struct bns_timer *timer)
{
	bns_connection_close((struct bns_connection *)((char *)timer - offsetof(struct bns_connection, idle)));
}

/* Octets moved, in or out. */
static void alive(struct bns_connection *c)
{
	uint64_t idle_s = c->t->conf ? c->t->conf->tcp_idle_timeout_s : 0;

	bns_timer_arm(&c->t->timers, &c->idle, idle_s ? idle_s * 1000 : IDLE_DEFAULT_MS);
}

/* -- out -- */

static struct bns_reply reply_into(struct bns_connection *c)
{
	return (struct bns_reply){.data = c->out + 2, .cap = BNS_MESSAGE_MAX};
}

/* The request is answered: what follows in `in` comes next. */
static void request_end(struct bns_connection *c)
{
	size_t frame = 2 + (size_t)bns_get_u16(c->in);

	bns_asked_close(&c->asked);
	bns_snapshot_release(&c->user);
	if (c->by_changes)
		bns_ixfr_out_close(&c->ixfr);
	c->busy = false;
	c->transferring = c->by_changes = false;
	c->in_len -= frame;
	memmove(c->in, c->in + frame, c->in_len);
	read_on(c);
}

static void send_next_of_transfer(struct bns_connection *c);

static void on_written(uv_write_t *write, int status)
{
	struct bns_connection *c = write->handle->data;

	if (c->closing)
		return;
	if (status) {
		bns_connection_close(c);
		return;
	}
	alive(c);
	if (c->transferring && !(c->by_changes ? bns_ixfr_out_done(&c->ixfr) : c->axfr.done)) {
		send_next_of_transfer(c);
		return;
	}
	request_end(c);
	work_off(c);
}

/* Nothing more is written before on_written: who doesn't read holds up only itself. */
static void send_reply(struct bns_connection *c, const struct bns_reply *reply)
{
	uv_buf_t buf = uv_buf_init((char *)c->out, (unsigned)(reply->len + 2));

	bns_put_u16(c->out, (uint16_t)reply->len);
	if (reply->len == 0 || (c->tls && !seal(c, &buf)) ||
	    uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written))
		bns_connection_close(c);
}

static void send_next_of_transfer(struct bns_connection *c)
{
	struct bns_reply reply = reply_into(c);

	if (c->by_changes)
		bns_ixfr_out_next(&c->ixfr, &reply);
	else
		bns_axfr_out_next(&c->axfr, &reply);
	if (reply.len == 0)
		bns_log(BNS_LOG_ERR,
			"a transfer out ends early: no message holds the next record, or the journal has moved on");
	send_reply(c, &reply);
}

static void on_snapshot(struct bns_snapshot_user *user, const struct bns_contents *contents)
{
	struct bns_connection *c = (struct bns_connection *)((char *)user - offsetof(struct bns_connection, user));
	struct bns_reply reply = reply_into(c);

	if (!contents || !bns_contents_soa(contents)) {
		bns_asked_reply(&c->asked, 0, BNS_RCODE_SERVFAIL, &reply);
		send_reply(c, &reply);
		return;
	}
	c->transferring = true;
	bns_axfr_out_open(&c->axfr, &c->asked, contents);
	send_next_of_transfer(c);
}

/* -- in -- */

/* False: `reply` has the answer. */
static bool begin_transfer(struct bns_connection *c, struct bns_reply *reply)
{
	const struct bns_request *q = &c->asked.request;

	if (!bns_axfr_out_allowed(c->t, &c->asked, reply))
		return false;
	if (q->qtype == BNS_TYPE_IXFR && bns_ixfr_out_open(&c->ixfr, c->t, &c->asked)) {
		c->transferring = c->by_changes = true;
		send_next_of_transfer(c);
		return true;
	}
	if (!bns_snapshot_get(c->t, &q->qname, &c->user))
		return true;
	bns_asked_reply(&c->asked, 0, BNS_RCODE_SERVFAIL, reply);
	return false;
}

static void serve(struct bns_connection *c)
{
	const struct bns_request *q = &c->asked.request;
	struct bns_reply reply = reply_into(c);

	if (bns_message_opcode(c->asked.msg) == BNS_OPCODE_NOTIFY) {
		bns_notify_in(c->t, &c->asked, &reply);
	} else if (bns_message_opcode(c->asked.msg) == BNS_OPCODE_QUERY &&
		   (q->qtype == BNS_TYPE_AXFR || q->qtype == BNS_TYPE_IXFR)) {
		if (c->tls && !bns_tls_fits_transfer(c->tls)) {
			bns_asked_reply(&c->asked, 0, BNS_RCODE_REFUSED, &reply);
		} else if (begin_transfer(c, &reply)) {
			return;
		}
	} else {
		bns_asked_answer(&c->asked, c->t, &reply);
	}
	send_reply(c, &reply);
}

static bool has_frame(const struct bns_connection *c)
{
	return c->in_len >= 2 && c->in_len - 2 >= bns_get_u16(c->in);
}

static void work_off(struct bns_connection *c)
{
	struct bns_reply reply = reply_into(c);

	if (c->closing || c->busy)
		return;
	if (!has_frame(c)) {
		if (c->at_eof)
			bns_connection_close(c);
		return;
	}
	c->busy = true;
	if (bns_asked_open(&c->asked, c->t, c->in + 2, bns_get_u16(c->in), &c->client,
			   c->tls ? BNS_TRANSPORT_TLS : BNS_TRANSPORT_TCP, c->tls, &reply))
		serve(c);
	else
		send_reply(c, &reply); /* nothing to say: this is no client, so it closes */
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_connection *c = handle->data;

	(void)suggested;
	if (c->tls)
		*buf = uv_buf_init((char *)c->received, sizeof(c->received));
	else
		*buf = uv_buf_init((char *)c->in + c->in_len, (unsigned)(sizeof(c->in) - c->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bns_connection *c = stream->data;

	if (n == UV_EOF) {
		c->at_eof = true;
		work_off(c);
		return;
	}
	if (n < 0 || (c->tls && bns_tls_feed(c->tls, buf->base, (size_t)n))) {
		bns_connection_close(c);
		return;
	}
	if (n > 0)
		alive(c);
	if (c->tls)
		unseal(c);
	else
		c->in_len += (size_t)n;
	if (c->in_len == sizeof(c->in)) { /* requests behind the one at hand: the rest waits in the kernel */
		uv_read_stop(stream);
		c->reading = false;
	}
	work_off(c);
}

static void read_on(struct bns_connection *c)
{
	if (c->tls)
		unseal(c);
	if (c->reading || c->at_eof || c->in_len == sizeof(c->in))
		return;
	c->reading = true;
	if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
		bns_connection_close(c);
}

static struct bns_connection *connection_new(struct bns_transfer *t, struct bns_tls *tls, const union bns_addr *client)
{
	struct bns_connection *c = malloc(sizeof(*c));

	if (!c || bns_timer_add(&t->timers, &c->idle, on_idle)) {
		free(c);
		return NULL;
	}
	c->t = t;
	c->tls = tls;
	c->client = *client;
	c->busy = c->transferring = c->by_changes = c->closing = c->at_eof = c->reading = false;
	c->user = (struct bns_snapshot_user){.ready = on_snapshot};
	c->in_len = 0;
	if (uv_tcp_init(t->loop, &c->tcp)) {
		bns_timer_drop(&t->timers, &c->idle);
		free(c);
		return NULL;
	}
	c->tcp.data = c;
	LIST_INSERT_HEAD(&t->connections, c, every);
	t->connection_count++;
	return c;
}

void bns_connection_open(struct bns_transfer *t, int fd, struct bns_tls *tls, const union bns_addr *client,
			 const uint8_t *pending, size_t len)
{
	bool full = t->conf && t->connection_count >= t->conf->tcp_max_clients;
	struct bns_connection *c = full || len > FRAME_MAX ? NULL : connection_new(t, tls, client);

	if (!c) {
		bns_tls_close(tls);
		close(fd);
		return;
	}
	if (uv_tcp_open(&c->tcp, fd)) {
		close(fd);
		bns_connection_close(c);
		return;
	}
	memcpy(c->in, pending, len);
	c->in_len = len;
	alive(c);
	read_on(c);
	work_off(c);
}
