/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a new finding does to the change that brings it: the policy's modes,
 * its `gate`, its overrides and approvals, in one place, for the gate as for a
 * diff. Thread: main loop.
 */
#ifndef BRANDING_VERDICT_H
#define BRANDING_VERDICT_H

#include "amend.h"

enum lb_action {
	LB_NOTE,
	LB_ALARM, /* a note, and an event */
	LB_MEND,
	LB_HOLD,
};

enum lb_action lb_decide(const struct lb *lb, const struct bns_change *change, const struct lb_mending *m,
			 const struct lb_finding *f);

/* roles.c: says of the change's records which are a branding's. False: memory is short. */
bool lb_tell_roles(const struct lb *lb, const struct bns_diff *diff, struct bns_review *review,
		   const struct lb_case *c) BNS_MUST_CHECK;

#endif
