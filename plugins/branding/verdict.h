/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a new finding does to the change that brings it: the policy's modes,
 * its `gate`, its overrides and approvals, in one place, for the gate as for a
 * diff. Thread: main loop.
 */
#ifndef BRANDING_VERDICT_H
#define BRANDING_VERDICT_H

#include "amend.h"

extern const enum bns_verdict lb_action_verdicts[];

enum lb_action lb_decide(const struct lb *lb, const struct bns_change *change, const struct lb_mending *m,
			 const struct lb_finding *f);

/* Does it hold nothing: by its severity, by `gate` or by an override? `rule` NULL: it has none of ours. */
bool lb_is_let(const struct lb *lb, const uint8_t *host, const struct lb_rule *rule, char severity, int64_t now_s);

/* What a new target does that should have proved itself and hasn't. `can_stay`: the served record would be an answer.
 */
enum lb_action lb_decide_unproved(const struct lb *lb, const struct bns_change *change, const struct lb_case *c,
				  bool can_stay);

/* roles.c: says of the change's records which are a branding's. False: memory is short. */
bool lb_tell_roles(const struct lb *lb, const struct bns_diff *diff, struct bns_review *review,
		   const struct lb_case *c) BNS_MUST_CHECK;

#endif
