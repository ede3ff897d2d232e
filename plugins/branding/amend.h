/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Putting a violated record right: as it is served, or at the preferred
 * target. Only in unsigned zones. Thread: main loop.
 */
#ifndef BRANDING_AMEND_H
#define BRANDING_AMEND_H

#include "rules.h"

/* What one branding's records become, decided once per role for all findings. */
struct lb_mending {
	const struct lb *lb;
	const struct lb_case *c;
	const struct lb_look *candidate;
	const struct lb_look *served;   /* NULL: no good version, or it isn't to be gone back to */
	bool served_is_right[LB_ROLES]; /* nothing but its TTL was found there */
	bool ttl_only[LB_ROLES];        /* the candidate's record is right but for its TTL */
};

/* Can the record of that finding be put right? */
bool lb_can_mend(const struct lb_mending *m, const struct lb_finding *f);

/* The target that the CNAME would get, and its TTL; NULL: none is right. */
const uint8_t *lb_mend_target(const struct lb_mending *m, enum lb_role role, uint32_t *ttl);

/* Does it; on an error nothing may pass. */
enum bns_error lb_mend(const struct lb_mending *m, const struct lb_finding *f,
		       struct bns_review *review) BNS_MUST_CHECK;

#endif
