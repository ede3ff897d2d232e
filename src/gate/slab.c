/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/slab.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/huge.h"

/* It begins at a multiple of its size, so that a piece's address tells its block. */
struct bns_slab_block {
	size_t used_bytes;
	size_t users; /* pieces, and the slab while it takes more from it */
	alignas(max_align_t) uint8_t pieces[];
};

#define ROOM (BNS_HUGE_BYTES - sizeof(struct bns_slab_block))

static void let_go(struct bns_slab_block *block)
{
	if (--block->users == 0)
		bns_huge_free(block, BNS_HUGE_BYTES);
}

static bool begin_block(struct bns_slab *s)
{
	struct bns_slab_block *block = bns_huge_alloc(BNS_HUGE_BYTES);
	if (!block)
		return false;
	bns_slab_end(s);
	block->users = 1;
	s->last = block;
	return true;
}

void *bns_slab_alloc(struct bns_slab *s, size_t bytes)
{
	const size_t unit = alignof(max_align_t);
	if (bytes > ROOM)
		return NULL;
	size_t size = (bytes + unit - 1) / unit * unit;
	if ((!s->last || s->last->used_bytes + size > ROOM) && !begin_block(s))
		return NULL;
	void *piece = s->last->pieces + s->last->used_bytes;
	s->last->used_bytes += size;
	s->last->users++;
	return piece;
}

void bns_slab_free(void *piece)
{
	let_go((struct bns_slab_block *)((uintptr_t)piece & ~(uintptr_t)(BNS_HUGE_BYTES - 1)));
}

void bns_slab_end(struct bns_slab *s)
{
	if (s->last)
		let_go(s->last);
	s->last = NULL;
}
