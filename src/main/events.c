/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's clock and signals, and the two halves of its stop. */
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "base/clock.h"
#include "main/daemon_internal.h"

#define TICK_MS        1000
#define DRAIN_LIMIT_MS 5000
#define DRAIN_STEP_MS  10

/* ---- stop ---- */

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Second half: nothing comes in any more and what was in hand has ended, or has had its time. */
static void close_rest(struct bns_daemon *d)
{
	if (d->gate)
		bns_gate_stop(d->gate);
	if (d->plugins)
		bns_plugins_stop(d->plugins);
	if (d->store)
		bns_store_close(d->store);
	d->store = NULL;
	for (unsigned i = 0; i < d->signal_count; i++)
		close_handle((uv_handle_t *)&d->signals[i]);
	/* Told twice is told: the rest takes milliseconds and shall end as it should. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	if (d->signal_count == 0)
		return;
	close_handle((uv_handle_t *)&d->tick);
	close_handle((uv_handle_t *)&d->watchdog);
	close_handle((uv_handle_t *)&d->drain);
}

static void on_drain(uv_timer_t *timer)
{
	struct bns_daemon *d = timer->data;
	if (bns_gate_busy(d->gate) && bns_clock_mono_ms() < d->drain_until_ms)
		return;
	uv_timer_stop(timer);
	close_rest(d);
}

/* First half: the doors are closed; a change that is being reviewed may still come to its end. */
void bns_daemon_stop(void *arg)
{
	struct bns_daemon *d = arg;
	if (d->stopping)
		return;
	d->stopping = true;
	sd_notify(0, "STOPPING=1");
	if (d->server)
		bns_server_stop(d->server);
	if (d->control)
		bns_control_stop(d->control);
	if (d->transfer)
		bns_transfer_stop(d->transfer);
	bns_loader_stop(&d->loader);
	if (d->signal_count == 0) {
		close_rest(d);
		return;
	}
	d->drain_until_ms = bns_clock_mono_ms() + DRAIN_LIMIT_MS;
	uv_timer_start(&d->drain, on_drain, 0, DRAIN_STEP_MS);
}

/* ---- the loop's own events ---- */

static void reload_on_signal(struct bns_daemon *d)
{
	struct bns_diag diag = {0};
	if (!bns_daemon_reload(d, &diag))
		return;
	bns_daemon_log_diag(BNS_LOG_ERR, &diag);
	bns_log(BNS_LOG_ERR, "reload-failed scope=configuration what was in force stays in force");
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct bns_daemon *d = handle->data;
	if (number == SIGHUP) {
		reload_on_signal(d);
	} else if (number == SIGUSR1) {
		bns_daemon_open_log(d->options);
	} else {
		bns_log(BNS_LOG_NOTICE, "stopping signal=%d", number);
		bns_daemon_stop(d);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct bns_daemon *d = timer->data;
	bns_gate_tick(d->gate);
	bns_catalogs_tick(d->catalogs, bns_clock_wall_s());
	bool lost = !bns_store_intact(d->store);
	if (lost && !d->store_lost)
		bns_log(BNS_LOG_CRIT,
			"the store's folder %s was removed or replaced: service goes on, but accepted versions will "
			"not "
			"survive a restart; bring the folder back and restart",
			d->conf->storage);
	d->store_lost = lost;
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	sd_notify(0, "WATCHDOG=1");
}

void bns_daemon_start_events(struct bns_daemon *d)
{
	static const int numbers[] = {SIGHUP, SIGTERM, SIGINT, SIGUSR1};
	uint64_t watchdog_us = 0;
	for (; d->signal_count < 4; d->signal_count++) {
		uv_signal_t *s = &d->signals[d->signal_count];
		uv_signal_init(&d->loop, s);
		s->data = d;
		uv_signal_start(s, on_signal, numbers[d->signal_count]);
	}
	uv_timer_init(&d->loop, &d->tick);
	d->tick.data = d;
	uv_timer_start(&d->tick, on_tick, TICK_MS, TICK_MS);
	uv_timer_init(&d->loop, &d->drain);
	d->drain.data = d;
	uv_timer_init(&d->loop, &d->watchdog);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		uv_timer_start(&d->watchdog, on_watchdog, 0, watchdog_us / 2000);
}
