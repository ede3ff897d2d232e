/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory at an address of its own: a policy of a million brandings is read once, saved as it lies there, and mapped at
 * the same place from then on. Where the place is taken, or the file isn't right, the policy is read again.
 * Thread: main loop, but for lb_region_drop.
 */
#ifndef BRANDING_REGION_H
#define BRANDING_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a region was made of. */
struct lb_region_key {
	uint64_t words[4];
};

struct lb_region;

/* Reserves `size` octets of address space; NULL where there are none. One user. */
struct lb_region *lb_region_new(const struct lb_region_key *key, size_t size);

/* The saved one; NULL where there is none of this key, or it isn't whole. One user. */
struct lb_region *lb_region_map(const struct lb_region_key *key, const char *path);

/* One user more, and one less: the last one lets it go. Any thread. */
void lb_region_keep(struct lb_region *region);
void lb_region_drop(struct lb_region *region);

bool lb_region_is(const struct lb_region *region, const struct lb_region_key *key);

/* NULL: it is full. Aligned to `align`, a power of two; zeroed. */
void *lb_region_bytes(struct lb_region *region, size_t size, size_t align);

/* What was taken first: where a reader of a saved region begins. */
void *lb_region_root(const struct lb_region *region);

/* Saves it under `path` and maps that file in its place. Where that fails it stays what it is. */
void lb_region_save(struct lb_region *region, const char *path);

#endif
