/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../answer/sample.h"
#include "net.h"

#define WWW_TXT "NOERROR aa rd | www.example.test. TXT | AN www.example.test. 300 TXT \"hi\""

static struct net net;

static void start(unsigned tcp_max_clients, uint64_t tcp_idle_timeout_ms)
{
	const struct net_conf conf = {
		.listen = {"127.0.0.1@0", "::1@0"},
		.tcp_max_clients = tcp_max_clients,
		.tcp_idle_timeout_ms = tcp_idle_timeout_ms,
	};
	net_start(&net, &conf);
}

static int tear_down(void **state)
{
	(void)state;
	net_stop(&net);
	return 0;
}

static void server_answers_over_udp(void **state)
{
	(void)state;
	start(0, 0);
	for (size_t i = 0; i < net.addr_count; i++) {
		int fd = net_connect(&net.addr[i], SOCK_DGRAM);
		assert_string_equal(net_ask_udp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		close(fd);
	}
}

static void server_answers_over_tcp(void **state)
{
	(void)state;
	start(0, 0);
	for (size_t i = 0; i < net.addr_count; i++) {
		int fd = net_connect(&net.addr[i], SOCK_STREAM);
		assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		close(fd);
	}
}

static void server_answers_many_datagrams_at_once(void **state)
{
	(void)state;
	enum { QUERIES = 200 };
	start(0, 0);
	int fd = net_connect(&net.addr[0], SOCK_DGRAM);
	uint8_t msg[512];
	size_t len = sample_query("www.example.test", BNS_TYPE_TXT, msg);
	bool answered[QUERIES] = {false};
	for (uint16_t id = 0; id < QUERIES; id++) {
		bns_put_u16(msg, id);
		net_send(fd, msg, len);
	}
	for (unsigned i = 0; i < QUERIES; i++) {
		assert_string_equal(sample_read(msg, net_receive(fd, msg, sizeof(msg))), WWW_TXT);
		assert_in_range(bns_message_id(msg), 0, QUERIES - 1);
		assert_false(answered[bns_message_id(msg)]);
		answered[bns_message_id(msg)] = true;
	}
	close(fd);
}

/* Nothing is said to an answer or to less than a header; what stands beside them in a batch is answered all the same.
 */
static void server_answers_all_but_the_unanswerable_of_a_batch(void **state)
{
	(void)state;
	enum { QUERIES = 150 };
	start(0, 0);
	int fd = net_connect(&net.addr[0], SOCK_DGRAM);
	uint8_t msg[512], junk[512];
	size_t len = sample_query("www.example.test", BNS_TYPE_TXT, msg);
	memcpy(junk, msg, len);
	junk[2] |= BNS_FLAG_QR >> 8;
	for (uint16_t id = 0; id < QUERIES; id++) {
		bns_put_u16(msg, id);
		net_send(fd, junk, id % 3 == 0 ? 5 : len);
		net_send(fd, msg, len);
	}
	for (uint16_t id = 0; id < QUERIES; id++) {
		assert_string_equal(sample_read(msg, net_receive(fd, msg, sizeof(msg))), WWW_TXT);
		assert_int_equal(bns_message_id(msg), id);
	}
	close(fd);
}

static void server_ignores_overlong_datagrams(void **state)
{
	(void)state;
	static uint8_t junk[8000];
	start(0, 0);
	int fd = net_connect(&net.addr[0], SOCK_DGRAM);
	sample_query("www.example.test", BNS_TYPE_TXT, junk);
	net_send(fd, junk, sizeof(junk));
	assert_string_equal(net_ask_udp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	close(fd);
}

static void server_answers_pipelined_requests(void **state)
{
	(void)state;
	enum { QUERIES = 1000 };
	start(0, 0);
	static uint8_t frames[QUERIES * 64];
	uint8_t msg[512];
	size_t len = 0;
	for (uint16_t id = 0; id < QUERIES; id++) {
		size_t frame = net_frame("www.example.test", BNS_TYPE_TXT, frames + len);
		bns_put_u16(frames + len + 2, id);
		len += frame;
	}
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	net_send(fd, frames, len);
	for (uint16_t id = 0; id < QUERIES; id++) {
		assert_string_equal(sample_read(msg, net_read_frame(fd, msg, sizeof(msg))), WWW_TXT);
		assert_int_equal(bns_message_id(msg), id);
	}
	close(fd);
}

static void server_takes_requests_octet_by_octet(void **state)
{
	(void)state;
	uint8_t frame[512], msg[512];
	start(0, 0);
	int fd = net_connect(&net.addr[net.addr_count - 1], SOCK_STREAM);
	for (int round = 0; round < 2; round++) {
		size_t len = net_frame("www.example.test", BNS_TYPE_TXT, frame);
		for (size_t i = 0; i < len; i++)
			net_send(fd, frame + i, 1);
		assert_string_equal(sample_read(msg, net_read_frame(fd, msg, sizeof(msg))), WWW_TXT);
	}
	close(fd);
}

static void server_takes_requests_of_any_length(void **state)
{
	(void)state;
	static uint8_t frame[2 + BNS_MESSAGE_MAX];
	uint8_t msg[512];
	start(0, 0);
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	/* Nothing can be said to a message without a header; the next one counts again. */
	net_send(fd, "\0\0\0\5hello", 9);
	(void)net_frame("www.example.test", BNS_TYPE_TXT, frame);
	bns_put_u16(frame, BNS_MESSAGE_MAX);
	net_send(fd, frame, sizeof(frame));
	assert_string_equal(sample_read(msg, net_read_frame(fd, msg, sizeof(msg))),
			    "FORMERR rd | www.example.test. TXT");
	assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	close(fd);
}

/* `big.test` with one RRset of about this many octets in a message. */
static void publish_big(size_t octets)
{
	static char zone[1 << 17];
	char *p = zone + sprintf(zone, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n");
	for (size_t i = 0; i < octets / 212; i++)
		p += sprintf(p, "@ TXT \"%0199zu\"\n", i);
	assert_in_range(p - zone, 0, sizeof(zone) - 1);
	assert_int_equal(bns_table_publish(net.table, sample_image("big.test", zone)), BNS_OK);
}

static void server_truncates_over_udp_and_answers_over_tcp(void **state)
{
	(void)state;
	start(0, 0);
	publish_big(65000);
	int udp = net_connect(&net.addr[0], SOCK_DGRAM);
	assert_string_equal(net_ask_udp(udp, "big.test", BNS_TYPE_TXT), "NOERROR aa tc rd | big.test. TXT");
	int tcp = net_connect(&net.addr[0], SOCK_STREAM);
	for (int i = 0; i < 3; i++) {
		const char *text = net_ask_tcp(tcp, "big.test", BNS_TYPE_TXT);
		assert_memory_equal(text, "NOERROR aa rd | big.test. TXT | AN", 34);
	}
	close(udp);
	close(tcp);
}

/* Sends frames until no more are taken, and returns how many were as a whole. */
static size_t send_until_full(int fd, const uint8_t *frame, size_t len, size_t max)
{
	size_t sent = 0;
	for (; sent < max; sent++) {
		struct pollfd writable = {.fd = fd, .events = POLLOUT};
		if (poll(&writable, 1, 300) == 0)
			break;
		ssize_t n = send(fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n != (ssize_t)len)
			break;
	}
	return sent;
}

static void server_reads_no_more_while_its_answers_are_not_read(void **state)
{
	(void)state;
	enum { TOO_MANY = 1000000 };
	static uint8_t msg[BNS_MESSAGE_MAX];
	uint8_t frame[64];
	int small = 4096;
	start(0, 0);
	publish_big(20000);
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	size_t len = net_frame("big.test", BNS_TYPE_TXT, frame);
	size_t sent = send_until_full(fd, frame, len, TOO_MANY);
	assert_in_range(sent, 1, TOO_MANY - 1);
	for (size_t i = 0; i < sent; i++)
		assert_int_not_equal(net_read_frame(fd, msg, sizeof(msg)), 0);
	close(fd);
}

static void server_survives_clients_that_break_off(void **state)
{
	(void)state;
	const struct linger at_once = {.l_onoff = 1};
	uint8_t frame[64];
	start(0, 0);
	publish_big(60000);
	size_t len = net_frame("big.test", BNS_TYPE_TXT, frame);
	for (int i = 0; i < 20; i++) {
		int fd = net_connect(&net.addr[0], SOCK_STREAM);
		for (int n = 0; n < 100; n++)
			net_send(fd, frame, len);
		if (i % 2 == 0)
			(void)net_receive(fd, frame + 32, 1);
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
		close(fd);
	}
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	close(fd);
}

static void server_closes_idle_connections(void **state)
{
	(void)state;
	start(0, 50);
	int silent = net_connect(&net.addr[0], SOCK_STREAM);
	int half = net_connect(&net.addr[net.addr_count - 1], SOCK_STREAM);
	net_send(half, "\0\40abc", 5);
	net_expect_closed(silent);
	net_expect_closed(half);
	close(silent);
	close(half);
}

static void server_makes_room_by_closing_the_most_silent_client(void **state)
{
	(void)state;
	int fds[4];
	start(3, 0);
	for (int i = 0; i < 3; i++) {
		fds[i] = net_connect(&net.addr[0], SOCK_STREAM);
		assert_string_equal(net_ask_tcp(fds[i], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	}
	/* The first has said something since: the second is the most silent. */
	assert_string_equal(net_ask_tcp(fds[0], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	fds[3] = net_connect(&net.addr[0], SOCK_STREAM);
	assert_string_equal(net_ask_tcp(fds[3], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	net_expect_closed(fds[1]);
	assert_string_equal(net_ask_tcp(fds[0], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	assert_string_equal(net_ask_tcp(fds[2], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static int connect_from(const char *host)
{
	union bns_addr from;
	assert_int_equal(bns_addr_from_text(host, 0, &from), BNS_OK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval limit = {.tv_sec = NET_LIMIT_MS / 1000};
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(bind(fd, &from.sa, bns_addr_len(&from)), 0);
	assert_int_equal(connect(fd, &net.addr[0].sa, bns_addr_len(&net.addr[0])), 0);
	return fd;
}

static void server_keeps_a_client_from_pushing_others_out(void **state)
{
	(void)state;
	int crowd[12];
	start(4, 0);
	int other = connect_from("127.0.0.2");
	assert_string_equal(net_ask_tcp(other, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	for (int i = 0; i < 12; i++) {
		crowd[i] = connect_from("127.0.0.1");
		assert_string_equal(net_ask_tcp(crowd[i], "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	}
	for (int i = 0; i < 9; i++)
		net_expect_closed(crowd[i]);
	/* The most silent of all, but not of those who hold the most. */
	assert_string_equal(net_ask_tcp(other, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	/* Somebody new finds room at the crowd's cost. */
	int third = connect_from("127.0.0.3");
	assert_string_equal(net_ask_tcp(third, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	net_expect_closed(crowd[9]);
	assert_string_equal(net_ask_tcp(other, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	for (int i = 0; i < 12; i++)
		close(crowd[i]);
	close(other);
	close(third);
}

static void server_survives_many_short_connections(void **state)
{
	(void)state;
	start(2, 0);
	for (int i = 0; i < 300; i++) {
		int fd = net_connect(&net.addr[0], SOCK_STREAM);
		if (i % 3 == 0)
			assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		close(fd);
	}
}

static void server_hands_notify_to_the_main_loop(void **state)
{
	(void)state;
	start(0, 0);
	for (size_t i = 0; i < net.addr_count; i++) {
		uint8_t msg[512];
		size_t len = sample_query("example.test", BNS_TYPE_SOA, msg);
		msg[2] = BNS_OPCODE_NOTIFY << 3;
		int fd = net_connect(&net.addr[i], SOCK_DGRAM);
		net_send(fd, msg, len);
		net_wait(&net, &net.datagrams, (unsigned)i + 1);
		assert_int_equal(net_receive(fd, msg, sizeof(msg)), len);
		assert_int_equal(msg[2], 0x80 | BNS_OPCODE_NOTIFY << 3);
		close(fd);
	}
}

static void server_drops_what_the_main_loop_does_not_fetch(void **state)
{
	(void)state;
	enum { NOTIFIES = 200 };
	start(0, 0);
	uint8_t msg[512];
	size_t len = sample_query("example.test", BNS_TYPE_SOA, msg);
	msg[2] = BNS_OPCODE_NOTIFY << 3;
	int fd = net_connect(&net.addr[0], SOCK_DGRAM);
	for (int i = 0; i < NOTIFIES; i++)
		net_send(fd, msg, len);
	/* When this is answered, all before it have been seen. */
	assert_string_equal(net_ask_udp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	struct bns_answer_counts counts;
	bns_server_counts(net.server, &counts);
	assert_int_equal(counts.handed_over, NOTIFIES);
	assert_in_range(counts.dropped, 1, NOTIFIES - 1);
	net_wait(&net, &net.datagrams, NOTIFIES - (unsigned)counts.dropped);
	close(fd);
}

static void server_hands_a_transfer_with_what_was_read_to_the_main_loop(void **state)
{
	(void)state;
	uint8_t frames[512], msg[512];
	start(0, 0);
	size_t query = net_frame("www.example.test", BNS_TYPE_TXT, frames);
	size_t axfr = net_frame("example.test", BNS_TYPE_AXFR, frames + query);
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	net_send(fd, frames, query + axfr);
	/* What was asked before is answered before. */
	assert_string_equal(sample_read(msg, net_read_frame(fd, msg, sizeof(msg))), WWW_TXT);
	net_wait(&net, &net.connections, 1);
	assert_int_equal(net.pending_len, axfr);
	assert_memory_equal(net.pending, frames + query, axfr);
	net_send(net.connection_fd, "over to you", 11);
	assert_int_equal(net_receive(fd, msg, 11), 11);
	assert_memory_equal(msg, "over to you", 11);
	close(net.connection_fd);
	net_expect_closed(fd);
	close(fd);
}

static void server_closes_what_was_handed_over_too_late(void **state)
{
	(void)state;
	const struct timespec pause = {.tv_nsec = 1000000};
	struct bns_answer_counts counts = {0};
	uint8_t frame[512];
	start(0, 0);
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	net_send(fd, frame, net_frame("example.test", BNS_TYPE_AXFR, frame));
	for (unsigned ms = 0; counts.handed_over == 0 && ms < NET_LIMIT_MS; ms++) {
		nanosleep(&pause, NULL);
		bns_server_counts(net.server, &counts);
	}
	assert_int_equal(counts.handed_over, 1);
	bns_server_stop(net.server);
	net_expect_closed(fd);
	assert_int_equal(net.connections, 0);
	close(fd);
}

static void server_turns_clients_away_when_descriptors_run_out(void **state)
{
	(void)state;
	struct rlimit before, low;
	start(0, 0);
	int turned_away = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)turned_away + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	int connected = connect(turned_away, &net.addr[0].sa, bns_addr_len(&net.addr[0]));
	if (connected == 0)
		net_expect_closed(turned_away);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(connected, 0);
	close(turned_away);
	int fd = net_connect(&net.addr[0], SOCK_STREAM);
	assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	close(fd);
}

static void server_bound_to_all_addresses_answers_from_the_one_asked(void **state)
{
	(void)state;
	const struct net_conf conf = {.listen = {"0.0.0.0@0", "::@0"}};
	net_start(&net, &conf);
	union bns_addr second;
	assert_int_equal(bns_addr_from_text("127.0.0.2", bns_addr_port(&net.addr[0]), &second), BNS_OK);
	int fd = net_connect(&second, SOCK_DGRAM);
	assert_string_equal(net_ask_udp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);

	uint8_t msg[512];
	size_t len = sample_query("example.test", BNS_TYPE_SOA, msg);
	msg[2] = BNS_OPCODE_NOTIFY << 3;
	net_send(fd, msg, len);
	net_wait(&net, &net.datagrams, 1);
	assert_int_equal(net_receive(fd, msg, sizeof(msg)), len);
	close(fd);

	if (net.addr_count < 2)
		return;
	assert_int_equal(bns_addr_from_text("::1", bns_addr_port(&net.addr[1]), &second), BNS_OK);
	fd = net_connect(&second, SOCK_DGRAM);
	assert_string_equal(net_ask_udp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
	close(fd);
}

static void server_counts_over_all_workers(void **state)
{
	(void)state;
	const struct net_conf conf = {.listen = {"127.0.0.1@0"}, .workers = 3};
	net_start(&net, &conf);
	assert_int_equal(bns_server_workers(net.server), 3);
	for (int i = 0; i < 30; i++) {
		int fd = net_connect(&net.addr[0], i % 2 ? SOCK_STREAM : SOCK_DGRAM);
		if (i % 2)
			assert_string_equal(net_ask_tcp(fd, "www.example.test", BNS_TYPE_TXT), WWW_TXT);
		else
			(void)net_ask_udp(fd, "nothere.example.test", BNS_TYPE_TXT);
		close(fd);
	}
	struct bns_answer_counts counts;
	bns_server_counts(net.server, &counts);
	assert_int_equal(counts.queries, 30);
	assert_int_equal(counts.rcode[BNS_RCODE_NOERROR], 15);
	assert_int_equal(counts.rcode[BNS_RCODE_NXDOMAIN], 15);
	assert_int_equal(counts.type[BNS_TYPE_TXT], 30);
	/* A worker's first batch is timed, and some worker has had more than one. */
	struct bns_latency latency;
	uint64_t timed = 0;
	bns_server_latency(net.server, BNS_TRANSPORT_UDP, &latency);
	for (unsigned i = 0; i < BNS_LATENCY_BUCKETS; i++)
		timed += latency.bucket[i];
	assert_in_range(timed, 1, 15);
	assert_true(latency.sum_ns > 0);
}

static void server_names_the_address_it_cannot_have(void **state)
{
	(void)state;
	start(0, 0);
	/* Ours would share its queries with a second server at the same address. */
	const union bns_addr listen[] = {net.addr[0]};
	const struct bns_server_conf conf = {
		.listen = listen, .listen_count = 1, .workers = 1, .udp_max_payload = 1232};
	struct bns_server *second = NULL;
	struct bns_diag diag = {.text = ""};
	char address[BNS_ADDR_TEXT_MAX];
	assert_int_equal(bns_server_open(&conf, &second, &diag), BNS_EIO);
	assert_null(second);
	assert_non_null(strstr(diag.text, bns_addr_to_text(&listen[0], address)));
	assert_non_null(strstr(diag.text, "another program listens there"));
}

static enum bns_error open_at(const char *address, struct bns_server **server, struct bns_diag *diag)
{
	union bns_addr addr;
	assert_int_equal(bns_addr_from_text(address, 0, &addr), BNS_OK);
	const struct bns_server_conf conf = {.listen = &addr, .listen_count = 1, .udp_max_payload = 1232};
	return bns_server_open(&conf, server, diag);
}

static void server_open_says_why_an_address_is_no_good(void **state)
{
	(void)state;
	struct bns_server *server = NULL;
	struct bns_diag diag = {.text = ""};
	assert_int_equal(open_at("192.0.2.1@0", &server, &diag), BNS_EIO);
	assert_non_null(strstr(diag.text, "192.0.2.1@0"));
	assert_non_null(strstr(diag.text, "this machine has no such address"));
}

static void server_has_a_worker_for_each_core_unless_told(void **state)
{
	(void)state;
	struct bns_server *server = NULL;
	assert_int_equal(open_at("127.0.0.1@0", &server, NULL), BNS_OK);
	assert_in_range(bns_server_workers(server), 1, sysconf(_SC_NPROCESSORS_CONF));
	bns_server_free(server);
}

#define server_test(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(server_answers_over_udp),
		server_test(server_answers_over_tcp),
		server_test(server_answers_many_datagrams_at_once),
		server_test(server_answers_all_but_the_unanswerable_of_a_batch),
		server_test(server_ignores_overlong_datagrams),
		server_test(server_answers_pipelined_requests),
		server_test(server_takes_requests_octet_by_octet),
		server_test(server_takes_requests_of_any_length),
		server_test(server_truncates_over_udp_and_answers_over_tcp),
		server_test(server_reads_no_more_while_its_answers_are_not_read),
		server_test(server_survives_clients_that_break_off),
		server_test(server_closes_idle_connections),
		server_test(server_makes_room_by_closing_the_most_silent_client),
		server_test(server_keeps_a_client_from_pushing_others_out),
		server_test(server_survives_many_short_connections),
		server_test(server_hands_notify_to_the_main_loop),
		server_test(server_drops_what_the_main_loop_does_not_fetch),
		server_test(server_hands_a_transfer_with_what_was_read_to_the_main_loop),
		server_test(server_closes_what_was_handed_over_too_late),
		server_test(server_turns_clients_away_when_descriptors_run_out),
		server_test(server_bound_to_all_addresses_answers_from_the_one_asked),
		server_test(server_counts_over_all_workers),
		server_test(server_names_the_address_it_cannot_have),
		cmocka_unit_test(server_open_says_why_an_address_is_no_good),
		cmocka_unit_test(server_has_a_worker_for_each_core_unless_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
