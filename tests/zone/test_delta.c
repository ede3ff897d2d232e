/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/delta.h"
#include "zone/load.h"

static struct bns_contents *zone_of(unsigned serial, const char *records)
{
	char text[1024];
	struct bns_contents *c;
	struct bns_diag diag = {0};
	snprintf(text, sizeof(text),
		 "$ORIGIN example.com.\n$TTL 300\n@ SOA ns h %u 3600 600 86400 300\n@ NS ns\nns A 192.0.2.53\n%s",
		 serial, records);
	if (bns_zone_parse(text, strlen(text), "test", NULL, &c, &diag))
		fail_msg("%s", diag.text);
	return c;
}

/* Octet by octet, TTLs too. */
static void assert_same(const struct bns_contents *a, const struct bns_contents *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->serial, b->serial);
	for (size_t i = 0; i < a->count; i++) {
		const struct bns_record *x = &a->records[i], *y = &b->records[i];
		assert_int_equal(bns_record_compare(x, y), 0);
		assert_int_equal(x->ttl, y->ttl);
		assert_memory_equal(x->rdata, y->rdata, x->rdlen);
	}
}

/* To the later zone, through the stored form, and back. */
static void there_and_back(const char *before_records, const char *after_records, size_t removed, size_t added)
{
	struct bns_contents *before = zone_of(1, before_records), *after = zone_of(2, after_records), *again;
	struct bns_delta made, read;
	uint8_t *data;
	size_t len;
	assert_int_equal(bns_delta_make(before, after, &made), BNS_OK);
	assert_int_equal(made.removed->count, removed + 1); /* and the SOA */
	assert_int_equal(made.added->count, added + 1);
	assert_int_equal(bns_delta_encode(&made, &data, &len), BNS_OK);
	assert_int_equal(bns_delta_decode(data, len, &read), BNS_OK);
	assert_int_equal(read.removed->serial, 1);
	assert_int_equal(read.added->serial, 2);
	assert_int_equal(bns_delta_undo(&read, after, &again), BNS_OK);
	assert_same(again, before);
	assert_int_equal(bns_delta_decode(data, len - 1, &(struct bns_delta){0}), BNS_EFORMAT);
	assert_int_equal(bns_delta_decode(data, 3, &(struct bns_delta){0}), BNS_EFORMAT);
	free(data);
	bns_delta_free(&made);
	bns_delta_free(&read);
	bns_contents_free(before);
	bns_contents_free(after);
	bns_contents_free(again);
}

static void delta_leads_back_from_additions_and_removals(void **state)
{
	(void)state;
	there_and_back("a A 192.0.2.1\na A 192.0.2.2\n", "a A 192.0.2.2\nb A 192.0.2.3\n", 1, 1);
	there_and_back("", "z TXT \"x\"\n", 0, 1);
	there_and_back("z TXT \"x\"\n", "", 1, 0);
}

static void delta_knows_ttls_and_case(void **state)
{
	(void)state;
	there_and_back("a 60 A 192.0.2.1\n", "a 120 A 192.0.2.1\n", 1, 1);
	there_and_back("a CNAME WWW.example.net.\n", "a CNAME www.example.net.\n", 1, 1);
}

static void delta_of_a_serial_alone_is_two_soas(void **state)
{
	(void)state;
	there_and_back("a A 192.0.2.1\n", "a A 192.0.2.1\n", 0, 0);
}

static void delta_is_not_undone_from_another_version(void **state)
{
	struct bns_contents *one = zone_of(1, ""), *two = zone_of(2, "a A 192.0.2.1\n"), *out;
	struct bns_delta d;
	(void)state;
	assert_int_equal(bns_delta_make(one, two, &d), BNS_OK);
	assert_int_equal(bns_delta_undo(&d, one, &out), BNS_EFORMAT);
	bns_delta_free(&d);
	bns_contents_free(one);
	bns_contents_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delta_leads_back_from_additions_and_removals),
		cmocka_unit_test(delta_knows_ttls_and_case),
		cmocka_unit_test(delta_of_a_serial_alone_is_two_soas),
		cmocka_unit_test(delta_is_not_undone_from_another_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
