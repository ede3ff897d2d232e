/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/latency.h"

static void add(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, __atomic_load_n(to, __ATOMIC_RELAXED) + value, __ATOMIC_RELAXED);
}

/* The first bucket whose end isn't before `ns`. */
static unsigned bucket_of(uint64_t ns)
{
	if (ns <= UINT64_C(1) << BNS_LATENCY_FIRST_BITS)
		return 0;
	unsigned bits = 64 - (unsigned)__builtin_clzll(ns - 1);
	unsigned bucket = bits - BNS_LATENCY_FIRST_BITS;
	return bucket < BNS_LATENCY_BUCKETS ? bucket : BNS_LATENCY_BUCKETS - 1;
}

void bns_latency_add(struct bns_latency *l, uint64_t took_ns, uint64_t answers)
{
	add(&l->bucket[bucket_of(took_ns)], answers);
	add(&l->sum_ns, took_ns * answers);
}

void bns_latency_sum(struct bns_latency *sum, const struct bns_latency *l)
{
	sum->sum_ns += __atomic_load_n(&l->sum_ns, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < BNS_LATENCY_BUCKETS; i++)
		sum->bucket[i] += __atomic_load_n(&l->bucket[i], __ATOMIC_RELAXED);
}

double bns_latency_bound_s(unsigned bucket)
{
	return (double)(UINT64_C(1) << (BNS_LATENCY_FIRST_BITS + bucket)) / 1e9;
}
