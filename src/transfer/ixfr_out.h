/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An incremental answer to IXFR (RFC 1995 §4): the differences of each version
 * since the client's, one after the other, as the journal has them. Only the
 * one at hand is in memory. No I/O of its own. Thread: main loop.
 */
#ifndef BNS_TRANSFER_IXFR_OUT_H
#define BNS_TRANSFER_IXFR_OUT_H

#include "transfer/asked.h"

enum bns_ixfr_part { BNS_IXFR_FIRST, BNS_IXFR_REMOVED, BNS_IXFR_ADDED, BNS_IXFR_LAST, BNS_IXFR_DONE };

struct bns_ixfr_out {
	struct bns_transfer *t;
	struct bns_asked *asked; /* borrowed */
	struct bns_journal_way way;
	uint64_t seq; /* whose differences are at hand */
	struct bns_delta newest;
	struct bns_delta delta;
	enum bns_ixfr_part part;
	bool failed;   /* the journal has moved on */
	bool soa_done; /* of the part: it comes first */
	size_t at;
};

/* The serial that the client of an IXFR has, from its authority section (RFC 1995 §3). */
bool bns_ixfr_out_client_serial(const struct bns_asked *a, uint32_t *serial);

/* False: there are no differences from the client's version to ours, or the whole zone is shorter. */
bool bns_ixfr_out_open(struct bns_ixfr_out *x, struct bns_transfer *t, struct bns_asked *a);
void bns_ixfr_out_close(struct bns_ixfr_out *x);

/* The next message, signed; `reply->len` 0: the journal has moved on. */
void bns_ixfr_out_next(struct bns_ixfr_out *x, struct bns_reply *reply);

static inline bool bns_ixfr_out_done(const struct bns_ixfr_out *x)
{
	return x->part == BNS_IXFR_DONE;
}

#endif
