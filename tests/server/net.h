/* SPDX-License-Identifier: BSD-3-Clause */
/* A server on loopback and a plain client, for the tests of server/. Every wait has a limit. */
#ifndef TESTS_SERVER_NET_H
#define TESTS_SERVER_NET_H

#include "server/server.h"

#define NET_LIMIT_MS 10000
#define NET_ADDRS    2

struct net {
	uv_loop_t loop;
	struct bns_table *table;
	struct bns_server *server;
	union bns_addr addr[NET_ADDRS]; /* as bound */
	union bns_addr tls_addr;        /* likewise, where there is a certificate */
	size_t addr_count;              /* of those that this machine has */
	/* The last that was handed over. */
	unsigned datagrams;
	unsigned connections;
	int connection_fd; /* the test's to close */
	struct bns_tls *connection_tls;
	uint8_t pending[8192];
	size_t pending_len;
};

struct net_conf {
	const char *listen[NET_ADDRS]; /* up to the first NULL; IPv4 first, since IPv6 may be missing */
	unsigned workers;
	unsigned tcp_max_clients;
	uint64_t tcp_idle_timeout_ms;
	struct bns_tls_ctx *tls; /* NULL: no TLS; else on IPv4 too, and the server's then */
};

/* The sample zone is served; a datagram handed over is answered with its own octets and QR set. */
void net_start(struct net *n, const struct net_conf *conf);
void net_stop(struct net *n);

/* Runs the main loop until the number is reached. */
void net_wait(struct net *n, const unsigned *number, unsigned reached);

/* A connected socket: for UDP that means only answers from that very address are seen. */
int net_connect(const union bns_addr *to, int type);
void net_send(int fd, const void *data, size_t len);

/* One datagram; its length. */
size_t net_receive(int fd, uint8_t *data, size_t cap);

/* One TCP message with its length before it is a frame. */
size_t net_frame(const char *name, uint16_t type, uint8_t *frame);
size_t net_read_frame(int fd, uint8_t *msg, size_t cap);

/* The peer closes: no more octets come. */
void net_expect_closed(int fd);

/* Question and answer in words (see sample_read). */
const char *net_ask_udp(int fd, const char *name, uint16_t type);
const char *net_ask_tcp(int fd, const char *name, uint16_t type);

#endif
