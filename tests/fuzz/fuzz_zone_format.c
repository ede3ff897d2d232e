/* SPDX-License-Identifier: BSD-3-Clause */
/* The formatter: done twice it changes nothing more, and the zone stays the same. */
#include "fuzz.h"
#include "fuzz_file.h"
#include "fuzz_zone.h"
#include "ldns_leaks.h"
#include "zone/dump.h"
#include "zone/load.h"

static const uint8_t apex[] = "\7example\3com";

static struct bns_contents *parse(const char *data, size_t size)
{
	struct bns_contents *c = NULL;
	return bns_zone_parse(data, size, "fuzz", apex, &c, NULL) == BNS_OK ? c : NULL;
}

/* Without $ORIGIN the formatter takes the SOA's owner for the zone's name; of another zone's file nothing is promised.
 */
static bool is_of_apex(const struct bns_contents *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->records[i].type == BNS_TYPE_SOA)
			return bns_name_equal(c->records[i].owner, apex);
	}
	return true;
}

static void is_the_same_zone(const uint8_t *data, size_t size, const char *text)
{
	struct bns_contents *before = parse((const char *)data, size);
	struct bns_contents *after = parse(text, strlen(text));
	FUZZ_REQUIRE(!before == !after);
	FUZZ_REQUIRE(!before || !is_of_apex(before) || fuzz_zone_is_same(before, after));
	bns_contents_free(before);
	bns_contents_free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_file file;
	struct bns_diag diag = {.text = ""};
	char *once, *twice;
	fuzz_file_open(&file);
	fuzz_file_write(&file, data, size);
	if (bns_zone_format(file.path, &once, &diag) == BNS_OK) {
		fuzz_file_write(&file, once, strlen(once));
		if (bns_zone_format(file.path, &twice, &diag) != BNS_OK)
			fuzz_broken(once, (int)diag.line, diag.text);
		FUZZ_REQUIRE(strcmp(once, twice) == 0);
		is_the_same_zone(data, size, once);
		free(twice);
		free(once);
	}
	fuzz_file_close(&file);
	return 0;
}
