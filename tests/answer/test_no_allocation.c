/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers questions with an allocator that ends the program while it is
 * forbidden to allocate. Sanitizers bring an allocator of their own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "base/rcu.h"
#include "sample.h"

static bool forbidden;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CAN_FORBID true

/* glibc's own names of what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static void check_allowed(void)
{
	if (forbidden)
		abort();
}

void *malloc(size_t size)
{
	check_allowed();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	check_allowed();
	return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	check_allowed();
	return __libc_realloc(block, size);
}

void free(void *block)
{
	check_allowed();
	__libc_free(block);
}
#else
#define CAN_FORBID false
#endif

/* As little as proofs by NSEC3 need; hashes are of no importance. */
static const char nsec3_zone[] = "$TTL 300\n"
				 "@ SOA ns1 hostmaster 7 3600 600 86400 60\n"
				 "@ NS ns1\n"
				 "@ NSEC3PARAM 1 0 5 aabbccdd\n"
				 "ns1 A 192.0.2.1\n"
				 "ns1 RRSIG A 13 3 300 20300101000000 20200101000000 1 signed.test. AAAA\n"
				 "*.wild A 192.0.2.2\n"
				 "sub NS ns1\n"
				 "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 1 5 aabbccdd "
				 "2t7b4g4vsa5smi47k61mv5bv1a22bojr A\n";

/* Every kind of decision, and every kind of refusal. */
static const struct {
	const char *name;
	uint16_t type;
} questions[] = {
	{"www.example.test", BNS_TYPE_A},      {"mx.example.test", BNS_TYPE_MX},
	{"example.test", BNS_TYPE_SOA},        {"www.example.test", BNS_TYPE_ANY},
	{"www.example.test", BNS_TYPE_AAAA},   {"a.b.c.nothere.example.test", BNS_TYPE_A},
	{"x.wild.example.test", BNS_TYPE_A},   {"x.sub.example.test", BNS_TYPE_A},
	{"chain.example.test", BNS_TYPE_A},    {"todn.example.test", BNS_TYPE_A},
	{"x.dloop1.example.test", BNS_TYPE_A}, {"x.lwild.example.test", BNS_TYPE_A},
	{"www.example.org", BNS_TYPE_A},       {"new.test", BNS_TYPE_A},
	{"ns1.signed.test", BNS_TYPE_A},       {"a.b.nothere.signed.test", BNS_TYPE_A},
	{"x.wild.signed.test", BNS_TYPE_A},    {"x.wild.signed.test", BNS_TYPE_MX},
	{"x.sub.signed.test", BNS_TYPE_A},     {"ns1.signed.test", BNS_TYPE_RRSIG},
	{"example.test", BNS_TYPE_AXFR},       {"www.example.test", BNS_TYPE_OPT},
};

/* What asks for everything there is: NSID, EXPIRE, a client's cookie and one that doesn't hold, keepalive. */
static const uint8_t all_options[] = "\0\3\0\0\0\11\0\0\0\12\0\30clientcooserverserverser\0\13\0";

static void ask_with_all_options(const struct bns_answer_env *env, uint8_t *query, size_t len,
				 const union bns_addr *client, struct bns_answer_counts *counts)
{
	static uint8_t out[BNS_MESSAGE_MAX];
	size_t out_len;
	bns_put_u16(query + len - 2, sizeof(all_options));
	memcpy(query + len, all_options, sizeof(all_options));
	len += sizeof(all_options);
	forbidden = true;
	(void)bns_answer(env, query, len, client, BNS_TRANSPORT_UDP, false, out, sizeof(out), &out_len, counts);
	(void)bns_answer(env, query, len, client, BNS_TRANSPORT_TCP, false, out, sizeof(out), &out_len, counts);
	forbidden = false;
}

static void options_and_chaos_allocate_nothing(void **state)
{
	(void)state;
	static const char *const names[] = {"example.test", "id.server", "version.bind", "authors.bind"};
	static uint8_t query[512];
	static struct bns_answer_conf conf = {.identity = "\2me",
					      .nsid = "me",
					      .nsid_len = 2,
					      .report_channel = "\2me",
					      .report_channel_len = 4,
					      .cookies = {.count = 2}};
	static const struct bns_answer_conf *place = &conf;
	union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = 1}};
	struct bns_answer_counts counts = {0};
	bns_rcu_register();
	struct bns_table *table = bns_table_new();
	assert_non_null(table);
	assert_int_equal(bns_table_publish(table, sample_image("example.test", sample_zone)), BNS_OK);
	bns_table_set_expires(table, (const uint8_t *)"\7example\4test", 1);
	const struct bns_answer_env env = {
		.table = table, .conf = &place, .udp_max_payload = 1232, .keepalive_ds = 100};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = sample_query(names[i], i == 0 ? BNS_TYPE_SOA : BNS_TYPE_TXT, query);
		bns_put_u16(query + len - 2, i == 0 ? BNS_CLASS_IN : BNS_CLASS_CH);
		ask_with_all_options(&env, query, sample_add_edns(query, len, 0, 1232, 0), &client, &counts);
	}
	assert_int_equal(counts.rcode[BNS_RCODE_NOERROR], 4);
	assert_int_equal(counts.rcode[BNS_RCODE_REFUSED], 4);
	bns_rcu_unregister();
	bns_rcu_barrier();
	bns_table_free(table);
}

static void answers_allocate_nothing(void **state)
{
	(void)state;
	static uint8_t query[512], out[BNS_MESSAGE_MAX];
	const union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = 1}};
	struct bns_answer_counts counts = {0};
	uint8_t apex[BNS_NAME_MAX];
	struct bns_image *placeholder = NULL;

	bns_rcu_register();
	struct bns_table *table = bns_table_new();
	assert_non_null(table);
	assert_int_equal(bns_table_publish(table, sample_image("example.test", sample_zone)), BNS_OK);
	assert_int_equal(bns_table_publish(table, sample_image("signed.test", nsec3_zone)), BNS_OK);
	sample_name("new.test", apex);
	assert_int_equal(bns_image_placeholder(apex, BNS_IMAGE_NOT_READY, &placeholder), BNS_OK);
	assert_int_equal(bns_table_publish(table, placeholder), BNS_OK);
	const struct bns_answer_env env = {.table = table, .udp_max_payload = 1232};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		size_t len = sample_query(questions[i].name, questions[i].type, query), out_len;
		len = sample_add_edns(query, len, 0, 1232, BNS_EDNS_DO);
		forbidden = true;
		(void)bns_answer(&env, query, len, &client, BNS_TRANSPORT_UDP, false, out, sizeof(out), &out_len,
				 &counts);
		(void)bns_answer(&env, query, len, &client, BNS_TRANSPORT_TCP, false, out, sizeof(out), &out_len,
				 &counts);
		(void)bns_answer(&env, query, len - 1, &client, BNS_TRANSPORT_UDP, false, out, sizeof(out), &out_len,
				 &counts);
		forbidden = false;
	}
	assert_int_equal(counts.queries, 3 * sizeof(questions) / sizeof(questions[0]));
	bns_rcu_unregister();
	bns_rcu_barrier();
	bns_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_allocate_nothing),
		cmocka_unit_test(options_and_chaos_allocate_nothing),
	};
	/* cmocka's own skip() is a failure in TAP's eyes. */
	if (!CAN_FORBID) {
		puts("1..0 # SKIP a sanitizer brings an allocator of its own");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
