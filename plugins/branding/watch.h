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
 * What packet threads look into: a policy's brandings, and the policy is its to free, since they read in it. Once set
 * it is looked into; counts go on. Who needs the former one no more drops it: it goes once no packet thread can have
 * it.
 */
struct lb_watch_table;
struct lb_watch_table *lb_watch_make(struct lb_policy *policy); /* NULL: memory is short; the policy is the caller's */
void lb_watch_discard(struct lb_watch_table *table);            /* one that was never set */
struct lb_watch_table *lb_watch_set(struct lb *lb, struct lb_watch_table *table);
void lb_watch_drop(struct lb *lb, struct lb_watch_table *former);

/* Neither allocates nor locks; a question for another type costs one comparison. */
void lb_watch_query(struct lb_watch *w, const struct bns_query_view *q);

/* Tells what was seen, and the packet threads what time it is. */
void lb_watch_tick(struct lb *lb, int64_t now_s);

/* How often, and when last (0: never). */
uint64_t lb_watch_count(const struct lb_watch *w, const uint8_t *host, int64_t *last_s);

#endif
