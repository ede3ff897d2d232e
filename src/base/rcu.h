/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read-copy-update as this project uses it: liburcu's QSBR flavour. Workers
 * are registered readers, online only while they work through a batch; the
 * writer (main loop) swaps a pointer and defers the free. No loop ever waits
 * for a grace period: liburcu's call_rcu thread does.
 */
#ifndef BNS_BASE_RCU_H
#define BNS_BASE_RCU_H

#include <urcu/urcu-qsbr.h>

/* A reader thread's life. After register the thread is online. */
void bns_rcu_register(void);
void bns_rcu_unregister(void);

/* Before a loop sleeps, and after it wakes. */
void bns_rcu_offline(void);
void bns_rcu_online(void);

/* "I hold no pointer into shared data": once per batch. */
void bns_rcu_quiescent(void);

/* Pointer loads by readers and stores by the writer. */
#define bns_rcu_load(ptr)         __atomic_load_n(&(ptr), __ATOMIC_ACQUIRE)
#define bns_rcu_store(ptr, value) __atomic_store_n(&(ptr), (value), __ATOMIC_RELEASE)

/* Embedded in what is to be freed later. */
struct bns_rcu_head {
	struct rcu_head head;
	void (*free)(struct bns_rcu_head *head);
};

/* Calls `free(head)` on liburcu's thread once no reader can hold it. */
void bns_rcu_defer(struct bns_rcu_head *head, void (*free)(struct bns_rcu_head *head));

/* At shutdown, with no reader online: waits until all deferred frees ran. */
void bns_rcu_barrier(void);

#endif
