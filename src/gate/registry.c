/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/registry.h"

#include <stdlib.h>

#include "gate/gate.h"

#define FIRST_SLOTS 64

static size_t slot_of(const struct bns_registry *r, const uint8_t *apex)
{
	size_t at = bns_name_hash(apex) & r->mask;
	while (r->slots[at] && !bns_name_equal(r->slots[at]->apex, apex))
		at = (at + 1) & r->mask;
	return at;
}

static enum bns_error grow(struct bns_registry *r)
{
	size_t size = r->slots ? (r->mask + 1) * 2 : FIRST_SLOTS;
	struct bns_zone **slots = calloc(size, sizeof(*slots));
	if (!slots)
		return BNS_ENOMEM;
	free(r->slots);
	r->slots = slots;
	r->mask = size - 1;
	for (struct bns_zone *z = r->first; z; z = z->next)
		r->slots[slot_of(r, z->apex)] = z;
	return BNS_OK;
}

enum bns_error bns_registry_add(struct bns_registry *r, struct bns_zone *zone)
{
	if (!r->slots || (r->count + 1) * 2 > r->mask) {
		enum bns_error err = grow(r);
		if (err)
			return err;
	}
	size_t at = slot_of(r, zone->apex);
	if (r->slots[at])
		return BNS_EEXIST;
	r->slots[at] = zone;
	zone->next = r->first;
	zone->prev_link = &r->first;
	if (r->first)
		r->first->prev_link = &zone->next;
	r->first = zone;
	r->count++;
	return BNS_OK;
}

/* Closes the gap that a removed slot leaves in its run, so that searches need no tombstones. */
static void close_gap(struct bns_registry *r, size_t gap)
{
	for (size_t at = (gap + 1) & r->mask; r->slots[at]; at = (at + 1) & r->mask) {
		size_t home = bns_name_hash(r->slots[at]->apex) & r->mask;
		if (((at - home) & r->mask) < ((at - gap) & r->mask))
			continue;
		r->slots[gap] = r->slots[at];
		r->slots[at] = NULL;
		gap = at;
	}
}

void bns_registry_remove(struct bns_registry *r, struct bns_zone *zone)
{
	size_t at = slot_of(r, zone->apex);
	if (r->slots[at] != zone)
		return;
	r->slots[at] = NULL;
	close_gap(r, at);
	*zone->prev_link = zone->next;
	if (zone->next)
		zone->next->prev_link = zone->prev_link;
	r->count--;
}

struct bns_zone *bns_registry_find(const struct bns_registry *r, const uint8_t *apex)
{
	return r->slots ? r->slots[slot_of(r, apex)] : NULL;
}

void bns_registry_free(struct bns_registry *r)
{
	free(r->slots);
	*r = (struct bns_registry){0};
}
