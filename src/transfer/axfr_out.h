/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages of an AXFR answer (RFC 5936 §2.2), also in answer to IXFR
 * (RFC 1995 §4). No I/O. Thread: main loop.
 */
#ifndef BNS_TRANSFER_AXFR_OUT_H
#define BNS_TRANSFER_AXFR_OUT_H

#include "transfer/asked.h"

struct bns_axfr_out {
	struct bns_asked *asked; /* borrowed */
	const struct bns_contents *contents;
	size_t at;  /* next record */
	size_t soa; /* the SOA's place */
	bool first_done;
	bool done;
};

/*
 * May this be transferred to that client? False: `reply` has the answer,
 * which may also be the single SOA of an IXFR that has nothing to tell.
 */
bool bns_axfr_out_allowed(struct bns_transfer *t, struct bns_asked *a, struct bns_reply *reply);

void bns_axfr_out_open(struct bns_axfr_out *x, struct bns_asked *a, const struct bns_contents *contents);

/* The next message, signed; `reply->len` 0: it can't be built. Sets `done` behind the last one. */
void bns_axfr_out_next(struct bns_axfr_out *x, struct bns_reply *reply);

#endif
