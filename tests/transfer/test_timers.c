/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "transfer/timers.h"

#define COUNT 500

struct entry {
	struct bns_timer timer;
	unsigned delay_ms;
};

/* A timer's callback knows only its timer. */
static struct {
	struct bns_timers timers;
	struct entry *fired[COUNT];
	size_t fired_count;
} world;

static void on_fire(struct bns_timer *timer)
{
	world.fired[world.fired_count++] = (struct entry *)timer;
}

static int open_world(void **state)
{
	uv_loop_t *loop = malloc(sizeof(*loop));
	*state = loop;
	world.fired_count = 0;
	return uv_loop_init(loop) || bns_timers_open(&world.timers, loop);
}

static int close_world(void **state)
{
	bns_timers_close(&world.timers, NULL);
	uv_run(*state, UV_RUN_DEFAULT);
	int busy = uv_loop_close(*state);
	free(*state);
	return busy;
}

static void timers_fire_in_order_of_their_time(void **state)
{
	struct entry entries[COUNT];
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(bns_timer_add(&world.timers, &entries[i].timer, on_fire), BNS_OK);
		entries[i].delay_ms = i * 7919 % COUNT / 4;
		bns_timer_arm(&world.timers, &entries[i].timer, entries[i].delay_ms);
	}
	uv_run(*state, UV_RUN_DEFAULT);
	assert_int_equal(world.fired_count, COUNT);
	for (size_t i = 1; i < COUNT; i++)
		assert_true(world.fired[i - 1]->timer.at_ms <= world.fired[i]->timer.at_ms);
	for (size_t i = 0; i < COUNT; i++)
		bns_timer_drop(&world.timers, &entries[i].timer);
}

static void timers_forget_what_is_disarmed(void **state)
{
	struct entry entries[8];
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(bns_timer_add(&world.timers, &entries[i].timer, on_fire), BNS_OK);
		bns_timer_arm(&world.timers, &entries[i].timer, 8 - i);
	}
	for (unsigned i = 0; i < 8; i += 2)
		bns_timer_disarm(&world.timers, &entries[i].timer);
	uv_run(*state, UV_RUN_DEFAULT);
	assert_int_equal(world.fired_count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_ptr_equal(world.fired[i], &entries[7 - 2 * i]);
	for (unsigned i = 0; i < 8; i++)
		bns_timer_drop(&world.timers, &entries[i].timer);
}

static void timers_move_what_is_armed_again(void **state)
{
	struct entry late, early;
	assert_int_equal(bns_timer_add(&world.timers, &late.timer, on_fire), BNS_OK);
	assert_int_equal(bns_timer_add(&world.timers, &early.timer, on_fire), BNS_OK);
	bns_timer_arm(&world.timers, &late.timer, 1);
	bns_timer_arm(&world.timers, &early.timer, 5);
	bns_timer_arm(&world.timers, &late.timer, 20);
	uv_run(*state, UV_RUN_DEFAULT);
	assert_int_equal(world.fired_count, 2);
	assert_ptr_equal(world.fired[0], &early);
	assert_ptr_equal(world.fired[1], &late);
	bns_timer_drop(&world.timers, &late.timer);
	bns_timer_drop(&world.timers, &early.timer);
}

static void timers_without_one_armed_keep_no_loop_alive(void **state)
{
	struct entry entry;
	assert_int_equal(bns_timer_add(&world.timers, &entry.timer, on_fire), BNS_OK);
	bns_timer_arm(&world.timers, &entry.timer, 3600 * 1000);
	bns_timer_disarm(&world.timers, &entry.timer);
	assert_int_equal(uv_run(*state, UV_RUN_DEFAULT), 0);
	bns_timer_drop(&world.timers, &entry.timer);
}

/* What else the loop has to do waits for 256 of them at most. */
static unsigned fired_before_turn;

static void on_turn(uv_idle_t *idle)
{
	if (fired_before_turn == 0)
		fired_before_turn = (unsigned)world.fired_count;
	uv_close((uv_handle_t *)idle, NULL);
}

static void timers_that_are_due_together_let_others_have_their_turn(void **state)
{
	struct entry entries[COUNT];
	uv_idle_t idle;
	fired_before_turn = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(bns_timer_add(&world.timers, &entries[i].timer, on_fire), BNS_OK);
		bns_timer_arm(&world.timers, &entries[i].timer, 0);
	}
	uv_idle_init(*state, &idle);
	uv_idle_start(&idle, on_turn);
	uv_run(*state, UV_RUN_DEFAULT);
	assert_in_range(fired_before_turn, 1, COUNT - 1);
	assert_int_equal(world.fired_count, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		bns_timer_drop(&world.timers, &entries[i].timer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_in_order_of_their_time, open_world, close_world),
		cmocka_unit_test_setup_teardown(timers_forget_what_is_disarmed, open_world, close_world),
		cmocka_unit_test_setup_teardown(timers_move_what_is_armed_again, open_world, close_world),
		cmocka_unit_test_setup_teardown(timers_without_one_armed_keep_no_loop_alive, open_world, close_world),
		cmocka_unit_test_setup_teardown(timers_that_are_due_together_let_others_have_their_turn, open_world,
						close_world),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
