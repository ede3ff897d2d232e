/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "server/handoff.h"

static struct bns_handoff ring;
static const struct bns_handoff_origin somewhere = {
	.transport = BNS_TRANSPORT_TCP,
	.client = {.in4 = {.sin_family = AF_INET, .sin_port = 53}},
};

static int set_up(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	return 0;
}

static bool push(int number)
{
	struct bns_handoff_origin from = somewhere;
	from.transport = (enum bns_transport)(number % 3);
	from.fd = number;
	return bns_handoff_push(&ring, &from, (const uint8_t *)&number, sizeof(number));
}

static int pop(void)
{
	int number;
	const struct bns_handoff_item *item = bns_handoff_first(&ring);
	if (!item)
		return -1;
	memcpy(&number, item->data, sizeof(number));
	if (item->from.fd != number || (int)item->from.transport != number % 3 || item->len != sizeof(number))
		number = -2;
	bns_handoff_pop(&ring);
	return number;
}

static void handoff_is_empty_at_first(void **state)
{
	(void)state;
	assert_null(bns_handoff_first(&ring));
}

static void handoff_keeps_the_order(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * BNS_HANDOFF_SLOTS; i++) {
		assert_true(push(i));
		if (i > 0)
			assert_int_equal(pop(), i - 1);
	}
}

static void handoff_refuses_when_full(void **state)
{
	(void)state;
	for (int i = 0; i < BNS_HANDOFF_SLOTS; i++)
		assert_true(push(i));
	assert_false(push(BNS_HANDOFF_SLOTS));
	assert_int_equal(pop(), 0);
	assert_true(push(BNS_HANDOFF_SLOTS));
	for (int i = 1; i <= BNS_HANDOFF_SLOTS; i++)
		assert_int_equal(pop(), i);
	assert_int_equal(pop(), -1);
}

static void handoff_goes_on_when_its_counters_wrap(void **state)
{
	(void)state;
	atomic_store(&ring.written, (unsigned)-2);
	atomic_store(&ring.read, (unsigned)-2);
	for (int i = 0; i < BNS_HANDOFF_SLOTS; i++)
		assert_true(push(i));
	assert_false(push(BNS_HANDOFF_SLOTS));
	for (int i = 0; i < BNS_HANDOFF_SLOTS; i++)
		assert_int_equal(pop(), i);
	assert_int_equal(pop(), -1);
}

static void handoff_refuses_what_is_too_long(void **state)
{
	(void)state;
	static const uint8_t data[BNS_HANDOFF_BYTES + 1];
	assert_false(bns_handoff_push(&ring, &somewhere, data, sizeof(data)));
	assert_true(bns_handoff_push(&ring, &somewhere, data, sizeof(data) - 1));
	assert_int_equal(bns_handoff_first(&ring)->len, BNS_HANDOFF_BYTES);
}

enum { MANY = 20000 };

static void *push_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < MANY; i++)
		while (!push(i))
			sched_yield();
	return NULL;
}

static void handoff_loses_nothing_between_two_threads(void **state)
{
	(void)state;
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, push_many, NULL), 0);
	for (int i = 0; i < MANY;) {
		int number = pop();
		if (number == -1) {
			sched_yield();
			continue;
		}
		assert_int_equal(number, i);
		i++;
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(handoff_is_empty_at_first, set_up),
		cmocka_unit_test_setup(handoff_keeps_the_order, set_up),
		cmocka_unit_test_setup(handoff_refuses_when_full, set_up),
		cmocka_unit_test_setup(handoff_goes_on_when_its_counters_wrap, set_up),
		cmocka_unit_test_setup(handoff_refuses_what_is_too_long, set_up),
		cmocka_unit_test_setup(handoff_loses_nothing_between_two_threads, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
