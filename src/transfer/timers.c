/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/timers.h"

#include <stdlib.h>

#include "base/clock.h"

#define FIRED_AT_ONCE 256

static void place(struct bns_timers *ts, uint32_t slot, struct bns_timer *timer)
{
	ts->heap[slot] = timer;
	timer->slot = slot;
}

static void sift_up(struct bns_timers *ts, struct bns_timer *timer)
{
	uint32_t slot = timer->slot;

	while (slot > 1 && ts->heap[slot / 2]->at_ms > timer->at_ms) {
		place(ts, slot, ts->heap[slot / 2]);
		slot /= 2;
	}
	place(ts, slot, timer);
}

static void sift_down(struct bns_timers *ts, struct bns_timer *timer)
{
	uint32_t slot = timer->slot;

	for (uint32_t child = slot * 2; child <= ts->count; child = slot * 2) {
		if (child < ts->count && ts->heap[child + 1]->at_ms < ts->heap[child]->at_ms)
			child++;
		if (ts->heap[child]->at_ms >= timer->at_ms)
			break;
		place(ts, slot, ts->heap[child]);
		slot = child;
	}
	place(ts, slot, timer);
}

static void heap_remove(struct bns_timers *ts, struct bns_timer *timer)
{
	struct bns_timer *last = ts->heap[ts->count--];

	if (last != timer) {
		place(ts, timer->slot, last);
		sift_up(ts, last);
		sift_down(ts, last);
	}
	timer->slot = 0;
}

static void on_time(uv_timer_t *uv);

static void wake_for_earliest(struct bns_timers *ts, uint64_t soonest_ms)
{
	uint64_t now_ms = bns_clock_mono_ms();

	if (ts->count == 0) {
		uv_timer_stop(&ts->uv);
		return;
	}
	/* Starting counts from the loop's idea of now, which may be old. */
	uv_update_time(ts->uv.loop);
	uint64_t at_ms = ts->heap[1]->at_ms;
	uint64_t delay_ms = at_ms > now_ms ? at_ms - now_ms : 0;
	uv_timer_start(&ts->uv, on_time, delay_ms > soonest_ms ? delay_ms : soonest_ms, 0);
}

static void on_time(uv_timer_t *uv)
{
	struct bns_timers *ts = (struct bns_timers *)uv;
	uint64_t now_ms = bns_clock_mono_ms();

	for (unsigned left = FIRED_AT_ONCE; left > 0 && ts->count > 0 && ts->heap[1]->at_ms <= now_ms; left--) {
		struct bns_timer *timer = ts->heap[1];
		heap_remove(ts, timer);
		timer->fire(timer);
	}
	/* With no delay libuv would come back before it looks at any socket. */
	if (!uv_is_closing((uv_handle_t *)uv))
		wake_for_earliest(ts, 1);
}

enum bns_error bns_timers_open(struct bns_timers *ts, uv_loop_t *loop)
{
	*ts = (struct bns_timers){.capacity = 16};
	ts->heap = calloc(ts->capacity, sizeof(struct bns_timer *));
	if (!ts->heap)
		return BNS_ENOMEM;
	uv_timer_init(loop, &ts->uv);
	return BNS_OK;
}

void bns_timers_close(struct bns_timers *ts, uv_close_cb closed)
{
	free(ts->heap);
	ts->heap = NULL;
	ts->count = 0;
	uv_close((uv_handle_t *)&ts->uv, closed);
}

enum bns_error bns_timer_add(struct bns_timers *ts, struct bns_timer *timer, void (*fire)(struct bns_timer *))
{
	if (ts->known + 2 > ts->capacity) { /* slot 0 is never used */
		size_t capacity = ts->capacity * 2;
		struct bns_timer **heap = realloc(ts->heap, capacity * sizeof(struct bns_timer *));
		if (!heap)
			return BNS_ENOMEM;
		ts->heap = heap;
		ts->capacity = capacity;
	}
	ts->known++;
	*timer = (struct bns_timer){.fire = fire};
	return BNS_OK;
}

void bns_timer_drop(struct bns_timers *ts, struct bns_timer *timer)
{
	bns_timer_disarm(ts, timer);
	ts->known--;
}

void bns_timer_arm(struct bns_timers *ts, struct bns_timer *timer, uint64_t delay_ms)
{
	if (timer->slot)
		heap_remove(ts, timer);
	timer->at_ms = bns_clock_mono_ms() + delay_ms;
	timer->slot = (uint32_t)++ts->count;
	ts->heap[timer->slot] = timer;
	sift_up(ts, timer);
	if (ts->heap[1] == timer)
		wake_for_earliest(ts, 0);
}

void bns_timer_disarm(struct bns_timers *ts, struct bns_timer *timer)
{
	if (timer->slot == 0)
		return;
	heap_remove(ts, timer);
	if (ts->count == 0)
		uv_timer_stop(&ts->uv);
}

int64_t bns_timer_left_ms(const struct bns_timer *timer)
{
	uint64_t now_ms = bns_clock_mono_ms();

	if (timer->slot == 0)
		return -1;
	return timer->at_ms > now_ms ? (int64_t)(timer->at_ms - now_ms) : 0;
}
