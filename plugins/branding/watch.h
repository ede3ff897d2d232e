/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sees that somebody asks for the CNAMEs themselves of a branding's edge and
 * owner within a minute: that is what an ESP's verification does, and resolvers
 * don't. Threads: lb_watch_query on packet threads, the rest on the main loop.
 */
#ifndef BRANDING_WATCH_H
#define BRANDING_WATCH_H

#include "branding.h"

struct lb_watch;

struct lb_watch *lb_watch_new(int64_t now_s);
void lb_watch_free(struct lb_watch *w);

/*
 * The policy's brandings are those to watch from now on, and the policy is the watch's to free: packet threads read in
 * it. Counts go on. Who needs the former policy no more drops it; it goes once no packet thread can have it.
 */
struct lb_watch_former;
enum bns_error lb_watch_set(struct lb *lb, struct lb_policy *policy, struct lb_watch_former **former) BNS_MUST_CHECK;
void lb_watch_drop(struct lb *lb, struct lb_watch_former *former);

/* Neither allocates nor locks; a question for another type costs one comparison. */
void lb_watch_query(struct lb_watch *w, const struct bns_query_view *q);

/* Tells what was seen, and the packet threads what time it is. */
void lb_watch_tick(struct lb *lb, int64_t now_s);

/* How often, and when last (0: never). */
uint64_t lb_watch_count(const struct lb_watch *w, const uint8_t *host, int64_t *last_s);

#endif
