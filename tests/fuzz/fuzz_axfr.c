/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a primary sends: messages with their lengths before them, as on TCP,
 * fed to a transfer; once as they are and once signed on the way, since no
 * mutation would pass a signature. The id is filled in.
 */
#include <string.h>

#include "base/clock.h"
#include "fuzz.h"
#include "fuzz_zone.h"
#include "transfer/xfr_stream.h"

#define BASE_SERIAL 1
#define SIGNED_MAX  (BNS_MESSAGE_MAX - BNS_TSIG_ROOM)

static const uint8_t apex[] = "\7example\3com";

static const struct bns_tsig_key key = {
	.name = "\2k1", .algorithm = BNS_HMAC_SHA256, .secret_len = 6, .secret = "secret"};

static const struct bns_tsig_key *find_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	(void)arg;
	(void)name;
	(void)alg;
	return &key;
}

/* The primary's side: it knows the signed question, so it can sign the answers. */
static void open_primary(struct bns_tsig *primary, const uint8_t *msg, size_t len, uint64_t now_s)
{
	struct bns_request req;
	enum bns_tsig_error error;
	FUZZ_REQUIRE(bns_request_parse(msg, len, &req) == BNS_OK && req.has_tsig);
	FUZZ_REQUIRE(bns_tsig_verify_request(primary, msg, len, req.tsig_start, now_s, find_key, NULL, &error) ==
		     BNS_OK);
}

static void judge(struct bns_contents *c)
{
	FUZZ_REQUIRE(bns_contents_finish(c) == BNS_OK);
	fuzz_zone_builds(c, fuzz_zone_is_sound(c));
	fuzz_zone_stores(c);
	bns_contents_free(c);
}

static void feed(struct bns_xfr_stream *s, struct bns_tsig *primary, const uint8_t *data, size_t size, uint64_t now_s)
{
	static uint8_t msg[BNS_MESSAGE_MAX];
	struct bns_reader r = bns_reader_of(data, size);
	while (!s->done) {
		size_t len = bns_read_u16(&r);
		const uint8_t *bytes = bns_read_bytes(&r, len);
		if (!bytes || len < BNS_HEADER_LEN || len > SIGNED_MAX)
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

/* The version that an IXFR is asked from. */
static struct bns_contents *base(void)
{
	static const uint8_t soa[22] = {0, 0, 0, 0, 0, BASE_SERIAL};
	static const uint8_t address[4] = {192, 0, 2, 1};
	struct bns_contents *c = bns_contents_new(apex);
	FUZZ_REQUIRE(c && bns_contents_add(c, apex, BNS_TYPE_SOA, 300, soa, sizeof(soa), 0, 0) == BNS_OK);
	FUZZ_REQUIRE(bns_contents_add(c, apex, BNS_TYPE_A, 300, address, sizeof(address), 0, 0) == BNS_OK);
	FUZZ_REQUIRE(bns_contents_finish(c) == BNS_OK);
	return c;
}

static void apply(const struct bns_changes *changes)
{
	char reason[BNS_CHANGES_REASON_MAX] = "";
	struct bns_contents *before = base(), *after;
	if (bns_changes_apply(changes, before, &after, reason) == BNS_OK)
		judge(after);
	else
		FUZZ_REQUIRE(reason[0] != '\0');
	bns_contents_free(before);
}

/* In answer to IXFR the same octets may be differences. */
static void differences(const uint8_t *data, size_t size)
{
	const uint32_t serial = BASE_SERIAL;
	struct bns_xfr_stream s;
	uint8_t msg[BNS_ASK_LEN_MAX];
	size_t len;
	FUZZ_REQUIRE(bns_xfr_stream_open(&s, apex, NULL, NULL, &serial) == BNS_OK);
	FUZZ_REQUIRE(bns_xfr_stream_ask(&s, msg, sizeof(msg), &len) == BNS_OK);
	feed(&s, NULL, data, size, (uint64_t)bns_clock_wall_s());
	struct bns_contents *c = bns_xfr_stream_take(&s);
	FUZZ_REQUIRE(!c == !(s.done && s.kind == BNS_XFR_ZONE));
	if (c)
		judge(c);
	if (s.done && s.kind == BNS_XFR_CHANGES)
		apply(&s.changes);
	bns_xfr_stream_close(&s);
}

static void transfer(const uint8_t *data, size_t size, bool is_signed)
{
	struct bns_xfr_stream s;
	struct bns_tsig primary = {0};
	uint8_t msg[BNS_ASK_LEN_MAX];
	size_t len;
	uint64_t now_s = (uint64_t)bns_clock_wall_s();
	FUZZ_REQUIRE(bns_xfr_stream_open(&s, apex, is_signed ? &key : NULL, NULL, NULL) == BNS_OK);
	FUZZ_REQUIRE(bns_xfr_stream_ask(&s, msg, sizeof(msg), &len) == BNS_OK);
	if (is_signed)
		open_primary(&primary, msg, len, now_s);
	feed(&s, is_signed ? &primary : NULL, data, size, now_s);
	struct bns_contents *c = bns_xfr_stream_take(&s);
	FUZZ_REQUIRE(!c == !s.done);
	if (c)
		judge(c);
	bns_xfr_stream_close(&s);
	if (is_signed)
		bns_tsig_close(&primary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	transfer(data, size, false);
	transfer(data, size, true);
	differences(data, size);
	return 0;
}
