/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks up the records that prove what a signed zone doesn't have: NSEC by
 * canonical order (RFC 4034 §4.1.1), NSEC3 by the order of hashes (RFC 5155).
 * No allocation. Thread: any that may read the image.
 */
#ifndef BNS_ZONE_IMAGE_DENIAL_H
#define BNS_ZONE_IMAGE_DENIAL_H

#include "zone/image.h"

/* The chain is one of NSEC: the owner at or next before a name of the zone. */
const struct bns_node *bns_denial_nsec(const struct bns_image *img, const uint8_t *name);

/* The chain is one of NSEC3: the hash of a lower-case name (RFC 5155 §5). */
void bns_denial_hash(const struct bns_image *img, const uint8_t *name, size_t name_len,
		     uint8_t hash[BNS_NSEC3_HASH_LEN]);

/* The NSEC3 whose owner has this hash (`*matches`) or, going round at the end, covers it. */
const struct bns_node *bns_denial_nsec3(const struct bns_image *img, const uint8_t hash[BNS_NSEC3_HASH_LEN],
					bool *matches);

#endif
