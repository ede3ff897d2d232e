/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/rcu.h"

struct value {
	struct bns_rcu_head rcu;
	unsigned a;
	unsigned b; /* always the same as `a`, until it is freed */
};

static struct value *shared;
static atomic_uint freed;
static atomic_bool stop;

static void free_value(struct bns_rcu_head *head)
{
	struct value *v = caa_container_of(head, struct value, rcu);

	v->b = ~v->a;
	free(v);
	atomic_fetch_add(&freed, 1);
}

static struct value *new_value(unsigned a)
{
	struct value *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->a = v->b = a;
	return v;
}

static void *read_for_long(void *arg)
{
	unsigned long *torn = arg;

	bns_rcu_register();
	for (unsigned i = 0; !atomic_load(&stop); i++) {
		const struct value *v = bns_rcu_load(shared);
		if (v->a != v->b)
			(*torn)++;
		bns_rcu_quiescent();
		if (i % 64 == 0) {
			bns_rcu_offline();
			bns_rcu_online();
		}
	}
	bns_rcu_unregister();
	return NULL;
}

static void reader_never_sees_freed_data(void **state)
{
	enum { SWAPS = 2000 };
	unsigned long torn[2] = {0, 0};
	pthread_t readers[2];

	(void)state;
	atomic_store(&freed, 0);
	atomic_store(&stop, false);
	shared = new_value(0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_for_long, &torn[i]), 0);
	for (unsigned i = 1; i <= SWAPS; i++) {
		struct value *old = shared;
		bns_rcu_store(shared, new_value(i));
		bns_rcu_defer(&old->rcu, free_value);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i], NULL);
		assert_int_equal(torn[i], 0);
	}
	bns_rcu_barrier();
	assert_int_equal(atomic_load(&freed), SWAPS);
	free(shared);
}

static atomic_int stage;

static void *hold_one_pointer(void *arg)
{
	(void)arg;
	bns_rcu_register();
	atomic_store(&stage, 1);
	while (atomic_load(&stage) < 2)
		sched_yield();
	/* Still online without a quiescent point: nothing may have been freed. */
	atomic_store(&stage, atomic_load(&freed) == 0 ? 3 : 4);
	bns_rcu_unregister();
	return NULL;
}

static void free_waits_for_a_reader_that_is_online(void **state)
{
	pthread_t reader;
	struct value *v = new_value(1);

	(void)state;
	atomic_store(&freed, 0);
	atomic_store(&stage, 0);
	assert_int_equal(pthread_create(&reader, NULL, hold_one_pointer, NULL), 0);
	while (atomic_load(&stage) < 1)
		sched_yield();
	bns_rcu_defer(&v->rcu, free_value);
	atomic_store(&stage, 2);
	pthread_join(reader, NULL);
	assert_int_equal(atomic_load(&stage), 3);
	bns_rcu_barrier();
	assert_int_equal(atomic_load(&freed), 1);
}

static void *sleep_offline(void *arg)
{
	(void)arg;
	bns_rcu_register();
	bns_rcu_offline();
	atomic_store(&stage, 1);
	while (atomic_load(&stage) < 2)
		sched_yield();
	bns_rcu_online();
	bns_rcu_unregister();
	return NULL;
}

static void reader_that_is_offline_delays_nothing(void **state)
{
	pthread_t reader;
	struct value *v = new_value(1);

	(void)state;
	atomic_store(&freed, 0);
	atomic_store(&stage, 0);
	assert_int_equal(pthread_create(&reader, NULL, sleep_offline, NULL), 0);
	while (atomic_load(&stage) < 1)
		sched_yield();
	bns_rcu_defer(&v->rcu, free_value);
	bns_rcu_barrier(); /* would never return if the reader counted */
	assert_int_equal(atomic_load(&freed), 1);
	atomic_store(&stage, 2);
	pthread_join(reader, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_never_sees_freed_data),
		cmocka_unit_test(free_waits_for_a_reader_that_is_online),
		cmocka_unit_test(reader_that_is_offline_delays_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
