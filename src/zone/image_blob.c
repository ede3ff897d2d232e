/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image_blob.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_START_BYTES 4096

static bool grow(struct bns_blob *b, size_t wanted)
{
	size_t cap = b->cap > 0 ? b->cap : BLOB_START_BYTES;
	while (cap < wanted)
		cap *= 2;
	if (cap == b->cap)
		return true;
	uint8_t *data = realloc(b->data, cap);
	if (!data) {
		b->err = BNS_ENOMEM;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

uint32_t bns_blob_reserve(struct bns_blob *b, size_t size, size_t align)
{
	if (b->err)
		return 0;
	size_t start = (b->len + align - 1) & ~(align - 1);
	if (start > UINT32_MAX || size > UINT32_MAX - start) {
		b->err = BNS_ERANGE;
		return 0;
	}
	if (!grow(b, start + size))
		return 0;
	memset(b->data + b->len, 0, start + size - b->len);
	b->len = start + size;
	return (uint32_t)start;
}

uint32_t bns_blob_append(struct bns_blob *b, const void *data, size_t size)
{
	uint32_t offset = bns_blob_reserve(b, size, 1);
	bns_blob_put(b, offset, data, size);
	return offset;
}

void bns_blob_put(struct bns_blob *b, uint32_t offset, const void *data, size_t size)
{
	if (!b->err && size > 0)
		memcpy(b->data + offset, data, size);
}

void bns_blob_free(struct bns_blob *b)
{
	free(b->data);
	*b = (struct bns_blob){0};
}
