/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An image's RRset (zone/image.h) → records in a message: copied as they are,
 * then owners and pointers patched. Each call writes the whole RRset or, where
 * it doesn't fit, nothing, and says so. No allocation. Thread: any.
 */
#ifndef BNS_ANSWER_RRSET_H
#define BNS_ANSWER_RRSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "zone/image.h"

#define BNS_POINTER_MAX 0x3FFF /* as far as a compression pointer reaches (RFC 1035 §4.1.4) */
#define BNS_RRSET_RDATA 12     /* in a record with a two-octet owner: where its RDATA begins */

/* `owner` and `apex` are where the owner's name and the zone's name lie in the message. */
bool bns_rrset_write(struct bns_writer *w, const struct bns_image *img, const struct bns_rrset *rrset, uint16_t owner,
		     uint16_t apex);

/* One CNAME that no zone holds (RFC 6672 §3.1). */
bool bns_rrset_write_cname(struct bns_writer *w, uint16_t owner, uint32_t ttl, const uint8_t *target);

/*
 * Addresses of a node whose name may stand nowhere in the message: `*place` is
 * where it stands, 0 = nowhere yet, and is set by the first that writes it.
 */
bool bns_rrset_write_glue(struct bns_writer *w, const struct bns_image *img, const struct bns_node *node,
			  const struct bns_rrset *rrset, uint16_t apex, uint16_t *place);

#endif
