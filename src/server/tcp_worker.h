/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker for connections: a libuv loop, TCP and TLS (server/tcp.h) in it.
 * Thread: `open` the main loop; the rest the worker itself.
 */
#ifndef BNS_SERVER_TCP_WORKER_H
#define BNS_SERVER_TCP_WORKER_H

#include "server/worker.h"

struct bns_tcp;
struct bns_tls_ctx;

struct bns_tcp_conf {
	const int *tcp_fds; /* borrowed: the server's to close, after the worker */
	size_t tcp_fd_count;
	const int *tls_fds;
	size_t tls_fd_count;
	struct bns_tls_ctx *const *tls; /* where the certificate in force is found, by bns_rcu_load */
	unsigned tcp_max_clients;
	uint64_t tcp_idle_timeout_ms;
};

struct bns_tcp_worker {
	struct bns_worker worker;
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_async_t stop;
	struct bns_tcp *tcp;
	bool online;
};

enum bns_error bns_tcp_worker_open(const struct bns_worker_conf *worker, const struct bns_tcp_conf *conf,
				   struct bns_worker **out) BNS_MUST_CHECK;

/* The loop has just woken for an event: the table may be read until it sleeps again. */
void bns_tcp_worker_wake(struct bns_tcp_worker *s);

#endif
