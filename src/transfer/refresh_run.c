/* SPDX-License-Identifier: BSD-3-Clause */
/* One round: the primaries in order, whoever sent a NOTIFY first, until one can be believed. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "transfer/refresh_internal.h"

/* -- the end -- */

static void run_free(struct bns_refresh_run *run)
{
	bns_line_leave(&run->place);
	bns_refresh_endpoints_free(&run->endpoints);
	bns_contents_free(run->contents);
	free(run);
}

void bns_refresh_run_end(struct bns_refresh_run *run, bool good, const struct bns_result *result)
{
	if (run->refresh)
		bns_refresh_ended(run, good, result);
	run_free(run);
}

void bns_refresh_run_stop(struct bns_refresh_run *run)
{
	bns_soa_check_cancel(run->soa_check);
	bns_xfr_in_cancel(run->xfr);
	bns_line_leave(&run->place);
	run->refresh = NULL;
	if (!run->judging)
		run_free(run);
}

/* The primary could be asked. */
static void end_good(struct bns_refresh_run *run, const struct bns_result *result)
{
	bns_gate_refreshed(run->refresh->t->gate, run->refresh->zone);
	bns_refresh_run_end(run, true, result);
}

void bns_refresh_end_fresh(struct bns_refresh_run *run, enum bns_outcome outcome, const char *id, const char *reason)
{
	struct bns_zone *zone = run->refresh->zone;
	struct bns_result result = {.outcome = outcome, .serial = zone->record.published_serial};

	snprintf(result.id, sizeof(result.id), "%s", id);
	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	bns_gate_primary_expires(zone, run->news.expire.told ? &run->news.expire.left_s : NULL);
	end_good(run, &result);
}

static void end_refused(struct bns_refresh_run *run)
{
	struct bns_result result = run->result;

	end_good(run, &result);
}

/* All were asked, since one is pinned. */
static void end_current(struct bns_refresh_run *run)
{
	if (!run->lags)
		run->refresh->lags_since_s = 0;
	bns_refresh_end_fresh(
		run, BNS_OUTCOME_NOTHING_NEW, "",
		run->lags ? "another primary has a newer version; primary-pin keeps to the one that is pinned" : "");
}

static void end_failed(struct bns_refresh_run *run)
{
	struct bns_refresh *r = run->refresh;
	struct bns_result result = {.outcome = BNS_OUTCOME_FAILED, .serial = r->zone->record.published_serial};

	snprintf(result.reason, sizeof(result.reason), "%s", run->reason);
	/* Once for a row of failures, or where somebody waits to hear: the log is not for every retry. */
	if (!run->reported && (r->failures == 0 || run->wish.waiters))
		bns_gate_report_failure(r->t->gate, r->zone, run->source, run->reason);
	bns_refresh_run_end(run, false, &result);
}

/* -- what is kept of an endpoint's answer -- */

void bns_refresh_note_answered(struct bns_refresh_run *run, enum bns_error err)
{
	if (err == BNS_ETIMEOUT || err == BNS_EIO || err == BNS_ESHORT)
		bns_peer_failed(bns_refresh_endpoint_now(run)->peer);
	else
		bns_peer_answered(bns_refresh_endpoint_now(run)->peer);
}

void bns_refresh_note_refused(struct bns_refresh_run *run, const struct bns_result *result)
{
	run->refused = true;
	run->result = *result;
	run->at++;
}

void bns_refresh_note_failure(struct bns_refresh_run *run, const char *what)
{
	bns_addr_to_text(&bns_refresh_endpoint_now(run)->peer->addr, run->source);
	snprintf(run->reason, sizeof(run->reason), "refresh of %.200s failed: the primary %s %s",
		 run->refresh->zone->text, run->source, what);
	run->reported = false;
	bns_log(BNS_LOG_INFO, "%s", run->reason);
	run->at++;
}

static void note_went_back(struct bns_refresh_run *run)
{
	const struct bns_zone *zone = run->refresh->zone;
	char primary[BNS_ADDR_TEXT_MAX];

	run->went_back = true;
	snprintf(run->reason, sizeof(run->reason),
		 "the primary %s offers serial %u of %.200s, older than the accepted %u: not followed; "
		 "`zone retransfer` takes it on purpose",
		 bns_addr_to_text(&bns_refresh_endpoint_now(run)->peer->addr, primary), run->news.serial, zone->text,
		 zone->record.upstream_serial);
	bns_log(BNS_LOG_WARN, "%s", run->reason);
	run->at++;
}

static void note_lag(struct bns_refresh_run *run)
{
	if (run->refresh->lags_since_s == 0)
		run->refresh->lags_since_s = bns_refresh_now_s();
	run->lags = true;
	run->fresh = true;
	run->at++;
}

static void note_refused_before(struct bns_refresh_run *run)
{
	const struct bns_zone *zone = run->refresh->zone;
	struct bns_result result = {.outcome = BNS_OUTCOME_REFUSED, .serial = zone->record.published_serial};
	char primary[BNS_ADDR_TEXT_MAX];

	snprintf(result.reason, sizeof(result.reason),
		 "serial %u of %.200s was refused when the primary %s had it, and isn't fetched again before it "
		 "changes; `zone retransfer` does",
		 run->news.serial, zone->text, bns_addr_to_text(&bns_refresh_endpoint_now(run)->peer->addr, primary));
	bns_refresh_note_refused(run, &result);
}

/* -- the serial -- */

/* There is nothing to fetch from this primary. */
static void end_with(struct bns_refresh_run *run, enum bns_serial_news news)
{
	struct bns_zone *zone = run->refresh->zone;

	switch (news) {
	case BNS_SERIAL_HELD:
		bns_refresh_end_fresh(run, BNS_OUTCOME_HELD, zone->held ? zone->held->id : "", "");
		return;
	case BNS_SERIAL_REJECTED:
		bns_refresh_end_fresh(run, BNS_OUTCOME_REJECTED, "", "this version was rejected");
		return;
	case BNS_SERIAL_REFUSED:
		note_refused_before(run);
		break;
	case BNS_SERIAL_OLDER:
		note_went_back(run);
		break;
	case BNS_SERIAL_WITHDRAWN:
		bns_gate_withdraw(run->refresh->t->gate, zone);
		/* fall through */
	default:
		if (!bns_refresh_has_pinned(run)) {
			bns_refresh_end_fresh(run, BNS_OUTCOME_NOTHING_NEW, "", "");
			return;
		}
		run->fresh = true; /* the others show whether the pinned one lags behind */
		run->at++;
	}
	bns_refresh_run_next(run);
}

static void on_serial(void *arg, enum bns_error err, const struct bns_soa_news *news, const char *reason)
{
	struct bns_refresh_run *run = arg;
	const struct bns_peer *peer = bns_refresh_endpoint_now(run)->peer;
	char primary[BNS_ADDR_TEXT_MAX];
	enum bns_serial_news news_of;

	run->soa_check = NULL;
	bns_refresh_note_answered(run, err);
	if (err) {
		bns_refresh_note_failure(run, reason);
		bns_refresh_run_next(run);
		return;
	}
	run->refresh->answered = peer->number;
	run->refresh->primary_serial = news->serial;
	run->news = *news;
	news_of = bns_gate_serial_news(run->refresh->zone, bns_addr_to_text(&peer->addr, primary), news->serial);
	if (news_of == BNS_SERIAL_NEWER && bns_refresh_waits_for_pinned(run)) {
		note_lag(run);
		bns_refresh_run_next(run);
	} else if (news_of == BNS_SERIAL_NEWER) {
		bns_refresh_fetch(run);
	} else {
		end_with(run, news_of);
	}
}

static void ask_for_serial(struct bns_refresh_run *run)
{
	const struct bns_refresh_endpoint *e = bns_refresh_endpoint_now(run);

	if (!bns_soa_check_start(e->peer, run->refresh->zone->apex, e->key, on_serial, run, &run->soa_check))
		return;
	bns_refresh_note_failure(run, "could not be asked: there is no way to it");
	bns_refresh_run_next(run);
}

static void on_turn_to_check(struct bns_place *place)
{
	struct bns_refresh_run *run =
		(struct bns_refresh_run *)((char *)place - offsetof(struct bns_refresh_run, place));

	if (!bns_refresh_conf_is_replaced(run))
		ask_for_serial(run);
}

/* -- the round -- */

/* With its first endpoints, or those of another configuration. */
static void run_start(struct bns_refresh_run *run)
{
	enum bns_error err = bns_refresh_order(run->refresh, &run->wish, &run->endpoints);

	run->at = 0;
	run->went_back = false;
	run->whole = false;
	run->came_again = false;
	run->fresh = false;
	run->lags = false;
	run->refused = false;
	run->reported = false;
	snprintf(run->source, sizeof(run->source), "refresh");
	snprintf(run->reason, sizeof(run->reason), "%.200s %s", run->refresh->zone->text,
		 err ? "could not be refreshed: out of memory" : "has no primary that could be asked");
}

bool bns_refresh_conf_is_replaced(struct bns_refresh_run *run)
{
	if (run->endpoints.conf_generation == run->refresh->t->conf_generation)
		return false;
	bns_refresh_endpoints_free(&run->endpoints);
	run_start(run);
	bns_refresh_run_next(run);
	return true;
}

void bns_refresh_run_next(struct bns_refresh_run *run)
{
	if (bns_refresh_conf_is_replaced(run))
		return;
	if (run->at < run->endpoints.count && run->wish.force)
		bns_refresh_fetch(run);
	else if (run->at < run->endpoints.count)
		bns_line_enter(&bns_refresh_endpoint_now(run)->peer->checks, &run->place, on_turn_to_check);
	else if (run->refused)
		end_refused(run);
	else if (run->fresh)
		end_current(run);
	else if (run->went_back)
		bns_refresh_end_fresh(run, BNS_OUTCOME_NOTHING_NEW, "", run->reason);
	else
		end_failed(run);
}

static struct bns_refresh_run *run_new(struct bns_refresh *r)
{
	struct bns_refresh_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->refresh = r;
	if (r->wish)
		run->wish = *r->wish;
	free(r->wish);
	r->wish = NULL;
	r->run = run;
	return run;
}

/* -- the line for it -- */

/* It was the turn of `place`; is it the first one's to be asked still? */
static bool is_first(const struct bns_refresh_run *run, const struct bns_place *place)
{
	return run->endpoints.count > 0 && place->line == &run->endpoints.list[0].peer->checks;
}

static void on_turn(struct bns_place *place)
{
	struct bns_refresh_turn *turn = (struct bns_refresh_turn *)place;
	struct bns_refresh *r = turn->refresh;
	struct bns_refresh_run *run = run_new(r);

	r->turn = NULL;
	if (!run) {
		bns_line_leave(place);
		free(turn);
		bns_refresh_delay(r);
		return;
	}
	bns_line_pass(place, &run->place);
	free(turn);
	run_start(run);
	if (is_first(run, &run->place) && !run->wish.force)
		ask_for_serial(run);
	else
		bns_refresh_run_next(run);
}

static enum bns_error get_in_line(struct bns_refresh *r, struct bns_line *line)
{
	r->turn = calloc(1, sizeof(*r->turn));
	if (!r->turn)
		return BNS_ENOMEM;
	r->turn->refresh = r;
	bns_line_enter(line, &r->turn->place, on_turn);
	return BNS_OK;
}

enum bns_error bns_refresh_begin(struct bns_refresh *r)
{
	struct bns_refresh_endpoints endpoints;
	struct bns_refresh_run *run;
	enum bns_error err = bns_refresh_order(r, r->wish, &endpoints);
	struct bns_line *line = !err && endpoints.count > 0 ? &endpoints.list[0].peer->checks : NULL;

	bns_refresh_endpoints_free(&endpoints);
	if (err)
		return err;
	if (line)
		return get_in_line(r, line);
	run = run_new(r);
	if (!run)
		return BNS_ENOMEM;
	run_start(run);
	bns_refresh_run_next(run);
	return BNS_OK;
}
