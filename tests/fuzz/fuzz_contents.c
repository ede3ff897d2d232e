/* SPDX-License-Identifier: BSD-3-Clause */
/* The store's octets: whatever a damaged file holds is refused or makes a zone that can be worked with. */
#include "fuzz.h"
#include "fuzz_zone.h"
#include "ldns_leaks.h"
#include "zone/diff.h"
#include "zone/dump.h"

static void dump(const struct bns_contents *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	FUZZ_REQUIRE(out);
	enum bns_error err = bns_zone_dump(c, out);
	FUZZ_REQUIRE(err == BNS_OK || err == BNS_EFORMAT || err == BNS_EINVAL);
	fclose(out);
	free(text);
}

static void compare(const struct bns_contents *c)
{
	struct bns_diff diff;
	FUZZ_REQUIRE(bns_diff_make(NULL, c, &diff) == BNS_OK);
	bns_diff_free(&diff);
	FUZZ_REQUIRE(bns_diff_make(c, c, &diff) == BNS_OK);
	FUZZ_REQUIRE(diff.count == 0 && !diff.serial_differs);
	bns_diff_free(&diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bns_contents *c;
	if (bns_contents_decode(data, size, &c) != BNS_OK)
		return 0;
	fuzz_zone_builds(c, fuzz_zone_is_sound(c));
	fuzz_zone_stores(c);
	compare(c);
	dump(c);
	bns_contents_free(c);
	return 0;
}
