/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/encode.h"
#include "answer/rrset.h"
#include "sample.h"

/* Question, decision, and its octets in at most `cap`; the rest of `out` must stay untouched. */
static uint8_t out[BNS_MESSAGE_MAX + 64];
static size_t out_len;
static size_t pad_block; /* 0: none */

static const char *encode(const struct bns_image *img, const uint8_t *query, size_t query_len, size_t cap)
{
	static struct bns_request req;
	static struct bns_decision d;
	struct bns_encoder e;
	assert_int_equal(bns_request_parse(query, query_len, &req), BNS_OK);
	memset(out, 0xEE, sizeof(out));
	bns_lookup(img, &req.qname, req.qtype, req.edns_flags & BNS_EDNS_DO, &d);
	bns_encode_open(&e, query, &req, 1232, NULL, out, cap);
	bns_encode_pad(&e, pad_block);
	bns_encode_decision(&e, img, &d);
	out_len = bns_encode_close(&e, d.rcode);
	assert_true(out_len <= cap);
	for (size_t i = cap; i < sizeof(out); i++)
		assert_int_equal(out[i], 0xEE);
	return sample_read(out, out_len);
}

static const char *ask(const struct bns_image *img, const char *name, uint16_t type, size_t cap)
{
	uint8_t query[512];
	return encode(img, query, sample_query(name, type, query), cap);
}

static struct bns_image *image;

static int set_up(void **state)
{
	(void)state;
	image = sample_image("example.test", sample_zone);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bns_image_free(image);
	return 0;
}

#define assert_answer(name, type, expected) assert_string_equal(ask(image, name, type, 512), expected)
#define SOA                                 " | NS example.test. 60 SOA ns1.example.test. hostmaster.example.test. 7"

static void encode_answers_with_all_records_of_the_rrset(void **state)
{
	(void)state;
	assert_answer("www.example.test", BNS_TYPE_A,
		      "NOERROR aa rd | www.example.test. A | AN www.example.test. 300 A 192.0.2.2"
		      " | AN www.example.test. 300 A 192.0.2.3");
}

static void encode_keeps_the_question_in_its_own_case(void **state)
{
	(void)state;
	assert_answer("wWw.eXample.TEST", BNS_TYPE_TXT,
		      "NOERROR aa rd | wWw.eXample.TEST. TXT | AN wWw.eXample.TEST. 300 TXT \"hi\"");
}

static void encode_resolves_pointers_to_the_apex_and_into_the_rrset(void **state)
{
	(void)state;
	assert_answer("mx.example.test", BNS_TYPE_MX,
		      "NOERROR aa rd | mx.example.test. MX | AN mx.example.test. 300 MX 10 mail.mx.example.test."
		      " | AN mx.example.test. 300 MX 20 other.mail.mx.example.test.");
	assert_answer("example.test", BNS_TYPE_SOA,
		      "NOERROR aa rd | example.test. SOA"
		      " | AN example.test. 300 SOA ns1.example.test. hostmaster.example.test. 7");
}

static void encode_denies_with_the_soa_at_the_apex(void **state)
{
	(void)state;
	assert_answer("www.example.test", BNS_TYPE_AAAA, "NOERROR aa rd | www.example.test. AAAA" SOA);
	assert_answer("a.b.c.nothere.example.test", BNS_TYPE_A, "NXDOMAIN aa rd | a.b.c.nothere.example.test. A" SOA);
}

static void encode_names_each_link_of_a_chain(void **state)
{
	(void)state;
	assert_answer("chain.example.test", BNS_TYPE_TXT,
		      "NOERROR aa rd | chain.example.test. TXT"
		      " | AN chain.example.test. 300 CNAME alias.example.test."
		      " | AN alias.example.test. 300 CNAME www.example.test."
		      " | AN www.example.test. 300 TXT \"hi\"");
	assert_answer("toapex.example.test", BNS_TYPE_NS,
		      "NOERROR aa rd | toapex.example.test. NS | AN toapex.example.test. 300 CNAME example.test."
		      " | AN example.test. 300 NS ns.sub.example.test. | AN example.test. 300 NS ns1.example.test."
		      " | AR ns.sub.example.test. 300 A 192.0.2.4 | AR ns.sub.example.test. 300 AAAA 2001:db8::4"
		      " | AR ns1.example.test. 300 A 192.0.2.1 | AR ns1.example.test. 300 AAAA 2001:db8::1");
	assert_answer("out.example.test", BNS_TYPE_A,
		      "NOERROR aa rd | out.example.test. A | AN out.example.test. 300 CNAME d1.cdn.invalid.");
	assert_answer(
		"miss.example.test", BNS_TYPE_A,
		"NXDOMAIN aa rd | miss.example.test. A | AN miss.example.test. 300 CNAME nothere.example.test." SOA);
}

static void encode_names_a_wildcards_records_after_the_question(void **state)
{
	(void)state;
	assert_answer("x.y.wild.example.test", BNS_TYPE_A,
		      "NOERROR aa rd | x.y.wild.example.test. A | AN x.y.wild.example.test. 300 A 192.0.2.9");
}

static void encode_writes_dname_and_the_cname_made_from_it(void **state)
{
	(void)state;
	assert_answer("todn.example.test", BNS_TYPE_A,
		      "NOERROR aa rd | todn.example.test. A"
		      " | AN todn.example.test. 300 CNAME x.dn.example.test."
		      " | AN dn.example.test. 300 DNAME target.example.test."
		      " | AN x.dn.example.test. 300 CNAME x.target.example.test."
		      " | AN x.target.example.test. 300 A 192.0.2.5");
	assert_answer("y.dn.example.test", BNS_TYPE_A,
		      "NXDOMAIN aa rd | y.dn.example.test. A"
		      " | AN dn.example.test. 300 DNAME target.example.test."
		      " | AN y.dn.example.test. 300 CNAME y.target.example.test." SOA);
}

static void encode_refers_with_glue_below_the_cut_first(void **state)
{
	(void)state;
	assert_answer("x.sub.example.test", BNS_TYPE_A,
		      "NOERROR rd | x.sub.example.test. A"
		      " | NS sub.example.test. 300 NS ns.sub.example.test."
		      " | NS sub.example.test. 300 NS ns.elsewhere.invalid."
		      " | NS sub.example.test. 300 NS ns1.example.test."
		      " | AR ns.sub.example.test. 300 A 192.0.2.4 | AR ns.sub.example.test. 300 AAAA 2001:db8::4"
		      " | AR ns1.example.test. 300 A 192.0.2.1 | AR ns1.example.test. 300 AAAA 2001:db8::1");
}

static void encode_refers_from_the_end_of_a_chain(void **state)
{
	(void)state;
	const char *text = ask(image, "tosub.example.test", BNS_TYPE_A, 512);
	assert_non_null(strstr(text, "NOERROR aa rd | tosub.example.test. A"
				     " | AN tosub.example.test. 300 CNAME x.sub.example.test."
				     " | NS sub.example.test. 300 NS "));
	assert_non_null(strstr(text, " | AR ns.sub.example.test. 300 A 192.0.2.4"));
}

static void encode_compresses_glue_owners_against_the_ns_records(void **state)
{
	(void)state;
	(void)ask(image, "sub.example.test", BNS_TYPE_A, 512);
	/* Header, question, three NS (one of them foreign, at 22 octets), and four addresses with two-octet owners. */
	size_t ns = 3 * BNS_RRSET_RDATA + 22 + (3 + 4 + 2) + (4 + 2);
	assert_in_range(out_len, 12 + 22 + ns, 12 + 22 + ns + 2 * (12 + 4) + 2 * (12 + 16));
}

static void encode_serves_a_cut_whose_server_is_the_apex(void **state)
{
	(void)state;
	struct bns_image *img =
		sample_image("a.test", "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n@ A 192.0.2.1\nsub NS @\n");
	assert_string_equal(ask(img, "x.sub.a.test", BNS_TYPE_A, 512),
			    "NOERROR rd | x.sub.a.test. A | NS sub.a.test. 5 NS a.test. | AR a.test. 5 A 192.0.2.1");
	bns_image_free(img);
}

static void encode_works_in_the_root_zone(void **state)
{
	(void)state;
	struct bns_image *img = sample_image(".", "$TTL 5\n@ SOA a.invalid. b.invalid. 1 1 1 1 1\n@ NS ns.\n"
						  "ns. A 192.0.2.1\ntest. NS ns.test.\nns.test. A 192.0.2.2\n");
	assert_string_equal(ask(img, ".", BNS_TYPE_NS, 512),
			    "NOERROR aa rd | . NS | AN . 5 NS ns. | AR ns. 5 A 192.0.2.1");
	assert_string_equal(ask(img, "www.test", BNS_TYPE_A, 512),
			    "NOERROR rd | www.test. A | NS test. 5 NS ns.test. | AR ns.test. 5 A 192.0.2.2");
	assert_string_equal(ask(img, "nothere", BNS_TYPE_A, 512),
			    "NXDOMAIN aa rd | nothere. A | NS . 1 SOA a.invalid. b.invalid. 1");
	bns_image_free(img);
}

/* A zone whose "big" has `count` TXT records of 60 octets. */
static struct bns_image *big_image(int count)
{
	char *zone = malloc(200 + (size_t)count * 100);
	assert_non_null(zone);
	char *p = zone + sprintf(zone, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\nalias CNAME big\n");
	for (int i = 0; i < count; i++)
		p += sprintf(p, "big TXT \"%055d\"\n", i);
	struct bns_image *img = sample_image("big.test", zone);
	free(zone);
	return img;
}

/* Knot, NSD and BIND do so, in their minimal answers too. */
static void encode_adds_what_fits_of_the_addresses_of_the_zones_servers(void **state)
{
	(void)state;
	struct bns_image *img =
		sample_image("z.test", "$TTL 5\n@ SOA ns h 1 1 1 1 1\n@ NS ns\n@ NS ns2\n@ NS ns.invalid.\n"
				       "ns A 192.0.2.1\nns2 A 192.0.2.2\n");
	const char *servers = "NOERROR aa rd | z.test. NS | AN z.test. 5 NS ns.z.test. | AN z.test. 5 NS ns.invalid."
			      " | AN z.test. 5 NS ns2.z.test. | AR ns.z.test. 5 A 192.0.2.1";
	const char *text = ask(img, "z.test", BNS_TYPE_NS, 512);
	assert_int_equal(strncmp(text, servers, strlen(servers)), 0);
	assert_string_equal(text + strlen(servers), " | AR ns2.z.test. 5 A 192.0.2.2");
	size_t full = out_len;
	assert_string_equal(ask(img, "z.test", BNS_TYPE_NS, full - 1), servers);
	bns_image_free(img);
}

/* RFC 9460 §4.1: addresses and SVCB records of TargetName; nothing for the owner; never TC because of them. */
static void encode_adds_what_fits_of_the_targets_of_services(void **state)
{
	(void)state;
	struct bns_image *img =
		sample_image("z.test", "$TTL 5\n@ SOA ns h 1 1 1 1 1\n@ NS ns.invalid.\n"
				       "w HTTPS 1 one\nw HTTPS 2 two\nw A 192.0.2.9\n"
				       "one A 192.0.2.1\ntwo A 192.0.2.2\ntwo AAAA 2001:db8::2\n"
				       "@ HTTPS 0 w\nalias CNAME w\nself HTTPS 1 self\n"
				       "any HTTPS 1 one\nself A 192.0.2.3\ndot HTTPS 1 .\ndot A 192.0.2.4\n");
	const char *one = " | AR one.z.test. 5 A 192.0.2.1", *own = " | AR w.z.test. 5 A 192.0.2.9";
	const char *two = " | AR two.z.test. 5 A 192.0.2.2 | AR two.z.test. 5 AAAA 2001:db8::2";
	const char *text = ask(img, "w.z.test", BNS_TYPE_HTTPS, 512);
	assert_non_null(strstr(text, one));
	assert_string_equal(strstr(text, one) + strlen(one), two);
	assert_null(strstr(text, own));
	size_t full = out_len;
	text = ask(img, "w.z.test", BNS_TYPE_HTTPS, full - 1);
	assert_int_equal(strncmp(text, "NOERROR aa rd |", 15), 0);
	assert_non_null(strstr(text, one));
	assert_null(strstr(text, "AAAA"));
	(void)ask(img, "z.test", BNS_TYPE_HTTPS, 512);
	for (size_t cap = out_len; cap >= 48; cap--)
		assert_int_equal(strncmp(ask(img, "z.test", BNS_TYPE_HTTPS, cap),
					 "NOERROR aa rd | z.test. HTTPS | AN z.test. 5 HTTPS", 50),
				 0);
	assert_null(strstr(ask(img, "any.z.test", BNS_TYPE_ANY, 512), " | AR"));
	text = ask(img, "z.test", BNS_TYPE_HTTPS, 512);
	assert_non_null(strstr(text, own));
	assert_int_equal(strncmp(strstr(text, own) + strlen(own), " | AR w.z.test. 5 HTTPS ", 24), 0);
	text = ask(img, "alias.z.test", BNS_TYPE_HTTPS, 512);
	assert_non_null(strstr(text, one));
	assert_string_equal(strstr(text, one) + strlen(one), two);
	assert_null(strstr(ask(img, "self.z.test", BNS_TYPE_HTTPS, 512), " | AR"));
	assert_null(strstr(ask(img, "dot.z.test", BNS_TYPE_HTTPS, 512), " | AR"));
	bns_image_free(img);
}

static void encode_truncates_by_whole_rrsets(void **state)
{
	(void)state;
	struct bns_image *img = big_image(20);
	assert_string_equal(ask(img, "big.big.test", BNS_TYPE_TXT, 512), "NOERROR aa tc rd | big.big.test. TXT");
	assert_string_equal(ask(img, "alias.big.test", BNS_TYPE_TXT, 512),
			    "NOERROR aa tc rd | alias.big.test. TXT | AN alias.big.test. 5 CNAME big.big.test.");
	assert_null(strstr(ask(img, "alias.big.test", BNS_TYPE_TXT, 4096), " tc "));
	bns_image_free(img);
}

static void encode_keeps_room_for_the_opt(void **state)
{
	(void)state;
	struct bns_image *img = big_image(20);
	uint8_t query[512];
	size_t len = sample_query("big.big.test", BNS_TYPE_TXT, query);
	(void)encode(img, query, len, 4096);
	size_t exact = out_len;
	assert_null(strstr(encode(img, query, len, exact), " tc "));
	len = sample_add_edns(query, len, 0, 4096, BNS_EDNS_DO);
	assert_string_equal(encode(img, query, len, exact + BNS_OPT_EMPTY_LEN - 1),
			    "NOERROR aa tc rd | big.big.test. TXT | OPT 1232 do");
	assert_null(strstr(encode(img, query, len, exact + BNS_OPT_EMPTY_LEN), " tc "));
	bns_image_free(img);
}

static void encode_pads_to_the_block_or_to_the_end_of_the_buffer(void **state)
{
	(void)state;
	uint8_t query[512];
	size_t len = sample_add_edns(query, sample_query("www.example.test", BNS_TYPE_TXT, query), 0, 4096, 0);
	pad_block = 600;
	for (size_t cap = 512; cap < 800; cap++) {
		(void)encode(image, query, len, cap);
		assert_int_equal(out_len, cap < 600 ? cap : 600);
	}
	for (pad_block = 1; pad_block < 500; pad_block++) {
		(void)encode(image, query, len, 1000);
		assert_int_equal(out_len % pad_block, 0);
	}
	pad_block = 0;
}

static void encode_truncates_where_glue_below_the_cut_does_not_fit(void **state)
{
	(void)state;
	(void)ask(image, "sub.example.test", BNS_TYPE_A, 512);
	size_t all = out_len;
	size_t sibling = (12 + 4) + (12 + 16);
	assert_null(strstr(ask(image, "sub.example.test", BNS_TYPE_A, all), " tc "));

	/* Addresses elsewhere in the zone are a courtesy (RFC 9471 §3.2). */
	const char *text = ask(image, "sub.example.test", BNS_TYPE_A, all - sibling);
	assert_null(strstr(text, " tc "));
	assert_null(strstr(text, "AR ns1"));
	assert_non_null(strstr(text, "AR ns.sub.example.test. 300 AAAA"));

	text = ask(image, "sub.example.test", BNS_TYPE_A, all - sibling - 1);
	assert_non_null(strstr(text, "NOERROR tc rd"));
	assert_non_null(strstr(text, " | NS sub.example.test. 300 NS ns.sub.example.test."));
}

static void encode_writes_names_in_full_beyond_a_pointers_reach(void **state)
{
	(void)state;
	enum { SERVERS = 1500 };
	char *zone = malloc(100 + SERVERS * 64);
	assert_non_null(zone);
	char *p = zone + sprintf(zone, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n");
	for (int i = 0; i < SERVERS; i++)
		p += sprintf(p, "mx MX %d h%d.of.a.host.far.away\n", i % 7, i);
	struct bns_image *img = sample_image("far.test", zone);
	const char *text = ask(img, "mx.far.test", BNS_TYPE_MX, BNS_MESSAGE_MAX);
	assert_null(strstr(text, " tc "));
	assert_true(out_len > BNS_POINTER_MAX);
	assert_int_equal(bns_message_ancount(out), SERVERS);

	bool seen[SERVERS] = {false};
	struct bns_message_cursor cursor;
	struct bns_message_rr rr;
	assert_int_equal(bns_message_cursor_open(&cursor, out, out_len), BNS_OK);
	while (bns_message_next(&cursor, &rr, NULL) == BNS_OK) {
		uint8_t rdata[512];
		uint16_t len;
		char host[BNS_NAME_TEXT_MAX];
		int number = -1, end = 0;
		assert_int_equal(
			bns_rdata_expand(rr.type, out, out_len, rr.rdata, rr.rdlen, rdata, sizeof(rdata), &len),
			BNS_OK);
		bns_name_to_text(rdata + 2, host);
		assert_int_equal(sscanf(host, "h%d.of.a.host.far.away.far.test.%n", &number, &end), 1);
		assert_int_equal(host[end], '\0');
		assert_in_range(number, 0, SERVERS - 1);
		assert_int_equal(bns_get_u16(rdata), number % 7);
		assert_false(seen[number]);
		seen[number] = true;
	}
	bns_image_free(img);
	free(zone);
}

static void encode_names_glue_beyond_a_pointers_reach(void **state)
{
	(void)state;
	enum { SERVERS = 600 };
	static char zone[200 + SERVERS * 100];
	char *p = zone + sprintf(zone, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n");
	for (int i = 100; i < 100 + SERVERS; i++)
		p += sprintf(p, "cut NS server-number-%d.behind.the.cut\nserver-number-%d.behind.the.cut A 192.0.2.1\n",
			     i, i);
	struct bns_image *img = sample_image("far.test", zone);
	assert_null(strstr(ask(img, "cut.far.test", BNS_TYPE_A, BNS_MESSAGE_MAX), " tc "));
	assert_true(out_len > 2 * BNS_POINTER_MAX);
	assert_int_equal(bns_message_nscount(out), SERVERS);
	assert_int_equal(bns_message_arcount(out), SERVERS);

	struct bns_message_cursor cursor;
	struct bns_message_rr rr;
	assert_int_equal(bns_message_cursor_open(&cursor, out, out_len), BNS_OK);
	for (int i = 0; i < SERVERS; i++)
		assert_int_equal(bns_message_next(&cursor, &rr, NULL), BNS_OK);
	for (int i = 0; i < SERVERS; i++) {
		char expected[64], owner[BNS_NAME_TEXT_MAX];
		assert_int_equal(bns_message_next(&cursor, &rr, NULL), BNS_OK);
		sprintf(expected, "server-number-%d.behind.the.cut.far.test.", 100 + i);
		assert_string_equal(bns_name_to_text(rr.owner, owner), expected);
	}
	bns_image_free(img);
}

/* The answer parses and is right whatever room it is given. */
static void encode_fits_into_every_size(void **state)
{
	(void)state;
	static const char *const names[] = {"x.sub.example.test",  "tosub.example.test", "todn.example.test",
					    "chain.example.test",  "mx.example.test",    "example.test",
					    "nothere.example.test"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t query[512];
		size_t len = sample_add_edns(query, sample_query(names[i], BNS_TYPE_MX, query), 0, 1232, 0);
		for (size_t cap = 64; cap < 400; cap++)
			assert_non_null(strstr(encode(image, query, len, cap), "OPT 1232"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_answers_with_all_records_of_the_rrset),
		cmocka_unit_test(encode_keeps_the_question_in_its_own_case),
		cmocka_unit_test(encode_resolves_pointers_to_the_apex_and_into_the_rrset),
		cmocka_unit_test(encode_denies_with_the_soa_at_the_apex),
		cmocka_unit_test(encode_names_each_link_of_a_chain),
		cmocka_unit_test(encode_names_a_wildcards_records_after_the_question),
		cmocka_unit_test(encode_writes_dname_and_the_cname_made_from_it),
		cmocka_unit_test(encode_refers_with_glue_below_the_cut_first),
		cmocka_unit_test(encode_refers_from_the_end_of_a_chain),
		cmocka_unit_test(encode_compresses_glue_owners_against_the_ns_records),
		cmocka_unit_test(encode_serves_a_cut_whose_server_is_the_apex),
		cmocka_unit_test(encode_works_in_the_root_zone),
		cmocka_unit_test(encode_adds_what_fits_of_the_addresses_of_the_zones_servers),
		cmocka_unit_test(encode_adds_what_fits_of_the_targets_of_services),
		cmocka_unit_test(encode_truncates_by_whole_rrsets),
		cmocka_unit_test(encode_keeps_room_for_the_opt),
		cmocka_unit_test(encode_pads_to_the_block_or_to_the_end_of_the_buffer),
		cmocka_unit_test(encode_truncates_where_glue_below_the_cut_does_not_fit),
		cmocka_unit_test(encode_writes_names_in_full_beyond_a_pointers_reach),
		cmocka_unit_test(encode_names_glue_beyond_a_pointers_reach),
		cmocka_unit_test(encode_fits_into_every_size),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
