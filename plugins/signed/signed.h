/* SPDX-License-Identifier: BSD-3-Clause */
/* What the plugin's files share: options, the worker for large zones, and the watch over what is served. */
#ifndef BNS_SIGNED_SIGNED_H
#define BNS_SIGNED_SIGNED_H

#include "check.h"

struct sv_options {
	uint64_t warn_s;
	uint64_t skew_s;
	int64_t at_once; /* zones with fewer signatures are verified on the main loop */
};

struct sv_worker;
struct sv_watch;

struct signed_state {
	struct bns_plugin *plugin;
	const struct bns_host *host;
	const struct sv_options *options;
	struct sv_worker *worker; /* NULL: no zone was large enough yet */
	struct sv_watch *watch;
};

/* What a review came to, as notes; ends it. Main loop. */
void sv_tell(const struct signed_state *s, struct bns_review *review, const uint8_t *zone,
	     const struct sv_result *result, const struct sv_expiry *expiry);

/*
 * A thread that verifies copies of large zones, one after the other, started
 * with the first. Main loop. `sv_worker_add` copies what it needs; on failure
 * the caller judges by itself.
 */
enum bns_error sv_worker_add(struct signed_state *s, const struct bns_change *change, struct bns_review *review);
void sv_worker_collect(struct signed_state *s); /* tells what is finished */
void sv_worker_stop(struct signed_state *s);    /* open reviews are the host's to end */

/* Earliest expirations of the signed zones that are served, for events and `signed status`. Main loop. */
enum bns_error sv_watch_open(struct sv_watch **out);
void sv_watch_close(struct sv_watch *w);
void sv_watch_served(const struct signed_state *s, const struct bns_change *change);
void sv_watch_tick(const struct signed_state *s, int64_t now_s);
enum bns_error sv_status(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			 struct bns_diag *diag);

#endif
