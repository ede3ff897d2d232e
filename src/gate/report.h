/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a change is, as JSON: the one shape behind `diff` (online and offline),
 * `held show` and events. Versioned by its "schema" key.
 *
 *   {"schema":1, "zone", "id":ID|null, "hash", "before_serial", "after_serial",
 *    "changes":[{"owner","type","before":{"ttl","rdata":[…]}|null,"after":…,
 *                "role":text|null,"findings":[FINDING…],"verdict"}],
 *    "findings":[FINDING…],           every fresh one and the structural problems
 *    "standing":[FINDING…],           those the served version has already
 *    "verdict":"none|pass|hold|refuse"}
 *   FINDING = {"rule","severity","owner","type","host","role","rdata","text","remedy","verdict"}
 *
 * Thread: any.
 */
#ifndef BNS_GATE_REPORT_H
#define BNS_GATE_REPORT_H

#include <jansson.h>

#include "plugin/host.h"
#include "zone/check.h"
#include "zone/digest.h"

/*
 * New reference, or NULL when memory is short. `review` and `problems` may be
 * NULL. `before` and `after` may be NULL (nothing served; removal).
 */
json_t *bns_report(const uint8_t *apex, const struct bns_contents *before, const struct bns_contents *after,
		   const struct bns_diff *diff, const struct bns_review_result *review,
		   const struct bns_problems *problems);

/* The report's "hash": of the zone (its name in lower case), what was before and what would be after; "" on a failure.
 */
#define BNS_REPORT_HASH_MAX (2 * BNS_DIGEST_LEN + 1)
void bns_report_hash(const uint8_t *apex, const struct bns_contents *before, const struct bns_contents *after,
		     char hex[BNS_REPORT_HASH_MAX]);

/* The fresh findings alone, as `held list` shows them. New reference. */
json_t *bns_report_findings(const struct bns_review_result *review, const struct bns_problems *problems);

#endif
