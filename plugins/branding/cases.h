/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The brandings a change touches: those the policy writes down for the zone,
 * and those recognised in it. Thread: main loop.
 */
#ifndef BRANDING_CASES_H
#define BRANDING_CASES_H

#include "rules.h"

struct lb_cases {
	struct lb_case *list;
	size_t count, capacity;
	struct lb_pool pool; /* recognised brandings */
	bool failed;         /* out of memory: some may be missing */
};

/*
 * All brandings of `zone`. `served` is the version whose records say what is
 * routed and recognised; NULL where there is none, and then `candidate` says
 * what is recognised.
 */
void lb_cases_gather(struct lb_cases *cases, const struct lb *lb, const uint8_t *zone,
		     const struct bns_contents *served, const struct bns_contents *candidate);
void lb_cases_free(struct lb_cases *cases);

/* Adds one, with what memory and the served version know of it; NULL when memory is short. */
struct lb_case *lb_cases_add(struct lb_cases *cases, const struct lb *lb, const struct lb_branding *branding,
			     bool judge_edge, bool judge_owner, const struct bns_contents *served);

/* judge.c: what the rules find of one of them in that version of its zone; see lb_findings_of. */
void lb_findings_among(const struct lb *lb, const struct lb_cases *cases, const struct bns_contents *zone,
		       const uint8_t *host, struct lb_findings *out);

/* learn.c: the brandings in `version` that nobody wrote down. */
void lb_learn(struct lb_cases *cases, const struct lb *lb, const struct bns_contents *version,
	      const struct bns_contents *served);

#endif
