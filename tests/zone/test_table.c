/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "zone/table.h"

static struct bns_image *image_of(const char *apex, uint32_t serial)
{
	struct bns_contents *c = fixture_zone(apex);
	fixture_add_soa(c, apex, "ns.dns.net", "h.dns.net", serial, 60, 60);
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_build(fixture_finish(c), &img), BNS_OK);
	bns_contents_free(c);
	return img;
}

static void publish(struct bns_table *t, const char *apex, uint32_t serial)
{
	assert_int_equal(bns_table_publish(t, image_of(apex, serial)), BNS_OK);
}

static void withdraw(struct bns_table *t, const char *apex)
{
	uint8_t name[BNS_NAME_MAX];
	fixture_name(apex, name);
	bns_table_withdraw(t, name);
}

static struct bns_qname qname_of(const char *text)
{
	uint8_t name[BNS_NAME_MAX];
	struct bns_qname q;
	size_t len = fixture_name(text, name);
	assert_int_equal(bns_qname_scan(name, len, &q), BNS_OK);
	return q;
}

/* The apex of the zone that a question goes to must be this one; NULL: none. */
static void assert_zone(const struct bns_table *t, const char *qname, bool ds, const char *apex)
{
	struct bns_qname q = qname_of(qname);
	const struct bns_image *img = bns_table_find(t, &q, ds);
	bns_table_prefetch(t, &q);
	const struct bns_image *guess = bns_table_guess(t, &q);
	if (!ds && guess && bns_table_confirm(guess, &q))
		assert_ptr_equal(guess, img);
	if (!apex) {
		assert_null(img);
		return;
	}
	uint8_t expected[BNS_NAME_MAX];
	fixture_name(apex, expected);
	assert_non_null(img);
	assert_true(bns_name_equal(img->apex, expected));
}

static void free_table(struct bns_table *t)
{
	bns_table_free(t);
	bns_rcu_barrier();
}

static bool is_guessed(const struct bns_table *t, const char *text)
{
	struct bns_qname q = qname_of(text);
	const struct bns_image *guess = bns_table_guess(t, &q);
	return guess && bns_table_confirm(guess, &q);
}

static void table_guesses_what_it_would_find(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	assert_false(is_guessed(t, "www.example.com"));
	publish(t, "example.com", 1);
	publish(t, "news.example.com", 1);
	assert_true(is_guessed(t, "www.example.com"));
	assert_true(is_guessed(t, "Url1.News.Example.COM"));
	assert_false(is_guessed(t, "www.example.org"));
	withdraw(t, "news.example.com");
	assert_zone(t, "url1.news.example.com", false, "example.com");
	assert_true(is_guessed(t, "url1.news.example.com"));
	free_table(t);
}

static void table_guesses_nothing_where_a_zone_has_more_labels_than_it_looks_at(void **state)
{
	(void)state;
	static const char deep[] = "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0."
				   "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.com";
	struct bns_table *t = bns_table_new();
	publish(t, "com", 1);
	publish(t, deep, 1);
	assert_zone(t, deep, false, deep);
	assert_false(is_guessed(t, deep));
	withdraw(t, deep);
	assert_true(is_guessed(t, deep));
	assert_zone(t, deep, false, "com");
	free_table(t);
}

static void table_finds_the_longest_zone(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	publish(t, "example.com", 1);
	publish(t, "news.example.com", 1);
	publish(t, "example.net", 1);
	assert_int_equal(bns_table_count(t), 3);
	assert_zone(t, "example.com", false, "example.com");
	assert_zone(t, "url1234.Example.COM", false, "example.com");
	assert_zone(t, "a.b.news.example.com", false, "news.example.com");
	assert_zone(t, "NEWS.example.com", false, "news.example.com");
	assert_zone(t, "xnews.example.com", false, "example.com");
	assert_zone(t, "com", false, NULL);
	assert_zone(t, ".", false, NULL);
	assert_zone(t, "example.org", false, NULL);
	free_table(t);
}

static void table_gives_a_ds_question_at_an_apex_to_the_parent(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	publish(t, "example.com", 1);
	publish(t, "news.example.com", 1);
	assert_zone(t, "news.example.com", true, "example.com");
	assert_zone(t, "news.example.com", false, "news.example.com");
	assert_zone(t, "x.news.example.com", true, "news.example.com");
	assert_zone(t, "example.com", true, "example.com");
	publish(t, ".", 1);
	assert_zone(t, "example.com", true, ".");
	assert_zone(t, ".", true, ".");
	assert_zone(t, "org", false, ".");
	free_table(t);
}

static void table_publishes_the_newer_image_in_place_of_the_older(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	publish(t, "example.com", 1);
	publish(t, "example.com", 2);
	assert_int_equal(bns_table_count(t), 1);
	uint8_t apex[BNS_NAME_MAX];
	fixture_name("EXAMPLE.com", apex);
	assert_int_equal(bns_table_get(t, apex)->serial, 2);
	free_table(t);
}

static void table_forgets_a_withdrawn_zone_and_takes_it_again(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	publish(t, "example.com", 1);
	publish(t, "news.example.com", 1);
	withdraw(t, "News.example.com");
	withdraw(t, "never.example.com");
	assert_int_equal(bns_table_count(t), 1);
	assert_zone(t, "a.news.example.com", false, "example.com");
	uint8_t apex[BNS_NAME_MAX];
	fixture_name("news.example.com", apex);
	assert_null(bns_table_get(t, apex));
	publish(t, "news.example.com", 2);
	assert_zone(t, "a.news.example.com", false, "news.example.com");
	assert_int_equal(bns_table_count(t), 2);
	free_table(t);
}

static void numbered(char *out, size_t cap, unsigned i)
{
	snprintf(out, cap, "z%u.%s", i, i % 3 == 0 ? "deep.example.com" : "example");
}

static void table_keeps_every_zone_while_it_grows_and_shrinks(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	char apex[64];
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 1500; i++) {
			numbered(apex, sizeof(apex), i);
			publish(t, apex, round);
		}
		assert_int_equal(bns_table_count(t), 1500);
		for (unsigned i = 0; i < 1500; i++) {
			numbered(apex, sizeof(apex), i);
			assert_zone(t, apex, false, apex);
			if (i % 2 == 0)
				withdraw(t, apex);
		}
		assert_int_equal(bns_table_count(t), 750);
		for (unsigned i = 0; i < 1500; i++) {
			numbered(apex, sizeof(apex), i);
			assert_zone(t, apex, false, i % 2 == 0 ? NULL : apex);
		}
	}
	free_table(t);
}

/* Zones that come and go: the path to the others must stay, and the array must not fill with tombstones. */
static void table_survives_many_names_that_come_and_go(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	publish(t, "stays.example", 1);
	for (unsigned i = 0; i < 5000; i++) {
		char apex[64];
		numbered(apex, sizeof(apex), i);
		publish(t, apex, 1);
		withdraw(t, apex);
	}
	assert_int_equal(bns_table_count(t), 1);
	assert_zone(t, "www.stays.example", false, "stays.example");
	assert_zone(t, "z1.example", false, NULL);
	free_table(t);
}

#define ROUNDS  10000
#define ZONES   40
#define READERS 2

struct traffic {
	struct bns_table *t;
	struct bns_qname questions[ZONES];
	atomic_bool stop;
	atomic_uint found;
	atomic_uint wrong;
};

/* What a reader may see: the zone it asked for, whole, and never an older version after a newer one. */
static bool is_right(const struct bns_image *img, const struct bns_qname *q, uint32_t *seen)
{
	const uint8_t *apex = q->name + q->offset[img->apex_labels];
	const struct bns_node *node = bns_image_find(img, img->apex, img->apex_len, img->apex_hash);
	bool right = bns_name_equal(img->apex, apex) && node && img->serial >= *seen &&
		     bns_node_rrset(img, node, BNS_TYPE_SOA);
	*seen = img->serial;
	return right;
}

static void *read_zones(void *arg)
{
	struct traffic *traffic = arg;
	uint32_t seen[ZONES] = {0};
	bns_rcu_register();
	while (!atomic_load(&traffic->stop)) {
		for (unsigned i = 0; i < ZONES; i++) {
			const struct bns_image *img = bns_table_find(traffic->t, &traffic->questions[i], false);
			if (!img)
				continue;
			atomic_fetch_add(&traffic->found, 1);
			if (!is_right(img, &traffic->questions[i], &seen[i]))
				atomic_fetch_add(&traffic->wrong, 1);
		}
		bns_rcu_quiescent();
	}
	bns_rcu_unregister();
	return NULL;
}

static struct bns_image *copy_with_serial(const struct bns_image *img, uint32_t serial)
{
	struct bns_image *copy = malloc(img->size_bytes);
	assert_non_null(copy);
	memcpy(copy, img, img->size_bytes);
	copy->serial = serial;
	return copy;
}

static void table_serves_readers_while_the_writer_publishes_and_withdraws(void **state)
{
	(void)state;
	static struct traffic traffic;
	struct bns_image *images[ZONES];
	pthread_t readers[READERS];
	traffic.t = bns_table_new();
	for (unsigned i = 0; i < ZONES; i++) {
		char text[64];
		numbered(text, sizeof(text), i);
		images[i] = image_of(text, 0);
		traffic.questions[i] = qname_of(text);
	}
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_zones, &traffic), 0);
	uint32_t seed = 1;
	/* At least ROUNDS changes, and until the readers have met some of them. */
	for (uint32_t round = 1; round <= ROUNDS || atomic_load(&traffic.found) < ZONES; round++) {
		seed = seed * 1664525u + 1013904223u;
		const struct bns_image *img = images[(seed >> 8) % ZONES];
		if ((seed >> 24) % 4 == 0)
			bns_table_withdraw(traffic.t, img->apex);
		else
			assert_int_equal(bns_table_publish(traffic.t, copy_with_serial(img, round)), BNS_OK);
	}
	atomic_store(&traffic.stop, true);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	assert_int_equal(atomic_load(&traffic.wrong), 0);
	free_table(traffic.t);
	for (unsigned i = 0; i < ZONES; i++)
		bns_image_free(images[i]);
}

static void table_changes_when_a_served_zone_expires(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	assert_non_null(t);
	struct bns_image *img = image_of("example.com", 1);
	assert_int_equal(bns_table_publish(t, img), BNS_OK);
	assert_true(bns_table_expires(t, img) == 0);
	bns_table_set_expires(t, (const uint8_t *)"\7exAMPle\3com", 77);
	bns_table_set_expires(t, (const uint8_t *)"\3com", 78);
	assert_true(bns_table_expires(t, img) == 77);
	free_table(t);
}

static void many_new_zones_are_published_with_their_end(void **state)
{
	(void)state;
	struct bns_table *t = bns_table_new();
	char apex[32];
	assert_int_equal(bns_table_reserve(t, 1000), BNS_OK);
	for (uint32_t i = 0; i < 1000; i++) {
		snprintf(apex, sizeof(apex), "z%u.example", i);
		struct bns_image *img = image_of(apex, i);
		bns_table_ask_slot(t, img->apex_hash);
		assert_int_equal(bns_table_publish_new(t, img, i), BNS_OK);
		assert_int_equal(bns_table_expires(t, img), i);
	}
	assert_int_equal(bns_table_count(t), 1000);
	struct bns_image *again = image_of("z7.example", 7);
	assert_int_equal(bns_table_publish_new(t, again, 0), BNS_EEXIST);
	bns_image_free(again);
	assert_zone(t, "www.z7.example", false, "z7.example");
	assert_zone(t, "www.z1000.example", false, NULL);
	bns_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_finds_the_longest_zone),
		cmocka_unit_test(table_guesses_what_it_would_find),
		cmocka_unit_test(table_guesses_nothing_where_a_zone_has_more_labels_than_it_looks_at),
		cmocka_unit_test(table_gives_a_ds_question_at_an_apex_to_the_parent),
		cmocka_unit_test(table_publishes_the_newer_image_in_place_of_the_older),
		cmocka_unit_test(table_forgets_a_withdrawn_zone_and_takes_it_again),
		cmocka_unit_test(table_keeps_every_zone_while_it_grows_and_shrinks),
		cmocka_unit_test(table_survives_many_names_that_come_and_go),
		cmocka_unit_test(table_changes_when_a_served_zone_expires),
		cmocka_unit_test(table_serves_readers_while_the_writer_publishes_and_withdraws),
		cmocka_unit_test(many_new_zones_are_published_with_their_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
