/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long answers take, from the batch in which their questions were received
 * to the one in which they have been sent; over TCP and TLS a batch is what has
 * come on one connection, until the kernel has its answers. Every sixteenth
 * batch is timed, so that the clock costs nothing that could be measured: a
 * batch that isn't costs an addition and a comparison.
 * Thread: one writes, the worker; any reads, each number by one atomic load.
 */
#ifndef BNS_SERVER_LATENCY_H
#define BNS_SERVER_LATENCY_H

#include <stdint.h>
#include <time.h>

#define BNS_LATENCY_EVERY      16 /* batches */
#define BNS_LATENCY_FIRST_BITS 10 /* the first bucket ends at 2^10 ns, each further one at twice as much */
#define BNS_LATENCY_BUCKETS    22 /* the last has no end */

struct bns_latency {
	uint64_t batches;
	uint64_t sum_ns;
	uint64_t bucket[BNS_LATENCY_BUCKETS]; /* answers */
};

static inline uint64_t bns_latency_now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A batch was received. 0: it isn't timed. */
static inline uint64_t bns_latency_begin(struct bns_latency *l)
{
	return l->batches++ % BNS_LATENCY_EVERY == 0 ? bns_latency_now_ns() : 0;
}

void bns_latency_add(struct bns_latency *l, uint64_t took_ns, uint64_t answers);

/* Its answers are sent. */
static inline void bns_latency_end(struct bns_latency *l, uint64_t began_ns, unsigned answers)
{
	if (began_ns)
		bns_latency_add(l, bns_latency_now_ns() - began_ns, answers);
}

/* Adds what a worker has measured. */
void bns_latency_sum(struct bns_latency *sum, const struct bns_latency *l);

/* Where a bucket ends; not for the last. */
double bns_latency_bound_s(unsigned bucket);

#endif
