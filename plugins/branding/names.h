/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wire names and memory for the plugin, which links nothing of the program:
 * names here are lower-case unless said otherwise. Thread: main loop.
 */
#ifndef BRANDING_NAMES_H
#define BRANDING_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/plugin.h"

/* Octets with the root's zero. */
size_t lb_name_len(const uint8_t *name);

/* Copies `name` lower-cased into `out`; returns its length. */
size_t lb_name_lower(uint8_t out[BNS_NAME_MAX], const uint8_t *name);

/* Both lower-case. */
bool lb_name_equal(const uint8_t *a, const uint8_t *b);

/* Without the first label; the root yields itself. */
const uint8_t *lb_name_parent(const uint8_t *name);

unsigned lb_name_labels(const uint8_t *name);

/* `name` + `suffix`; false where that is too long. */
bool lb_name_append(const uint8_t *name, const uint8_t *suffix, uint8_t out[BNS_NAME_MAX]);

/*
 * Replaces the ending `from` of `name` by `to`; false where `name` doesn't end
 * so, or the result is too long.
 */
bool lb_name_replace_end(const uint8_t *name, const uint8_t *from, const uint8_t *to, uint8_t out[BNS_NAME_MAX]);

/* Is the first label `prefix` and then at least one digit, nothing else? An empty prefix: all digits. */
bool lb_label_is_numbered(const uint8_t *name, const char *prefix);

uint64_t lb_name_hash(const uint8_t *name);

/* A bump allocator; what it handed out is freed together. */
struct lb_pool_block;
struct lb_region;
struct lb_pool {
	struct lb_pool_block *head;
	struct lb_region *region; /* where all is taken from; NULL: blocks of its own */
};

void *lb_pool_alloc(struct lb_pool *pool, size_t size); /* zeroed, aligned; NULL when memory is short */
uint8_t *lb_pool_name(struct lb_pool *pool, const uint8_t *name);
char *lb_pool_text(struct lb_pool *pool, const char *text);
void lb_pool_free(struct lb_pool *pool);

/* Names with a pointer each; open addressing. `{0}` is an empty map. Keys are not copied. */
struct lb_map {
	const uint8_t **keys;
	void **values;
	size_t mask;
	size_t count;
};

/* The place of the name's value, added as NULL where it is new; NULL when memory is short. */
void **lb_map_put(struct lb_map *map, const uint8_t *name);
void *lb_map_get(const struct lb_map *map, const uint8_t *name);
bool lb_map_has(const struct lb_map *map, const uint8_t *name);
/* The name is there: from now on `key` is its key. */
void lb_map_rekey(struct lb_map *map, const uint8_t *key, void *value);
void lb_map_remove(struct lb_map *map, const uint8_t *name);
void lb_map_free(struct lb_map *map);

#endif
