/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cell, from the top: 20 bits of the bucket's hash, 4 bits that count
 * limited answers since the last slip, 40 bits: the time, in microseconds
 * modulo 2^40 (12.7 days), at which the bucket will owe nothing.
 */
#include "limiter.h"

#include <stdlib.h>
#include <string.h>

#define WAYS      4 /* cells a bucket may lie in: half a cache line */
#define LINE      64
#define TIME_BITS 40
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define SLIP_MASK UINT64_C(15)
#define TAG_SHIFT 44
#define SECOND_US UINT64_C(1000000)
#define SWAPS_MAX 8
/* Clocks of two threads differ by a tick or so: a debt a little above the window is no old one. */
#define CLOCK_SLACK_US SECOND_US

bool rl_limiter_init(struct rl_limiter *l, uint64_t size_bytes, uint64_t window_s, unsigned slip)
{
	size_t count = LINE / sizeof(*l->cells);

	while (2 * count * sizeof(*l->cells) <= size_bytes)
		count *= 2;
	*l = (struct rl_limiter){.count = count, .window_us = window_s * SECOND_US, .slip = slip};
	l->cells = aligned_alloc(LINE, count * sizeof(*l->cells));
	if (!l->cells)
		return false;
	for (size_t i = 0; i < count; i++)
		atomic_init(&l->cells[i], 0);
	return true;
}

struct rl_limiter rl_limiter_of(const struct rl_limiter *l, uint64_t window_s, unsigned slip)
{
	return (struct rl_limiter){
		.cells = l->cells, .count = l->count, .window_us = window_s * SECOND_US, .slip = slip};
}

void rl_limiter_free(struct rl_limiter *l)
{
	free(l->cells);
	l->cells = NULL;
}

/* What the cell's bucket owes, as time that has to pass; times long gone come round as far ahead. */
static uint64_t debt_us(const struct rl_limiter *l, uint64_t cell, uint64_t now_us)
{
	uint64_t ahead = (cell - now_us) & TIME_MASK;

	return ahead > l->window_us + CLOCK_SLACK_US ? 0 : ahead;
}

/* The bucket's own cell of the set, else the one that owes least. */
static _Atomic uint64_t *find_cell(const struct rl_limiter *l, uint64_t hash, uint64_t now_us, uint64_t *value)
{
	_Atomic uint64_t *set = l->cells + (hash & (l->count / WAYS - 1)) * WAYS, *least = NULL;
	uint64_t least_us = UINT64_MAX;

	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t cell = atomic_load_explicit(&set[i], memory_order_relaxed);
		uint64_t owed_us = debt_us(l, cell, now_us);
		bool own = cell >> TAG_SHIFT == hash >> TAG_SHIFT;
		if (own || owed_us < least_us) {
			least = &set[i];
			least_us = owed_us;
			*value = cell;
		}
		if (own)
			break;
	}
	return least;
}

/* The cell one answer later, and what becomes of that answer. */
static uint64_t next_cell(const struct rl_limiter *l, uint64_t cell, uint64_t hash, uint32_t rate, uint64_t now_us,
			  enum rl_verdict *verdict)
{
	bool own = cell >> TAG_SHIFT == hash >> TAG_SHIFT;
	uint64_t owed_us = (own ? debt_us(l, cell, now_us) : 0) + SECOND_US / rate;
	uint64_t limited = own ? cell >> TIME_BITS & SLIP_MASK : 0;

	*verdict = RL_PASS;
	if (owed_us > SECOND_US) {
		bool slips = l->slip > 0 && ++limited >= l->slip;
		*verdict = slips ? RL_SLIP : RL_DROP;
		limited = slips ? 0 : limited;
	}
	/* What is limited is owed too, so that a flood stays limited; but not for ever. */
	if (owed_us > l->window_us)
		owed_us = l->window_us;
	return hash >> TAG_SHIFT << TAG_SHIFT | limited << TIME_BITS | ((now_us + owed_us) & TIME_MASK);
}

enum rl_verdict rl_limiter_account(struct rl_limiter *l, uint64_t hash, uint32_t rate, uint64_t now_us)
{
	enum rl_verdict verdict = RL_PASS;
	uint64_t former = 0;

	/* Who loses that often shares its bucket with a flood, and what it reckoned last is as good as true. */
	for (unsigned i = 0; i < SWAPS_MAX; i++) {
		_Atomic uint64_t *cell = find_cell(l, hash, now_us, &former);
		uint64_t next = next_cell(l, former, hash, rate, now_us, &verdict);
		if (atomic_compare_exchange_strong_explicit(cell, &former, next, memory_order_relaxed,
							    memory_order_relaxed))
			break;
	}
	return verdict;
}

size_t rl_limiter_used(const struct rl_limiter *l, uint64_t now_us)
{
	size_t used = 0;

	for (size_t i = 0; i < l->count; i++)
		used += debt_us(l, atomic_load_explicit(&l->cells[i], memory_order_relaxed), now_us) > 0;
	return used;
}
