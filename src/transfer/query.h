/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question of ours to another name server over UDP, with retries. Knows
 * sockets and time; what the octets say is the caller's. Over TCP:
 * transfer/channel.h.
 * Thread: the loop's.
 */
#ifndef BNS_TRANSFER_QUERY_H
#define BNS_TRANSFER_QUERY_H

#include "base/addr.h"
#include "transfer/timers.h"

struct bns_query;

enum bns_more {
	BNS_MORE_WAIT,   /* for the next message */
	BNS_MORE_ENOUGH, /* this was the last one */
	BNS_MORE_BROKEN, /* what follows can't be trusted: the connection is given up */
};

/* What happens to a query. After `ended`, and after any but WAIT, the query is gone and nothing more is called. */
struct bns_query_calls {
	/* A message came; `msg` lives during the call. WAIT for a better one. */
	enum bns_more (*message)(void *arg, const uint8_t *msg, size_t len);
	/* No more messages: BNS_ETIMEOUT, BNS_EIO; `reason` is half a sentence. */
	void (*ended)(void *arg, enum bns_error err, const char *reason);
	void *arg;
};

/* Sends at once and again after 1 s; ends after 3 s. The answer must come from `server`. */
enum bns_error bns_query_udp(uv_loop_t *loop, struct bns_timers *timers, const union bns_addr *server,
			     const uint8_t *msg, size_t len, const struct bns_query_calls *calls,
			     struct bns_query **out) BNS_MUST_CHECK;

/* Nothing is called any more. NULL is allowed. Not from within `message` or `ended`. */
void bns_query_cancel(struct bns_query *q);

#endif
