/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/adopt.h"
#include "server/socket.h"

static struct bns_passed sockets[3];
static struct bns_passed_list passed = {.sockets = sockets};
static struct bns_diag diag;

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < passed.count; i++)
		close(sockets[i].fd);
	memset(sockets, 0, sizeof(sockets));
	passed.count = 0;
	return 0;
}

static int bound(int family, int type, union bns_addr *addr)
{
	int fd = socket(family, type, 0);
	int on = 1;
	if (fd < 0)
		return -1;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, &addr->sa, bns_addr_len(addr)), 0);
	assert_int_equal(bns_socket_bound(fd, addr), BNS_OK);
	return fd;
}

/* Passes in one more socket at `addr`, whose port 0 becomes a free one. */
static int pass(int type, union bns_addr *addr)
{
	int fd = bound(addr->sa.sa_family, type, addr);
	if (fd >= 0)
		sockets[passed.count++] = (struct bns_passed){.fd = fd};
	return fd;
}

static union bns_addr loopback(void)
{
	union bns_addr addr;
	assert_int_equal(bns_addr_from_text("127.0.0.1@0", 0, &addr), BNS_OK);
	return addr;
}

static bool same_socket(int a, int b)
{
	struct stat a_stat, b_stat;
	assert_int_equal(fstat(a, &a_stat), 0);
	assert_int_equal(fstat(b, &b_stat), 0);
	return a_stat.st_ino == b_stat.st_ino;
}

/* Which of those passed in does a worker get? */
static int number_for(const union bns_addr *addr, unsigned worker)
{
	int fd = -1;
	int number = -1;
	assert_int_equal(bns_adopt(&passed, addr, BNS_TRANSPORT_UDP, worker, &fd, &diag), BNS_OK);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK); /* its worker sleeps in recvmmsg */
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	for (size_t i = 0; i < passed.count; i++)
		if (same_socket(fd, sockets[i].fd))
			number = (int)i;
	close(fd);
	return number;
}

static void adopt_gives_each_worker_a_socket_of_its_own(void **state)
{
	(void)state;
	union bns_addr addr = loopback();
	pass(SOCK_DGRAM, &addr);
	pass(SOCK_DGRAM, &addr);
	assert_int_equal(bns_adopt_count(&passed, &addr, BNS_TRANSPORT_UDP), 2);
	assert_int_equal(number_for(&addr, 0), 0);
	assert_false(sockets[1].adopted);
	assert_int_equal(number_for(&addr, 1), 1);
	assert_true(sockets[0].adopted && sockets[1].adopted);
}

static void adopt_shares_what_is_too_few(void **state)
{
	(void)state;
	union bns_addr addr = loopback();
	pass(SOCK_DGRAM, &addr);
	assert_int_equal(number_for(&addr, 0), 0);
	assert_int_equal(number_for(&addr, 5), 0);
}

static void adopt_takes_no_other_port_host_or_transport(void **state)
{
	(void)state;
	union bns_addr addr = loopback();
	pass(SOCK_DGRAM, &addr);
	union bns_addr other = addr;
	other.in4.sin_port = (in_port_t)(other.in4.sin_port ^ 1);
	assert_int_equal(bns_adopt_count(&passed, &other, BNS_TRANSPORT_UDP), 0);
	other = addr;
	other.in4.sin_addr.s_addr = htonl(INADDR_ANY);
	assert_int_equal(bns_adopt_count(&passed, &other, BNS_TRANSPORT_UDP), 0);
	assert_int_equal(bns_adopt_count(&passed, &addr, BNS_TRANSPORT_TCP), 0);
}

static void adopt_takes_only_streams_that_listen(void **state)
{
	(void)state;
	union bns_addr addr = loopback();
	int fd = pass(SOCK_STREAM, &addr);
	assert_int_equal(bns_adopt_count(&passed, &addr, BNS_TRANSPORT_TCP), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(bns_adopt_count(&passed, &addr, BNS_TRANSPORT_TCP), 1);
	assert_int_equal(bns_adopt_count(&passed, &addr, BNS_TRANSPORT_TLS), 1);
}

static void adopt_refuses_an_ipv6_socket_that_takes_ipv4_too(void **state)
{
	(void)state;
	union bns_addr addr;
	int fd = -1;
	int off = 0;
	assert_int_equal(bns_addr_from_text("::@0", 0, &addr), BNS_OK);
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	if (s < 0 || setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
	    bind(s, &addr.sa, bns_addr_len(&addr)) != 0) {
		print_message("# no IPv6 here\n");
		return;
	}
	assert_int_equal(bns_socket_bound(s, &addr), BNS_OK);
	sockets[passed.count++] = (struct bns_passed){.fd = s};
	assert_int_equal(bns_adopt(&passed, &addr, BNS_TRANSPORT_UDP, 0, &fd, &diag), BNS_EIO);
	assert_non_null(strstr(diag.text, "BindIPv6Only=ipv6-only"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(adopt_gives_each_worker_a_socket_of_its_own, tear_down),
		cmocka_unit_test_teardown(adopt_shares_what_is_too_few, tear_down),
		cmocka_unit_test_teardown(adopt_takes_no_other_port_host_or_transport, tear_down),
		cmocka_unit_test_teardown(adopt_takes_only_streams_that_listen, tear_down),
		cmocka_unit_test_teardown(adopt_refuses_an_ipv6_socket_that_takes_ipv4_too, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
