/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/catalogs.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "transfer/catalogs_internal.h"

/* ---- life ---- */

struct bns_catalogs *bns_catalogs_new(struct bns_gate *g, struct bns_members *ms)
{
	struct bns_catalogs *cs = calloc(1, sizeof(*cs));
	if (!cs)
		return NULL;
	cs->gate = g;
	cs->members = ms;
	SLIST_INIT(&cs->list);
	return cs;
}

void bns_catalogs_free(struct bns_catalogs *cs)
{
	if (!cs)
		return;
	while (!SLIST_EMPTY(&cs->list)) {
		struct bns_catalog_at_work *c = SLIST_FIRST(&cs->list);
		SLIST_REMOVE_HEAD(&cs->list, next);
		bns_catalog_free(&c->members);
		free(c->keep);
		free(c->told);
		free(c);
	}
	free(cs);
}

struct bns_catalog_at_work *bns_catalogs_find(struct bns_catalogs *cs, const uint8_t *apex)
{
	struct bns_catalog_at_work *c = SLIST_FIRST(&cs->list);
	while (c && !bns_name_equal(c->apex, apex))
		c = SLIST_NEXT(c, next);
	return c;
}

static struct bns_catalog_at_work *take_up(struct bns_catalogs *cs, const struct bns_zone *zone)
{
	struct bns_catalog_at_work *c = bns_catalogs_find(cs, zone->apex);
	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c) {
		bns_log(BNS_LOG_CRIT, "zone=%s no memory to follow the catalog", zone->text);
		return NULL;
	}
	c->all = cs;
	memcpy(c->apex, zone->apex, bns_name_len(zone->apex));
	bns_name_to_text(zone->apex, c->owner);
	SLIST_INSERT_HEAD(&cs->list, c, next);
	return c;
}

/* ---- what is told ---- */

void bns_catalogs_report(struct bns_catalog_at_work *c, struct bns_zone *zone, const char *text)
{
	if (strcmp(c->told ? c->told : "", text) == 0)
		return;
	free(c->told);
	c->told = strdup(text);
	if (*text)
		bns_gate_report_failure(c->all->gate, zone, "catalog", text);
}

/* ---- when something happens ---- */

static void work_on(struct bns_catalogs *cs, struct bns_zone *zone)
{
	enum bns_catalog_role role = bns_catalog_role_of(zone);
	if (role != BNS_CATALOG_INTERPRET && role != BNS_CATALOG_GENERATE)
		return;
	struct bns_catalog_at_work *c = take_up(cs, zone);
	if (!c)
		return;
	c->due = false;
	if (role == BNS_CATALOG_GENERATE) {
		bns_catalog_make(c, zone);
		return;
	}
	bns_catalog_follow(c, zone);
	bns_catalogs_report(c, zone, c->conflict);
}

bool bns_catalog_is_followed(struct bns_gate *g, const char *owner)
{
	uint8_t apex[BNS_NAME_MAX];
	return strcmp(owner, BNS_MEMBER_CONTROL) != 0 && !bns_name_from_text(owner, NULL, apex, NULL) &&
	       bns_catalog_role_of(bns_gate_zone_find(g, apex)) == BNS_CATALOG_INTERPRET;
}

/*
 * Members whose catalog isn't followed any more, without having been let go of
 * through the gate, stay: nobody has said that they shall go.
 */
static void warn_of_stranded(struct bns_catalogs *cs)
{
	size_t count = 0;
	const struct bns_zone *first = NULL;
	for (const struct bns_zone *z = bns_gate_zone_first(cs->gate); z; z = z->next) {
		if (!z->member || strcmp(z->member->owner, BNS_MEMBER_CONTROL) == 0 ||
		    bns_catalog_is_followed(cs->gate, z->member->owner))
			continue;
		first = z;
		count++;
	}
	if (first)
		bns_log(BNS_LOG_ERR,
			"%zu zones are members of catalogs that aren't followed any more and are served on, such as "
			"%s of %s: bring the catalog back, or `zone remove` them",
			count, first->text, first->member->owner);
}

void bns_catalogs_refresh(struct bns_catalogs *cs)
{
	struct bns_zone *next;
	for (struct bns_zone *z = bns_gate_zone_first(cs->gate); z; z = next) {
		next = z->next;
		if (bns_catalog_role_of(z) == BNS_CATALOG_INTERPRET)
			work_on(cs, z);
	}
	/* Whether a member may move from one to another is known once both have been read. */
	struct bns_catalog_at_work *c;
	SLIST_FOREACH(c, &cs->list, next)
	c->due = true;
	cs->zones_changed = true;
	warn_of_stranded(cs);
}

void bns_catalogs_published(struct bns_catalogs *cs, struct bns_zone *zone)
{
	if (bns_catalog_role_of(zone) != BNS_CATALOG_INTERPRET)
		return;
	struct bns_catalog_at_work *c = take_up(cs, zone);
	if (!c)
		return;
	bns_catalog_follow(c, zone);
	/* Conflicts are told on the next tick: the end of the version's own way clears what is told before. */
	c->due = c->due || c->ignored > 0;
}

void bns_catalogs_changed(struct bns_catalogs *cs, const struct bns_zone *zone, bool gone)
{
	struct bns_catalog_at_work *c;
	cs->zones_changed = true;
	if (!gone)
		return;
	/* Whom it stood in the way of may come now. */
	SLIST_FOREACH(c, &cs->list, next)
	c->due = c->due || bns_catalog_find(&c->members, zone->apex);
	if (bns_catalog_role_of(zone) != BNS_CATALOG_INTERPRET)
		return;
	c = bns_catalogs_find(cs, zone->apex);
	if (c)
		bns_catalog_release(c);
}

void bns_catalogs_tick(struct bns_catalogs *cs, int64_t now_s)
{
	struct bns_catalog_at_work *c;
	struct bns_zone *next;
	SLIST_FOREACH(c, &cs->list, next)
	{
		bool is_time = c->due && c->in_hand == 0 && now_s >= c->not_before_s;
		struct bns_zone *zone = is_time ? bns_gate_zone_find(cs->gate, c->apex) : NULL;
		if (zone)
			work_on(cs, zone);
	}
	if (!cs->zones_changed)
		return;
	cs->zones_changed = false;
	for (struct bns_zone *z = bns_gate_zone_first(cs->gate); z; z = next) {
		next = z->next;
		if (bns_catalog_role_of(z) == BNS_CATALOG_GENERATE)
			work_on(cs, z);
	}
}
