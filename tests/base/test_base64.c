/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"

static void base64_decodes_each_length_of_padding(void **state)
{
	(void)state;
	uint8_t out[6];
	size_t len;
	assert_int_equal(bns_base64_decode("Zm9v", out, sizeof(out), &len), BNS_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(out, "foo", 3);
	assert_int_equal(bns_base64_decode("Zm8=", out, sizeof(out), &len), BNS_OK);
	assert_int_equal(len, 2);
	assert_int_equal(bns_base64_decode("Zg==", out, sizeof(out), &len), BNS_OK);
	assert_int_equal(len, 1);
}

static void base64_refuses_what_is_not_whole(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "Zm9", "Z===", "====", "Z=9v", "=m9v", "Zm 9", "Zm9\n", "Zm9*"};
	uint8_t out[6];
	size_t len;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(bns_base64_decode(bad[i], out, sizeof(out), &len), BNS_ESYNTAX);
}

static void base64_needs_its_room(void **state)
{
	(void)state;
	uint8_t out[3];
	size_t len;
	assert_int_equal(bns_base64_decode("Zm9vZm9v", out, sizeof(out), &len), BNS_ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_decodes_each_length_of_padding),
		cmocka_unit_test(base64_refuses_what_is_not_whole),
		cmocka_unit_test(base64_needs_its_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
