/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/refresh.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
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

static bool is_idle(const struct bns_refresh *r)
{
	return !r->run && !r->turn;
}

static bool can_expire(const struct bns_refresh *r)
{
	return r->zone->record.expires_s != 0 && r->zone->state == BNS_IMAGE_SERVED;
}

static bool has_expired(const struct bns_refresh *r)
{
	return can_expire(r) && r->zone->record.expires_s <= bns_clock_wall_s();
}

/* Milliseconds until the zone expires, or UINT64_MAX. One that has, but for the change it has in hand, is let be. */
static uint64_t expires_in_ms(const struct bns_refresh *r)
{
	int64_t left_s = r->zone->record.expires_s - bns_clock_wall_s();

	if (!can_expire(r))
		return UINT64_MAX;
	return left_s > 0 ? (uint64_t)left_s * 1000 : 1000;
}

/* `check_ms`: until the next check; UINT64_MAX: a round runs. */
static void arm(struct bns_refresh *r, uint64_t check_ms)
{
	uint64_t expire_ms = expires_in_ms(r);
	uint64_t first_ms = expire_ms < check_ms ? expire_ms : check_ms;

	if (first_ms == UINT64_MAX)
		bns_timer_disarm(&r->t->timers, &r->timer);
	else
		bns_timer_arm(&r->t->timers, &r->timer, first_ms);
}

/* As the SOA has it, or when a pinned primary has lagged behind for long enough. */
static uint64_t next_check_s(const struct bns_refresh *r)
{
	uint64_t interval_s = bns_plan_interval_s(&r->zone->record, r->zone->conf->set, r->failures);
	uint64_t pin_s = r->zone->conf->set->primary_pin_s;

	if (r->lags_since_s == 0 || pin_s == 0)
		return interval_s;
	uint64_t lag_s = bns_refresh_now_s() - r->lags_since_s;
	return bns_plan_clamp(pin_s > lag_s ? pin_s - lag_s + 1 : 1, 1, interval_s);
}

static void arm_check(struct bns_refresh *r, uint64_t delay_s)
{
	arm(r, bns_plan_jitter_ms(delay_s, bns_ask_random()));
}

void bns_refresh_delay(struct bns_refresh *r)
{
	bns_log(BNS_LOG_ERR, "zone=%s no memory for its refresh: it is tried again", r->zone->text);
	if (r->failures < UINT16_MAX)
		r->failures++;
	arm_check(r, next_check_s(r));
}

static void begin(struct bns_refresh *r)
{
	arm(r, UINT64_MAX);
	if (bns_refresh_begin(r))
		bns_refresh_delay(r);
}

/* The zone may have been refreshed since the timer was set; one that expires now is asked for once more. */
static void on_time(struct bns_timer *timer)
{
	struct bns_refresh *r = (struct bns_refresh *)((char *)timer - offsetof(struct bns_refresh, timer));

	if (has_expired(r))
		bns_gate_expire(r->t->gate, r->zone);
	if (is_idle(r))
		begin(r);
	else
		arm(r, UINT64_MAX);
}

/* -- the end of a round -- */

void bns_refresh_ended(struct bns_refresh_run *run, bool good, const struct bns_result *result)
{
	struct bns_refresh *r = run->refresh;
	struct bns_refresh_waiter *waiters = run->wish.waiters;
	struct bns_zone *zone = r->zone;

	r->t->counts.refreshes[result->outcome]++;
	if (good)
		r->failures = 0;
	else if (r->failures < UINT16_MAX)
		r->failures++;
	run->wish.waiters = NULL;
	r->run = NULL;
	if (r->again)
		arm(r, 0);
	else
		arm_check(r, next_check_s(r));
	r->again = false;
	bns_line_leave(&run->place);
	tell_waiters(waiters, zone, result);
}

/* -- from outside -- */

static enum bns_error refresh_new(struct bns_transfer *t, struct bns_zone *zone)
{
	struct bns_refresh *r = calloc(1, sizeof(*r));

	if (!r)
		return BNS_ENOMEM;
	if (bns_timer_add(&t->timers, &r->timer, on_time)) {
		free(r);
		return BNS_ENOMEM;
	}
	r->t = t;
	r->zone = zone;
	zone->refresh = r;
	return BNS_OK;
}

enum bns_error bns_refresh_start(struct bns_transfer *t, struct bns_zone *zone)
{
	uint64_t first_ms = bns_plan_first_ms(&zone->record, zone->conf->set, bns_clock_wall_s(), bns_ask_random());
	enum bns_error err;

	if (!zone->refresh) {
		err = refresh_new(t, zone);
		if (err)
			return err;
	}
	arm(zone->refresh, is_idle(zone->refresh) ? first_ms : UINT64_MAX);
	return BNS_OK;
}

void bns_refresh_stop(struct bns_refresh *r)
{
	struct bns_result result = failed("the zone's refresh was stopped");
	struct bns_refresh_waiter *of_run = r->run ? r->run->wish.waiters : NULL;
	struct bns_refresh_waiter *of_wish = r->wish ? r->wish->waiters : NULL;
	struct bns_zone *zone = r->zone;

	bns_timer_drop(&r->t->timers, &r->timer);
	zone->refresh = NULL;
	if (r->run)
		bns_refresh_run_stop(r->run);
	if (r->turn)
		bns_line_leave(&r->turn->place);
	free(r->turn);
	free(r->wish);
	free(r);
	tell_waiters(of_run, zone, &result);
	tell_waiters(of_wish, zone, &result);
}

static struct bns_refresh_wish *wish_of(struct bns_refresh *r)
{
	if (!r->wish)
		r->wish = calloc(1, sizeof(*r->wish));
	return r->wish;
}

/* What runs answers an ordinary question too, but not a retransfer's. */
enum bns_error bns_refresh_now(struct bns_refresh *r, bool force, bns_result_fn done, void *arg)
{
	bool joins = r->run && (!force || r->run->wish.force);
	struct bns_refresh_wish *wish = joins ? &r->run->wish : wish_of(r);
	struct bns_refresh_waiter *waiter = done ? malloc(sizeof(*waiter)) : NULL;

	if (!wish || (done && !waiter)) {
		free(waiter);
		return BNS_ENOMEM;
	}
	if (waiter) {
		*waiter = (struct bns_refresh_waiter){.done = done, .arg = arg, .next = wish->waiters};
		wish->waiters = waiter;
	}
	wish->force = wish->force || force;
	if (r->run && !joins)
		r->again = true;
	if (is_idle(r))
		arm(r, 0);
	return BNS_OK;
}

void bns_refresh_notified(struct bns_refresh *r, const union bns_addr *from)
{
	struct bns_refresh_wish *wish = wish_of(r);

	if (wish)
		wish->notified_by = *from;
	if (r->run)
		r->again = true;
	if (is_idle(r))
		arm(r, 0);
}

void bns_refresh_status(const struct bns_refresh *r, struct bns_transfer_status *out)
{
	int64_t left_ms = bns_timer_left_ms(&r->timer);
	int64_t expires_s = r->zone->record.expires_s;
	const union bns_addr *primary = bns_peers_address(&r->t->peers, r->answered);

	out->busy = !is_idle(r);
	if (is_idle(r) && left_ms >= 0)
		out->refresh_in_s = left_ms / 1000;
	if (expires_s)
		out->expires_in_s = expires_s > bns_clock_wall_s() ? expires_s - bns_clock_wall_s() : 0;
	if (primary)
		bns_addr_to_text(primary, out->primary);
	out->primary_serial = r->primary_serial;
}
