/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bump allocator: many small things that are freed together.
 * Thread: one at a time.
 */
#ifndef BNS_BASE_ARENA_H
#define BNS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct bns_arena_block;

struct bns_arena {
	struct bns_arena_block *head;
	size_t used_bytes; /* handed out so far, over all blocks */
	bool wiped; /* to be set after bns_arena_init: there may be secrets in it, overwritten before they are freed */
};

void bns_arena_init(struct bns_arena *arena);

/* The first block shall have room for so much, and no more: for what there are very many of. */
enum bns_error bns_arena_reserve(struct bns_arena *arena, size_t size) BNS_MUST_CHECK;

/* Zeroed memory aligned for any type, or NULL when memory is short. */
void *bns_arena_alloc(struct bns_arena *arena, size_t size);

/* As bns_arena_alloc, but unaligned: for byte strings such as wire names. Not zeroed. */
void *bns_arena_bytes(struct bns_arena *arena, size_t size);

void *bns_arena_dup(struct bns_arena *arena, const void *data, size_t size);
char *bns_arena_strdup(struct bns_arena *arena, const char *text);

/* Frees everything handed out; the arena can be used again. */
void bns_arena_free(struct bns_arena *arena);

#endif
