/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void integers_round_trip_in_network_order(void **state)
{
	uint8_t data[21];
	struct bns_writer w = bns_writer_of(data, sizeof(data));

	(void)state;
	bns_write_u8(&w, 0x01);
	bns_write_u16(&w, 0x0203);
	bns_write_u32(&w, 0x04050607);
	bns_write_u48(&w, 0x08090a0b0c0d);
	bns_write_u64(&w, 0x0e0f101112131415);
	assert_false(w.failed);
	for (size_t i = 0; i < sizeof(data); i++)
		assert_int_equal(data[i], i + 1);
	struct bns_reader r = bns_reader_of(data, sizeof(data));
	assert_int_equal(bns_read_u8(&r), 0x01);
	assert_int_equal(bns_read_u16(&r), 0x0203);
	assert_int_equal(bns_read_u32(&r), 0x04050607);
	assert_int_equal(bns_read_u48(&r), 0x08090a0b0c0d);
	assert_int_equal(bns_read_u64(&r), 0x0e0f101112131415);
	assert_int_equal(bns_reader_left(&r), 0);
	assert_false(r.failed);
}

static void reader_past_its_end_stays_failed(void **state)
{
	struct bns_reader r = bns_reader_of("\1\2\3", 3);

	(void)state;
	assert_int_equal(bns_read_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(bns_read_u8(&r), 0);
	assert_int_equal(bns_reader_left(&r), 0);
	assert_null(bns_read_bytes(&r, 0));
}

static void writer_past_its_end_writes_nothing_more(void **state)
{
	uint8_t data[4] = {9, 9, 9, 9};
	struct bns_writer w = bns_writer_of(data, 3);

	(void)state;
	bns_write_u16(&w, 0);
	bns_write_u16(&w, 0);
	bns_write_u8(&w, 0);
	bns_write_bytes(&w, "x", 1);
	assert_true(w.failed);
	assert_int_equal(w.pos, 2);
	assert_int_equal(data[2], 9);
	assert_int_equal(data[3], 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_round_trip_in_network_order),
		cmocka_unit_test(reader_past_its_end_stays_failed),
		cmocka_unit_test(writer_past_its_end_writes_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
