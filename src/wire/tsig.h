/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transaction signatures (RFC 8945) with OpenSSL's EVP_MAC. Works on message
 * buffers in place. Thread: any; a context belongs to one exchange.
 */
#ifndef BNS_WIRE_TSIG_H
#define BNS_WIRE_TSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/name.h"

enum bns_tsig_algorithm { BNS_HMAC_SHA256, BNS_HMAC_SHA384, BNS_HMAC_SHA512 };

enum bns_tsig_error {
	BNS_TSIG_NOERROR = 0,
	BNS_TSIG_BADSIG = 16,
	BNS_TSIG_BADKEY = 17,
	BNS_TSIG_BADTIME = 18,
	BNS_TSIG_BADTRUNC = 22
};

#define BNS_TSIG_MAC_MAX    64
#define BNS_TSIG_SECRET_MAX 512
#define BNS_TSIG_FUDGE_S    300
#define BNS_TSIG_ROOM       400 /* octets a TSIG record of ours can need */

struct bns_tsig_key {
	uint8_t name[BNS_NAME_MAX]; /* wire form, lower-case */
	enum bns_tsig_algorithm algorithm;
	size_t secret_len;
	uint8_t secret[BNS_TSIG_SECRET_MAX];
};

/* For who is about to free one. */
void bns_tsig_key_wipe(struct bns_tsig_key *key);

/* "hmac-sha256" → BNS_HMAC_SHA256 ...; BNS_EINVAL otherwise. */
enum bns_error bns_tsig_algorithm_from_text(const char *text, enum bns_tsig_algorithm *alg) BNS_MUST_CHECK;
const char *bns_tsig_algorithm_to_text(enum bns_tsig_algorithm alg);

/* Wire form, lower-case. */
const uint8_t *bns_tsig_algorithm_name(enum bns_tsig_algorithm alg);
enum bns_error bns_tsig_algorithm_from_name(const uint8_t *name, enum bns_tsig_algorithm *alg) BNS_MUST_CHECK;

/* Octets of a whole MAC. */
size_t bns_tsig_algorithm_size(enum bns_tsig_algorithm alg);

/* One exchange: a request and its answer, or the messages of a transfer. */
struct bns_tsig {
	const struct bns_tsig_key *key; /* borrowed; must outlive the exchange */
	uint8_t mac[BNS_TSIG_MAC_MAX];  /* of the last signed message: the next one's "prior MAC" */
	size_t mac_len;
	uint64_t now_s;                  /* when the message was verified or signed */
	bool first_done;                 /* later messages of a stream sign the timers only (RFC 8945 §5.3.1) */
	unsigned unsigned_run;           /* messages since the last signed one */
	void *digest;                    /* running EVP_MAC over unsigned messages; owned */
	uint8_t peer_name[BNS_NAME_MAX]; /* the request's key, algorithm and time, which an error answer repeats */
	uint8_t peer_algorithm[BNS_NAME_MAX];
	uint64_t peer_signed_s;
};

/* `key` NULL means: no TSIG is used, and the calls below check just that. A requester opens anew for each request. */
void bns_tsig_open(struct bns_tsig *t, const struct bns_tsig_key *key);
void bns_tsig_close(struct bns_tsig *t);

/*
 * Signs the message of `*len` octets in `msg` (`cap` octets of room), adds the
 * TSIG record and counts ARCOUNT. The first call of a requester signs a
 * request; of a responder (after bns_tsig_verify_request) an answer; further
 * calls the next messages of a stream. `error` other than NOERROR: BADKEY and
 * BADSIG are added unsigned, BADTIME signed with the server's time (RFC 8945
 * §5.2). Without a key and an error nothing is added. BNS_ERANGE where `cap`
 * is too small.
 */
enum bns_error bns_tsig_sign(struct bns_tsig *t, uint8_t *msg, size_t *len, size_t cap, uint64_t now_s,
			     enum bns_tsig_error error) BNS_MUST_CHECK;

/*
 * Responder: the request's TSIG begins at `tsig_start`. Looks the key up with
 * `find` (by lower-case wire name and algorithm; NULL = unknown). On failure
 * `*error` is what the answer's TSIG must carry; with BNS_EFORMAT (a TSIG that
 * isn't one) it is NOERROR, and the answer has none. `t` is opened here.
 */
typedef const struct bns_tsig_key *(*bns_tsig_find_fn)(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg);
enum bns_error bns_tsig_verify_request(struct bns_tsig *t, const uint8_t *msg, size_t len, size_t tsig_start,
				       uint64_t now_s, bns_tsig_find_fn find, void *arg,
				       enum bns_tsig_error *error) BNS_MUST_CHECK;

/*
 * The error in an answer's TSIG, unverified: why the other side didn't take
 * our request. "" where it has none; else "BADKEY", "BADSIG", "BADTIME" ....
 */
const char *bns_tsig_peer_says(const uint8_t *msg, size_t len);

/*
 * Requester: one message of the answer. Up to 99 unsigned messages may lie
 * between two signed ones, and the last one must be signed: `last` says so.
 * With no key, a message that carries a TSIG is BNS_EBADKEY. `stripped_len`
 * (may be NULL) gets the message's length without its TSIG. A first message
 * that fails leaves `t` as it was, so that a forged one can be passed over.
 */
enum bns_error bns_tsig_verify_answer(struct bns_tsig *t, const uint8_t *msg, size_t len, uint64_t now_s, bool last,
				      size_t *stripped_len) BNS_MUST_CHECK;

#endif
