/* SPDX-License-Identifier: BSD-3-Clause */
/* Names as people write them: what is read is written and read again as the same. */
#include <string.h>

#include "fuzz.h"
#include "wire/name.h"

static void read_with(const char *text, const uint8_t *origin)
{
	uint8_t name[BNS_NAME_MAX], again[BNS_NAME_MAX];
	char out[BNS_NAME_TEXT_MAX];
	size_t len, again_len;
	if (bns_name_from_text(text, origin, name, &len) != BNS_OK)
		return;
	FUZZ_REQUIRE(bns_name_valid(name, len));
	FUZZ_REQUIRE(len == bns_name_len(name));
	bns_name_to_text(name, out);
	FUZZ_REQUIRE(bns_name_from_text(out, origin, again, &again_len) == BNS_OK);
	FUZZ_REQUIRE(len == again_len && memcmp(name, again, len) == 0);
	bns_name_to_text_nodot(name, out);
	FUZZ_REQUIRE(bns_name_from_text(out, NULL, again, &again_len) == BNS_OK);
	FUZZ_REQUIRE(len == again_len && memcmp(name, again, len) == 0);
	bns_name_lower(again);
	FUZZ_REQUIRE(bns_name_equal(name, again) && bns_name_compare(name, again) == 0);
	FUZZ_REQUIRE(bns_name_hash(name) == bns_name_hash(again));
	FUZZ_REQUIRE(bns_name_in(name, bns_name_parent(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t origin[] = "\7example\3com";
	char *text = malloc(size + 1);
	FUZZ_REQUIRE(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	read_with(text, NULL);
	read_with(text, origin);
	free(text);
	return 0;
}
