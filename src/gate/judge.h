/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate's judgement without the gate: check, diff and review of two
 * versions of a zone. brandnsctl's offline verbs call it with the daemon's own
 * plugins, so review and run time can't disagree. Thread: one at a time.
 */
#ifndef BNS_GATE_JUDGE_H
#define BNS_GATE_JUDGE_H

#include <jansson.h>

#include "plugin/host.h"

/*
 * Judges before → after (either may be NULL) and waits for the reviews.
 * `plugins` NULL: structure and differences only. `*report` is a new
 * reference to gate/report.h's object.
 */
enum bns_error bns_judge(struct bns_plugins *plugins, const uint8_t *apex, const struct bns_contents *before,
			 const struct bns_contents *after, const char *source, json_t **report) BNS_MUST_CHECK;

#endif
