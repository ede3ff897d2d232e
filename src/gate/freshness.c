/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gate/work.h"

/* SOA RDATA ends in serial, refresh, retry, expire, minimum (RFC 1035 §3.3.13). */
void bns_freshness_from_soa(struct bns_zone_record *record, const struct bns_contents *c)
{
	const struct bns_record *soa = bns_contents_soa(c);
	const uint8_t *numbers = soa->rdata + soa->rdlen - 20;
	record->soa_refresh_s = bns_get_u32(numbers + 4);
	record->soa_retry_s = bns_get_u32(numbers + 8);
	record->soa_expire_s = bns_get_u32(numbers + 12);
}

static int64_t within_limits(const struct bns_conf_zone *conf, int64_t expire_s)
{
	if (expire_s < conf->set->expire_min_s)
		expire_s = conf->set->expire_min_s;
	return conf->set->expire_max_s && expire_s > conf->set->expire_max_s ? conf->set->expire_max_s : expire_s;
}

void bns_freshness_prolong(struct bns_zone_record *record, const struct bns_zone *zone, int64_t now_s)
{
	int64_t latest_s = now_s + within_limits(zone->conf, record->soa_expire_s);
	int64_t left_s = zone->record.primary_expires_s - now_s;
	int64_t expires_s = latest_s;
	/* A copy of a copy must not outlive the first; what another primary granted stays (RFC 7314 §4). */
	if (zone->record.primary_expires_s && left_s < record->soa_expire_s) {
		expires_s = now_s + within_limits(zone->conf, left_s);
		if (expires_s < record->expires_s)
			expires_s = record->expires_s < latest_s ? record->expires_s : latest_s;
	}
	record->refreshed_s = now_s;
	record->expires_s = expires_s;
}

void bns_gate_primary_expires(struct bns_zone *zone, const uint32_t *left_s)
{
	zone->record.primary_expires_s = left_s ? bns_clock_wall_s() + *left_s : 0;
}

/* ---- records on their way to the store ---- */

void bns_zone_mark_dirty(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_zone_work *w = zone->work;
	if (w->dirty)
		return;
	w->dirty = true;
	w->dirty_next = g->dirty;
	g->dirty = zone;
}

void bns_zone_unmark_dirty(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_zone **link = &g->dirty;
	while (*link && *link != zone)
		link = &(*link)->work->dirty_next;
	if (*link)
		*link = zone->work->dirty_next;
	zone->work->dirty = false;
}

static enum bns_error put_record(struct bns_store_txn *txn, const struct bns_zone *zone)
{
	uint8_t form[BNS_ZONE_RECORD_LEN];
	bns_zone_record_encode(&zone->record, form);
	return bns_store_put(txn, BNS_DB_ZONE, zone->apex, bns_name_len(zone->apex), form, sizeof(form));
}

/* Which of them it was isn't known any more, and need not be: all are written again. */
static void flushed(void *arg, enum bns_error err, const char *reason)
{
	struct bns_gate *g = arg;
	if (!err)
		return;
	bns_log(BNS_LOG_ERR, "timers of zones could not be stored, and are tried again: %s", reason);
	for (struct bns_zone *z = g->registry.first; z && !g->stopping; z = z->next)
		if (bns_zone_is_secondary(z) && z->record.has_version)
			bns_zone_mark_dirty(g, z);
}

void bns_freshness_flush(struct bns_gate *g)
{
	if (!g->dirty)
		return;
	struct bns_store_txn *txn = bns_store_begin(g->store);
	if (!txn)
		return;
	struct bns_zone *left = NULL;
	while (g->dirty) {
		struct bns_zone *zone = g->dirty;
		g->dirty = zone->work->dirty_next;
		zone->work->dirty = false;
		/* A change in hand writes the whole record itself, and later than this. */
		if (zone->work->current) {
			zone->work->dirty = true;
			zone->work->dirty_next = left;
			left = zone;
		} else if (zone->record.has_version && put_record(txn, zone)) {
			bns_log(BNS_LOG_ERR, "zone=%s its timers could not be stored", zone->text);
		}
	}
	g->dirty = left;
	bns_store_commit(txn, flushed, g);
}

/* ---- fresh and expired ---- */

static bool hold_has_lasted(const struct bns_zone *zone, int64_t now_s)
{
	uint64_t limit = zone->conf->set->held_limit_s;
	return zone->held && limit > 0 && now_s - zone->held->since_s >= (int64_t)limit;
}

/* Once for a row of held changes. */
static void tell_limit(struct bns_gate *g, struct bns_zone *zone)
{
	char text[BNS_REASON_MAX];
	if (zone->work->limit_told)
		return;
	zone->work->limit_told = true;
	snprintf(text, sizeof(text), "%.*s has been held for longer than held-limit: %s", BNS_REASON_MAX / 2,
		 zone->held->id,
		 zone->conf->set->held_limit_keep ? "the version before it is served on"
						  : "serial checks don't prolong the zone any more");
	bns_announce(g, BNS_LOG_CRIT, "held-limit", zone, NULL, text);
}

void bns_gate_refreshed(struct bns_gate *g, struct bns_zone *zone)
{
	if (!bns_zone_is_secondary(zone) || !zone->record.has_version)
		return;
	int64_t now = bns_clock_wall_s();
	if (!zone->held)
		zone->work->limit_told = false;
	if (hold_has_lasted(zone, now)) {
		tell_limit(g, zone);
		if (!zone->conf->set->held_limit_keep)
			return;
	}
	bns_freshness_prolong(&zone->record, zone, now);
	bns_table_set_expires(g->table, zone->apex, zone->record.expires_s);
	zone->work->expire_why = NULL;
	bns_zone_mark_dirty(g, zone);
	if (zone->state != BNS_IMAGE_EXPIRED || zone->record.expires_s <= now)
		return;
	enum bns_error err = bns_version_publish(g, zone);
	if (err)
		bns_log(BNS_LOG_CRIT, "zone=%s is fresh again, but its version can't be read: %s", zone->text,
			bns_strerror(err));
	else
		bns_announce(g, BNS_LOG_NOTICE, "refreshed", zone, NULL, "served again after it had expired");
}

static void expire_now(struct bns_gate *g, struct bns_zone *zone, const char *why)
{
	enum bns_error err = bns_version_withhold(g, zone, BNS_IMAGE_EXPIRED);
	if (err) {
		bns_log(BNS_LOG_CRIT, "zone=%s has expired and is still served: %s", zone->text, bns_strerror(err));
		return;
	}
	zone->work->expire_why = NULL;
	bns_announce(g, BNS_LOG_CRIT, "expired", zone, NULL, why);
}

static void expire(struct bns_gate *g, struct bns_zone *zone, const char *why)
{
	if (zone->state != BNS_IMAGE_SERVED)
		return;
	if (zone->work->current)
		zone->work->expire_why = why;
	else
		expire_now(g, zone, why);
}

void bns_gate_expire(struct bns_gate *g, struct bns_zone *zone)
{
	expire(g, zone, "no refresh has succeeded within SOA EXPIRE");
}

enum bns_error bns_gate_expire_by(struct bns_gate *g, struct bns_zone *zone, const char *by)
{
	struct bns_store_txn *txn = bns_store_begin(g->store);
	enum bns_error err = txn ? bns_audit_zone(g, txn, "expired", zone->text, by, "") : BNS_ENOMEM;
	if (err) {
		bns_store_drop(txn);
		return err;
	}
	bns_store_commit(txn, NULL, NULL);
	/* On disk too, so that a restart doesn't bring it back. */
	zone->record.expires_s = bns_clock_wall_s();
	bns_zone_mark_dirty(g, zone);
	expire(g, zone, "an operator has expired it");
	return BNS_OK;
}

void bns_freshness_expire_late(struct bns_gate *g, struct bns_zone *zone)
{
	const char *why = zone->work->expire_why;
	if (!why)
		return;
	zone->work->expire_why = NULL;
	if (zone->state == BNS_IMAGE_SERVED && zone->record.expires_s <= bns_clock_wall_s())
		expire_now(g, zone, why);
}
