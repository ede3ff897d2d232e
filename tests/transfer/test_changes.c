/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "transfer/changes.h"
#include "zone/diff.h"
#include "zone/load.h"

static const uint8_t apex[] = "\7example\3com";

#define HEAD(serial) "$TTL 300\n@ SOA ns.example.com. h.example.com. " #serial " 2 3 4 5\n"

static struct bns_contents *zone(const char *text)
{
	struct bns_contents *c;
	struct bns_diag diag;
	assert_int_equal(bns_zone_parse(text, strlen(text), "test", apex, &c, &diag), BNS_OK);
	return c;
}

/* One section: the records of a zone text, its SOA first as canonical order has it at the apex. */
static void section(struct bns_changes *c, const char *text)
{
	struct bns_contents *records = zone(text);
	assert_int_equal(bns_changes_section(c), BNS_OK);
	for (size_t i = 0; i < records->count; i++) {
		const struct bns_record *r = &records->records[i];
		assert_int_equal(bns_changes_add(c, r->owner, r->type, r->ttl, r->rdata, r->rdlen), BNS_OK);
	}
	bns_contents_free(records);
}

/* Applies sections to `base`: the zone is `wanted`, or the reason holds that word. */
static void expect(const char *base_text, const char *const *sections, const char *wanted, const char *reason_wanted)
{
	struct bns_contents *base = zone(base_text), *made = NULL;
	struct bns_changes c;
	char reason[BNS_CHANGES_REASON_MAX] = "";
	struct bns_diff diff;

	assert_int_equal(bns_changes_open(&c, apex), BNS_OK);
	for (; *sections; sections++)
		section(&c, *sections);
	enum bns_error err = bns_changes_apply(&c, base, &made, reason);
	if (wanted) {
		struct bns_contents *want = zone(wanted);
		assert_int_equal(err, BNS_OK);
		assert_int_equal(bns_contents_finish(made), BNS_OK);
		assert_int_equal(bns_diff_make(want, made, &diff), BNS_OK);
		assert_int_equal(diff.count, 0);
		assert_int_equal(made->serial, want->serial);
		assert_int_equal(made->count, want->count);
		bns_diff_free(&diff);
		bns_contents_free(want);
		bns_contents_free(made);
	} else {
		assert_int_equal(err, BNS_EFORMAT);
		assert_non_null(strstr(reason, reason_wanted));
	}
	bns_changes_close(&c);
	bns_contents_free(base);
}

static void changes_remove_and_add(void **state)
{
	(void)state;
	const char *sections[] = {HEAD(1) "a A 192.0.2.1", HEAD(2) "b A 192.0.2.2\nc TXT x", NULL};
	expect(HEAD(1) "a A 192.0.2.1\nz A 192.0.2.9", sections, HEAD(2) "b A 192.0.2.2\nc TXT x\nz A 192.0.2.9", NULL);
}

static void changes_of_several_steps_may_undo_one_another(void **state)
{
	(void)state;
	const char *sections[] = {HEAD(1) "a A 192.0.2.1", HEAD(2) "b A 192.0.2.2", HEAD(2) "b A 192.0.2.2",
				  HEAD(3) "a A 192.0.2.1\nc A 192.0.2.3", NULL};
	expect(HEAD(1) "a A 192.0.2.1", sections, HEAD(3) "a A 192.0.2.1\nc A 192.0.2.3", NULL);
}

static void changes_find_a_record_whatever_its_case_and_ttl(void **state)
{
	(void)state;
	const char *sections[] = {HEAD(1) "A 60 MX 1 MAIL.Example.com.", HEAD(2) "a 600 MX 1 mail.example.com.", NULL};
	expect(HEAD(1) "a MX 1 mail.example.com.", sections, HEAD(2) "a 600 MX 1 mail.example.com.", NULL);
}

static void changes_refuse_to_remove_what_is_not_there(void **state)
{
	(void)state;
	const char *sections[] = {HEAD(1) "b A 192.0.2.1", HEAD(2), NULL};
	const char *twice[] = {HEAD(1) "a A 192.0.2.1", HEAD(2), HEAD(2) "a A 192.0.2.1", HEAD(3), NULL};
	expect(HEAD(1) "a A 192.0.2.1", sections, NULL, "remove a record that isn't there: b.example.com");
	expect(HEAD(1) "a A 192.0.2.1", twice, NULL, "isn't there");
}

static void changes_refuse_to_add_what_is_there(void **state)
{
	(void)state;
	const char *sections[] = {HEAD(1), HEAD(2) "a A 192.0.2.1", NULL};
	expect(HEAD(1) "a A 192.0.2.1", sections, NULL, "add a record that is there: a.example.com");
}

static void changes_refuse_another_soa_than_the_zone_has(void **state)
{
	(void)state;
	const char *sections[] = {"$TTL 300\n@ SOA ns.example.com. other.example.com. 1 2 3 4 5\n", HEAD(2), NULL};
	expect(HEAD(1) "a A 192.0.2.1", sections, NULL, "isn't there: example.com. SOA");
}

static void changes_of_many_records_are_found_again(void **state)
{
	(void)state;
	static char base[400000], removed[400000], added[400000], wanted[400000];
	char *b = base, *r = removed, *a = added, *w = wanted;
	b += sprintf(b, HEAD(1));
	r += sprintf(r, HEAD(1));
	a += sprintf(a, HEAD(2));
	w += sprintf(w, HEAD(2));
	for (unsigned i = 0; i < 4000; i++) {
		b += sprintf(b, "h%u A 192.0.2.1\n", i);
		if (i % 2) {
			r += sprintf(r, "h%u A 192.0.2.1\n", i);
			a += sprintf(a, "h%u A 192.0.2.2\n", i);
		}
		w += sprintf(w, "h%u A 192.0.2.%u\n", i, i % 2 ? 2u : 1u);
	}
	const char *sections[] = {removed, added, NULL};
	expect(base, sections, wanted, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_remove_and_add),
		cmocka_unit_test(changes_of_several_steps_may_undo_one_another),
		cmocka_unit_test(changes_find_a_record_whatever_its_case_and_ttl),
		cmocka_unit_test(changes_refuse_to_remove_what_is_not_there),
		cmocka_unit_test(changes_refuse_to_add_what_is_there),
		cmocka_unit_test(changes_refuse_another_soa_than_the_zone_has),
		cmocka_unit_test(changes_of_many_records_are_found_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
