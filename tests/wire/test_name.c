/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/name.h"

static uint8_t *name(const char *text)
{
	static uint8_t pool[8][BNS_NAME_MAX];
	static unsigned next;
	uint8_t *out = pool[next++ % 8];

	assert_int_equal(bns_name_from_text(text, NULL, out, NULL), BNS_OK);
	return out;
}

/* `count` labels of `len` letters each, then the root; returns the octets. */
static size_t long_name(uint8_t *out, unsigned count, unsigned len)
{
	size_t pos = 0;

	for (unsigned i = 0; i < count; i++) {
		out[pos++] = (uint8_t)len;
		memset(out + pos, 'a', len);
		pos += len;
	}
	out[pos++] = 0;
	return pos;
}

static void scan_lower_cases_and_finds_every_suffix(void **state)
{
	static const uint8_t wire[] = "\3WWW\7eXample\3COM\0rest";
	struct bns_qname q;

	(void)state;
	assert_int_equal(bns_qname_scan(wire, sizeof(wire), &q), BNS_OK);
	assert_int_equal(q.len, 17);
	assert_int_equal(q.labels, 3);
	assert_memory_equal(q.name, "\3www\7example\3com\0", 17);
	assert_int_equal(q.offset[0], 16);
	assert_int_equal(q.offset[1], 12);
	assert_int_equal(q.offset[2], 4);
	assert_int_equal(q.offset[3], 0);
	for (unsigned k = 0; k <= q.labels; k++)
		assert_int_equal(q.hash[k], bns_name_hash(q.name + q.offset[k]));
}

static void scan_of_the_root_has_no_labels(void **state)
{
	struct bns_qname q;

	(void)state;
	assert_int_equal(bns_qname_scan((const uint8_t *)"", 1, &q), BNS_OK);
	assert_int_equal(q.len, 1);
	assert_int_equal(q.labels, 0);
	assert_int_equal(q.offset[0], 0);
	assert_int_equal(q.hash[0], bns_name_hash(name(".")));
}

static void scan_rejects_pointers_and_reserved_labels(void **state)
{
	struct bns_qname q;

	(void)state;
	assert_int_equal(bns_qname_scan((const uint8_t *)"\xc0\x0c", 2, &q), BNS_ENAME);
	assert_int_equal(bns_qname_scan((const uint8_t *)"\1a\xc0\x0c", 4, &q), BNS_ENAME);
	assert_int_equal(bns_qname_scan((const uint8_t *)"\x40", 1, &q), BNS_ENAME);
	assert_int_equal(bns_qname_scan((const uint8_t *)"\x80", 1, &q), BNS_ENAME);
}

static void scan_rejects_a_name_that_ends_early(void **state)
{
	static const uint8_t wire[] = "\3www\7example\3com";
	struct bns_qname q;

	(void)state;
	for (size_t len = 0; len < 17; len++) {
		/* A copy of its own, so that a sanitizer sees a read past the end. */
		uint8_t *copy = malloc(len ? len : 1);
		memcpy(copy, wire, len);
		assert_int_equal(bns_qname_scan(copy, len, &q), BNS_ESHORT);
		free(copy);
	}
}

static void name_of_255_octets_passes_and_256_does_not(void **state)
{
	uint8_t wire[300];
	uint8_t out[BNS_NAME_MAX];
	uint8_t msg[12 + 300] = {0};
	struct bns_qname q;
	size_t pos = 12;
	size_t len = long_name(wire, 127, 1);

	(void)state;
	assert_int_equal(len, 255);
	assert_int_equal(bns_qname_scan(wire, len, &q), BNS_OK);
	assert_int_equal(q.labels, 127);
	assert_true(bns_name_valid(wire, len));
	memcpy(msg + 12, wire, len);
	assert_int_equal(bns_name_parse(msg, 12 + len, &pos, out, NULL), BNS_OK);
	wire[0] = 2; /* the last label loses its length, the name's zero moves: 256 octets */
	memmove(wire + 2, wire + 1, len - 1);
	assert_int_equal(bns_qname_scan(wire, 256, &q), BNS_ENAME);
	assert_false(bns_name_valid(wire, 256));
	memcpy(msg + 12, wire, 256);
	pos = 12;
	assert_int_equal(bns_name_parse(msg, 12 + 256, &pos, out, NULL), BNS_ENAME);
	assert_int_equal(pos, 12);
}

static void label_of_63_octets_passes_and_64_does_not(void **state)
{
	uint8_t wire[BNS_NAME_MAX];
	uint8_t out[BNS_NAME_MAX];
	char text[80];

	(void)state;
	assert_true(bns_name_valid(wire, long_name(wire, 1, 63)));
	assert_false(bns_name_valid(wire, long_name(wire, 1, 64)));
	memset(text, 'x', sizeof(text));
	text[63] = '\0';
	assert_int_equal(bns_name_from_text(text, NULL, out, NULL), BNS_OK);
	text[63] = 'x';
	text[64] = '\0';
	assert_int_equal(bns_name_from_text(text, NULL, out, NULL), BNS_ENAME);
}

static void hash_is_blind_to_case(void **state)
{
	uint8_t wire[BNS_NAME_MAX];
	uint8_t upper[BNS_NAME_MAX];

	(void)state;
	for (unsigned len = 1; len <= 63; len++) {
		size_t n = long_name(wire, 3, len);
		memcpy(upper, wire, n);
		for (size_t i = 0; i < n; i++) {
			if (upper[i] == 'a' && i % 3)
				upper[i] = 'A';
		}
		assert_int_equal(bns_name_hash(wire), bns_name_hash(upper));
	}
}

static void lower_casing_touches_ascii_letters_alone(void **state)
{
	uint8_t wire[BNS_NAME_MAX];
	size_t n = 0;

	(void)state;
	for (unsigned c = 0; c < 240; c++) {
		if (c % 60 == 0)
			wire[n++] = 60;
		wire[n++] = (uint8_t)(c + 10);
	}
	wire[n] = 0;
	bns_name_lower(wire);
	for (unsigned c = 0; c < 240; c++) {
		unsigned octet = c + 10;
		unsigned expected = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
		assert_int_equal(wire[c + c / 60 + 1], expected);
	}
}

/* One octet, one length or one label border more must change the hash; a fixed value keeps it the same for ever. */
static void hash_tells_names_apart(void **state)
{
	static const char *const names[] = {".",           "a.",           "b.",           "aa.",         "a.a.",
					    "ab.",         "ba.",          "aab.",         "a.ab.",       "aa.b.",
					    "\\000.",      "\\000\\000.",  "abcdefg.",     "abcdefgh.",   "abcdefghi.",
					    "abcdefgh.i.", "example.com.", "example.org.", "com.example."};
	enum { COUNT = sizeof(names) / sizeof(names[0]) };

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t k = i + 1; k < COUNT; k++)
			assert_int_not_equal(bns_name_hash(name(names[i])), bns_name_hash(name(names[k])));
	}
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* 100,000 names in 2^32 places meet about once by chance; a weak half of the hash would show. */
static void both_halves_of_the_hash_spread(void **state)
{
	enum { COUNT = 100000 };
	uint32_t *half = calloc(COUNT, sizeof(*half));
	char text[64];

	(void)state;
	assert_non_null(half);
	for (int shift = 0; shift <= 32; shift += 32) {
		unsigned same = 0;
		for (unsigned i = 0; i < COUNT; i++) {
			snprintf(text, sizeof(text), "url%u.example%u.com.", i % 1000, i / 1000);
			half[i] = (uint32_t)(bns_name_hash(name(text)) >> shift);
		}
		qsort(half, COUNT, sizeof(*half), compare_u32);
		for (unsigned i = 1; i < COUNT; i++)
			same += half[i] == half[i - 1];
		assert_in_range(same, 0, 12);
	}
	free(half);
}

static void parse_follows_pointers_and_moves_behind_the_first(void **state)
{
	static const uint8_t msg[] = "............\3com\0\7Example\xc0\x0c\3www\xc0\x11rest";
	uint8_t out[BNS_NAME_MAX];
	size_t len;
	size_t pos = 27;

	(void)state;
	assert_int_equal(bns_name_parse(msg, sizeof(msg), &pos, out, &len), BNS_OK);
	assert_int_equal(len, 17);
	assert_memory_equal(out, "\3www\7Example\3com\0", 17);
	assert_int_equal(pos, 33);
}

static enum bns_error parse_at(const char *msg, size_t len, size_t pos)
{
	uint8_t out[BNS_NAME_MAX];
	size_t at = pos;
	enum bns_error err = bns_name_parse((const uint8_t *)msg, len, &at, out, NULL);

	if (err)
		assert_int_equal(at, pos);
	return err;
}

static void parse_rejects_forward_pointer(void **state)
{
	(void)state;
	assert_int_equal(parse_at("............\xc0\x0e\0", 15, 12), BNS_ENAME);
	assert_int_equal(parse_at("............\1a\xc0\x10\0", 17, 12), BNS_ENAME);
}

static void parse_rejects_pointer_loops(void **state)
{
	(void)state;
	assert_int_equal(parse_at("............\xc0\x0c", 14, 12), BNS_ENAME);
	assert_int_equal(parse_at("............\1a\xc0\x0c", 16, 12), BNS_ENAME);
	assert_int_equal(parse_at("............\xc0\x0e\xc0\x0c", 16, 14), BNS_ENAME);
	assert_int_equal(parse_at("............\1a\xc0\x0c", 16, 14), BNS_ENAME);
}

static void parse_rejects_pointer_into_the_header(void **state)
{
	(void)state;
	assert_int_equal(parse_at("\0...........\xc0\x00", 14, 12), BNS_ENAME);
	assert_int_equal(parse_at("...........\0\xc0\x0b", 14, 12), BNS_ENAME);
}

static void parse_rejects_an_endless_chain_of_pointers(void **state)
{
	enum { CHAIN = 200 };
	uint8_t msg[13 + 2 * CHAIN] = {0};
	uint8_t out[BNS_NAME_MAX];
	size_t pos = 13 + 2 * 100;

	(void)state;
	for (size_t i = 0; i < CHAIN; i++) {
		size_t target = i ? 13 + 2 * (i - 1) : 12;
		msg[13 + 2 * i] = (uint8_t)(0xc0 | target >> 8);
		msg[14 + 2 * i] = (uint8_t)target;
	}
	assert_int_equal(bns_name_parse(msg, sizeof(msg), &pos, out, NULL), BNS_OK);
	pos = sizeof(msg) - 2;
	assert_int_equal(bns_name_parse(msg, sizeof(msg), &pos, out, NULL), BNS_ENAME);
}

static void parse_rejects_what_ends_early_or_is_reserved(void **state)
{
	(void)state;
	assert_int_equal(parse_at("............\3ww", 15, 12), BNS_ESHORT);
	assert_int_equal(parse_at("............\1a", 14, 12), BNS_ESHORT);
	assert_int_equal(parse_at("............\xc0", 13, 12), BNS_ESHORT);
	assert_int_equal(parse_at("............", 12, 12), BNS_ESHORT);
	assert_int_equal(parse_at("............\x41\0", 14, 12), BNS_ENAME);
	assert_int_equal(parse_at("............\x80\0", 14, 12), BNS_ENAME);
}

static void parse_counts_the_expanded_length(void **state)
{
	uint8_t msg[12 + 255 + 64 + 2] = {0};
	uint8_t out[BNS_NAME_MAX];
	size_t suffix = long_name(msg + 12, 4, 61); /* 249 octets with the root */
	size_t start = 12 + suffix;
	size_t pos = start;

	(void)state;
	memcpy(msg + start, "\5xxxxx\xc0\x0c", 8); /* 6 + 249 = 255 */
	assert_int_equal(bns_name_parse(msg, start + 8, &pos, out, NULL), BNS_OK);
	memcpy(msg + start, "\6xxxxxx\xc0\x0c", 9);
	pos = start;
	assert_int_equal(bns_name_parse(msg, start + 9, &pos, out, NULL), BNS_ENAME);
}

static void text_escapes_round_trip(void **state)
{
	uint8_t wire[BNS_NAME_MAX];
	uint8_t back[BNS_NAME_MAX];
	char text[BNS_NAME_TEXT_MAX];
	size_t len;

	(void)state;
	for (unsigned first = 0; first < 256; first += 32) {
		wire[0] = 32;
		for (unsigned i = 0; i < 32; i++)
			wire[1 + i] = (uint8_t)(first + i);
		wire[33] = 0;
		assert_int_equal(bns_name_from_text(bns_name_to_text(wire, text), NULL, back, &len), BNS_OK);
		assert_int_equal(len, 34);
		assert_memory_equal(back, wire, 34);
	}
}

static void text_shows_escapes_where_they_are_needed(void **state)
{
	char text[BNS_NAME_TEXT_MAX];

	(void)state;
	assert_string_equal(bns_name_to_text(name("a\\.b.c\\\\d"), text), "a\\.b.c\\\\d.");
	assert_string_equal(bns_name_to_text(name("\\001\\255 x"), text), "\\001\\255\\032x.");
	assert_string_equal(bns_name_to_text(name("*._tcp.A-1"), text), "*._tcp.A-1.");
	assert_string_equal(bns_name_to_text(name("\\097"), text), "a.");
	assert_string_equal(bns_name_to_text(name("\\\"\\;\\(\\)\\@\\$"), text), "\\\"\\;\\(\\)\\@\\$.");
}

static void text_of_the_longest_name_fits(void **state)
{
	uint8_t wire[BNS_NAME_MAX];
	char text[BNS_NAME_TEXT_MAX];

	(void)state;
	size_t len = long_name(wire, 3, 63);
	wire[len - 1] = 61;
	memset(wire + len, 0, 61);
	memset(wire + len, 1, 61);
	wire[len + 61] = 0;
	assert_int_equal(bns_name_len(wire), 255);
	for (size_t i = 0; i < 255; i++)
		wire[i] = wire[i] == 'a' ? 1 : wire[i];
	assert_int_equal(strlen(bns_name_to_text(wire, text)), 250 * 4 + 4);
}

static void text_relative_names_get_the_origin(void **state)
{
	uint8_t out[BNS_NAME_MAX];
	uint8_t *origin = name("example.com.");
	char text[BNS_NAME_TEXT_MAX];

	(void)state;
	assert_int_equal(bns_name_from_text("www", origin, out, NULL), BNS_OK);
	assert_string_equal(bns_name_to_text(out, text), "www.example.com.");
	assert_int_equal(bns_name_from_text("www.", origin, out, NULL), BNS_OK);
	assert_string_equal(bns_name_to_text(out, text), "www.");
	assert_int_equal(bns_name_from_text("@", origin, out, NULL), BNS_OK);
	assert_string_equal(bns_name_to_text(out, text), "example.com.");
	assert_int_equal(bns_name_from_text("\\@", origin, out, NULL), BNS_OK);
	assert_string_equal(bns_name_to_text(out, text), "\\@.example.com.");
	assert_int_equal(bns_name_from_text(".", origin, out, NULL), BNS_OK);
	assert_string_equal(bns_name_to_text(out, text), ".");
	assert_int_equal(bns_name_from_text("a\\.", origin, out, NULL), BNS_OK);
	assert_string_equal(bns_name_to_text(out, text), "a\\..example.com.");
}

static void text_that_is_no_name_is_refused(void **state)
{
	static const char *const texts[] = {"",    "..",  ".a",   "a..b",   "a..",   "\\",
					    "a\\", "\\1", "\\12", "\\256.", "\\1x2", "@"};
	uint8_t out[BNS_NAME_MAX];
	uint8_t origin[BNS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(bns_name_from_text(texts[i], NULL, out, NULL), BNS_ENAME);
	long_name(origin, 127, 1);
	assert_int_equal(bns_name_from_text("a", origin, out, NULL), BNS_ENAME);
}

static void text_of_254_letters_and_dots_passes_and_one_more_does_not(void **state)
{
	uint8_t out[BNS_NAME_MAX];
	char text[300];
	size_t len;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[254] = '\0';
	assert_int_equal(bns_name_from_text(text, NULL, out, &len), BNS_OK);
	assert_int_equal(len, 255);
	text[254] = 'a';
	text[255] = '\0';
	assert_int_equal(bns_name_from_text(text, NULL, out, &len), BNS_ENAME);
}

static void text_without_the_dot_keeps_the_root(void **state)
{
	char text[BNS_NAME_TEXT_MAX];

	(void)state;
	assert_string_equal(bns_name_to_text_nodot(name("example.com."), text), "example.com");
	assert_string_equal(bns_name_to_text_nodot(name("."), text), ".");
	assert_string_equal(bns_name_to_text_nodot(name("a\\."), text), "a\\.");
}

/* The example of RFC 4034 §6.1, in its order. */
static void canonical_order_is_that_of_rfc_4034(void **state)
{
	static const char *const order[] = {"example.",         "a.example.",      "yljkjljk.a.example.",
					    "Z.a.example.",     "zABC.a.EXAMPLE.", "z.example.",
					    "\\001.z.example.", "*.z.example.",    "\\200.z.example."};

	(void)state;
	for (int i = 0; i < 9; i++) {
		for (int k = 0; k < 9; k++) {
			int sign = bns_name_compare(name(order[i]), name(order[k]));
			assert_int_equal((sign > 0) - (sign < 0), (i > k) - (i < k));
		}
	}
}

static void canonical_order_is_blind_to_case(void **state)
{
	(void)state;
	assert_int_equal(bns_name_compare(name("A.Example."), name("a.eXAMPLE.")), 0);
	assert_true(bns_name_equal(name("A.Example."), name("a.eXAMPLE.")));
	assert_false(bns_name_equal(name("a.example."), name("b.example.")));
	assert_false(bns_name_equal(name("a.example."), name("example.")));
	/* '[' and '{' differ by the bit that letters differ by. */
	assert_false(bns_name_equal(name("["), name("{")));
	assert_false(bns_name_equal(name("\\064x"), name("`x")));
}

static void name_in_means_at_or_below_on_label_borders(void **state)
{
	(void)state;
	assert_true(bns_name_in(name("www.Example.com"), name("example.COM")));
	assert_true(bns_name_in(name("example.com"), name("example.com")));
	assert_true(bns_name_in(name("example.com"), name(".")));
	assert_false(bns_name_in(name("badexample.com"), name("example.com")));
	assert_false(bns_name_in(name("com"), name("example.com")));
	assert_false(bns_name_in(name("example.com.org"), name("example.com")));
}

static void parent_labels_and_wildcard(void **state)
{
	const uint8_t *n = name("*.a.com");

	(void)state;
	assert_int_equal(bns_name_labels(n), 3);
	assert_true(bns_name_is_wildcard(n));
	assert_false(bns_name_is_wildcard(name("**.a.com")));
	assert_false(bns_name_is_wildcard(name("a.*.com")));
	n = bns_name_parent(n);
	assert_true(bns_name_equal(n, name("a.com")));
	n = bns_name_parent(bns_name_parent(n));
	assert_int_equal(bns_name_labels(n), 0);
	assert_ptr_equal(bns_name_parent(n), n);
}

static void valid_wants_exactly_one_name(void **state)
{
	(void)state;
	assert_true(bns_name_valid((const uint8_t *)"\1a\0", 3));
	assert_false(bns_name_valid((const uint8_t *)"\1a\0\0", 4));
	assert_false(bns_name_valid((const uint8_t *)"\1a", 2));
	assert_false(bns_name_valid((const uint8_t *)"", 0));
	assert_false(bns_name_valid((const uint8_t *)"\xc0\x0c", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_lower_cases_and_finds_every_suffix),
		cmocka_unit_test(scan_of_the_root_has_no_labels),
		cmocka_unit_test(scan_rejects_pointers_and_reserved_labels),
		cmocka_unit_test(scan_rejects_a_name_that_ends_early),
		cmocka_unit_test(name_of_255_octets_passes_and_256_does_not),
		cmocka_unit_test(label_of_63_octets_passes_and_64_does_not),
		cmocka_unit_test(hash_is_blind_to_case),
		cmocka_unit_test(lower_casing_touches_ascii_letters_alone),
		cmocka_unit_test(hash_tells_names_apart),
		cmocka_unit_test(both_halves_of_the_hash_spread),
		cmocka_unit_test(parse_follows_pointers_and_moves_behind_the_first),
		cmocka_unit_test(parse_rejects_forward_pointer),
		cmocka_unit_test(parse_rejects_pointer_loops),
		cmocka_unit_test(parse_rejects_pointer_into_the_header),
		cmocka_unit_test(parse_rejects_an_endless_chain_of_pointers),
		cmocka_unit_test(parse_rejects_what_ends_early_or_is_reserved),
		cmocka_unit_test(parse_counts_the_expanded_length),
		cmocka_unit_test(text_escapes_round_trip),
		cmocka_unit_test(text_shows_escapes_where_they_are_needed),
		cmocka_unit_test(text_of_the_longest_name_fits),
		cmocka_unit_test(text_relative_names_get_the_origin),
		cmocka_unit_test(text_that_is_no_name_is_refused),
		cmocka_unit_test(text_of_254_letters_and_dots_passes_and_one_more_does_not),
		cmocka_unit_test(text_without_the_dot_keeps_the_root),
		cmocka_unit_test(canonical_order_is_that_of_rfc_4034),
		cmocka_unit_test(canonical_order_is_blind_to_case),
		cmocka_unit_test(name_in_means_at_or_below_on_label_borders),
		cmocka_unit_test(parent_labels_and_wildcard),
		cmocka_unit_test(valid_wants_exactly_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
