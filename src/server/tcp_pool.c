/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/tcp_pool.h"

#include <stdlib.h>
#include <sys/mman.h>

#define CONN_BYTES ((BNS_TCP_FRAME_MAX + BNS_TCP_OUT_BYTES + 4095) & ~(size_t)4095)

/*
 * Room for the longest messages on every connection is address space only:
 * most connections touch one page of it, and what others touched is given back.
 */
enum bns_error bns_tcp_pool_open(struct bns_tcp_pool *pool, size_t count)
{
	*pool = (struct bns_tcp_pool){.count = count, .buffers_bytes = count * CONN_BYTES};
	pool->conns = calloc(count, sizeof(*pool->conns));
	if (!pool->conns)
		return BNS_ENOMEM;
	void *buffers = mmap(NULL, pool->buffers_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (buffers == MAP_FAILED)
		return BNS_ENOMEM;
	pool->buffers = buffers;
	for (size_t i = 0; i < count; i++) {
		struct bns_tcp_conn *conn = &pool->conns[count - 1 - i];
		conn->in = pool->buffers + (count - 1 - i) * CONN_BYTES;
		conn->out = conn->in + BNS_TCP_FRAME_MAX;
		conn->next = pool->free;
		pool->free = conn;
	}
	return bns_tcp_hosts_open(&pool->hosts, count);
}

void bns_tcp_pool_close(struct bns_tcp_pool *pool)
{
	if (pool->buffers)
		munmap(pool->buffers, pool->buffers_bytes);
	free(pool->conns);
	bns_tcp_hosts_close(&pool->hosts);
}

static void append(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn)
{
	conn->next = NULL;
	conn->prev = pool->newest;
	if (pool->newest)
		pool->newest->next = conn;
	else
		pool->oldest = conn;
	pool->newest = conn;
}

static void unlink_conn(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn)
{
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		pool->oldest = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	else
		pool->newest = conn->prev;
}

struct bns_tcp_conn *bns_tcp_pool_take(struct bns_tcp_pool *pool, const union bns_addr *client, uint64_t now_ms)
{
	struct bns_tcp_conn *conn = pool->free;
	if (!conn)
		return NULL;
	pool->free = conn->next;
	conn->client = *client;
	conn->host = bns_tcp_hosts_join(&pool->hosts, client);
	conn->tls = NULL;
	conn->in_len = 0;
	conn->out_pos = 0;
	conn->out_len = 0;
	conn->hand_over = false;
	conn->large = false;
	conn->progress_ms = now_ms;
	append(pool, conn);
	pool->taken++;
	return conn;
}

static struct bns_tcp_conn *most_silent_of(const struct bns_tcp_pool *pool, const struct bns_tcp_host *host)
{
	struct bns_tcp_conn *conn = pool->oldest;
	while (conn->host != host)
		conn = conn->next;
	return conn;
}

/* Nobody loses a connection to those who hold more than he does (RFC 7766 §6.2.2, RFC 9210 §4.2). */
struct bns_tcp_conn *bns_tcp_pool_find_dispensable(const struct bns_tcp_pool *pool, const union bns_addr *client)
{
	const struct bns_tcp_host *own = bns_tcp_hosts_find(&pool->hosts, client);
	struct bns_tcp_conn *found = pool->oldest;
	for (struct bns_tcp_conn *conn = found; conn; conn = conn->next) {
		if (conn->host->held > found->host->held)
			found = conn;
	}
	return own && own->held == found->host->held ? most_silent_of(pool, own) : found;
}

void bns_tcp_pool_touch(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn, uint64_t now_ms)
{
	conn->progress_ms = now_ms;
	if (conn == pool->newest)
		return;
	unlink_conn(pool, conn);
	append(pool, conn);
}

void bns_tcp_pool_leave(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn)
{
	unlink_conn(pool, conn);
	bns_tcp_hosts_leave(&pool->hosts, conn->host);
	pool->taken--;
}

void bns_tcp_pool_give_back(struct bns_tcp_pool *pool, struct bns_tcp_conn *conn)
{
	if (conn->large)
		(void)madvise(conn->in, CONN_BYTES, MADV_DONTNEED);
	conn->next = pool->free;
	pool->free = conn;
}
