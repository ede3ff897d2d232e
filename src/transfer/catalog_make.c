/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A catalog of the zones that are here and name it; zones whose removal is held
 * are here. One that is here and names it no more would be gone from the whole
 * fleet: where its removal would be held, it stays listed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transfer/catalogs_internal.h"
#include "wire/serial.h"
#include "zone/diff.h"

static bool is_listed(const struct bns_zone *zone, const struct bns_zone *catalog)
{
	return bns_catalog_role_of(zone) == BNS_CATALOG_MEMBER &&
	       strcmp(zone->conf->set->catalog->zone, catalog->text) == 0;
}

static bool is_kept(const struct bns_catalog_at_work *c, const struct bns_zone *zone)
{
	const struct bns_catalog_member *m = c->keep ? bns_catalog_find(&c->members, zone->apex) : NULL;
	return m && c->keep[m - c->members.members];
}

static enum bns_error collect(const struct bns_catalog_at_work *c, const struct bns_zone *catalog,
			      struct bns_catalog_entry **out, size_t *count)
{
	size_t n = 0;
	struct bns_gate *g = c->all->gate;
	struct bns_catalog_entry *entries = calloc(bns_gate_zone_count(g) + 1, sizeof(*entries));
	if (!entries)
		return BNS_ENOMEM;
	for (const struct bns_zone *z = bns_gate_zone_first(g); z; z = z->next) {
		if (is_listed(z, catalog))
			entries[n++] =
				(struct bns_catalog_entry){.zone = z->apex, .group = z->conf->set->catalog->group};
		else if (is_kept(c, z))
			entries[n++] = (struct bns_catalog_entry){.zone = z->apex};
	}
	*out = entries;
	*count = n;
	return BNS_OK;
}

/*
 * A version that waits or was rejected keeps its serial, so that the same list
 * is the same candidate after a restart too. The first serial is the time: who
 * has transferred from us before the store was lost must see a newer one.
 */
static uint32_t next_serial(const struct bns_zone *zone)
{
	uint32_t now = (uint32_t)bns_clock_wall_s();
	const struct bns_candidate *c = zone->held ? zone->held : zone->rejected;
	if (c && c->origin == BNS_ORIGIN_CONTROL &&
	    (!zone->record.has_version || bns_serial_newer(c->serial, zone->record.published_serial)))
		return c->serial;
	if (!zone->record.has_version)
		return now;
	uint32_t next = zone->record.published_serial + 1;
	return zone->conf->set->serial == BNS_SERIAL_UNIXTIME ? bns_serial_max(next, now) : next;
}

static bool is_served(struct bns_gate *g, const struct bns_zone *zone, const struct bns_contents *made)
{
	struct bns_contents *served;
	struct bns_diff diff;
	if (bns_gate_served(g, zone, &served))
		return false;
	bool same = false;
	if (!bns_diff_make(served, made, &diff)) {
		same = diff.count == 0;
		bns_diff_free(&diff);
	}
	bns_contents_free(served);
	return same;
}

/* ---- a version on its way ---- */

static void submitted(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_catalog_at_work *c = arg;
	(void)result; /* the gate tells of what went wrong */
	c->in_hand--;
	if (zone)
		bns_catalogs_report(c, zone, c->conflict);
}

static void submit(struct bns_catalog_at_work *c, struct bns_zone *zone, struct bns_contents *made, size_t count)
{
	struct bns_submission sub = {.contents = made, .origin = BNS_ORIGIN_CONTROL};
	snprintf(sub.source, sizeof(sub.source), "catalog of %zu zones", count);
	c->in_hand++;
	bns_gate_submit(c->all->gate, zone, &sub, submitted, c);
}

static void make(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	struct bns_gate *g = c->all->gate;
	struct bns_catalog_entry *entries = NULL;
	struct bns_contents *made = NULL;
	size_t count = 0;
	enum bns_error err = collect(c, zone, &entries, &count);
	if (!err)
		err = bns_catalog_write(zone->apex, next_serial(zone), entries, count, &made);
	free(entries);
	if (err) {
		bns_catalogs_report(c, zone,
				    err == BNS_ENAME ? "its name is too long for a catalog's; give it a shorter one"
						     : bns_strerror(err));
		return;
	}
	if (!is_served(g, zone, made)) {
		submit(c, zone, made, count);
		return;
	}
	bns_contents_free(made);
	if (zone->held && zone->held->origin == BNS_ORIGIN_CONTROL)
		bns_gate_withdraw(g, zone);
	bns_catalogs_report(c, zone, c->conflict);
}

/* ---- zones that are here and would be listed no more ---- */

struct question {
	struct bns_catalog_at_work *c;
	uint8_t apex[BNS_NAME_MAX];
};

static void keep(struct bns_catalog_at_work *c, const uint8_t *apex)
{
	char zone[BNS_NAME_TEXT_MAX];
	const struct bns_catalog_member *m = bns_catalog_find(&c->members, apex);
	if (!m)
		return;
	c->keep[m - c->members.members] = true;
	snprintf(c->conflict, sizeof(c->conflict),
		 "%.255s stays listed, since the fleet would lose what is protected in it (`catalog-zone` was taken "
		 "away); an override in the policy, or the approved removal of the zone, lets it go",
		 bns_name_to_text_nodot(apex, zone));
}

/* No answer counts as a hold. */
static void judged(void *arg, struct bns_zone *unused, json_t *report)
{
	struct question *q = arg;
	struct bns_catalog_at_work *c = q->c;
	const char *verdict = json_string_value(json_object_get(report, "verdict"));
	(void)unused;
	if (!verdict || strcmp(verdict, "hold") == 0 || strcmp(verdict, "refuse") == 0)
		keep(c, q->apex);
	free(q);
	if (--c->in_hand > 0)
		return;
	struct bns_zone *zone = bns_gate_zone_find(c->all->gate, c->apex);
	if (zone && bns_catalog_role_of(zone) == BNS_CATALOG_GENERATE)
		make(c, zone);
}

static void ask(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	struct question *q = calloc(1, sizeof(*q));
	if (!q) {
		keep(c, zone->apex);
		return;
	}
	q->c = c;
	memcpy(q->apex, zone->apex, bns_name_len(zone->apex));
	c->in_hand++;
	bns_gate_dry_run(c->all->gate, zone, NULL, c->owner, judged, q);
}

/* What the version that is served lists; nothing where there is none. */
static enum bns_error read_served(struct bns_catalog_at_work *c, const struct bns_zone *zone)
{
	struct bns_contents *served;
	struct bns_problems problems = {.count = 0};
	bns_catalog_free(&c->members);
	free(c->keep);
	c->keep = NULL;
	c->conflict[0] = '\0';
	if (bns_gate_served(c->all->gate, zone, &served))
		return BNS_OK;
	enum bns_error err = bns_catalog_read(served, &c->members, &problems);
	bns_contents_free(served);
	bns_problems_free(&problems);
	if (!err)
		c->keep = calloc(c->members.count + 1, sizeof(*c->keep));
	return err ? err : c->keep ? BNS_OK : BNS_ENOMEM;
}

void bns_catalog_make(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	if (c->in_hand > 0) {
		c->due = true;
		return;
	}
	enum bns_error err = read_served(c, zone);
	if (err) {
		bns_catalogs_report(c, zone, bns_strerror(err));
		return;
	}
	for (size_t i = 0; i < c->members.count; i++) {
		struct bns_zone *member = bns_gate_zone_find(c->all->gate, c->members.members[i].zone);
		if (member && !is_listed(member, zone))
			ask(c, member);
	}
	if (c->in_hand == 0)
		make(c, zone);
}
