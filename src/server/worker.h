/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: a thread with its own libuv loop and sockets. What it needs to
 * answer is allocated before it starts.
 * Thread: `open`, `start`, `stop` and `close` the main loop; the rest the
 * worker itself.
 */
#ifndef BNS_SERVER_WORKER_H
#define BNS_SERVER_WORKER_H

#include <uv.h>

#include "answer/answer.h"
#include "server/handoff.h"
#include "server/latency.h"

struct bns_tcp;
struct bns_tls_ctx;
struct bns_udp;

struct bns_worker_conf {
	const int *udp_fds; /* borrowed: the server's to close, after the worker */
	const int *tcp_fds;
	size_t fd_count;
	const int *tls_fds;
	size_t tls_fd_count;
	struct bns_tls_ctx *const *tls; /* where the certificate in force is found, by bns_rcu_load */
	int cpu;                        /* to run on; -1: any */
	unsigned tcp_max_clients;
	uint64_t tcp_idle_timeout_ms;
	uv_async_t *wake; /* of the main loop: something was handed over */
};

struct bns_worker {
	struct bns_answer_env env;
	struct bns_answer_counts counts;
	struct bns_latency latency;
	struct bns_handoff handoff;
	uv_loop_t loop;
	uv_prepare_t prepare;
	uv_async_t stop;
	uv_thread_t thread;
	uv_async_t *wake;
	struct bns_udp *udp;
	struct bns_tcp *tcp;
	int cpu;
	bool online;
	bool running;
};

enum bns_error bns_worker_open(const struct bns_worker_conf *conf, const struct bns_answer_env *env,
			       struct bns_worker **out) BNS_MUST_CHECK;
enum bns_error bns_worker_start(struct bns_worker *w) BNS_MUST_CHECK;

/* Ends and joins the thread, if it runs. */
void bns_worker_stop(struct bns_worker *w);
void bns_worker_close(struct bns_worker *w);

/* The loop has just woken for an event: the table may be read until it sleeps again. */
void bns_worker_wake(struct bns_worker *w);

/* False: the main loop is behind; the request is dropped and counted. */
bool bns_worker_hand_over(struct bns_worker *w, const struct bns_handoff_origin *from, const uint8_t *data, size_t len);

#endif
