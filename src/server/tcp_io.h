/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection's octets, in the clear or by TLS: all that differs between the two. Thread: the worker's. */
#ifndef BNS_SERVER_TCP_IO_H
#define BNS_SERVER_TCP_IO_H

#include "server/tcp_pool.h"

/* Octets moved, 0: not now, -1: the peer is gone. */
ssize_t bns_tcp_read(struct bns_tcp_conn *conn, uint8_t *data, size_t len);
ssize_t bns_tcp_write(struct bns_tcp_conn *conn, const uint8_t *data, size_t len);

/* What to wait for before the next bns_tcp_read: UV_READABLE, or UV_WRITABLE in a handshake. */
int bns_tcp_event_to_read(const struct bns_tcp_conn *conn);

/* Octets that have arrived already, where no poll sees them. */
bool bns_tcp_pending(const struct bns_tcp_conn *conn);

#endif
