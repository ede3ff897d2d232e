/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_primary.h"
#include "transfer/xfr_in.h"
#include "transfer/soa_check.h"

static const uint8_t apex[] = "\7example\3com";

/* What a transfer or a check ended with. */
struct outcome {
	bool ended;
	enum bns_error err;
	struct bns_contents *contents;
	bool by_changes;
	uint32_t serial;
	struct bns_ask_expire expire;
	char reason[1024];
};

static void on_transferred(void *arg, enum bns_error err, const struct bns_xfr_news *news, const char *reason)
{
	struct outcome *o = arg;
	assert_false(o->ended);
	o->ended = true;
	o->err = err;
	o->contents = news ? news->contents : NULL;
	o->by_changes = news && news->by_changes;
	o->expire = news ? news->expire : (struct bns_ask_expire){.told = false};
	snprintf(o->reason, sizeof(o->reason), "%s", reason);
}

static void on_checked(void *arg, enum bns_error err, const struct bns_soa_news *news, const char *reason)
{
	struct outcome *o = arg;
	assert_false(o->ended);
	o->ended = true;
	o->err = err;
	o->serial = news && !err ? news->serial : 0;
	o->expire = news && !err ? news->expire : (struct bns_ask_expire){.told = false};
	snprintf(o->reason, sizeof(o->reason), "%s", reason);
}

struct world {
	uv_loop_t loop;
	struct bns_timers timers;
	struct bns_peers peers;
};

static void world_open(struct world *w, struct fake_primary *p)
{
	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(bns_timers_open(&w->timers, &w->loop), BNS_OK);
	bns_peers_open(&w->peers, &w->loop, &w->timers);
	fake_primary_open(p, &w->loop);
}

static void world_close(struct world *w, struct fake_primary *p)
{
	bns_peers_close(&w->peers);
	fake_primary_close(p);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	bns_timers_close(&w->timers, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
}

/* One transfer from `p`, with `key` on our side. */
static struct outcome transfer(struct fake_primary *p, const struct bns_tsig_key *key,
			       const struct bns_transfer_limits *limits)
{
	struct outcome o = {0};
	struct bns_xfr_in *x;
	struct world w;

	world_open(&w, p);
	assert_int_equal(bns_xfr_in_start(bns_peer_get(&w.peers, &p->addr, NULL), apex, key, true, NULL, limits,
					  on_transferred, &o, &x),
			 BNS_OK);
	assert_false(o.ended);
	fake_wait(&w.loop, &o.ended);
	world_close(&w, p);
	return o;
}

static struct outcome check(struct fake_primary *p, const struct bns_tsig_key *key)
{
	struct outcome o = {0};
	struct bns_soa_check *c;
	struct world w;

	world_open(&w, p);
	assert_int_equal(bns_soa_check_start(bns_peer_get(&w.peers, &p->addr, NULL), apex, key, on_checked, &o, &c),
			 BNS_OK);
	assert_false(o.ended);
	fake_wait(&w.loop, &o.ended);
	world_close(&w, p);
	return o;
}

/* The transfer fails, and the sentence names zone, primary and `what`. */
static void assert_refused(enum fake_lie lie, const char *what)
{
	struct fake_primary p = {.lie = lie, .serial = 7, .records = 20, .per_message = 5};
	struct outcome o = transfer(&p, NULL, NULL);
	char text[BNS_ADDR_TEXT_MAX];

	assert_int_not_equal(o.err, BNS_OK);
	assert_null(o.contents);
	assert_non_null(strstr(o.reason, what));
	assert_non_null(strstr(o.reason, "example.com"));
	assert_non_null(strstr(o.reason, bns_addr_to_text(&p.addr, text)));
}

/* -- transfers -- */

static void axfr_in_takes_a_zone_of_one_message(void **state)
{
	(void)state;
	struct fake_primary p = {.serial = 7, .records = 10};
	struct outcome o = transfer(&p, NULL, NULL);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(bns_contents_finish(o.contents), BNS_OK);
	assert_int_equal(o.contents->count, 13);
	assert_int_equal(o.contents->serial, 7);
	bns_contents_free(o.contents);
}

static void axfr_in_takes_a_zone_of_many_messages(void **state)
{
	(void)state;
	struct fake_primary p = {.serial = 7, .records = 500, .per_message = 1};
	struct outcome o = transfer(&p, NULL, NULL);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(o.contents->count, 503);
	bns_contents_free(o.contents);
}

static void axfr_in_refuses_a_wrong_id(void **state)
{
	(void)state;
	assert_refused(FAKE_WRONG_ID, "another id");
}

static void axfr_in_refuses_a_wrong_zone(void **state)
{
	(void)state;
	assert_refused(FAKE_WRONG_ZONE, "another question");
}

static void axfr_in_reports_the_rcode(void **state)
{
	(void)state;
	assert_refused(FAKE_REFUSED, "REFUSED");
}

static void axfr_in_refuses_a_zone_without_a_first_soa(void **state)
{
	(void)state;
	assert_refused(FAKE_NO_FIRST_SOA, "not the zone's SOA");
}

static void axfr_in_refuses_a_zone_without_a_final_soa(void **state)
{
	(void)state;
	assert_refused(FAKE_NO_FINAL_SOA, "did not send the zone to its end");
}

static void axfr_in_refuses_two_different_soas(void **state)
{
	(void)state;
	assert_refused(FAKE_OTHER_FINAL_SOA, "another SOA (serial 8) than it began with (serial 7)");
}

static void axfr_in_refuses_records_behind_the_final_soa(void **state)
{
	(void)state;
	assert_refused(FAKE_BEHIND_FINAL_SOA, "behind the final SOA");
}

static void axfr_in_refuses_another_class(void **state)
{
	(void)state;
	assert_refused(FAKE_WRONG_CLASS, "class");
}

static void axfr_in_refuses_garbage(void **state)
{
	(void)state;
	assert_refused(FAKE_GARBAGE, "malformed message");
}

static void axfr_in_refuses_malformed_data_and_names_its_owner(void **state)
{
	(void)state;
	assert_refused(FAKE_BAD_RDATA, "malformed data of type A for ns.example.com.");
}

static void axfr_in_refuses_a_message_cut_in_the_middle(void **state)
{
	(void)state;
	assert_refused(FAKE_CUT, "sent nothing of the zone");
}

static void axfr_in_gives_up_on_a_stalled_transfer(void **state)
{
	(void)state;
	const struct bns_transfer_limits limits = {.progress_timeout_ms = 200};
	struct fake_primary p = {.lie = FAKE_STALLS, .serial = 7, .records = 20};
	struct outcome o = transfer(&p, NULL, &limits);
	assert_int_equal(o.err, BNS_ETIMEOUT);
}

static void axfr_in_stops_an_endless_zone_at_the_limit_of_records(void **state)
{
	(void)state;
	const struct bns_transfer_limits limits = {.zone_max_records = 5000};
	struct fake_primary p = {.lie = FAKE_ENDLESS, .serial = 7};
	struct outcome o = transfer(&p, NULL, &limits);
	assert_int_equal(o.err, BNS_ERANGE);
	assert_non_null(strstr(o.reason, "more records"));
}

static void axfr_in_stops_an_endless_zone_at_the_limit_of_octets(void **state)
{
	(void)state;
	const struct bns_transfer_limits limits = {.zone_max_bytes = 100000};
	struct fake_primary p = {.lie = FAKE_ENDLESS, .serial = 7};
	struct outcome o = transfer(&p, NULL, &limits);
	assert_int_equal(o.err, BNS_ERANGE);
	assert_non_null(strstr(o.reason, "more octets"));
}

static void axfr_in_leaves_out_of_zone_records_to_the_gate(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_OUT_OF_ZONE, .serial = 7, .records = 3};
	struct outcome o = transfer(&p, NULL, NULL);
	uint8_t owner[] = "\2ns\7example\3net";
	size_t count;
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(bns_contents_finish(o.contents), BNS_OK);
	assert_non_null(bns_contents_find(o.contents, owner, BNS_TYPE_A, &count));
	bns_contents_free(o.contents);
}

static void axfr_in_reports_a_closed_port(void **state)
{
	(void)state;
	struct fake_primary p = {.serial = 7};
	struct outcome o = {0};
	struct bns_xfr_in *x;
	struct world w;

	world_open(&w, &p);
	fake_primary_close(&p);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	assert_int_equal(bns_xfr_in_start(bns_peer_get(&w.peers, &p.addr, NULL), apex, NULL, true, NULL, NULL,
					  on_transferred, &o, &x),
			 BNS_OK);
	fake_wait(&w.loop, &o.ended);
	assert_int_equal(o.err, BNS_EIO);
	assert_non_null(strstr(o.reason, "connect"));
	bns_peers_close(&w.peers);
	bns_timers_close(&w.timers, NULL);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w.loop), 0);
}

static void axfr_in_is_silent_once_cancelled(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_SILENT};
	struct outcome o = {0};
	struct bns_xfr_in *x;
	struct world w;

	world_open(&w, &p);
	assert_int_equal(bns_xfr_in_start(bns_peer_get(&w.peers, &p.addr, NULL), apex, NULL, true, NULL, NULL,
					  on_transferred, &o, &x),
			 BNS_OK);
	bns_xfr_in_cancel(x);
	world_close(&w, &p);
	assert_false(o.ended);
}

/* -- EDNS and EXPIRE -- */

static void axfr_in_asks_for_expire_and_tells_it(void **state)
{
	(void)state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct fake_primary p = {
		.serial = 7, .records = 20, .per_message = 5, .key = &key, .tells_expire = true, .left_s = 4711};
	struct outcome o = transfer(&p, &key, NULL);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(p.expire_queries, 1);
	assert_true(o.expire.told);
	assert_int_equal(o.expire.left_s, 4711);
	bns_contents_free(o.contents);
}

static void axfr_in_asks_a_primary_that_knows_no_edns_without_it(void **state)
{
	static const enum fake_lie lies[] = {FAKE_FORMERR_TO_EDNS, FAKE_NOTIMP_TO_EDNS, FAKE_CLOSES_ON_EDNS,
					     FAKE_SILENT_TO_EDNS};
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct bns_transfer_limits limits = {.progress_timeout_ms = 500};
		struct fake_primary p = {.lie = lies[i], .serial = 7, .records = 3, .tells_expire = true};
		struct outcome o = transfer(&p, NULL, &limits);
		assert_string_equal(o.reason, "");
		assert_int_equal(o.contents->count, 6);
		assert_int_equal(p.tcp_queries, 2);
		assert_false(o.expire.told);
		bns_contents_free(o.contents);
	}
}

static void soa_check_asks_for_expire_and_tells_it(void **state)
{
	(void)state;
	struct fake_primary p = {.serial = 7, .tells_expire = true, .left_s = 0};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.serial, 7);
	assert_int_equal(p.expire_queries, 1);
	assert_true(o.expire.told);
	assert_int_equal(o.expire.left_s, 0);
}

static void soa_check_asks_a_primary_that_knows_no_edns_without_it(void **state)
{
	static const enum fake_lie lies[] = {FAKE_FORMERR_TO_EDNS, FAKE_NOTIMP_TO_EDNS, FAKE_CLOSES_ON_EDNS,
					     FAKE_SILENT_TO_EDNS};
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fake_primary p = {.lie = lies[i], .serial = 7, .tells_expire = true};
		struct outcome o = check(&p, NULL);
		assert_int_equal(o.err, BNS_OK);
		assert_int_equal(o.serial, 7);
		assert_false(o.expire.told);
	}
}

/* -- signatures -- */

static void axfr_in_verifies_every_algorithm(void **state)
{
	(void)state;
	for (int alg = BNS_HMAC_SHA256; alg <= BNS_HMAC_SHA512; alg++) {
		struct bns_tsig_key key = fake_key("k1", (enum bns_tsig_algorithm)alg, 5);
		struct fake_primary p = {.serial = 7, .records = 100, .per_message = 3, .key = &key};
		struct outcome o = transfer(&p, &key, NULL);
		assert_string_equal(o.reason, "");
		assert_int_equal(o.contents->count, 103);
		bns_contents_free(o.contents);
	}
}

static void assert_signature_refused(enum fake_lie lie)
{
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct fake_primary p = {.lie = lie, .serial = 7, .records = 20, .per_message = 5, .key = &key};
	struct outcome o = transfer(&p, &key, NULL);
	assert_int_equal(o.err, BNS_EBADSIG);
	assert_null(o.contents);
	assert_non_null(strstr(o.reason, "signature"));
}

static void axfr_in_refuses_a_dropped_signature(void **state)
{
	(void)state;
	assert_signature_refused(FAKE_UNSIGNED);
}

static void axfr_in_refuses_an_unsigned_last_message(void **state)
{
	(void)state;
	assert_signature_refused(FAKE_LAST_UNSIGNED);
}

static void axfr_in_refuses_a_signature_with_another_secret(void **state)
{
	(void)state;
	assert_signature_refused(FAKE_WRONG_SECRET);
}

/* -- serial checks -- */

static void soa_check_tells_the_serial(void **state)
{
	(void)state;
	struct fake_primary p = {.serial = 4000000000u};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(o.serial, 4000000000u);
	assert_int_equal(p.tcp_queries, 0);
}

static void soa_check_verifies_the_signature(void **state)
{
	(void)state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA512, 5);
	struct fake_primary p = {.serial = 9, .key = &key};
	struct outcome o = check(&p, &key);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(o.serial, 9);
}

static void soa_check_refuses_an_unsigned_answer(void **state)
{
	(void)state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct fake_primary p = {.lie = FAKE_UNSIGNED, .serial = 9, .key = &key};
	struct outcome o = check(&p, &key);
	assert_int_equal(o.err, BNS_EBADSIG);
	assert_true(p.tcp_queries > 0);
}

static void soa_check_goes_over_to_tcp_when_truncated(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_TRUNCATED, .serial = 9};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(o.serial, 9);
	assert_int_equal(p.tcp_queries, 1);
}

static void soa_check_goes_over_to_tcp_when_udp_is_silent(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_SILENT_OVER_UDP, .serial = 9};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.err, BNS_OK);
	assert_int_equal(o.serial, 9);
	assert_int_equal(p.udp_queries, 2);
}

static void soa_check_ignores_datagrams_with_another_id(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_WRONG_ID, .serial = 9};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.err, BNS_EFORMAT);
	assert_int_equal(p.udp_queries, 2);
	assert_int_equal(p.tcp_queries, 1);
}

static void soa_check_refuses_who_is_not_authoritative(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_NOT_AUTHORITATIVE, .serial = 9};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.err, BNS_EDENIED);
	assert_non_null(strstr(o.reason, "authoritative"));
}

static void soa_check_reports_the_rcode(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_REFUSED, .serial = 9};
	struct outcome o = check(&p, NULL);
	assert_int_equal(o.err, BNS_EDENIED);
	assert_non_null(strstr(o.reason, "REFUSED"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(axfr_in_takes_a_zone_of_one_message),
		cmocka_unit_test(axfr_in_takes_a_zone_of_many_messages),
		cmocka_unit_test(axfr_in_refuses_a_wrong_id),
		cmocka_unit_test(axfr_in_refuses_a_wrong_zone),
		cmocka_unit_test(axfr_in_reports_the_rcode),
		cmocka_unit_test(axfr_in_refuses_a_zone_without_a_first_soa),
		cmocka_unit_test(axfr_in_refuses_a_zone_without_a_final_soa),
		cmocka_unit_test(axfr_in_refuses_two_different_soas),
		cmocka_unit_test(axfr_in_refuses_records_behind_the_final_soa),
		cmocka_unit_test(axfr_in_refuses_another_class),
		cmocka_unit_test(axfr_in_refuses_garbage),
		cmocka_unit_test(axfr_in_refuses_malformed_data_and_names_its_owner),
		cmocka_unit_test(axfr_in_refuses_a_message_cut_in_the_middle),
		cmocka_unit_test(axfr_in_gives_up_on_a_stalled_transfer),
		cmocka_unit_test(axfr_in_stops_an_endless_zone_at_the_limit_of_records),
		cmocka_unit_test(axfr_in_stops_an_endless_zone_at_the_limit_of_octets),
		cmocka_unit_test(axfr_in_leaves_out_of_zone_records_to_the_gate),
		cmocka_unit_test(axfr_in_reports_a_closed_port),
		cmocka_unit_test(axfr_in_is_silent_once_cancelled),
		cmocka_unit_test(axfr_in_asks_for_expire_and_tells_it),
		cmocka_unit_test(axfr_in_asks_a_primary_that_knows_no_edns_without_it),
		cmocka_unit_test(soa_check_asks_for_expire_and_tells_it),
		cmocka_unit_test(soa_check_asks_a_primary_that_knows_no_edns_without_it),
		cmocka_unit_test(axfr_in_verifies_every_algorithm),
		cmocka_unit_test(axfr_in_refuses_a_dropped_signature),
		cmocka_unit_test(axfr_in_refuses_an_unsigned_last_message),
		cmocka_unit_test(axfr_in_refuses_a_signature_with_another_secret),
		cmocka_unit_test(soa_check_tells_the_serial),
		cmocka_unit_test(soa_check_verifies_the_signature),
		cmocka_unit_test(soa_check_refuses_an_unsigned_answer),
		cmocka_unit_test(soa_check_goes_over_to_tcp_when_truncated),
		cmocka_unit_test(soa_check_goes_over_to_tcp_when_udp_is_silent),
		cmocka_unit_test(soa_check_ignores_datagrams_with_another_id),
		cmocka_unit_test(soa_check_refuses_who_is_not_authoritative),
		cmocka_unit_test(soa_check_reports_the_rcode),
	};
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
