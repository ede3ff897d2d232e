/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transfer/refresh_plan.h"

static const struct bns_conf_settings wide = {
	.refresh_min_s = 2,
	.refresh_max_s = UINT32_MAX,
	.retry_min_s = 2,
	.retry_max_s = UINT32_MAX,
};

static struct bns_zone_record record(uint32_t refresh_s, uint32_t retry_s)
{
	return (struct bns_zone_record){
		.has_version = true, .refreshed_s = 1000, .soa_refresh_s = refresh_s, .soa_retry_s = retry_s};
}

static void plan_takes_refresh_from_the_soa(void **state)
{
	(void)state;
	struct bns_zone_record r = record(3600, 600);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 0), 3600);
}

static void plan_keeps_refresh_within_the_configured_limits(void **state)
{
	(void)state;
	struct bns_conf_settings conf = {.refresh_min_s = 60, .refresh_max_s = 300};
	struct bns_zone_record r = record(3600, 600);
	assert_int_equal(bns_plan_interval_s(&r, &conf, 0), 300);
	r = record(1, 600);
	assert_int_equal(bns_plan_interval_s(&r, &conf, 0), 60);
}

static void plan_lets_the_upper_limit_win_over_the_lower_one(void **state)
{
	(void)state;
	assert_int_equal(bns_plan_clamp(5, 10, 7), 7);
	assert_int_equal(bns_plan_clamp(5, 10, 0), 10);
}

static void plan_doubles_retry_with_failures_up_to_refresh(void **state)
{
	(void)state;
	struct bns_zone_record r = record(3600, 600);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 1), 600);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 2), 1200);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 3), 2400);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 4), 3600);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 1000), 3600);
}

static void plan_honours_a_retry_above_refresh(void **state)
{
	(void)state;
	struct bns_zone_record r = record(60, 600);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 1), 600);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 9), 600);
}

static void plan_asks_soon_for_a_zone_without_a_version(void **state)
{
	(void)state;
	struct bns_zone_record r = {0};
	assert_int_equal(bns_plan_first_ms(&r, &wide, 1000, 9), 0);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 1), 2);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 2), 4);
	assert_int_equal(bns_plan_interval_s(&r, &wide, 100), 3600);
}

static void plan_starts_within_a_second_where_a_check_is_overdue(void **state)
{
	(void)state;
	struct bns_zone_record r = record(300, 60);
	assert_in_range(bns_plan_first_ms(&r, &wide, 1299, 9), 900, 1000);
	assert_in_range(bns_plan_first_ms(&r, &wide, 1300, 9), 0, 1000);
	assert_in_range(bns_plan_first_ms(&r, &wide, 99999, 9), 0, 1000);
}

/* Those that began together don't stay together: what isn't due yet is spread. */
static void plan_starts_with_the_zones_that_expire_first(void **state)
{
	(void)state;
	struct bns_zone_record none = {0}, dying = record(300, 60), stale = record(300, 60), due = record(300, 60);
	dying.soa_expire_s = stale.soa_expire_s = due.soa_expire_s = 10000;
	dying.expires_s = 2010;
	stale.expires_s = 6000;
	due.expires_s = 12000;
	uint64_t dying_ms = bns_plan_first_ms(&dying, &wide, 2000, 9);
	uint64_t stale_ms = bns_plan_first_ms(&stale, &wide, 2000, 9);
	uint64_t due_ms = bns_plan_first_ms(&due, &wide, 2000, 9);
	assert_true(bns_plan_first_ms(&none, &wide, 2000, 9) < dying_ms);
	assert_true(dying_ms < stale_ms);
	assert_true(stale_ms < due_ms);
	assert_int_equal(bns_plan_first_ms(&dying, &wide, 2010, 9), 0);
	assert_true(bns_plan_first_ms(&due, &wide, 1100, 0) > bns_plan_first_ms(&due, &wide, 1100, UINT16_MAX));
}

static void plan_waits_one_refresh_where_the_clock_was_set_back(void **state)
{
	(void)state;
	struct bns_zone_record r = record(300, 60);
	assert_int_equal(bns_plan_first_ms(&r, &wide, 10, 0), 300000);
}

static void plan_jitter_is_never_late_and_at_most_a_tenth_early(void **state)
{
	(void)state;
	assert_int_equal(bns_plan_jitter_ms(100, 0), 100000);
	assert_int_equal(bns_plan_jitter_ms(100, UINT16_MAX), 90000);
	for (unsigned random = 0; random <= UINT16_MAX; random += 257) {
		uint64_t ms = bns_plan_jitter_ms(100, (uint16_t)random);
		assert_in_range(ms, 90000, 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_takes_refresh_from_the_soa),
		cmocka_unit_test(plan_keeps_refresh_within_the_configured_limits),
		cmocka_unit_test(plan_lets_the_upper_limit_win_over_the_lower_one),
		cmocka_unit_test(plan_doubles_retry_with_failures_up_to_refresh),
		cmocka_unit_test(plan_honours_a_retry_above_refresh),
		cmocka_unit_test(plan_asks_soon_for_a_zone_without_a_version),
		cmocka_unit_test(plan_starts_within_a_second_where_a_check_is_overdue),
		cmocka_unit_test(plan_starts_with_the_zones_that_expire_first),
		cmocka_unit_test(plan_waits_one_refresh_where_the_clock_was_set_back),
		cmocka_unit_test(plan_jitter_is_never_late_and_at_most_a_tenth_early),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
