/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration's zones by their name: positions in an open-addressing array, since there may be a million. */

#include <string.h>
#include <xxhash.h>

#include "conf/conf_internal.h"

/* So many are on their way from memory at a time. */
#define AHEAD 32

static size_t home_of(const struct bns_conf *c, const char *domain)
{
	return XXH3_64bits(domain, strlen(domain)) & c->zone_mask;
}

/* Where the zone is, or would be. */
static size_t slot_from(const struct bns_conf *c, const char *domain, size_t at)
{
	while (c->zone_slots[at] != 0 && strcmp(c->zones[c->zone_slots[at] - 1].domain, domain) != 0)
		at = (at + 1) & c->zone_mask;
	return at;
}

const struct bns_conf_zone *bns_conf_zone(const struct bns_conf *c, const char *domain)
{
	uint32_t number = c->zone_slots ? c->zone_slots[slot_from(c, domain, home_of(c, domain))] : 0;
	return number ? &c->zones[number - 1] : NULL;
}

static enum bns_error add_some(const struct bns_conf *c, uint32_t *slots, size_t first, size_t count)
{
	size_t home[AHEAD];
	for (size_t i = 0; i < count; i++) {
		home[i] = home_of(c, c->zones[first + i].domain);
		__builtin_prefetch(&slots[home[i]]);
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = slot_from(c, c->zones[first + i].domain, home[i]);
		if (slots[at] != 0)
			return BNS_EEXIST;
		slots[at] = (uint32_t)(first + i) + 1;
	}
	return BNS_OK;
}

enum bns_error bns_conf_index_zones(struct bns_conf_reader *r)
{
	struct bns_conf *c = r->conf;
	size_t size = 16;
	while (size < 2 * c->zone_count)
		size *= 2;
	uint32_t *slots = bns_arena_alloc(r->arena, size * sizeof(*slots));
	if (!slots)
		return bns_conf_no_memory(r);
	c->zone_slots = slots;
	c->zone_mask = size - 1;
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < c->zone_count && !err; i += AHEAD)
		err = add_some(c, slots, i, c->zone_count - i < AHEAD ? c->zone_count - i : AHEAD);
	return err;
}
