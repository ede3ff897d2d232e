/* SPDX-License-Identifier: BSD-3-Clause */
/* EDNS options and the CHAOS names, through the one entry for requests. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/opt.h"
#include "base/clock.h"
#include "base/rcu.h"
#include "sample.h"

static struct bns_table *table;
static const struct bns_answer_conf *conf;
static struct bns_answer_env env;
static struct bns_answer_counts counts;
static union bns_addr client;
static uint8_t query[1024], out[BNS_MESSAGE_MAX];
static size_t query_len, out_len;

/* The query hook in place of the host's. */
static struct bns_query_view seen;
static enum bns_query_stage hook_stage; /* at which hook_verdict is said */
static enum bns_query_verdict hook_verdict;

bool bns_plugins_want(const struct bns_plugins *ps, enum bns_query_stage stage, uint16_t qtype)
{
	(void)ps;
	(void)stage;
	(void)qtype;
	return true;
}

enum bns_query_verdict bns_plugins_query(const struct bns_plugins *ps, enum bns_query_stage stage,
					 const struct bns_query_view *q)
{
	(void)ps;
	seen = *q;
	return stage == hook_stage ? hook_verdict : BNS_QUERY_CONTINUE;
}

static struct bns_answer_conf *new_conf(void)
{
	struct bns_answer_conf *c = calloc(1, sizeof(*c));
	assert_non_null(c);
	c->cookies.count = 1;
	memset(c->cookies.secret[0], 7, sizeof(c->cookies.secret[0]));
	return c;
}

static struct bns_image *placeholder(const char *apex)
{
	uint8_t name[BNS_NAME_MAX];
	struct bns_image *img = NULL;
	sample_name(apex, name);
	assert_int_equal(bns_image_placeholder(name, BNS_IMAGE_NOT_READY, &img), BNS_OK);
	return img;
}

static int set_up(void **state)
{
	(void)state;
	bns_rcu_register();
	table = bns_table_new();
	assert_non_null(table);
	assert_int_equal(bns_table_publish(table, sample_image("example.test", sample_zone)), BNS_OK);
	env = (struct bns_answer_env){.table = table, .conf = &conf, .udp_max_payload = 1232, .keepalive_ds = 100};
	client = (union bns_addr){.in4 = {.sin_family = AF_INET, .sin_port = htons(5353)}};
	client.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bns_answer_conf_set(&conf, new_conf());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bns_answer_conf_set(&conf, NULL);
	bns_rcu_unregister();
	bns_rcu_barrier();
	bns_table_free(table);
	return 0;
}

static void question(const char *name, uint16_t type)
{
	query_len = sample_add_edns(query, sample_query(name, type, query), 0, 1232, 0);
}

/* Adds an option to the OPT the query ends with; `text` is its data. */
static void option(uint16_t code, const char *text, size_t len)
{
	uint8_t *rdlen = query + query_len - 2;
	for (size_t at = BNS_HEADER_LEN; at + BNS_OPT_EMPTY_LEN <= query_len; at++)
		if (memcmp(query + at, "\0\0\51\4\320", 5) == 0)
			rdlen = query + at + 9;
	bns_put_u16(query + query_len, code);
	bns_put_u16(query + query_len + 2, (uint16_t)len);
	memcpy(query + query_len + 4, text, len);
	query_len += 4 + len;
	bns_put_u16(rdlen, (uint16_t)(bns_get_u16(rdlen) + 4 + len));
}

static const char *ask_over(enum bns_transport transport)
{
	assert_int_equal(
		bns_answer(&env, query, query_len, &client, transport, false, out, sizeof(out), &out_len, &counts),
		BNS_ANSWER_SEND);
	return sample_read(out, out_len);
}

static const char *udp(void)
{
	return ask_over(BNS_TRANSPORT_UDP);
}

/* The data of the answer's first option with this code, or NULL. */
static const uint8_t *answered(uint16_t code, size_t *len)
{
	struct bns_message_cursor cursor;
	struct bns_message_rr rr = {.type = 0};
	assert_int_equal(bns_message_cursor_open(&cursor, out, out_len), BNS_OK);
	while (rr.type != BNS_TYPE_OPT)
		assert_int_equal(bns_message_next(&cursor, &rr, NULL), BNS_OK);
	for (size_t at = rr.rdata; at < rr.rdata + rr.rdlen; at += 4u + bns_get_u16(out + at + 2)) {
		*len = bns_get_u16(out + at + 2);
		if (bns_get_u16(out + at) == code)
			return out + at + 4;
	}
	return NULL;
}

static bool has(uint16_t code)
{
	size_t len;
	return answered(code, &len) != NULL;
}

static const uint8_t *the(uint16_t code, size_t expected_len)
{
	size_t len = 0;
	const uint8_t *data = answered(code, &len);
	assert_non_null(data);
	assert_int_equal(len, expected_len);
	return data;
}

#define OUT_OF_ZONE "NOERROR aa rd | out.example.test. A | AN out.example.test. 300 CNAME d1.cdn.invalid. | OPT 1232"

static void nsid_is_told_who_asks(void **state)
{
	(void)state;
	struct bns_answer_conf *c = new_conf();
	c->nsid_len = 3;
	memcpy(c->nsid, "\1ns", 3);
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_NSID, "", 0);
	assert_string_equal(udp(), OUT_OF_ZONE);
	bns_answer_conf_set(&conf, c);
	assert_string_equal(udp(), OUT_OF_ZONE " 00030003016e73");
	question("out.example.test", BNS_TYPE_A);
	assert_string_equal(udp(), OUT_OF_ZONE);
	option(BNS_EDNS_NSID, "not to be looked at", 19);
	assert_string_equal(udp(), OUT_OF_ZONE " 00030003016e73");
}

static void unknown_options_are_ignored_among_known_ones(void **state)
{
	(void)state;
	struct bns_answer_conf *c = new_conf();
	c->nsid_len = 1;
	c->nsid[0] = 'n';
	bns_answer_conf_set(&conf, c);
	question("out.example.test", BNS_TYPE_A);
	option(65001, "whatever", 8);
	option(8, "\0\1\30\0\300\0\2", 7);
	option(BNS_EDNS_NSID, "", 0);
	option(BNS_EDNS_PADDING, "\0\0\0", 3);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	(void)udp();
	assert_memory_equal(the(BNS_EDNS_NSID, 1), "n", 1);
	assert_memory_equal(the(BNS_EDNS_COOKIE, 24), "12345678\1\0\0\0", 12);
	assert_false(has(65001) || has(8) || has(BNS_EDNS_PADDING) || has(BNS_EDNS_EDE));
}

static void cookie_is_learnt_and_then_holds(void **state)
{
	(void)state;
	char cookie[24];
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	assert_non_null(strstr(udp(), "NOERROR aa"));
	assert_false(seen.cookie_ok);
	memcpy(cookie, the(BNS_EDNS_COOKIE, 24), 24);

	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, cookie, 24);
	assert_non_null(strstr(udp(), "NOERROR aa"));
	assert_true(seen.cookie_ok);
	assert_memory_equal(the(BNS_EDNS_COOKIE, 24), cookie, 24);
}

/* RFC 7873 §5.2.3, §5.2.4: who sent a cookie, but none that holds, can come back with ours. */
static void cookie_proves_an_address_that_was_challenged(void **state)
{
	(void)state;
	static const char *const bad[] = {"12345678", "12345678\1\0\0\0timehash-of"};
	static const size_t len[] = {8, 24};
	char cookie[24];
	hook_verdict = BNS_QUERY_CHALLENGE;
	for (unsigned i = 0; i < 4; i++) {
		hook_stage = i < 2 ? BNS_QUERY_BEFORE : BNS_QUERY_AFTER;
		question("out.example.test", BNS_TYPE_A);
		option(BNS_EDNS_COOKIE, bad[i % 2], len[i % 2]);
		/* 23 = 1 << 4 | 7 */
		assert_non_null(strstr(udp(), "YXRRSET rd | out.example.test. A | OPT 1232 rcode-high 1 000a0018"));
		memcpy(cookie, the(BNS_EDNS_COOKIE, 24), 24);
		assert_non_null(strstr(ask_over(BNS_TRANSPORT_TCP), "NOERROR aa rd"));
		question("out.example.test", BNS_TYPE_A);
		option(BNS_EDNS_COOKIE, cookie, 24);
		assert_non_null(strstr(udp(), "NOERROR aa rd"));
		assert_true(seen.cookie_ok);
	}
	assert_int_equal(counts.rcode[BNS_RCODE_BADCOOKIE], 4);
	question("out.example.test", BNS_TYPE_A);
	assert_string_equal(udp(), "NOERROR tc rd | out.example.test. A | OPT 1232");
	hook_verdict = BNS_QUERY_CONTINUE;
}

static void cookie_that_does_not_hold_is_answered_with_a_good_one(void **state)
{
	(void)state;
	char cookie[24];
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "12345678\1\0\0\0timehash-of", 24);
	assert_non_null(strstr(udp(), "NOERROR aa"));
	assert_false(seen.cookie_ok);
	memcpy(cookie, the(BNS_EDNS_COOKIE, 24), 24);
	assert_memory_equal(cookie, "12345678", 8);
	const struct bns_cookie_secrets *secrets = &conf->cookies;
	assert_int_equal(bns_cookie_check(secrets, (uint8_t *)cookie, 24, &client, (uint32_t)bns_clock_wall_s()),
			 BNS_COOKIE_FRESH);
	/* One of another make, as long as they come. */
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "12345678bbbbbbbbccccccccddddddddeeeeeeee", 40);
	assert_non_null(strstr(udp(), "NOERROR aa"));
	assert_memory_equal(the(BNS_EDNS_COOKIE, 24), "12345678", 8);
}

static void cookie_of_the_former_secret_is_renewed(void **state)
{
	(void)state;
	uint8_t cookie[BNS_COOKIE_LEN] = "12345678";
	bns_cookie_make(&conf->cookies, cookie, &client, (uint32_t)bns_clock_wall_s(), cookie);
	struct bns_answer_conf *c = new_conf();
	memcpy(c->cookies.secret[1], c->cookies.secret[0], BNS_COOKIE_SECRET_LEN);
	memset(c->cookies.secret[0], 9, BNS_COOKIE_SECRET_LEN);
	c->cookies.count = 2;
	bns_answer_conf_set(&conf, c);
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, (char *)cookie, sizeof(cookie));
	(void)udp();
	assert_true(seen.cookie_ok);
	assert_memory_not_equal(the(BNS_EDNS_COOKIE, 24), cookie, 24);
}

static void of_two_cookies_the_first_counts(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "first---", 8);
	option(BNS_EDNS_COOKIE, "second--", 8);
	(void)udp();
	assert_memory_equal(the(BNS_EDNS_COOKIE, 24), "first---", 8);
}

static void malformed_cookie_is_a_format_error(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 7, 9, 15, 41, 60};
	static const char octets[64];
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		question("out.example.test", BNS_TYPE_A);
		option(BNS_EDNS_COOKIE, octets, lengths[i]);
		assert_string_equal(udp(), "FORMERR rd | out.example.test. A | OPT 1232");
	}
}

static void options_of_a_later_edns_are_not_read(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "short", 5);
	query[query_len - 9 - 5] = 1;
	assert_non_null(strstr(udp(), "| OPT 1232 rcode-high 1"));
}

/* RFC 7873 §5.4 */
static void cookie_alone_needs_no_question(void **state)
{
	(void)state;
	question(".", BNS_TYPE_A);
	query_len -= 5 + BNS_OPT_EMPTY_LEN;
	bns_put_u16(query + 4, 0);
	bns_put_u16(query + 10, 0);
	query_len = sample_add_edns(query, query_len, 0, 1232, 0);
	assert_string_equal(udp(), "FORMERR rd | OPT 1232");
	option(BNS_EDNS_NSID, "", 0);
	assert_string_equal(udp(), "FORMERR rd | OPT 1232");
	option(BNS_EDNS_COOKIE, "12345678", 8);
	assert_non_null(strstr(udp(), "NOERROR rd | OPT 1232"));
	assert_memory_equal(the(BNS_EDNS_COOKIE, 24), "12345678", 8);
}

/* Options that end too early, of whatever kind, are read no further; nothing behind a bad one counts. */
static void options_are_read_up_to_what_is_malformed(void **state)
{
	static const uint8_t good[] = "\0\12\0\10"
				      "12345678"
				      "\0\3\0\0";
	static const uint8_t bad[] = "\0\12\0\7"
				     "1234567"
				     "\0\3\0\0";
	struct bns_options_asked asked;
	(void)state;
	for (size_t len = 0; len < sizeof(good); len++) {
		uint8_t *exact = malloc(len + 1); /* for the sanitizers to see a read behind it */
		memcpy(exact + 1, good, len);
		bool whole = len == 0 || len == 12 || len == 16;
		assert_int_equal(bns_options_read(exact + 1, len, &asked), whole ? BNS_OK : BNS_EFORMAT);
		assert_int_equal(asked.cookie_len, len < 12 ? 0 : 8);
		assert_int_equal(asked.nsid, len == 16);
		free(exact);
	}
	assert_int_equal(bns_options_read(bad, sizeof(bad) - 1, &asked), BNS_EFORMAT);
	assert_null(asked.cookie);
	assert_false(asked.nsid);
}

static void nobody_without_secrets_makes_cookies(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	option(BNS_EDNS_NSID, "", 0);
	struct bns_answer_env bare = env;
	bare.conf = NULL;
	assert_int_equal(bns_answer(&bare, query, query_len, &client, BNS_TRANSPORT_UDP, false, out, sizeof(out),
				    &out_len, &counts),
			 BNS_ANSWER_SEND);
	assert_string_equal(sample_read(out, out_len), OUT_OF_ZONE);
	query_len = sample_query("id.server", BNS_TYPE_TXT, query);
	bns_put_u16(query + query_len - 2, BNS_CLASS_CH);
	assert_int_equal(bns_answer(&bare, query, query_len, &client, BNS_TRANSPORT_UDP, false, out, sizeof(out),
				    &out_len, &counts),
			 BNS_ANSWER_SEND);
	assert_int_equal(bns_message_rcode(out), BNS_RCODE_REFUSED);
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	struct bns_answer_conf *c = new_conf();
	c->cookies.count = 0;
	bns_answer_conf_set(&conf, c);
	assert_string_equal(udp(), OUT_OF_ZONE);
}

static void keepalive_is_told_on_a_connection_alone(void **state)
{
	(void)state;
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_KEEPALIVE, "", 0);
	assert_string_equal(udp(), OUT_OF_ZONE);
	assert_string_equal(ask_over(BNS_TRANSPORT_TCP), OUT_OF_ZONE " 000b00020064");
	question("out.example.test", BNS_TYPE_A);
	assert_string_equal(ask_over(BNS_TRANSPORT_TCP), OUT_OF_ZONE);
	assert_int_equal(bns_answer_keepalive(10000), 100);
	assert_int_equal(bns_answer_keepalive(3600u * 1000 * 24), UINT16_MAX);
}

static void expire_of_a_primary_is_its_soas(void **state)
{
	(void)state;
	question("example.test", BNS_TYPE_SOA);
	assert_null(strstr(udp(), "0009"));
	option(BNS_EDNS_EXPIRE, "", 0);
	(void)udp();
	assert_memory_equal(the(BNS_EDNS_EXPIRE, 4), "\0\1\121\200", 4);
}

static void expire_of_a_secondary_is_what_is_left(void **state)
{
	(void)state;
	int64_t now = bns_clock_wall_s();
	bns_table_set_expires(table, (const uint8_t *)"\7example\4test", now + 1000);
	question("example.test", BNS_TYPE_SOA);
	option(BNS_EDNS_EXPIRE, "", 0);
	(void)udp();
	assert_in_range(bns_get_u32(the(BNS_EDNS_EXPIRE, 4)), 1000 - (bns_clock_wall_s() - now), 1000);
	bns_table_set_expires(table, (const uint8_t *)"\7example\4test", now - 1);
	(void)udp();
	assert_int_equal(bns_get_u32(the(BNS_EDNS_EXPIRE, 4)), 0);
}

static void expire_goes_with_the_soa_alone(void **state)
{
	(void)state;
	question("example.test", BNS_TYPE_NS);
	option(BNS_EDNS_EXPIRE, "", 0);
	(void)udp();
	assert_false(has(BNS_EDNS_EXPIRE));
	question("www.example.test", BNS_TYPE_SOA);
	option(BNS_EDNS_EXPIRE, "", 0);
	(void)udp();
	assert_false(has(BNS_EDNS_EXPIRE));
}

static void refusal_says_whose_zone_it_is_not(void **state)
{
	(void)state;
	question("www.elsewhere.invalid", BNS_TYPE_A);
	assert_string_equal(udp(), "REFUSED rd | www.elsewhere.invalid. A | OPT 1232 000f00020014");
	query_len = sample_query("www.elsewhere.invalid", BNS_TYPE_A, query);
	assert_string_equal(udp(), "REFUSED rd | www.elsewhere.invalid. A");
}

#define AGENT "\5agent\7example"

static void set_report_channel(void)
{
	struct bns_answer_conf *c = new_conf();
	memcpy(c->report_channel, AGENT, sizeof(AGENT));
	c->report_channel_len = sizeof(AGENT);
	bns_answer_conf_set(&conf, c);
}

static void report_channel_is_told_unasked(void **state)
{
	(void)state;
	set_report_channel();
	question("out.example.test", BNS_TYPE_A);
	(void)udp();
	assert_memory_equal(the(BNS_EDNS_REPORT_CHANNEL, sizeof(AGENT)), AGENT, sizeof(AGENT));
	query_len = sample_query("out.example.test", BNS_TYPE_A, query);
	assert_null(strstr(udp(), "OPT"));
}

/* Room is kept for what was asked for; what wasn't goes before a record does. */
static void report_channel_yields_to_the_answer(void **state)
{
	(void)state;
	set_report_channel();
	question("out.example.test", BNS_TYPE_A);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	(void)udp();
	static uint8_t small[512];
	size_t full = out_len, len;
	for (size_t cap = full - 4 - sizeof(AGENT); cap <= full; cap++) {
		assert_int_equal(bns_answer(&env, query, query_len, &client, BNS_TRANSPORT_TCP, false, small, cap, &len,
					    &counts),
				 BNS_ANSWER_SEND);
		assert_int_equal(len, cap < full ? full - 4 - sizeof(AGENT) : full);
		assert_null(strstr(sample_read(small, len), " tc "));
	}
}

/* The longest question with everything at once in a datagram of 512 octets. */
static void every_option_fits_into_the_smallest_answer(void **state)
{
	(void)state;
	struct bns_answer_conf *c = new_conf();
	c->nsid_len = BNS_NSID_MAX;
	memset(c->identity, 'i', sizeof(c->identity));
	c->identity[0] = 255;
	c->report_channel_len = BNS_NAME_MAX;
	bns_answer_conf_set(&conf, c);
	static const char *const names[] = {"x.l2345678901234567890123456789012345678901234567890123456789."
					    "l2345678901234567890123456789012345678901"
					    "23456789012345.l23456789012345678901234567890123456789012345678901234567."
					    "l2345678901234567890123456789.x"
					    ".x.x.x.example.invalid",
					    "id.server", "example.test"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		query_len = sample_query(names[i], i == 1 ? BNS_TYPE_TXT : BNS_TYPE_SOA, query);
		if (i == 1)
			bns_put_u16(query + query_len - 2, BNS_CLASS_CH);
		query_len = sample_add_edns(query, query_len, 0, 1232, 0);
		option(BNS_EDNS_NSID, "", 0);
		option(BNS_EDNS_EXPIRE, "", 0);
		option(BNS_EDNS_KEEPALIVE, "", 0);
		option(BNS_EDNS_COOKIE, "12345678", 8);
		assert_int_equal(bns_answer(&env, query, query_len, &client, BNS_TRANSPORT_TCP, false, out, 512,
					    &out_len, &counts),
				 BNS_ANSWER_SEND);
		assert_true(has(BNS_EDNS_COOKIE) && has(BNS_EDNS_NSID) && has(BNS_EDNS_KEEPALIVE));
		assert_false(has(BNS_EDNS_REPORT_CHANNEL));
	}
	assert_true(has(BNS_EDNS_EXPIRE));
}

static const char *chaos(const char *name, uint16_t type)
{
	query_len = sample_query(name, type, query);
	bns_put_u16(query + query_len - 2, BNS_CLASS_CH);
	assert_int_equal(bns_answer(&env, query, query_len, &client, BNS_TRANSPORT_UDP, false, out, sizeof(out),
				    &out_len, &counts),
			 BNS_ANSWER_SEND);
	static char text[256];
	const uint8_t *record = out + query_len;
	if (bns_message_ancount(out) == 0)
		return bns_message_rcode(out) == BNS_RCODE_REFUSED ? "REFUSED" : "?";
	assert_int_equal(bns_message_ancount(out), 1);
	assert_memory_equal(record, "\300\14\0\20\0\3\0\0\0\0\0", 11);
	assert_int_equal(record[11], record[12] + 1);
	assert_int_equal(out_len, query_len + 13 + record[12]);
	snprintf(text, sizeof(text), "%.*s", record[12], (const char *)record + 13);
	return text;
}

static void chaos_is_refused_unless_there_is_an_answer(void **state)
{
	(void)state;
	static const char *const names[] = {"id.server", "hostname.bind", "version.server", "version.bind"};
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(chaos(names[i], BNS_TYPE_TXT), "REFUSED");
	struct bns_answer_conf *c = new_conf();
	memcpy(c->identity, "\4edge", 5);
	bns_answer_conf_set(&conf, c);
	assert_string_equal(chaos("id.server", BNS_TYPE_TXT), "edge");
	assert_string_equal(chaos("version.bind", BNS_TYPE_TXT), "REFUSED");
}

static void chaos_tells_identity_and_version(void **state)
{
	(void)state;
	struct bns_answer_conf *c = new_conf();
	memcpy(c->identity, "\4edge", 5);
	memcpy(c->version, "\3one", 4);
	bns_answer_conf_set(&conf, c);
	assert_string_equal(chaos("ID.Server", BNS_TYPE_TXT), "edge");
	assert_string_equal(chaos("hostname.bind", BNS_TYPE_TXT), "edge");
	assert_string_equal(chaos("version.server", BNS_TYPE_TXT), "one");
	assert_string_equal(chaos("version.bind", BNS_TYPE_ANY), "one");
	assert_string_equal(chaos("version.bind", BNS_TYPE_A), "REFUSED");
	assert_string_equal(chaos("authors.bind", BNS_TYPE_TXT), "REFUSED");
	assert_string_equal(chaos("x.id.server", BNS_TYPE_TXT), "REFUSED");
	assert_string_equal(chaos("server", BNS_TYPE_TXT), "REFUSED");
	assert_string_equal(chaos("www.example.test", BNS_TYPE_TXT), "REFUSED");
}

/* ---- padding ---- */

static void answer_by_tls_to_a_padded_question_is_padded_to_blocks(void **state)
{
	(void)state;
	static const char *const names[] = {"www.example.test", "example.test", "not.there.example.test"};
	size_t len;
	struct bns_answer_conf *c = new_conf();
	c->nsid_len = 3;
	memcpy(c->nsid, "\1ns", 3);
	bns_answer_conf_set(&conf, c);
	for (size_t i = 0; i < 3; i++) {
		question(names[i], BNS_TYPE_TXT);
		option(BNS_EDNS_NSID, "", 0);
		option(BNS_EDNS_PADDING, "\0\0\0\0", 4);
		(void)ask_over(BNS_TRANSPORT_TLS);
		assert_int_equal(out_len, 468);
		const uint8_t *zeros = answered(BNS_EDNS_PADDING, &len);
		assert_non_null(zeros);
		for (size_t n = 0; n < len; n++)
			assert_int_equal(zeros[n], 0);
		assert_ptr_equal(zeros + len, out + out_len);
		assert_true(has(BNS_EDNS_NSID));
	}
}

static void padding_is_only_for_those_who_pad_and_only_by_tls(void **state)
{
	(void)state;
	question("www.example.test", BNS_TYPE_TXT);
	(void)ask_over(BNS_TRANSPORT_TLS);
	assert_false(has(BNS_EDNS_PADDING));
	option(BNS_EDNS_NSID, "", 0);
	(void)ask_over(BNS_TRANSPORT_TLS);
	assert_false(has(BNS_EDNS_PADDING));
	option(BNS_EDNS_PADDING, "", 0);
	(void)ask_over(BNS_TRANSPORT_TCP);
	assert_false(has(BNS_EDNS_PADDING));
	(void)udp();
	assert_false(has(BNS_EDNS_PADDING));
	(void)ask_over(BNS_TRANSPORT_TLS);
	assert_true(has(BNS_EDNS_PADDING));
}

/* -- answers that others write -- */

/* As a zone transfer does: header, question, then the OPT; `behind` octets will follow. */
static void end_other(enum bns_transport transport, enum bns_rcode rcode, size_t behind)
{
	struct bns_request req;
	struct bns_writer w = bns_writer_of(out, sizeof(out));
	assert_int_equal(bns_request_parse(query, query_len, &req), BNS_OK);
	const struct bns_opt_for to = {
		.env = &env, .msg = query, .req = &req, .client = &client, .transport = transport, .behind = behind};
	bns_message_write_header(&w, 0x1234, BNS_OPCODE_QUERY, BNS_FLAG_QR, BNS_RCODE_NOERROR);
	bns_write_bytes(&w, query + BNS_HEADER_LEN, (size_t)(req.question_end - BNS_HEADER_LEN));
	bns_put_u16(out + 4, 1);
	bns_opt_end(&to, rcode, &w);
	assert_false(w.failed);
	out_len = w.pos;
}

static void others_answers_get_the_same_options(void **state)
{
	(void)state;
	struct bns_answer_conf *c = new_conf();
	c->nsid_len = 2;
	memcpy(c->nsid, "ns", 2);
	bns_answer_conf_set(&conf, c);
	query_len = sample_query("example.test", BNS_TYPE_AXFR, query);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_string_equal(sample_read(out, out_len), "NOERROR | example.test. AXFR");
	question("example.test", BNS_TYPE_AXFR);
	option(BNS_EDNS_NSID, "", 0);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	option(BNS_EDNS_KEEPALIVE, "", 0);
	option(BNS_EDNS_EXPIRE, "", 0);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_memory_equal(the(BNS_EDNS_NSID, 2), "ns", 2);
	assert_memory_equal(the(BNS_EDNS_COOKIE, 24), "12345678\1\0\0\0", 12);
	assert_int_equal(bns_get_u16(the(BNS_EDNS_KEEPALIVE, 2)), 100);
	assert_int_equal(bns_get_u32(the(BNS_EDNS_EXPIRE, 4)), 86400);
	question("example.test", BNS_TYPE_IXFR);
	option(BNS_EDNS_EXPIRE, "", 0);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_int_equal(bns_get_u32(the(BNS_EDNS_EXPIRE, 4)), 86400);
	option(BNS_EDNS_NSID, "", 0);
	option(BNS_EDNS_KEEPALIVE, "", 0);
	end_other(BNS_TRANSPORT_UDP, BNS_RCODE_REFUSED, 0);
	assert_int_equal(bns_message_rcode(out), BNS_RCODE_REFUSED);
	assert_true(has(BNS_EDNS_NSID));
	assert_false(has(BNS_EDNS_KEEPALIVE) || has(BNS_EDNS_EXPIRE));
}

static void others_answers_have_no_options_for_who_has_no_zone_or_bad_ones(void **state)
{
	(void)state;
	question("elsewhere.test", BNS_TYPE_AXFR);
	option(BNS_EDNS_EXPIRE, "", 0);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_string_equal(sample_read(out, out_len), "NOERROR | elsewhere.test. AXFR | OPT 1232");
	assert_int_equal(bns_table_publish(table, placeholder("new.test")), BNS_OK);
	question("new.test", BNS_TYPE_AXFR);
	option(BNS_EDNS_EXPIRE, "", 0);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_string_equal(sample_read(out, out_len), "NOERROR | new.test. AXFR | OPT 1232");
	question("example.test", BNS_TYPE_AXFR);
	option(BNS_EDNS_COOKIE, "1234567", 7);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_string_equal(sample_read(out, out_len), "NOERROR | example.test. AXFR | OPT 1232");
	query_len = sample_add_edns(query, sample_query("example.test", BNS_TYPE_AXFR, query), 1, 1232, 0);
	option(BNS_EDNS_COOKIE, "12345678", 8);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_BADVERS, 0);
	assert_string_equal(sample_read(out, out_len), "NOERROR | example.test. AXFR | OPT 1232 rcode-high 1");
	env.conf = NULL;
	question("example.test", BNS_TYPE_AXFR);
	option(BNS_EDNS_NSID, "", 0);
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_string_equal(sample_read(out, out_len), "NOERROR | example.test. AXFR | OPT 1232");
	struct bns_request none = {.has_question = false, .has_edns = true};
	struct bns_writer w = bns_writer_of(out, sizeof(out));
	const struct bns_opt_for to = {.env = &env, .msg = query, .req = &none, .client = &client};
	bns_message_write_header(&w, 0x1234, BNS_OPCODE_QUERY, BNS_FLAG_QR, BNS_RCODE_NOERROR);
	bns_opt_end(&to, BNS_RCODE_NOERROR, &w);
	assert_int_equal(w.pos, BNS_HEADER_LEN + BNS_OPT_EMPTY_LEN);
}

static void others_answers_are_padded_together_with_what_follows(void **state)
{
	(void)state;
	question("example.test", BNS_TYPE_AXFR);
	option(BNS_EDNS_PADDING, "", 0);
	for (size_t behind = 0; behind < 1000; behind += 97) {
		end_other(BNS_TRANSPORT_TLS, BNS_RCODE_NOERROR, behind);
		assert_int_equal((out_len + behind) % 468, 0);
		assert_true(out_len + behind <= 3 * 468);
	}
	end_other(BNS_TRANSPORT_TCP, BNS_RCODE_NOERROR, 0);
	assert_false(has(BNS_EDNS_PADDING));
	question("example.test", BNS_TYPE_AXFR);
	end_other(BNS_TRANSPORT_TLS, BNS_RCODE_NOERROR, 0);
	assert_false(has(BNS_EDNS_PADDING));
}

#define own(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		own(nsid_is_told_who_asks),
		own(unknown_options_are_ignored_among_known_ones),
		own(cookie_is_learnt_and_then_holds),
		own(cookie_proves_an_address_that_was_challenged),
		own(cookie_that_does_not_hold_is_answered_with_a_good_one),
		own(cookie_of_the_former_secret_is_renewed),
		own(of_two_cookies_the_first_counts),
		own(malformed_cookie_is_a_format_error),
		own(options_of_a_later_edns_are_not_read),
		own(cookie_alone_needs_no_question),
		cmocka_unit_test(options_are_read_up_to_what_is_malformed),
		own(nobody_without_secrets_makes_cookies),
		own(keepalive_is_told_on_a_connection_alone),
		own(expire_of_a_primary_is_its_soas),
		own(expire_of_a_secondary_is_what_is_left),
		own(expire_goes_with_the_soa_alone),
		own(refusal_says_whose_zone_it_is_not),
		own(report_channel_is_told_unasked),
		own(report_channel_yields_to_the_answer),
		own(every_option_fits_into_the_smallest_answer),
		own(answer_by_tls_to_a_padded_question_is_padded_to_blocks),
		own(padding_is_only_for_those_who_pad_and_only_by_tls),
		own(others_answers_get_the_same_options),
		own(others_answers_have_no_options_for_who_has_no_zone_or_bad_ones),
		own(others_answers_are_padded_together_with_what_follows),
		own(chaos_is_refused_unless_there_is_an_answer),
		own(chaos_tells_identity_and_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
