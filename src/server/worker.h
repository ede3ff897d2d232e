/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: a thread that answers, and what it alone writes. There are two
 * kinds: one waits for the datagrams of one socket (server/udp.h), the other
 * has a libuv loop for connections (server/tcp_worker.h). What they need to answer
 * is allocated before they start.
 * Thread: the main loop, but for bns_worker_hand_over, which is the worker's.
 */
#ifndef BNS_SERVER_WORKER_H
#define BNS_SERVER_WORKER_H

#include <uv.h>

#include "answer/answer.h"
#include "server/handoff.h"
#include "server/latency.h"

struct bns_worker;

struct bns_worker_kind {
	void (*run)(struct bns_worker *w);       /* the thread's life; registered and online in RCU */
	void (*interrupt)(struct bns_worker *w); /* main loop: `run` is to return */
	void (*close)(struct bns_worker *w);     /* main loop: it doesn't run any more, or never did */
};

/* What all workers are told. */
struct bns_worker_conf {
	struct bns_answer_env env;
	int cpu;          /* to run on; -1: any */
	uv_async_t *wake; /* of the main loop: something was handed over */
};

/* The first member of what a kind adds to it. */
struct bns_worker {
	const struct bns_worker_kind *kind;
	struct bns_answer_env env;
	struct bns_answer_counts counts;
	struct bns_latency latency[BNS_TRANSPORT_TLS + 1];
	uv_thread_t thread;
	uv_async_t *wake;
	int cpu;
	bool running;
	struct bns_handoff handoff;
};

/* `size` zeroed octets that begin with a worker, but for its hand-over slots, which are left untouched; or NULL. */
struct bns_worker *bns_worker_new(const struct bns_worker_kind *kind, const struct bns_worker_conf *conf, size_t size);

enum bns_error bns_worker_start(struct bns_worker *w) BNS_MUST_CHECK;

/* Ends and joins the thread, if it runs. */
void bns_worker_stop(struct bns_worker *w);

/* Of a worker that is stopped, or was never started. NULL is allowed. */
void bns_worker_close(struct bns_worker *w);

/* False: the main loop is behind; the request is dropped and counted. */
bool bns_worker_hand_over(struct bns_worker *w, const struct bns_handoff_origin *from, const uint8_t *data, size_t len);

#endif
