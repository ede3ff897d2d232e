/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a round asks, in which order, and whether a pinned primary's word still counts for more than another's. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transfer/refresh_internal.h"

static bool is_pinned(const struct bns_refresh *r, const struct bns_peer *peer)
{
	return r->zone->conf->set->primary_pin_s && r->pinned.sa.sa_family &&
	       bns_addr_same_host(&peer->addr, &r->pinned) && bns_addr_port(&peer->addr) == bns_addr_port(&r->pinned);
}

static size_t count_addresses(const struct bns_conf_zone *conf)
{
	size_t count = 0;

	for (size_t i = 0; i < conf->set->primary_count; i++)
		count += conf->set->primary[i]->address_count;
	return count;
}

/* Moves the endpoints that `better` to the front; all keep their order otherwise. */
static void put_first(struct bns_refresh *r, bool (*better)(const struct bns_refresh *, const struct bns_peer *))
{
	size_t front = 0;

	for (size_t i = 0; i < r->endpoint_count; i++) {
		struct bns_refresh_endpoint e = r->endpoints[i];
		if (!better(r, e.peer))
			continue;
		memmove(&r->endpoints[front + 1], &r->endpoints[front], (i - front) * sizeof(e));
		r->endpoints[front++] = e;
	}
}

static bool is_up(const struct bns_refresh *r, const struct bns_peer *peer)
{
	(void)r;
	return !bns_peer_is_down(peer);
}

static bool is_who_notified(const struct bns_refresh *r, const struct bns_peer *peer)
{
	return r->notified_by.sa.sa_family && bns_addr_same_host(&peer->addr, &r->notified_by);
}

static enum bns_error list_addresses(struct bns_refresh *r, const struct bns_conf_remote *remote)
{
	const struct bns_tsig_key *key = bns_transfer_key(r->t, remote->key);
	struct bns_tls_client *tls = remote->tls ? bns_tls_peers_client(r->t->tls_peers, remote) : NULL;

	if ((remote->tls && !tls) || (remote->key && !key))
		return BNS_OK; /* encrypted, and signed, or not at all */
	for (size_t i = 0; i < remote->address_count; i++) {
		struct bns_peer *peer = bns_peer_get(&r->t->peers, &remote->address[i], tls);
		if (!peer)
			return BNS_ENOMEM;
		r->endpoints[r->endpoint_count++] = (struct bns_refresh_endpoint){.peer = peer, .key = key};
	}
	return BNS_OK;
}

enum bns_error bns_refresh_order(struct bns_refresh *r)
{
	const struct bns_conf_zone *conf = r->zone->conf;
	enum bns_error err = BNS_OK;

	r->conf_generation = r->t->conf_generation;
	r->endpoint_count = 0;
	r->endpoints = calloc(count_addresses(conf) + 1, sizeof(*r->endpoints));
	if (!r->endpoints)
		return BNS_ENOMEM;
	for (size_t i = 0; i < conf->set->primary_count && !err; i++)
		err = list_addresses(r, conf->set->primary[i]);
	put_first(r, is_up);
	put_first(r, is_who_notified);
	put_first(r, is_pinned);
	r->notified_by.sa.sa_family = 0;
	return err;
}

bool bns_refresh_has_pinned(const struct bns_refresh *r)
{
	return is_pinned(r, r->endpoints[0].peer);
}

bool bns_refresh_waits_for_pinned(const struct bns_refresh *r)
{
	uint64_t now_ms = bns_clock_mono_ms();

	if (!bns_refresh_has_pinned(r) || is_pinned(r, r->endpoints[r->at].peer))
		return false;
	return r->lags_since_ms == 0 || now_ms - r->lags_since_ms < r->zone->conf->set->primary_pin_s * 1000;
}
