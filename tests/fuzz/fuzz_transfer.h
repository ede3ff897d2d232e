/* SPDX-License-Identifier: BSD-3-Clause */
/* A primary's messages with their lengths before them, as on TCP, fed to a transfer of example.com. */
#ifndef TESTS_FUZZ_FUZZ_TRANSFER_H
#define TESTS_FUZZ_FUZZ_TRANSFER_H

#include <string.h>

#include "base/clock.h"
#include "fuzz.h"
#include "fuzz_zone.h"
#include "transfer/xfr_stream.h"

#define FUZZ_SIGNED_MAX (BNS_MESSAGE_MAX - BNS_TSIG_ROOM)

static const uint8_t fuzz_apex[] = "\7example\3com";

static const struct bns_tsig_key fuzz_key = {
	.name = "\2k1", .algorithm = BNS_HMAC_SHA256, .secret_len = 6, .secret = "secret"};

static inline const struct bns_tsig_key *fuzz_find_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	(void)arg;
	(void)name;
	(void)alg;
	return &fuzz_key;
}

/* The primary's side: it knows the signed question, so it can sign the answers. */
static inline void fuzz_open_primary(struct bns_tsig *primary, const uint8_t *msg, size_t len, uint64_t now_s)
{
	struct bns_request req;
	enum bns_tsig_error error;
	FUZZ_REQUIRE(bns_request_parse(msg, len, &req) == BNS_OK && req.has_tsig);
	FUZZ_REQUIRE(bns_tsig_verify_request(primary, msg, len, req.tsig_start, now_s, fuzz_find_key, NULL, &error) ==
		     BNS_OK);
}

static inline void fuzz_judge(struct bns_contents *c)
{
	FUZZ_REQUIRE(bns_contents_finish(c) == BNS_OK);
	fuzz_zone_builds(c, fuzz_zone_is_sound(c));
	fuzz_zone_stores(c);
}

/* The ids are filled in; `primary` (NULL: nobody) signs each message. */
static inline void fuzz_feed(struct bns_xfr_stream *s, struct bns_tsig *primary, const uint8_t *data, size_t size,
			     uint64_t now_s)
{
	static uint8_t msg[BNS_MESSAGE_MAX];
	struct bns_reader r = bns_reader_of(data, size);
	while (!s->done) {
		size_t len = bns_read_u16(&r);
		const uint8_t *bytes = bns_read_bytes(&r, len);
		if (!bytes || len < BNS_HEADER_LEN || len > FUZZ_SIGNED_MAX)
			return;
		memcpy(msg, bytes, len);
		bns_put_u16(msg, s->ask.id);
		if (primary && bns_tsig_sign(primary, msg, &len, sizeof(msg), now_s, BNS_TSIG_NOERROR) != BNS_OK)
			return;
		if (bns_xfr_stream_feed(s, msg, len) != BNS_OK) {
			FUZZ_REQUIRE(s->reason[0] != '\0');
			return;
		}
	}
}

/* Asks (`serial` NULL: AXFR), is answered with `data`, and leaves the stream for the caller to look at and close. */
static inline void fuzz_transfer(struct bns_xfr_stream *s, const uint32_t *serial, bool is_signed, const uint8_t *data,
				 size_t size)
{
	struct bns_tsig primary = {0};
	uint8_t msg[BNS_ASK_LEN_MAX];
	size_t len;
	uint64_t now_s = (uint64_t)bns_clock_wall_s();
	FUZZ_REQUIRE(bns_xfr_stream_open(s, fuzz_apex, is_signed ? &fuzz_key : NULL, NULL, serial) == BNS_OK);
	FUZZ_REQUIRE(bns_xfr_stream_ask(s, msg, sizeof(msg), &len) == BNS_OK);
	if (is_signed)
		fuzz_open_primary(&primary, msg, len, now_s);
	fuzz_feed(s, is_signed ? &primary : NULL, data, size, now_s);
	if (is_signed)
		bns_tsig_close(&primary);
}

#endif
