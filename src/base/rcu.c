/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/rcu.h"

/*
 * ThreadSanitizer doesn't see into liburcu: what a grace period orders has to
 * be told. A reader that lets go releases, a deferred free acquires, and the
 * end of a free is released to whoever waits for all of them.
 */
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>

static char grace_point;
static char freed_point;

static void tell_let_go(void)
{
	__tsan_release(&grace_point);
}

static void tell_grace_over(void)
{
	__tsan_acquire(&grace_point);
}

static void tell_freed(void)
{
	__tsan_release(&freed_point);
}

static void tell_all_freed(void)
{
	__tsan_acquire(&freed_point);
}

/* In libtsan, though in no header of gcc 12. */
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_end(void);

/* liburcu counts in memory of its own, allocated here and freed by its thread: nothing of ours lies there. */
static void wait_for_frees(void)
{
	__tsan_ignore_thread_begin();
	urcu_qsbr_barrier();
	__tsan_ignore_thread_end();
}
#else
static void tell_let_go(void)
{
}

static void tell_grace_over(void)
{
}

static void tell_freed(void)
{
}

static void tell_all_freed(void)
{
}

static void wait_for_frees(void)
{
	urcu_qsbr_barrier();
}
#endif

void bns_rcu_register(void)
{
	urcu_qsbr_register_thread();
}

void bns_rcu_unregister(void)
{
	tell_let_go();
	urcu_qsbr_unregister_thread();
}

void bns_rcu_offline(void)
{
	tell_let_go();
	urcu_qsbr_thread_offline();
}

void bns_rcu_online(void)
{
	urcu_qsbr_thread_online();
}

void bns_rcu_quiescent(void)
{
	tell_let_go();
	urcu_qsbr_quiescent_state();
}

static void run_deferred(struct rcu_head *rcu)
{
	struct bns_rcu_head *head = caa_container_of(rcu, struct bns_rcu_head, head);

	tell_grace_over();
	head->free(head);
	tell_freed();
}

void bns_rcu_defer(struct bns_rcu_head *head, void (*free)(struct bns_rcu_head *head))
{
	head->free = free;
	tell_let_go();
	urcu_qsbr_call_rcu(&head->head, run_deferred);
}

void bns_rcu_barrier(void)
{
	wait_for_frees();
	tell_all_freed();
}
