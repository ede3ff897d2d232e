/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_fixture.h"

#define OLD     "192.0.2.10"
#define NEW     "192.0.2.20"
#define PRIMARY "192.0.2.1@53"

static const char *const addresses[] = {"192.0.2.10", "192.0.2.20", "192.0.2.30", "192.0.2.40", "192.0.2.50"};

/* Serials 1 to 5, each with an address of its own. */
static void serve_five(struct fixture *f)
{
	for (uint32_t serial = 1; serial <= 5; serial++)
		assert_int_equal(fixture_submit(f, fixture_zone(serial, "fine", addresses[serial - 1])),
				 BNS_OUTCOME_SERVED);
}

static bool count_one(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)len;
	++*(unsigned *)arg;
	return true;
}

static unsigned rows(struct fixture *f, enum bns_store_db db)
{
	unsigned count = 0;
	assert_int_equal(bns_store_each(f->store, db, NULL, 0, false, count_one, &count), BNS_OK);
	return count;
}

static void assert_kept(struct fixture *f, uint32_t serial, const char *www)
{
	struct bns_contents *c, *wanted = fixture_zone(serial, "fine", www);
	uint8_t a[BNS_DIGEST_LEN], b[BNS_DIGEST_LEN];
	assert_int_equal(bns_gate_version(f->gate, f->zone, serial, &c), BNS_OK);
	assert_int_equal(bns_contents_digest(c, a), BNS_OK);
	assert_int_equal(bns_contents_digest(wanted, b), BNS_OK);
	assert_memory_equal(a, b, sizeof(a));
	bns_contents_free(c);
	bns_contents_free(wanted);
}

static enum bns_outcome roll_back(struct fixture *f, uint32_t serial)
{
	f->answered = false;
	bns_gate_rollback(f->gate, f->zone, serial, "ops(0)", fixture_answer, f);
	assert_false(f->answered);
	fixture_wait(f);
	return f->result.outcome;
}

static const char *listed(struct fixture *f, size_t at, const char *key)
{
	static char text[BNS_SOURCE_MAX];
	json_t *list = bns_gate_journal_list(f->gate, f->zone);
	const json_t *value = json_object_get(json_array_get(list, at), key);
	if (json_is_integer(value))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else
		snprintf(text, sizeof(text), "%s", json_is_string(value) ? json_string_value(value) : "");
	json_decref(list);
	return text;
}

/* ---- versions ---- */

static void journal_keeps_two_versions_whole_and_leads_back_from_them(void **state)
{
	struct fixture *f = *state;
	serve_five(f);
	assert_int_equal(rows(f, BNS_DB_VERSION), 2);
	assert_int_equal(rows(f, BNS_DB_JOURNAL), 5);
	fixture_restart(f);
	for (uint32_t serial = 1; serial <= 5; serial++)
		assert_kept(f, serial, addresses[serial - 1]);
}

static void journal_is_cut_to_its_depth(void **state)
{
	struct fixture *f = *state;
	struct bns_contents *c;
	bns_gate_set_journal_depth(f->gate, 2);
	serve_five(f);
	assert_int_equal(rows(f, BNS_DB_JOURNAL), 2);
	assert_kept(f, 4, addresses[3]);
	assert_int_equal(bns_gate_version(f->gate, f->zone, 3, &c), BNS_ENOENT);
}

/* A zone of `count` addresses that all depend on `third`. */
static struct bns_contents *large_zone(uint32_t serial, unsigned third, unsigned count)
{
	struct bns_contents *c = fixture_zone(serial, "fine", OLD);
	for (unsigned i = 0; i < count; i++) {
		char text[BNS_NAME_TEXT_MAX];
		uint8_t owner[BNS_NAME_MAX], address[4] = {10, (uint8_t)third, (uint8_t)(i >> 8), (uint8_t)i};
		snprintf(text, sizeof(text), "r%u.example.com.", i);
		assert_int_equal(bns_name_from_text(text, NULL, owner, NULL), BNS_OK);
		assert_int_equal(bns_contents_add(c, owner, BNS_TYPE_A, 300, address, 4, 0, 0), BNS_OK);
	}
	return c;
}

static void journal_keeps_a_version_whole_where_the_next_has_little_in_common(void **state)
{
	struct fixture *f = *state;
	struct bns_journal_way way;
	struct bns_contents *c;
	for (uint32_t serial = 1; serial <= 3; serial++)
		assert_int_equal(fixture_submit(f, large_zone(serial, serial, 1000)), BNS_OUTCOME_SERVED);
	assert_int_equal(rows(f, BNS_DB_VERSION), 3);
	assert_int_equal(bns_gate_journal_way(f->gate, f->zone, 2, &way), BNS_ENOENT);
	assert_int_equal(bns_gate_version(f->gate, f->zone, 1, &c), BNS_OK);
	assert_int_equal(c->serial, 1);
	bns_contents_free(c);
}

static void journal_of_a_removed_zone_is_gone(void **state)
{
	struct fixture *f = *state;
	serve_five(f);
	bns_gate_zone_remove(f->gate, f->zone, "test", fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_SERVED);
	assert_int_equal(rows(f, BNS_DB_JOURNAL), 0);
	assert_int_equal(rows(f, BNS_DB_VERSION), 0);
}

static void forget_journal(struct fixture *f)
{
	struct bns_store_txn *txn = bns_store_begin(f->store);
	size_t n = bns_name_len(f->zone->apex);
	uint8_t key[BNS_NAME_MAX + 8] = {0};
	memcpy(key, f->zone->apex, n);
	for (uint8_t seq = 1; seq < 10; seq++) {
		key[n + 7] = seq;
		assert_int_equal(bns_store_del(txn, BNS_DB_JOURNAL, key, n + 8), BNS_OK);
	}
	bns_store_commit(txn, NULL, NULL);
}

/* Format 2 had whole versions alone. */
static void journal_takes_up_the_versions_of_an_older_store(void **state)
{
	struct fixture *f = *state;
	for (uint32_t serial = 1; serial <= 2; serial++)
		assert_int_equal(fixture_submit(f, large_zone(serial, serial, 1000)), BNS_OUTCOME_SERVED);
	forget_journal(f);
	fixture_restart(f);
	struct bns_contents *c;
	assert_int_equal(bns_gate_version(f->gate, f->zone, 1, &c), BNS_OK);
	bns_contents_free(c);
	assert_string_equal(listed(f, 1, "serial"), "1");
	assert_string_equal(listed(f, 1, "source"), "");
	assert_int_equal(fixture_submit(f, large_zone(3, 2, 1000)), BNS_OUTCOME_SERVED);
	assert_int_equal(rows(f, BNS_DB_VERSION), 3);
	assert_int_equal(bns_gate_version(f->gate, f->zone, 2, &c), BNS_OK);
	bns_contents_free(c);
}

/* ---- the way to the newest ---- */

static void journal_knows_the_way_from_every_kept_version(void **state)
{
	struct fixture *f = *state;
	struct bns_journal_way way;
	struct bns_delta delta;
	for (uint32_t serial = 1; serial <= 3; serial++) {
		struct bns_contents *c = large_zone(serial, 7, 100);
		if (serial == 3)
			assert_int_equal(bns_contents_add(c, c->apex, BNS_TYPE_TXT, 300, "\1x", 2, 0, 0), BNS_OK);
		assert_int_equal(fixture_submit(f, c), BNS_OUTCOME_SERVED);
	}
	assert_int_equal(bns_gate_journal_way(f->gate, f->zone, 1, &way), BNS_OK);
	assert_int_equal(way.last_seq - way.first_seq, 1);
	assert_int_equal(bns_gate_journal_delta(f->gate, f->zone, way.first_seq, &delta), BNS_OK);
	assert_int_equal(delta.removed->serial, 1);
	assert_int_equal(delta.added->serial, 2);
	bns_delta_free(&delta);
	assert_int_equal(bns_gate_journal_delta(f->gate, f->zone, way.last_seq, &delta), BNS_OK);
	assert_int_equal(delta.added->count, 2);
	bns_delta_free(&delta);
	assert_int_equal(bns_gate_journal_way(f->gate, f->zone, 3, &way), BNS_ENOENT);
	assert_int_equal(bns_gate_journal_way(f->gate, f->zone, 9, &way), BNS_ENOENT);
}

static void journal_tells_how_each_version_came(void **state)
{
	struct fixture *f = *state;
	serve_five(f);
	assert_string_equal(listed(f, 0, "serial"), "5");
	assert_string_equal(listed(f, 0, "upstream_serial"), "5");
	assert_string_equal(listed(f, 0, "source"), PRIMARY);
	assert_string_equal(listed(f, 0, "changes"), "1");
	assert_string_equal(listed(f, 4, "serial"), "1");
	assert_string_equal(listed(f, 4, "changes"), "4");
	assert_memory_equal(listed(f, 0, "id"), "example.com@5-", 14);
}

/* ---- rollback ---- */

static void rollback_serves_an_old_version_under_a_new_serial(void **state)
{
	struct fixture *f = *state;
	serve_five(f);
	assert_int_equal(roll_back(f, 2), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 6);
	assert_string_equal(fixture_served_www(f), addresses[1]);
	assert_string_equal(listed(f, 0, "verdict"), "rolled-back");
	assert_string_equal(listed(f, 0, "upstream_serial"), "5");
	assert_non_null(strstr(f->events, "rolled-back "));
}

static void rollback_stays_until_upstream_has_something_new(void **state)
{
	struct fixture *f = *state;
	serve_five(f);
	roll_back(f, 2);
	fixture_restart(f);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 5), BNS_SERIAL_CURRENT);
	assert_int_equal(fixture_submit(f, fixture_zone(5, "fine", addresses[4])), BNS_OUTCOME_NOTHING_NEW);
	assert_string_equal(fixture_served_www(f), addresses[1]);
	assert_int_equal(roll_back(f, 3), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_submit(f, fixture_zone(5, "fine", addresses[4])), BNS_OUTCOME_NOTHING_NEW);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 6), BNS_SERIAL_NEWER);
	assert_int_equal(fixture_submit(f, fixture_zone(6, "fine", addresses[0])), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 8);
	assert_string_equal(fixture_served_www(f), addresses[0]);
	assert_false(f->zone->record.rolled_back);
}

static void rollback_is_reviewed_and_its_approval_leaves_upstreams_serial(void **state)
{
	struct fixture *f = *state;
	fixture_submit(f, fixture_zone(1, "hold", OLD));
	bns_gate_approve(f->gate, f->zone->held->id, "first", "ops(0)", 0, false, fixture_answer, f);
	fixture_wait(f);
	fixture_submit(f, fixture_zone(2, "fine", NEW));
	assert_int_equal(roll_back(f, 1), BNS_OUTCOME_HELD);
	assert_int_equal(fixture_served_serial(f), 2);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 1), BNS_SERIAL_OLDER);
	fixture_restart(f);
	bns_gate_approve(f->gate, f->zone->held->id, "agreed", "ops(0)", 0, false, fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 3);
	assert_int_equal(f->zone->record.upstream_serial, 2);
}

static void rollback_needs_a_kept_serial(void **state)
{
	struct fixture *f = *state;
	serve_five(f);
	assert_int_equal(roll_back(f, 99), BNS_OUTCOME_FAILED);
	assert_non_null(strstr(f->result.reason, "isn't kept"));
	assert_int_equal(roll_back(f, 5), BNS_OUTCOME_NOTHING_NEW);
}

/* ---- what is on disk is what is in memory ---- */

static void rejected_candidates_keep_their_order_over_a_restart(void **state)
{
	struct fixture *f = *state;
	fixture_submit(f, fixture_zone(1, "fine", OLD));
	for (uint32_t serial = 9; serial <= 12; serial++) {
		assert_int_equal(fixture_submit(f, fixture_zone(serial, "hold", NEW)), BNS_OUTCOME_HELD);
		bns_gate_reject(f->gate, f->zone->held->id, "no", "ops(0)", fixture_answer, f);
		fixture_wait(f);
	}
	fixture_restart(f);
	uint32_t wanted = 12;
	for (const struct bns_candidate *c = f->zone->rejected; c; c = c->next)
		assert_int_equal(c->serial, wanted--);
	assert_int_equal(wanted, 8);
}

static void primarys_expire_is_known_after_a_restart(void **state)
{
	struct fixture *f = *state;
	const uint32_t left_s = 100;
	fixture_submit(f, fixture_zone(1, "fine", OLD));
	bns_gate_primary_expires(f->zone, &left_s);
	bns_gate_refreshed(f->gate, f->zone);
	int64_t expires_s = f->zone->record.primary_expires_s;
	assert_true(expires_s > 0);
	fixture_restart(f);
	assert_int_equal(f->zone->record.primary_expires_s, expires_s);
}

static void answer_never_comes_before_the_call_returns(void **state)
{
	struct fixture *f = *state;
	fixture_submit(f, fixture_zone(1, "fine", OLD));
	fixture_submit(f, fixture_zone(2, "hold", NEW));
	char id[BNS_CANDIDATE_ID_MAX];
	strcpy(id, f->zone->held->id);
	struct bns_submission sub = {.contents = fixture_zone(3, "fine", NEW), .origin = BNS_ORIGIN_TRANSFER};
	bns_gate_submit(f->gate, f->zone, &sub, NULL, NULL);
	bns_gate_approve(f->gate, id, "late", "ops(0)", 0, false, fixture_answer, f);
	f->answered = false;
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_FAILED);
	bns_gate_stop(f->gate);
	f->answered = false;
	struct bns_submission last = {.contents = fixture_zone(4, "fine", NEW), .origin = BNS_ORIGIN_TRANSFER};
	bns_gate_submit(f->gate, f->zone, &last, fixture_answer, f);
	assert_false(f->answered);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(journal_keeps_two_versions_whole_and_leads_back_from_them),
		TEST(journal_is_cut_to_its_depth),
		TEST(journal_keeps_a_version_whole_where_the_next_has_little_in_common),
		TEST(journal_of_a_removed_zone_is_gone),
		TEST(journal_takes_up_the_versions_of_an_older_store),
		TEST(journal_knows_the_way_from_every_kept_version),
		TEST(journal_tells_how_each_version_came),
		TEST(rollback_serves_an_old_version_under_a_new_serial),
		TEST(rollback_stays_until_upstream_has_something_new),
		TEST(rollback_is_reviewed_and_its_approval_leaves_upstreams_serial),
		TEST(rollback_needs_a_kept_serial),
		TEST(rejected_candidates_keep_their_order_over_a_restart),
		TEST(primarys_expire_is_known_after_a_restart),
		TEST(answer_never_comes_before_the_call_returns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
