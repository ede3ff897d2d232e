/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <unistd.h>

#include "server/socket.h"

static int discovery_for(size_t payload)
{
	union bns_addr addr = {.in4 = {.sin_family = AF_INET}};
	struct bns_diag diag;
	int fd, discovery;
	socklen_t len = sizeof(discovery);
	addr.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bns_socket_open(&addr, BNS_TRANSPORT_UDP, &fd, &diag), BNS_OK);
	bns_socket_set_payload(fd, &addr, payload);
	assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discovery, &len), 0);
	close(fd);
	return discovery;
}

static void socket_forbids_fragments_of_answers_that_every_path_takes(void **state)
{
	(void)state;
	assert_int_equal(discovery_for(1232), IP_PMTUDISC_PROBE);
}

static void socket_lets_large_answers_be_fragmented(void **state)
{
	(void)state;
	assert_int_equal(discovery_for(1233), IP_PMTUDISC_OMIT);
	assert_int_equal(discovery_for(4096), IP_PMTUDISC_OMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socket_forbids_fragments_of_answers_that_every_path_takes),
		cmocka_unit_test(socket_lets_large_answers_be_fragmented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
