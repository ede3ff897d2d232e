/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define BLOCK_MIN_BYTES 4096u
#define BLOCK_MAX_BYTES (1024u * 1024u)

struct bns_arena_block {
	struct bns_arena_block *next;
	size_t cap;
	size_t used;
	alignas(max_align_t) uint8_t data[];
};

void bns_arena_init(struct bns_arena *arena)
{
	*arena = (struct bns_arena){0};
}

static struct bns_arena_block *block_new(size_t cap)
{
	if (cap > SIZE_MAX - sizeof(struct bns_arena_block))
		return NULL;
	struct bns_arena_block *block = malloc(sizeof(*block) + cap);
	if (block) {
		block->cap = cap;
		block->used = 0;
		block->next = NULL;
	}
	return block;
}

enum bns_error bns_arena_reserve(struct bns_arena *arena, size_t size)
{
	bns_arena_init(arena);
	arena->head = block_new(size);
	return arena->head ? BNS_OK : BNS_ENOMEM;
}

/* Each block is twice the one before it, so that small arenas stay small and large ones need few blocks. */
static size_t next_cap(const struct bns_arena_block *head)
{
	size_t header = sizeof(struct bns_arena_block);

	if (!head)
		return BLOCK_MIN_BYTES - header;
	size_t twice = 2 * (head->cap + header);
	return (twice > BLOCK_MAX_BYTES ? BLOCK_MAX_BYTES : twice) - header;
}

/* Something large gets a block of its own behind the head, whose rest stays in use. */
static uint8_t *take_alone(struct bns_arena *arena, size_t size)
{
	struct bns_arena_block *block = block_new(size);

	if (!block)
		return NULL;
	block->used = size;
	block->next = arena->head->next;
	arena->head->next = block;
	return block->data;
}

static uint8_t *take(struct bns_arena *arena, size_t size, size_t align)
{
	struct bns_arena_block *head = arena->head;

	if (head) {
		size_t start = (head->used + align - 1) & ~(align - 1);
		if (start <= head->cap && size <= head->cap - start) {
			head->used = start + size;
			return head->data + start;
		}
	}
	size_t cap = next_cap(head);
	if (head && size > cap / 4)
		return take_alone(arena, size);
	struct bns_arena_block *block = block_new(size > cap ? size : cap);
	if (!block)
		return NULL;
	block->used = size;
	block->next = head;
	arena->head = block;
	return block->data;
}

void *bns_arena_bytes(struct bns_arena *arena, size_t size)
{
	uint8_t *p = take(arena, size, 1);

	if (p)
		arena->used_bytes += size;
	return p;
}

void *bns_arena_alloc(struct bns_arena *arena, size_t size)
{
	uint8_t *p = take(arena, size, alignof(max_align_t));

	if (p) {
		memset(p, 0, size);
		arena->used_bytes += size;
	}
	return p;
}

void *bns_arena_dup(struct bns_arena *arena, const void *data, size_t size)
{
	uint8_t *p = bns_arena_bytes(arena, size);

	if (p && size > 0)
		memcpy(p, data, size);
	return p;
}

char *bns_arena_strdup(struct bns_arena *arena, const char *text)
{
	return bns_arena_dup(arena, text, strlen(text) + 1);
}

void bns_arena_free(struct bns_arena *arena)
{
	struct bns_arena_block *block = arena->head;

	while (block) {
		struct bns_arena_block *next = block->next;
		if (arena->wiped)
			OPENSSL_cleanse(block->data, block->used);
		free(block);
		block = next;
	}
	bns_arena_init(arena);
}
