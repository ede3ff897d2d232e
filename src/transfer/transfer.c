/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/transfer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "transfer/acl.h"
#include "transfer/asked.h"
#include "transfer/axfr_out.h"
#include "transfer/connection.h"
#include "transfer/notify_in.h"
#include "transfer/notify_out.h"
#include "transfer/refresh.h"
#include "transfer/snapshot.h"

struct bns_transfer *bns_transfer_new(uv_loop_t *loop, struct bns_gate *gate, const struct bns_answer_env *env)
{
	struct bns_transfer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = loop;
	t->gate = gate;
	t->env = env;
	LIST_INIT(&t->snapshots);
	LIST_INIT(&t->connections);
	t->notices = bns_notices_new(t);
	if (!t->notices || bns_timers_open(&t->timers, loop)) {
		free(t->notices);
		free(t);
		return NULL;
	}
	bns_peers_open(&t->peers, loop, &t->timers);
	return t;
}

/* -- keys -- */

static void drop_keys(struct bns_transfer *t)
{
	for (size_t i = 0; i < t->key_count; i++)
		bns_tsig_key_wipe(&t->keys[i]);
	free(t->keys);
}

void bns_transfer_set_conf(struct bns_transfer *t, const struct bns_conf *conf)
{
	struct bns_tsig_key *keys = calloc(conf->key_count + 1, sizeof(*keys));
	size_t count = 0;

	for (size_t i = 0; keys && i < conf->key_count; i++) {
		enum bns_error err = bns_acl_key(&conf->keys[i], &keys[count]);
		if (err)
			bns_log(BNS_LOG_ERR, "key %s can't be used: %s", conf->keys[i].id, bns_strerror(err));
		else
			count++;
	}
	if (!keys)
		bns_log(BNS_LOG_CRIT, "no memory for the configured keys: what is signed with them is refused");
	drop_keys(t);
	t->keys = keys;
	t->key_count = count;
	t->conf = conf;
	t->conf_generation++;
	bns_peers_sweep(&t->peers);
}

void bns_transfer_set_tls(struct bns_transfer *t, struct bns_tls_peers *peers)
{
	bns_tls_peers_free(t->tls_peers);
	t->tls_peers = peers;
}

const struct bns_tsig_key *bns_transfer_key(const struct bns_transfer *t, const struct bns_conf_key *conf)
{
	uint8_t name[BNS_NAME_MAX];

	if (!conf || bns_name_from_text(conf->id, NULL, name, NULL))
		return NULL;
	for (size_t i = 0; i < t->key_count; i++)
		if (bns_name_equal(t->keys[i].name, name))
			return &t->keys[i];
	return NULL;
}

/* -- zones -- */

void bns_transfer_zone_start(struct bns_transfer *t, struct bns_zone *zone)
{
	if (!bns_zone_is_secondary(zone)) {
		bns_transfer_zone_stop(t, zone);
		return;
	}
	if (bns_refresh_start(t, zone))
		bns_log(BNS_LOG_CRIT, "zone=%s no memory for its timers: it is not refreshed", zone->text);
}

void bns_transfer_zone_stop(struct bns_transfer *t, struct bns_zone *zone)
{
	if (t->notices)
		bns_notices_drop(t->notices, zone->apex);
	bns_snapshot_outdated(t, zone->apex);
	if (zone->refresh)
		bns_refresh_stop(zone->refresh);
}

void bns_transfer_refresh(struct bns_transfer *t, struct bns_zone *zone, bool force, bns_result_fn done, void *arg)
{
	struct bns_result result = {.outcome = BNS_OUTCOME_FAILED, .serial = zone->record.published_serial};
	enum bns_error err;

	(void)t;
	if (!zone->refresh) {
		snprintf(result.reason, sizeof(result.reason), "%.200s has no primary to ask: it is served from a file",
			 zone->text);
	} else {
		err = bns_refresh_now(zone->refresh, force, done, arg);
		if (!err)
			return;
		snprintf(result.reason, sizeof(result.reason), "%s", bns_strerror(err));
	}
	if (done)
		done(arg, zone, &result);
}

void bns_transfer_notify(struct bns_transfer *t, struct bns_zone *zone)
{
	bns_snapshot_outdated(t, zone->apex);
	if (t->notices) /* not after a stop, when a last change may still come to its end */
		bns_notices_send(t->notices, zone);
}

void bns_transfer_status(const struct bns_transfer *t, const struct bns_zone *zone, struct bns_transfer_status *out)
{
	(void)t;
	*out = (struct bns_transfer_status){.refresh_in_s = -1, .expires_in_s = -1};
	if (zone->refresh)
		bns_refresh_status(zone->refresh, out);
}

void bns_transfer_get_counts(const struct bns_transfer *t, struct bns_transfer_counts *out)
{
	*out = t->counts;
}

/* -- what workers hand over -- */

void bns_transfer_on_datagram(void *arg, const struct bns_datagram *d)
{
	struct bns_transfer *t = arg;
	struct bns_asked asked;
	uint8_t out[BNS_MESSAGE_MAX];
	struct bns_reply reply = {.data = out, .cap = sizeof(out)};

	if (bns_asked_open(&asked, t, d->msg, d->len, &d->client, BNS_TRANSPORT_UDP, NULL, &reply)) {
		if (bns_message_opcode(d->msg) == BNS_OPCODE_NOTIFY)
			bns_notify_in(t, &asked, &reply);
		else if (bns_message_opcode(d->msg) != BNS_OPCODE_QUERY || asked.request.qtype != BNS_TYPE_IXFR)
			bns_asked_answer(&asked, t, &reply);
		else
			(void)bns_axfr_out_allowed(t, &asked, &reply); /* over UDP an answer in any case */
	}
	bns_asked_close(&asked);
	if (reply.len > 0)
		bns_server_reply(d, reply.data, reply.len);
}

void bns_transfer_on_connection(void *arg, int fd, struct bns_tls *tls, const union bns_addr *client,
				const uint8_t *pending, size_t len)
{
	bns_connection_open(arg, fd, tls, client, pending, len);
}

/* -- the end -- */

void bns_transfer_stop(struct bns_transfer *t)
{
	for (struct bns_zone *z = bns_gate_zone_first(t->gate); z; z = z->next)
		if (z->refresh)
			bns_refresh_stop(z->refresh);
	while (!LIST_EMPTY(&t->connections))
		bns_connection_close(LIST_FIRST(&t->connections));
	bns_notices_stop(t->notices);
	t->notices = NULL;
	bns_peers_close(&t->peers);
	bns_timers_close(&t->timers, NULL);
}

void bns_transfer_free(struct bns_transfer *t)
{
	if (!t)
		return;
	bns_tls_peers_free(t->tls_peers);
	drop_keys(t);
	free(t);
}
