/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void time_round_trips(void **state)
{
	static const struct {
		const char *text;
		int64_t wall_s;
	} times[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-23T16:49:00Z", 1795452540},
		{"2024-02-29T23:59:59Z", 1709251199},
		{"9999-12-31T23:59:59Z", 253402300799},
	};
	char out[BNS_TIME_TEXT_MAX];
	int64_t wall_s;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(bns_time_from_text(times[i].text, &wall_s), BNS_OK);
		assert_int_equal(wall_s, times[i].wall_s);
		assert_string_equal(bns_time_to_text(times[i].wall_s, out), times[i].text);
	}
}

static void date_alone_is_the_start_of_its_day(void **state)
{
	int64_t wall_s;

	(void)state;
	assert_int_equal(bns_time_from_text("2026-11-23", &wall_s), BNS_OK);
	assert_int_equal(wall_s, 1795392000);
}

static void bad_times_are_refused(void **state)
{
	static const char *const syntax[] = {"",
					     "2026",
					     "2026-11-23T16:49:00",
					     "2026-11-23T16:49:00+01:00",
					     "2026-11-23 16:49:00Z",
					     "2026-11-23T16:49:00Zx",
					     "26-11-23",
					     "2026-1-1"};
	static const char *const range[] = {"2026-02-29", "2026-13-01",           "2026-00-01",
					    "2026-06-31", "2026-11-23T24:00:00Z", "2026-11-23T16:60:00Z"};
	int64_t wall_s;

	(void)state;
	for (size_t i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
		assert_int_equal(bns_time_from_text(syntax[i], &wall_s), BNS_ESYNTAX);
	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		assert_int_equal(bns_time_from_text(range[i], &wall_s), BNS_ERANGE);
}

static void time_beyond_all_calendars_has_a_text(void **state)
{
	char out[BNS_TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(bns_time_to_text(INT64_MAX, out), "(no such time)");
}

static void durations_take_four_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} durations[] = {{"0", 0}, {"90", 90}, {"10s", 10}, {"5m", 300}, {"2h", 7200}, {"1d", 86400}};
	uint64_t seconds;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(bns_duration_from_text(durations[i].text, &seconds), BNS_OK);
		assert_int_equal(seconds, durations[i].seconds);
	}
}

static void bad_durations_are_refused(void **state)
{
	static const char *const syntax[] = {"", "s", "-1", "1w", "1sm", "1 s", "1.5h"};
	uint64_t seconds;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(bns_duration_from_text(syntax[i], &seconds), BNS_ESYNTAX);
	assert_int_equal(bns_duration_from_text("18446744073709551616", &seconds), BNS_ERANGE);
	assert_int_equal(bns_duration_from_text("18446744073709551615d", &seconds), BNS_ERANGE);
}

static void duration_text_has_two_units_at_most(void **state)
{
	char out[BNS_TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(bns_duration_to_text(0, out), "0s");
	assert_string_equal(bns_duration_to_text(200, out), "3m 20s");
	assert_string_equal(bns_duration_to_text(3600, out), "1h");
	assert_string_equal(bns_duration_to_text(3605, out), "1h");
	assert_string_equal(bns_duration_to_text(93784, out), "1d 2h");
}

static void monotonic_clock_never_goes_back(void **state)
{
	uint64_t last = bns_clock_mono_ms();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t now = bns_clock_mono_ms();
		assert_true(now >= last);
		last = now;
	}
	assert_true(bns_clock_wall_s() > 1700000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_round_trips),
		cmocka_unit_test(date_alone_is_the_start_of_its_day),
		cmocka_unit_test(bad_times_are_refused),
		cmocka_unit_test(time_beyond_all_calendars_has_a_text),
		cmocka_unit_test(durations_take_four_units),
		cmocka_unit_test(bad_durations_are_refused),
		cmocka_unit_test(duration_text_has_two_units_at_most),
		cmocka_unit_test(monotonic_clock_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
