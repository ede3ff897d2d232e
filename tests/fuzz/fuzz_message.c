/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests as they come from the network, and the walk over any message's records. */
#include <string.h>

#include "fuzz.h"
#include "wire/message.h"

static void parse_request(const uint8_t *data, size_t size)
{
	struct bns_request req;
	enum bns_error err = bns_request_parse(data, size, &req);
	if (size < BNS_HEADER_LEN) {
		FUZZ_REQUIRE(err == BNS_ESHORT);
		return;
	}
	FUZZ_REQUIRE(err == BNS_OK || err == BNS_EFORMAT);
	FUZZ_REQUIRE(req.question_end <= size);
	FUZZ_REQUIRE(req.udp_payload >= BNS_UDP_PLAIN_MAX);
	if (req.has_question) {
		FUZZ_REQUIRE(bns_name_valid(req.qname.name, req.qname.len));
		FUZZ_REQUIRE(req.qname.hash[req.qname.labels] == bns_name_hash(req.qname.name));
	}
	if (err)
		return;
	FUZZ_REQUIRE(!req.has_edns || (size_t)req.opt_rdata + req.opt_rdlen <= size);
	FUZZ_REQUIRE(!req.has_tsig || req.tsig_start < size);
}

static void expand(const uint8_t *data, size_t size, const struct bns_message_rr *rr)
{
	static uint8_t rdata[BNS_MESSAGE_MAX], again[BNS_MESSAGE_MAX];
	uint16_t len, again_len, offsets[2];
	if (bns_rdata_expand(rr->type, data, size, rr->rdata, rr->rdlen, rdata, sizeof(rdata), &len) != BNS_OK)
		return;
	FUZZ_REQUIRE(bns_rdata_valid(rr->type, rdata, len));
	/* What is expanded stays as it is. */
	FUZZ_REQUIRE(bns_rdata_expand(rr->type, rdata, len, 0, len, again, sizeof(again), &again_len) == BNS_OK);
	FUZZ_REQUIRE(again_len == len && memcmp(rdata, again, len) == 0);
	unsigned names = bns_rdata_name_offsets(rr->type, rdata, len, offsets);
	for (unsigned i = 0; i < names; i++)
		FUZZ_REQUIRE(offsets[i] + bns_name_len(rdata + offsets[i]) <= len);
	bns_rdata_lower(rr->type, rdata, len);
	FUZZ_REQUIRE(bns_rdata_valid(rr->type, rdata, len));
}

static void walk(const uint8_t *data, size_t size)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section, former = BNS_SECTION_ANSWER;
	enum bns_error err = bns_message_cursor_open(&cur, data, size);
	while (!err && !(err = bns_message_next(&cur, &rr, &section))) {
		FUZZ_REQUIRE(section >= former);
		FUZZ_REQUIRE(bns_name_valid(rr.owner, bns_name_len(rr.owner)));
		FUZZ_REQUIRE(rr.rdata + rr.rdlen <= size);
		former = section;
		expand(data, size, &rr);
	}
	FUZZ_REQUIRE(err == BNS_ENOENT || err == BNS_EFORMAT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse_request(data, size);
	walk(data, size);
	return 0;
}
