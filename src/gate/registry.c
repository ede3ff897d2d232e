/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/registry.h"

#include "base/huge.h"
#include "gate/work.h"

#define FIRST_SLOTS 64

/* A zone and its name lie in one piece of so many lines. */
#define ZONE_LINES 6
#define LINE       64

static size_t slot_of(const struct bns_registry *r, const uint8_t *apex, uint64_t hash)
{
	size_t at = hash & r->mask;
	while (r->slots[at].zone && (r->slots[at].hash != hash || !bns_name_equal(r->slots[at].zone->apex, apex)))
		at = (at + 1) & r->mask;
	return at;
}

/* No two of them are one. */
static void move_slots(struct bns_registry *to, const struct bns_registry *from)
{
	for (size_t i = 0; from->slots && i <= from->mask; i++) {
		if (!from->slots[i].zone)
			continue;
		size_t at = from->slots[i].hash & to->mask;
		while (to->slots[at].zone)
			at = (at + 1) & to->mask;
		to->slots[at] = from->slots[i];
	}
}

static void free_slots(const struct bns_registry *r)
{
	if (r->slots)
		bns_huge_free(r->slots, (r->mask + 1) * sizeof(*r->slots));
}

enum bns_error bns_registry_reserve(struct bns_registry *r, size_t count)
{
	struct bns_registry wider = *r;
	size_t size = r->slots ? r->mask + 1 : FIRST_SLOTS;
	while (size - 1 < count * 2)
		size *= 2;
	if (r->slots && size == r->mask + 1)
		return BNS_OK;
	wider.slots = bns_huge_alloc(size * sizeof(*wider.slots));
	if (!wider.slots)
		return BNS_ENOMEM;
	wider.mask = size - 1;
	move_slots(&wider, r);
	free_slots(r);
	*r = wider;
	return BNS_OK;
}

enum bns_error bns_registry_add(struct bns_registry *r, struct bns_zone *zone)
{
	uint64_t hash = bns_name_hash(zone->apex);
	enum bns_error err = bns_registry_reserve(r, r->count + 1);
	if (err)
		return err;
	size_t at = slot_of(r, zone->apex, hash);
	if (r->slots[at].zone)
		return BNS_EEXIST;
	r->slots[at] = (struct bns_registry_slot){hash, zone};
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
	for (size_t at = (gap + 1) & r->mask; r->slots[at].zone; at = (at + 1) & r->mask) {
		size_t home = r->slots[at].hash & r->mask;
		if (((at - home) & r->mask) < ((at - gap) & r->mask))
			continue;
		r->slots[gap] = r->slots[at];
		r->slots[at].zone = NULL;
		gap = at;
	}
}

void bns_registry_remove(struct bns_registry *r, struct bns_zone *zone)
{
	size_t at = slot_of(r, zone->apex, bns_name_hash(zone->apex));
	if (r->slots[at].zone != zone)
		return;
	r->slots[at].zone = NULL;
	close_gap(r, at);
	*zone->prev_link = zone->next;
	if (zone->next)
		zone->next->prev_link = zone->prev_link;
	r->count--;
}

struct bns_zone *bns_registry_find(const struct bns_registry *r, const uint8_t *apex)
{
	return bns_registry_find_hashed(r, apex, bns_name_hash(apex));
}

struct bns_zone *bns_registry_find_hashed(const struct bns_registry *r, const uint8_t *apex, uint64_t hash)
{
	return r->slots ? r->slots[slot_of(r, apex, hash)].zone : NULL;
}

void bns_registry_ask_slot(const struct bns_registry *r, uint64_t hash)
{
	if (r->slots)
		__builtin_prefetch(&r->slots[hash & r->mask]);
}

void bns_registry_ask_zone(const struct bns_registry *r, uint64_t hash)
{
	if (!r->slots)
		return;
	size_t at = hash & r->mask;
	while (r->slots[at].zone && r->slots[at].hash != hash)
		at = (at + 1) & r->mask;
	const char *zone = (const char *)r->slots[at].zone;
	for (unsigned line = 0; zone && line < ZONE_LINES; line++)
		__builtin_prefetch(zone + line * LINE);
}

void bns_registry_free_all(struct bns_registry *r)
{
	while (r->first) {
		struct bns_zone *zone = r->first;
		r->first = zone->next;
		bns_zone_free(zone);
	}
	free_slots(r);
	*r = (struct bns_registry){0};
}
