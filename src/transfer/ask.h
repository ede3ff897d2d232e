/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A question of ours to another name server, signed or not, and what its
 * answer must show to be one. No I/O. Thread: any.
 */
#ifndef BNS_TRANSFER_ASK_H
#define BNS_TRANSFER_ASK_H

#include "wire/message.h"
#include "wire/tsig.h"

#define BNS_ASK_REASON_MAX 256
#define BNS_ASK_LEN_MAX    BNS_UDP_PLAIN_MAX /* header, longest question, TSIG of a key name of usual length */

struct bns_ask {
	uint16_t id;
	enum bns_opcode opcode;
	uint16_t qtype;
	const uint8_t *qname; /* borrowed */
	bool edns;            /* with OPT, and EXPIRE asked for (RFC 7314 §2) */
	uint32_t serial;      /* IXFR: of the version we have (RFC 1995 §3) */
};

/* How long the other side's copy of the zone lives on, where it told. */
struct bns_ask_expire {
	bool told;
	uint32_t left_s;
};

/* An id nobody can guess (RFC 5452 §9.2). */
uint16_t bns_ask_random(void);

/* Fills in the id and writes the message; signs it where `tsig` has a key. BNS_ERANGE: names too long for `cap`. */
enum bns_error bns_ask_write(struct bns_ask *ask, struct bns_tsig *tsig, uint8_t *msg, size_t cap,
			     size_t *len) BNS_MUST_CHECK;

/*
 * Is `msg` an answer to `ask`, with rcode NOERROR? BNS_EFORMAT: not one at
 * all; BNS_EDENIED: one with another rcode. `reason` is then half a sentence
 * ("answered REFUSED"). `question` says whether the question must be there.
 */
enum bns_error bns_ask_check(const struct bns_ask *ask, const uint8_t *msg, size_t len, bool question,
			     char reason[BNS_ASK_REASON_MAX]) BNS_MUST_CHECK;

/* Is what bns_ask_check returned for this message the answer of one who can't take EDNS (RFC 6891 §7)? */
bool bns_ask_dislikes_edns(const struct bns_ask *ask, enum bns_error checked, const uint8_t *msg);

/* EXPIRE of an answer (RFC 7314 §3); not told where it isn't there, or isn't of four octets. */
struct bns_ask_expire bns_ask_read_expire(const uint8_t *msg, size_t len);

/* The same of its OPT record. */
struct bns_ask_expire bns_ask_expire_of(const uint8_t *msg, const struct bns_message_rr *opt);

/* The first SOA at `qname` in the answer section: its serial. BNS_ENOENT where there is none. */
enum bns_error bns_ask_serial(const struct bns_ask *ask, const uint8_t *msg, size_t len,
			      uint32_t *serial) BNS_MUST_CHECK;

/* The serial in an uncompressed, valid SOA RDATA. */
uint32_t bns_soa_serial(const uint8_t *rdata, size_t rdlen);

#endif
