/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has been sent how much: a fixed table of 64-bit cells, one per bucket
 * that owes something. A bucket's debt grows with each answer, shrinks with
 * time, and is limited while it is more than a second's worth of answers. No
 * lock, no allocation, no waiting: a cell is read, reckoned and swapped in.
 * Thread: rl_limiter_account and rl_limiter_used any; the others one.
 */
#ifndef BNS_RATELIMIT_LIMITER_H
#define BNS_RATELIMIT_LIMITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RL_RATE_MAX   100000 /* answers per second */
#define RL_WINDOW_MAX 3600   /* seconds */
#define RL_SLIP_MAX   10

enum rl_verdict { RL_PASS, RL_DROP, RL_SLIP };

struct rl_limiter {
	_Atomic uint64_t *cells;
	size_t count;       /* of cells, a power of two */
	uint64_t window_us; /* the most that is remembered of a debt */
	unsigned slip;      /* every n-th limited answer goes out truncated; 0: none */
};

/* False when memory is short. The table takes at most `size_bytes`, and no less than one set of cells. */
bool rl_limiter_init(struct rl_limiter *l, uint64_t size_bytes, uint64_t window_s, unsigned slip);
/* The table of `l`, by other rules: only one of them frees it. */
struct rl_limiter rl_limiter_of(const struct rl_limiter *l, uint64_t window_s, unsigned slip);

void rl_limiter_free(struct rl_limiter *l);

/* One more answer for the bucket of `hash`, which may have `rate` (above 0) per second. */
enum rl_verdict rl_limiter_account(struct rl_limiter *l, uint64_t hash, uint32_t rate, uint64_t now_us);

/* Cells whose bucket owes something now. */
size_t rl_limiter_used(const struct rl_limiter *l, uint64_t now_us);

#endif
