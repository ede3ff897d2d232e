/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a signed answer proves beside its data: that a name, a type or a DS
 * isn't there, and that a wildcard was right to answer (RFC 4035 §3.1.3,
 * §3.1.4, RFC 5155 §7.2). No allocation. Thread: any that may read the image.
 */
#ifndef BNS_ANSWER_PROOF_H
#define BNS_ANSWER_PROOF_H

#include "answer/lookup.h"

/* Fills `ds` and `proof` of a decision that is otherwise complete. Each NSEC or NSEC3 is given once. */
void bns_proof_add(const struct bns_image *img, struct bns_decision *d);

#endif
