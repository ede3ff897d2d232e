/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "ring.h"

#define THREADS 3
#define EACH    20000

static const union bns_addr client = {.in4 = {.sin_family = AF_INET}};
static const struct timespec at = {.tv_sec = 7};

static bool put(struct dt_ring *ring, const void *query, size_t len, const void *response, size_t response_len)
{
	const struct bns_exchange x = {.query = query,
				       .query_len = len,
				       .response = response,
				       .response_len = response_len,
				       .client = &client};

	return dt_ring_put(ring, &x, &at);
}

static void what_is_put_comes_out_in_order(void **state)
{
	struct dt_ring ring;

	(void)state;
	assert_true(dt_ring_init(&ring, 4));
	assert_null(dt_ring_first(&ring));
	assert_true(put(&ring, "one", 3, "ANSWER", 6));
	assert_true(put(&ring, "two", 3, NULL, 0));
	const struct dt_record *r = dt_ring_first(&ring);
	assert_memory_equal(r->octets, "oneANSWER", 9);
	assert_int_equal(r->response_len, 6);
	assert_int_equal(r->at.tv_sec, 7);
	dt_ring_pop(&ring);
	assert_memory_equal(dt_ring_first(&ring)->octets, "two", 3);
	dt_ring_pop(&ring);
	assert_null(dt_ring_first(&ring));
	dt_ring_free(&ring);
}

static void a_full_ring_refuses_until_one_is_taken(void **state)
{
	struct dt_ring ring;

	(void)state;
	assert_true(dt_ring_init(&ring, 4));
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 4; i++)
			assert_true(put(&ring, "x", 1, NULL, 0));
		assert_false(put(&ring, "x", 1, NULL, 0));
		for (int i = 0; i < 4; i++) {
			assert_non_null(dt_ring_first(&ring));
			dt_ring_pop(&ring);
		}
	}
	dt_ring_free(&ring);
}

static void what_is_too_long_is_refused(void **state)
{
	static const uint8_t octets[DT_OCTETS_MAX];
	struct dt_ring ring;

	(void)state;
	assert_true(dt_ring_init(&ring, 2));
	assert_true(put(&ring, octets, 96, octets, DT_OCTETS_MAX - 96));
	assert_false(put(&ring, octets, 97, octets, DT_OCTETS_MAX - 96));
	dt_ring_free(&ring);
}

static void *put_many(void *arg)
{
	struct dt_ring *ring = arg;

	for (uint32_t i = 0; i < EACH; i++)
		while (!put(ring, &i, sizeof(i), &i, sizeof(i)))
			sched_yield();
	return NULL;
}

static void threads_put_and_one_takes_everything_whole(void **state)
{
	struct dt_ring ring;
	pthread_t threads[THREADS];
	static uint8_t seen[EACH];

	(void)state;
	memset(seen, 0, sizeof(seen));
	assert_true(dt_ring_init(&ring, 64));
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, &ring), 0);
	for (unsigned taken = 0; taken < THREADS * EACH;) {
		uint32_t query, response;
		const struct dt_record *r = dt_ring_first(&ring);
		if (!r) {
			sched_yield();
			continue;
		}
		memcpy(&query, r->octets, sizeof(query));
		memcpy(&response, r->octets + sizeof(query), sizeof(response));
		assert_int_equal(query, response);
		seen[query]++;
		dt_ring_pop(&ring);
		taken++;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < EACH; i++)
		assert_int_equal(seen[i], THREADS);
	dt_ring_free(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_comes_out_in_order),
		cmocka_unit_test(a_full_ring_refuses_until_one_is_taken),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(threads_put_and_one_takes_everything_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
