/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS messages: the header, the question, EDNS, and a cursor over records.
 * This file faces the network. No I/O, no allocation. Thread: any.
 *
 *                                  1  1  1  1  1  1
 *    0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
 *  +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *  |                      ID                       |
 *  |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
 *  |                    QDCOUNT                    |
 *  |                    ANCOUNT                    |
 *  |                    NSCOUNT                    |
 *  |                    ARCOUNT                    |
 *  +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *                                    (RFC 1035 §4.1.1, RFC 4035 §3.1.6)
 */
#ifndef BNS_WIRE_MESSAGE_H
#define BNS_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "wire/name.h"
#include "wire/rrtype.h"

#define BNS_HEADER_LEN       12
#define BNS_MESSAGE_MAX      65535
#define BNS_UDP_PLAIN_MAX    512 /* without EDNS (RFC 1035 §2.3.4) */
#define BNS_EDNS_UDP_DEFAULT 1232

enum bns_opcode { BNS_OPCODE_QUERY = 0, BNS_OPCODE_NOTIFY = 4, BNS_OPCODE_UPDATE = 5 };

enum bns_rcode {
	BNS_RCODE_NOERROR = 0,
	BNS_RCODE_FORMERR = 1,
	BNS_RCODE_SERVFAIL = 2,
	BNS_RCODE_NXDOMAIN = 3,
	BNS_RCODE_NOTIMP = 4,
	BNS_RCODE_REFUSED = 5,
	BNS_RCODE_YXDOMAIN = 6,
	BNS_RCODE_NOTAUTH = 9,
	BNS_RCODE_BADVERS = 16,   /* extended, RFC 6891 §9; also TSIG's BADSIG in its own field */
	BNS_RCODE_BADCOOKIE = 23, /* extended, RFC 7873 §8 */
};

/* Flags as they lie in the header's second 16 bits. */
enum bns_flag {
	BNS_FLAG_QR = 0x8000,
	BNS_FLAG_OPCODE = 0x7800, /* all four bits */
	BNS_FLAG_AA = 0x0400,
	BNS_FLAG_TC = 0x0200,
	BNS_FLAG_RD = 0x0100,
	BNS_FLAG_RA = 0x0080,
	BNS_FLAG_AD = 0x0020,
	BNS_FLAG_CD = 0x0010,
};

enum bns_edns_option {
	BNS_EDNS_NSID = 3,
	BNS_EDNS_EXPIRE = 9,
	BNS_EDNS_COOKIE = 10,
	BNS_EDNS_KEEPALIVE = 11,
	BNS_EDNS_PADDING = 12,
	BNS_EDNS_EDE = 15,
	BNS_EDNS_REPORT_CHANNEL = 18,
};

#define BNS_EDNS_DO       0x8000
#define BNS_OPT_EMPTY_LEN 11 /* root owner, type, class, TTL, RDLENGTH */

enum bns_section { BNS_SECTION_ANSWER, BNS_SECTION_AUTHORITY, BNS_SECTION_ADDITIONAL };

static inline uint16_t bns_message_id(const uint8_t *m)
{
	return bns_get_u16(m);
}
static inline uint16_t bns_message_flags(const uint8_t *m)
{
	return bns_get_u16(m + 2);
}
static inline unsigned bns_message_opcode(const uint8_t *m)
{
	return m[2] >> 3 & 15;
}
static inline unsigned bns_message_rcode(const uint8_t *m)
{
	return m[3] & 15;
}
static inline uint16_t bns_message_qdcount(const uint8_t *m)
{
	return bns_get_u16(m + 4);
}
static inline uint16_t bns_message_ancount(const uint8_t *m)
{
	return bns_get_u16(m + 6);
}
static inline uint16_t bns_message_nscount(const uint8_t *m)
{
	return bns_get_u16(m + 8);
}
static inline uint16_t bns_message_arcount(const uint8_t *m)
{
	return bns_get_u16(m + 10);
}

/* What the rest of the program wants to know about a request. Offsets count from the message's start. */
struct bns_request {
	struct bns_qname qname;
	uint16_t qtype;
	uint16_t qclass;
	uint16_t question_end; /* offset behind the question */
	bool has_question;
	bool has_edns;
	bool has_tsig; /* the last record is a TSIG (RFC 8945 §5.1) */
	uint8_t edns_version;
	uint16_t edns_flags;  /* BNS_EDNS_DO */
	uint16_t udp_payload; /* what the client takes; never below 512 (RFC 6891 §6.2.3) */
	uint16_t opt_rdata;   /* offset and length of the OPT's options */
	uint16_t opt_rdlen;
	uint16_t tsig_start; /* offset of the TSIG record */
};

/*
 * Reads a request. On BNS_EFORMAT the header is still good for a FORMERR
 * answer, and `has_question` says whether the question may be echoed;
 * BNS_ESHORT means fewer than 12 octets: don't answer. Accepts any opcode:
 * one question where QUERY or NOTIFY demands one (RFC 9619), or none with
 * QUERY, as who wants a mere cookie asks (RFC 7873 §5.4); no octets behind the
 * last record, one OPT at most and only in the additional section
 * (RFC 6891 §6.1.1), a TSIG only as the last record.
 */
enum bns_error bns_request_parse(const uint8_t *msg, size_t len, struct bns_request *out) BNS_MUST_CHECK;

/* One record of a message. `owner` is expanded with its case; RDATA stays in the message, maybe compressed. */
struct bns_message_rr {
	uint8_t owner[BNS_NAME_MAX];
	uint16_t type;
	uint16_t rclass;
	uint32_t ttl;
	uint16_t rdlen;
	size_t rdata; /* offset in the message */
	size_t start; /* offset of the owner */
};

/* Walks the records of a message behind its questions; sections follow each other. */
struct bns_message_cursor {
	const uint8_t *msg;
	size_t len;
	size_t pos;
	unsigned left[3];
};

/* Skips the questions. BNS_EFORMAT where they don't fit. */
enum bns_error bns_message_cursor_open(struct bns_message_cursor *cur, const uint8_t *msg, size_t len) BNS_MUST_CHECK;

/*
 * The next record, with its section in `section` (may be NULL). BNS_ENOENT
 * behind the last one; BNS_EFORMAT where the message lies.
 */
enum bns_error bns_message_next(struct bns_message_cursor *cur, struct bns_message_rr *rr,
				enum bns_section *section) BNS_MUST_CHECK;

/* Writes a header with zero counts. */
void bns_message_write_header(struct bns_writer *w, uint16_t id, unsigned opcode, uint16_t flags, unsigned rcode);

/* Writes header and one question; used by SOA checks, transfers and NOTIFY. */
void bns_message_write_query(struct bns_writer *w, uint16_t id, unsigned opcode, uint16_t flags, const uint8_t *qname,
			     uint16_t qtype);

/* Adds an OPT record without options; the caller counts ARCOUNT. `rcode_high` is the upper 8 bits of the rcode. */
void bns_message_write_opt(struct bns_writer *w, uint16_t udp_payload, uint8_t rcode_high, uint16_t flags,
			   uint16_t options_len);

#endif
