/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's TCP side (RFC 7766), in the clear and by TLS: a fixed number of connections, each with
 * buffers of its own whose pages are touched only when used. Requests that
 * come together are answered together. When all are taken, the client address
 * that holds the most makes room for a newcomer with its most silent one.
 * Thread: the worker's, but for open and close.
 */
#ifndef BNS_SERVER_TCP_H
#define BNS_SERVER_TCP_H

#include "server/tcp_worker.h"

enum bns_error bns_tcp_open(struct bns_tcp_worker *worker, const struct bns_tcp_conf *conf,
			    struct bns_tcp **out) BNS_MUST_CHECK;

/* Closes connections and handles; they are gone when the loop has run on. NULL is allowed. */
void bns_tcp_stop(struct bns_tcp *tcp);
void bns_tcp_close(struct bns_tcp *tcp);

#endif
