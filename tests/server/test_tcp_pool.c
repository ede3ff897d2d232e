/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/tcp_pool.h"

#define PLACES 64

static struct bns_tcp_pool pool;

static int set_up(void **state)
{
	(void)state;
	return bns_tcp_pool_open(&pool, PLACES) == BNS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	bns_tcp_pool_close(&pool);
	return 0;
}

static union bns_addr host(const char *text)
{
	union bns_addr addr;
	assert_int_equal(bns_addr_from_text(text, 1024, &addr), BNS_OK);
	return addr;
}

static struct bns_tcp_conn *take(const char *client)
{
	const union bns_addr addr = host(client);
	struct bns_tcp_conn *conn = bns_tcp_pool_take(&pool, &addr, 0);
	assert_non_null(conn);
	return conn;
}

static void give_back(struct bns_tcp_conn *conn)
{
	bns_tcp_pool_leave(&pool, conn);
	bns_tcp_pool_give_back(&pool, conn);
}

static const struct bns_tcp_conn *dispensable_for(const char *client)
{
	const union bns_addr addr = host(client);
	return bns_tcp_pool_find_dispensable(&pool, &addr);
}

static void pool_dispenses_with_the_most_silent_of_who_holds_the_most(void **state)
{
	(void)state;
	take("192.0.2.1");
	struct bns_tcp_conn *first = take("192.0.2.2");
	const struct bns_tcp_conn *second = take("192.0.2.2");
	assert_ptr_equal(dispensable_for("192.0.2.1"), first);
	assert_ptr_equal(dispensable_for("192.0.2.3"), first);
	bns_tcp_pool_touch(&pool, first, 1);
	assert_ptr_equal(dispensable_for("192.0.2.3"), second);
}

static void pool_lets_the_newcomer_pay_where_several_hold_the_most(void **state)
{
	(void)state;
	const struct bns_tcp_conn *one = take("192.0.2.1");
	const struct bns_tcp_conn *two = take("192.0.2.2");
	assert_ptr_equal(dispensable_for("192.0.2.1"), one);
	assert_ptr_equal(dispensable_for("192.0.2.2"), two);
	assert_ptr_equal(dispensable_for("192.0.2.3"), one);
}

static void pool_forgets_who_has_left(void **state)
{
	(void)state;
	struct bns_tcp_conn *gone[2] = {take("192.0.2.1"), take("192.0.2.1")};
	const struct bns_tcp_conn *stays = take("192.0.2.2");
	give_back(gone[0]);
	give_back(gone[1]);
	assert_ptr_equal(dispensable_for("192.0.2.1"), stays);
	const struct bns_tcp_conn *again = take("192.0.2.1");
	assert_ptr_equal(dispensable_for("192.0.2.1"), again);
}

static void pool_takes_an_ipv6_network_for_one_client(void **state)
{
	(void)state;
	take("2001:db8:0:2::1");
	const struct bns_tcp_conn *crowd = take("2001:db8:0:1::1");
	take("2001:db8:0:1:ffff::2");
	assert_ptr_equal(dispensable_for("2001:db8:0:2::1"), crowd);
	assert_ptr_equal(dispensable_for("2001:db8:0:1::3"), crowd);
}

static void pool_takes_a_mapped_address_for_the_ipv4_one(void **state)
{
	(void)state;
	take("::ffff:192.0.2.2");
	const struct bns_tcp_conn *crowd = take("192.0.2.1");
	take("::ffff:192.0.2.1");
	assert_ptr_equal(dispensable_for("192.0.2.2"), crowd);
}

static void pool_counts_as_many_addresses_as_it_has_places(void **state)
{
	(void)state;
	struct bns_tcp_conn *conns[PLACES];
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < PLACES; i++) {
			union bns_addr client = host("192.0.2.0");
			client.in4.sin_addr.s_addr = htonl(0xc0000200 + i);
			conns[i] = bns_tcp_pool_take(&pool, &client, 0);
			assert_non_null(conns[i]);
			assert_int_equal(conns[i]->host->held, 1);
		}
		assert_ptr_equal(dispensable_for("192.0.2.63"), conns[63]);
		for (unsigned i = 0; i < PLACES; i++)
			give_back(conns[i]);
	}
}

#define pool_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pool_test(pool_dispenses_with_the_most_silent_of_who_holds_the_most),
		pool_test(pool_lets_the_newcomer_pay_where_several_hold_the_most),
		pool_test(pool_forgets_who_has_left),
		pool_test(pool_takes_an_ipv6_network_for_one_client),
		pool_test(pool_takes_a_mapped_address_for_the_ipv4_one),
		pool_test(pool_counts_as_many_addresses_as_it_has_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
