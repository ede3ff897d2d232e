/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of the zones that come together at a start: pieces of a few large blocks (base/huge.h) instead of an
 * allocation each. A block goes back to the system with the last of its pieces.
 * Thread: one at a time.
 */
#ifndef BNS_GATE_SLAB_H
#define BNS_GATE_SLAB_H

#include <stddef.h>

struct bns_slab_block;

struct bns_slab {
	struct bns_slab_block *last; /* pieces are taken from this one; it counts as one of its own */
};

/* Zeroed, aligned for any type; NULL when memory is short. */
void *bns_slab_alloc(struct bns_slab *s, size_t bytes);
void bns_slab_free(void *piece);

/* No further piece; those that are there stay. */
void bns_slab_end(struct bns_slab *s);

#endif
