/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "wire/rrtype.h"

static void mnemonics_round_trip(void **state)
{
	static const struct {
		const char *text;
		uint16_t type;
	} types[] = {{"A", 1},      {"CNAME", 5},     {"AAAA", 28}, {"NAPTR", 35},     {"HTTPS", 65},
		     {"SPF", 99},   {"NSAP-PTR", 23}, {"CAA", 257}, {"DLV", 32769},    {"ZONEMD", 63},
		     {"AXFR", 252}, {"ANY", 255},     {"OPT", 41},  {"NSEC3PARAM", 51}};
	char out[BNS_RRTYPE_TEXT_MAX];
	uint16_t type;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_string_equal(bns_rrtype_to_text(types[i].type, out), types[i].text);
		assert_int_equal(bns_rrtype_from_text(types[i].text, &type), BNS_OK);
		assert_int_equal(type, types[i].type);
	}
	assert_int_equal(bns_rrtype_from_text("cname", &type), BNS_OK);
	assert_int_equal(type, BNS_TYPE_CNAME);
}

static void every_number_round_trips(void **state)
{
	char out[BNS_RRTYPE_TEXT_MAX];
	uint16_t back;

	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		assert_int_equal(bns_rrtype_from_text(bns_rrtype_to_text((uint16_t)type, out), &back), BNS_OK);
		assert_int_equal(back, type);
	}
}

static void unknown_types_are_numbers(void **state)
{
	char out[BNS_RRTYPE_TEXT_MAX];
	uint16_t type;

	(void)state;
	assert_string_equal(bns_rrtype_to_text(65400, out), "TYPE65400");
	assert_int_equal(bns_rrtype_from_text("type1", &type), BNS_OK);
	assert_int_equal(type, BNS_TYPE_A);
	assert_int_equal(bns_rrtype_from_text("TYPE65536", &type), BNS_ERANGE);
	assert_int_equal(bns_rrtype_from_text("TYPE", &type), BNS_EINVAL);
	assert_int_equal(bns_rrtype_from_text("TYPE1x", &type), BNS_EINVAL);
	assert_int_equal(bns_rrtype_from_text("", &type), BNS_EINVAL);
	assert_int_equal(bns_rrtype_from_text("BOGUS", &type), BNS_EINVAL);
}

static void meta_types_are_never_zone_data(void **state)
{
	(void)state;
	assert_true(bns_rrtype_is_meta(BNS_TYPE_OPT));
	assert_true(bns_rrtype_is_meta(BNS_TYPE_TSIG));
	assert_true(bns_rrtype_is_meta(128));
	assert_true(bns_rrtype_is_meta(BNS_TYPE_ANY));
	assert_false(bns_rrtype_is_meta(127));
	assert_false(bns_rrtype_is_meta(256));
	assert_false(bns_rrtype_is_meta(BNS_TYPE_CAA));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mnemonics_round_trip),
		cmocka_unit_test(every_number_round_trips),
		cmocka_unit_test(unknown_types_are_numbers),
		cmocka_unit_test(meta_types_are_never_zone_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
