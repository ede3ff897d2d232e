/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/serial.h"

static void newer_follows_rfc_1982_across_the_wrap(void **state)
{
	(void)state;
	assert_true(bns_serial_newer(2, 1));
	assert_false(bns_serial_newer(1, 2));
	assert_false(bns_serial_newer(1, 1));
	assert_true(bns_serial_newer(0, 0xffffffff));
	assert_true(bns_serial_newer(0x7fffffff, 0));
	assert_false(bns_serial_newer(0x80000000, 0));
	assert_false(bns_serial_newer(0, 0x80000000));
	assert_true(bns_serial_newer(0, 0x80000001));
}

static void max_is_the_newer_one(void **state)
{
	(void)state;
	assert_int_equal(bns_serial_max(5, 9), 9);
	assert_int_equal(bns_serial_max(9, 5), 9);
	assert_int_equal(bns_serial_max(0xfffffff0, 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newer_follows_rfc_1982_across_the_wrap),
		cmocka_unit_test(max_is_the_newer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
