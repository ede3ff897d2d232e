/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gate_fixture.h"

#define OLD     "192.0.2.10"
#define NEW     "192.0.2.20"
#define PRIMARY "192.0.2.1@53"

static void serve_first(struct fixture *f)
{
	assert_int_equal(fixture_submit(f, fixture_zone(1, "fine", OLD)), BNS_OUTCOME_SERVED);
}

static void hold_second(struct fixture *f)
{
	assert_int_equal(fixture_submit(f, fixture_zone(2, "hold", NEW)), BNS_OUTCOME_HELD);
}

static enum bns_outcome approve_held(struct fixture *f, int64_t until_s, bool keep_branding)
{
	bns_gate_approve(f->gate, f->zone->held->id, "agreed", "ops(0)", until_s, keep_branding, fixture_answer, f);
	fixture_wait(f);
	return f->result.outcome;
}

static void reject_held(struct fixture *f)
{
	bns_gate_reject(f->gate, f->zone->held->id, "no", "ops(0)", fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_REJECTED);
}

/* ---- passing ---- */

static void gate_serves_what_passes(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_served_serial(f), 0);
	serve_first(f);
	assert_int_equal(fixture_served_serial(f), 1);
	assert_string_equal(fixture_served_www(f), OLD);
	assert_int_equal(f->published, 1);
	assert_int_equal(f->zone->record.upstream_serial, 1);
}

static void gate_has_nothing_new_for_the_same_version(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	assert_int_equal(fixture_submit(f, fixture_zone(1, "fine", OLD)), BNS_OUTCOME_NOTHING_NEW);
	assert_int_equal(f->published, 1);
}

static void gate_serves_its_version_again_after_a_restart(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	fixture_restart(f);
	assert_int_equal(fixture_served_serial(f), 1);
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_takes_changes_of_a_zone_in_their_order(void **state)
{
	struct fixture *f = *state;
	struct bns_submission one = {.contents = fixture_zone(1, "fine", OLD), .source = PRIMARY};
	struct bns_submission two = {.contents = fixture_zone(2, "fine", NEW), .source = PRIMARY};
	bns_gate_submit(f->gate, f->zone, &one, NULL, NULL);
	bns_gate_submit(f->gate, f->zone, &two, fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->published, 2);
	assert_string_equal(fixture_served_www(f), NEW);
}

/* ---- holding ---- */

static void gate_holds_and_goes_on_serving(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_string_equal(fixture_served_www(f), OLD);
	assert_memory_equal(f->zone->held->id, "example.com@2-", 14);
	assert_int_equal(json_array_size(f->zone->held->findings), 1);
	assert_non_null(strstr(f->events, "held "));
}

static void gate_keeps_a_held_change_over_a_restart(void **state)
{
	struct fixture *f = *state;
	char id[BNS_CANDIDATE_ID_MAX];
	serve_first(f);
	hold_second(f);
	strcpy(id, f->zone->held->id);
	fixture_restart(f);
	assert_non_null(f->zone->held);
	assert_string_equal(f->zone->held->id, id);
	assert_string_equal(fixture_served_www(f), OLD);
	const char *rule = json_string_value(json_object_get(json_array_get(f->zone->held->findings, 0), "rule"));
	assert_string_equal(rule, "LB01");
	assert_int_equal(approve_held(f, 0, false), BNS_OUTCOME_SERVED);
}

static void gate_does_not_want_a_held_or_rejected_serial_again(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 2), BNS_SERIAL_HELD);
	reject_held(f);
	assert_null(f->zone->held);
	assert_int_equal(bns_gate_serial_news(f->zone, "192.0.2.1@5353", 2), BNS_SERIAL_REJECTED);
	assert_int_equal(bns_gate_serial_news(f->zone, "192.0.2.2@53", 2), BNS_SERIAL_NEWER);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "hold", NEW)), BNS_OUTCOME_REJECTED);
	fixture_restart(f);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 2), BNS_SERIAL_REJECTED);
}

static void gate_lets_a_primary_take_back_what_it_offered(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(bns_gate_serial_news(f->zone, "192.0.2.2@53", 1), BNS_SERIAL_CURRENT);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 1), BNS_SERIAL_WITHDRAWN);
	bns_gate_withdraw(f->gate, f->zone);
	assert_null(f->zone->held);
	assert_non_null(strstr(f->events, "withdrawn "));
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 1), BNS_SERIAL_CURRENT);
	fixture_restart(f);
	assert_null(f->zone->held);
}

static void gate_judges_a_rejected_change_anew_when_forced(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	reject_held(f);
	assert_int_equal(fixture_submit_forced(f, fixture_zone(2, "hold", NEW)), BNS_OUTCOME_HELD);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 2), BNS_SERIAL_HELD);
	fixture_restart(f);
	assert_non_null(f->zone->held);
}

static void gate_lets_a_newer_version_take_the_place_of_a_held_one(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(fixture_submit(f, fixture_zone(3, "fine", NEW)), BNS_OUTCOME_SERVED);
	assert_null(f->zone->held);
	fixture_restart(f);
	assert_null(f->zone->held);
	assert_int_equal(fixture_served_serial(f), 3);
}

static void gate_drops_a_held_change_that_its_source_took_back(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(fixture_submit(f, fixture_zone(1, "fine", OLD)), BNS_OUTCOME_NOTHING_NEW);
	assert_null(f->zone->held);
	fixture_restart(f);
	assert_null(f->zone->held);
}

static void id_of(struct bns_contents *c, char id[BNS_CANDIDATE_ID_MAX])
{
	uint8_t digest[BNS_DIGEST_LEN];
	assert_int_equal(bns_contents_digest(c, digest), BNS_OK);
	bns_candidate_id(c->apex, c->serial, digest, id);
	bns_contents_free(c);
}

static void gate_holds_what_was_under_review_when_it_stopped(void **state)
{
	struct fixture *f = *state;
	char id[BNS_CANDIDATE_ID_MAX];
	void *value = NULL;
	size_t len;
	serve_first(f);
	id_of(fixture_zone(2, "late", NEW), id);
	struct bns_submission late = {.contents = fixture_zone(2, "late", NEW), .source = PRIMARY};
	bns_gate_submit(f->gate, f->zone, &late, NULL, NULL);
	while (bns_store_get(f->store, BNS_DB_CANDIDATE, id, strlen(id), &value, &len) == BNS_ENOENT)
		fixture_turn(f);
	free(value);
	fixture_restart(f);
	assert_non_null(f->zone->held);
	assert_string_equal(f->zone->held->id, id);
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_keeps_a_held_zone_alive(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	f->zone->record.expires_s = bns_clock_wall_s() + 1;
	bns_gate_refreshed(f->gate, f->zone);
	assert_true(f->zone->record.expires_s > bns_clock_wall_s() + 1000000);
}

static int64_t told_expiry(struct fixture *f)
{
	return bns_table_expires(f->table, bns_table_get(f->table, f->zone->apex));
}

static void gate_tells_answers_when_a_secondary_expires(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	int64_t first = f->zone->record.expires_s;
	assert_true(first > bns_clock_wall_s());
	assert_true(told_expiry(f) == first);
	f->settings.expire_max_s = 1000;
	bns_gate_refreshed(f->gate, f->zone);
	assert_true(told_expiry(f) == f->zone->record.expires_s);
	assert_true(told_expiry(f) < first);
	bns_gate_expire(f->gate, f->zone);
	f->zone->state = BNS_IMAGE_EXPIRED;
	bns_gate_refreshed(f->gate, f->zone);
	assert_true(told_expiry(f) == f->zone->record.expires_s);
	fixture_restart(f);
	assert_true(told_expiry(f) == f->zone->record.expires_s);
}

static void gate_lets_a_held_zone_expire_after_its_held_limit(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	f->settings.held_limit_s = 60;
	f->zone->held->since_s -= 61;
	int64_t soon = bns_clock_wall_s() + 1;
	f->zone->record.expires_s = soon;
	bns_gate_refreshed(f->gate, f->zone);
	assert_int_equal(f->zone->record.expires_s, soon);
}

/* ---- deciding ---- */

static void gate_serves_what_an_operator_approves(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(approve_held(f, 0, false), BNS_OUTCOME_SERVED);
	assert_string_equal(fixture_served_www(f), NEW);
	assert_null(f->zone->held);
	fixture_restart(f);
	assert_null(f->zone->held);
	assert_string_equal(fixture_served_www(f), NEW);
}

static void gate_approves_by_exact_id_only(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	bns_gate_approve(f->gate, "example.com@2-00000000", "agreed", "ops(0)", 0, false, fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_FAILED);
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_can_approve_the_rest_and_keep_the_branding(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(approve_held(f, 0, true), BNS_OUTCOME_SERVED);
	assert_string_equal(fixture_served_www(f), "192.0.2.1");
	assert_int_equal(f->zone->record.upstream_serial, 2);
}

static void gate_restores_when_an_approval_ends(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	assert_int_equal(approve_held(f, bns_clock_wall_s() - 1, false), BNS_OUTCOME_SERVED);
	assert_string_equal(fixture_served_www(f), NEW);
	bns_gate_tick(f->gate);
	while (strcmp(fixture_served_www(f), "192.0.2.1") != 0)
		fixture_turn(f);
	assert_int_equal(fixture_served_serial(f), 3);
	assert_int_equal(f->zone->record.upstream_serial, 2);
}

/* ---- amending and the two serials ---- */

static void gate_keeps_upstreams_records_beside_amended_ones(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "amend", NEW)), BNS_OUTCOME_SERVED);
	assert_string_equal(fixture_served_www(f), "192.0.2.1");
	assert_int_equal(f->zone->record.upstream_serial, 2);
	assert_int_equal(fixture_served_serial(f), 2);
	assert_true(f->zone->record.amended_ever);
	fixture_restart(f);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "amend", NEW)), BNS_OUTCOME_NOTHING_NEW);
	assert_int_equal(fixture_submit(f, fixture_zone(3, "fine", NEW)), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 3);
}

static void gate_publishes_a_newer_serial_though_upstreams_goes_back(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, fixture_zone(10, "fine", OLD)), BNS_OUTCOME_SERVED);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 5), BNS_SERIAL_OLDER);
	assert_int_equal(fixture_submit_forced(f, fixture_zone(5, "fine", NEW)), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 11);
	assert_int_equal(f->zone->record.upstream_serial, 5);
	assert_int_equal(bns_gate_serial_news(f->zone, PRIMARY, 5), BNS_SERIAL_CURRENT);
}

/* With a digest (RFC 8976) by a private algorithm, which nobody can find wrong. */
static struct bns_contents *zone_with_digest(uint32_t serial, const char *word)
{
	char text[512];
	snprintf(text, sizeof(text),
		 "$ORIGIN example.com.\n$TTL 300\n@ IN SOA ns1.example.net. h.example.net. %u 3600 600 1209600 300\n"
		 "@ IN NS ns1.example.net.\n@ IN TXT %s\nwww IN A " NEW "\n"
		 "@ IN ZONEMD %u 1 240 e2d523f654b9422a96c5a8f4\n",
		 serial, word, serial);
	return fixture_parse(text);
}

static bool serves_a_digest(struct fixture *f)
{
	struct bns_contents *c;
	size_t count;
	assert_int_equal(bns_gate_served(f->gate, f->zone, &c), BNS_OK);
	(void)bns_contents_find(c, f->zone->apex, BNS_TYPE_ZONEMD, &count);
	bns_contents_free(c);
	return count > 0;
}

static void gate_publishes_no_digest_of_other_records(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, zone_with_digest(10, "fine")), BNS_OUTCOME_SERVED);
	assert_true(serves_a_digest(f));
	assert_int_equal(fixture_submit(f, zone_with_digest(11, "amend")), BNS_OUTCOME_SERVED);
	assert_false(serves_a_digest(f));
	assert_int_equal(fixture_submit(f, zone_with_digest(11, "amend")), BNS_OUTCOME_NOTHING_NEW);
	assert_int_equal(fixture_submit(f, zone_with_digest(12, "fine")), BNS_OUTCOME_SERVED);
	assert_true(serves_a_digest(f));
	/* Its serial isn't the published one any more. */
	assert_int_equal(fixture_submit_forced(f, zone_with_digest(5, "fine")), BNS_OUTCOME_SERVED);
	assert_int_equal(fixture_served_serial(f), 13);
	assert_false(serves_a_digest(f));
	assert_int_equal(fixture_submit(f, zone_with_digest(5, "fine")), BNS_OUTCOME_NOTHING_NEW);
}

/* ---- refusing ---- */

static void gate_refuses_a_broken_zone_with_its_place(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	struct bns_contents *c = fixture_parse("$ORIGIN example.com.\n$TTL 300\n"
					       "@ IN SOA ns1.example.net. h.example.net. 2 3600 600 1209600 300\n"
					       "@ IN NS ns1.example.net.\n"
					       "www IN CNAME a.example.net.\nwww IN A 192.0.2.1\n");
	assert_int_equal(fixture_submit(f, c), BNS_OUTCOME_REFUSED);
	assert_non_null(strstr(f->result.reason, "CNAME"));
	assert_string_equal(f->zone->last_error, f->result.reason);
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_refuses_what_a_plugin_refuses(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "refuse", NEW)), BNS_OUTCOME_REFUSED);
	assert_null(f->zone->held);
	assert_string_equal(fixture_served_www(f), OLD);
	fixture_restart(f);
	assert_null(f->zone->held);
}

static void gate_refuses_a_file_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	f->conf.file = "/nonexistent/example.com.zone";
	bns_gate_load_file(f->gate, f->zone, fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_REFUSED);
	assert_non_null(strstr(f->result.reason, "/nonexistent/example.com.zone"));
	f->conf.file = NULL;
}

/* ---- expiry, removal, versions, dry runs ---- */

static void gate_expires_and_comes_back_with_a_refresh(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	bns_gate_expire(f->gate, f->zone);
	assert_int_equal(bns_table_get(f->table, f->zone->apex)->state, BNS_IMAGE_EXPIRED);
	bns_gate_refreshed(f->gate, f->zone);
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_compares_an_expired_zone_with_its_last_version(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	bns_gate_expire(f->gate, f->zone);
	assert_int_equal(fixture_submit(f, fixture_zone(1, "fine", OLD)), BNS_OUTCOME_NOTHING_NEW);
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_removes_a_zone_that_nothing_protects(void **state)
{
	struct fixture *f = *state;
	static const uint8_t apex[] = "\7example\3com";
	serve_first(f);
	bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
	fixture_wait(f);
	assert_true(f->zone_gone);
	assert_null(bns_gate_zone_find(f->gate, apex));
	assert_null(bns_table_get(f->table, apex));
}

static void gate_holds_the_removal_of_a_protected_zone(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, fixture_zone(1, "precious", OLD)), BNS_OUTCOME_SERVED);
	bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(f->result.outcome, BNS_OUTCOME_HELD);
	assert_false(f->zone_gone);
	assert_string_equal(fixture_served_www(f), OLD);
	assert_int_equal(approve_held(f, 0, false), BNS_OUTCOME_SERVED);
	assert_true(f->zone_gone);
}

static void a_held_removal_outlives_the_next_version(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, fixture_zone(1, "precious", OLD)), BNS_OUTCOME_SERVED);
	bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
	fixture_wait(f);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "precious", OLD)), BNS_OUTCOME_SERVED);
	assert_non_null(f->zone->held);
	fixture_restart(f);
	assert_non_null(f->zone->held);
	assert_int_equal(fixture_served_serial(f), 2);
	assert_int_equal(approve_held(f, 0, false), BNS_OUTCOME_SERVED);
	assert_true(f->zone_gone);
}

static enum bns_outcome load_file(struct fixture *f)
{
	bns_gate_load_file(f->gate, f->zone, fixture_answer, f);
	fixture_wait(f);
	return f->result.outcome;
}

static void write_zone(const char *path, unsigned serial, const char *www)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"$ORIGIN example.com.\n$TTL 300\n@ SOA ns.other. h.other. %u 3600 600 1209600 300\n@ NS ns.other.\n"
		"www A %s\n",
		serial, www);
	fclose(file);
}

/* Without its records a candidate has no id. */
static bool was_parsed(const struct fixture *f)
{
	return f->result.id[0] != '\0';
}

static void an_unchanged_file_is_parsed_again_only_where_something_else_is_served(void **state)
{
	struct fixture *f = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/zone", f->folder);
	static const struct bns_conf_settings settings;
	struct bns_conf_zone conf = {.domain = "example.com", .file = path, .set = &settings};
	bns_gate_zone_set_conf(f->zone, &conf);
	write_zone(path, 1, OLD);
	assert_int_equal(load_file(f), BNS_OUTCOME_SERVED);
	assert_int_equal(load_file(f), BNS_OUTCOME_NOTHING_NEW);
	assert_false(was_parsed(f));
	assert_int_equal(fixture_submit(f, fixture_zone(2, "fine", NEW)), BNS_OUTCOME_SERVED);
	load_file(f);
	assert_true(was_parsed(f));
	write_zone(path, 3, OLD);
	assert_int_equal(load_file(f), BNS_OUTCOME_SERVED);
	assert_string_equal(fixture_served_www(f), OLD);
	bns_gate_zone_set_conf(f->zone, &f->conf);
}

static void an_unchanged_file_is_known_again_after_a_restart(void **state)
{
	struct fixture *f = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/zone", f->folder);
	f->settings = (struct bns_conf_settings){.primary_count = 0};
	f->conf = (struct bns_conf_zone){.domain = "example.com", .file = path, .set = &f->settings};
	bns_gate_zone_set_conf(f->zone, &f->conf);
	write_zone(path, 1, OLD);
	assert_int_equal(load_file(f), BNS_OUTCOME_SERVED);
	fixture_restart(f);
	assert_int_equal(load_file(f), BNS_OUTCOME_NOTHING_NEW);
	assert_false(was_parsed(f));
	/* Other words for the same records are parsed once, and known then. */
	FILE *file = fopen(path, "a");
	fputs("; a comment\n", file);
	fclose(file);
	assert_int_equal(load_file(f), BNS_OUTCOME_NOTHING_NEW);
	assert_true(was_parsed(f));
	fixture_restart(f);
	assert_int_equal(load_file(f), BNS_OUTCOME_NOTHING_NEW);
	assert_false(was_parsed(f));
	bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
	fixture_wait(f);
	fixture_restart(f);
	assert_int_equal(load_file(f), BNS_OUTCOME_SERVED);
}

/* Turns of the loop, as far as they go before the removal is over. */
static void turn(struct fixture *f, unsigned turns)
{
	for (unsigned i = 0; i < turns && !f->answered; i++)
		fixture_turn(f);
}

static void gate_keeps_a_zone_that_is_wanted_again(void **state)
{
	struct fixture *f = *state;
	static const char *const words[] = {"fine", "precious"};
	uint32_t serial = 1;
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(fixture_submit(f, fixture_zone(serial++, words[i % 2], OLD)), BNS_OUTCOME_SERVED);
		bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
		turn(f, i / 2);
		if (f->zone_gone)
			return;
		bns_gate_zone_keep(f->gate, f->zone);
		fixture_wait(f);
		assert_false(f->zone_gone);
		assert_null(f->zone->held);
		assert_false(f->zone->leaving);
	}
	fail_msg("the removal never came to its end");
}

static void gate_can_take_back_a_removal_while_it_is_rejected(void **state)
{
	struct fixture *f = *state;
	bool met = false;
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(fixture_submit(f, fixture_zone(i + 1, "precious", OLD)), BNS_OUTCOME_SERVED);
		bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
		fixture_wait(f);
		assert_int_equal(f->result.outcome, BNS_OUTCOME_HELD);
		bns_gate_reject(f->gate, f->zone->held->id, "no", "ops(0)", fixture_answer, f);
		turn(f, i / 2);
		met = met || !f->answered;
		bns_gate_zone_keep(f->gate, f->zone);
		if (!f->answered)
			fixture_wait(f);
		assert_null(f->zone->held);
	}
	assert_true(met);
	fixture_restart(f);
	assert_null(f->zone->held);
}

struct straggler {
	struct bns_gate *gate;
	bool answered;
};

static void on_straggler(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	static const uint8_t apex[] = "\7example\3com";
	struct straggler *s = arg;
	assert_int_equal(result->outcome, BNS_OUTCOME_FAILED);
	assert_ptr_equal(zone, bns_gate_zone_find(s->gate, apex));
	s->answered = true;
}

static void gate_answers_about_a_zone_that_has_gone_meanwhile(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	bns_gate_zone_remove(f->gate, f->zone, "configuration", fixture_answer, f);
	while (!f->zone_gone) {
		struct straggler s = {.gate = f->gate};
		bns_gate_reject(f->gate, "example.com@7-0", "no", "ops(0)", on_straggler, &s);
		while (!s.answered)
			fixture_turn(f);
	}
}

static void *stored(struct fixture *f, enum bns_store_db db, const char *id, size_t *len)
{
	void *value = NULL;
	enum bns_error err = bns_store_get(f->store, db, id, strlen(id), &value, len);
	return err ? NULL : value;
}

static void store(struct fixture *f, enum bns_store_db db, const char *id, const void *value, size_t len)
{
	struct bns_store_txn *txn = bns_store_begin(f->store);
	assert_int_equal(bns_store_put(txn, db, id, strlen(id), value, len), BNS_OK);
	bns_store_commit(txn, NULL, NULL);
}

/* A full disk leaves one behind, whose end can't be written either. */
static void gate_does_not_hold_an_interrupted_change_that_is_older_than_what_is_served(void **state)
{
	struct fixture *f = *state;
	char id[BNS_CANDIDATE_ID_MAX];
	void *reviewing = NULL;
	size_t len = 0;
	serve_first(f);
	id_of(fixture_zone(2, "late", NEW), id);
	struct bns_submission late = {.contents = fixture_zone(2, "late", NEW), .source = PRIMARY};
	bns_gate_submit(f->gate, f->zone, &late, NULL, NULL);
	while (!(reviewing = stored(f, BNS_DB_CANDIDATE, id, &len)))
		fixture_turn(f);
	fixture_restart(f);
	assert_int_equal(fixture_submit(f, fixture_zone(3, "fine", NEW)), BNS_OUTCOME_SERVED);
	store(f, BNS_DB_CANDIDATE, id, reviewing, len);
	free(reviewing);
	fixture_restart(f);
	assert_null(f->zone->held);
	fixture_restart(f);
	assert_null(stored(f, BNS_DB_CANDIDATE, id, &len));
}

static void gate_keeps_versions_to_the_journals_depth(void **state)
{
	struct fixture *f = *state;
	struct bns_contents *c;
	bns_gate_set_journal_depth(f->gate, 2);
	for (uint32_t serial = 1; serial <= 4; serial++)
		fixture_submit(f, fixture_zone(serial, "fine", OLD));
	assert_int_equal(bns_gate_version(f->gate, f->zone, 2, &c), BNS_ENOENT);
	assert_int_equal(bns_gate_version(f->gate, f->zone, 3, &c), BNS_OK);
	assert_int_equal(c->serial, 3);
	bns_contents_free(c);
}

static void take_report(void *arg, struct bns_zone *zone, json_t *report)
{
	struct fixture *f = arg;
	assert_ptr_equal(zone, f->zone);
	snprintf(f->result.reason, sizeof(f->result.reason), "%s %d",
		 json_string_value(json_object_get(report, "verdict")),
		 (int)json_array_size(json_object_get(report, "changes")));
	f->answered = true;
}

static void gate_dry_run_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	bns_gate_dry_run(f->gate, f->zone, fixture_zone(2, "hold", NEW), "file", take_report, f);
	fixture_wait(f);
	assert_string_equal(f->result.reason, "hold 2");
	assert_null(f->zone->held);
	assert_int_equal(f->published, 1);
	bns_gate_dry_run(f->gate, f->zone, fixture_zone(9, "fine", OLD), "file", take_report, f);
	fixture_wait(f);
	assert_string_equal(f->result.reason, "none 0");
}

static void gate_judges_held_changes_again_on_demand(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	hold_second(f);
	bns_gate_set_plugins(f->gate, NULL);
	bns_gate_judge_held(f->gate);
	while (f->zone->held)
		fixture_turn(f);
	assert_string_equal(fixture_served_www(f), NEW);
	bns_gate_set_plugins(f->gate, f->plugins);
}

/* ---- many zones ---- */

static bool find_text(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	const char **wanted = arg;
	(void)key;
	(void)key_len;
	if (!memmem(value, len, *wanted, strlen(*wanted)))
		return true;
	*wanted = NULL;
	return false;
}

static bool audit_has(struct fixture *f, const char *text)
{
	const char *wanted = text;
	assert_int_equal(bns_store_each(f->store, BNS_DB_AUDIT, NULL, 0, true, find_text, &wanted), BNS_OK);
	return !wanted;
}

static void gate_tells_of_a_crowd_together(void **state)
{
	struct fixture *f = *state;
	bns_gate_set_crowd(f->gate, true);
	serve_first(f);
	assert_string_equal(f->events, "");
	assert_int_equal(f->published, 1);
	bns_gate_set_crowd(f->gate, false);
	assert_string_equal(f->events, "loaded ");
	while (!audit_has(f, "1 zones are served for the first time"))
		fixture_turn(f);
	assert_false(audit_has(f, "\"served\""));
	json_t *log = bns_gate_journal_list(f->gate, f->zone);
	assert_int_equal(json_array_size(log), 1);
	json_decref(log);
}

static void gate_tells_alone_what_is_held_in_a_crowd(void **state)
{
	struct fixture *f = *state;
	bns_gate_set_crowd(f->gate, true);
	assert_int_equal(fixture_submit(f, fixture_zone(1, "hold", OLD)), BNS_OUTCOME_HELD);
	assert_string_equal(f->events, "held ");
	assert_int_equal(fixture_served_serial(f), 0);
	/* It was built before its review, and nothing of that is left. */
	assert_false(audit_has(f, "published"));
	assert_int_equal(approve_held(f, 0, false), BNS_OUTCOME_SERVED);
	assert_string_equal(f->events, "held approved ");
	assert_string_equal(fixture_served_www(f), OLD);
}

static void gate_tells_alone_of_later_versions_in_a_crowd(void **state)
{
	struct fixture *f = *state;
	serve_first(f);
	bns_gate_set_crowd(f->gate, true);
	assert_int_equal(fixture_submit(f, fixture_zone(2, "fine", NEW)), BNS_OUTCOME_SERVED);
	assert_string_equal(f->events, "served served ");
}

static void gate_builds_a_first_version_anew_where_it_is_amended(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(fixture_submit(f, fixture_zone(1, "amend", NEW)), BNS_OUTCOME_SERVED);
	assert_string_not_equal(fixture_served_www(f), NEW);
	assert_string_not_equal(fixture_served_www(f), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gate_serves_what_passes),
		TEST(gate_tells_of_a_crowd_together),
		TEST(gate_tells_alone_what_is_held_in_a_crowd),
		TEST(gate_tells_alone_of_later_versions_in_a_crowd),
		TEST(gate_builds_a_first_version_anew_where_it_is_amended),
		TEST(gate_has_nothing_new_for_the_same_version),
		TEST(gate_serves_its_version_again_after_a_restart),
		TEST(gate_takes_changes_of_a_zone_in_their_order),
		TEST(gate_holds_and_goes_on_serving),
		TEST(gate_keeps_a_held_change_over_a_restart),
		TEST(gate_does_not_want_a_held_or_rejected_serial_again),
		TEST(gate_lets_a_primary_take_back_what_it_offered),
		TEST(gate_judges_a_rejected_change_anew_when_forced),
		TEST(gate_lets_a_newer_version_take_the_place_of_a_held_one),
		TEST(gate_drops_a_held_change_that_its_source_took_back),
		TEST(gate_holds_what_was_under_review_when_it_stopped),
		TEST(gate_keeps_a_held_zone_alive),
		TEST(gate_tells_answers_when_a_secondary_expires),
		TEST(gate_lets_a_held_zone_expire_after_its_held_limit),
		TEST(gate_serves_what_an_operator_approves),
		TEST(gate_approves_by_exact_id_only),
		TEST(gate_can_approve_the_rest_and_keep_the_branding),
		TEST(gate_restores_when_an_approval_ends),
		TEST(gate_keeps_upstreams_records_beside_amended_ones),
		TEST(gate_publishes_a_newer_serial_though_upstreams_goes_back),
		TEST(gate_publishes_no_digest_of_other_records),
		TEST(gate_refuses_a_broken_zone_with_its_place),
		TEST(gate_refuses_what_a_plugin_refuses),
		TEST(gate_refuses_a_file_that_is_not_there),
		TEST(gate_expires_and_comes_back_with_a_refresh),
		TEST(gate_compares_an_expired_zone_with_its_last_version),
		TEST(gate_removes_a_zone_that_nothing_protects),
		TEST(gate_holds_the_removal_of_a_protected_zone),
		TEST(a_held_removal_outlives_the_next_version),
		TEST(an_unchanged_file_is_parsed_again_only_where_something_else_is_served),
		TEST(an_unchanged_file_is_known_again_after_a_restart),
		TEST(gate_keeps_a_zone_that_is_wanted_again),
		TEST(gate_can_take_back_a_removal_while_it_is_rejected),
		TEST(gate_answers_about_a_zone_that_has_gone_meanwhile),
		TEST(gate_does_not_hold_an_interrupted_change_that_is_older_than_what_is_served),
		TEST(gate_keeps_versions_to_the_journals_depth),
		TEST(gate_dry_run_leaves_no_trace),
		TEST(gate_judges_held_changes_again_on_demand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
