/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a primary sends in answer to AXFR, once as it is and once signed on the
 * way, since no mutation would pass a signature.
 */
#include "fuzz_transfer.h"

static void transfer(const uint8_t *data, size_t size, bool is_signed)
{
	struct bns_xfr_stream s;
	fuzz_transfer(&s, NULL, is_signed, data, size);
	struct bns_contents *c = bns_xfr_stream_take(&s);
	FUZZ_REQUIRE(!c == !s.done);
	if (c)
		fuzz_judge(c);
	bns_contents_free(c);
	bns_xfr_stream_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	transfer(data, size, false);
	transfer(data, size, true);
	return 0;
}
