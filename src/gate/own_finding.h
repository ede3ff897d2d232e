/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the gate itself finds about a change, put beside what plugins found: it
 * holds, can be approved, and is shown like any finding. Thread: main loop.
 */
#ifndef BNS_GATE_OWN_FINDING_H
#define BNS_GATE_OWN_FINDING_H

#include "plugin/host.h"

/* All zero: none yet. */
struct bns_own_finding {
	struct bns_review_note *notes;
	struct bns_review_result result;
	char text[512];
};

/* `by` stands for a plugin's name; `note` is copied but for what it points to. NULL: no memory. */
const struct bns_review_result *bns_own_finding_add(struct bns_own_finding *own, const char *by,
						    const struct bns_note *note,
						    const struct bns_review_result *result);
void bns_own_finding_free(struct bns_own_finding *own);

#endif
