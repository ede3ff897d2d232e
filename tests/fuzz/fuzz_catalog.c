/* SPDX-License-Identifier: BSD-3-Clause */
/* Catalog zones, in the store's form: what is read is a sorted list without doubles, and can be written and read again.
 */
#include "fuzz.h"
#include "fuzz_zone.h"
#include "zone/catalog.h"

static void members_are_in_order(const struct bns_contents *c, const struct bns_catalog *cat)
{
	for (size_t i = 0; i < cat->count; i++) {
		const struct bns_catalog_member *m = &cat->members[i];
		FUZZ_REQUIRE(bns_name_valid(m->zone, bns_name_len(m->zone)));
		FUZZ_REQUIRE(bns_name_labels(m->label) == 1);
		FUZZ_REQUIRE(!bns_name_equal(m->zone, c->apex));
		FUZZ_REQUIRE(i == 0 || bns_name_compare(cat->members[i - 1].zone, m->zone) < 0);
		FUZZ_REQUIRE(bns_catalog_find(cat, m->zone) == m);
		for (size_t k = 0; k < m->group_count; k++)
			FUZZ_REQUIRE(bns_catalog_has_group(m, m->groups[k]));
	}
}

static void is_same(const struct bns_contents *written, const struct bns_catalog *cat)
{
	struct bns_catalog back;
	struct bns_problems problems = {.count = 0};
	FUZZ_REQUIRE(bns_catalog_read(written, &back, &problems) == BNS_OK);
	FUZZ_REQUIRE(problems.count == 0 && back.count == cat->count);
	for (size_t i = 0; i < cat->count; i++)
		FUZZ_REQUIRE(bns_name_equal(back.members[i].zone, cat->members[i].zone));
	bns_catalog_free(&back);
}

static void writes_back(const struct bns_contents *c, const struct bns_catalog *cat)
{
	struct bns_contents *written;
	struct bns_catalog_entry *entries = calloc(cat->count + 1, sizeof(*entries));
	FUZZ_REQUIRE(entries);
	for (size_t i = 0; i < cat->count; i++) {
		entries[i].zone = cat->members[i].zone;
		entries[i].group = cat->members[i].group_count > 0 ? cat->members[i].groups[0] : NULL;
	}
	enum bns_error err = bns_catalog_write(c->apex, 1, entries, cat->count, &written);
	FUZZ_REQUIRE(err == BNS_OK || err == BNS_ENAME);
	free(entries);
	if (err)
		return;
	is_same(written, cat);
	bns_contents_free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bns_contents *c;
	struct bns_catalog cat;
	struct bns_problems problems = {.count = 0};
	if (bns_contents_decode(data, size, &c) != BNS_OK)
		return 0;
	FUZZ_REQUIRE(bns_catalog_read(c, &cat, &problems) == BNS_OK);
	if (problems.count > 0)
		FUZZ_REQUIRE(problems.list[0].where.text[0] != '\0');
	else if (fuzz_zone_is_sound(c)) {
		members_are_in_order(c, &cat);
		writes_back(c, &cat);
	}
	bns_problems_free(&problems);
	bns_catalog_free(&cat);
	bns_contents_free(c);
	return 0;
}
