/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history.h"

static void the_first_count_is_no_rate_yet(void **state)
{
	struct mt_history h = {.count = 0};

	(void)state;
	assert_true(mt_history_is_due(&h, 1000));
	mt_history_add(&h, 1000, 5000);
	assert_int_equal(h.count, 0);
	assert_false(mt_history_is_due(&h, 1000 + MT_SAMPLE_S - 1));
	assert_true(mt_history_is_due(&h, 1000 + MT_SAMPLE_S));
}

static void a_rate_is_per_second_of_the_time_that_passed(void **state)
{
	struct mt_history h = {.count = 0};

	(void)state;
	mt_history_add(&h, 1000, 0);
	mt_history_add(&h, 1020, 100);
	assert_int_equal(h.count, 1);
	assert_true(mt_history_at(&h, 0) == 5);
}

static void an_hour_is_kept_the_oldest_first(void **state)
{
	struct mt_history h = {.count = 0};

	(void)state;
	for (uint64_t i = 0; i <= MT_SAMPLES + 3; i++)
		mt_history_add(&h, 1000 + (int64_t)(i * MT_SAMPLE_S), i * (i + 1) / 2 * MT_SAMPLE_S);
	assert_int_equal(h.count, MT_SAMPLES);
	assert_true(mt_history_at(&h, 0) == 4);
	assert_true(mt_history_at(&h, MT_SAMPLES - 1) == MT_SAMPLES + 3);
}

static void a_clock_that_goes_back_begins_anew(void **state)
{
	struct mt_history h = {.count = 0};

	(void)state;
	mt_history_add(&h, 1000, 10);
	assert_true(mt_history_is_due(&h, 500));
	mt_history_add(&h, 500, 20);
	assert_int_equal(h.count, 0);
	mt_history_add(&h, 515, 35);
	assert_true(mt_history_at(&h, 0) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_count_is_no_rate_yet),
		cmocka_unit_test(a_rate_is_per_second_of_the_time_that_passed),
		cmocka_unit_test(an_hour_is_kept_the_oldest_first),
		cmocka_unit_test(a_clock_that_goes_back_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
