/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "answer/answer.h"
#include "base/rcu.h"
#include "sample.h"

static struct bns_table *table;
static struct bns_answer_env env;
static struct bns_answer_counts counts;
static union bns_addr client;
static uint8_t query[1024];
static size_t query_len;
static uint8_t out[BNS_MESSAGE_MAX];
static size_t out_len;

/* The query hook in place of the host's: what it was shown, and what it says. */
static bool hooked;
static enum bns_query_stage hook_stage; /* at which hook_verdict is said */
static enum bns_query_verdict hook_verdict;
static struct bns_query_view hook_view;
static uint8_t hook_qname[BNS_NAME_MAX];
static char hook_seen[1024]; /* the answer as hooks see it */

bool bns_plugins_want(const struct bns_plugins *ps, enum bns_query_stage stage, uint16_t qtype)
{
	(void)ps;
	(void)stage;
	(void)qtype;
	return hooked;
}

enum bns_query_verdict bns_plugins_query(const struct bns_plugins *ps, enum bns_query_stage stage,
					 const struct bns_query_view *q)
{
	static const char *const kinds[] = {"none", "positive", "nodata", "nxdomain", "referral", "error"};
	char zone[BNS_NAME_TEXT_MAX], source[BNS_NAME_TEXT_MAX];
	(void)ps;
	hook_view = *q;
	memcpy(hook_qname, q->qname, bns_name_len(q->qname));
	snprintf(hook_seen, sizeof(hook_seen), "%s %u %s %s", kinds[q->kind], q->rcode,
		 q->zone ? bns_name_to_text(q->zone, zone) : "-",
		 q->source ? bns_name_to_text(q->source, source) : "-");
	return stage == hook_stage ? hook_verdict : BNS_QUERY_CONTINUE;
}

static void publish(struct bns_image *img)
{
	assert_int_equal(bns_table_publish(table, img), BNS_OK);
}

static void publish_placeholder(const char *apex, enum bns_image_state state)
{
	uint8_t name[BNS_NAME_MAX];
	struct bns_image *img = NULL;
	sample_name(apex, name);
	assert_int_equal(bns_image_placeholder(name, state, &img), BNS_OK);
	publish(img);
}

static int set_up(void **state)
{
	(void)state;
	bns_rcu_register();
	table = bns_table_new();
	assert_non_null(table);
	publish(sample_image("example.test", sample_zone));
	publish(sample_image("sub.example.test", "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS ns\nns A 192.0.2.4\n"));
	publish_placeholder("new.test", BNS_IMAGE_NOT_READY);
	publish_placeholder("old.test", BNS_IMAGE_EXPIRED);
	env = (struct bns_answer_env){.table = table, .udp_max_payload = 1232};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bns_rcu_unregister();
	bns_rcu_barrier();
	bns_table_free(table);
	return 0;
}

static int set_up_query(void **state)
{
	(void)state;
	hooked = false;
	hook_stage = BNS_QUERY_BEFORE;
	hook_verdict = BNS_QUERY_CONTINUE;
	memset(&counts, 0, sizeof(counts));
	client = (union bns_addr){.in4 = {.sin_family = AF_INET, .sin_port = htons(5353)}};
	client.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	query_len = 0;
	return 0;
}

static void question(const char *name, uint16_t type)
{
	query_len = sample_query(name, type, query);
}

static void edns(uint8_t version, uint16_t payload, uint16_t flags)
{
	query_len = sample_add_edns(query, query_len, version, payload, flags);
}

static void set_class(uint16_t qclass)
{
	bns_put_u16(query + query_len - 2, qclass);
}

static void set_opcode(unsigned opcode)
{
	query[2] = (uint8_t)((query[2] & 0x87) | opcode << 3);
}

static enum bns_answer_action ask_over(bool tcp)
{
	return bns_answer(&env, query, query_len, &client, tcp ? BNS_TRANSPORT_TCP : BNS_TRANSPORT_UDP, false, out,
			  sizeof(out), &out_len, &counts);
}

static const char *udp(void)
{
	assert_int_equal(ask_over(false), BNS_ANSWER_SEND);
	assert_int_equal(bns_message_id(out), 0x1234);
	return sample_read(out, out_len);
}

static const char *tcp(void)
{
	assert_int_equal(ask_over(true), BNS_ANSWER_SEND);
	return sample_read(out, out_len);
}

static void answer_copies_id_rd_and_cd_and_nothing_else(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_A);
	bns_put_u16(query + 2, BNS_FLAG_CD | BNS_FLAG_AD | BNS_FLAG_RA | BNS_FLAG_TC | BNS_FLAG_AA | 0x0040 | 5);
	assert_string_equal(udp(), "NOERROR aa cd | out.example.test. A"
				   " | AN out.example.test. 300 CNAME d1.cdn.invalid.");
	assert_int_equal(bns_message_flags(out) & 0x0040, 0);
	bns_put_u16(query + 2, 0);
	assert_non_null(strstr(udp(), "NOERROR aa |"));
}

static void answer_refuses_names_that_are_not_ours(void **state)
{
	(void)state;
	question("www.example.org", BNS_TYPE_A);
	assert_string_equal(udp(), "REFUSED rd | www.example.org. A");
	question(".", BNS_TYPE_NS);
	assert_string_equal(udp(), "REFUSED rd | . NS");
	assert_int_equal(counts.rcode[BNS_RCODE_REFUSED], 2);
}

static void answer_asks_the_parent_for_ds_and_the_child_for_the_rest(void **state)
{
	(void)state;
	question("sub.example.test", BNS_TYPE_DS);
	assert_non_null(strstr(udp(), "NOERROR aa rd | sub.example.test. DS | AN sub.example.test. 300 DS"));
	question("ns.sub.example.test", BNS_TYPE_A);
	assert_string_equal(udp(), "NOERROR aa rd | ns.sub.example.test. A | AN ns.sub.example.test. 5 A 192.0.2.4");
}

static void answer_drops_what_is_no_request(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	for (query_len = 0; query_len < BNS_HEADER_LEN; query_len++)
		assert_int_equal(ask_over(false), BNS_ANSWER_DROP);
	question("www.example.test", BNS_TYPE_A);
	query[2] |= 0x80;
	assert_int_equal(ask_over(false), BNS_ANSWER_DROP);
	assert_int_equal(ask_over(true), BNS_ANSWER_DROP);
	assert_int_equal(counts.dropped, BNS_HEADER_LEN + 2);
	assert_int_equal(counts.queries, BNS_HEADER_LEN + 2);
}

static void answer_drops_datagrams_from_port_zero(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	client.in4.sin_port = 0;
	assert_int_equal(ask_over(false), BNS_ANSWER_DROP);
	assert_int_equal(ask_over(true), BNS_ANSWER_SEND);
}

static void answer_says_formerr_with_the_question_if_it_was_readable(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	query[query_len++] = 0; /* behind the last record */
	assert_string_equal(udp(), "FORMERR rd | www.example.test. A");
	question("www.example.test", BNS_TYPE_A);
	query_len -= 3; /* in the middle of the question */
	assert_string_equal(udp(), "FORMERR rd");
	question("www.example.test", BNS_TYPE_A);
	bns_put_u16(query + 4, 2);
	assert_int_equal(ask_over(false), BNS_ANSWER_SEND);
	assert_int_equal(bns_message_rcode(out), BNS_RCODE_FORMERR);
	bns_put_u16(query + 4, 0);
	query_len = BNS_HEADER_LEN;
	assert_string_equal(udp(), "FORMERR rd");
	assert_int_equal(counts.rcode[BNS_RCODE_FORMERR], 4);
}

static void answer_says_formerr_to_a_compressed_question(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	static const uint8_t pointing[] = {0xC0, 12, 0, 1, 0, 1};
	memcpy(query + BNS_HEADER_LEN, pointing, sizeof(pointing));
	query_len = BNS_HEADER_LEN + sizeof(pointing);
	assert_string_equal(udp(), "FORMERR rd");
}

static void answer_says_formerr_to_two_opts(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	edns(0, 1232, 0);
	edns(0, 1232, 0);
	assert_string_equal(udp(), "FORMERR rd | www.example.test. A | OPT 1232");
}

static void answer_survives_every_cut_of_a_request(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	edns(0, 1232, BNS_EDNS_DO);
	size_t whole = query_len;
	for (query_len = BNS_HEADER_LEN; query_len < whole; query_len++)
		assert_non_null(strstr(udp(), "FORMERR rd"));
}

/* Any number, the same in every run (Knuth's MMIX generator). */
static unsigned next_random(unsigned below)
{
	static uint64_t seed = 1;
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void answer_to_any_damaged_request_is_well_formed(void **state)
{
	(void)state;
	static const char *const names[] = {"www.example.test", "todn.example.test", "x.sub.example.test",
					    "chain.example.test", "x.lwild.example.test"};
	for (unsigned round = 0; round < 50000; round++) {
		question(names[round % 5], (uint16_t)next_random(300));
		if (round % 3 > 0)
			edns(0, 1232, 0);
		for (unsigned damage = 1 + next_random(3); damage > 0; damage--)
			query[next_random((unsigned)query_len)] = (uint8_t)next_random(256);
		if (round % 4 == 0)
			query_len = next_random((unsigned)query_len + 1);
		if (ask_over(round % 2 == 0) == BNS_ANSWER_SEND)
			assert_non_null(sample_read(out, out_len));
	}
	assert_int_equal(counts.queries, 50000);
}

static void answer_implements_no_other_opcodes(void **state)
{
	(void)state;
	question("example.test", BNS_TYPE_SOA);
	for (unsigned opcode = 1; opcode < 16; opcode++) {
		set_opcode(opcode);
		if (opcode == BNS_OPCODE_NOTIFY)
			continue;
		assert_string_equal(udp(), "NOTIMP rd | example.test. SOA");
		assert_int_equal(bns_message_opcode(out), opcode);
	}
}

static void answer_hands_notify_over(void **state)
{
	(void)state;
	question("example.test", BNS_TYPE_SOA);
	set_opcode(BNS_OPCODE_NOTIFY);
	assert_int_equal(ask_over(false), BNS_ANSWER_HANDOVER);
	assert_int_equal(ask_over(true), BNS_ANSWER_HANDOVER);
	assert_int_equal(counts.handed_over, 2);
}

static void answer_hands_transfers_over_tcp_over(void **state)
{
	(void)state;
	question("example.test", BNS_TYPE_AXFR);
	assert_int_equal(ask_over(true), BNS_ANSWER_HANDOVER);
	assert_string_equal(udp(), "NOTIMP rd | example.test. AXFR");
	question("example.test", BNS_TYPE_IXFR);
	assert_int_equal(ask_over(true), BNS_ANSWER_HANDOVER);
	assert_int_equal(ask_over(false), BNS_ANSWER_HANDOVER);
}

static void answer_hands_tsig_over_unless_it_is_verified(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_TXT);
	static const uint8_t tsig[] = {0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0};
	memcpy(query + query_len, tsig, sizeof(tsig));
	query_len += sizeof(tsig);
	bns_put_u16(query + 10, 1);
	assert_int_equal(ask_over(false), BNS_ANSWER_HANDOVER);
	assert_int_equal(
		bns_answer(&env, query, query_len, &client, BNS_TRANSPORT_UDP, true, out, 512, &out_len, &counts),
		BNS_ANSWER_SEND);
	assert_non_null(strstr(sample_read(out, out_len), "300 TXT \"hi\""));
}

static void answer_refuses_other_classes(void **state)
{
	(void)state;
	static const uint16_t classes[] = {0, 2, BNS_CLASS_CH, BNS_CLASS_NONE, BNS_CLASS_ANY, 65535};
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		question("www.example.test", BNS_TYPE_A);
		set_class(classes[i]);
		assert_string_equal(udp(), "REFUSED rd | www.example.test. A");
	}
}

static void answer_takes_no_meta_type_for_data(void **state)
{
	(void)state;
	static const uint16_t types[] = {BNS_TYPE_OPT, BNS_TYPE_TKEY, BNS_TYPE_TSIG, 128, 248};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		question("www.example.test", types[i]);
		assert_non_null(strstr(udp(), "FORMERR rd | www.example.test."));
	}
	question("www.example.test", 253);
	assert_non_null(strstr(udp(), "NOTIMP rd"));
	question("www.example.test", 254);
	assert_non_null(strstr(udp(), "NOTIMP rd"));
	question("www.example.test", 256);
	assert_non_null(strstr(udp(), "NOERROR aa rd"));
}

/* Where NSD and BIND agree, and Knot has an answer of its own. */
static void answer_has_no_data_of_type_0(void **state)
{
	(void)state;
	question("www.example.test", 0);
	assert_non_null(strstr(udp(), "NOERROR aa rd | www.example.test."));
	question("www.example.org", 0);
	assert_non_null(strstr(udp(), "REFUSED rd"));
}

static void answer_gives_edns_to_whom_has_edns(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_CNAME);
	assert_null(strstr(udp(), "OPT"));
	edns(0, 4096, 0);
	assert_non_null(strstr(udp(), "d1.cdn.invalid. | OPT 1232"));
	question("out.example.test", BNS_TYPE_CNAME);
	edns(0, 0, BNS_EDNS_DO | 0x7FFF);
	assert_non_null(strstr(udp(), "d1.cdn.invalid. | OPT 1232 do"));
	question("nowhere.invalid", BNS_TYPE_A);
	edns(0, 1232, 0);
	assert_string_equal(udp(), "REFUSED rd | nowhere.invalid. A | OPT 1232 000f00020014");
}

static void answer_ignores_unknown_options(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_CNAME);
	edns(0, 1232, 0);
	static const uint8_t option[] = {0xFD, 0xE9, 0, 2, 1, 2};
	memcpy(query + query_len, option, sizeof(option));
	bns_put_u16(query + query_len - 2, sizeof(option));
	query_len += sizeof(option);
	assert_non_null(strstr(udp(), "d1.cdn.invalid. | OPT 1232"));
}

static void answer_says_badvers_to_a_later_edns(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	edns(1, 1232, BNS_EDNS_DO);
	assert_string_equal(udp(), "NOERROR rd | www.example.test. A | OPT 1232 rcode-high 1 do");
	assert_int_equal(counts.rcode[BNS_RCODE_BADVERS], 1);
	assert_int_equal(counts.rcode[BNS_RCODE_NOERROR], 0);
}

static void answer_over_udp_is_no_longer_than_both_sides_allow(void **state)
{
	(void)state;
	char zone[8192] = "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n";
	for (int i = 10; i < 60; i++) {
		char line[128];
		snprintf(line, sizeof(line), "t CAA 0 issue \"%02d-............................................\"\n",
			 i);
		strcat(zone, line);
	}
	publish(sample_image("size.test", zone));
	question("t.size.test", BNS_TYPE_CAA);
	assert_string_equal(udp(), "NOERROR aa tc rd | t.size.test. CAA");
	edns(0, 4096, 0);
	assert_non_null(strstr(udp(), "NOERROR aa tc rd"));
	assert_int_equal(counts.truncated, 2);

	env.udp_max_payload = 4096;
	assert_non_null(strstr(udp(), "NOERROR aa rd"));
	assert_true(out_len > 1232);
	question("t.size.test", BNS_TYPE_CAA);
	edns(0, 1232, 0);
	assert_non_null(strstr(udp(), "NOERROR aa tc rd"));
	env.udp_max_payload = 1232;
	assert_non_null(strstr(tcp(), "NOERROR aa rd"));
}

static void answer_over_udp_has_512_octets_whatever_is_configured(void **state)
{
	(void)state;
	env.udp_max_payload = 100;
	question("a-name-that-takes-a-third-of-it.a-name-that-takes-a-third-of-it.a-name-that-takes-a-third-of-it."
		 "example.test",
		 BNS_TYPE_A);
	assert_non_null(strstr(udp(), "NXDOMAIN aa rd"));
	assert_in_range(out_len, 101, 512);
	env.udp_max_payload = 1232;
}

static void answer_says_servfail_and_why_where_there_is_no_version(void **state)
{
	(void)state;
	question("www.new.test", BNS_TYPE_A);
	assert_string_equal(udp(), "SERVFAIL rd | www.new.test. A");
	edns(0, 1232, 0);
	assert_string_equal(udp(), "SERVFAIL rd | www.new.test. A | OPT 1232 000f0002000e");
	question("old.test", BNS_TYPE_SOA);
	edns(0, 1232, 0);
	assert_string_equal(udp(), "SERVFAIL rd | old.test. SOA | OPT 1232 000f00020018");
}

static void answer_shows_the_question_to_plugins(void **state)
{
	(void)state;
	hooked = true;
	question("wWw.example.test", BNS_TYPE_TXT);
	assert_non_null(strstr(udp(), "NOERROR aa rd"));
	assert_memory_equal(hook_qname, "\3www\7example\4test", 18);
	assert_int_equal(hook_view.qtype, BNS_TYPE_TXT);
	assert_int_equal(hook_view.qclass, BNS_CLASS_IN);
	assert_ptr_equal(hook_view.client, &client);
	assert_false(hook_view.tcp);
}

static void answer_does_what_plugins_say(void **state)
{
	(void)state;
	hooked = true;
	question("www.example.test", BNS_TYPE_TXT);
	hook_verdict = BNS_QUERY_DROP;
	assert_int_equal(ask_over(false), BNS_ANSWER_DROP);
	assert_int_equal(counts.dropped, 1);
	hook_verdict = BNS_QUERY_REFUSE;
	assert_string_equal(udp(), "REFUSED rd | www.example.test. TXT");
	hook_verdict = BNS_QUERY_TRUNCATE;
	assert_string_equal(udp(), "NOERROR tc rd | www.example.test. TXT");
	assert_non_null(strstr(tcp(), "300 TXT \"hi\""));
}

static void assert_hook_sees(const char *name, uint16_t type, const char *seen)
{
	question(name, type);
	(void)udp();
	assert_string_equal(hook_seen, seen);
}

static void answer_shows_its_kind_to_plugins(void **state)
{
	(void)state;
	hooked = true;
	assert_hook_sees("www.example.test", BNS_TYPE_TXT, "positive 0 example.test. www.example.test.");
	assert_hook_sees("www.example.test", BNS_TYPE_MX, "nodata 0 example.test. www.example.test.");
	assert_hook_sees("a.nothere.example.test", BNS_TYPE_A, "nxdomain 3 example.test. example.test.");
	assert_hook_sees("any.wild.example.test", BNS_TYPE_A, "positive 0 example.test. *.wild.example.test.");
	assert_hook_sees("any.insecure.example.test", BNS_TYPE_A, "referral 0 example.test. insecure.example.test.");
	assert_hook_sees("x.dn.example.test", BNS_TYPE_A, "positive 0 example.test. dn.example.test.");
	assert_hook_sees("chain.example.test", BNS_TYPE_A, "positive 0 example.test. chain.example.test.");
	assert_hook_sees("miss.example.test", BNS_TYPE_A, "nxdomain 3 example.test. miss.example.test.");
	assert_hook_sees("www.elsewhere.test", BNS_TYPE_A, "error 5 - -");
	assert_hook_sees("www.new.test", BNS_TYPE_A, "error 2 - -");
	query_len -= 3;
	assert_int_equal(ask_over(false), BNS_ANSWER_SEND);
	assert_string_equal(hook_seen, "error 1 - -");
	assert_memory_equal(hook_qname, "", 1);
}

static void answer_does_what_plugins_say_of_the_answer(void **state)
{
	(void)state;
	hooked = true;
	hook_stage = BNS_QUERY_AFTER;
	question("www.example.test", BNS_TYPE_TXT);
	hook_verdict = BNS_QUERY_DROP;
	assert_int_equal(ask_over(false), BNS_ANSWER_DROP);
	assert_int_equal(counts.dropped, 1);
	assert_int_equal(counts.rcode[BNS_RCODE_NOERROR], 0);
	hook_verdict = BNS_QUERY_REFUSE;
	assert_string_equal(udp(), "REFUSED rd | www.example.test. TXT");
	hook_verdict = BNS_QUERY_TRUNCATE;
	assert_string_equal(udp(), "NOERROR tc rd | www.example.test. TXT");
	assert_int_equal(counts.truncated, 1);
	assert_non_null(strstr(tcp(), "300 TXT \"hi\""));
	hook_verdict = BNS_QUERY_CHALLENGE;
	assert_string_equal(udp(), "NOERROR tc rd | www.example.test. TXT");
	assert_non_null(strstr(tcp(), "300 TXT \"hi\""));
	edns(0, 1232, 0);
	assert_string_equal(udp(), "NOERROR tc rd | www.example.test. TXT | OPT 1232");
}

static void answer_counts(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_A);
	(void)udp();
	question("nothere.example.test", BNS_TYPE_A);
	(void)udp();
	assert_int_equal(counts.queries, 2);
	assert_int_equal(counts.rcode[BNS_RCODE_NOERROR], 1);
	assert_int_equal(counts.rcode[BNS_RCODE_NXDOMAIN], 1);
	assert_int_equal(counts.dropped + counts.handed_over + counts.truncated, 0);
}

#define query_test(name) cmocka_unit_test_setup(name, set_up_query)

int main(void)
{
	const struct CMUnitTest tests[] = {
		query_test(answer_copies_id_rd_and_cd_and_nothing_else),
		query_test(answer_refuses_names_that_are_not_ours),
		query_test(answer_asks_the_parent_for_ds_and_the_child_for_the_rest),
		query_test(answer_drops_what_is_no_request),
		query_test(answer_drops_datagrams_from_port_zero),
		query_test(answer_says_formerr_with_the_question_if_it_was_readable),
		query_test(answer_says_formerr_to_a_compressed_question),
		query_test(answer_says_formerr_to_two_opts),
		query_test(answer_survives_every_cut_of_a_request),
		query_test(answer_to_any_damaged_request_is_well_formed),
		query_test(answer_implements_no_other_opcodes),
		query_test(answer_hands_notify_over),
		query_test(answer_hands_transfers_over_tcp_over),
		query_test(answer_hands_tsig_over_unless_it_is_verified),
		query_test(answer_refuses_other_classes),
		query_test(answer_takes_no_meta_type_for_data),
		query_test(answer_has_no_data_of_type_0),
		query_test(answer_gives_edns_to_whom_has_edns),
		query_test(answer_ignores_unknown_options),
		query_test(answer_says_badvers_to_a_later_edns),
		query_test(answer_over_udp_is_no_longer_than_both_sides_allow),
		query_test(answer_over_udp_has_512_octets_whatever_is_configured),
		query_test(answer_says_servfail_and_why_where_there_is_no_version),
		query_test(answer_shows_the_question_to_plugins),
		query_test(answer_does_what_plugins_say),
		query_test(answer_shows_its_kind_to_plugins),
		query_test(answer_does_what_plugins_say_of_the_answer),
		query_test(answer_counts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
