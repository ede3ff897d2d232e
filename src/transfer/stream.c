/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 128

struct bns_stream {
	uv_tcp_t tcp;
	uv_connect_t connect;
	struct bns_stream_calls calls;
};

struct pending_write {
	uv_write_t write;
	uint8_t data[];
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void bns_stream_close(struct bns_stream *s)
{
	if (s)
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

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_stream *s = handle->data;
	uint8_t *data;
	size_t cap;

	(void)suggested;
	s->calls.room(s->calls.arg, &data, &cap);
	*buf = uv_buf_init((char *)data, (unsigned)cap);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct bns_stream *s = stream->data;

	(void)buf;
	if (n > 0)
		s->calls.received(s->calls.arg, (size_t)n);
	else if (n == UV_EOF)
		stream_end(s, BNS_ESHORT, "the connection was closed");
	else if (n < 0)
		stream_fail(s, "the connection broke", (int)n);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct bns_stream *s = connect->handle->data;

	if (uv_is_closing((uv_handle_t *)&s->tcp))
		return;
	if (!status)
		status = uv_read_start(connect->handle, on_alloc, on_read);
	if (status)
		stream_fail(s, "can't connect over TCP", status);
	else
		s->calls.opened(s->calls.arg);
}

enum bns_error bns_stream_open(uv_loop_t *loop, const union bns_addr *to, const struct bns_stream_calls *calls,
			       struct bns_stream **out)
{
	struct bns_stream *s = malloc(sizeof(*s));

	if (!s)
		return BNS_ENOMEM;
	if (uv_tcp_init(loop, &s->tcp)) {
		free(s);
		return BNS_EIO;
	}
	s->tcp.data = s;
	s->calls = *calls;
	uv_tcp_nodelay(&s->tcp, 1);
	if (uv_tcp_connect(&s->connect, &s->tcp, &to->sa, on_connected)) {
		bns_stream_close(s);
		return BNS_EIO;
	}
	*out = s;
	return BNS_OK;
}

static void on_written(uv_write_t *write, int status)
{
	struct bns_stream *s = write->handle->data;

	free(write->data);
	if (status && !uv_is_closing((uv_handle_t *)&s->tcp))
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

enum bns_error bns_stream_write(struct bns_stream *s, const uint8_t *data, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);
	int sent = uv_try_write((uv_stream_t *)&s->tcp, &buf, 1);

	/* What is wrong with the connection is told by the next read. */
	if (sent < 0)
		sent = 0;
	return (size_t)sent == len ? BNS_OK : write_later(s, data + sent, len - (size_t)sent);
}
