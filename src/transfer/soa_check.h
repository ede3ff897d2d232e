/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "Which serial do you have, and how long does it live?" (RFC 1034 §4.3.5,
 * RFC 7314): over a connection that is there anyway; else over UDP, then over
 * TCP where that fails or is refused, or by TLS alone (RFC 9103 §7.5); without EDNS where the
 * primary shows that it doesn't know it. Thread: the loop's.
 */
#ifndef BNS_TRANSFER_SOA_CHECK_H
#define BNS_TRANSFER_SOA_CHECK_H

#include "transfer/ask.h"
#include "transfer/peer.h"

struct bns_soa_check;

/* What a primary told. */
struct bns_soa_news {
	uint32_t serial;
	struct bns_ask_expire expire;
	bool edns; /* it takes EDNS */
};

/* Called once. With BNS_OK `news` are the primary's; else `reason` is half a sentence whose subject is the primary. */
typedef void (*bns_soa_check_done_fn)(void *arg, enum bns_error err, const struct bns_soa_news *news,
				      const char *reason);

/* `apex` and `key` (NULL: unsigned) are copied. `done` is never called before this returns. */
enum bns_error bns_soa_check_start(struct bns_peer *primary, const uint8_t *apex, const struct bns_tsig_key *key,
				   bns_soa_check_done_fn done, void *arg, struct bns_soa_check **out) BNS_MUST_CHECK;

/* `done` is not called any more. NULL is allowed. */
void bns_soa_check_cancel(struct bns_soa_check *c);

#endif
