/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions over TCP that share a peer's few connections (RFC 7766 §6.2.1:
 * several at a time, answers in any order, told apart by their ids). Answers
 * of one question may be many messages. A peer that answers one after the
 * other, or closes after each, is asked as it can take it.
 * Thread: the loop's.
 */
#ifndef BNS_TRANSFER_CHANNEL_H
#define BNS_TRANSFER_CHANNEL_H

#include "transfer/peer.h"
#include "transfer/query.h"

/* What happens to an exchange. After `ended`, and after any but WAIT, it is gone and nothing more is called. */
struct bns_exchange_calls {
	/* The question, each time with another id: it may have to be sent again on another connection. */
	enum bns_error (*write)(void *arg, uint8_t *msg, size_t cap, size_t *len);
	/* A message came; `msg` lives during the call. */
	enum bns_more (*message)(void *arg, const uint8_t *msg, size_t len);
	/* No more messages: BNS_ETIMEOUT, BNS_ESHORT (closed by the other side), BNS_EIO; `reason` is half a sentence.
	 */
	void (*ended)(void *arg, enum bns_error err, const char *reason);
	void *arg;
};

#define BNS_EXCHANGE_LEN_MAX 1536 /* of a question */

/*
 * Asks as soon as there is room on one of the peer's connections; ends when
 * nothing comes of that one for `progress_timeout_ms` (0: 10 s). Nothing but
 * `write` is called before this returns.
 */
enum bns_error bns_exchange_start(struct bns_peer *peer, uint64_t progress_timeout_ms,
				  const struct bns_exchange_calls *calls, struct bns_exchange **out) BNS_MUST_CHECK;

/* Nothing is called any more. NULL is allowed. Not from within its own `message` or `ended`. */
void bns_exchange_cancel(struct bns_exchange *x);

/* Is there an open connection on which a short question would be answered at once? */
bool bns_channel_is_at_hand(const struct bns_peer *peer);

/* Is nothing asked over them, nor waits? */
bool bns_channels_are_idle(const struct bns_peer *peer);

/* Gives up all connections of a peer; nothing may be asked over them any more. */
void bns_channels_close(struct bns_peer *peer);

#endif
