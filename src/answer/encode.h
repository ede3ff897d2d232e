/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers as octets: header and question first, then whatever was decided
 * (answer/lookup.h), the OPT record last. RRsets are copied as the image holds
 * them; only pointers are patched. No allocation. Thread: any.
 */
#ifndef BNS_ANSWER_ENCODE_H
#define BNS_ANSWER_ENCODE_H

#include "answer/lookup.h"
#include "answer/options.h"
#include "base/buf.h"
#include "wire/message.h"

/* One answer being written. */
struct bns_encoder {
	struct bns_writer w;
	const struct bns_request *req;
	size_t cap;                        /* of the whole answer */
	size_t body;                       /* where the records begin */
	uint16_t udp_payload;              /* ours, for the OPT */
	const struct bns_options *options; /* the OPT's; NULL: none */
	size_t pad_block;                  /* 0: no padding */
	size_t behind;                     /* octets that others will add, which padding counts */
};

/*
 * Begins an answer of at most `cap` octets (at least 512) to the request
 * `msg`: header with RD and CD copied, the question in its own case if there
 * is one, and room kept for the OPT if the request had one. `options` (NULL:
 * none) must live until bns_encode_close.
 */
void bns_encode_open(struct bns_encoder *e, const uint8_t *msg, const struct bns_request *req, uint16_t udp_payload,
		     const struct bns_options *options, uint8_t *out, size_t cap);

/* Takes up an answer that others wrote and that lacks its OPT alone; bns_encode_close goes on with it. */
void bns_encode_adopt(struct bns_encoder *e, const struct bns_writer *w, const struct bns_request *req,
		      uint16_t udp_payload, const struct bns_options *options);

/*
 * Writes the sections of a decision, RRset by RRset; sets AA, RCODE, and TC
 * where a needed one did not fit. Then nothing behind it is written.
 */
void bns_encode_decision(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d);

/* Takes everything behind the question back, AA and TC too. */
void bns_encode_clear(struct bns_encoder *e);

/* A record at the question's name, for answers that come from no zone. */
void bns_encode_record(struct bns_encoder *e, uint16_t type, uint16_t rclass, uint32_t ttl, const uint8_t *rdata,
		       uint16_t rdlen);

#define BNS_PADDING_BLOCK 468 /* RFC 8467 §4.1 */

/* bns_encode_close pads the answer to a multiple of `block` octets, or as far as there is room (RFC 7830). */
void bns_encode_pad(struct bns_encoder *e, size_t block);

/* TC alone: ask again over TCP. */
void bns_encode_truncate(struct bns_encoder *e);

/* Sets the RCODE (the upper bits of an extended one go to the OPT), adds the OPT; returns the answer's length. */
size_t bns_encode_close(struct bns_encoder *e, enum bns_rcode rcode);

#endif
