/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/peer.h"

#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transfer/channel.h"

#define CHECKS_MAX    64   /* at once; over UDP each has a socket */
#define FETCHES_MAX   8    /* fewer than BIND sends at once where nothing else is configured (transfers-out: 10) */
#define FETCHES_FULL  512  /* zones known to have a newer version: no more are asked for before */
#define JUDGED_FULL   1024 /* versions at the gate: no more are fetched before */
#define SHED_MS       600000
#define BACK_OFF_MS   2000
#define BACK_OFF_MAX  300000
#define DOUBLINGS_MAX 8
#define FNV_PRIME     16777619u
#define FNV_OFFSET    2166136261u

static unsigned bucket_of(const union bns_addr *addr)
{
	const uint8_t *octets =
		addr->sa.sa_family == AF_INET6 ? addr->in6.sin6_addr.s6_addr : (const uint8_t *)&addr->in4.sin_addr;
	size_t len = addr->sa.sa_family == AF_INET6 ? 16 : 4;
	uint32_t hash = FNV_OFFSET ^ bns_addr_port(addr);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ octets[i]) * FNV_PRIME;
	return (hash ^ hash >> 16) % BNS_PEER_BUCKETS;
}

void bns_peers_open(struct bns_peers *peers, uv_loop_t *loop, struct bns_timers *timers)
{
	*peers = (struct bns_peers){.loop = loop, .timers = timers}; /* an empty bucket is all zero */
	bns_line_init(&peers->judged, UINT_MAX, JUDGED_FULL, NULL);
}

static void peer_free(struct bns_peer *peer)
{
	bns_channels_close(peer);
	bns_line_close(&peer->checks);
	bns_line_close(&peer->fetches);
	LIST_REMOVE(peer, same);
	bns_tls_client_unref(peer->tls);
	free(peer);
}

void bns_peers_close(struct bns_peers *peers)
{
	for (size_t i = 0; i < BNS_PEER_BUCKETS; i++)
		while (!LIST_EMPTY(&peers->bucket[i]))
			peer_free(LIST_FIRST(&peers->bucket[i]));
	free(peers->known);
	peers->known = NULL;
	peers->known_count = 0;
}

static bool is_idle(const struct bns_line *line)
{
	return line->count == 0;
}

void bns_peers_sweep(struct bns_peers *peers)
{
	struct bns_peer *peer, *next;

	for (size_t i = 0; i < BNS_PEER_BUCKETS; i++) {
		for (peer = LIST_FIRST(&peers->bucket[i]); peer; peer = next) {
			next = LIST_NEXT(peer, same);
			if (is_idle(&peer->checks) && is_idle(&peer->fetches) && bns_channels_are_idle(peer))
				peer_free(peer);
		}
	}
}

static bool is_same(const union bns_addr *a, const union bns_addr *b)
{
	return bns_addr_port(a) == bns_addr_port(b) && bns_addr_same_host(a, b);
}

static bool is_at(const struct bns_peer *peer, const union bns_addr *addr, const struct bns_tls_client *tls)
{
	return peer->tls == tls && is_same(&peer->addr, addr);
}

void bns_peer_shed(struct bns_peer *peer)
{
	peer->fetches.max = peer->fetches.max > 2 ? peer->fetches.max / 2 : 1;
	peer->shed_ms = bns_clock_mono_ms();
}

static struct bns_peer *as_ever(struct bns_peer *peer)
{
	if (peer->fetches.max < FETCHES_MAX && bns_clock_mono_ms() - peer->shed_ms > SHED_MS)
		peer->fetches.max = FETCHES_MAX;
	return peer;
}

/* -- numbers -- */

/* 0: no memory. */
static uint32_t number_of(struct bns_peers *peers, const union bns_addr *addr)
{
	union bns_addr *known;

	for (uint32_t i = 0; i < peers->known_count; i++)
		if (is_same(&peers->known[i], addr))
			return i + 1;
	known = realloc(peers->known, (peers->known_count + 1) * sizeof(*known));
	if (!known)
		return 0;
	known[peers->known_count] = *addr;
	peers->known = known;
	return ++peers->known_count;
}

const union bns_addr *bns_peers_address(const struct bns_peers *peers, uint32_t number)
{
	return number > 0 && number <= peers->known_count ? &peers->known[number - 1] : NULL;
}

struct bns_peer *bns_peer_get(struct bns_peers *peers, const union bns_addr *addr, struct bns_tls_client *tls)
{
	unsigned bucket = bucket_of(addr);
	struct bns_peer *peer;

	LIST_FOREACH(peer, &peers->bucket[bucket], same)
	if (is_at(peer, addr, tls))
		return as_ever(peer);
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	peer->peers = peers;
	peer->addr = *addr;
	peer->tls = bns_tls_client_ref(tls);
	peer->good_for = UINT_MAX;
	peer->number = number_of(peers, addr);
	bns_line_init(&peer->checks, CHECKS_MAX, 0, &peer->fetches);
	bns_line_init(&peer->fetches, FETCHES_MAX, FETCHES_FULL, &peers->judged);
	LIST_INIT(&peer->channels);
	TAILQ_INIT(&peer->waiting);
	LIST_INSERT_HEAD(&peers->bucket[bucket], peer, same);
	return peer;
}

void bns_peer_answered(struct bns_peer *peer)
{
	peer->failures = 0;
}

void bns_peer_failed(struct bns_peer *peer)
{
	uint64_t now_ms = bns_clock_mono_ms();

	/* Many zones may hear of one failure: they count once. */
	if (peer->failures == 0 || now_ms - peer->failed_ms >= BACK_OFF_MS / 2)
		peer->failures++;
	peer->failed_ms = now_ms;
}

bool bns_peer_is_down(const struct bns_peer *peer)
{
	unsigned doublings = peer->failures > DOUBLINGS_MAX ? DOUBLINGS_MAX : peer->failures;
	uint64_t back_off_ms = (uint64_t)BACK_OFF_MS << doublings >> 1;

	if (back_off_ms > BACK_OFF_MAX)
		back_off_ms = BACK_OFF_MAX;
	return peer->failures > 0 && bns_clock_mono_ms() - peer->failed_ms < back_off_ms;
}
