/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TSIG record itself (RFC 8945 §4.2) and what goes into its MAC (§4.3).
 * For tsig.c and tsig_verify.c alone. Thread: any.
 */
#ifndef BNS_WIRE_TSIG_RECORD_H
#define BNS_WIRE_TSIG_RECORD_H

#include "base/buf.h"
#include "wire/tsig.h"

struct bns_tsig_record {
	uint8_t name[BNS_NAME_MAX];      /* lower-case */
	uint8_t algorithm[BNS_NAME_MAX]; /* lower-case */
	uint64_t signed_s;
	uint16_t fudge_s;
	uint16_t original_id;
	uint16_t error;
	size_t mac_len;
	const uint8_t *mac;
	size_t other_len;
	const uint8_t *other;
};

/* Reads the record at `start`, the message's last. MAC and other data point into `msg`. BNS_EFORMAT where it lies. */
enum bns_error bns_tsig_record_parse(const uint8_t *msg, size_t len, size_t start,
				     struct bns_tsig_record *record) BNS_MUST_CHECK;

void bns_tsig_record_write(struct bns_writer *w, const struct bns_tsig_record *record);

/*
 * A MAC in the making. A step that fails makes the end fail: check once, at
 * bns_tsig_mac_end. NULL where OpenSSL fails, and every step takes NULL.
 */
void *bns_tsig_mac_open(const struct bns_tsig_key *key);
void *bns_tsig_mac_close(void *mac); /* returns NULL */

/* The MAC of the request or the message before, behind its length; nothing where there is none. */
void *bns_tsig_mac_prior(void *mac, const uint8_t *prior, size_t len);

/* The message with `id` and without `stripped` records of its additional section; `len` ends before them. */
void *bns_tsig_mac_message(void *mac, const uint8_t *msg, size_t len, uint16_t id, unsigned stripped);

/* The TSIG variables, or the timers alone (RFC 8945 §5.3.1). */
void *bns_tsig_mac_variables(void *mac, const struct bns_tsig_record *record);
void *bns_tsig_mac_timers(void *mac, const struct bns_tsig_record *record);

/* Writes the whole MAC and closes `mac` in any case. */
enum bns_error bns_tsig_mac_end(void *mac, uint8_t out[BNS_TSIG_MAC_MAX], size_t *len) BNS_MUST_CHECK;

#endif
