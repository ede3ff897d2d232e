/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages of an answer to AXFR (RFC 5936 §2.2) or IXFR (RFC 1995 §4), one
 * after the other, → contents or differences. Checks what belongs to the
 * transfer; the records are judged by zone/check.c, behind the gate. No I/O.
 * Thread: one at a time.
 */
#ifndef BNS_TRANSFER_XFR_STREAM_H
#define BNS_TRANSFER_XFR_STREAM_H

#include "transfer/ask.h"
#include "transfer/changes.h"
#include "zone/contents.h"

/* Limits against a primary that sends without end; 0: none. */
struct bns_transfer_limits {
	uint64_t zone_max_bytes;
	uint64_t zone_max_records;
	uint64_t progress_timeout_ms; /* without a message, or some thousand octets of one, from the primary */
	uint64_t max_ms;              /* from the first message to the last */
};

/* What an answer is. To AXFR it is the zone. */
enum bns_xfr_kind {
	BNS_XFR_UNKNOWN, /* not seen yet */
	BNS_XFR_ZONE,    /* all of it, also in answer to IXFR */
	BNS_XFR_CHANGES, /* since the version that we have */
	BNS_XFR_CURRENT, /* the version that we have, or an older one */
};

/* What the next record may be. */
enum bns_xfr_place {
	BNS_XFR_FIRST,  /* the SOA of the new version */
	BNS_XFR_SECOND, /* IXFR: shows what kind of answer it is */
	BNS_XFR_RECORDS,
	BNS_XFR_REMOVED,
	BNS_XFR_ADDED,
	BNS_XFR_END, /* nothing */
};

struct bns_xfr_soa {
	uint8_t rdata[2 * BNS_NAME_MAX + 20];
	uint16_t rdlen;
};

struct bns_xfr_stream {
	struct bns_ask ask;
	struct bns_contents *contents;
	struct bns_changes changes;
	enum bns_xfr_kind kind;
	enum bns_xfr_place place;
	struct bns_transfer_limits limits;
	struct bns_tsig tsig;
	struct bns_tsig_key key; /* a copy: configuration may be replaced meanwhile */
	bool is_signed;          /* with `key` */
	uint64_t bytes;
	uint64_t began_ms;
	struct bns_ask_expire expire;
	bool started;             /* the first SOA was seen */
	bool done;                /* all has come */
	uint8_t *rdata;           /* of the record at hand, expanded */
	struct bns_xfr_soa first; /* the SOA of the new version */
	uint32_t first_ttl;
	uint32_t step_serial;            /* of the version that the differences have come to */
	char reason[BNS_ASK_REASON_MAX]; /* what was wrong; its subject is the primary: "sent ..." */
};

/* `key` NULL: unsigned. `limits` NULL: none. `serial`: ours, for IXFR; NULL: AXFR. */
enum bns_error bns_xfr_stream_open(struct bns_xfr_stream *s, const uint8_t *apex, const struct bns_tsig_key *key,
				   const struct bns_transfer_limits *limits, const uint32_t *serial) BNS_MUST_CHECK;

/*
 * Writes the question, signed where there is a key; `cap` of 1,024 suffices. May be
 * called again before anything of the zone came: with another `ask.edns`.
 */
enum bns_error bns_xfr_stream_ask(struct bns_xfr_stream *s, uint8_t *msg, size_t cap, size_t *len) BNS_MUST_CHECK;

/* One message. On an error `reason` says what was wrong; `done` is set behind the last one. */
enum bns_error bns_xfr_stream_feed(struct bns_xfr_stream *s, const uint8_t *msg, size_t len) BNS_MUST_CHECK;

/* The zone, which is the caller's from now on; NULL before `done`, and where the answer isn't one. */
struct bns_contents *bns_xfr_stream_take(struct bns_xfr_stream *s);

void bns_xfr_stream_close(struct bns_xfr_stream *s);

#endif
