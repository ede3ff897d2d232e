/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exec-helper: runs external verifiers for the plugin `exec`, as NSD's
 * `verify:` runs them. A candidate is answered on addresses of its own
 * (exec_stage.c) while its verifier runs (exec_run.c).
 * Thread: the helper's one loop, but for the stage's worker.
 */
#ifndef BNS_HELPER_EXEC_H
#define BNS_HELPER_EXEC_H

#include <uv.h>

#include "zone/contents.h"

/* ---- where candidates are answered ---- */

struct bns_stage;

/* Loopback, IPv4 and, where there is one, IPv6; `port` 0: one that is free. */
enum bns_error bns_stage_open(uv_loop_t *loop, uint16_t port, struct bns_stage **out,
			      struct bns_diag *diag) BNS_MUST_CHECK;
enum bns_error bns_stage_put(struct bns_stage *s, const struct bns_contents *c) BNS_MUST_CHECK;
void bns_stage_take_away(struct bns_stage *s, const uint8_t *apex);
uint16_t bns_stage_port(const struct bns_stage *s);
bool bns_stage_has_ipv6(const struct bns_stage *s);

/* ---- one verifier ---- */

#define BNS_RUN_SAID_MAX  512
#define BNS_RUN_WORDS_MAX 64

struct bns_run_order {
	const char *zone;                     /* without the final dot */
	char *command[BNS_RUN_WORDS_MAX + 1]; /* ends with NULL */
	uint64_t timeout_ms;
	bool feed; /* the zone's text on standard input */
	const struct bns_contents *contents;
	const struct bns_stage *stage;
};

/* `how` it ended, and the end of what it `said`, on one line; both live during the call. */
typedef void (*bns_run_fn)(void *arg, bool good, const char *how, const char *said);

struct bns_run;

/*
 * Starts the verifier in a process group of its own, which is killed as a
 * whole at its end and at the deadline. `done` is called exactly once, never
 * before this returns; nothing of `order` is needed after it returned.
 */
struct bns_run *bns_run_start(uv_loop_t *loop, const struct bns_run_order *order, bns_run_fn done, void *arg);

/* Kills the group at once; for the helper's own end, `done` isn't called any more. */
void bns_run_kill(struct bns_run *run);

#endif
