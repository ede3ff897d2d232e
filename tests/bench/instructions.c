/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks every kind of question, by the steps that a batch is answered in, so
 * that valgrind's callgrind can count what the packet path executes for it:
 * test_instructions.py runs this program and reads the counts. By itself it
 * only sees that each kind gets the answer it is named after, and prints how
 * it was compiled.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define COUNTED "yes"
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_DUMP_STATS_AT(title) (void)(title)
#define COUNTED                        "no"
#endif

#include "../answer/sample.h"
#include "answer/answer.h"
#include "base/rcu.h"

#define ROUNDS 256

static const char branding_zone[] =
	"$TTL 300\n"
	"@ SOA ns1.brand-dns.example. hostmaster.brand-dns.example. 7 3600 600 1209600 300\n"
	"@ NS ns1.brand-dns.example.\n"
	"@ NS ns2.brand-dns.example.\n"
	"url1234 CNAME d111111abcdef8.cdn.example.\n"
	"5678901 CNAME sendgrid.net.\n";

static const char wide_zone[] = "$TTL 300\n"
				"@ SOA ns1 hostmaster 7 3600 600 86400 300\n"
				"@ NS ns1\n"
				"ns1 A 192.0.2.1\n"
				"www A 192.0.2.2\n"
				"alias CNAME www\n"
				"*.wild A 192.0.2.9\n"
				"sub NS ns.sub\n"
				"ns.sub A 192.0.2.4\n";

/* Signed as far as the packet path can tell. */
static const char signed_zone[] = "$TTL 300\n"
				  "@ SOA ns1 hostmaster 7 3600 600 86400 300\n"
				  "@ RRSIG SOA 13 2 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "@ NS ns1\n"
				  "@ NSEC ns1 NS SOA RRSIG NSEC\n"
				  "@ RRSIG NSEC 13 2 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "ns1 A 192.0.2.1\n"
				  "ns1 RRSIG A 13 3 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "ns1 NSEC signed.test. A RRSIG NSEC\n"
				  "ns1 RRSIG NSEC 13 3 300 20300101000000 20200101000000 1 signed.test. AAAA\n";

enum edns { PLAIN, EDNS, DNSSEC, COOKIE };

static const struct kind {
	const char *title;
	const char *name;
	uint16_t type;
	enum edns edns;
	enum bns_rcode rcode;
	uint16_t answers;
	bool tcp;
} kinds[] = {
	{"cname-a", "url1234.customer.test", BNS_TYPE_A, PLAIN, BNS_RCODE_NOERROR, 1, false},
	{"cname-a-edns", "url1234.customer.test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 1, false},
	{"cname-a-cookie", "url1234.customer.test", BNS_TYPE_A, COOKIE, BNS_RCODE_NOERROR, 1, false},
	{"cname-a-tcp", "url1234.customer.test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 1, true},
	{"cname-aaaa", "url1234.customer.test", BNS_TYPE_AAAA, PLAIN, BNS_RCODE_NOERROR, 1, false},
	{"cname-cname", "5678901.customer.test", BNS_TYPE_CNAME, PLAIN, BNS_RCODE_NOERROR, 1, false},
	{"cname-mixed-case", "URL1234.Customer.Test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 1, false},
	{"cname-chased", "alias.wide.test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 2, false},
	{"address", "www.wide.test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 1, false},
	{"apex-soa", "customer.test", BNS_TYPE_SOA, PLAIN, BNS_RCODE_NOERROR, 1, false},
	{"apex-ns", "customer.test", BNS_TYPE_NS, PLAIN, BNS_RCODE_NOERROR, 2, false},
	{"nxdomain", "x17.customer.test", BNS_TYPE_A, EDNS, BNS_RCODE_NXDOMAIN, 0, false},
	{"nodata", "customer.test", BNS_TYPE_AAAA, EDNS, BNS_RCODE_NOERROR, 0, false},
	{"wildcard", "x.wild.wide.test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 1, false},
	{"referral", "a.b.sub.wide.test", BNS_TYPE_A, EDNS, BNS_RCODE_NOERROR, 0, false},
	{"refused", "www.elsewhere.example", BNS_TYPE_A, EDNS, BNS_RCODE_REFUSED, 0, false},
	{"dnssec-address", "ns1.signed.test", BNS_TYPE_A, DNSSEC, BNS_RCODE_NOERROR, 2, false},
	{"dnssec-nxdomain", "x.signed.test", BNS_TYPE_A, DNSSEC, BNS_RCODE_NXDOMAIN, 0, false},
};

static const struct bns_answer_conf conf = {.cookies = {.count = 1}};
static const struct bns_answer_conf *const conf_place = &conf;
static const union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = 1}};

/* A client's cookie alone: it gets ours. */
static size_t add_cookie(uint8_t *query, size_t len)
{
	static const uint8_t option[] = "\0\12\0\10clientco";
	bns_put_u16(query + len - 2, sizeof(option) - 1);
	memcpy(query + len, option, sizeof(option) - 1);
	return len + sizeof(option) - 1;
}

static size_t make_query(const struct kind *k, uint8_t *query)
{
	size_t len = sample_query(k->name, k->type, query);
	if (k->edns == PLAIN)
		return len;
	len = sample_add_edns(query, len, 0, 1232, k->edns == DNSSEC ? BNS_EDNS_DO : 0);
	return k->edns == COOKIE ? add_cookie(query, len) : len;
}

static size_t ask(const struct bns_answer_env *env, const struct kind *k, const uint8_t *query, size_t len,
		  uint8_t *out, struct bns_answer_counts *counts)
{
	static struct bns_query q;
	size_t out_len;
	q.msg = query;
	q.len = len;
	q.client = &client;
	q.transport = k->tcp ? BNS_TRANSPORT_TCP : BNS_TRANSPORT_UDP;
	bns_answer_read(env, &q);
	bns_answer_find(env, &q);
	bns_answer_approach(&q);
	enum bns_answer_action action =
		bns_answer_write(env, &q, out, k->tcp ? BNS_MESSAGE_MAX : BNS_EDNS_UDP_DEFAULT, &out_len, counts);
	return action == BNS_ANSWER_SEND ? out_len : 0;
}

/* The first question of a kind isn't counted: it resolves symbols. */
static void measure(const struct bns_answer_env *env, const struct kind *k)
{
	static struct bns_answer_counts counts;
	static uint8_t out[BNS_MESSAGE_MAX];
	uint8_t query[512];
	size_t len = make_query(k, query);
	assert_true(ask(env, k, query, len, out, &counts) > 0);
	assert_int_equal(bns_message_rcode(out), k->rcode);
	assert_int_equal(bns_message_ancount(out), k->answers);
	CALLGRIND_ZERO_STATS;
	CALLGRIND_START_INSTRUMENTATION;
	for (unsigned i = 0; i < ROUNDS; i++)
		(void)ask(env, k, query, len, out, &counts);
	CALLGRIND_STOP_INSTRUMENTATION;
	CALLGRIND_DUMP_STATS_AT(k->title);
}

static void publish(struct bns_table *table, const char *apex, const char *zone)
{
	assert_int_equal(bns_table_publish(table, sample_image(apex, zone)), BNS_OK);
}

int main(void)
{
	bns_rcu_register();
	struct bns_table *table = bns_table_new();
	assert_non_null(table);
	publish(table, "customer.test", branding_zone);
	publish(table, "wide.test", wide_zone);
	publish(table, "signed.test", signed_zone);
	const struct bns_answer_env env = {.table = table, .conf = &conf_place, .udp_max_payload = 1232};
	printf("counted %s\nrounds %d\ncompiler %s %s\n", COUNTED, ROUNDS, __VERSION__, BENCH_CFLAGS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		measure(&env, &kinds[i]);
	bns_rcu_unregister();
	bns_rcu_barrier();
	bns_table_free(table);
	return 0;
}
