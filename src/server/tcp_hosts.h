/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many of a worker's TCP connections each client address holds: an IPv4
 * address, or an IPv6 /64, which is what one client has at least. All memory
 * is taken at the start. Thread: the worker's.
 */
#ifndef BNS_SERVER_TCP_HOSTS_H
#define BNS_SERVER_TCP_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct bns_tcp_host {
	uint64_t key;
	unsigned held;
	struct bns_tcp_host *next; /* of its bucket, or of the free ones */
};

struct bns_tcp_hosts {
	struct bns_tcp_host *all;
	struct bns_tcp_host *free;
	struct bns_tcp_host **buckets;
	unsigned bucket_bits;
};

/* Room for `count` connections, each from another address. On failure too, close it. */
enum bns_error bns_tcp_hosts_open(struct bns_tcp_hosts *hosts, size_t count) BNS_MUST_CHECK;
void bns_tcp_hosts_close(struct bns_tcp_hosts *hosts);

/* NULL: the address holds no connection. */
struct bns_tcp_host *bns_tcp_hosts_find(const struct bns_tcp_hosts *hosts, const union bns_addr *client);

/* One connection more, one less; with its last one the host is gone. */
struct bns_tcp_host *bns_tcp_hosts_join(struct bns_tcp_hosts *hosts, const union bns_addr *client);
void bns_tcp_hosts_leave(struct bns_tcp_hosts *hosts, struct bns_tcp_host *host);

#endif
