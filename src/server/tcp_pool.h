/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The places for TCP connections of one worker: a list of free ones, and the
 * taken ones in the order of their last progress. Thread: the worker's.
 */
#ifndef BNS_SERVER_TCP_POOL_H
#define BNS_SERVER_TCP_POOL_H

#include <uv.h>

#include "base/addr.h"
#include "base/tls.h"
#include "server/tcp_hosts.h"
#include "wire/message.h"

#define BNS_TCP_FRAME_MAX (2 + BNS_MESSAGE_MAX) /* a message with its length before it (RFC 1035 §4.2.2) */
#define BNS_TCP_OUT_BYTES (2 * BNS_TCP_FRAME_MAX)

struct bns_tcp_conn {
	uv_poll_t poll;
	struct bns_tcp *tcp;
	struct bns_tcp_conn *prev, *next;
	int fd;
	struct bns_tls *tls; /* NULL: in the clear */
	union bns_addr client;
	struct bns_tcp_host *host; /* the client's share of the places */
	uint64_t progress_ms;      /* of the loop's clock: accepted, a request answered, all answers taken */
	uint8_t *in;               /* BNS_TCP_FRAME_MAX octets: requests not answered yet */
	size_t in_len;
	uint8_t *out; /* BNS_TCP_OUT_BYTES octets: answers the peer hasn't taken yet */
	size_t out_pos;
	size_t out_len;
	bool hand_over; /* the first request in `in` is the main loop's */
	bool large;     /* more than the first page of a buffer was used */
};

struct bns_tcp_pool {
	struct bns_tcp_conn *conns;
	size_t count;
	uint8_t *buffers;
	size_t buffers_bytes;
	struct bns_tcp_conn *free;
	struct bns_tcp_conn *oldest; /* of the taken ones */
	struct bns_tcp_conn *newest;
	unsigned taken;
	struct bns_tcp_hosts hosts;
};

enum bns_error bns_tcp_pool_open(struct bns_tcp_pool *pool, size_t count) BNS_MUST_CHECK;
void bns_tcp_pool_close(struct bns_tcp_pool *pool);

/* A free place, now the newest of the taken ones; NULL: none is free. */
struct bns_tcp_conn *bns_tcp_pool_take(struct bns_tcp_pool *pool, const union bns_addr *client, uint64_t now_ms);

/*
 * The connection that makes room for a client's next one: of the address that
 * holds the most, the most silent. Where several hold the most, the client's
 * own pays, else the one with the most silent connection. Some place is taken.
 */
struct bns_tcp_conn *bns_tcp_pool_find_dispensable(const struct bns_tcp_pool *pool, const union bns_addr *client);

/* The connection made progress: it becomes the newest. */
void bns_tcp_pool_touch(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn, uint64_t now_ms);

/* No longer taken, but not free before bns_tcp_pool_give_back: its handle is still closing. */
void bns_tcp_pool_leave(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn);
void bns_tcp_pool_give_back(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn);

#endif
