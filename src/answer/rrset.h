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

/*
 * All return how many records were written, 0 where they don't fit. `owner`
 * and `apex` are where the owner's name and the zone's name lie in the message.
 */
unsigned bns_rrset_write(struct bns_writer *w, const struct bns_image *img, const struct bns_rrset *rrset,
			 bool with_signatures, uint16_t owner, uint16_t apex) BNS_MUST_CHECK;

/* The RRSIGs alone of an RRset that has some. */
unsigned bns_rrset_write_signatures(struct bns_writer *w, const struct bns_image *img, const struct bns_rrset *rrset,
				    uint16_t owner) BNS_MUST_CHECK;

/* One CNAME that no zone holds (RFC 6672 §3.1). */
unsigned bns_rrset_write_cname(struct bns_writer *w, uint16_t owner, uint32_t ttl,
			       const uint8_t *target) BNS_MUST_CHECK;

/*
 * An RRset without fixups (addresses, SVCB, HTTPS, NSEC, NSEC3) of a node whose
 * name may stand nowhere in the message: `*place` is where it stands, 0 = nowhere yet,
 * and is set by the first that writes it. No TTL above `ttl_max` is written.
 */
unsigned bns_rrset_write_at_node(struct bns_writer *w, const struct bns_image *img, const struct bns_node *node,
				 const struct bns_rrset *rrset, bool with_signatures, uint32_t ttl_max, uint16_t apex,
				 uint16_t *place) BNS_MUST_CHECK;

#endif
