/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate's own look at a catalog zone (RFC 9432): a broken one is refused,
 * and one that would let go of more members at once than catalog-removals-max
 * is held, whatever plugins say. One of these belongs to each change of a
 * catalog. Thread: main loop, but for what is named *_in_pool.
 */
#ifndef BNS_GATE_CATALOG_H
#define BNS_GATE_CATALOG_H

#include "gate/gate.h"
#include "zone/check.h"

struct bns_catalog_look;

/* For a change of `zone`; BNS_OK and NULL where that is no catalog. */
enum bns_error bns_catalog_look_new(const struct bns_zone *zone, struct bns_catalog_look **out) BNS_MUST_CHECK;
void bns_catalog_look_free(struct bns_catalog_look *look);

/* Reads both sides (either may be NULL); what is broken about the candidate goes to `problems`. */
enum bns_error bns_catalog_look_in_pool(struct bns_catalog_look *look, const struct bns_contents *served,
					const struct bns_contents *candidate,
					struct bns_problems *problems) BNS_MUST_CHECK;

/*
 * Adds its finding, if any, to what plugins found. Only members that are this
 * catalog's to remove count. The result is `result` itself or lives as long as
 * `look`; NULL when memory is short.
 */
const struct bns_review_result *bns_catalog_look_add(struct bns_catalog_look *look, const struct bns_gate *g,
						     const struct bns_review_result *result);

#endif
