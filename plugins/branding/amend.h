/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Putting a violated record right: as it is served, or at the preferred
 * target. Only in unsigned zones. Thread: main loop.
 */
#ifndef BRANDING_AMEND_H
#define BRANDING_AMEND_H

#include "rules.h"

/* What a new finding does. */
enum lb_action {
	LB_NOTE,
	LB_ALARM, /* a note, and an event */
	LB_MEND,
	LB_HOLD,
};

/* What one branding's records become, decided once per role for all findings. */
struct lb_mending {
	const struct lb *lb;
	const struct lb_case *c;
	const struct lb_look *candidate;
	const struct lb_look *served;   /* NULL: no good version, or it isn't to be gone back to */
	bool served_is_right[LB_ROLES]; /* nothing but its TTL was found there */
	bool ttl_only[LB_ROLES];        /* the candidate's record is right but for its TTL */
};

/* Would a record at that name be an answer in the candidate? One below a cut or a DNAME would not. */
bool lb_is_reachable(const struct lb_mending *m, const uint8_t *name);

/* Can the record of that finding be put right? */
bool lb_can_mend(const struct lb_mending *m, const struct lb_finding *f);

/* The target that the CNAME would get, and its TTL; NULL: none is right. */
const uint8_t *lb_mend_target(const struct lb_mending *m, enum lb_role role, uint32_t *ttl);

/* Does it; on an error nothing may pass. */
enum bns_error lb_mend(const struct lb_mending *m, const struct lb_finding *f,
		       struct bns_review *review) BNS_MUST_CHECK;

#endif
