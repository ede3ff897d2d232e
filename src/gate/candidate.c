/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_line.h"
#include "gate/work.h"
#include "wire/serial.h"

#define ROOM 2048 /* for most descriptions */

static const char *const state_words[] = {
	[BNS_CANDIDATE_REVIEWING] = "reviewing",
	[BNS_CANDIDATE_HELD] = "held",
	[BNS_CANDIDATE_REJECTED] = "rejected",
};

static json_t *changes_of(const json_t *report)
{
	json_t *changes = report ? json_object_get(report, "changes") : NULL;
	return changes ? json_incref(changes) : json_array();
}

struct bns_candidate *bns_candidate_from_job(const struct bns_job *job, enum bns_candidate_state state)
{
	struct bns_candidate *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	memcpy(c->id, job->id, sizeof(c->id));
	memcpy(c->source, job->source, sizeof(c->source));
	c->serial = job->candidate ? job->candidate->serial : job->zone->record.published_serial;
	c->served_serial = job->zone->record.has_version ? job->zone->record.published_serial : 0;
	c->state = state;
	c->origin = job->origin;
	c->rollback = job->rollback;
	c->since_s = bns_clock_wall_s();
	c->deadline_s = bns_signed_hold_deadline(job->served, job->candidate, job->zone->held);
	c->findings = job->findings ? json_incref(job->findings) : json_array();
	c->changes = changes_of(job->report);
	if (c->findings && c->changes)
		return c;
	bns_candidate_free(c);
	return NULL;
}

void bns_candidate_free(struct bns_candidate *c)
{
	if (!c)
		return;
	json_decref(c->findings);
	json_decref(c->changes);
	free(c);
}

struct bns_candidate *bns_candidate_find_rejected(const struct bns_zone *zone, const char *id)
{
	struct bns_candidate *c = zone->rejected;
	while (c && strcmp(c->id, id) != 0)
		c = c->next;
	return c;
}

/* ---- in the store ---- */

static char *describe_any(const struct bns_zone *zone, const struct bns_candidate *c)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:s, s:I, s:I, s:O, s:O, s:b}", "id", c->id, "zone",
			      zone->text, "state", state_words[c->state], "serial", (json_int_t)c->serial,
			      "served_serial", (json_int_t)c->served_serial, "origin", (int)c->origin, "source",
			      c->source, "since_s", (json_int_t)c->since_s, "deadline_s", (json_int_t)c->deadline_s,
			      "findings", c->findings, "changes", c->changes, "rollback", c->rollback);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

/* One that is to be reviewed, as any is first; in `room`, or allocated where there is more to say. */
static char *describe(const struct bns_zone *zone, const struct bns_candidate *c, char room[ROOM])
{
	struct bns_json_line l;
	if (json_array_size(c->findings) > 0 || json_array_size(c->changes) > 0)
		return describe_any(zone, c);
	bns_json_line_begin(&l, room, ROOM);
	bns_json_line_text(&l, "id", c->id);
	bns_json_line_text(&l, "zone", zone->text);
	bns_json_line_text(&l, "state", state_words[c->state]);
	bns_json_line_number(&l, "serial", c->serial);
	bns_json_line_number(&l, "served_serial", c->served_serial);
	bns_json_line_number(&l, "origin", c->origin);
	bns_json_line_text(&l, "source", c->source);
	bns_json_line_number(&l, "since_s", c->since_s);
	bns_json_line_number(&l, "deadline_s", c->deadline_s);
	bns_json_line_raw(&l, "findings", "[]");
	bns_json_line_raw(&l, "changes", "[]");
	bns_json_line_raw(&l, "rollback", c->rollback ? "true" : "false");
	return bns_json_line_end(&l) ? room : describe_any(zone, c);
}

enum bns_error bns_candidate_store(struct bns_store_txn *txn, const struct bns_zone *zone,
				   const struct bns_candidate *c, const void *form, size_t form_len)
{
	char room[ROOM];
	char *text = describe(zone, c, room);
	if (!text)
		return BNS_ENOMEM;
	enum bns_error err = bns_store_put(txn, BNS_DB_CANDIDATE, c->id, strlen(c->id), text, strlen(text));
	if (text != room)
		free(text);
	if (!err && form)
		err = bns_store_put(txn, BNS_DB_CANDIDATE_DATA, c->id, strlen(c->id), form, form_len);
	return err;
}

enum bns_error bns_candidate_unstore(struct bns_store_txn *txn, const char *id)
{
	enum bns_error err = bns_store_del(txn, BNS_DB_CANDIDATE, id, strlen(id));
	return err ? err : bns_store_del(txn, BNS_DB_CANDIDATE_DATA, id, strlen(id));
}

struct bns_zone *bns_candidate_zone(struct bns_gate *g, const char *id)
{
	char name[BNS_NAME_TEXT_MAX];
	uint8_t apex[BNS_NAME_MAX];
	const char *at = strrchr(id, '@');
	if (!at || (size_t)(at - id) >= sizeof(name))
		return NULL;
	memcpy(name, id, (size_t)(at - id));
	name[at - id] = '\0';
	if (bns_name_from_text(name, NULL, apex, NULL))
		return NULL;
	bns_name_lower(apex);
	return bns_gate_zone_find(g, apex);
}

enum bns_error bns_candidate_contents(struct bns_gate *g, const struct bns_zone *zone, const char *id,
				      struct bns_contents **out)
{
	void *data;
	size_t len;
	enum bns_error err = bns_store_get(g->store, BNS_DB_CANDIDATE_DATA, id, strlen(id), &data, &len);
	if (err)
		return err;
	err = bns_version_decode(zone, data, len, out);
	free(data);
	return err;
}

/* ---- back from the store ---- */

static bool state_from_text(const char *text, enum bns_candidate_state *state)
{
	for (unsigned i = 0; text && i < sizeof(state_words) / sizeof(state_words[0]); i++) {
		if (strcmp(text, state_words[i]) == 0) {
			*state = (enum bns_candidate_state)i;
			return true;
		}
	}
	return false;
}

static struct bns_candidate *candidate_from_json(const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *source = json_string_value(json_object_get(o, "source"));
	struct bns_candidate *c = calloc(1, sizeof(*c));
	if (!c || !id || !source || !state_from_text(json_string_value(json_object_get(o, "state")), &c->state)) {
		free(c);
		return NULL;
	}
	snprintf(c->id, sizeof(c->id), "%s", id);
	snprintf(c->source, sizeof(c->source), "%s", source);
	c->serial = (uint32_t)json_integer_value(json_object_get(o, "serial"));
	c->served_serial = (uint32_t)json_integer_value(json_object_get(o, "served_serial"));
	c->origin = (enum bns_origin)json_integer_value(json_object_get(o, "origin"));
	c->rollback = json_is_true(json_object_get(o, "rollback"));
	c->since_s = json_integer_value(json_object_get(o, "since_s"));
	c->deadline_s = json_integer_value(json_object_get(o, "deadline_s"));
	c->findings = json_incref(json_object_get(o, "findings"));
	c->changes = json_incref(json_object_get(o, "changes"));
	return c;
}

/* Fail closed: whatever interrupted the review, the candidate waits for a person. */
static void hold_interrupted(const struct bns_zone *zone, struct bns_candidate *c)
{
	c->state = BNS_CANDIDATE_HELD;
	json_decref(c->findings);
	c->findings =
		json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s}]", "rule", "interrupted", "severity", "H", "owner",
			  zone->text, "text", "the server stopped while this change was being reviewed", "remedy",
			  "look at it and approve it, or ask for it again with zone retransfer", "verdict", "hold");
}

/*
 * Left by a change that was interrupted, or that failed behind its review:
 * once another version is served it isn't what comes next any more, and beside
 * a decided candidate it says less. Its source offers it again if it is still
 * wanted.
 */
static bool is_left_over(const struct bns_zone *zone, const struct bns_candidate *c)
{
	uint32_t served_serial = zone->record.has_version ? zone->record.published_serial : 0;
	return c->state == BNS_CANDIDATE_REVIEWING && (zone->held || c->served_serial != served_serial);
}

/* Newest first. */
static bool comes_before(const struct bns_candidate *a, const struct bns_candidate *b)
{
	return a->since_s != b->since_s ? a->since_s > b->since_s : bns_serial_newer(a->serial, b->serial);
}

static void take(struct bns_zone *zone, struct bns_candidate *c)
{
	if (c->state == BNS_CANDIDATE_REJECTED) {
		/* A zone holds one at a time, so those held later were rejected later. */
		struct bns_candidate **link = &zone->rejected;
		while (*link && comes_before(*link, c))
			link = &(*link)->next;
		c->next = *link;
		*link = c;
		return;
	}
	if (c->state == BNS_CANDIDATE_REVIEWING)
		hold_interrupted(zone, c);
	bns_candidate_free(zone->held);
	zone->held = c;
}

struct recall {
	struct bns_zone *zone;
	struct bns_store_txn *leftovers; /* their end */
	bool dropped;
};

static void drop_left_over(struct recall *r, struct bns_candidate *c)
{
	r->dropped = true;
	if (bns_candidate_unstore(r->leftovers, c->id))
		bns_log(BNS_LOG_ERR, "zone=%s id=%s a left-over candidate can't be removed", r->zone->text, c->id);
	bns_candidate_free(c);
}

static bool recall_one(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct recall *r = arg;
	struct bns_zone *zone = r->zone;
	json_t *o = json_loadb((const char *)value, len, 0, NULL);
	struct bns_candidate *c = o ? candidate_from_json(o) : NULL;
	json_decref(o);
	if (c && is_left_over(zone, c))
		drop_left_over(r, c);
	else if (c)
		take(zone, c);
	else
		bns_log(BNS_LOG_ERR, "zone=%s id=%.*s a stored candidate can't be read; it is left alone", zone->text,
			(int)key_len, (const char *)key);
	return true;
}

enum bns_error bns_candidate_recall(struct bns_gate *g, struct bns_zone *zone)
{
	char prefix[BNS_CANDIDATE_ID_MAX];
	int n = snprintf(prefix, sizeof(prefix), "%s@", zone->text);
	struct recall r = {.zone = zone, .leftovers = bns_store_begin(g->store)};
	if (!r.leftovers)
		return BNS_ENOMEM;
	enum bns_error err = bns_store_each(g->store, BNS_DB_CANDIDATE, prefix, (size_t)n, false, recall_one, &r);
	if (r.dropped)
		bns_store_commit(r.leftovers, NULL, NULL);
	else
		bns_store_drop(r.leftovers);
	return err;
}
