/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/progress.h"

static char text[BNS_PROGRESS_TEXT_MAX];

static void work_that_is_over_soon_says_nothing(void **state)
{
	struct bns_progress p;
	(void)state;
	bns_progress_begin(&p, "zones read", 1000, 5000, 5000, 100);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(bns_progress_step(&p, 5099));
}

static void long_work_is_told_once_an_interval(void **state)
{
	struct bns_progress p;
	unsigned told = 0;
	(void)state;
	bns_progress_begin(&p, "zones read", 1000, 5000, 5000, 0);
	for (unsigned i = 1; i <= 1000; i++)
		told += bns_progress_step(&p, i * 20);
	assert_int_equal(told, 4);
	assert_int_equal(p.done, 1000);
}

static void progress_is_told_as_text_and_as_a_bar(void **state)
{
	struct bns_progress p;
	(void)state;
	bns_progress_begin(&p, "zones read", 1000, 0, 0, 0);
	p.done = 455;
	assert_string_equal(bns_progress_text(&p, text), "455 of 1000 zones read, 45 %");
	assert_string_equal(bns_progress_bar(&p, text), "[#########           ] 45 %  455 of 1000 zones read");
	p.done = 1000;
	assert_string_equal(bns_progress_bar(&p, text), "[####################] 100 %  1000 of 1000 zones read");
	p.done = 1001;
	assert_string_equal(bns_progress_text(&p, text), "1001 of 1000 zones read, 100 %");
	p.total = p.done = 0;
	assert_string_equal(bns_progress_text(&p, text), "0 of 0 zones read, 100 %");
	p.total = BNS_PROGRESS_UNKNOWN;
	p.done = 200;
	assert_string_equal(bns_progress_text(&p, text), "200 zones read");
	assert_string_equal(bns_progress_bar(&p, text), "200 zones read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_that_is_over_soon_says_nothing),
		cmocka_unit_test(long_work_is_told_once_an_interval),
		cmocka_unit_test(progress_is_told_as_text_and_as_a_bar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
