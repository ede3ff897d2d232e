/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OpenSSL 3 has marked its plain SHA-1 calls as old, but the new ones (EVP)
 * allocate a context, and the old one-shot does so too by way of them. On the
 * packet path these three are the only ones to use.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "zone/image_denial.h"

#include <openssl/sha.h>
#include <string.h>

_Static_assert(BNS_NSEC3_HASH_LEN == SHA_DIGEST_LENGTH, "NSEC3 hashes are SHA-1's");

static const struct bns_denial *denial_of(const struct bns_image *img)
{
	return bns_image_at(img, img->denial);
}

const struct bns_node *bns_denial_nsec(const struct bns_image *img, const uint8_t *name)
{
	const struct bns_denial *denial = denial_of(img);
	const uint32_t *owners = bns_image_at(img, denial->chain);
	uint32_t low = 0, high = denial->count; /* the apex, number 0, is before any name */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		const struct bns_node *node = bns_image_node(img, owners[middle]);
		if (bns_name_compare(bns_image_at(img, node->name), name) <= 0)
			low = middle;
		else
			high = middle;
	}
	return bns_image_node(img, owners[low]);
}

static void hash_once(const struct bns_denial *denial, const uint8_t *data, size_t len,
		      uint8_t hash[BNS_NSEC3_HASH_LEN])
{
	SHA_CTX ctx;
	SHA1_Init(&ctx);
	SHA1_Update(&ctx, data, len);
	SHA1_Update(&ctx, denial->salt, denial->salt_len);
	SHA1_Final(hash, &ctx);
}

void bns_denial_hash(const struct bns_image *img, const uint8_t *name, size_t name_len,
		     uint8_t hash[BNS_NSEC3_HASH_LEN])
{
	const struct bns_denial *denial = denial_of(img);
	hash_once(denial, name, name_len, hash);
	for (unsigned i = 0; i < denial->iterations; i++)
		hash_once(denial, hash, BNS_NSEC3_HASH_LEN, hash);
}

const struct bns_node *bns_denial_nsec3(const struct bns_image *img, const uint8_t hash[BNS_NSEC3_HASH_LEN],
					bool *matches)
{
	const struct bns_denial *denial = denial_of(img);
	const struct bns_nsec3 *chain = bns_image_at(img, denial->chain);
	uint32_t low = 0, high = denial->count; /* below `low` all are at or before the hash */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (memcmp(chain[middle].hash, hash, BNS_NSEC3_HASH_LEN) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct bns_nsec3 *found = &chain[(low > 0 ? low : denial->count) - 1];
	*matches = memcmp(found->hash, hash, BNS_NSEC3_HASH_LEN) == 0;
	return bns_image_node(img, found->node);
}
