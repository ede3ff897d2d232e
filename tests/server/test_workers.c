/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that answer while the writer publishes: meant for ThreadSanitizer as well. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../answer/sample.h"
#include "base/rcu.h"
#include "net.h"

#define CLIENTS  4
#define VERSIONS 200

struct asker {
	union bns_addr addr;
	const atomic_bool *end;
	pthread_t thread;
	unsigned answers;
	unsigned wrong;
	uint32_t last;
};

static struct bns_image *version(uint32_t serial)
{
	char zone[256];
	snprintf(zone, sizeof(zone), "$TTL 5\n@ SOA ns hostmaster %u 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n", serial);
	return sample_image("moving.test", zone);
}

/* One question and its answer's serial; 0 where it isn't what it should be. cmocka is not for other threads. */
static uint32_t ask_serial(int fd, const uint8_t *query, size_t len)
{
	uint8_t msg[512];
	if (send(fd, query, len, MSG_NOSIGNAL) != (ssize_t)len)
		return 0;
	ssize_t n = recv(fd, msg, sizeof(msg), 0);
	if (n < (ssize_t)len + 20 || bns_message_rcode(msg) != BNS_RCODE_NOERROR || bns_message_ancount(msg) != 1)
		return 0;
	return bns_get_u32(msg + n - 20);
}

static void *ask_on(void *arg)
{
	struct asker *a = arg;
	uint8_t query[512];
	size_t len = sample_query("moving.test", BNS_TYPE_SOA, query);
	int fd = net_connect(&a->addr, SOCK_DGRAM);
	while (!atomic_load(a->end)) {
		uint32_t serial = ask_serial(fd, query, len);
		if (serial < a->last)
			a->wrong++;
		a->last = serial;
		a->answers++;
	}
	close(fd);
	return NULL;
}

static void workers_answer_while_the_writer_publishes(void **state)
{
	(void)state;
	static struct net net;
	const struct net_conf conf = {.listen = {"127.0.0.1@0"}, .workers = 2};
	struct asker askers[CLIENTS];
	atomic_bool end = false;
	net_start(&net, &conf);
	assert_int_equal(bns_table_publish(net.table, version(1)), BNS_OK);
	for (int i = 0; i < CLIENTS; i++) {
		askers[i] = (struct asker){.addr = net.addr[0], .end = &end};
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_on, &askers[i]), 0);
	}
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	for (uint32_t serial = 2; serial <= VERSIONS; serial++) {
		char expected[32];
		assert_int_equal(bns_table_publish(net.table, version(serial)), BNS_OK);
		snprintf(expected, sizeof(expected), " %u", serial);
		/* What is published is what the next question is answered with. */
		assert_non_null(strstr(net_ask_tcp(fd, "moving.test", BNS_TYPE_SOA), expected));
	}
	close(fd);
	atomic_store(&end, true);
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
		assert_int_equal(askers[i].wrong, 0);
		assert_true(askers[i].answers > 0);
	}
	net_stop(&net);
}

static void workers_let_a_grace_period_pass_while_they_sleep(void **state)
{
	(void)state;
	static struct net net;
	const struct net_conf conf = {.listen = {"127.0.0.1@0"}, .workers = 2};
	net_start(&net, &conf);
	int fd = net_connect(&net.addr[0], SOCK_DGRAM);
	(void)net_ask_udp(fd, "www.example.test", BNS_TYPE_A);
	assert_int_equal(bns_table_publish(net.table, version(1)), BNS_OK);
	assert_int_equal(bns_table_publish(net.table, version(2)), BNS_OK);
	/* Would never return if a sleeping worker counted as a reader. */
	bns_rcu_barrier();
	close(fd);
	net_stop(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_answer_while_the_writer_publishes),
		cmocka_unit_test(workers_let_a_grace_period_pass_while_they_sleep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
