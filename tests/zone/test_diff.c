/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <stdio.h>

#include "zone/diff.h"

static struct bns_diff diff_of(const struct bns_contents *before, const struct bns_contents *after)
{
	struct bns_diff d;
	assert_int_equal(bns_diff_make(before, after, &d), BNS_OK);
	return d;
}

static void assert_item(const struct bns_change_item *item, const char *owner, uint16_t type, size_t before_count,
			size_t after_count)
{
	uint8_t name[BNS_NAME_MAX];
	fixture_name(owner, name);
	assert_true(bns_name_equal(item->owner, name));
	assert_int_equal(item->type, type);
	assert_int_equal(item->before_count, before_count);
	assert_int_equal(item->after_count, after_count);
	assert_true((item->before != NULL) == (before_count > 0));
	assert_true((item->after != NULL) == (after_count > 0));
}

/* Frees the zones too: a diff must outlive neither of them. */
static void done(struct bns_diff *d, struct bns_contents *before, struct bns_contents *after)
{
	bns_diff_free(d);
	bns_contents_free(before);
	bns_contents_free(after);
}

static void diff_of_equal_zones_is_empty(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_finish(fixture_branding(1, "d1.cdn.example"));
	struct bns_contents *b = fixture_finish(fixture_branding(1, "D1.cdn.EXAMPLE"));
	struct bns_diff d = diff_of(a, b);
	assert_int_equal(d.count, 0);
	assert_false(d.serial_differs);
	done(&d, a, b);
}

static void diff_shows_the_reverted_cname_and_the_serial(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_finish(fixture_branding(1, "d1.cdn.example"));
	struct bns_contents *b = fixture_finish(fixture_branding(2, "sendgrid.net"));
	struct bns_diff d = diff_of(a, b);
	assert_int_equal(d.count, 1);
	assert_item(&d.items[0], "url1234.example.com", BNS_TYPE_CNAME, 1, 1);
	assert_memory_equal(d.items[0].before->rdata, "\2d1\3cdn\7example", 16);
	assert_memory_equal(d.items[0].after->rdata, "\x8sendgrid\3net", 14);
	assert_true(d.serial_differs);
	assert_int_equal(d.before_serial, 1);
	assert_int_equal(d.after_serial, 2);
	done(&d, a, b);
}

static void diff_of_the_serial_alone_has_no_item(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_finish(fixture_branding(1, "d1.cdn.example"));
	struct bns_contents *b = fixture_finish(fixture_branding(2, "d1.cdn.example"));
	struct bns_diff d = diff_of(a, b);
	assert_int_equal(d.count, 0);
	assert_true(d.serial_differs);
	done(&d, a, b);
}

static void diff_counts_a_soa_that_differs_in_more_than_the_serial(void **state)
{
	(void)state;
	static const struct {
		const char *rname;
		uint32_t ttl, minimum;
	} changed[] = {{"other.example.com", 3600, 300}, {"h.example.com", 60, 300}, {"h.example.com", 3600, 60}};
	for (size_t i = 0; i < 3; i++) {
		struct bns_contents *a = fixture_zone("example.com"), *b = fixture_zone("example.com");
		fixture_add_soa(a, "example.com", "ns.example.com", "h.example.com", 1, 3600, 300);
		fixture_add_soa(b, "example.com", "ns.example.com", changed[i].rname, 2, changed[i].ttl,
				changed[i].minimum);
		struct bns_diff d = diff_of(fixture_finish(a), fixture_finish(b));
		assert_int_equal(d.count, 1);
		assert_item(&d.items[0], "example.com", BNS_TYPE_SOA, 1, 1);
		done(&d, a, b);
	}
}

static void diff_counts_a_ttl(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_example(1), *b = fixture_example(1);
	fixture_add(a, "t.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	fixture_add(b, "t.example.com", BNS_TYPE_TXT, 61, "\1x", 2);
	struct bns_diff d = diff_of(fixture_finish(a), fixture_finish(b));
	assert_int_equal(d.count, 1);
	assert_item(&d.items[0], "t.example.com", BNS_TYPE_TXT, 1, 1);
	done(&d, a, b);
}

static void diff_counts_the_case_of_text_but_not_of_names(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_example(1), *b = fixture_example(1);
	fixture_add(a, "t.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	fixture_add(b, "T.example.com", BNS_TYPE_TXT, 60, "\1X", 2);
	fixture_add_mx(a, "m.example.com", 10, "mx.example.com");
	fixture_add_mx(b, "M.example.com", 10, "MX.example.com");
	struct bns_diff d = diff_of(fixture_finish(a), fixture_finish(b));
	assert_int_equal(d.count, 1);
	assert_item(&d.items[0], "t.example.com", BNS_TYPE_TXT, 1, 1);
	done(&d, a, b);
}

static void diff_groups_additions_and_removals_by_rrset_in_canonical_order(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_example(1), *b = fixture_example(1);
	fixture_add_a(a, "a.example.com", 1);
	fixture_add_a(a, "a.example.com", 2);
	fixture_add_a(a, "same.example.com", 1);
	fixture_add_a(a, "both.example.com", 1);
	fixture_add_a(b, "both.example.com", 1);
	fixture_add_a(b, "both.example.com", 2);
	fixture_add_a(b, "same.example.com", 1);
	fixture_add_mx(b, "a.example.com", 1, "mx.example.com");
	fixture_add_a(b, "z.example.com", 1);
	struct bns_diff d = diff_of(fixture_finish(a), fixture_finish(b));
	assert_int_equal(d.count, 4);
	assert_item(&d.items[0], "a.example.com", BNS_TYPE_A, 2, 0);
	assert_item(&d.items[1], "a.example.com", BNS_TYPE_MX, 0, 1);
	assert_item(&d.items[2], "both.example.com", BNS_TYPE_A, 1, 2);
	assert_item(&d.items[3], "z.example.com", BNS_TYPE_A, 0, 1);
	done(&d, a, b);
}

static void diff_with_a_missing_side_is_all_added_or_all_removed(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_finish(fixture_branding(5, "d1.cdn.example"));
	struct bns_diff d = diff_of(NULL, c);
	assert_int_equal(d.count, 4);
	assert_item(&d.items[0], "example.com", BNS_TYPE_NS, 0, 2);
	assert_item(&d.items[1], "example.com", BNS_TYPE_SOA, 0, 1);
	assert_true(d.serial_differs);
	assert_int_equal(d.before_serial, 0);
	assert_int_equal(d.after_serial, 5);
	bns_diff_free(&d);

	d = diff_of(c, NULL);
	assert_int_equal(d.count, 4);
	assert_item(&d.items[0], "example.com", BNS_TYPE_NS, 2, 0);
	assert_int_equal(d.before_serial, 5);
	bns_diff_free(&d);

	d = diff_of(NULL, NULL);
	assert_int_equal(d.count, 0);
	assert_false(d.serial_differs);
	done(&d, c, NULL);
}

static void diff_of_many_records_finds_the_one_that_changed(void **state)
{
	(void)state;
	struct bns_contents *a = fixture_example(1), *b = fixture_example(1);
	for (uint32_t i = 0; i < 20000; i++) {
		char owner[64];
		snprintf(owner, sizeof(owner), "h%u.example.com", i);
		fixture_add_a(a, owner, i);
		fixture_add_a(b, owner, i == 12345 ? 0 : i);
	}
	struct bns_diff d = diff_of(fixture_finish(a), fixture_finish(b));
	assert_int_equal(d.count, 1);
	assert_item(&d.items[0], "h12345.example.com", BNS_TYPE_A, 1, 1);
	done(&d, a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(diff_of_equal_zones_is_empty),
		cmocka_unit_test(diff_shows_the_reverted_cname_and_the_serial),
		cmocka_unit_test(diff_of_the_serial_alone_has_no_item),
		cmocka_unit_test(diff_counts_a_soa_that_differs_in_more_than_the_serial),
		cmocka_unit_test(diff_counts_a_ttl),
		cmocka_unit_test(diff_counts_the_case_of_text_but_not_of_names),
		cmocka_unit_test(diff_groups_additions_and_removals_by_rrset_in_canonical_order),
		cmocka_unit_test(diff_with_a_missing_side_is_all_added_or_all_removed),
		cmocka_unit_test(diff_of_many_records_finds_the_one_that_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
