/* SPDX-License-Identifier: BSD-3-Clause */
/* The zones under the gate's care, by name. Thread: main loop. */
#ifndef BNS_GATE_REGISTRY_H
#define BNS_GATE_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bns_zone;

struct bns_registry {
	struct bns_zone **slots; /* open addressing by bns_name_hash; NULL is free */
	size_t mask;
	size_t count;
	struct bns_zone *first; /* all, linked by ->next */
};

enum bns_error bns_registry_add(struct bns_registry *r, struct bns_zone *zone) BNS_MUST_CHECK;
void bns_registry_remove(struct bns_registry *r, struct bns_zone *zone);
struct bns_zone *bns_registry_find(const struct bns_registry *r, const uint8_t *apex);
void bns_registry_free(struct bns_registry *r);

#endif
