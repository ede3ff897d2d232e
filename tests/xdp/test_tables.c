/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin's side of the tables, without a kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"

struct fixture {
	struct xdp_control control;
	struct xdp_bucket *buckets;
	struct xdp_record *records;
	struct xdp_tables tables;
};

static struct fixture *open_tables(uint32_t names, uint32_t buckets)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->control.seed = 7;
	f->control.complete = 1;
	f->control.bucket_count = buckets ? buckets : xdp_tables_buckets(names);
	f->buckets = calloc(f->control.bucket_count, sizeof(*f->buckets));
	f->records = calloc(names, sizeof(*f->records));
	assert_true(xdp_tables_init(&f->tables, &f->control, f->buckets, f->records, names));
	return f;
}

static void close_tables(struct fixture *f)
{
	xdp_tables_free(&f->tables);
	free(f->buckets);
	free(f->records);
	free(f);
}

static struct xdp_record record(const char *name, enum xdp_kind kind)
{
	struct xdp_record r = {.kind = (uint8_t)kind};

	snprintf((char *)r.name, sizeof(r.name), "%s", name);
	r.name_len = (uint8_t)strlen(name);
	return r;
}

static bool put(struct fixture *f, const char *const *names, size_t count)
{
	struct xdp_record set[64];

	for (size_t i = 0; i < count; i++)
		set[i] = record(names[i], i == 0 ? XDP_KIND_APEX : XDP_KIND_ALIAS);
	return xdp_tables_replace(&f->tables, set[0].name, set, count);
}

static void take(struct fixture *f, const char *apex)
{
	const struct xdp_record r = record(apex, XDP_KIND_APEX);

	assert_true(xdp_tables_replace(&f->tables, r.name, NULL, 0));
}

/* -1: not there. */
static int kind_of(const struct fixture *f, const char *name)
{
	const struct xdp_record r = record(name, 0), *found = xdp_tables_find(&f->tables, r.name);

	return found ? found->kind : -1;
}

static void zone_is_replaced_as_a_whole(void **state)
{
	struct fixture *f = open_tables(16, 0);
	const char *const first[] = {"z", "a.z", "b.z"}, *const second[] = {"z", "b.z", "c.z"};

	(void)state;
	assert_true(put(f, first, 3));
	assert_true(put(f, second, 3));
	assert_int_equal(kind_of(f, "a.z"), -1);
	assert_int_equal(kind_of(f, "b.z"), XDP_KIND_ALIAS);
	assert_int_equal(kind_of(f, "c.z"), XDP_KIND_ALIAS);
	assert_int_equal(f->tables.names, 3);
	take(f, "z");
	assert_int_equal(kind_of(f, "z"), -1);
	assert_int_equal(f->tables.names, 0);
	close_tables(f);
}

static void version_is_even_again_and_another_after_each_change(void **state)
{
	struct fixture *f = open_tables(16, 0);
	const char *const names[] = {"z"};
	uint64_t before = f->control.version;

	(void)state;
	assert_true(put(f, names, 1));
	assert_int_equal(f->control.version % 2, 0);
	assert_true(f->control.version > before);
	close_tables(f);
}

/* Readers that hold its number see another generation. */
static void record_that_is_given_to_another_name_has_another_generation(void **state)
{
	struct fixture *f = open_tables(1, 0);
	const char *const one[] = {"one"}, *const two[] = {"two"};

	(void)state;
	assert_true(put(f, one, 1));
	uint32_t before = f->records[0].generation;
	take(f, "one");
	assert_true(put(f, two, 1));
	assert_true(f->records[0].generation != before);
	assert_int_equal(f->records[0].generation % 2, 0);
	close_tables(f);
}

static void name_of_two_zones_is_passed_up_and_outlives_either(void **state)
{
	struct fixture *f = open_tables(16, 0);
	const char *const parent[] = {"z", "sub.z", "a.z"}, *const child[] = {"sub.z", "url.sub.z"};

	(void)state;
	assert_true(put(f, parent, 3));
	assert_true(put(f, child, 2));
	assert_int_equal(kind_of(f, "sub.z"), XDP_KIND_PASS);
	assert_int_equal(kind_of(f, "url.sub.z"), XDP_KIND_ALIAS);
	take(f, "z");
	assert_int_equal(kind_of(f, "a.z"), -1);
	assert_int_equal(kind_of(f, "sub.z"), XDP_KIND_PASS);
	assert_int_equal(kind_of(f, "url.sub.z"), XDP_KIND_ALIAS);
	take(f, "sub.z");
	assert_int_equal(kind_of(f, "url.sub.z"), -1);
	assert_int_equal(kind_of(f, "sub.z"), XDP_KIND_PASS);
	assert_true(put(f, parent, 3));
	assert_int_equal(kind_of(f, "sub.z"), XDP_KIND_PASS);
	close_tables(f);
}

static void zone_without_room_is_passed_up_whole(void **state)
{
	struct fixture *f = open_tables(4, 0);
	const char *const small[] = {"s", "a.s"}, *const large[] = {"l", "a.l", "b.l", "c.l"};

	(void)state;
	assert_true(put(f, small, 2));
	assert_true(put(f, large, 4));
	assert_int_equal(kind_of(f, "l"), XDP_KIND_PASS);
	assert_int_equal(kind_of(f, "a.l"), -1);
	assert_int_equal(kind_of(f, "a.s"), XDP_KIND_ALIAS);
	assert_int_equal(f->control.complete, 1);
	close_tables(f);
}

static void without_room_for_an_apex_nothing_is_denied(void **state)
{
	struct fixture *f = open_tables(1, 0);
	const char *const one[] = {"one"}, *const two[] = {"two"};

	(void)state;
	assert_true(put(f, one, 1));
	assert_false(put(f, two, 1));
	assert_int_equal(f->control.complete, 0);
	close_tables(f);
}

static void full_bucket_sends_readers_to_the_second(void **state)
{
	enum { ZONES = 120 };
	struct fixture *f = open_tables(ZONES, 20);
	unsigned there = 0, overflowed = 0;
	char name[16];

	(void)state;
	for (int i = 0; i < ZONES; i++) {
		snprintf(name, sizeof(name), "zone%d", i);
		const char *const names[] = {name};
		put(f, names, 1);
	}
	for (int i = 0; i < ZONES; i++) {
		snprintf(name, sizeof(name), "zone%d", i);
		there += kind_of(f, name) == XDP_KIND_APEX;
	}
	for (uint32_t b = 0; b < f->control.bucket_count; b++)
		overflowed += f->buckets[b].overflow;
	assert_true(overflowed > 0);
	assert_int_equal(there, f->tables.names);
	assert_true(there > ZONES * 8 / 10);
	close_tables(f);
}

static void table_takes_as_many_names_as_it_has_room_for(void **state)
{
	enum { NAMES = 20000 };
	struct fixture *f = open_tables(NAMES, 0);
	char name[16];

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "zone%d", i);
		const char *const names[] = {name};
		assert_true(put(f, names, 1));
	}
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "zone%d", i);
		assert_int_equal(kind_of(f, name), XDP_KIND_APEX);
	}
	close_tables(f);
}

static void many_changes_lose_no_record(void **state)
{
	struct fixture *f = open_tables(300, 0);
	char apex[16], edge[24];

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		int zone = rand() % 100;
		snprintf(apex, sizeof(apex), "z%d", zone);
		snprintf(edge, sizeof(edge), "e%d.z%d", rand() % 3, zone);
		const char *const names[] = {apex, edge};
		if (rand() % 4 == 0) {
			take(f, apex);
			assert_int_equal(kind_of(f, apex), -1);
		} else {
			assert_true(put(f, names, 2));
			assert_int_equal(kind_of(f, edge), XDP_KIND_ALIAS);
		}
	}
	for (int zone = 0; zone < 100; zone++) {
		snprintf(apex, sizeof(apex), "z%d", zone);
		take(f, apex);
	}
	assert_int_equal(f->tables.names, 0);
	for (uint32_t b = 0; b < f->control.bucket_count; b++)
		for (int i = 0; i < XDP_PLACES; i++)
			assert_int_equal(f->buckets[b].place[i], 0);
	close_tables(f);
}

/* One that finds none costs every denial. */
static void large_table_takes_every_name_it_was_made_for(void **state)
{
	enum { NAMES = 400000 };
	struct fixture *f = open_tables(NAMES, 0);
	char name[16];

	(void)state;
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "zone%u", i);
		if (!put(f, (const char *const[]){name}, 1))
			fail_msg("no room for name %u of %u", i, (unsigned)NAMES);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "zone%u", i);
		if (kind_of(f, name) != XDP_KIND_APEX)
			fail_msg("name %u has gone", i);
	}
	close_tables(f);
}

static void name_takes_no_more_than_220_octets_of_the_kernels_memory(void **state)
{
	const uint32_t names = 1000000;

	(void)state;
	assert_true(sizeof(struct xdp_record) + sizeof(struct xdp_bucket) * xdp_tables_buckets(names) / names <= 220);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zone_is_replaced_as_a_whole),
		cmocka_unit_test(version_is_even_again_and_another_after_each_change),
		cmocka_unit_test(record_that_is_given_to_another_name_has_another_generation),
		cmocka_unit_test(name_of_two_zones_is_passed_up_and_outlives_either),
		cmocka_unit_test(zone_without_room_is_passed_up_whole),
		cmocka_unit_test(without_room_for_an_apex_nothing_is_denied),
		cmocka_unit_test(full_bucket_sends_readers_to_the_second),
		cmocka_unit_test(table_takes_as_many_names_as_it_has_room_for),
		cmocka_unit_test(many_changes_lose_no_record),
		cmocka_unit_test(large_table_takes_every_name_it_was_made_for),
		cmocka_unit_test(name_takes_no_more_than_220_octets_of_the_kernels_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
