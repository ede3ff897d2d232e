/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that can be seen of a branding from outside, asked of the plugin
 * that probes: for `branding check`, and again and again by itself, so that
 * what breaks at a CDN is told before the recipients tell it.
 * Thread: main loop.
 */
#ifndef BRANDING_CHECK_H
#define BRANDING_CHECK_H

#include "branding.h"

/*
 * Asks about the host as it is served now, in `zone`; `target` is where that is. `done` is called once, maybe before
 * this returns, and not at all where nobody probes.
 */
enum bns_answerer lb_check_ask(struct lb *lb, const uint8_t *host, const struct bns_contents *zone,
			       uint8_t target[BNS_NAME_MAX], bns_answer_fn done, void *arg);

/* What such an answer changes: it is kept, news are told once, and it may be a step in the host's life. */
void lb_check_took(struct lb *lb, const uint8_t *host, const uint8_t *target, const struct bns_answer *answer);

/*
 * Checks by itself, about once a second: every routed or managed branding
 * within `every_s` (0: none), one after the other with a pause of random length
 * between, and few at a time.
 */
struct lb_recheck;
struct lb_recheck *lb_recheck_new(uint64_t every_s);
/* From the next tick on. */
void lb_recheck_set(struct lb_recheck *r, uint64_t every_s);
/* With nothing on its way any more. */
void lb_recheck_free(struct lb_recheck *r);
void lb_recheck_tick(struct lb *lb, int64_t now_s);

#endif
