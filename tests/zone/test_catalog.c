/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "zone/catalog.h"
#include "zone/load.h"

/* Five lines; what a test adds begins in the sixth. */
#define TOP  "$ORIGIN catalog.invalid.\n$TTL 0\n@ SOA invalid. invalid. 1 3600 600 2147483646 0\n@ NS invalid.\n"
#define HEAD TOP "version TXT 2\n"

static struct bns_contents *parse(const char *text)
{
	uint8_t apex[BNS_NAME_MAX];
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	fixture_name("catalog.invalid", apex);
	enum bns_error err = bns_zone_parse(text, strlen(text), "c.zone", apex, &c, &diag);
	if (err)
		print_message("%s\n%u: %s\n", text, diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	return fixture_finish(c);
}

static void read_sound(const char *text, struct bns_catalog *cat)
{
	struct bns_problems p = {0};
	struct bns_contents *c = parse(text);
	assert_int_equal(bns_catalog_read(c, cat, &p), BNS_OK);
	if (p.count > 0)
		print_message("%s\n", p.list[0].where.text);
	assert_int_equal(p.count, 0);
	bns_contents_free(c); /* what was read stands alone */
}

static void assert_broken(const char *text, unsigned line, const char *says)
{
	struct bns_catalog cat;
	struct bns_problems p = {0};
	struct bns_contents *c = parse(text);
	assert_int_equal(bns_catalog_read(c, &cat, &p), BNS_OK);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.list[0].rule, BNS_CHECK_CATALOG_BAD);
	assert_int_equal(p.list[0].where.line, line);
	if (!strstr(p.list[0].where.text, says))
		print_message("%s\n", p.list[0].where.text);
	assert_non_null(strstr(p.list[0].where.text, says));
	bns_problems_free(&p);
	bns_catalog_free(&cat);
	bns_contents_free(c);
}

static const struct bns_catalog_member *find(const struct bns_catalog *cat, const char *zone)
{
	uint8_t name[BNS_NAME_MAX];
	fixture_name(zone, name);
	return bns_catalog_find(cat, name);
}

static void assert_name(const uint8_t *name, const char *text)
{
	uint8_t wanted[BNS_NAME_MAX];
	fixture_name(text, wanted);
	assert_true(bns_name_equal(name, wanted));
}

static void catalog_read_lists_members_by_zone(void **state)
{
	(void)state;
	struct bns_catalog cat;
	read_sound(HEAD "b.zones PTR Example.NET.\na.zones PTR example.org.\nC.zones PTR example.com.\n", &cat);
	assert_int_equal(cat.count, 3);
	assert_name(cat.members[0].zone, "example.com");
	assert_name(cat.members[0].label, "c");
	assert_name(cat.members[1].zone, "example.net");
	assert_memory_equal(cat.members[1].zone, "\7example\3net", 13);
	assert_name(cat.members[2].zone, "example.org");
	assert_non_null(find(&cat, "EXAMPLE.org"));
	assert_null(find(&cat, "example.edu"));
	bns_catalog_free(&cat);
}

static void catalog_read_takes_an_empty_catalog(void **state)
{
	(void)state;
	struct bns_catalog cat;
	read_sound(HEAD, &cat);
	assert_int_equal(cat.count, 0);
	assert_null(find(&cat, "example.org"));
	bns_catalog_free(&cat);
}

static void catalog_read_takes_a_members_properties(void **state)
{
	(void)state;
	struct bns_catalog cat;
	read_sound(HEAD "a.zones PTR example.com.\n"
			"coo.a.zones PTR Other.invalid.\n"
			"group.a.zones TXT \"signed\"\ngroup.a.zones TXT \"edge\"\n"
			"b.zones PTR example.net.\n",
		   &cat);
	const struct bns_catalog_member *a = find(&cat, "example.com"), *b = find(&cat, "example.net");
	assert_name(a->coo, "other.invalid");
	assert_int_equal(a->group_count, 2);
	assert_true(bns_catalog_has_group(a, "edge"));
	assert_true(bns_catalog_has_group(a, "signed"));
	assert_false(bns_catalog_has_group(a, "Edge"));
	assert_null(b->coo);
	assert_false(bns_catalog_has_group(b, "edge"));
	bns_catalog_free(&cat);
}

static void catalog_read_ignores_what_it_does_not_know(void **state)
{
	(void)state;
	struct bns_catalog cat;
	read_sound(HEAD "a.zones PTR example.com.\na.zones TXT \"hello\"\n"
			"x.ext.a.zones TXT \"ours\"\ny.ext TXT \"theirs\"\n"
			"future.a.zones PTR example.net.\ncoo.a.zones TXT \"not a name\"\n"
			"group.a.zones PTR example.org.\ngroup.a.zones TXT \"two\" \"strings\"\n"
			"coo.nobody.zones PTR example.org.\ngroup.nobody.zones TXT \"edge\"\n"
			"zones PTR example.edu.\nother PTR example.edu.\n",
		   &cat);
	assert_int_equal(cat.count, 1);
	assert_null(cat.members[0].coo);
	assert_int_equal(cat.members[0].group_count, 0);
	bns_catalog_free(&cat);
}

static void catalog_read_keeps_a_label_of_any_octets(void **state)
{
	(void)state;
	struct bns_catalog before, after;
	read_sound(HEAD "a\\.b\\000.zones PTR example.com.\n", &before);
	read_sound(HEAD "a\\.b\\001.zones PTR example.com.\n", &after);
	assert_false(bns_catalog_same_label(&before.members[0], &after.members[0]));
	assert_true(bns_catalog_same_label(&before.members[0], &before.members[0]));
	bns_catalog_free(&before);
	bns_catalog_free(&after);
}

static void catalog_read_refuses_one_without_a_schema_version(void **state)
{
	(void)state;
	assert_broken(TOP "a.zones PTR example.com.\n", 0, "without a schema version");
}

static void catalog_read_refuses_several_schema_versions(void **state)
{
	(void)state;
	assert_broken(HEAD "version TXT 1\n", 5, "has 2 TXT records");
}

static void catalog_read_refuses_another_schema_version(void **state)
{
	(void)state;
	assert_broken(TOP "version TXT 1\n", 5, "another schema version than \"2\"");
	assert_broken(TOP "version TXT 2 2\n", 5, "another schema version than \"2\"");
	assert_broken(TOP "version TXT \"\"\n", 5, "another schema version than \"2\"");
}

static void catalog_read_refuses_two_zones_at_one_node(void **state)
{
	(void)state;
	assert_broken(HEAD "a.zones PTR example.com.\na.zones PTR example.net.\n", 7, "has 2 PTR records");
}

static void catalog_read_refuses_a_zone_at_two_nodes(void **state)
{
	(void)state;
	assert_broken(HEAD "a.zones PTR example.com.\nb.zones PTR EXAMPLE.com.\n", 0,
		      "has the member example.com. in two places, `a` and `b`");
}

static void catalog_read_refuses_itself_as_a_member(void **state)
{
	(void)state;
	assert_broken(HEAD "a.zones PTR Catalog.invalid.\n", 6, "names the catalog itself");
}

static void catalog_read_refuses_two_new_owners(void **state)
{
	(void)state;
	assert_broken(HEAD "a.zones PTR example.com.\ncoo.a.zones PTR x.invalid.\ncoo.a.zones PTR y.invalid.\n", 8,
		      "has 2 PTR records; a change of ownership");
}

static void catalog_read_is_not_led_astray_by_what_is_no_name(void **state)
{
	(void)state;
	struct bns_catalog cat;
	struct bns_problems p = {0};
	struct bns_contents *c = fixture_zone("catalog.invalid");
	fixture_add(c, "version.catalog.invalid", BNS_TYPE_TXT, 0, "\0012", 2);
	fixture_add(c, "a.zones.catalog.invalid", BNS_TYPE_PTR, 0, "\7example", 8);
	fixture_add(c, "b.zones.catalog.invalid", BNS_TYPE_PTR, 0, "", 0);
	assert_int_equal(bns_catalog_read(fixture_finish(c), &cat, &p), BNS_OK);
	assert_int_equal(cat.count, 0);
	assert_int_equal(p.count, 0);
	bns_catalog_free(&cat);
	bns_contents_free(c);
}

static void catalog_read_tells_every_fault(void **state)
{
	(void)state;
	struct bns_catalog cat;
	struct bns_problems p = {0};
	struct bns_contents *c = parse(TOP "version TXT 3\na.zones PTR example.com.\na.zones PTR catalog.invalid.\n");
	assert_int_equal(bns_catalog_read(c, &cat, &p), BNS_OK);
	assert_int_equal(p.count, 3);
	bns_problems_free(&p);
	bns_catalog_free(&cat);
	bns_contents_free(c);
}

/* ---- writing ---- */

static struct bns_contents *write_catalog(const char *const *zones, const char *group)
{
	static uint8_t names[8][BNS_NAME_MAX];
	struct bns_catalog_entry entries[8];
	size_t count = 0;
	uint8_t apex[BNS_NAME_MAX];
	struct bns_contents *c;
	fixture_name("catalog.invalid", apex);
	for (; zones[count]; count++) {
		fixture_name(zones[count], names[count]);
		entries[count] = (struct bns_catalog_entry){.zone = names[count], .group = group};
	}
	assert_int_equal(bns_catalog_write(apex, 7, entries, count, &c), BNS_OK);
	return c;
}

static void read_written(const struct bns_contents *c, struct bns_catalog *cat)
{
	struct bns_problems p = {0};
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 0);
	assert_int_equal(bns_catalog_read(c, cat, &p), BNS_OK);
	assert_int_equal(p.count, 0);
}

static void catalog_write_makes_what_read_takes(void **state)
{
	(void)state;
	struct bns_catalog cat;
	struct bns_contents *c = write_catalog((const char *const[]){"example.com", "b.example.net", NULL}, "edge");
	assert_int_equal(c->serial, 7);
	read_written(c, &cat);
	assert_int_equal(cat.count, 2);
	assert_name(cat.members[0].zone, "example.com");
	assert_true(bns_catalog_has_group(&cat.members[0], "edge"));
	bns_catalog_free(&cat);
	bns_contents_free(c);
}

static void catalog_write_keeps_a_members_label(void **state)
{
	(void)state;
	struct bns_catalog few, many;
	struct bns_contents *a = write_catalog((const char *const[]){"example.com", NULL}, NULL);
	struct bns_contents *b = write_catalog((const char *const[]){"x.org", "Example.COM", "a.net", NULL}, NULL);
	read_written(a, &few);
	read_written(b, &many);
	assert_true(bns_catalog_same_label(&few.members[0], find(&many, "example.com")));
	assert_false(bns_catalog_same_label(&few.members[0], find(&many, "x.org")));
	bns_catalog_free(&few);
	bns_catalog_free(&many);
	bns_contents_free(a);
	bns_contents_free(b);
}

static void catalog_write_takes_no_zone(void **state)
{
	(void)state;
	struct bns_catalog cat;
	struct bns_contents *c = write_catalog((const char *const[]){NULL}, NULL);
	read_written(c, &cat);
	assert_int_equal(cat.count, 0);
	bns_catalog_free(&cat);
	bns_contents_free(c);
}

static void catalog_write_refuses_a_zone_twice(void **state)
{
	(void)state;
	uint8_t apex[BNS_NAME_MAX], zone[BNS_NAME_MAX];
	struct bns_contents *c;
	fixture_name("catalog.invalid", apex);
	fixture_name("example.com", zone);
	const struct bns_catalog_entry entries[] = {{.zone = zone}, {.zone = zone}};
	assert_int_equal(bns_catalog_write(apex, 1, entries, 2, &c), BNS_EINVAL);
}

static void catalog_write_refuses_a_name_that_has_no_room(void **state)
{
	(void)state;
	char text[256];
	uint8_t apex[BNS_NAME_MAX], zone[BNS_NAME_MAX];
	struct bns_contents *c;
	snprintf(text, sizeof(text), "%063d.%063d.%063d.%030d", 1, 2, 3, 4);
	fixture_name(text, apex);
	fixture_name("example.com", zone);
	const struct bns_catalog_entry entry = {.zone = zone};
	assert_int_equal(bns_catalog_write(apex, 1, &entry, 1, &c), BNS_ENAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(catalog_read_lists_members_by_zone),
		cmocka_unit_test(catalog_read_takes_an_empty_catalog),
		cmocka_unit_test(catalog_read_takes_a_members_properties),
		cmocka_unit_test(catalog_read_ignores_what_it_does_not_know),
		cmocka_unit_test(catalog_read_keeps_a_label_of_any_octets),
		cmocka_unit_test(catalog_read_refuses_one_without_a_schema_version),
		cmocka_unit_test(catalog_read_refuses_several_schema_versions),
		cmocka_unit_test(catalog_read_refuses_another_schema_version),
		cmocka_unit_test(catalog_read_refuses_two_zones_at_one_node),
		cmocka_unit_test(catalog_read_refuses_a_zone_at_two_nodes),
		cmocka_unit_test(catalog_read_refuses_itself_as_a_member),
		cmocka_unit_test(catalog_read_refuses_two_new_owners),
		cmocka_unit_test(catalog_read_is_not_led_astray_by_what_is_no_name),
		cmocka_unit_test(catalog_read_tells_every_fault),
		cmocka_unit_test(catalog_write_makes_what_read_takes),
		cmocka_unit_test(catalog_write_keeps_a_members_label),
		cmocka_unit_test(catalog_write_takes_no_zone),
		cmocka_unit_test(catalog_write_refuses_a_zone_twice),
		cmocka_unit_test(catalog_write_refuses_a_name_that_has_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
