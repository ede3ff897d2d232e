/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/tcp_worker.h"

#include <stdlib.h>

#include "base/rcu.h"
#include "server/tcp.h"

/*
 * libuv runs the callbacks of sockets inside its poll phase, before any
 * uv_check_t: so each of them calls this, and the prepare phase, the last
 * thing before the loop may sleep, undoes it.
 */
void bns_tcp_worker_wake(struct bns_tcp_worker *s)
{
	if (s->online)
		return;
	bns_rcu_online();
	s->online = true;
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct bns_tcp_worker *s = prepare->data;
	if (!s->online)
		return;
	bns_rcu_offline();
	s->online = false;
}

static void close_handles(struct bns_tcp_worker *s)
{
	bns_tcp_stop(s->tcp);
	uv_close((uv_handle_t *)&s->prepare, NULL);
	uv_close((uv_handle_t *)&s->stop, NULL);
}

static void on_stop(uv_async_t *stop)
{
	close_handles(stop->data);
}

static struct bns_tcp_worker *worker_of(struct bns_worker *w)
{
	return (struct bns_tcp_worker *)w;
}

static void tcp_run(struct bns_worker *w)
{
	struct bns_tcp_worker *s = worker_of(w);
	s->online = true;
	uv_run(&s->loop, UV_RUN_DEFAULT);
}

static void tcp_interrupt(struct bns_worker *w)
{
	uv_async_send(&worker_of(w)->stop);
}

static void tcp_close(struct bns_worker *w)
{
	struct bns_tcp_worker *s = worker_of(w);
	if (!uv_is_closing((uv_handle_t *)&s->stop)) {
		close_handles(s);
		uv_run(&s->loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&s->loop);
	bns_tcp_close(s->tcp);
}

static const struct bns_worker_kind tcp_kind = {.run = tcp_run, .interrupt = tcp_interrupt, .close = tcp_close};

/* The loop, and the two handles that are not a socket's. */
static enum bns_error open_loop(struct bns_tcp_worker *s)
{
	if (uv_loop_init(&s->loop) != 0)
		return BNS_ENOMEM;
	if (uv_async_init(&s->loop, &s->stop, on_stop) != 0) {
		uv_loop_close(&s->loop);
		return BNS_ENOMEM;
	}
	s->stop.data = s;
	uv_prepare_init(&s->loop, &s->prepare);
	s->prepare.data = s;
	uv_prepare_start(&s->prepare, on_prepare);
	return BNS_OK;
}

enum bns_error bns_tcp_worker_open(const struct bns_worker_conf *worker, const struct bns_tcp_conf *conf,
				   struct bns_worker **out)
{
	struct bns_worker *w = bns_worker_new(&tcp_kind, worker, sizeof(struct bns_tcp_worker));
	if (!w)
		return BNS_ENOMEM;
	enum bns_error err = open_loop(worker_of(w));
	if (err) {
		free(w);
		return err;
	}
	err = bns_tcp_open(worker_of(w), conf, &worker_of(w)->tcp);
	if (err)
		bns_worker_close(w);
	else
		*out = w;
	return err;
}
