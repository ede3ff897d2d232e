/* SPDX-License-Identifier: BSD-3-Clause */
/* A round's second half: the zone is fetched, and the gate judges what came. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "transfer/refresh_internal.h"

static struct bns_refresh_run *run_of(struct bns_place *place)
{
	return (struct bns_refresh_run *)((char *)place - offsetof(struct bns_refresh_run, place));
}

/* -- the verdict -- */

/* Of differences something may come that no primary has: what it has is asked for before it is believed. */
static void fetch_whole(struct bns_refresh_run *run)
{
	bns_log(BNS_LOG_NOTICE, "zone=%s what the differences from %s made was refused: AXFR is asked",
		run->refresh->zone->text, run->source);
	run->whole = true;
	bns_refresh_fetch(run);
}

static void pin(struct bns_refresh_run *run)
{
	run->refresh->pinned = run->asked;
	run->refresh->lags_since_s = 0;
}

static void on_judged(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_refresh_run *run = arg;
	struct bns_refresh *r = run->refresh;

	run->judging = false;
	if (!r) { /* stopped meanwhile */
		bns_refresh_run_end(run, false, result);
		return;
	}
	bool same_conf = run->endpoints.conf_generation == r->t->conf_generation;
	bool refused = result->outcome == BNS_OUTCOME_REFUSED && same_conf;
	if (refused && run->by_changes) {
		fetch_whole(run);
		return;
	}
	/*
	 * Neither a version the gate won't have nor our own lack of room is a
	 * reason to let the last good one expire: the primary could be asked.
	 */
	bns_gate_refreshed(r->t->gate, zone);
	if (refused) { /* one bad primary is no reason not to ask the others */
		bns_refresh_note_refused(run, result);
		bns_refresh_run_next(run);
		return;
	}
	if (result->outcome == BNS_OUTCOME_SERVED || result->outcome == BNS_OUTCOME_HELD)
		pin(run);
	bns_refresh_run_end(run, result->outcome != BNS_OUTCOME_FAILED, result);
}

static void on_turn_to_be_judged(struct bns_place *place)
{
	struct bns_refresh_run *run = run_of(place);
	struct bns_submission sub = {
		.origin = BNS_ORIGIN_TRANSFER, .force = run->wish.force, .contents = run->contents};

	run->contents = NULL;
	run->judging = true;
	memcpy(sub.source, run->source, sizeof(run->source));
	bns_gate_submit(run->refresh->t->gate, run->refresh->zone, &sub, on_judged, run);
}

/* -- what came -- */

/* Many send only so many zones at once, and refuse the next; those of others count too. */
static bool may_come_again(struct bns_refresh_run *run)
{
	struct bns_peer *peer = bns_refresh_endpoint_now(run)->peer;

	if (run->came_again || peer->fetches.running < 2)
		return false;
	run->came_again = true;
	bns_peer_shed(peer);
	return true;
}

static void note_no_zone(struct bns_refresh_run *run, const char *reason)
{
	struct bns_refresh *r = run->refresh;
	char source[BNS_ADDR_TEXT_MAX];

	r->t->counts.in_failed++;
	snprintf(run->reason, sizeof(run->reason), "%s", reason);
	bns_addr_to_text(&bns_refresh_endpoint_now(run)->peer->addr, source);
	bns_gate_report_failure(r->t->gate, r->zone, source, reason);
	run->reported = true;
	run->at++;
}

static void on_fetched(void *arg, enum bns_error err, const struct bns_xfr_news *news, const char *reason)
{
	struct bns_refresh_run *run = arg;
	struct bns_refresh *r = run->refresh;

	run->xfr = NULL;
	bns_refresh_note_answered(run, err);
	if (err == BNS_EDENIED && may_come_again(run)) {
		bns_refresh_fetch(run);
		return;
	}
	if (err) {
		note_no_zone(run, reason);
		bns_refresh_run_next(run);
		return;
	}
	if (!news->contents) {
		bns_refresh_end_fresh(run, BNS_OUTCOME_NOTHING_NEW, "", "");
		return;
	}
	*(news->by_changes ? &r->t->counts.in_changes : &r->t->counts.in_whole) += 1;
	bns_gate_primary_expires(r->zone, news->expire.told ? &news->expire.left_s : NULL);
	bns_addr_to_text(&bns_refresh_endpoint_now(run)->peer->addr, run->source);
	run->asked = bns_refresh_endpoint_now(run)->number;
	run->by_changes = news->by_changes;
	run->contents = news->contents;
	bns_line_enter(&r->t->peers.judged, &run->place, on_turn_to_be_judged);
}

/* -- the question -- */

/* For an IXFR; on the main loop, and only once its differences have come. */
static enum bns_error base_form(void *arg, void **data, size_t *len)
{
	const struct bns_refresh *r = ((struct bns_refresh_run *)arg)->refresh;

	return bns_gate_upstream_form(r->t->gate, r->zone, data, len);
}

static struct bns_transfer_limits limits_of(const struct bns_conf_settings *conf)
{
	return (struct bns_transfer_limits){
		.zone_max_bytes = conf->transfer_max_bytes,
		.zone_max_records = conf->transfer_max_records,
		.progress_timeout_ms = conf->transfer_timeout_s * 1000,
		.max_ms = conf->transfer_max_s * 1000,
	};
}

static void on_turn_to_fetch(struct bns_place *place)
{
	struct bns_refresh_run *run = run_of(place);
	const struct bns_zone *zone = run->refresh->zone;
	struct bns_xfr_base base = {.serial = zone->record.upstream_serial, .form = base_form};
	struct bns_transfer_limits limits = limits_of(zone->conf->set);
	bool whole = run->wish.force || run->whole || !zone->record.has_version;

	if (bns_refresh_conf_is_replaced(run))
		return;
	const struct bns_refresh_endpoint *e = bns_refresh_endpoint_now(run);
	if (!bns_xfr_in_start(e->peer, zone->apex, e->key, run->wish.force || run->news.edns, whole ? NULL : &base,
			      &limits, on_fetched, run, &run->xfr))
		return;
	bns_refresh_note_failure(run, "could not be asked: there is no way to it");
	bns_refresh_run_next(run);
}

void bns_refresh_fetch(struct bns_refresh_run *run)
{
	bns_line_enter(&bns_refresh_endpoint_now(run)->peer->fetches, &run->place, on_turn_to_fetch);
}
