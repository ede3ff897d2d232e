/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/size.h"

static void size_takes_each_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {{"0", 0},
		     {"100", 100},
		     {"1K", 1024},
		     {"512M", (uint64_t)512 << 20},
		     {"4G", (uint64_t)4 << 30},
		     {"16T", (uint64_t)16 << 40},
		     {"18446744073709551615", UINT64_MAX}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 1;
		char text[BNS_SIZE_TEXT_MAX];
		assert_int_equal(bns_size_from_text(cases[i].text, &bytes), BNS_OK);
		assert_true(bytes == cases[i].bytes);
		assert_string_equal(bns_size_to_text(bytes, text), cases[i].text);
	}
}

static void size_refuses_what_is_none(void **state)
{
	static const char *const texts[] = {"", "G", "4g", "4GB", "-1", " 4G", "4 G", "0x10", "1.5G"};
	uint64_t bytes;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(bns_size_from_text(texts[i], &bytes), BNS_ESYNTAX);
}

static void size_beyond_64_bits_is_out_of_range(void **state)
{
	uint64_t bytes;
	(void)state;
	assert_int_equal(bns_size_from_text("18446744073709551616", &bytes), BNS_ERANGE);
	assert_int_equal(bns_size_from_text("16777216T", &bytes), BNS_ERANGE);
}

static void size_is_written_in_its_largest_whole_unit(void **state)
{
	char text[BNS_SIZE_TEXT_MAX];
	(void)state;
	assert_string_equal(bns_size_to_text(1025, text), "1025");
	assert_string_equal(bns_size_to_text(1536, text), "1536");
	assert_string_equal(bns_size_to_text((uint64_t)3 << 19, text), "1536K");
	assert_string_equal(bns_size_to_text((uint64_t)1 << 50, text), "1024T");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_takes_each_unit),
		cmocka_unit_test(size_refuses_what_is_none),
		cmocka_unit_test(size_beyond_64_bits_is_out_of_range),
		cmocka_unit_test(size_is_written_in_its_largest_whole_unit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
