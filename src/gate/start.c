/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones come back from the store. One by one each asks for its rows; at the
 * start of the daemon, when there may be a million, the rows are walked once
 * and each finds its zone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gate/work.h"

/* How long the plugins may learn at a stretch of what is served, and how often. */
#define TELL_FIRST_NS 50000000u
#define TELL_SLICE_NS 1000000u
#define TELL_EVERY_MS 4

/* ---- one zone ---- */

static enum bns_error recall_record(struct bns_gate *g, struct bns_zone *zone)
{
	void *form;
	size_t len;
	enum bns_error err = bns_store_get(g->store, BNS_DB_ZONE, zone->apex, bns_name_len(zone->apex), &form, &len);
	if (err == BNS_ENOENT)
		return BNS_OK;
	if (!err) {
		err = bns_zone_record_decode(form, len, &zone->record);
		free(form);
	}
	return bns_is_damage(err) ? bns_damage_rebuild_record(g, zone) : err;
}

bool bns_start_has_expired(const struct bns_zone *zone)
{
	const struct bns_zone_record *r = &zone->record;
	return bns_zone_is_secondary(zone) && r->expires_s != 0 && r->expires_s <= bns_clock_wall_s();
}

static enum bns_error publish_first(struct bns_gate *g, struct bns_zone *zone)
{
	const struct bns_zone_record *r = &zone->record;
	bool expired = bns_start_has_expired(zone);
	if (r->has_version && !expired) {
		enum bns_error err = bns_version_publish(g, zone);
		if (!bns_is_damage(err))
			return err;
	}
	if (r->has_version)
		bns_damage_step_back(g, zone);
	if (!r->has_version)
		return bns_version_withhold(g, zone, BNS_IMAGE_NOT_READY);
	return expired ? bns_version_withhold(g, zone, BNS_IMAGE_EXPIRED) : bns_version_publish(g, zone);
}

/* Without them more is held, not less. */
static enum bns_error recall_approvals(struct bns_gate *g, struct bns_zone *zone)
{
	enum bns_error err = bns_approvals_recall(g, zone);
	return err == BNS_EDAMAGED ? BNS_OK : err;
}

enum bns_error bns_start_zone(struct bns_gate *g, struct bns_zone *zone)
{
	enum bns_error err = recall_record(g, zone);
	if (!err)
		err = bns_candidate_recall(g, zone);
	if (err == BNS_EDAMAGED)
		err = BNS_OK;
	if (!err)
		err = recall_approvals(g, zone);
	return err ? err : publish_first(g, zone);
}

/* ---- what plugins learn ---- */

void bns_start_tell(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_contents *c;
	if (!g->plugins || zone->state != BNS_IMAGE_SERVED || bns_gate_served(g, zone, &c))
		return;
	struct bns_diff diff;
	if (!bns_diff_make(NULL, c, &diff)) {
		struct bns_change change = {
			.zone = zone->apex,
			.zone_text = zone->text,
			.origin = BNS_ORIGIN_CONTROL,
			.source = "store",
			.id = "",
			.candidate = c,
			.diff = &diff,
			.signed_zone = c->is_signed,
			.now_s = bns_clock_wall_s(),
		};
		bns_plugins_served(g->plugins, &change);
		bns_diff_free(&diff);
	}
	bns_contents_free(c);
}

static void tell_for(struct bns_gate *g, uint64_t ns)
{
	uint64_t until = uv_hrtime() + ns;
	while (g->to_tell && uv_hrtime() < until) {
		struct bns_zone *zone = g->to_tell;
		g->to_tell = zone->next;
		bns_start_tell(g, zone);
	}
}

static void on_tell(uv_timer_t *timer)
{
	struct bns_gate *g = timer->data;
	tell_for(g, TELL_SLICE_NS);
	if (g->to_tell && !g->stopping)
		return;
	bns_start_stop(g);
	bns_gate_give_back(g);
}

void bns_start_stop(struct bns_gate *g)
{
	if (!g->telling)
		return;
	g->telling = false;
	g->to_tell = NULL;
	uv_close((uv_handle_t *)&g->tell, NULL);
}

void bns_gate_tell_plugins(struct bns_gate *g)
{
	g->to_tell = g->registry.first;
	tell_for(g, TELL_FIRST_NS);
	if (!g->to_tell || uv_timer_init(g->loop, &g->tell))
		return;
	g->tell.data = g;
	g->telling = true;
	uv_timer_start(&g->tell, on_tell, TELL_EVERY_MS, TELL_EVERY_MS);
	uv_unref((uv_handle_t *)&g->tell);
}

/* ---- all zones ---- */

enum bns_error bns_gate_start(struct bns_gate *g, struct bns_newcomers *n, struct bns_diag *diag)
{
	g->starting = true;
	return bns_newcomers_take(n, &g->registry, diag);
}

struct found {
	struct bns_gate *g;
	struct bns_zone **list; /* each once: a zone's rows are neighbours */
	size_t count;
	size_t capacity;
	enum bns_error err;
};

static bool add_found(struct found *f, struct bns_zone *zone)
{
	if (!zone || (f->count > 0 && f->list[f->count - 1] == zone))
		return true;
	if (f->count == f->capacity) {
		size_t capacity = f->capacity ? 2 * f->capacity : 64;
		struct bns_zone **list = realloc(f->list, capacity * sizeof(*list));
		if (!list) {
			f->err = BNS_ENOMEM;
			return false;
		}
		f->list = list;
		f->capacity = capacity;
	}
	f->list[f->count++] = zone;
	return true;
}

static bool find_candidate(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct found *f = arg;
	char text[BNS_CANDIDATE_ID_MAX];
	struct bns_zone *zone = NULL;
	(void)value;
	(void)len;
	if (key_len < sizeof(text)) {
		memcpy(text, key, key_len);
		text[key_len] = '\0';
		zone = bns_candidate_zone(f->g, text);
	}
	return add_found(f, zone);
}

static bool find_approval(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct found *f = arg;
	(void)value;
	(void)len;
	return add_found(f, bns_approvals_zone(f->g, key, key_len));
}

static enum bns_error recall_found(struct bns_gate *g, const struct found *f,
				   enum bns_error (*recall)(struct bns_gate *g, struct bns_zone *zone))
{
	enum bns_error err = f->err;
	for (size_t i = 0; i < f->count && !err; i++) {
		err = recall(g, f->list[i]);
		bns_gate_attend(g, f->list[i]);
	}
	return err;
}

static enum bns_error recall_decisions(struct bns_gate *g)
{
	struct found candidates = {.g = g}, approvals = {.g = g};
	enum bns_error err = bns_store_each(g->store, BNS_DB_CANDIDATE, "", 0, false, find_candidate, &candidates);
	if (!err)
		err = recall_found(g, &candidates, bns_candidate_recall);
	if (!err)
		err = bns_approvals_each(g, find_approval, &approvals);
	if (!err)
		err = recall_found(g, &approvals, recall_approvals);
	free(candidates.list);
	free(approvals.list);
	return err;
}

/* Rows on their way to their zones: memory is asked for a slot, then for the zone, before each is needed. */
#define RECORDS 16

struct records {
	struct bns_gate *g;
	unsigned count;
	struct {
		uint64_t hash;
		size_t len;
		uint8_t apex[BNS_NAME_MAX];
		uint8_t form[BNS_ZONE_RECORD_LEN];
	} row[RECORDS];
};

static void bring_to_zones(struct records *r)
{
	struct bns_gate *g = r->g;
	for (unsigned i = 0; i < r->count; i++)
		bns_registry_ask_zone(&g->registry, r->row[i].hash);
	for (unsigned i = 0; i < r->count; i++) {
		struct bns_zone *zone = bns_registry_find_hashed(&g->registry, r->row[i].apex, r->row[i].hash);
		g->strays += !zone;
		if (zone && bns_zone_record_decode(r->row[i].form, r->row[i].len, &zone->record))
			g->has_damage = true;
	}
	r->count = 0;
}

static bool take_record(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct records *r = arg;
	if (!bns_name_valid(key, key_len)) {
		r->g->strays++;
		return true;
	}
	/* A longer one isn't a record of ours, and neither is its beginning. */
	size_t kept = len > BNS_ZONE_RECORD_LEN ? 0 : len;
	memcpy(r->row[r->count].apex, key, key_len);
	memcpy(r->row[r->count].form, value, kept);
	r->row[r->count].len = kept;
	r->row[r->count].hash = bns_name_hash(key);
	bns_registry_ask_slot(&r->g->registry, r->row[r->count].hash);
	if (++r->count == RECORDS)
		bring_to_zones(r);
	return true;
}

/* Damaged rows aren't shown: those that lack one are looked at by themselves then. */
static enum bns_error recall_records(struct bns_gate *g)
{
	uint64_t damaged = bns_store_damaged(g->store);
	struct records records = {.g = g};
	enum bns_error err = bns_store_each(g->store, BNS_DB_ZONE, "", 0, false, take_record, &records);
	bring_to_zones(&records);
	if (bns_store_damaged(g->store) == damaged && !g->has_damage)
		return err;
	g->has_damage = false;
	for (struct bns_zone *z = g->registry.first; z && !err; z = z->next)
		if (!z->record.has_version)
			err = recall_record(g, z);
	return err;
}

size_t bns_gate_strays(const struct bns_gate *g)
{
	return g->strays;
}

static enum bns_error fail(const struct bns_zone *zone, enum bns_error err, struct bns_diag *diag)
{
	bns_diag_set(diag, NULL, 0, 0, "%s%s can't be brought back from the store: %s",
		     zone ? "zone " : "what was held", zone ? zone->text : "", bns_strerror(err));
	return err;
}

enum bns_error bns_gate_started(struct bns_gate *g, struct bns_diag *diag)
{
	g->starting = false;
	enum bns_error err = recall_records(g);
	if (!err)
		err = recall_decisions(g);
	if (err)
		return fail(NULL, err, diag);
	err = bns_images_bring_back(g);
	if (err)
		return fail(NULL, err, diag);
	for (struct bns_zone *z = g->registry.first; z; z = z->next) {
		err = z->state == BNS_IMAGE_SERVED ? BNS_OK : publish_first(g, z);
		if (err)
			return fail(z, err, diag);
	}
	return BNS_OK;
}
