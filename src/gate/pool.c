/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way into libuv's pool. What is put in line within one turn of the loop
 * goes together: where there are many small zones, a thread is woken once for
 * a bundle of them. A large zone goes alone, so that none waits behind it.
 */
#include "base/seccomp.h"
#include "gate/work.h"

#define BUNDLE_MAX    64
#define SHARES        8 /* so many bundles at least, for the threads to share */
#define LARGE_RECORDS 1000

static void work_through(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	for (struct bns_job *job = work->data; job; job = job->pool_next)
		job->in_pool(job);
}

/* The first one's memory is the work's: it may go with its end. */
static void worked_through(uv_work_t *work, int status)
{
	struct bns_job *next;
	for (struct bns_job *job = work->data; job; job = next) {
		next = job->pool_next;
		job->behind_pool(job, status == UV_ECANCELED);
	}
}

/* Takes the next bundle off the line; returns its first. */
static struct bns_job *take_bundle(struct bns_gate *g, size_t most)
{
	struct bns_job *first = g->pool_first, *last = first;
	size_t count = 1;
	while (count < most && last->pool_next && !last->is_large && !last->pool_next->is_large) {
		last = last->pool_next;
		count++;
	}
	g->pool_first = last->pool_next;
	last->pool_next = NULL;
	g->pool_count -= count;
	return first;
}

static void flush(struct bns_gate *g)
{
	size_t most = g->pool_count / SHARES + 1;
	if (most > BUNDLE_MAX)
		most = BUNDLE_MAX;
	while (g->pool_first) {
		struct bns_job *first = take_bundle(g, most);
		if (uv_queue_work(g->loop, &first->work, work_through, worked_through))
			worked_through(&first->work, UV_ECANCELED);
	}
	g->pool_end = &g->pool_first;
}

static void on_turn(uv_prepare_t *turn)
{
	uv_prepare_stop(turn);
	flush(turn->data);
}

void bns_pool_add(struct bns_job *job, void (*in_pool)(struct bns_job *job),
		  void (*behind_pool)(struct bns_job *job, bool cancelled))
{
	struct bns_gate *g = job->gate;
	job->in_pool = in_pool;
	job->behind_pool = behind_pool;
	job->is_large = job->candidate && job->candidate->count >= LARGE_RECORDS;
	job->pool_next = NULL;
	if (!g->pool_first)
		g->pool_end = &g->pool_first;
	*g->pool_end = job;
	g->pool_end = &job->pool_next;
	g->pool_count++;
	if (g->stopping) {
		flush(g);
		return;
	}
	if (!g->turn_is_open && !uv_prepare_init(g->loop, &g->turn)) {
		g->turn.data = g;
		g->turn_is_open = true;
	}
	uv_prepare_start(&g->turn, on_turn);
}

void bns_pool_stop(struct bns_gate *g)
{
	flush(g);
	if (g->turn_is_open)
		uv_close((uv_handle_t *)&g->turn, NULL);
	g->turn_is_open = false;
}
