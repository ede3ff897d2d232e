/* SPDX-License-Identifier: BSD-3-Clause */
#include "names.h"

#include "region.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

size_t lb_name_len(const uint8_t *name)
{
	size_t at = 0;

	while (name[at])
		at += name[at] + 1u;
	return at + 1;
}

size_t lb_name_lower(uint8_t out[BNS_NAME_MAX], const uint8_t *name)
{
	size_t len = lb_name_len(name);

	/* Length octets are below 64, so they can't be taken for letters. */
	for (size_t i = 0; i < len; i++)
		out[i] = name[i] >= 'A' && name[i] <= 'Z' ? (uint8_t)(name[i] + 32) : name[i];
	return len;
}

bool lb_name_equal(const uint8_t *a, const uint8_t *b)
{
	size_t len = lb_name_len(a);

	return len == lb_name_len(b) && memcmp(a, b, len) == 0;
}

const uint8_t *lb_name_parent(const uint8_t *name)
{
	return name[0] ? name + name[0] + 1 : name;
}

unsigned lb_name_labels(const uint8_t *name)
{
	unsigned labels = 0;

	for (; name[0]; name = lb_name_parent(name))
		labels++;
	return labels;
}

static bool join(const uint8_t *front, size_t front_len, const uint8_t *end, uint8_t out[BNS_NAME_MAX])
{
	size_t end_len = lb_name_len(end);

	if (front_len + end_len > BNS_NAME_MAX)
		return false;
	memcpy(out, front, front_len);
	memcpy(out + front_len, end, end_len);
	return true;
}

bool lb_name_append(const uint8_t *name, const uint8_t *suffix, uint8_t out[BNS_NAME_MAX])
{
	return join(name, lb_name_len(name) - 1, suffix, out);
}

bool lb_name_replace_end(const uint8_t *name, const uint8_t *from, const uint8_t *to, uint8_t out[BNS_NAME_MAX])
{
	for (const uint8_t *at = name;; at = lb_name_parent(at)) {
		if (lb_name_equal(at, from))
			return join(name, (size_t)(at - name), to, out);
		if (!at[0])
			return false;
	}
}

bool lb_label_is_numbered(const uint8_t *name, const char *prefix)
{
	size_t len = name[0], prefix_len = strlen(prefix);

	if (len <= prefix_len || memcmp(name + 1, prefix, prefix_len) != 0)
		return false;
	for (size_t i = prefix_len; i < len; i++)
		if (name[1 + i] < '0' || name[1 + i] > '9')
			return false;
	return true;
}

/* FNV-1a with a final mix, since the low bits pick the slot. */
uint64_t lb_name_hash(const uint8_t *name)
{
	size_t len = lb_name_len(name);
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ name[i]) * 0x100000001b3u;
	h ^= h >> 32;
	return h * 0x9e3779b97f4a7c15u;
}

#define POOL_BLOCK_BYTES 65536

struct lb_pool_block {
	struct lb_pool_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

static void *pool_bytes(struct lb_pool *pool, size_t size, size_t align)
{
	struct lb_pool_block *b = pool->head;
	if (pool->region)
		return lb_region_bytes(pool->region, size, align);
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

	if (!b || at > b->size || b->size - at < size) {
		/* The first block of a short-lived pool stays small. */
		size_t room = b ? POOL_BLOCK_BYTES : 2048;
		room = room < size ? size : room;
		struct lb_pool_block *fresh = malloc(sizeof(*fresh) + room);
		if (!fresh)
			return NULL;
		*fresh = (struct lb_pool_block){.next = b, .size = room};
		pool->head = b = fresh;
		at = 0;
	}
	b->used = at + size;
	return b->data + at;
}

void *lb_pool_alloc(struct lb_pool *pool, size_t size)
{
	void *p = pool_bytes(pool, size, alignof(max_align_t));

	return p ? memset(p, 0, size) : NULL;
}

uint8_t *lb_pool_name(struct lb_pool *pool, const uint8_t *name)
{
	size_t len = lb_name_len(name);
	uint8_t *p = pool_bytes(pool, len, 1);

	return p ? memcpy(p, name, len) : NULL;
}

char *lb_pool_text(struct lb_pool *pool, const char *text)
{
	size_t size = strlen(text) + 1;
	char *p = pool_bytes(pool, size, 1);

	return p ? memcpy(p, text, size) : NULL;
}

void lb_pool_free(struct lb_pool *pool)
{
	while (pool->head) {
		struct lb_pool_block *next = pool->head->next;
		free(pool->head);
		pool->head = next;
	}
}

static size_t map_slot(const struct lb_map *map, const uint8_t *name)
{
	size_t at = (size_t)(lb_name_hash(name) >> 20) & map->mask;

	while (map->keys[at] && !lb_name_equal(map->keys[at], name))
		at = (at + 1) & map->mask;
	return at;
}

static bool map_grow(struct lb_map *map)
{
	size_t size = map->keys ? 2 * (map->mask + 1) : 16;
	struct lb_map wider = {.mask = size - 1, .count = map->count};

	wider.keys = calloc(size, sizeof(*wider.keys));
	wider.values = calloc(size, sizeof(*wider.values));
	if (!wider.keys || !wider.values) {
		lb_map_free(&wider);
		return false;
	}
	for (size_t i = 0; map->keys && i <= map->mask; i++) {
		if (!map->keys[i])
			continue;
		size_t at = map_slot(&wider, map->keys[i]);
		wider.keys[at] = map->keys[i];
		wider.values[at] = map->values[i];
	}
	lb_map_free(map);
	*map = wider;
	return true;
}

void **lb_map_put(struct lb_map *map, const uint8_t *name)
{
	if (!map->keys || map->count * 4 >= (map->mask + 1) * 3)
		if (!map_grow(map))
			return NULL;
	size_t at = map_slot(map, name);
	if (!map->keys[at]) {
		map->keys[at] = name;
		map->count++;
	}
	/* The analyzer takes the wider values for the narrower ones, which are free.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return &map->values[at];
}

void *lb_map_get(const struct lb_map *map, const uint8_t *name)
{
	return map->keys ? map->values[map_slot(map, name)] : NULL;
}

bool lb_map_has(const struct lb_map *map, const uint8_t *name)
{
	return map->keys && map->keys[map_slot(map, name)] != NULL;
}

void lb_map_rekey(struct lb_map *map, const uint8_t *key, void *value)
{
	size_t at = map_slot(map, key);

	map->keys[at] = key;
	map->values[at] = value;
}

void lb_map_remove(struct lb_map *map, const uint8_t *name)
{
	size_t at = map->keys ? map_slot(map, name) : 0;

	if (!map->keys || !map->keys[at])
		return;
	map->keys[at] = NULL;
	map->values[at] = NULL;
	map->count--;
	/* Whoever had been pushed on by this one moves back. */
	for (size_t next = (at + 1) & map->mask; map->keys[next]; next = (next + 1) & map->mask) {
		const uint8_t *key = map->keys[next];
		void *value = map->values[next];
		map->keys[next] = NULL;
		size_t slot = map_slot(map, key);
		map->keys[slot] = key;
		map->values[slot] = value;
		if (slot != next)
			map->values[next] = NULL;
	}
}

void lb_map_free(struct lb_map *map)
{
	free(map->keys);
	free(map->values);
	*map = (struct lb_map){0};
}
