/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many deadlines on one uv_timer_t: a binary heap, since a libuv timer per
 * zone would cost 152 octets each. A timer is embedded in what waits for it.
 * Where very many are due at once, sockets get their turn in between.
 * Thread: the loop's.
 */
#ifndef BNS_TRANSFER_TIMERS_H
#define BNS_TRANSFER_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

struct bns_timer {
	void (*fire)(struct bns_timer *timer);
	uint64_t at_ms; /* CLOCK_MONOTONIC */
	uint32_t slot;  /* place in the heap, from 1; 0: not armed */
};

struct bns_timers {
	uv_timer_t uv;
	struct bns_timer **heap; /* heap[1] is the earliest */
	size_t count;
	size_t known; /* timers that may be armed at once */
	size_t capacity;
};

enum bns_error bns_timers_open(struct bns_timers *ts, uv_loop_t *loop) BNS_MUST_CHECK;

/* Closes the handle, then calls `closed` (with the uv_timer_t, whose data is the caller's). No timer may be left. */
void bns_timers_close(struct bns_timers *ts, uv_close_cb closed);

/* Makes a place for one more timer, so that arming can't fail; drop gives it back and disarms. */
enum bns_error bns_timer_add(struct bns_timers *ts, struct bns_timer *timer,
			     void (*fire)(struct bns_timer *)) BNS_MUST_CHECK;
void bns_timer_drop(struct bns_timers *ts, struct bns_timer *timer);

/* Milliseconds until it fires, 0 where it should have; -1: it isn't armed. */
int64_t bns_timer_left_ms(const struct bns_timer *timer);

/* Fires once, `delay_ms` from now; a timer that is armed already is moved. */
void bns_timer_arm(struct bns_timers *ts, struct bns_timer *timer, uint64_t delay_ms);
void bns_timer_disarm(struct bns_timers *ts, struct bns_timer *timer);

#endif
