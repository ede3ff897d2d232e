/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signed requests and answers as a stranger may send them; and any message
 * signed here must verify here. Key, secret and time are those the seeds were
 * signed with (make_corpus.py).
 */
#include <string.h>

#include "fuzz.h"
#include "wire/message.h"
#include "wire/tsig.h"

#define NOW_S 1700000000u

static const struct bns_tsig_key key = {
	.name = "\2k1", .algorithm = BNS_HMAC_SHA256, .secret_len = 6, .secret = "secret"};

static const struct bns_tsig_key *find_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	(void)arg;
	return alg == key.algorithm && bns_name_equal(name, key.name) ? &key : NULL;
}

/* An answer to whoever sent this, signed as the request's fate demands. */
static void answer(struct bns_tsig *t, enum bns_tsig_error error)
{
	static const uint8_t qname[] = "\7example\3com";
	uint8_t msg[BNS_UDP_PLAIN_MAX + BNS_TSIG_ROOM];
	struct bns_writer w = bns_writer_of(msg, BNS_UDP_PLAIN_MAX);
	bns_message_write_query(&w, 1, BNS_OPCODE_QUERY, BNS_FLAG_QR, qname, BNS_TYPE_SOA);
	size_t len = w.pos;
	if (bns_tsig_sign(t, msg, &len, sizeof(msg), NOW_S, error) == BNS_OK)
		FUZZ_REQUIRE(len <= sizeof(msg));
}

static void take_request(const uint8_t *data, size_t size)
{
	struct bns_request req;
	struct bns_tsig t;
	enum bns_tsig_error error = BNS_TSIG_NOERROR;
	if (bns_request_parse(data, size, &req) != BNS_OK || !req.has_tsig)
		return;
	enum bns_error err = bns_tsig_verify_request(&t, data, size, req.tsig_start, NOW_S, find_key, NULL, &error);
	FUZZ_REQUIRE(err != BNS_OK || error == BNS_TSIG_NOERROR);
	if (err != BNS_EFORMAT)
		answer(&t, error);
	bns_tsig_close(&t);
}

/* Twice the same message, as the first and the last of a stream. */
static void take_answer(const uint8_t *data, size_t size)
{
	static const uint8_t qname[] = "\7example\3com";
	uint8_t msg[BNS_UDP_PLAIN_MAX];
	struct bns_writer w = bns_writer_of(msg, sizeof(msg));
	struct bns_tsig t;
	size_t stripped = 0;
	bns_message_write_query(&w, 1, BNS_OPCODE_QUERY, 0, qname, BNS_TYPE_AXFR);
	size_t len = w.pos;
	bns_tsig_open(&t, &key);
	FUZZ_REQUIRE(bns_tsig_sign(&t, msg, &len, sizeof(msg), NOW_S, BNS_TSIG_NOERROR) == BNS_OK);
	if (bns_tsig_verify_answer(&t, data, size, NOW_S, false, &stripped) == BNS_OK) {
		FUZZ_REQUIRE(stripped <= size);
		(void)!bns_tsig_verify_answer(&t, data, size, NOW_S, true, NULL);
	}
	bns_tsig_close(&t);
}

static void own_signature_holds(const uint8_t *data, size_t size)
{
	struct bns_request req;
	struct bns_tsig ours, theirs;
	enum bns_tsig_error error;
	if (bns_request_parse(data, size, &req) != BNS_OK || req.has_tsig || bns_message_arcount(data) == UINT16_MAX ||
	    size > BNS_MESSAGE_MAX - BNS_TSIG_ROOM)
		return;
	unsigned opcode = bns_message_opcode(data);
	if (opcode != BNS_OPCODE_QUERY && opcode != BNS_OPCODE_NOTIFY)
		return; /* other messages are taken unread, and maybe aren't whole */
	size_t len = size, cap = size + BNS_TSIG_ROOM;
	uint8_t *msg = malloc(cap);
	FUZZ_REQUIRE(msg);
	memcpy(msg, data, size);
	bns_tsig_open(&ours, &key);
	FUZZ_REQUIRE(bns_tsig_sign(&ours, msg, &len, cap, NOW_S, BNS_TSIG_NOERROR) == BNS_OK);
	FUZZ_REQUIRE(bns_request_parse(msg, len, &req) == BNS_OK && req.has_tsig && req.tsig_start == size);
	FUZZ_REQUIRE(bns_tsig_verify_request(&theirs, msg, len, size, NOW_S, find_key, NULL, &error) == BNS_OK);
	bns_tsig_close(&theirs);
	msg[0] ^= 1; /* the id is the record's own; everything else is signed */
	msg[2] ^= 1;
	FUZZ_REQUIRE(bns_tsig_verify_request(&theirs, msg, len, size, NOW_S, find_key, NULL, &error) != BNS_OK);
	bns_tsig_close(&theirs);
	bns_tsig_close(&ours);
	free(msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	take_request(data, size);
	take_answer(data, size);
	own_signature_holds(data, size);
	return 0;
}
