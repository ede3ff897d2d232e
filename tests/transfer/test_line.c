/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transfer/line.h"

#define COUNT 10

/* `started` says when, counted from 1. */
struct runner {
	struct bns_place place;
	unsigned started;
};

static unsigned starts;

static void on_start(struct bns_place *place)
{
	((struct runner *)place)->started = ++starts;
}

static void on_start_end_at_once(struct bns_place *place)
{
	on_start(place);
	bns_line_leave(place);
}

static void enter_all(struct bns_line *line, struct runner *runners, size_t count, void (*start)(struct bns_place *))
{
	starts = 0;
	for (size_t i = 0; i < count; i++) {
		runners[i] = (struct runner){0};
		bns_line_enter(line, &runners[i].place, start);
	}
}

static void line_starts_no_more_than_it_may(void **state)
{
	(void)state;
	struct bns_line line;
	struct runner runners[COUNT];
	bns_line_init(&line, 3, 0, NULL);
	enter_all(&line, runners, COUNT, on_start);
	assert_int_equal(starts, 3);
	assert_int_equal(line.running, 3);
}

static void line_starts_the_next_in_order_when_one_leaves(void **state)
{
	(void)state;
	struct bns_line line;
	struct runner runners[COUNT];
	bns_line_init(&line, 3, 0, NULL);
	enter_all(&line, runners, COUNT, on_start);
	bns_line_leave(&runners[1].place);
	assert_int_equal(runners[3].started, 4);
	bns_line_leave(&runners[0].place);
	assert_int_equal(runners[4].started, 5);
	assert_int_equal(line.running, 3);
}

static void line_forgets_who_leaves_while_waiting(void **state)
{
	(void)state;
	struct bns_line line;
	struct runner runners[COUNT];
	bns_line_init(&line, 1, 0, NULL);
	enter_all(&line, runners, 3, on_start);
	bns_line_leave(&runners[1].place);
	bns_line_leave(&runners[0].place);
	assert_int_equal(runners[1].started, 0);
	assert_int_equal(runners[2].started, 2);
	bns_line_leave(&runners[2].place);
	bns_line_leave(&runners[2].place);
	assert_int_equal(line.running, 0);
}

static void line_gives_the_place_on_when_one_enters_another_line(void **state)
{
	(void)state;
	struct bns_line first, second;
	struct runner runners[COUNT];
	bns_line_init(&first, 1, 0, NULL);
	bns_line_init(&second, 1, 0, NULL);
	enter_all(&first, runners, 2, on_start);
	bns_line_enter(&second, &runners[0].place, on_start);
	assert_int_equal(first.running, 1);
	assert_int_equal(second.running, 1);
	assert_true(bns_place_runs(&runners[1].place));
}

static void line_runs_through_those_that_end_at_once(void **state)
{
	(void)state;
	struct bns_line line;
	struct runner blocker = {0}, runners[COUNT];
	bns_line_init(&line, 1, 0, NULL);
	bns_line_enter(&line, &blocker.place, on_start);
	enter_all(&line, runners, COUNT, on_start_end_at_once);
	assert_int_equal(starts, 0);
	bns_line_leave(&blocker.place);
	assert_int_equal(starts, COUNT);
	assert_int_equal(line.running, 0);
}

static void line_starts_nobody_while_the_line_it_leads_to_is_full(void **state)
{
	(void)state;
	struct bns_line first, other, next;
	struct runner runners[COUNT], others[COUNT];
	bns_line_init(&next, 1, 2, NULL);
	bns_line_init(&first, COUNT, 0, &next);
	bns_line_init(&other, COUNT, 0, &next);
	enter_all(&first, runners, 2, on_start);
	bns_line_enter(&next, &runners[0].place, on_start);
	bns_line_enter(&next, &runners[1].place, on_start);
	enter_all(&first, &runners[2], 2, on_start);
	enter_all(&other, others, 2, on_start);
	assert_int_equal(starts, 0);
	assert_int_equal(first.count, 2);
	/* Room for one: both lines go on, each as long as there is room. */
	bns_line_leave(&runners[1].place);
	assert_int_equal(starts, 4);
	assert_int_equal(first.running + other.running, 4);
	bns_line_close(&first);
	bns_line_close(&other);
}

static void line_hands_a_place_on_without_starting_another(void **state)
{
	(void)state;
	struct bns_line line;
	struct runner runners[2], heir = {0};
	bns_line_init(&line, 1, 0, NULL);
	enter_all(&line, runners, 2, on_start);
	bns_line_pass(&runners[0].place, &heir.place);
	bns_line_leave(&runners[0].place);
	assert_int_equal(starts, 1);
	bns_line_leave(&heir.place);
	assert_int_equal(runners[1].started, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_starts_no_more_than_it_may),
		cmocka_unit_test(line_starts_the_next_in_order_when_one_leaves),
		cmocka_unit_test(line_forgets_who_leaves_while_waiting),
		cmocka_unit_test(line_gives_the_place_on_when_one_enters_another_line),
		cmocka_unit_test(line_runs_through_those_that_end_at_once),
		cmocka_unit_test(line_starts_nobody_while_the_line_it_leads_to_is_full),
		cmocka_unit_test(line_hands_a_place_on_without_starting_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
