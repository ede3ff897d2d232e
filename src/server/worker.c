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
	w->kind->run(w);
	bns_rcu_unregister();
}

/* Most workers hand over little: a quarter of a megabyte of slots becomes memory only where they are used. */
struct bns_worker *bns_worker_new(const struct bns_worker_kind *kind, const struct bns_worker_conf *conf, size_t size)
{
	const size_t align = alignof(struct bns_worker), slots = offsetof(struct bns_worker, handoff.items);
	struct bns_worker *w = aligned_alloc(align, (size + align - 1) / align * align);
	if (!w)
		return NULL;
	memset(w, 0, slots);
	memset((char *)w + sizeof(*w), 0, size - sizeof(*w));
	w->kind = kind;
	w->env = conf->env;
	w->cpu = conf->cpu;
	w->wake = conf->wake;
	return w;
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
	w->kind->interrupt(w);
	uv_thread_join(&w->thread);
	w->running = false;
}

void bns_worker_close(struct bns_worker *w)
{
	if (!w)
		return;
	w->kind->close(w);
	free(w);
}
