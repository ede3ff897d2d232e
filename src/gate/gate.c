/* SPDX-License-Identifier: BSD-3-Clause */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gate/work.h"

const char *bns_outcome_to_text(enum bns_outcome o)
{
	static const char *const words[] = {
		[BNS_OUTCOME_SERVED] = "served",     [BNS_OUTCOME_NOTHING_NEW] = "nothing-new",
		[BNS_OUTCOME_HELD] = "held",         [BNS_OUTCOME_REJECTED] = "rejected",
		[BNS_OUTCOME_REFUSED] = "refused",   [BNS_OUTCOME_FAILED] = "failed",
		[BNS_OUTCOME_MISMATCH] = "mismatch",
	};
	return words[o];
}

/* Plugins let go of what they had of a first load once it is stored. */
#define TRIM_AGAIN_S 15

/* ---- life ---- */

struct bns_gate *bns_gate_new(uv_loop_t *loop, struct bns_table *table, struct bns_store *store,
			      struct bns_plugins *plugins, const struct bns_gate_callbacks *callbacks)
{
	struct bns_gate *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->loop = loop;
	g->table = table;
	g->store = store;
	g->plugins = plugins;
	g->callbacks = *callbacks;
	g->journal_depth = 20;
	return g;
}

void bns_gate_set_plugins(struct bns_gate *g, struct bns_plugins *plugins)
{
	g->plugins = plugins;
}

void bns_gate_set_journal_depth(struct bns_gate *g, unsigned depth)
{
	g->journal_depth = depth ? depth : 1;
}

void bns_gate_set_crowd(struct bns_gate *g, bool crowd)
{
	g->crowd = crowd;
	if (!crowd)
		bns_crowd_tell(g);
}

bool bns_gate_busy(const struct bns_gate *g)
{
	return g->jobs > 0;
}

static void return_borrowed(struct bns_gate *g)
{
	while (g->borrowed_count > 0)
		bns_contents_free(g->borrowed[--g->borrowed_count]);
}

static void commit_memory(struct bns_gate *g)
{
	if (g->memory)
		bns_store_commit(g->memory, NULL, NULL);
	g->memory = NULL;
}

void bns_gate_stop(struct bns_gate *g)
{
	/* A review that hasn't ended is a hold, and on disk as one. */
	if (g->plugins)
		bns_plugins_expire_reviews(g->plugins, UINT64_MAX);
	g->stopping = true;
	bns_pool_stop(g);
	bns_start_stop(g);
	bns_crowd_tell(g);
	bns_freshness_flush(g);
	commit_memory(g);
}

void bns_gate_free(struct bns_gate *g)
{
	if (!g)
		return;
	bns_registry_free_all(&g->registry);
	return_borrowed(g);
	free(g);
}

/* ---- zones ---- */

enum bns_error bns_gate_zone_add(struct bns_gate *g, const struct bns_conf_zone *conf, struct bns_zone **out,
				 struct bns_diag *diag)
{
	struct bns_zone *zone = bns_zone_new(conf, NULL);
	enum bns_error err = !zone ? BNS_ENOMEM : g->starting ? BNS_OK : bns_start_zone(g, zone);
	if (!err)
		err = bns_registry_add(&g->registry, zone);
	if (err) {
		bns_diag_set(diag, NULL, 0, 0, "zone %s can't be brought back from the store: %s", conf->domain,
			     bns_strerror(err));
		if (zone) {
			bns_image_withdraw(g, zone->apex);
			bns_zone_free(zone);
		}
		return err;
	}
	if (!g->starting) {
		bns_start_tell(g, zone);
		bns_gate_attend(g, zone);
	}
	*out = zone;
	return BNS_OK;
}

void bns_gate_zone_set_conf(struct bns_zone *zone, const struct bns_conf_zone *conf)
{
	const struct bns_conf_zone *was = zone->conf;
	bns_conf_zone_hold(conf);
	zone->conf = conf;
	bns_conf_zone_release(was);
}

struct bns_zone *bns_gate_zone_find(struct bns_gate *g, const uint8_t *apex)
{
	return bns_registry_find(&g->registry, apex);
}

struct bns_zone *bns_gate_zone_first(struct bns_gate *g)
{
	return g->registry.first;
}

size_t bns_gate_zone_count(const struct bns_gate *g)
{
	return g->registry.count;
}

/* ---- once a second ---- */

void bns_gate_attend(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_zone_work *w = zone->work;
	if (w->attended || (!zone->held && !w->approvals))
		return;
	w->attended = true;
	w->attended_next = g->attended;
	g->attended = zone;
}

void bns_gate_neglect(struct bns_gate *g, const struct bns_zone *zone)
{
	struct bns_zone **link = &g->attended;
	while (zone->work->attended && *link) {
		if (*link == zone) {
			*link = zone->work->attended_next;
			zone->work->attended = false;
			return;
		}
		link = &(*link)->work->attended_next;
	}
}

static void tick_zone(struct bns_gate *g, struct bns_zone *zone, int64_t now_s)
{
	if (zone->held)
		bns_signed_hold_tick(g, zone, now_s);
	if (zone->work->approvals && bns_approvals_ended(zone, now_s))
		bns_restore(g, zone);
}

/* Of a million zones those few with a change that waits, or an approval that may end. */
static void tick_zones(struct bns_gate *g, int64_t now_s)
{
	struct bns_zone **link = &g->attended;
	while (*link) {
		struct bns_zone *zone = *link;
		tick_zone(g, zone, now_s);
		if (zone->held || zone->work->approvals) {
			link = &zone->work->attended_next;
			continue;
		}
		*link = zone->work->attended_next;
		zone->work->attended = false;
	}
}

static void trim_work(uv_work_t *work)
{
	(void)work;
	malloc_trim(0);
}

static void trimmed(uv_work_t *work, int status)
{
	(void)work;
	(void)status;
}

/* The allocator keeps what was freed; for a large zone that is many times what is served of it. */
static void trim(struct bns_gate *g)
{
	if (g->trim_wanted && g->jobs == 0 && uv_queue_work(g->loop, &g->trim, trim_work, trimmed) == 0)
		g->trim_wanted = false;
}

void bns_gate_give_back(struct bns_gate *g)
{
	g->trim_wanted = true;
	g->trim_again_s = bns_clock_wall_s() + TRIM_AGAIN_S;
}

void bns_gate_tick(struct bns_gate *g)
{
	int64_t now = bns_clock_wall_s();
	if (g->trim_again_s && now >= g->trim_again_s) {
		g->trim_again_s = 0;
		g->trim_wanted = true;
	}
	if (g->plugins) {
		bns_plugins_expire_reviews(g->plugins, bns_clock_mono_ms());
		bns_plugins_tick(g->plugins, now);
	}
	tick_zones(g, now);
	bns_crowd_tell(g);
	bns_images_tick(g);
	bns_freshness_flush(g);
	commit_memory(g);
	return_borrowed(g);
	trim(g);
}
