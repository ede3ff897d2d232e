/* SPDX-License-Identifier: BSD-3-Clause */
/* One round: the primaries in order, whoever sent a NOTIFY first, until one can be believed. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "transfer/refresh_internal.h"

static void run_next(struct bns_refresh *r);
static bool conf_is_replaced(struct bns_refresh *r);

static struct bns_refresh_endpoint *endpoint_now(struct bns_refresh *r)
{
	return &r->endpoints[r->at];
}

void bns_refresh_run_forget(struct bns_refresh *r)
{
	free(r->endpoints);
	r->endpoints = NULL;
	r->endpoint_count = 0;
}

static void run_end(struct bns_refresh *r, bool good, const struct bns_result *result)
{
	bns_refresh_run_forget(r);
	bns_refresh_ended(r, good, result);
}

static void tell_expire(struct bns_refresh *r, const struct bns_ask_expire *expire)
{
	bns_gate_primary_expires(r->zone, expire->told ? &expire->left_s : NULL);
}

/* The primary could be asked, and there was nothing to fetch. */
static void run_end_fresh(struct bns_refresh *r, enum bns_outcome outcome, const char *id, const char *reason)
{
	struct bns_result result = {.outcome = outcome, .serial = r->zone->record.published_serial};

	snprintf(result.id, sizeof(result.id), "%s", id);
	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	tell_expire(r, &r->news.expire);
	bns_gate_refreshed(r->t->gate, r->zone);
	run_end(r, true, &result);
}

static void run_end_refused(struct bns_refresh *r)
{
	struct bns_result result = r->result;

	bns_gate_refreshed(r->t->gate, r->zone);
	run_end(r, true, &result);
}

/* All were asked, since one is pinned. */
static void run_end_current(struct bns_refresh *r)
{
	if (!r->lags)
		r->lags_since_ms = 0;
	run_end_fresh(r, BNS_OUTCOME_NOTHING_NEW, "",
		      r->lags ? "another primary has a newer version; primary-pin keeps to the one that is pinned"
			      : "");
}

static void run_end_failed(struct bns_refresh *r)
{
	struct bns_result result = {.outcome = BNS_OUTCOME_FAILED, .serial = r->zone->record.published_serial};

	snprintf(result.reason, sizeof(result.reason), "%s", r->reason);
	/* Once for a row of failures, or where somebody waits to hear: the log is not for every retry. */
	if (!r->reported && (r->failures == 0 || r->waiters))
		bns_gate_report_failure(r->t->gate, r->zone, r->source, r->reason);
	run_end(r, false, &result);
}

/* -- the zone came -- */

static void on_turn_to_fetch(struct bns_place *place);

/* Of differences something may come that no primary has: what it has is asked for before it is believed. */
static void fetch_whole(struct bns_refresh *r)
{
	bns_log(BNS_LOG_NOTICE, "zone=%s what the differences from %s made was refused: AXFR is asked", r->zone->text,
		r->source);
	r->whole = true;
	r->state = BNS_REFRESH_ASKING;
	bns_line_enter(&endpoint_now(r)->peer->fetches, &r->place, on_turn_to_fetch);
}

/* One bad primary is no reason not to ask the others. */
static void note_refused(struct bns_refresh *r, const struct bns_result *result)
{
	r->refused = true;
	r->result = *result;
	r->state = BNS_REFRESH_ASKING;
	r->at++;
}

static void pin(struct bns_refresh *r)
{
	r->pinned = r->asked;
	r->lags_since_ms = 0;
}

static void on_judged(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_refresh *r = arg;

	if (r->zone && result->outcome == BNS_OUTCOME_REFUSED && r->by_changes &&
	    r->conf_generation == r->t->conf_generation) {
		fetch_whole(r);
		return;
	}
	/*
	 * Neither a version the gate won't have nor our own lack of room is a
	 * reason to let the last good one expire: the primary could be asked.
	 */
	if (r->zone)
		bns_gate_refreshed(r->t->gate, zone);
	if (r->zone && result->outcome == BNS_OUTCOME_REFUSED && r->conf_generation == r->t->conf_generation) {
		note_refused(r, result);
		run_next(r);
		return;
	}
	if (result->outcome == BNS_OUTCOME_SERVED || result->outcome == BNS_OUTCOME_HELD)
		pin(r);
	run_end(r, result->outcome != BNS_OUTCOME_FAILED, result);
}

/* Whoever says anything is there, and keeps its place among the primaries. */
static void note_answered(struct bns_refresh *r, enum bns_error err)
{
	if (err == BNS_ETIMEOUT || err == BNS_EIO || err == BNS_ESHORT)
		bns_peer_failed(endpoint_now(r)->peer);
	else
		bns_peer_answered(endpoint_now(r)->peer);
}

/* Many send only so many zones at once, and refuse the next; those of others count too. */
static bool may_come_again(struct bns_refresh *r)
{
	struct bns_peer *peer = endpoint_now(r)->peer;

	if (r->came_again || peer->fetches.running < 2)
		return false;
	r->came_again = true;
	bns_peer_shed(peer);
	return true;
}

static void on_fetched(void *arg, enum bns_error err, const struct bns_xfr_news *news, const char *reason)
{
	struct bns_refresh *r = arg;
	struct bns_submission sub = {.origin = BNS_ORIGIN_TRANSFER, .force = r->force};

	r->xfr = NULL;
	note_answered(r, err);
	bns_addr_to_text(&endpoint_now(r)->peer->addr, sub.source);
	if (err == BNS_EDENIED && may_come_again(r)) {
		bns_line_enter(&endpoint_now(r)->peer->fetches, &r->place, on_turn_to_fetch);
		return;
	}
	if (err) {
		r->t->counts.in_failed++;
		snprintf(r->reason, sizeof(r->reason), "%s", reason);
		bns_gate_report_failure(r->t->gate, r->zone, sub.source, reason);
		r->reported = true;
		r->at++;
		run_next(r);
		return;
	}
	if (!news->contents) {
		run_end_fresh(r, BNS_OUTCOME_NOTHING_NEW, "", "");
		return;
	}
	*(news->by_changes ? &r->t->counts.in_changes : &r->t->counts.in_whole) += 1;
	tell_expire(r, &news->expire);
	r->asked = endpoint_now(r)->peer->addr;
	bns_line_leave(&r->place);
	r->state = BNS_REFRESH_JUDGING;
	r->by_changes = news->by_changes;
	memcpy(r->source, sub.source, sizeof(r->source));
	sub.contents = news->contents;
	bns_gate_submit(r->t->gate, r->zone, &sub, on_judged, r);
}

/* -- the serial came -- */

static void note_failure(struct bns_refresh *r, const char *what)
{
	bns_addr_to_text(&endpoint_now(r)->peer->addr, r->source);
	snprintf(r->reason, sizeof(r->reason), "refresh of %.200s failed: the primary %s %s", r->zone->text, r->source,
		 what);
	r->reported = false;
	bns_log(BNS_LOG_INFO, "%s", r->reason);
	r->at++;
}

static void note_went_back(struct bns_refresh *r, uint32_t serial)
{
	r->went_back = true;
	snprintf(r->reason, sizeof(r->reason),
		 "the primary %s offers serial %u of %.200s, older than the accepted %u: not followed; "
		 "`zone retransfer` takes it on purpose",
		 r->primary, serial, r->zone->text, r->zone->record.upstream_serial);
	bns_log(BNS_LOG_WARN, "%s", r->reason);
	r->at++;
}

static struct bns_refresh *refresh_of(struct bns_place *place)
{
	return (struct bns_refresh *)((char *)place - offsetof(struct bns_refresh, place));
}

static void note_no_way(struct bns_refresh *r)
{
	note_failure(r, "could not be asked: there is no way to it");
	run_next(r);
}

/* True where it isn't: the round begins anew, with what is configured now. */
static bool conf_is_replaced(struct bns_refresh *r)
{
	if (r->conf_generation == r->t->conf_generation)
		return false;
	bns_refresh_run_forget(r);
	bns_refresh_run(r);
	return true;
}

/* For an IXFR; on the main loop, and only once its differences have come. */
static enum bns_error base_form(void *arg, void **data, size_t *len)
{
	struct bns_refresh *r = arg;

	return bns_gate_upstream_form(r->t->gate, r->zone, data, len);
}

static struct bns_transfer_limits limits_of(const struct bns_conf_zone *conf)
{
	return (struct bns_transfer_limits){
		.zone_max_bytes = conf->set->transfer_max_bytes,
		.zone_max_records = conf->set->transfer_max_records,
		.progress_timeout_ms = conf->set->transfer_timeout_s * 1000,
		.max_ms = conf->set->transfer_max_s * 1000,
	};
}

static void on_turn_to_fetch(struct bns_place *place)
{
	struct bns_refresh *r = refresh_of(place);
	struct bns_xfr_base base = {.serial = r->zone->record.upstream_serial, .form = base_form};
	struct bns_transfer_limits limits = limits_of(r->zone->conf);
	bool whole = r->force || r->whole || !r->zone->record.has_version;

	if (conf_is_replaced(r))
		return;
	r->state = BNS_REFRESH_ASKING;
	if (bns_xfr_in_start(endpoint_now(r)->peer, r->zone->apex, endpoint_now(r)->key, r->force || r->news.edns,
			     whole ? NULL : &base, &limits, on_fetched, r, &r->xfr))
		note_no_way(r);
}

/* -- what a serial says -- */

static void note_lag(struct bns_refresh *r)
{
	if (r->lags_since_ms == 0)
		r->lags_since_ms = bns_clock_mono_ms();
	r->lags = true;
	r->fresh = true;
	r->at++;
	run_next(r);
}

static void note_refused_before(struct bns_refresh *r)
{
	struct bns_result result = {.outcome = BNS_OUTCOME_REFUSED, .serial = r->zone->record.published_serial};

	snprintf(result.reason, sizeof(result.reason),
		 "serial %u of %.200s was refused when the primary %s had it, and isn't fetched again before it "
		 "changes; `zone retransfer` does",
		 r->primary_serial, r->zone->text, r->primary);
	note_refused(r, &result);
}

/* There is nothing to fetch from this primary. */
static void end_with(struct bns_refresh *r, enum bns_serial_news news)
{
	switch (news) {
	case BNS_SERIAL_HELD:
		run_end_fresh(r, BNS_OUTCOME_HELD, r->zone->held ? r->zone->held->id : "", "");
		return;
	case BNS_SERIAL_REJECTED:
		run_end_fresh(r, BNS_OUTCOME_REJECTED, "", "this version was rejected");
		return;
	case BNS_SERIAL_REFUSED:
		note_refused_before(r);
		break;
	case BNS_SERIAL_OLDER:
		note_went_back(r, r->primary_serial);
		break;
	case BNS_SERIAL_WITHDRAWN:
		bns_gate_withdraw(r->t->gate, r->zone);
		/* fall through */
	default:
		if (!bns_refresh_has_pinned(r)) {
			run_end_fresh(r, BNS_OUTCOME_NOTHING_NEW, "", "");
			return;
		}
		r->fresh = true; /* the others show whether the pinned one lags behind */
		r->at++;
	}
	run_next(r);
}

static void on_serial(void *arg, enum bns_error err, const struct bns_soa_news *news, const char *reason)
{
	struct bns_refresh *r = arg;
	enum bns_serial_news news_of;

	r->soa_check = NULL;
	note_answered(r, err);
	if (err) {
		note_failure(r, reason);
		run_next(r);
		return;
	}
	bns_addr_to_text(&endpoint_now(r)->peer->addr, r->primary);
	r->primary_serial = news->serial;
	r->news = *news;
	news_of = bns_gate_serial_news(r->zone, r->primary, news->serial);
	if (news_of == BNS_SERIAL_NEWER && bns_refresh_waits_for_pinned(r))
		note_lag(r);
	else if (news_of == BNS_SERIAL_NEWER)
		bns_line_enter(&endpoint_now(r)->peer->fetches, &r->place, on_turn_to_fetch);
	else
		end_with(r, news_of);
}

static void on_turn_to_check(struct bns_place *place)
{
	struct bns_refresh *r = refresh_of(place);

	if (conf_is_replaced(r))
		return;
	if (r->force) { /* wanted while it waited */
		run_next(r);
		return;
	}
	r->state = BNS_REFRESH_ASKING;
	if (bns_soa_check_start(endpoint_now(r)->peer, r->zone->apex, endpoint_now(r)->key, on_serial, r,
				&r->soa_check))
		note_no_way(r);
}

/* -- the round -- */

/* The next endpoint; behind the last one the round is over. */
static void run_next(struct bns_refresh *r)
{
	struct bns_peer *peer;

	if (conf_is_replaced(r))
		return;
	peer = r->at < r->endpoint_count ? endpoint_now(r)->peer : NULL;
	if (peer && r->force)
		bns_line_enter(&peer->fetches, &r->place, on_turn_to_fetch);
	else if (peer)
		bns_line_enter(&peer->checks, &r->place, on_turn_to_check);
	else if (r->refused)
		run_end_refused(r);
	else if (r->fresh)
		run_end_current(r);
	else if (r->went_back)
		run_end_fresh(r, BNS_OUTCOME_NOTHING_NEW, "", r->reason);
	else
		run_end_failed(r);
}

void bns_refresh_run(struct bns_refresh *r)
{
	enum bns_error err = bns_refresh_order(r);

	r->at = 0;
	r->went_back = false;
	r->whole = false;
	r->came_again = false;
	r->fresh = false;
	r->lags = false;
	r->refused = false;
	r->reported = false;
	snprintf(r->source, sizeof(r->source), "refresh");
	snprintf(r->reason, sizeof(r->reason), "%.200s %s", r->zone->text,
		 err ? "could not be refreshed: out of memory" : "has no primary that could be asked");
	run_next(r);
}

void bns_refresh_run_cancel(struct bns_refresh *r)
{
	bns_soa_check_cancel(r->soa_check);
	bns_xfr_in_cancel(r->xfr);
	r->soa_check = NULL;
	r->xfr = NULL;
}
