/* SPDX-License-Identifier: BSD-3-Clause */
/* example.com as a catalog zone: what the gate itself makes of its versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gate_fixture.h"

/* All members of a catalog that is made here count, whether their zones are there or not. */
static struct bns_conf_catalog catalog;

static int open_catalog(void **state)
{
	int rc = fixture_open(state);
	struct fixture *f = *state;
	catalog = (struct bns_conf_catalog){.role = BNS_CATALOG_GENERATE, .removals_max = {.value = 2}};
	f->settings.catalog = &catalog;
	f->settings.primary_count = 0;
	return rc;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_catalog, fixture_close)

/* `labels`: one letter each; a member's zone is its letter's below example, whatever `suffix` its label has. */
static struct bns_contents *version(uint32_t serial, const char *letters, const char *suffix)
{
	char text[4096];
	int used = snprintf(text, sizeof(text),
			    "$ORIGIN example.com.\n$TTL 0\n@ SOA invalid. invalid. %u 3600 600 86400 0\n@ NS invalid.\n"
			    "version TXT 2\n",
			    serial);
	for (; *letters; letters++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%c%s.zones PTR %c.example.\n", *letters,
				 suffix, *letters);
	return fixture_parse(text);
}

static void assert_finding(struct fixture *f, const char *text)
{
	assert_non_null(f->zone->held);
	const json_t *finding = json_array_get(f->zone->held->findings, 0);
	assert_string_equal(json_string_value(json_object_get(finding, "rule")), "catalog-removals");
	assert_string_equal(json_string_value(json_object_get(finding, "text")), text);
	assert_non_null(json_string_value(json_object_get(finding, "remedy")));
}

static void broken_catalog_is_refused_with_its_fault(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, version(1, "ab", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "ok", "192.0.2.1")), BNS_OUTCOME_REFUSED);
	assert_non_null(strstr(f->result.reason, "without a schema version"));
	assert_int_equal(fixture_served_serial(f), 1);
}

static void as_many_removals_as_allowed_pass(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, version(1, "abcdef", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(2, "cdef", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(3, "efgh", "")), BNS_OUTCOME_SERVED);
}

static void more_removals_than_allowed_are_held_until_approved(void **state)
{
	struct fixture *f = *state;
	char id[BNS_CANDIDATE_ID_MAX];
	assert_int_equal(fixture_submit(f, version(1, "abcdef", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(2, "af", "")), BNS_OUTCOME_HELD);
	assert_finding(f, "4 of 6 members would be removed at once, or begin anew; catalog-removals-max is 2: "
			  "b.example, c.example, d.example and others");
	assert_int_equal(fixture_served_serial(f), 1);
	strcpy(id, f->zone->held->id);
	bns_gate_approve(f->gate, id, "agreed", "ops(0)", 0, false, fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 2);
}

static void changed_labels_count_as_removals(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, version(1, "abc", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(2, "abc", "x")), BNS_OUTCOME_HELD);
	assert_finding(f, "3 of 3 members would be removed at once, or begin anew; catalog-removals-max is 2: "
			  "a.example, b.example, c.example");
}

static void a_share_is_of_the_members_there_are(void **state)
{
	struct fixture *f = *state;
	catalog.removals_max = (struct bns_conf_share){.value = 50, .is_percent = true};
	assert_int_equal(fixture_submit(f, version(1, "abcdef", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(2, "ab", "")), BNS_OUTCOME_HELD);
	assert_non_null(strstr(f->result.reason, "catalog-removals-max is 50%"));
	assert_int_equal(fixture_submit(f, version(3, "abc", "")), BNS_OUTCOME_SERVED);
}

static void a_share_of_none_lets_nobody_go(void **state)
{
	struct fixture *f = *state;
	catalog.removals_max = (struct bns_conf_share){.value = 0, .is_percent = true};
	assert_int_equal(fixture_submit(f, version(1, "ab", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(2, "a", "")), BNS_OUTCOME_HELD);
}

static void a_removed_catalog_takes_no_more_members_along(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, version(1, "abc", "")), BNS_OUTCOME_SERVED);
	f->answered = false;
	bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_HELD);
	assert_finding(f, "3 of 3 members would be removed at once, or begin anew; catalog-removals-max is 2: "
			  "a.example, b.example, c.example");
	assert_int_equal(fixture_served_serial(f), 1);
}

static void members_that_are_not_there_do_not_count(void **state)
{
	struct fixture *f = *state;
	catalog.role = BNS_CATALOG_INTERPRET;
	assert_int_equal(fixture_submit(f, version(1, "abcdef", "")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, version(2, "", "")), BNS_OUTCOME_SERVED);
}

static void what_was_served_before_it_was_a_catalog_has_no_members(void **state)
{
	struct fixture *f = *state;
	f->settings.catalog = NULL;
	assert_int_equal(fixture_submit(f, fixture_zone(1, "ok", "192.0.2.1")), BNS_OUTCOME_SERVED);
	f->settings.catalog = &catalog;
	assert_int_equal(fixture_submit(f, version(2, "abc", "")), BNS_OUTCOME_SERVED);
}

static void on_dry_run(void *arg, struct bns_zone *zone, json_t *report)
{
	struct fixture *f = arg;
	(void)zone;
	assert_string_equal(json_string_value(json_object_get(report, "verdict")), "hold");
	f->answered = true;
}

static void a_diff_tells_of_the_removals_too(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, version(1, "abc", "")), BNS_OUTCOME_SERVED);
	f->answered = false;
	bns_gate_dry_run(f->gate, f->zone, version(2, "", ""), "test", on_dry_run, f);
	fixture_wait(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(broken_catalog_is_refused_with_its_fault),
		TEST(as_many_removals_as_allowed_pass),
		TEST(more_removals_than_allowed_are_held_until_approved),
		TEST(changed_labels_count_as_removals),
		TEST(a_share_is_of_the_members_there_are),
		TEST(a_share_of_none_lets_nobody_go),
		TEST(a_removed_catalog_takes_no_more_members_along),
		TEST(members_that_are_not_there_do_not_count),
		TEST(what_was_served_before_it_was_a_catalog_has_no_members),
		TEST(a_diff_tells_of_the_removals_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
