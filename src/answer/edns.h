/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EDNS options of one request and of its answer: NSID (RFC 5001), cookies
 * (RFC 7873), keepalive (RFC 7828), EXPIRE (RFC 7314), extended errors
 * (RFC 8914), report channel (RFC 9567). No allocation, no system call.
 * Thread: any that is online in RCU.
 */
#ifndef BNS_ANSWER_EDNS_H
#define BNS_ANSWER_EDNS_H

#include "answer/conf.h"
#include "answer/options.h"
#include "zone/table.h"

struct bns_edns {
	const struct bns_answer_conf *conf; /* NULL: none */
	const union bns_addr *client;
	uint16_t keepalive_ds; /* 0: not to be told */
	bool has_options;      /* the request has some: only then the next two count */
	struct bns_options_asked asked;
	enum bns_cookie_state cookie;
	struct bns_options out;
};

void bns_edns_open(struct bns_edns *e, const struct bns_answer_conf *conf, const union bns_addr *client,
		   uint16_t keepalive_ds);

/* The options of a request's OPT. BNS_EFORMAT: they are malformed, and none of them counts. */
enum bns_error bns_edns_read(struct bns_edns *e, const uint8_t *options, size_t len) BNS_MUST_CHECK;

/* The client has sent a cookie and gets one. */
bool bns_edns_wants_cookie(const struct bns_edns *e);

/* A server cookie of ours vouches for the client's address. */
bool bns_edns_cookie_holds(const struct bns_edns *e);

/* Who pads its question wants the answer padded (RFC 7830 §4). */
bool bns_edns_wants_padding(const struct bns_edns *e);

/* Before bns_edns_answer, where the answer comes from a zone that is served: EXPIRE, if that was asked for. */
void bns_edns_add_expire(struct bns_edns *e, const struct bns_request *req, const struct bns_table *table,
			 const struct bns_image *img);

/* Fills `out` for an answer that has an OPT. */
void bns_edns_answer(struct bns_edns *e, enum bns_ede ede);

#endif
