/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EDNS options (RFC 6891 §6.1.2): what a request's ask for, and the octets of
 * those that go into an answer's OPT record. No allocation. Thread: any.
 */
#ifndef BNS_ANSWER_OPTIONS_H
#define BNS_ANSWER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/message.h"

/* Extended DNS errors (RFC 8914 §4) that we send. */
enum bns_ede {
	BNS_EDE_NONE = -1,
	BNS_EDE_NOT_READY = 14,
	BNS_EDE_NOT_AUTHORITATIVE = 20,
	BNS_EDE_INVALID_DATA = 24,
};

/* What a request's options ask for; those we don't know are ignored (RFC 6891 §6.1.2). */
struct bns_options_asked {
	bool nsid;
	bool expire;
	bool keepalive;
	bool padding;
	uint16_t cookie_len;   /* 0: no cookie */
	const uint8_t *cookie; /* in the request */
};

/*
 * Reads an OPT's options, whose lengths bns_request_parse found to add up.
 * BNS_EFORMAT: a cookie of an impossible length (RFC 7873 §5.2.2). Of several
 * cookies the first counts.
 */
enum bns_error bns_options_read(const uint8_t *options, size_t len, struct bns_options_asked *out) BNS_MUST_CHECK;

#define BNS_OPTION_HEADER_LEN 4
#define BNS_OPTIONS_MAX       464

/* Options of one answer, one after the other, the more important ones first. */
struct bns_options {
	uint16_t len;
	uint16_t needed_len; /* for so many octets room is kept; the rest goes where the answer leaves some */
	uint8_t data[BNS_OPTIONS_MAX];
};

static inline void bns_options_clear(struct bns_options *o)
{
	o->len = 0;
	o->needed_len = 0;
}

/* Adds one for which room is kept; none may follow bns_options_add_spare. */
void bns_options_add(struct bns_options *o, enum bns_edns_option code, const void *data, uint16_t len);

/* Adds one that is left out before an answer is truncated for it. */
void bns_options_add_spare(struct bns_options *o, enum bns_edns_option code, const void *data, uint16_t len);

void bns_options_add_ede(struct bns_options *o, enum bns_ede ede);

#endif
