/* SPDX-License-Identifier: BSD-3-Clause */
/* Zone files: what is read is checked, compiled, dumped and read again as the same zone. */
#include "fuzz.h"
#include "fuzz_zone.h"
#include "ldns_leaks.h"
#include "zone/dump.h"
#include "zone/load.h"

static const uint8_t apex[] = "\7example\3com";

static void dump_reads_back(const struct bns_contents *c)
{
	struct bns_contents *back;
	struct bns_diag diag = {.text = ""};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	FUZZ_REQUIRE(out);
	FUZZ_REQUIRE(bns_zone_dump(c, out) == BNS_OK);
	fclose(out);
	if (bns_zone_parse(text, len, "dump", apex, &back, &diag) != BNS_OK)
		fuzz_broken(text, (int)diag.line, diag.text);
	FUZZ_REQUIRE(fuzz_zone_is_same(c, back));
	bns_contents_free(back);
	free(text);
}

/* Without the quick reader it is the same zone, and without a mistake as well. */
static void reads_slowly_as_well(const uint8_t *data, size_t size, const struct bns_contents *c)
{
	struct bns_contents *slow;
	struct bns_diag diag = {.text = ""};
	if (bns_zone_parse_slowly((const char *)data, size, "fuzz", apex, &slow, &diag) != BNS_OK)
		fuzz_broken("it is read quickly alone", (int)diag.line, diag.text);
	FUZZ_REQUIRE(fuzz_zone_is_same(c, slow));
	bns_contents_free(slow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bns_contents *c;
	struct bns_diag diag = {.text = ""};
	if (bns_zone_parse((const char *)data, size, "fuzz", apex, &c, &diag) != BNS_OK) {
		FUZZ_REQUIRE(diag.text[0] != '\0');
		return 0;
	}
	reads_slowly_as_well(data, size, c);
	bool sound = fuzz_zone_is_sound(c);
	fuzz_zone_builds(c, sound);
	fuzz_zone_stores(c);
	if (sound)
		dump_reads_back(c);
	bns_contents_free(c);
	return 0;
}
