/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The zones that are served beside the one in hand: a chain of CNAMEs goes on
 * in them. Each look at one is a copy made by the host, so the last few are
 * kept for the length of a call.
 */
#include <stdlib.h>
#include <string.h>

#include "branding.h"

#define KEPT 8 /* the host keeps more than this alive until the call is over */

struct lb_beyond {
	struct {
		uint8_t apex[BNS_NAME_MAX];
		const struct bns_contents *zone;
	} kept[KEPT];
	unsigned count, next;
};

struct lb_beyond *lb_beyond_new(void)
{
	return calloc(1, sizeof(struct lb_beyond));
}

void lb_beyond_forget(const struct lb *lb)
{
	lb->beyond->count = lb->beyond->next = 0;
}

const struct bns_contents *lb_served(const struct lb *lb, const uint8_t *apex)
{
	struct lb_beyond *b = lb->beyond;

	for (unsigned i = 0; i < b->count; i++)
		if (lb_name_equal(b->kept[i].apex, apex))
			return b->kept[i].zone;
	const struct bns_contents *zone = lb->host->served(lb->plugin, apex);
	if (!zone)
		return NULL;
	memcpy(b->kept[b->next].apex, apex, lb_name_len(apex));
	b->kept[b->next].zone = zone;
	b->next = (b->next + 1) % KEPT;
	b->count += b->count < KEPT;
	return zone;
}

const struct bns_contents *lb_served_zone(const struct lb *lb, const uint8_t *host, const uint8_t **apex)
{
	for (const uint8_t *at = host; at[0]; at = lb_name_parent(at)) {
		const struct bns_contents *zone = lb_served(lb, at);
		if (zone) {
			*apex = at;
			return zone;
		}
	}
	return NULL;
}

const struct bns_contents *lb_zone_of(const struct lb *lb, const struct bns_contents *judged, const uint8_t *name)
{
	for (const uint8_t *at = name; at[0]; at = lb_name_parent(at)) {
		/* What is judged stands for what is served of it. */
		if (lb_name_equal(at, judged->apex))
			return judged;
		const struct bns_contents *zone = lb_served(lb, at);
		if (zone)
			return zone;
	}
	return NULL;
}
