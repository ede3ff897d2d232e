/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The growing memory an image is laid out in. Things are found by offset,
 * since the memory moves while it grows. A call that fails sets `err` and
 * writes nothing from then on: check once, at the end. Thread: one at a time.
 */
#ifndef BNS_ZONE_IMAGE_BLOB_H
#define BNS_ZONE_IMAGE_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bns_blob {
	uint8_t *data;
	size_t len;
	size_t cap;
	enum bns_error err; /* BNS_ENOMEM, or BNS_ERANGE beyond 4 GiB */
};

/* `size` zeroed octets at a multiple of `align` (a power of two); their offset, 0 on failure. */
uint32_t bns_blob_reserve(struct bns_blob *b, size_t size, size_t align);

/* Adds octets where the last ones end; their offset, 0 on failure. */
uint32_t bns_blob_append(struct bns_blob *b, const void *data, size_t size);

/* Writes over reserved octets. */
void bns_blob_put(struct bns_blob *b, uint32_t offset, const void *data, size_t size);

void bns_blob_free(struct bns_blob *b);

#endif
