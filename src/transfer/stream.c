/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX   (BNS_TLS_CLIENT_REASON_MAX + 8)
#define SEALED_BYTES 16384

struct bns_stream {
	uv_tcp_t tcp;
	uv_connect_t connect;
	struct bns_stream_calls calls;

	/* By TLS alone. */
	struct bns_tls_client *client;
	struct bns_tls *tls; /* NULL: in the clear */
	bool up;             /* the handshake is over */
	uint8_t sealed[];    /* octets as they came */
};

struct pending_write {
	uv_write_t write;
	uint8_t data[];
};

static void stream_free(struct bns_stream *s)
{
	bns_tls_close(s->tls);
	bns_tls_client_unref(s->client);
	free(s);
}

static void on_closed(uv_handle_t *handle)
{
	stream_free(handle->data);
}

static bool is_closing(const struct bns_stream *s)
{
	return uv_is_closing((const uv_handle_t *)&s->tcp);
}

void bns_stream_close(struct bns_stream *s)
{
	uint8_t words[256];

	if (!s)
		return;
	if (s->tls) {
		bns_tls_shut_down(s->tls);
		uv_buf_t buf = uv_buf_init((char *)words, (unsigned)bns_tls_fetch(s->tls, words, sizeof(words)));
		if (buf.len > 0)
			(void)uv_try_write((uv_stream_t *)&s->tcp, &buf, 1);
	}
	uv_close((uv_handle_t *)&s->tcp, on_closed);
}

static void stream_end(struct bns_stream *s, enum bns_error err, const char *reason)
{
	struct bns_stream_calls calls = s->calls;

	bns_stream_close(s);
	calls.ended(calls.arg, err, reason);
}

static void stream_fail(struct bns_stream *s, const char *what, int status)
{
	char reason[REASON_MAX];

	snprintf(reason, sizeof(reason), "%s: %s", what, uv_strerror(status));
	stream_end(s, BNS_EIO, reason);
}

/* -- out -- */

static void on_written(uv_write_t *write, int status)
{
	struct bns_stream *s = write->handle->data;

	free(write->data);
	if (status && !is_closing(s))
		stream_fail(s, "can't send over TCP", status);
}

static enum bns_error write_later(struct bns_stream *s, const uint8_t *data, size_t len)
{
	struct pending_write *p = malloc(sizeof(*p) + len);
	uv_buf_t buf;

	if (!p)
		return BNS_ENOMEM;
	memcpy(p->data, data, len);
	p->write.data = p;
	buf = uv_buf_init((char *)p->data, (unsigned)len);
	if (uv_write(&p->write, (uv_stream_t *)&s->tcp, &buf, 1, on_written)) {
		free(p);
		return BNS_EIO;
	}
	return BNS_OK;
}

static enum bns_error write_now_or_later(struct bns_stream *s, const uint8_t *data, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
	int sent = uv_try_write((uv_stream_t *)&s->tcp, &buf, 1);

	/* What is wrong with the connection is told by the next read. */
	if (sent < 0)
		sent = 0;
	return (size_t)sent == len ? BNS_OK : write_later(s, data + sent, len - (size_t)sent);
}

/* What TLS has made of what we had to say, its own words too. */
static enum bns_error write_sealed(struct bns_stream *s)
{
	uint8_t data[SEALED_BYTES];
	enum bns_error err = BNS_OK;
	size_t len;

	while (!err && (len = bns_tls_fetch(s->tls, data, sizeof(data))) > 0)
		err = write_now_or_later(s, data, len);
	return err;
}

enum bns_error bns_stream_write(struct bns_stream *s, const uint8_t *data, size_t len)
{
	if (!s->tls)
		return write_now_or_later(s, data, len);
	return bns_tls_write(s->tls, data, len) == (ssize_t)len ? write_sealed(s) : BNS_EIO;
}

/* -- in, by TLS -- */

/* Only to the one it must be is anything said. */
static void shake_hands(struct bns_stream *s)
{
	char reason[REASON_MAX] = "it ";
	int done = bns_tls_client_handshake(s->tls, reason + 3);

	if (write_sealed(s))
		stream_end(s, BNS_ENOMEM, "no memory to send over TLS");
	else if (done < 0)
		stream_end(s, BNS_EIO, reason);
	else if (done == 1) {
		s->up = true;
		s->calls.opened(s->calls.arg);
	}
}

static void unsealed_end(struct bns_stream *s)
{
	char reason[REASON_MAX] = "it ";

	if (!bns_tls_why(s->tls)) {
		stream_end(s, BNS_ESHORT, "the connection was closed");
		return;
	}
	bns_tls_client_why(s->tls, reason + 3);
	stream_end(s, BNS_EIO, reason);
}

static void unseal(struct bns_stream *s)
{
	uint8_t *data;
	size_t cap;
	ssize_t n;

	do {
		s->calls.room(s->calls.arg, &data, &cap);
		n = bns_tls_read(s->tls, data, cap);
		if (n > 0)
			s->calls.received(s->calls.arg, (size_t)n);
	} while (n > 0 && !is_closing(s));
	if (is_closing(s))
		return;
	if (n < 0)
		unsealed_end(s);
	else if (write_sealed(s))
		stream_end(s, BNS_ENOMEM, "no memory to send over TLS");
}

static void received_sealed(struct bns_stream *s, size_t len)
{
	if (bns_tls_feed(s->tls, s->sealed, len)) {
		stream_end(s, BNS_ENOMEM, "no memory for what came over TLS");
		return;
	}
	if (!s->up)
		shake_hands(s);
	if (!is_closing(s) && s->up)
		unseal(s);
}

/* -- in -- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_stream *s = handle->data;
	uint8_t *data;
	size_t cap;

	(void)suggested;
	if (s->tls) {
		*buf = uv_buf_init((char *)s->sealed, SEALED_BYTES);
		return;
	}
	s->calls.room(s->calls.arg, &data, &cap);
	*buf = uv_buf_init((char *)data, (unsigned)cap);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bns_stream *s = stream->data;

	(void)buf;
	if (n > 0 && s->tls)
		received_sealed(s, (size_t)n);
	else if (n > 0)
		s->calls.received(s->calls.arg, (size_t)n);
	else if (n == UV_EOF)
		stream_end(s, BNS_ESHORT, "the connection was closed");
	else if (n < 0)
		stream_fail(s, "the connection broke", (int)n);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct bns_stream *s = connect->handle->data;

	if (is_closing(s))
		return;
	if (!status)
		status = uv_read_start(connect->handle, on_alloc, on_read);
	if (status)
		stream_fail(s, "can't connect over TCP", status);
	else if (s->tls)
		shake_hands(s);
	else
		s->calls.opened(s->calls.arg);
}

static struct bns_stream *stream_new(struct bns_tls_client *tls, const struct bns_stream_calls *calls)
{
	struct bns_stream *s = malloc(sizeof(*s) + (tls ? SEALED_BYTES : 0));

	if (!s)
		return NULL;
	s->calls = *calls;
	s->up = false;
	s->client = bns_tls_client_ref(tls);
	s->tls = tls ? bns_tls_client_connect(tls) : NULL;
	if (!tls || s->tls)
		return s;
	stream_free(s);
	return NULL;
}

enum bns_error bns_stream_open(uv_loop_t *loop, const union bns_addr *to, struct bns_tls_client *tls,
			       const struct bns_stream_calls *calls, struct bns_stream **out)
{
	struct bns_stream *s = stream_new(tls, calls);

	if (!s)
		return BNS_ENOMEM;
	if (uv_tcp_init(loop, &s->tcp)) {
		stream_free(s);
		return BNS_EIO;
	}
	s->tcp.data = s;
	uv_tcp_nodelay(&s->tcp, 1);
	if (uv_tcp_connect(&s->connect, &s->tcp, &to->sa, on_connected)) {
		bns_stream_close(s);
		return BNS_EIO;
	}
	*out = s;
	return BNS_OK;
}
