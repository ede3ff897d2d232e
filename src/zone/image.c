/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum bns_error bns_image_placeholder(const uint8_t *apex, enum bns_image_state state, struct bns_image **out)
{
	size_t len = bns_name_len(apex);
	size_t size = offsetof(struct bns_image, apex) + len;
	if (size < sizeof(struct bns_image))
		size = sizeof(struct bns_image);
	struct bns_image *img = calloc(1, size);
	if (!img)
		return BNS_ENOMEM;
	memcpy(img->apex, apex, len);
	bns_name_lower(img->apex);
	img->apex_len = (uint8_t)len;
	img->apex_labels = (uint8_t)bns_name_labels(apex);
	img->apex_hash = bns_name_hash(apex);
	img->size_bytes = (uint32_t)size;
	img->state = (uint8_t)state;
	*out = img;
	return BNS_OK;
}

void bns_image_free(struct bns_image *img)
{
	if (img && !img->is_mapped)
		free(img);
}

const struct bns_node *bns_image_find(const struct bns_image *img, const uint8_t *name, uint8_t name_len, uint64_t hash)
{
	if (img->node_count == 0)
		return NULL;
	const uint32_t *index = bns_image_at(img, img->index);
	uint32_t key = (uint32_t)(hash >> 32);
	for (uint32_t slot = key & img->index_mask; index[slot] != 0; slot = (slot + 1) & img->index_mask) {
		const struct bns_node *node = bns_image_node(img, index[slot] - 1);
		if (node->hash == key && node->name_len == name_len &&
		    memcmp(bns_image_at(img, node->name), name, name_len) == 0)
			return node;
	}
	return NULL;
}

/* RRsets, name and wire forms of a node lie one behind the other. */
#define NODE_LINES 3
#define LINE       64

const struct bns_node *bns_image_guess(const struct bns_image *img, uint64_t hash)
{
	if (img->node_count == 0)
		return NULL;
	const uint32_t *index = bns_image_at(img, img->index);
	uint32_t key = (uint32_t)(hash >> 32);
	for (uint32_t slot = key & img->index_mask; index[slot] != 0; slot = (slot + 1) & img->index_mask) {
		const struct bns_node *node = bns_image_node(img, index[slot] - 1);
		if (node->hash != key)
			continue;
		const char *stored = bns_image_at(img, node->rrsets);
		for (unsigned line = 0; line < NODE_LINES; line++)
			__builtin_prefetch(stored + line * LINE);
		return node;
	}
	return NULL;
}

/* By halves, since nothing but the zone's author bounds how many types a name has. */
const struct bns_rrset *bns_node_rrset(const struct bns_image *img, const struct bns_node *node, uint16_t type)
{
	const struct bns_rrset *set = bns_node_rrsets(img, node);
	unsigned left = node->rrset_count;
	while (left > 0) {
		unsigned half = left / 2;
		if (set[half].type == type)
			return &set[half];
		if (set[half].type < type) {
			set += half + 1;
			left -= half + 1;
		} else {
			left = half;
		}
	}
	return NULL;
}

/* Owner pointer, type, class and TTL, then RDLENGTH and RDATA, which ends in EXPIRE and MINIMUM (RFC 1035 §3.3.13). */
uint32_t bns_image_soa_expire(const struct bns_image *img)
{
	const struct bns_rrset *soa = bns_image_at(img, img->negative_soa);
	const uint8_t *wire = bns_image_at(img, soa->wire);
	return bns_get_u32(wire + 12 + bns_get_u16(wire + 10) - 8);
}
