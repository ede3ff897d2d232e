/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "transfer/refresh_internal.h"
#include "world.h"

static unsigned ask_rcode(struct world *w, const char *client, unsigned opcode, const char *name, uint16_t type)
{
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_UDP_PLAIN_MAX];
	size_t len = world_request(msg, opcode, name, type, NULL);
	assert_true(world_ask_udp(w, client, msg, len, answer, sizeof(answer)) >= BNS_HEADER_LEN);
	assert_int_equal(bns_message_id(answer), 4711);
	assert_int_equal(bns_message_opcode(answer), opcode);
	assert_true(bns_message_flags(answer) & BNS_FLAG_QR);
	return bns_message_rcode(answer);
}

static unsigned notify(struct world *w, const char *client, const char *name)
{
	return ask_rcode(w, client, BNS_OPCODE_NOTIFY, name, BNS_TYPE_SOA);
}

/* -- refresh -- */

static void secondary_fetches_its_zone_when_it_starts(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	struct bns_transfer_status status;
	bns_transfer_status(w->transfer, w->zone, &status);
	char text[BNS_ADDR_TEXT_MAX];
	assert_string_equal(status.primary, bns_addr_to_text(&w->primary.addr, text));
	assert_int_equal(status.primary_serial, 1);
	assert_true(status.expires_in_s > 0);
}

static void secondary_doesnt_fetch_what_it_has(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_NOTHING_NEW);
	assert_int_equal(w->primary.axfrs, 1);
}

static void secondary_refresh_waits_for_the_verdict(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_SERVED);
	assert_int_equal(w->result.serial, 2);
}

static void secondary_finds_a_change_by_its_timer_alone(void **state)
{
	struct world *w = *state;
	w->settings.refresh_max_s = 1;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	world_wait_serial(w, 2);
}

static void secondary_doesnt_follow_a_serial_that_goes_back(void **state)
{
	struct world *w = *state;
	w->primary.serial = 10;
	world_start(w);
	world_wait_serial(w, 10);
	w->primary.serial = 9;
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_NOTHING_NEW);
	assert_non_null(strstr(w->result.reason, "serial 9"));
	assert_non_null(strstr(w->result.reason, "10"));
	assert_int_equal(w->primary.axfrs, 1);
	assert_int_equal(bns_table_get(w->table, w->zone->apex)->serial, 10);
}

static void secondary_retransfer_takes_an_older_serial(void **state)
{
	struct world *w = *state;
	w->primary.serial = 10;
	w->primary.records = 1;
	world_start(w);
	world_wait_serial(w, 10);
	w->primary.serial = 9;
	w->primary.records = 2;
	world_refresh(w, true);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_SERVED);
	assert_int_equal(w->zone->record.upstream_serial, 9);
	/* Downstream must see a newer one (RFC 1982). */
	assert_int_equal(w->result.serial, 11);
}

static void secondary_turns_to_the_next_primary(void **state)
{
	struct world *w = *state;
	w->remote_address[1] = w->primary.addr;
	w->remote.address_count = 2;
	assert_int_equal(bns_addr_from_text("127.0.0.1@1", 0, &w->remote_address[0]), BNS_OK);
	world_start(w);
	world_wait_serial(w, 1);
}

static void secondary_asks_again_after_a_failure(void **state)
{
	struct world *w = *state;
	w->primary.lie = FAKE_REFUSED;
	world_start(w);
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_FAILED);
	assert_non_null(strstr(w->result.reason, "REFUSED"));
	assert_non_null(strstr(w->zone->last_error, "REFUSED"));
	w->primary.lie = FAKE_HONEST;
	world_wait_serial(w, 1);
}

static void secondary_keeps_its_version_when_the_new_one_has_out_of_zone_records(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	w->primary.records = 1;
	w->primary.lie = FAKE_OUT_OF_ZONE;
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_REFUSED);
	assert_non_null(strstr(w->result.reason, "example.net"));
	assert_int_equal(bns_table_get(w->table, w->zone->apex)->serial, 1);
}

static void secondary_keeps_its_version_when_a_transfer_breaks(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	w->primary.lie = FAKE_NO_FINAL_SOA;
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_FAILED);
	assert_non_null(strstr(w->zone->last_error, "example.com"));
	assert_int_equal(bns_table_get(w->table, w->zone->apex)->serial, 1);
}

static void secondary_expires_and_comes_back(void **state)
{
	struct world *w = *state;
	w->settings.refresh_max_s = 1;
	w->primary.expire_s = 3;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.lie = FAKE_REFUSED;
	world_wait_state(w, BNS_IMAGE_EXPIRED);
	w->primary.lie = FAKE_HONEST;
	world_wait_state(w, BNS_IMAGE_SERVED);
	assert_int_equal(w->primary.axfrs, 1);
}

/* Seconds the zone lives on, give or take those that the test takes. */
static void assert_lives(struct world *w, int64_t seconds)
{
	int64_t left_s = w->zone->record.expires_s - w->zone->record.refreshed_s;
	assert_in_range(left_s, seconds - 2, seconds);
	assert_int_equal(bns_table_expires(w->table, bns_table_get(w->table, w->zone->apex)),
			 w->zone->record.expires_s);
}

static void secondary_of_a_secondary_lives_no_longer_than_that(void **state)
{
	struct world *w = *state;
	w->primary.tells_expire = true;
	w->primary.left_s = 1000;
	world_start(w);
	world_wait_serial(w, 1);
	assert_lives(w, 1000);
	/* What it has been granted stays: another primary may have told of it (RFC 7314 §4). */
	w->primary.left_s = 500;
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_NOTHING_NEW);
	assert_lives(w, 1000);
	w->primary.left_s = 2000;
	world_refresh(w, false);
	assert_lives(w, 2000);
	w->primary.left_s = UINT32_MAX;
	world_refresh(w, false);
	assert_lives(w, 86400);
	w->primary.serial = 2;
	w->primary.left_s = 100;
	world_refresh(w, false);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_SERVED);
	assert_lives(w, 100);
	w->primary.tells_expire = false;
	world_refresh(w, false);
	assert_lives(w, 86400);
}

static void secondary_keeps_expire_of_its_primary_within_the_configured_limits(void **state)
{
	struct world *w = *state;
	w->settings.expire_min_s = 600;
	w->settings.expire_max_s = 700;
	w->primary.tells_expire = true;
	w->primary.left_s = 1;
	world_start(w);
	world_wait_serial(w, 1);
	assert_lives(w, 600);
	w->primary.left_s = 10000;
	world_refresh(w, false);
	assert_lives(w, 700);
}

static void secondary_expires_with_its_primarys_copy(void **state)
{
	struct world *w = *state;
	w->settings.refresh_max_s = 1;
	w->settings.retry_max_s = 1;
	w->primary.tells_expire = true;
	w->primary.left_s = 0;
	world_start(w);
	world_wait_state(w, BNS_IMAGE_EXPIRED);
	/* As long as it is at its end, a check isn't life. */
	world_refresh(w, false);
	assert_int_equal(w->zone->state, BNS_IMAGE_EXPIRED);
	w->primary.left_s = 1000;
	world_wait_state(w, BNS_IMAGE_SERVED);
}

static void secondary_signs_and_verifies_with_its_primarys_key(void **state)
{
	struct world *w = *state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	w->remote.key = &w->conf_key;
	w->primary.key = &key;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.lie = FAKE_UNSIGNED;
	w->primary.serial = 2;
	world_refresh(w, true);
	assert_int_equal(w->result.outcome, BNS_OUTCOME_FAILED);
	assert_int_equal(bns_table_get(w->table, w->zone->apex)->serial, 1);
}

static void count_failed(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	unsigned *count = arg;
	assert_non_null(zone);
	assert_int_equal(result->outcome, BNS_OUTCOME_FAILED);
	++*count;
}

static void secondary_that_is_stopped_tells_who_waits(void **state)
{
	struct world *w = *state;
	unsigned count = 0;
	w->primary.lie = FAKE_SILENT;
	world_start(w);
	while (w->primary.udp_queries == 0)
		uv_run(&w->loop, UV_RUN_ONCE);
	bns_transfer_refresh(w->transfer, w->zone, false, count_failed, &count);
	bns_transfer_refresh(w->transfer, w->zone, true, count_failed, &count);
	assert_int_equal(count, 0);
	bns_transfer_zone_stop(w->transfer, w->zone);
	assert_int_equal(count, 2);
	assert_null(w->zone->refresh);
}

/* There may be a million that wait for their time. */
static void secondary_that_waits_takes_few_octets(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	assert_true(sizeof(*w->zone->refresh) <= 88); /* and 8 of the allocator's */
	assert_null(w->zone->refresh->run);
	assert_null(w->zone->refresh->turn);
	assert_null(w->zone->refresh->wish);
}

/* -- NOTIFY -- */

static void notify_of_a_primary_begins_a_refresh(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	assert_int_equal(notify(w, NULL, "example.com"), BNS_RCODE_NOERROR);
	world_wait_serial(w, 2);
}

static void notify_during_a_transfer_is_not_forgotten(void **state)
{
	struct world *w = *state;
	w->primary.records = 2000;
	w->primary.per_message = 10;
	world_start(w);
	while (w->primary.axfrs == 0)
		uv_run(&w->loop, UV_RUN_ONCE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(notify(w, NULL, "example.com"), BNS_RCODE_NOERROR);
	w->primary.serial = 1;
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	world_wait_serial(w, 2);
	assert_int_equal(w->primary.axfrs, 2);
}

static void notify_of_a_stranger_is_refused(void **state)
{
	struct world *w = *state;
	world_start(w);
	world_wait_serial(w, 1);
	unsigned queries = w->primary.udp_queries;
	assert_int_equal(notify(w, "127.0.0.2", "example.com"), BNS_RCODE_REFUSED);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_int_equal(w->primary.udp_queries, queries);
}

static void notify_of_a_stranger_is_taken_where_an_acl_allows_it(void **state)
{
	struct world *w = *state;
	assert_int_equal(bns_prefix_from_text("127.0.0.0/8", &w->anybody), BNS_OK);
	w->acl.actions = BNS_ACL_NOTIFY;
	world_start(w);
	world_wait_serial(w, 1);
	w->primary.serial = 2;
	assert_int_equal(notify(w, "127.0.0.2", "example.com"), BNS_RCODE_NOERROR);
	world_wait_serial(w, 2);
}

static void notify_for_a_zone_that_is_not_ours_is_notauth(void **state)
{
	struct world *w = *state;
	world_start(w);
	assert_int_equal(notify(w, NULL, "example.net"), BNS_RCODE_NOTAUTH);
	assert_int_equal(notify(w, NULL, "www.example.com"), BNS_RCODE_NOTAUTH);
}

static void notify_must_be_signed_where_the_primary_has_a_key(void **state)
{
	struct world *w = *state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct bns_tsig tsig;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_UDP_PLAIN_MAX];

	w->remote.key = &w->conf_key;
	w->primary.key = &key;
	world_start(w);
	world_wait_serial(w, 1);
	assert_int_equal(notify(w, NULL, "example.com"), BNS_RCODE_REFUSED);

	bns_tsig_open(&tsig, &key);
	size_t len = world_request(msg, BNS_OPCODE_NOTIFY, "example.com", BNS_TYPE_SOA, &tsig);
	len = world_ask_udp(w, NULL, msg, len, answer, sizeof(answer));
	assert_int_equal(bns_message_rcode(answer), BNS_RCODE_NOERROR);
	assert_int_equal(bns_tsig_verify_answer(&tsig, answer, len, tsig.now_s, true, NULL), BNS_OK);
	bns_tsig_close(&tsig);
}

static void notify_with_an_unknown_key_gets_badkey(void **state)
{
	struct world *w = *state;
	struct bns_tsig_key key = fake_key("nobody", BNS_HMAC_SHA256, 5);
	struct bns_tsig tsig;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_UDP_PLAIN_MAX];

	world_start(w);
	bns_tsig_open(&tsig, &key);
	size_t len = world_request(msg, BNS_OPCODE_NOTIFY, "example.com", BNS_TYPE_SOA, &tsig);
	len = world_ask_udp(w, NULL, msg, len, answer, sizeof(answer));
	assert_int_equal(bns_message_rcode(answer), BNS_RCODE_NOTAUTH);
	assert_int_equal(bns_tsig_verify_answer(&tsig, answer, len, tsig.now_s, true, NULL), BNS_EBADKEY);
	bns_tsig_close(&tsig);
}

static void notify_with_another_secret_gets_badsig(void **state)
{
	struct world *w = *state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 6);
	struct bns_tsig tsig;
	uint8_t msg[BNS_UDP_PLAIN_MAX], answer[BNS_UDP_PLAIN_MAX];

	world_start(w);
	bns_tsig_open(&tsig, &key);
	size_t len = world_request(msg, BNS_OPCODE_NOTIFY, "example.com", BNS_TYPE_SOA, &tsig);
	len = world_ask_udp(w, NULL, msg, len, answer, sizeof(answer));
	assert_int_equal(bns_message_rcode(answer), BNS_RCODE_NOTAUTH);
	assert_int_equal(bns_tsig_verify_answer(&tsig, answer, len, tsig.now_s, true, NULL), BNS_EBADSIG);
	bns_tsig_close(&tsig);
}

static void notify_for_another_type_is_not_implemented(void **state)
{
	struct world *w = *state;
	world_start(w);
	assert_int_equal(ask_rcode(w, NULL, BNS_OPCODE_NOTIFY, "example.com", BNS_TYPE_A), BNS_RCODE_NOTIMP);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(secondary_fetches_its_zone_when_it_starts),
		IN_A_WORLD(secondary_doesnt_fetch_what_it_has),
		IN_A_WORLD(secondary_refresh_waits_for_the_verdict),
		IN_A_WORLD(secondary_finds_a_change_by_its_timer_alone),
		IN_A_WORLD(secondary_doesnt_follow_a_serial_that_goes_back),
		IN_A_WORLD(secondary_retransfer_takes_an_older_serial),
		IN_A_WORLD(secondary_turns_to_the_next_primary),
		IN_A_WORLD(secondary_asks_again_after_a_failure),
		IN_A_WORLD(secondary_keeps_its_version_when_the_new_one_has_out_of_zone_records),
		IN_A_WORLD(secondary_keeps_its_version_when_a_transfer_breaks),
		IN_A_WORLD(secondary_expires_and_comes_back),
		IN_A_WORLD(secondary_of_a_secondary_lives_no_longer_than_that),
		IN_A_WORLD(secondary_keeps_expire_of_its_primary_within_the_configured_limits),
		IN_A_WORLD(secondary_expires_with_its_primarys_copy),
		IN_A_WORLD(secondary_signs_and_verifies_with_its_primarys_key),
		IN_A_WORLD(secondary_that_is_stopped_tells_who_waits),
		IN_A_WORLD(secondary_that_waits_takes_few_octets),
		IN_A_WORLD(notify_of_a_primary_begins_a_refresh),
		IN_A_WORLD(notify_during_a_transfer_is_not_forgotten),
		IN_A_WORLD(notify_of_a_stranger_is_refused),
		IN_A_WORLD(notify_of_a_stranger_is_taken_where_an_acl_allows_it),
		IN_A_WORLD(notify_for_a_zone_that_is_not_ours_is_notauth),
		IN_A_WORLD(notify_must_be_signed_where_the_primary_has_a_key),
		IN_A_WORLD(notify_with_an_unknown_key_gets_badkey),
		IN_A_WORLD(notify_with_another_secret_gets_badsig),
		IN_A_WORLD(notify_for_another_type_is_not_implemented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
