/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/contents.h"

static const uint8_t *name(const char *text)
{
	static uint8_t ring[8][BNS_NAME_MAX];
	static unsigned turn;
	uint8_t *wire = ring[turn++ % 8];
	size_t len;
	assert_int_equal(bns_name_from_text(text, NULL, wire, &len), BNS_OK);
	return wire;
}

static struct bns_contents *contents_of(const char *apex)
{
	struct bns_contents *c = bns_contents_new(name(apex));
	assert_non_null(c);
	return c;
}

static void add(struct bns_contents *c, const char *owner, uint16_t type, uint32_t ttl, const void *rdata, size_t len)
{
	assert_int_equal(bns_contents_add(c, name(owner), type, ttl, rdata, (uint16_t)len, 0, (uint32_t)c->count + 1),
			 BNS_OK);
}

static void add_a(struct bns_contents *c, const char *owner, uint8_t last)
{
	add(c, owner, BNS_TYPE_A, 300, (uint8_t[]){192, 0, 2, last}, 4);
}

static void add_name(struct bns_contents *c, const char *owner, uint16_t type, const char *target)
{
	const uint8_t *wire = name(target);
	add(c, owner, type, 300, wire, bns_name_len(wire));
}

static void add_soa(struct bns_contents *c, const char *owner, uint8_t serial)
{
	uint8_t rdata[2 + 20] = {0, 0, 0, 0, 0, serial};
	add(c, owner, BNS_TYPE_SOA, 300, rdata, sizeof(rdata));
}

/* A zone with something of everything, finished. */
static struct bns_contents *sample(void)
{
	struct bns_contents *c = contents_of("Example.com.");
	add_a(c, "www.example.com.", 2);
	add_soa(c, "example.com.", 7);
	add_a(c, "www.example.com.", 1);
	add_name(c, "example.com.", BNS_TYPE_NS, "ns.Example.com.");
	add_a(c, "ns.EXAMPLE.com.", 3);
	add_a(c, "outside.example.net.", 4);
	add(c, "www.example.com.", BNS_TYPE_TXT, 60, "", 1);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	return c;
}

static void assert_same(const struct bns_contents *a, const struct bns_contents *b)
{
	assert_true(bns_name_equal(a->apex, b->apex));
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->serial, b->serial);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(bns_record_compare(&a->records[i], &b->records[i]), 0);
		assert_int_equal(a->records[i].ttl, b->records[i].ttl);
		assert_memory_equal(a->records[i].rdata, b->records[i].rdata, a->records[i].rdlen);
	}
}

static void contents_finish_sorts_into_canonical_order(void **state)
{
	(void)state;
	/* RFC 4034 §6.1's own example. */
	static const char *const order[] = {"example.",         "a.example.",      "yljkjljk.a.example.",
					    "Z.a.example.",     "zABC.a.EXAMPLE.", "z.example.",
					    "\\001.z.example.", "*.z.example.",    "\\200.z.example."};
	size_t count = sizeof(order) / sizeof(*order);
	struct bns_contents *c = contents_of("example.");
	for (size_t i = 0; i < count; i++)
		add_a(c, order[(i * 4 + 3) % count], 1);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(c->count, count);
	for (size_t i = 0; i < count; i++)
		assert_true(bns_name_equal(c->records[i].owner, name(order[i])));
	bns_contents_free(c);
}

/* Labels of few and of awkward octets, so that the sort's shortcuts meet their limits. */
static void contents_finish_sorts_whatever_the_labels_hold(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		struct bns_contents *c = contents_of("example.");
		uint32_t seed = 1;
		for (unsigned i = 0; i < 3000; i++) {
			uint8_t owner[64] = {0};
			size_t len = 0;
			for (unsigned labels = 1 + i % 4; labels > 0; labels--) {
				seed = seed * 1103515245 + 12345;
				owner[len++] = (uint8_t)(1 + (seed >> 16) % 7);
				for (unsigned n = owner[len - 1]; n > 0; n--, seed = seed * 1103515245 + 12345)
					owner[len++] = (uint8_t) "\0\1\2az\377"[(seed >> 16) % 6];
			}
			memcpy(owner + len, round == 1 && i == 0 ? "\3net" : "\7example", round == 1 && i == 0 ? 5 : 9);
			assert_int_equal(bns_contents_add(c, owner, BNS_TYPE_A, 5, "\1\2\3\4", 4, 0, i), BNS_OK);
		}
		assert_int_equal(bns_contents_finish(c), BNS_OK);
		assert_true(c->count > 1000);
		for (size_t i = 1; i < c->count; i++)
			assert_true(bns_record_compare(&c->records[i - 1], &c->records[i]) < 0);
		bns_contents_free(c);
	}
}

static void contents_finish_sorts_types_then_rdata(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	const struct bns_record *www = &c->records[3];
	assert_int_equal(c->records[0].type, BNS_TYPE_NS);
	assert_int_equal(c->records[1].type, BNS_TYPE_SOA);
	assert_int_equal(www[0].rdata[3], 1);
	assert_int_equal(www[1].rdata[3], 2);
	assert_int_equal(www[2].type, BNS_TYPE_TXT);
	bns_contents_free(c);
}

static void contents_finish_drops_exact_duplicates_and_keeps_the_first_line(void **state)
{
	(void)state;
	struct bns_contents *c = contents_of("example.");
	add_name(c, "x.example.", BNS_TYPE_NS, "NS.example.");
	add_name(c, "a.example.", BNS_TYPE_NS, "ns.example.");
	add_name(c, "X.example.", BNS_TYPE_NS, "ns.EXAMPLE.");
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(c->count, 2);
	assert_int_equal(c->records[1].line, 1);
	assert_memory_equal(c->records[1].rdata, "\2NS\7example", 12);
	bns_contents_free(c);
}

static void contents_finish_keeps_what_differs_in_ttl_alone(void **state)
{
	(void)state;
	struct bns_contents *c = contents_of("example.");
	add(c, "x.example.", BNS_TYPE_TXT, 300, "\1x", 2);
	add(c, "x.example.", BNS_TYPE_TXT, 200, "\1x", 2);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(c->count, 2);
	assert_int_equal(c->records[0].ttl, 200);
	bns_contents_free(c);
}

static void contents_finish_fills_serial_and_signed(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	assert_int_equal(c->serial, 7);
	assert_false(c->is_signed);
	add(c, "x.example.com.", BNS_TYPE_RRSIG, 300, "", 0);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_true(c->is_signed);
	bns_contents_free(c);
}

static void contents_owners_are_lower_case_and_rdata_keeps_its_case(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	assert_memory_equal(c->apex, "\7example\3com", 13);
	assert_memory_equal(c->records[2].owner, "\2ns\7example\3com", 16);
	assert_memory_equal(c->records[0].rdata, "\2ns\7Example\3com", 16);
	bns_contents_free(c);
}

static void contents_find_yields_the_rrset(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	size_t count;
	const struct bns_record *r = bns_contents_find(c, name("WWW.example.com."), BNS_TYPE_A, &count);
	assert_non_null(r);
	assert_int_equal(count, 2);
	assert_int_equal(bns_contents_rrset_end(c, (size_t)(r - c->records)), 5);
	assert_null(bns_contents_find(c, name("www.example.com."), BNS_TYPE_AAAA, &count));
	assert_int_equal(count, 0);
	assert_null(bns_contents_find(c, name("zzz.example.com."), BNS_TYPE_A, &count));
	bns_contents_free(c);
}

static void contents_find_node_yields_all_types(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	size_t count;
	const struct bns_record *r = bns_contents_find_node(c, name("www.example.com."), &count);
	assert_int_equal(count, 3);
	assert_int_equal(r[2].type, BNS_TYPE_TXT);
	assert_null(bns_contents_find_node(c, name("ww.example.com."), &count));
	assert_int_equal(count, 0);
	bns_contents_free(c);
}

static void contents_soa_is_the_apex_one(void **state)
{
	(void)state;
	struct bns_contents *c = contents_of("example.");
	add_soa(c, "a.example.", 1);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_null(bns_contents_soa(c));
	add_soa(c, "example.", 2);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_non_null(bns_contents_soa(c));
	assert_int_equal(c->serial, 2);
	bns_contents_free(c);
}

static void rdata_equal_folds_names_and_nothing_else(void **state)
{
	(void)state;
	static const uint8_t mx_a[] = {0, 'A', 1, 'A', 0};
	static const uint8_t mx_b[] = {0, 'A', 1, 'a', 0};
	static const uint8_t mx_c[] = {0, 'a', 1, 'A', 0};
	assert_true(bns_rdata_equal(BNS_TYPE_MX, mx_a, 5, mx_b, 5));
	assert_false(bns_rdata_equal(BNS_TYPE_MX, mx_a, 5, mx_c, 5));
	assert_false(bns_rdata_equal(BNS_TYPE_TXT, mx_a, 5, mx_b, 5));
	assert_false(bns_rdata_equal(BNS_TYPE_TXT, mx_a, 5, mx_a, 4));
}

static void rdata_equal_never_reads_past_malformed_rdata(void **state)
{
	(void)state;
	uint8_t *a = malloc(3);
	uint8_t *b = malloc(3);
	memcpy(a, "\77AB", 3);
	memcpy(b, "\77ab", 3);
	assert_true(bns_rdata_equal(BNS_TYPE_CNAME, a, 3, b, 3));
	assert_false(bns_rdata_equal(BNS_TYPE_MX, a, 1, b, 2));
	free(a);
	free(b);
}

static void contents_files_are_registered_once(void **state)
{
	(void)state;
	struct bns_contents *c = contents_of("example.");
	uint16_t index;
	assert_null(c->files[0]);
	assert_int_equal(bns_contents_add_file(c, "a.zone", &index), BNS_OK);
	assert_int_equal(index, 0);
	assert_int_equal(bns_contents_add_file(c, "b.zone", &index), BNS_OK);
	assert_int_equal(index, 1);
	assert_int_equal(bns_contents_add_file(c, "a.zone", &index), BNS_OK);
	assert_int_equal(index, 0);
	assert_int_equal(c->file_count, 2);
	assert_string_equal(c->files[1], "b.zone");
	bns_contents_free(c);
}

static void contents_with_serial_changes_nothing_else(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	struct bns_contents *other;
	assert_int_equal(bns_contents_with_serial(c, 0x01020304, &other), BNS_OK);
	assert_int_equal(other->serial, 0x01020304);
	assert_int_equal(c->serial, 7);
	struct bns_contents *back;
	assert_int_equal(bns_contents_with_serial(other, 7, &back), BNS_OK);
	assert_same(c, back);
	bns_contents_free(c);
	bns_contents_free(other);
	bns_contents_free(back);
}

static void contents_with_rrset_replaces_it(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	struct bns_record with = {.ttl = 5, .rdata = (const uint8_t *)"\1\2\3\4", .rdlen = 4};
	struct bns_contents *other;
	assert_int_equal(bns_contents_with_rrset(c, name("www.example.com."), BNS_TYPE_A, &with, 1, &other), BNS_OK);
	size_t count;
	const struct bns_record *r = bns_contents_find(other, name("www.example.com."), BNS_TYPE_A, &count);
	assert_int_equal(count, 1);
	assert_int_equal(r->ttl, 5);
	assert_memory_equal(r->rdata, "\1\2\3\4", 4);
	assert_int_equal(other->count, c->count - 1);
	bns_contents_free(c);
	bns_contents_free(other);
}

static void contents_with_rrset_of_none_removes_it(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	struct bns_contents *other;
	assert_int_equal(bns_contents_with_rrset(c, name("WWW.example.com."), BNS_TYPE_A, NULL, 0, &other), BNS_OK);
	assert_int_equal(other->count, c->count - 2);
	bns_contents_free(c);
	bns_contents_free(other);
}

static void contents_encode_decode_is_identity(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	uint8_t *data;
	size_t len;
	assert_int_equal(bns_contents_encode(c, &data, &len), BNS_OK);
	struct bns_contents *back;
	assert_int_equal(bns_contents_decode(data, len, &back), BNS_OK);
	assert_same(c, back);
	free(data);
	bns_contents_free(c);
	bns_contents_free(back);
}

static void contents_encode_is_stable(void **state)
{
	(void)state;
	static const uint8_t expected[] = "BNSC\1\7example\0\0\0\0\3"
					  "\1\0\0\1\0\0\1\54\0\4\300\0\2\1"
					  "\0\0\1\0\0\1\54\0\4\300\0\2\2"
					  "\1\2\1w\0\1\0\0\1\54\0\4\300\0\2\1";
	struct bns_contents *c = contents_of("example.");
	add_a(c, "w.example.", 1);
	add_a(c, "example.", 2);
	add_a(c, "example.", 1);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	uint8_t *data;
	size_t len;
	assert_int_equal(bns_contents_encode(c, &data, &len), BNS_OK);
	assert_int_equal(len, sizeof(expected) - 1);
	assert_memory_equal(data, expected, len);
	free(data);
	bns_contents_free(c);
}

/* In a buffer of exactly that size, so that a sanitizer sees any step too far. */
static enum bns_error decode_exactly(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, data, len);
	struct bns_contents *c = NULL;
	enum bns_error err = bns_contents_decode(copy, len, &c);
	if (!err)
		bns_contents_free(c);
	free(copy);
	return err;
}

static void contents_decode_refuses_torn_data(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	uint8_t *data;
	size_t len;
	assert_int_equal(bns_contents_encode(c, &data, &len), BNS_OK);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(decode_exactly(data, cut), BNS_EFORMAT);
	uint8_t *longer = calloc(1, len + 1);
	assert_non_null(longer);
	memcpy(longer, data, len);
	assert_int_equal(decode_exactly(longer, len + 1), BNS_EFORMAT);
	free(longer);
	free(data);
	bns_contents_free(c);
}

static void contents_decode_survives_every_flipped_octet(void **state)
{
	(void)state;
	struct bns_contents *c = sample();
	uint8_t *data;
	size_t len;
	assert_int_equal(bns_contents_encode(c, &data, &len), BNS_OK);
	for (size_t at = 0; at < len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			data[at] ^= (uint8_t)(1u << bit);
			enum bns_error err = decode_exactly(data, len);
			assert_true(err == BNS_OK || err == BNS_EFORMAT);
			data[at] ^= (uint8_t)(1u << bit);
		}
	}
	free(data);
	bns_contents_free(c);
}

static void contents_decode_refuses_another_version(void **state)
{
	(void)state;
	static const uint8_t newer[] = "BNSC\2\0\0\0\0";
	static const uint8_t known[] = "BNSC\1\0\0\0\0";
	assert_int_equal(decode_exactly(known, sizeof(known)), BNS_OK);
	assert_int_equal(decode_exactly(newer, sizeof(newer)), BNS_EFORMAT);
}

static void contents_decode_refuses_rdata_that_fits_no_shape(void **state)
{
	(void)state;
	struct bns_contents *c = contents_of("example.");
	add(c, "example.", BNS_TYPE_A, 300, "\1\2\3", 3);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	uint8_t *data;
	size_t len;
	assert_int_equal(bns_contents_encode(c, &data, &len), BNS_OK);
	assert_int_equal(decode_exactly(data, len), BNS_EFORMAT);
	free(data);
	bns_contents_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_finish_sorts_into_canonical_order),
		cmocka_unit_test(contents_finish_sorts_whatever_the_labels_hold),
		cmocka_unit_test(contents_finish_sorts_types_then_rdata),
		cmocka_unit_test(contents_finish_drops_exact_duplicates_and_keeps_the_first_line),
		cmocka_unit_test(contents_finish_keeps_what_differs_in_ttl_alone),
		cmocka_unit_test(contents_finish_fills_serial_and_signed),
		cmocka_unit_test(contents_owners_are_lower_case_and_rdata_keeps_its_case),
		cmocka_unit_test(contents_find_yields_the_rrset),
		cmocka_unit_test(contents_find_node_yields_all_types),
		cmocka_unit_test(contents_soa_is_the_apex_one),
		cmocka_unit_test(rdata_equal_folds_names_and_nothing_else),
		cmocka_unit_test(rdata_equal_never_reads_past_malformed_rdata),
		cmocka_unit_test(contents_files_are_registered_once),
		cmocka_unit_test(contents_with_serial_changes_nothing_else),
		cmocka_unit_test(contents_with_rrset_replaces_it),
		cmocka_unit_test(contents_with_rrset_of_none_removes_it),
		cmocka_unit_test(contents_encode_decode_is_identity),
		cmocka_unit_test(contents_encode_is_stable),
		cmocka_unit_test(contents_decode_refuses_torn_data),
		cmocka_unit_test(contents_decode_survives_every_flipped_octet),
		cmocka_unit_test(contents_decode_refuses_another_version),
		cmocka_unit_test(contents_decode_refuses_rdata_that_fits_no_shape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
