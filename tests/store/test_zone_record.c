/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "store/zone_record.h"

static void record_is_the_same_after_encode_and_decode(void **state)
{
	(void)state;
	const struct bns_zone_record r = {
		.has_version = true,
		.upstream_serial = 0xfffffffe,
		.published_serial = 2026112302,
		.version_seq = UINT64_MAX - 1,
		.oldest_seq = UINT64_MAX - 20,
		.refreshed_s = 1795452540,
		.published_s = 1795452539,
		.expires_s = -1,
		.soa_refresh_s = 7200,
		.soa_retry_s = 900,
		.soa_expire_s = 1209600,
		.image_digest = 0x123456789abcdef0,
	};
	struct bns_zone_record back;
	uint8_t data[BNS_ZONE_RECORD_LEN];
	bns_zone_record_encode(&r, data);
	assert_int_equal(bns_zone_record_decode(data, sizeof(data), &back), BNS_OK);
	assert_true(back.has_version);
	assert_false(back.amended_ever);
	assert_int_equal(back.upstream_serial, r.upstream_serial);
	assert_int_equal(back.published_serial, r.published_serial);
	assert_true(back.version_seq == r.version_seq);
	assert_true(back.oldest_seq == r.oldest_seq);
	assert_int_equal(back.refreshed_s, r.refreshed_s);
	assert_int_equal(back.expires_s, -1);
	assert_int_equal(back.published_s, 1795452539);
	assert_true(back.image_digest == 0x123456789abcdef0);
	assert_int_equal(back.soa_refresh_s, 7200);
	assert_int_equal(back.soa_retry_s, 900);
	assert_int_equal(back.soa_expire_s, 1209600);
}

static void record_of_an_older_brandnsd_is_read(void **state)
{
	(void)state;
	const struct bns_zone_record r = {.published_serial = 7, .published_s = 1795452539, .image_digest = 9};
	struct bns_zone_record back;
	uint8_t data[BNS_ZONE_RECORD_LEN];
	bns_zone_record_encode(&r, data);
	assert_int_equal(bns_zone_record_decode(data, 64, &back), BNS_OK);
	assert_int_equal(back.published_serial, 7);
	assert_int_equal(back.published_s, 0);
	assert_int_equal(bns_zone_record_decode(data, 72, &back), BNS_OK);
	assert_int_equal(back.published_s, 1795452539);
	assert_true(back.image_digest == 0);
}

static void flags_are_kept_apart(void **state)
{
	(void)state;
	struct bns_zone_record r = {.amended_ever = true}, back;
	uint8_t data[BNS_ZONE_RECORD_LEN];
	bns_zone_record_encode(&r, data);
	assert_int_equal(bns_zone_record_decode(data, sizeof(data), &back), BNS_OK);
	assert_true(back.amended_ever);
	assert_false(back.has_version);
}

static void record_of_versions_that_cannot_be_is_refused(void **state)
{
	(void)state;
	const struct {
		uint64_t oldest, newest;
		enum bns_error wanted;
	} spans[] = {
		{1, 1, BNS_OK},     {5, 24, BNS_OK},    {1, BNS_ZONE_RECORD_VERSIONS_MAX, BNS_OK},
		{0, 1, BNS_EINVAL}, {2, 1, BNS_EINVAL}, {1, BNS_ZONE_RECORD_VERSIONS_MAX + 1, BNS_EINVAL},
	};
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct bns_zone_record r = {
			.has_version = true, .oldest_seq = spans[i].oldest, .version_seq = spans[i].newest};
		uint8_t data[BNS_ZONE_RECORD_LEN];
		bns_zone_record_encode(&r, data);
		assert_int_equal(bns_zone_record_decode(data, sizeof(data), &r), spans[i].wanted);
	}
}

static void short_long_or_newer_record_is_refused(void **state)
{
	(void)state;
	struct bns_zone_record r = {0};
	uint8_t data[BNS_ZONE_RECORD_LEN + 1] = {0};
	bns_zone_record_encode(&r, data);
	assert_int_equal(bns_zone_record_decode(data, 0, &r), BNS_ESHORT);
	assert_int_equal(bns_zone_record_decode(data, BNS_ZONE_RECORD_LEN - 1, &r), BNS_ESHORT);
	assert_int_equal(bns_zone_record_decode(data, BNS_ZONE_RECORD_LEN + 1, &r), BNS_EINVAL);
	data[0]++;
	assert_int_equal(bns_zone_record_decode(data, BNS_ZONE_RECORD_LEN, &r), BNS_EVERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_is_the_same_after_encode_and_decode),
		cmocka_unit_test(record_of_an_older_brandnsd_is_read),
		cmocka_unit_test(flags_are_kept_apart),
		cmocka_unit_test(record_of_versions_that_cannot_be_is_refused),
		cmocka_unit_test(short_long_or_newer_record_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
