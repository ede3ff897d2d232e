/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/refresh.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transfer/refresh_internal.h"
#include "transfer/refresh_plan.h"

/* -- waiters -- */

static void tell_waiters(struct bns_refresh_waiter *waiters, struct bns_zone *zone, const struct bns_result *result)
{
	while (waiters) {
		struct bns_refresh_waiter *next = waiters->next;
		waiters->done(waiters->arg, zone, result);
		free(waiters);
		waiters = next;
	}
}

static struct bns_result failed(const char *reason)
{
	struct bns_result result = {.outcome = BNS_OUTCOME_FAILED};

	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	return result;
}

/* -- time -- */

static struct bns_refresh *refresh_of_check(struct bns_timer *timer)
{
	return (struct bns_refresh *)((char *)timer - offsetof(struct bns_refresh, check));
}

static struct bns_refresh *refresh_of_expire(struct bns_timer *timer)
{
	return (struct bns_refresh *)((char *)timer - offsetof(struct bns_refresh, expire));
}

static void on_check_time(struct bns_timer *timer)
{
	struct bns_refresh *r = refresh_of_check(timer);

	r->state = BNS_REFRESH_WAITING;
	bns_refresh_run(r);
}

static void arm_expire(struct bns_refresh *r)
{
	int64_t left_s = r->zone->record.expires_s - bns_clock_wall_s();

	if (r->zone->record.expires_s == 0 || r->zone->state != BNS_IMAGE_SERVED)
		bns_timer_disarm(&r->t->timers, &r->expire);
	else
		bns_timer_arm(&r->t->timers, &r->expire, left_s > 0 ? (uint64_t)left_s * 1000 : 0);
}

static void on_expire_time(struct bns_timer *timer)
{
	struct bns_refresh *r = refresh_of_expire(timer);

	/* The zone may have been refreshed since the timer was set. */
	if (bns_clock_wall_s() < r->zone->record.expires_s)
		arm_expire(r);
	else if (r->zone->record.expires_s && r->zone->state == BNS_IMAGE_SERVED)
		bns_gate_expire(r->t->gate, r->zone);
}

static void arm_check(struct bns_refresh *r, uint64_t delay_s)
{
	bns_timer_arm(&r->t->timers, &r->check, bns_plan_jitter_ms(delay_s, bns_ask_random()));
}

/* As the SOA has it, or when a pinned primary has lagged behind for long enough. */
static uint64_t next_check_s(const struct bns_refresh *r)
{
	uint64_t interval_s = bns_plan_interval_s(&r->zone->record, r->zone->conf->set, r->failures);
	uint64_t lag_s = (bns_clock_mono_ms() - r->lags_since_ms) / 1000;
	uint64_t pin_s = r->zone->conf->set->primary_pin_s;

	if (r->lags_since_ms == 0 || pin_s == 0)
		return interval_s;
	return bns_plan_clamp(pin_s > lag_s ? pin_s - lag_s + 1 : 1, 1, interval_s);
}

/* -- the end of a round -- */

static void refresh_free(struct bns_refresh *r)
{
	bns_refresh_run_forget(r);
	free(r);
}

void bns_refresh_ended(struct bns_refresh *r, bool good, const struct bns_result *result)
{
	struct bns_refresh_waiter *waiters = r->waiters;
	struct bns_zone *zone = r->zone;

	if (!zone) {
		refresh_free(r);
		return;
	}
	r->t->counts.refreshes[result->outcome]++;
	r->state = BNS_REFRESH_IDLE;
	r->failures = good ? 0 : r->failures + 1;
	r->waiters = r->again_waiters;
	r->again_waiters = NULL;
	r->force = r->again_force;
	r->again_force = false;
	arm_expire(r);
	if (r->again)
		arm_check(r, 0);
	else
		arm_check(r, next_check_s(r));
	r->again = false;
	bns_line_leave(&r->place);
	tell_waiters(waiters, zone, result);
}

/* -- from outside -- */

static enum bns_error refresh_new(struct bns_transfer *t, struct bns_zone *zone)
{
	struct bns_refresh *r = calloc(1, sizeof(*r));

	if (!r)
		return BNS_ENOMEM;
	if (bns_timer_add(&t->timers, &r->check, on_check_time))
		goto out;
	if (bns_timer_add(&t->timers, &r->expire, on_expire_time)) {
		bns_timer_drop(&t->timers, &r->check);
		goto out;
	}
	r->t = t;
	r->zone = zone;
	LIST_INSERT_HEAD(&t->refreshes, r, every);
	zone->refresh = r;
	return BNS_OK;
out:
	free(r);
	return BNS_ENOMEM;
}

enum bns_error bns_refresh_start(struct bns_transfer *t, struct bns_zone *zone)
{
	uint64_t first_s = bns_plan_first_s(&zone->record, zone->conf->set, bns_clock_wall_s());
	enum bns_error err;

	if (!zone->refresh) {
		err = refresh_new(t, zone);
		if (err)
			return err;
	}
	if (zone->refresh->state == BNS_REFRESH_IDLE)
		arm_check(zone->refresh, first_s);
	arm_expire(zone->refresh);
	return BNS_OK;
}

void bns_refresh_stop(struct bns_refresh *r)
{
	struct bns_result result = failed("the zone's refresh was stopped");
	struct bns_refresh_waiter *waiters = r->waiters;
	struct bns_refresh_waiter *again_waiters = r->again_waiters;
	struct bns_zone *zone = r->zone;

	LIST_REMOVE(r, every);
	bns_timer_drop(&r->t->timers, &r->check);
	bns_timer_drop(&r->t->timers, &r->expire);
	zone->refresh = NULL;
	r->zone = NULL;
	bns_refresh_run_cancel(r);
	bns_line_leave(&r->place);
	if (r->state != BNS_REFRESH_JUDGING)
		refresh_free(r);
	tell_waiters(waiters, zone, &result);
	tell_waiters(again_waiters, zone, &result);
}

static bool refresh_runs(const struct bns_refresh *r)
{
	return r->state == BNS_REFRESH_ASKING || r->state == BNS_REFRESH_JUDGING;
}

enum bns_error bns_refresh_now(struct bns_refresh *r, bool force, bns_result_fn done, void *arg)
{
	/* What runs answers an ordinary question too, but not a retransfer's. */
	bool again = refresh_runs(r) && force && !r->force;
	struct bns_refresh_waiter **list = again ? &r->again_waiters : &r->waiters;

	if (done) {
		struct bns_refresh_waiter *waiter = malloc(sizeof(*waiter));
		if (!waiter)
			return BNS_ENOMEM;
		*waiter = (struct bns_refresh_waiter){.done = done, .arg = arg, .next = *list};
		*list = waiter;
	}
	if (again) {
		r->again = true;
		r->again_force = true;
	} else if (!refresh_runs(r)) {
		r->force = r->force || force;
		if (r->state == BNS_REFRESH_IDLE)
			bns_timer_arm(&r->t->timers, &r->check, 0);
	}
	return BNS_OK;
}

void bns_refresh_notified(struct bns_refresh *r, const union bns_addr *from)
{
	r->notified_by = *from;
	/* Also where it waits in line: whom it will ask first is settled by then. */
	if (r->state != BNS_REFRESH_IDLE)
		r->again = true;
	else
		bns_timer_arm(&r->t->timers, &r->check, 0);
}

void bns_refresh_status(const struct bns_refresh *r, struct bns_transfer_status *out)
{
	uint64_t now_ms = bns_clock_mono_ms();
	int64_t expires_s = r->zone->record.expires_s;

	out->busy = r->state != BNS_REFRESH_IDLE;
	if (r->check.slot)
		out->refresh_in_s = r->check.at_ms > now_ms ? (int64_t)((r->check.at_ms - now_ms) / 1000) : 0;
	if (expires_s)
		out->expires_in_s = expires_s > bns_clock_wall_s() ? expires_s - bns_clock_wall_s() : 0;
	snprintf(out->primary, sizeof(out->primary), "%s", r->primary);
	out->primary_serial = r->primary_serial;
}
