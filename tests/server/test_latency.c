/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/latency.h"

static void every_sixteenth_batch_is_timed_from_the_first_on(void **state)
{
	struct bns_latency l = {0};
	unsigned timed = 0;

	(void)state;
	assert_true(bns_latency_begin(&l) > 0);
	for (unsigned i = 0; i < 10 * BNS_LATENCY_EVERY; i++)
		timed += bns_latency_begin(&l) > 0;
	assert_int_equal(timed, 10);
}

static void a_batch_that_is_not_timed_counts_nothing(void **state)
{
	struct bns_latency l = {0}, sum = {0};

	(void)state;
	bns_latency_end(&l, 0, 64);
	bns_latency_sum(&sum, &l);
	assert_int_equal(sum.sum_ns, 0);
	for (unsigned i = 0; i < BNS_LATENCY_BUCKETS; i++)
		assert_int_equal(sum.bucket[i], 0);
}

/* "le" of an exposition means less or equal. */
static void a_bucket_holds_what_is_not_above_its_end(void **state)
{
	struct bns_latency l = {0};

	(void)state;
	bns_latency_add(&l, 0, 1);
	bns_latency_add(&l, 1024, 1);
	bns_latency_add(&l, 1025, 4);
	bns_latency_add(&l, 2048, 4);
	bns_latency_add(&l, 2049, 16);
	assert_int_equal(l.bucket[0], 2);
	assert_int_equal(l.bucket[1], 8);
	assert_int_equal(l.bucket[2], 16);
	assert_true(bns_latency_bound_s(0) == 0.000001024);
	assert_true(bns_latency_bound_s(1) == 0.000002048);
}

static void an_answer_that_took_an_hour_is_in_the_last_bucket(void **state)
{
	struct bns_latency l = {0};

	(void)state;
	bns_latency_add(&l, UINT64_C(3600000000000), 3);
	assert_int_equal(l.bucket[BNS_LATENCY_BUCKETS - 1], 3);
	assert_true(l.sum_ns == UINT64_C(3) * 3600000000000);
}

static void workers_add_up(void **state)
{
	struct bns_latency a = {0}, b = {0}, sum = {0};

	(void)state;
	bns_latency_add(&a, 5000, 2);
	bns_latency_add(&b, 5000, 3);
	bns_latency_sum(&sum, &a);
	bns_latency_sum(&sum, &b);
	assert_int_equal(sum.bucket[3], 5);
	assert_int_equal(sum.sum_ns, 25000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sixteenth_batch_is_timed_from_the_first_on),
		cmocka_unit_test(a_batch_that_is_not_timed_counts_nothing),
		cmocka_unit_test(a_bucket_holds_what_is_not_above_its_end),
		cmocka_unit_test(an_answer_that_took_an_hour_is_in_the_last_bucket),
		cmocka_unit_test(workers_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
