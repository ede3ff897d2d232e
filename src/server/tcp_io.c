/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/tcp_io.h"

#include <errno.h>
#include <unistd.h>

static ssize_t later_or_gone(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
}

ssize_t bns_tcp_read(struct bns_tcp_conn *conn, uint8_t *data, size_t len)
{
	if (conn->tls)
		return bns_tls_read(conn->tls, data, len);
	ssize_t n;
	do
		n = read(conn->fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return later_or_gone();
	return n > 0 ? n : -1;
}

ssize_t bns_tcp_write(struct bns_tcp_conn *conn, const uint8_t *data, size_t len)
{
	if (conn->tls)
		return bns_tls_write(conn->tls, data, len);
	ssize_t n;
	do
		n = send(conn->fd, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? later_or_gone() : n;
}

int bns_tcp_event_to_read(const struct bns_tcp_conn *conn)
{
	return conn->tls && bns_tls_wants_write(conn->tls) ? UV_WRITABLE : UV_READABLE;
}

bool bns_tcp_pending(const struct bns_tcp_conn *conn)
{
	return conn->tls && bns_tls_pending(conn->tls);
}
