/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that strangers can cause: a few per place and span, so that nobody fills a disk with them. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"

#define PLACES    32 /* that are limited at once; two in one place share it */
#define SPAN_MS   10000
#define LINES_MAX 20

/* Counts of several threads may be a line off. */
static struct {
	_Atomic uint64_t since_ms;
	atomic_uint lines;
} places[PLACES];

/* May this line be written? `left_out`: how many weren't, in the span that has ended. */
static bool is_allowed(const char *fmt, unsigned *left_out)
{
	size_t i = ((uintptr_t)fmt >> 3) % PLACES;
	uint64_t now_ms = bns_clock_mono_ms();
	uint64_t since_ms = atomic_load_explicit(&places[i].since_ms, memory_order_relaxed);

	*left_out = 0;
	if (since_ms == 0 || now_ms - since_ms >= SPAN_MS) {
		unsigned lines = atomic_exchange_explicit(&places[i].lines, 0, memory_order_relaxed);
		atomic_store_explicit(&places[i].since_ms, now_ms, memory_order_relaxed);
		*left_out = lines > LINES_MAX ? lines - LINES_MAX : 0;
	}
	return atomic_fetch_add_explicit(&places[i].lines, 1, memory_order_relaxed) < LINES_MAX;
}

void bns_log_limited(enum bns_log_level level, const char *fmt, ...)
{
	unsigned left_out;
	va_list args;

	if (level > bns_log_get_level() || !is_allowed(fmt, &left_out))
		return;
	if (left_out > 0)
		bns_log(level, "%u lines like the next one were left out", left_out);
	va_start(args, fmt);
	bns_vlog(level, fmt, args);
	va_end(args);
}
