/* SPDX-License-Identifier: BSD-3-Clause */
/* A zone fetched from a primary by AXFR over TCP. Thread: the loop's. */
#ifndef BNS_TRANSFER_AXFR_IN_H
#define BNS_TRANSFER_AXFR_IN_H

#include "transfer/axfr_stream.h"
#include "transfer/peer.h"

struct bns_axfr_in;

/*
 * Called once. With BNS_OK `contents` are the callee's, unfinished, and
 * `expire` is what the primary told of its copy's life; else both are NULL,
 * and `reason` is a sentence that names the primary, the zone and what was
 * wrong.
 */
typedef void (*bns_axfr_in_done_fn)(void *arg, enum bns_error err, struct bns_contents *contents,
				    const struct bns_ask_expire *expire, const char *reason);

/*
 * `key` (NULL: unsigned) and `limits` are copied. `done` is never called before
 * this returns. `edns`: with EDNS, and once more without where the primary
 * shows that it doesn't know it.
 */
enum bns_error bns_axfr_in_start(struct bns_peer *primary, const uint8_t *apex, const struct bns_tsig_key *key,
				 bool edns, const struct bns_transfer_limits *limits, bns_axfr_in_done_fn done,
				 void *arg, struct bns_axfr_in **out) BNS_MUST_CHECK;

/* `done` is not called any more. NULL is allowed. */
void bns_axfr_in_cancel(struct bns_axfr_in *x);

#endif
