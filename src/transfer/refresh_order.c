/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a round asks, in which order, and whether a pinned primary's word still counts for more than another's. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transfer/refresh_internal.h"

uint32_t bns_refresh_now_s(void)
{
	return (uint32_t)(bns_clock_mono_ms() / 1000) | 1;
}

/* -- who is better than others -- */

struct order {
	const struct bns_refresh *r;
	const struct bns_refresh_wish *wish;
};

static bool is_up(const struct order *o, const struct bns_peer *peer)
{
	(void)o;
	return !bns_peer_is_down(peer);
}

static bool is_who_notified(const struct order *o, const struct bns_peer *peer)
{
	return o->wish && o->wish->notified_by.sa.sa_family && bns_addr_same_host(&peer->addr, &o->wish->notified_by);
}

static bool has_number_of_pinned(const struct bns_refresh *r, uint32_t number)
{
	return r->pinned && r->zone->conf->set->primary_pin_s && number == r->pinned;
}

static bool is_pinned(const struct order *o, const struct bns_peer *peer)
{
	return has_number_of_pinned(o->r, peer->number);
}

/* Moves the endpoints that are better to the front; all keep their order otherwise. */
static void put_first(struct bns_refresh_endpoints *list, const struct order *o,
		      bool (*better)(const struct order *, const struct bns_peer *))
{
	size_t front = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct bns_refresh_endpoint e = list->list[i];
		if (!better(o, e.peer))
			continue;
		memmove(&list->list[front + 1], &list->list[front], (i - front) * sizeof(e));
		list->list[front++] = e;
	}
}

/* -- the list -- */

static size_t count_addresses(const struct bns_conf_settings *conf)
{
	size_t count = 0;

	for (size_t i = 0; i < conf->primary_count; i++)
		count += conf->primary[i]->address_count;
	return count;
}

static enum bns_error add_addresses(struct bns_transfer *t, const struct bns_conf_remote *remote,
				    struct bns_refresh_endpoints *out)
{
	const struct bns_tsig_key *key = bns_transfer_key(t, remote->key);
	struct bns_tls_client *tls = remote->tls ? bns_tls_peers_client(t->tls_peers, remote) : NULL;

	if ((remote->tls && !tls) || (remote->key && !key))
		return BNS_OK; /* encrypted, and signed, or not at all */
	for (size_t i = 0; i < remote->address_count; i++) {
		struct bns_peer *peer = bns_peer_get(&t->peers, &remote->address[i], tls);
		if (!peer)
			return BNS_ENOMEM;
		out->list[out->count++] =
			(struct bns_refresh_endpoint){.peer = peer, .number = peer->number, .key = key};
	}
	return BNS_OK;
}

enum bns_error bns_refresh_order(const struct bns_refresh *r, const struct bns_refresh_wish *wish,
				 struct bns_refresh_endpoints *out)
{
	const struct bns_conf_settings *conf = r->zone->conf->set;
	struct order o = {.r = r, .wish = wish};
	enum bns_error err = BNS_OK;

	*out = (struct bns_refresh_endpoints){.conf_generation = r->t->conf_generation};
	out->list = calloc(count_addresses(conf) + 1, sizeof(*out->list));
	if (!out->list)
		return BNS_ENOMEM;
	for (size_t i = 0; i < conf->primary_count && !err; i++)
		err = add_addresses(r->t, conf->primary[i], out);
	put_first(out, &o, is_up);
	put_first(out, &o, is_who_notified);
	put_first(out, &o, is_pinned);
	return err;
}

void bns_refresh_endpoints_free(struct bns_refresh_endpoints *e)
{
	free(e->list);
	e->list = NULL;
	e->count = 0;
}

/* -- the pinned one -- */

bool bns_refresh_has_pinned(const struct bns_refresh_run *run)
{
	return has_number_of_pinned(run->refresh, run->endpoints.list[0].number);
}

bool bns_refresh_waits_for_pinned(const struct bns_refresh_run *run)
{
	const struct bns_refresh *r = run->refresh;

	if (!bns_refresh_has_pinned(run) || has_number_of_pinned(r, run->endpoints.list[run->at].number))
		return false;
	return r->lags_since_s == 0 || bns_refresh_now_s() - r->lags_since_s < r->zone->conf->set->primary_pin_s;
}
