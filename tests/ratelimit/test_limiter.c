/* SPDX-License-Identifier: BSD-3-Clause */
/* The table with times of the test's own making. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "limiter.h"
#include "siphash.h"

#define SECOND  UINT64_C(1000000)
#define HASH    UINT64_C(0x123456789abcdef0)
#define THREADS 4
#define EACH    20000

static struct rl_limiter limiter;

static void open_with(uint64_t size_bytes, uint64_t window_s, unsigned slip)
{
	assert_true(rl_limiter_init(&limiter, size_bytes, window_s, slip));
}

static int close_limiter(void **state)
{
	(void)state;
	rl_limiter_free(&limiter);
	return 0;
}

/* How many of `count` answers at one moment pass. */
static unsigned passed(uint64_t hash, uint32_t rate, uint64_t now_us, unsigned count)
{
	unsigned n = 0;
	while (count-- > 0)
		n += rl_limiter_account(&limiter, hash, rate, now_us) == RL_PASS;
	return n;
}

static void limiter_lets_a_seconds_worth_through(void **state)
{
	(void)state;
	open_with(4096, 15, 0);
	assert_int_equal(passed(HASH, 20, 5 * SECOND, 100), 20);
	rl_limiter_free(&limiter);
	open_with(4096, 15, 0);
	assert_int_equal(passed(HASH, 1, 5 * SECOND, 100), 1);
	rl_limiter_free(&limiter);
	open_with(4096, 15, 0);
	assert_int_equal(passed(HASH, 3, 5 * SECOND, 100), 3);
}

static void limiter_lets_the_rate_itself_through(void **state)
{
	(void)state;
	open_with(4096, 15, 0);
	for (unsigned second = 1; second <= 100; second++)
		assert_int_equal(passed(HASH, 20, second * SECOND, 20), 20);
}

static void limiter_keeps_a_flood_limited_and_forgives_after_the_window(void **state)
{
	(void)state;
	open_with(4096, 15, 0);
	assert_int_equal(passed(HASH, 20, SECOND, 100000), 20);
	assert_int_equal(passed(HASH, 20, 2 * SECOND, 1000), 0);
	/* The last of the flood, at second 2, owes the whole window. */
	assert_int_equal(passed(HASH, 20, 15 * SECOND, 1), 0);
	assert_int_equal(passed(HASH, 20, 18 * SECOND, 1), 1);
	assert_int_equal(passed(HASH, 20, 100 * SECOND, 100), 20);
}

static void limiter_tells_buckets_apart(void **state)
{
	(void)state;
	open_with(4096, 15, 0);
	assert_int_equal(passed(HASH, 20, SECOND, 1000), 20);
	assert_int_equal(passed(HASH ^ UINT64_C(1) << 63, 20, SECOND, 20), 20); /* in the same set */
	assert_int_equal(passed(HASH + 1, 20, SECOND, 20), 20);
}

static void limiter_lets_every_nth_slip(void **state)
{
	(void)state;
	for (unsigned slip = 0; slip <= RL_SLIP_MAX; slip++) {
		unsigned slipped = 0;
		open_with(4096, 15, slip);
		(void)passed(HASH, 5, SECOND, 5);
		for (unsigned i = 0; i < 100; i++)
			slipped += rl_limiter_account(&limiter, HASH, 5, SECOND) == RL_SLIP;
		assert_int_equal(slipped, slip ? 100 / slip : 0);
		rl_limiter_free(&limiter);
	}
	open_with(4096, 15, 0);
}

static void limiter_gives_cells_of_the_least_debt_away_when_a_set_is_full(void **state)
{
	(void)state;
	open_with(0, 15, 0);
	assert_int_equal(limiter.count, 8);
	for (uint64_t i = 1; i <= 4; i++)
		(void)passed(i << 44, 1, SECOND, (unsigned)(5 - i) * 3);
	assert_int_equal(rl_limiter_used(&limiter, SECOND), 4);
	assert_int_equal(passed(UINT64_C(9) << 44, 1, SECOND, 1), 1); /* in place of number 4 */
	assert_int_equal(rl_limiter_used(&limiter, SECOND), 4);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(passed(i << 44, 1, SECOND, 1), 0);
}

static void limiter_uses_no_more_than_its_size(void **state)
{
	(void)state;
	open_with(1000, 15, 0);
	assert_int_equal(limiter.count, 64);
	for (uint64_t i = 0; i < 10000; i++)
		(void)passed(i * UINT64_C(0x9e3779b97f4a7c15), 1, SECOND, 2);
	assert_in_range(rl_limiter_used(&limiter, SECOND), 1, 64);
	assert_int_equal(rl_limiter_used(&limiter, 100 * SECOND), 0);
}

static void limiter_bears_clocks_that_differ_and_wrap(void **state)
{
	(void)state;
	open_with(4096, 15, 0);
	(void)passed(HASH, 20, 10 * SECOND, 100000);
	assert_int_equal(passed(HASH, 20, 10 * SECOND - 4000, 100), 0);
	/* 2^40 us is where times come round. */
	uint64_t wrap = UINT64_C(1) << 40;
	(void)passed(HASH + 1, 20, wrap - SECOND, 100000);
	assert_int_equal(passed(HASH + 1, 20, wrap + SECOND, 1), 0);
	assert_int_equal(passed(HASH + 1, 20, wrap + 30 * SECOND, 20), 20);
}

static void *flood(void *arg)
{
	unsigned *n = arg;
	*n = passed(HASH, 100, SECOND, EACH);
	for (unsigned i = 0; i < EACH; i++)
		(void)rl_limiter_account(&limiter, HASH + i, 100, SECOND);
	return NULL;
}

static void limiter_counts_for_threads_together(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	unsigned passes[THREADS], sum = 0;
	open_with(65536, 15, 2);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, flood, &passes[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		sum += passes[i];
	}
	/* Whoever loses the cell eight times running may pass once more. */
	assert_in_range(sum, 100, 200);
	assert_in_range(rl_limiter_used(&limiter, SECOND), 1, limiter.count);
}

static void siphash_gives_the_published_values(void **state)
{
	(void)state;
	uint8_t key[RL_KEY_LEN], data[15];
	for (uint8_t i = 0; i < RL_KEY_LEN; i++)
		key[i] = i;
	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	assert_true(rl_siphash(key, data, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(rl_siphash(key, data, sizeof(data)) == UINT64_C(0xa129ca6149be45e5));
	key[0] = 1;
	assert_false(rl_siphash(key, data, sizeof(data)) == UINT64_C(0xa129ca6149be45e5));
}

#define limiter_test(name) cmocka_unit_test_teardown(name, close_limiter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		limiter_test(limiter_lets_a_seconds_worth_through),
		limiter_test(limiter_lets_the_rate_itself_through),
		limiter_test(limiter_keeps_a_flood_limited_and_forgives_after_the_window),
		limiter_test(limiter_tells_buckets_apart),
		limiter_test(limiter_lets_every_nth_slip),
		limiter_test(limiter_gives_cells_of_the_least_debt_away_when_a_set_is_full),
		limiter_test(limiter_uses_no_more_than_its_size),
		limiter_test(limiter_bears_clocks_that_differ_and_wrap),
		limiter_test(limiter_counts_for_threads_together),
		cmocka_unit_test(siphash_gives_the_published_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
