/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds a signed zone's chain of NSEC or NSEC3 and lays it out in the image. Thread: one at a time. */
#ifndef BNS_ZONE_IMAGE_DENIAL_BUILD_H
#define BNS_ZONE_IMAGE_DENIAL_BUILD_H

#include "zone/image_blob.h"
#include "zone/image_plan.h"

/* Appends a struct bns_denial and what it leads to; its offset, 0 where the zone has no chain. */
uint32_t bns_denial_build(struct bns_blob *b, const struct bns_contents *c, const struct bns_plan *plan);

#endif
