/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "../answer/sample.h"
#include "base/rcu.h"
#include "net.h"

static void on_datagram(void *arg, const struct bns_datagram *d)
{
	struct net *n = arg;
	uint8_t reply[512];
	assert_true(d->len >= BNS_HEADER_LEN && d->len <= sizeof(reply));
	memcpy(reply, d->msg, d->len);
	reply[2] |= 0x80;
	bns_server_reply(d, reply, d->len);
	n->datagrams++;
}

static void on_connection(void *arg, int fd, struct bns_tls *tls, const union bns_addr *client, const uint8_t *pending,
			  size_t len)
{
	struct net *n = arg;
	assert_int_not_equal(bns_addr_port(client), 0);
	assert_true(len <= sizeof(n->pending));
	memcpy(n->pending, pending, len);
	n->pending_len = len;
	n->connection_fd = fd;
	n->connection_tls = tls;
	n->connections++;
}

/* Containers often have no IPv6. */
static bool is_available(const union bns_addr *addr)
{
	int fd = socket(addr->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool available = fd >= 0 && bind(fd, &addr->sa, bns_addr_len(addr)) == 0;
	if (fd >= 0)
		close(fd);
	return available;
}

void net_start(struct net *n, const struct net_conf *conf)
{
	union bns_addr listen[NET_ADDRS];
	struct bns_diag diag = {.text = ""};
	size_t count = 0;
	memset(n, 0, sizeof(*n));
	for (size_t i = 0; i < NET_ADDRS && conf->listen[i]; i++) {
		assert_int_equal(bns_addr_from_text(conf->listen[i], 0, &listen[count]), BNS_OK);
		if (is_available(&listen[count]))
			count++;
	}
	n->addr_count = count;
	struct bns_server_conf server_conf = {
		.listen = listen,
		.listen_count = count,
		.workers = conf->workers > 0 ? conf->workers : 1,
		.udp_max_payload = 1232,
		.tcp_max_clients = conf->tcp_max_clients > 0 ? conf->tcp_max_clients : 16,
		.tcp_idle_timeout_ms = conf->tcp_idle_timeout_ms > 0 ? conf->tcp_idle_timeout_ms : NET_LIMIT_MS,
	};
	assert_int_equal(uv_loop_init(&n->loop), 0);
	n->table = bns_table_new();
	assert_non_null(n->table);
	assert_int_equal(bns_table_publish(n->table, sample_image("example.test", sample_zone)), BNS_OK);
	union bns_addr listen_tls;
	assert_int_equal(bns_addr_from_text("127.0.0.1@0", 0, &listen_tls), BNS_OK);
	server_conf.listen_tls = &listen_tls;
	server_conf.listen_tls_count = conf->tls ? 1 : 0;
	enum bns_error err = bns_server_open(&server_conf, &n->server, &diag);
	assert_string_equal(diag.text, "");
	assert_int_equal(err, BNS_OK);
	for (size_t i = 0; i < count; i++)
		bns_server_address(n->server, i, &n->addr[i]);
	if (conf->tls) {
		bns_server_address(n->server, count, &n->tls_addr);
		bns_server_set_tls(n->server, conf->tls);
	}
	err = bns_server_start(n->server, &n->loop, n->table, NULL, on_datagram, on_connection, n);
	assert_int_equal(err, BNS_OK);
}

void net_stop(struct net *n)
{
	bns_server_stop(n->server);
	uv_run(&n->loop, UV_RUN_DEFAULT);
	bns_server_free(n->server);
	assert_int_equal(uv_loop_close(&n->loop), 0);
	bns_rcu_barrier();
	bns_table_free(n->table);
}

static void on_limit(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("nothing happened in time");
}

void net_wait(struct net *n, const unsigned *number, unsigned reached)
{
	uv_timer_t limit;
	uv_timer_init(&n->loop, &limit);
	uv_timer_start(&limit, on_limit, NET_LIMIT_MS, 0);
	while (*number < reached)
		uv_run(&n->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&limit, NULL);
	uv_run(&n->loop, UV_RUN_NOWAIT);
}

int net_connect(const union bns_addr *to, int type)
{
	const struct timeval limit = {.tv_sec = NET_LIMIT_MS / 1000};
	int fd = socket(to->sa.sa_family, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(connect(fd, &to->sa, bns_addr_len(to)), 0);
	return fd;
}

void net_send(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

size_t net_receive(int fd, uint8_t *data, size_t cap)
{
	ssize_t n = recv(fd, data, cap, 0);
	assert_true(n >= 0);
	return (size_t)n;
}

size_t net_frame(const char *name, uint16_t type, uint8_t *frame)
{
	size_t len = sample_query(name, type, frame + 2);
	bns_put_u16(frame, (uint16_t)len);
	return 2 + len;
}

static void read_all(int fd, uint8_t *data, size_t len)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = recv(fd, data + have, len - have, 0);
		assert_true(n > 0);
		have += (size_t)n;
	}
}

size_t net_read_frame(int fd, uint8_t *msg, size_t cap)
{
	uint8_t prefix[2];
	read_all(fd, prefix, 2);
	size_t len = bns_get_u16(prefix);
	assert_true(len <= cap);
	read_all(fd, msg, len);
	return len;
}

void net_expect_closed(int fd)
{
	uint8_t octet;
	ssize_t n = recv(fd, &octet, 1, 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

const char *net_ask_udp(int fd, const char *name, uint16_t type)
{
	uint8_t msg[4096];
	net_send(fd, msg, sample_query(name, type, msg));
	return sample_read(msg, net_receive(fd, msg, sizeof(msg)));
}

const char *net_ask_tcp(int fd, const char *name, uint16_t type)
{
	static uint8_t msg[BNS_MESSAGE_MAX];
	net_send(fd, msg, net_frame(name, type, msg));
	return sample_read(msg, net_read_frame(fd, msg, sizeof(msg)));
}
