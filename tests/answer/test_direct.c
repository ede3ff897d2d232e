/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "answer/direct.h"
#include "base/rcu.h"
#include "sample.h"

static const char signed_zone[] = "$TTL 300\n"
				  "@ SOA ns1 hostmaster 7 3600 600 86400 300\n"
				  "@ RRSIG SOA 13 2 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "@ NS ns1\n"
				  "@ NSEC a NS SOA RRSIG NSEC\n"
				  "@ RRSIG NSEC 13 2 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "a CNAME elsewhere.example.\n"
				  "a RRSIG CNAME 13 3 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "a NSEC ns1 CNAME RRSIG NSEC\n"
				  "ns1 A 192.0.2.1\n"
				  "ns1 RRSIG A 13 3 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				  "ns1 NSEC signed.test. A RRSIG NSEC\n";

static const char *const apexes[] = {"example.test", "sub.example.test", "signed.test"};

static struct bns_table *table;
static struct bns_answer_env env;

static void publish(const char *apex, const char *zone)
{
	assert_int_equal(bns_table_publish(table, sample_image(apex, zone)), BNS_OK);
}

static int set_up(void **state)
{
	(void)state;
	bns_rcu_register();
	table = bns_table_new();
	assert_non_null(table);
	publish(apexes[0], sample_zone);
	publish(apexes[1], "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS ns\nns A 192.0.2.4\n");
	publish(apexes[2], signed_zone);
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

/* How a question is put, apart from its name and type. */
struct manner {
	uint16_t payload; /* 0: no EDNS */
	uint16_t edns_flags;
	uint16_t flags;
	bool upper_case;
	enum bns_transport transport;
	size_t cap;
};

static const struct manner manners[] = {
	{0, 0, 0, false, BNS_TRANSPORT_UDP, 1232},
	{0, 0, BNS_FLAG_RD, true, BNS_TRANSPORT_UDP, 1232},
	{512, 0, BNS_FLAG_CD | BNS_FLAG_AD, false, BNS_TRANSPORT_UDP, 1232},
	{1232, BNS_EDNS_DO, BNS_FLAG_RD, true, BNS_TRANSPORT_UDP, 1232},
	{4096, BNS_EDNS_DO, 0, false, BNS_TRANSPORT_TCP, BNS_MESSAGE_MAX},
	{4096, 0, 0, false, BNS_TRANSPORT_TCP, BNS_UDP_PLAIN_MAX},
};

static size_t make_query(const uint8_t *name, uint16_t type, const struct manner *m, uint8_t *query)
{
	struct bns_writer w = bns_writer_of(query, 512);
	bns_message_write_query(&w, 0xABCD, BNS_OPCODE_QUERY, m->flags, name, type);
	for (size_t i = BNS_HEADER_LEN; m->upper_case && i < w.pos - 4; i++)
		if (query[i] >= 'a' && query[i] <= 'z')
			query[i] = (uint8_t)(query[i] - 0x20);
	return m->payload > 0 ? sample_add_edns(query, w.pos, 0, m->payload, m->edns_flags) : w.pos;
}

/* Without a guess there is no direct answer. */
static size_t answer_stepwise(struct bns_query *q, uint8_t *out, size_t cap)
{
	struct bns_answer_counts counts = {.queries = 0};
	size_t len;
	bns_answer_read(&env, q);
	assert_int_equal(bns_answer_write(&env, q, out, cap, &len, &counts), BNS_ANSWER_SEND);
	return len;
}

static size_t answer_directly(struct bns_query *q, uint8_t *out, size_t max)
{
	bns_answer_read(&env, q);
	bns_answer_find(&env, q);
	bns_answer_approach(q);
	return bns_direct_is_for(&env, q) ? bns_direct_write(&env, q, out, max) : 0;
}

static size_t max_of(const struct manner *m)
{
	if (m->transport == BNS_TRANSPORT_TCP)
		return m->cap;
	return m->payload > BNS_UDP_PLAIN_MAX ? m->payload : BNS_UDP_PLAIN_MAX;
}

/* Is there a direct answer? Then it is the other one. */
static unsigned compare(const uint8_t *name, uint16_t type, const struct manner *m)
{
	static const union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = 1}};
	static uint8_t stepwise[BNS_MESSAGE_MAX], direct[BNS_MESSAGE_MAX];
	uint8_t query[512];
	struct bns_query q = {.msg = query, .client = &client, .transport = m->transport};
	q.len = make_query(name, type, m, query);
	size_t direct_len = answer_directly(&q, direct, max_of(m));
	if (direct_len == 0)
		return 0;
	assert_int_equal(answer_stepwise(&q, stepwise, m->cap), direct_len);
	assert_memory_equal(direct, stepwise, direct_len);
	return 1;
}

static unsigned compare_all(const struct bns_image *img, const struct manner *m)
{
	static const uint16_t types[] = {
		BNS_TYPE_A,    BNS_TYPE_NS,    BNS_TYPE_CNAME, BNS_TYPE_SOA, BNS_TYPE_MX,
		BNS_TYPE_TXT,  BNS_TYPE_AAAA,  BNS_TYPE_DNAME, BNS_TYPE_DS,  BNS_TYPE_RRSIG,
		BNS_TYPE_NSEC, BNS_TYPE_HTTPS, BNS_TYPE_ANY,   BNS_TYPE_CAA, 0,
		1000,
	};
	unsigned count = 0;
	for (uint32_t i = 0; i < img->node_count; i++)
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
			count += compare(bns_image_at(img, bns_image_node(img, i)->name), types[t], m);
	return count;
}

static void a_direct_answer_is_octet_by_octet_the_decided_one(void **state)
{
	(void)state;
	for (size_t a = 0; a < sizeof(apexes) / sizeof(apexes[0]); a++) {
		uint8_t apex[BNS_NAME_MAX];
		sample_name(apexes[a], apex);
		const struct bns_image *img = bns_table_get(table, apex);
		for (size_t m = 0; m < sizeof(manners) / sizeof(manners[0]); m++)
			assert_true(compare_all(img, &manners[m]) > 0);
	}
}

static unsigned is_direct(const char *text, uint16_t type, const struct manner *m)
{
	uint8_t name[BNS_NAME_MAX];
	sample_name(text, name);
	return compare(name, type, m);
}

static void what_one_rrset_answers_is_direct(void **state)
{
	(void)state;
	assert_int_equal(is_direct("out.example.test", BNS_TYPE_A, &manners[0]), 1);
	assert_int_equal(is_direct("www.example.test", BNS_TYPE_A, &manners[3]), 1);
	assert_int_equal(is_direct("www.example.test", BNS_TYPE_MX, &manners[0]), 1); /* NODATA */
	assert_int_equal(is_direct("a.signed.test", BNS_TYPE_A, &manners[3]), 1);
}

static void what_has_to_be_decided_is_not_direct(void **state)
{
	(void)state;
	assert_int_equal(is_direct("alias.example.test", BNS_TYPE_A, &manners[0]), 0);     /* leads on */
	assert_int_equal(is_direct("nothere.example.test", BNS_TYPE_A, &manners[0]), 0);   /* isn't there */
	assert_int_equal(is_direct("x.wild.example.test", BNS_TYPE_A, &manners[0]), 0);    /* from a wildcard */
	assert_int_equal(is_direct("insecure.example.test", BNS_TYPE_NS, &manners[0]), 0); /* at a cut */
	assert_int_equal(is_direct("out.example.test", BNS_TYPE_AXFR, &manners[4]), 0);    /* no data */
	assert_int_equal(is_direct("ns1.signed.test", BNS_TYPE_AAAA, &manners[3]), 0);     /* wants a proof */
}

static void options_and_their_answers_are_not_direct(void **state)
{
	static const struct bns_answer_conf conf = {.report_channel = {0}, .report_channel_len = 1};
	static const struct bns_answer_conf *const place = &conf;
	(void)state;
	env.conf = &place;
	assert_int_equal(is_direct("out.example.test", BNS_TYPE_A, &manners[3]), 0);
	assert_int_equal(is_direct("out.example.test", BNS_TYPE_A, &manners[0]), 1);
	env.conf = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_direct_answer_is_octet_by_octet_the_decided_one),
		cmocka_unit_test(what_one_rrset_answers_is_direct),
		cmocka_unit_test(what_has_to_be_decided_is_not_direct),
		cmocka_unit_test(options_and_their_answers_are_not_direct),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
