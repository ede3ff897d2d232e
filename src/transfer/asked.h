/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request that the main loop answers: parsed, its signature verified, and
 * what every kind of answer to it has in common. Thread: main loop.
 */
#ifndef BNS_TRANSFER_ASKED_H
#define BNS_TRANSFER_ASKED_H

#include "transfer/transfer_internal.h"
#include "wire/message.h"

struct bns_asked {
	const struct bns_answer_env *env; /* borrowed, as the next */
	const uint8_t *msg;
	size_t len;
	union bns_addr client;
	enum bns_transport transport;
	const struct bns_tls *tls; /* borrowed; NULL: in the clear */
	struct bns_request request;
	struct bns_tsig tsig;
	struct bns_tsig_key key; /* a copy, so that a stream of answers outlives a reload */
	bool has_key;            /* the request is signed with it, and the signature holds */
};

/* An answer on its way into a buffer; `len` 0: nothing is sent. */
struct bns_reply {
	uint8_t *data;
	size_t cap;
	size_t len;
};

/*
 * Parses and verifies. False: it can't be served, and `reply` already has
 * what to say about it (RFC 8945 §5.2). `a` must be closed in both cases, and
 * not be moved before.
 */
bool bns_asked_open(struct bns_asked *a, const struct bns_transfer *t, const uint8_t *msg, size_t len,
		    const union bns_addr *client, enum bns_transport transport, const struct bns_tls *tls,
		    struct bns_reply *reply);
void bns_asked_close(struct bns_asked *a);

static inline const struct bns_tsig_key *bns_asked_key(const struct bns_asked *a)
{
	return a->has_key ? &a->key : NULL;
}

/* Does one of the zone's acls allow it to whoever asked? */
bool bns_asked_allowed(const struct bns_asked *a, const struct bns_transfer *t, const struct bns_conf_settings *zone,
		       enum bns_acl_action action);

/* Header, question and OPT where the request has one, signed: any answer without records. */
void bns_asked_reply(struct bns_asked *a, uint16_t flags, enum bns_rcode rcode, struct bns_reply *reply);

/* An ordinary question: answered as a worker would, signed, truncated where that makes it too long. */
void bns_asked_answer(struct bns_asked *a, const struct bns_transfer *t, struct bns_reply *reply);

/* The zone's SOA alone in answer to IXFR (RFC 1995 §2, §4). */
void bns_asked_reply_soa(struct bns_asked *a, const struct bns_transfer *t, struct bns_reply *reply);

/* Sets the RCODE, and adds the OPT where the request has one: BNS_OPT_ROOM (answer/opt.h) must be left in `w`. */
void bns_asked_end(const struct bns_asked *a, enum bns_rcode rcode, struct bns_writer *w);

/* Signs what is in `reply`, where the request was signed. */
void bns_asked_sign(struct bns_asked *a, struct bns_reply *reply);

#endif
