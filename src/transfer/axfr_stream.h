/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages of an AXFR answer, one after the other, → contents (RFC 5936
 * §2.2). Checks what belongs to the transfer; the records are judged by
 * zone/check.c, behind the gate. No I/O. Thread: one at a time.
 */
#ifndef BNS_TRANSFER_AXFR_STREAM_H
#define BNS_TRANSFER_AXFR_STREAM_H

#include "transfer/ask.h"
#include "zone/contents.h"

/* Limits against a primary that sends without end; 0: none. */
struct bns_transfer_limits {
	uint64_t zone_max_bytes;
	uint64_t zone_max_records;
	uint64_t progress_timeout_ms; /* without an octet from the primary */
};

struct bns_axfr_stream {
	struct bns_ask ask;
	struct bns_contents *contents;
	struct bns_transfer_limits limits;
	struct bns_tsig tsig;
	struct bns_tsig_key key; /* a copy: configuration may be replaced meanwhile */
	bool is_signed;          /* with `key` */
	uint64_t bytes;
	struct bns_ask_expire expire;
	bool started;   /* the first SOA was seen */
	bool done;      /* the last one too */
	uint8_t *rdata; /* of the record at hand, expanded */
	uint8_t soa[2 * BNS_NAME_MAX + 20];
	uint16_t soa_len;
	char reason[BNS_ASK_REASON_MAX]; /* what was wrong; its subject is the primary: "sent ..." */
};

/* `key` NULL: unsigned. `limits` NULL: none. */
enum bns_error bns_axfr_stream_open(struct bns_axfr_stream *s, const uint8_t *apex, const struct bns_tsig_key *key,
				    const struct bns_transfer_limits *limits) BNS_MUST_CHECK;

/*
 * Writes the question, signed where there is a key; `cap` of 512 suffices. May be
 * called again before anything of the zone came: with another `ask.edns`.
 */
enum bns_error bns_axfr_stream_ask(struct bns_axfr_stream *s, uint8_t *msg, size_t cap, size_t *len) BNS_MUST_CHECK;

/* One message. On an error `reason` says what was wrong; `done` is set behind the last one. */
enum bns_error bns_axfr_stream_feed(struct bns_axfr_stream *s, const uint8_t *msg, size_t len) BNS_MUST_CHECK;

/* The zone, which is the caller's from now on; NULL before `done`. */
struct bns_contents *bns_axfr_stream_take(struct bns_axfr_stream *s);

void bns_axfr_stream_close(struct bns_axfr_stream *s);

#endif
