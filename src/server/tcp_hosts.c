/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/tcp_hosts.h"

#include <stdlib.h>

enum bns_error bns_tcp_hosts_open(struct bns_tcp_hosts *hosts, size_t count)
{
	*hosts = (struct bns_tcp_hosts){.bucket_bits = 1};
	while ((size_t)1 << hosts->bucket_bits < count)
		hosts->bucket_bits++;
	hosts->all = calloc(count, sizeof(*hosts->all));
	hosts->buckets = calloc((size_t)1 << hosts->bucket_bits, sizeof(struct bns_tcp_host *));
	if (!hosts->all || !hosts->buckets)
		return BNS_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		hosts->all[i].next = hosts->free;
		hosts->free = &hosts->all[i];
	}
	return BNS_OK;
}

void bns_tcp_hosts_close(struct bns_tcp_hosts *hosts)
{
	free(hosts->all);
	free(hosts->buckets);
}

static uint64_t big_endian(const uint8_t *octets, size_t len)
{
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++)
		value = value << 8 | octets[i];
	return value;
}

/* An IPv4 address, mapped into IPv6 or not, looks like a /64 of 0:ffff::/32, where nobody is (RFC 4291 §2.4). */
static uint64_t key_of(const union bns_addr *client)
{
	const uint64_t ipv4 = (uint64_t)0xffff << 32;
	if (client->sa.sa_family == AF_INET)
		return ipv4 | ntohl(client->in4.sin_addr.s_addr);
	const uint8_t *octets = client->in6.sin6_addr.s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&client->in6.sin6_addr))
		return ipv4 | big_endian(octets + 12, 4);
	return big_endian(octets, 8);
}

/* Addresses chosen to collide cost a walk along as many connections, each of them a handshake: no secret is needed. */
static struct bns_tcp_host **place_of(const struct bns_tcp_hosts *hosts, uint64_t key)
{
	struct bns_tcp_host **at = &hosts->buckets[key * 0x9e3779b97f4a7c15u >> (64 - hosts->bucket_bits)];
	while (*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

struct bns_tcp_host *bns_tcp_hosts_find(const struct bns_tcp_hosts *hosts, const union bns_addr *client)
{
	return *place_of(hosts, key_of(client));
}

struct bns_tcp_host *bns_tcp_hosts_join(struct bns_tcp_hosts *hosts, const union bns_addr *client)
{
	uint64_t key = key_of(client);
	struct bns_tcp_host **at = place_of(hosts, key);
	if (!*at) {
		struct bns_tcp_host *host = hosts->free;
		hosts->free = host->next;
		*host = (struct bns_tcp_host){.key = key};
		*at = host;
	}
	(*at)->held++;
	return *at;
}

void bns_tcp_hosts_leave(struct bns_tcp_hosts *hosts, struct bns_tcp_host *host)
{
	if (--host->held > 0)
		return;
	*place_of(hosts, host->key) = host->next;
	host->next = hosts->free;
	hosts->free = host;
}
