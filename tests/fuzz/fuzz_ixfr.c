/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a primary sends in answer to IXFR: differences to a zone of ours (RFC
 * 1995), the whole zone, or that nothing is new; unsigned and signed. What the
 * differences lead to is a zone that can be worked with, and the store's own
 * form of the change leads back.
 */
#include "fuzz_transfer.h"
#include "zone/delta.h"
#include "zone/load.h"

#define BASE_SERIAL 1

static const char base_text[] =
	"$ORIGIN example.com.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 1209600 300\n@ NS ns1\n"
	"ns1 A 192.0.2.1\nurl1234 CNAME d1.cdn.example.\n*.wild TXT \"hi\"\n"
	"sub NS ns.sub\nns.sub A 192.0.2.2\nmx MX 10 ns1\nmx MX 20 ns1\n";

static struct bns_contents *before;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct bns_diag diag;
	(void)argc;
	(void)argv;
	FUZZ_REQUIRE(bns_zone_parse(base_text, sizeof(base_text) - 1, "fuzz", fuzz_apex, &before, &diag) == BNS_OK);
	FUZZ_REQUIRE(before->serial == BASE_SERIAL);
	return 0;
}

static void leads_back(const struct bns_contents *after)
{
	struct bns_delta delta, stored;
	struct bns_contents *back;
	uint8_t *data;
	size_t len;
	FUZZ_REQUIRE(bns_delta_make(before, after, &delta) == BNS_OK);
	FUZZ_REQUIRE(bns_delta_encode(&delta, &data, &len) == BNS_OK);
	FUZZ_REQUIRE(bns_delta_decode(data, len, &stored) == BNS_OK);
	FUZZ_REQUIRE(bns_delta_undo(&stored, after, &back) == BNS_OK);
	FUZZ_REQUIRE(bns_contents_finish(back) == BNS_OK && fuzz_zone_is_same(before, back));
	bns_contents_free(back);
	bns_delta_free(&stored);
	bns_delta_free(&delta);
	free(data);
}

static void apply(const struct bns_changes *changes)
{
	char reason[BNS_CHANGES_REASON_MAX] = "";
	struct bns_contents *after;
	if (bns_changes_apply(changes, before, &after, reason) != BNS_OK) {
		FUZZ_REQUIRE(reason[0] != '\0');
		return;
	}
	fuzz_judge(after);
	leads_back(after);
	bns_contents_free(after);
}

static void transfer(const uint8_t *data, size_t size, bool is_signed)
{
	const uint32_t serial = BASE_SERIAL;
	struct bns_xfr_stream s;
	fuzz_transfer(&s, &serial, is_signed, data, size);
	struct bns_contents *c = bns_xfr_stream_take(&s);
	FUZZ_REQUIRE(!c == !(s.done && s.kind == BNS_XFR_ZONE));
	if (c)
		fuzz_judge(c);
	bns_contents_free(c);
	if (s.done && s.kind == BNS_XFR_CHANGES)
		apply(&s.changes);
	bns_xfr_stream_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	transfer(data, size, false);
	transfer(data, size, true);
	return 0;
}
