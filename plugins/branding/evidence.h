/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reviews that wait: before a new target is served, the plugin that probes is
 * asked whether the branded host works there. Where nobody probes, being listed
 * suffices. Thread: main loop.
 */
#ifndef BRANDING_EVIDENCE_H
#define BRANDING_EVIDENCE_H

#include "amend.h"
#include "seen.h" /* what was seen is kept there */

/* One review, ended when the last answer is there. */
struct lb_hearing;

/* NULL when memory is short; the caller ends it with lb_hearing_leave. */
struct lb_hearing *lb_hearing_new(struct lb *lb, const struct bns_change *change, struct bns_review *review);
void lb_hearing_leave(struct lb_hearing *h);

/* What waits for a good answer. */
struct lb_trial {
	const uint8_t *host;
	const uint8_t *target;
	const uint8_t *origin;      /* the ESP's name behind the CDN; NULL: none */
	bool is_restore;            /* a preferred target that is to come back, where it is good; else it is an alarm */
	enum lb_action unless_good; /* of a new target, where the answerer is required */
	const uint8_t *stays;       /* LB_MEND: where the record points on */
	uint32_t ttl;               /* of the record that comes back, or stays */
};

/*
 * Asks; a bad or late answer does what the trial says where the answerer is
 * required, else it is an alarm. False: nobody answers; a restore is the
 * caller's then. True: it is taken care of.
 */
bool lb_hearing_ask(struct lb_hearing *h, const struct lb_trial *trial);

/* trial.c: a target that wasn't served before is probed first, where its transition needs that and somebody probes. */
void lb_try_target(const struct lb *lb, struct lb_hearing *h, const struct bns_change *change, const struct lb_case *c,
		   const struct lb_look *now);
/* What comes back after a permission has proved itself first. False: mend it at once. */
bool lb_restore_later(struct lb_hearing *h, const struct bns_change *change, const struct lb_mending *m,
		      const struct lb_finding *f);

/* The ESP's name that a CDN must forward to; NULL: none. */
const uint8_t *lb_origin_of(const struct lb_case *c);

/* How long an answer may take; less than a review may. */
#define LB_ASK_LIMIT_MS 20000
/* So long it may look; the rest is for its way. */
#define LB_ASK_DETAILS "{\"limit_ms\": 18000}"
/* What was probed so recently needn't be probed again. */
#define LB_ASK_FRESH_S 300

#endif
