/* SPDX-License-Identifier: BSD-3-Clause */
/* The zones under the gate's care, by name. Thread: main loop, or the one that fills a new one (newcomers.c). */
#ifndef BNS_GATE_REGISTRY_H
#define BNS_GATE_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bns_zone;

struct bns_registry_slot {
	uint64_t hash;         /* bns_name_hash: of two zones in one another's way, one isn't fetched from memory */
	struct bns_zone *zone; /* NULL is free */
};

struct bns_registry {
	struct bns_registry_slot *slots; /* open addressing */
	size_t mask;
	size_t count;
	struct bns_zone *first; /* all, linked by ->next */
};

/* So many will come: room for them is made once. */
enum bns_error bns_registry_reserve(struct bns_registry *r, size_t count) BNS_MUST_CHECK;

enum bns_error bns_registry_add(struct bns_registry *r, struct bns_zone *zone) BNS_MUST_CHECK;
void bns_registry_remove(struct bns_registry *r, struct bns_zone *zone);
struct bns_zone *bns_registry_find(const struct bns_registry *r, const uint8_t *apex);

/* The same with the name's bns_name_hash. */
struct bns_zone *bns_registry_find_hashed(const struct bns_registry *r, const uint8_t *apex, uint64_t hash);

/* Ahead of that, for many in a row: asks memory for the slot; later, with the slot there, for the zone. */
void bns_registry_ask_slot(const struct bns_registry *r, uint64_t hash);
void bns_registry_ask_zone(const struct bns_registry *r, uint64_t hash);

/* With its zones. */
void bns_registry_free_all(struct bns_registry *r);

#endif
