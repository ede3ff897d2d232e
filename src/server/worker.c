/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/worker.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/rcu.h"
#include "base/seccomp.h"
#include "server/tcp.h"
#include "server/udp.h"

/*
 * libuv runs the callbacks of sockets inside its poll phase, before any
 * uv_check_t: so each of them calls this, and the prepare phase, the last
 * thing before the loop may sleep, undoes it.
 */
void bns_worker_wake(struct bns_worker *w)
{
	if (w->online)
		return;
	bns_rcu_online();
	w->online = true;
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct bns_worker *w = prepare->data;
	if (!w->online)
		return;
	bns_rcu_offline();
	w->online = false;
}

bool bns_worker_hand_over(struct bns_worker *w, const struct bns_handoff_origin *from, const uint8_t *data, size_t len)
{
	if (!bns_handoff_push(&w->handoff, from, data, len)) {
		uint64_t dropped = __atomic_load_n(&w->counts.dropped, __ATOMIC_RELAXED);
		__atomic_store_n(&w->counts.dropped, dropped + 1, __ATOMIC_RELAXED);
		return false;
	}
	uv_async_send(w->wake);
	return true;
}

static void close_handles(struct bns_worker *w)
{
	bns_udp_stop(w->udp);
	bns_tcp_stop(w->tcp);
	uv_close((uv_handle_t *)&w->prepare, NULL);
	uv_close((uv_handle_t *)&w->stop, NULL);
}

static void on_stop(uv_async_t *stop)
{
	close_handles(stop->data);
}

static void pin(const struct bns_worker *w)
{
	if (w->cpu < 0)
		return;
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)w->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		bns_log(BNS_LOG_INFO, "a worker couldn't be bound to core %d and runs on any", w->cpu);
}

static void run(void *arg)
{
	struct bns_worker *w = arg;
	pin(w);
	bns_seccomp_thread(BNS_SECCOMP_WORKER);
	bns_rcu_register();
	w->online = true;
	uv_run(&w->loop, UV_RUN_DEFAULT);
	bns_rcu_unregister();
}

/* The loop, and the two handles that are not a socket's. */
static enum bns_error open_loop(struct bns_worker *w)
{
	if (uv_loop_init(&w->loop) != 0)
		return BNS_ENOMEM;
	if (uv_async_init(&w->loop, &w->stop, on_stop) != 0) {
		uv_loop_close(&w->loop);
		return BNS_ENOMEM;
	}
	w->stop.data = w;
	uv_prepare_init(&w->loop, &w->prepare);
	w->prepare.data = w;
	uv_prepare_start(&w->prepare, on_prepare);
	return BNS_OK;
}

enum bns_error bns_worker_open(const struct bns_worker_conf *conf, const struct bns_answer_env *env,
			       struct bns_worker **out)
{
	struct bns_worker *w = aligned_alloc(alignof(struct bns_worker), sizeof(*w));
	if (!w)
		return BNS_ENOMEM;
	memset(w, 0, sizeof(*w));
	w->env = *env;
	w->wake = conf->wake;
	w->cpu = conf->cpu;
	enum bns_error err = open_loop(w);
	if (err) {
		free(w);
		return err;
	}
	err = bns_udp_open(w, conf, &w->udp);
	if (!err)
		err = bns_tcp_open(w, conf, &w->tcp);
	if (err)
		bns_worker_close(w);
	else
		*out = w;
	return err;
}

/* Signals are the main loop's. */
enum bns_error bns_worker_start(struct bns_worker *w)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->running = uv_thread_create(&w->thread, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->running ? BNS_OK : BNS_ENOMEM;
}

void bns_worker_stop(struct bns_worker *w)
{
	if (!w->running)
		return;
	uv_async_send(&w->stop);
	uv_thread_join(&w->thread);
	w->running = false;
}

void bns_worker_close(struct bns_worker *w)
{
	if (!uv_is_closing((uv_handle_t *)&w->stop)) {
		close_handles(w);
		uv_run(&w->loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&w->loop);
	bns_udp_close(w->udp);
	bns_tcp_close(w->tcp);
	free(w);
}
