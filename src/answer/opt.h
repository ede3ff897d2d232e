/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The OPT of answers that bns_answer doesn't write: zone transfers, and what
 * the main loop says to NOTIFY or to a signed request it refuses. With the
 * options that bns_answer would give. No allocation.
 * Thread: any that is online in RCU.
 */
#ifndef BNS_ANSWER_OPT_H
#define BNS_ANSWER_OPT_H

#include "answer/answer.h"
#include "answer/options.h"

/* To whom such an answer goes. */
struct bns_opt_for {
	const struct bns_answer_env *env;
	const uint8_t *msg; /* the request */
	const struct bns_request *req;
	const union bns_addr *client;
	enum bns_transport transport;
	size_t behind; /* octets that will be added to the answer, as a TSIG: padding counts them */
};

/* So much must be left in the writer of bns_opt_end. */
#define BNS_OPT_ROOM (BNS_OPT_EMPTY_LEN + BNS_OPTIONS_MAX)

/* Sets the RCODE of the answer in `w`, and adds the OPT where the request has one. */
void bns_opt_end(const struct bns_opt_for *to, enum bns_rcode rcode, struct bns_writer *w);

#endif
