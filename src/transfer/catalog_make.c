/* SPDX-License-Identifier: BSD-3-Clause */
/* A catalog of the zones that are here and name it; zones whose removal is held are here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transfer/catalogs_internal.h"
#include "wire/serial.h"
#include "zone/diff.h"

static bool is_listed(const struct bns_zone *zone, const struct bns_zone *catalog)
{
	return bns_catalog_role_of(zone) == BNS_CATALOG_MEMBER && strcmp(zone->conf->catalog->zone, catalog->text) == 0;
}

static enum bns_error collect(struct bns_gate *g, const struct bns_zone *catalog, struct bns_catalog_entry **out,
			      size_t *count)
{
	size_t n = 0;
	struct bns_catalog_entry *entries = calloc(bns_gate_zone_count(g) + 1, sizeof(*entries));
	if (!entries)
		return BNS_ENOMEM;
	for (const struct bns_zone *z = bns_gate_zone_first(g); z; z = z->next)
		if (is_listed(z, catalog))
			entries[n++] = (struct bns_catalog_entry){.zone = z->apex, .group = z->conf->catalog->group};
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
	return zone->conf->serial == BNS_SERIAL_UNIXTIME ? bns_serial_max(next, now) : next;
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

static void submitted(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_catalog_at_work *c = arg;
	(void)zone;
	(void)result; /* the gate tells of what went wrong */
	c->in_hand--;
}

static void submit(struct bns_catalog_at_work *c, struct bns_zone *zone, struct bns_contents *made, size_t count)
{
	struct bns_submission sub = {.contents = made, .origin = BNS_ORIGIN_CONTROL};
	snprintf(sub.source, sizeof(sub.source), "catalog of %zu zones", count);
	c->in_hand++;
	bns_gate_submit(c->all->gate, zone, &sub, submitted, c);
}

void bns_catalog_make(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	struct bns_gate *g = c->all->gate;
	struct bns_catalog_entry *entries = NULL;
	struct bns_contents *made = NULL;
	size_t count = 0;
	if (c->in_hand > 0) {
		c->due = true;
		return;
	}
	enum bns_error err = collect(g, zone, &entries, &count);
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
}
