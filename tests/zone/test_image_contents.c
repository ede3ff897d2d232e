/* SPDX-License-Identifier: BSD-3-Clause */
/* Contents → image → contents over generated zones: every type, wildcards, empty non-terminals, cuts, odd case. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/message.h"
#include "zone/image.h"

#define GENERATED_ZONES 400

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static uint32_t below(uint32_t *seed, uint32_t end)
{
	return next_random(seed) % end;
}

/* A name made of few labels, so that names share suffixes and owners nest. */
static size_t random_name(uint32_t *seed, const char *apex, uint8_t out[BNS_NAME_MAX])
{
	static const char *const labels[] = {"a", "b", "ns1", "NS1", "www", "*", "sub", "url1234", "xn--q"};
	static const char *const ends[] = {"Example.COM", "com", "dns.net", "DNS.net", "."};
	char text[BNS_NAME_TEXT_MAX] = "";
	for (uint32_t i = below(seed, 4); i > 0; i--) {
		strcat(text, labels[below(seed, 9)]);
		strcat(text, ".");
	}
	const char *end = apex && below(seed, 2) == 0 ? apex : ends[below(seed, 5)];
	if (strcmp(end, ".") != 0 || text[0] == '\0')
		strcat(text, end);
	return fixture_name(text, out);
}

static size_t random_rdata(uint32_t *seed, uint16_t type, const char *apex, uint8_t *out)
{
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);
	size_t len = 0;
	if (type == BNS_TYPE_A || type == BNS_TYPE_AAAA) {
		len = type == BNS_TYPE_A ? 4 : 16;
	} else if (shape) {
		len = shape->prefix;
		memset(out, 1, len);
		for (unsigned i = 0; i < shape->strings; i++)
			len += (size_t)snprintf((char *)out + len, 4, "\2xy");
		for (unsigned i = 0; i < shape->names; i++)
			len += random_name(seed, apex, out + len);
		return type == BNS_TYPE_RRSIG ? len + 8 : len;
	} else {
		len = 2;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)below(seed, 256);
	if (type == BNS_TYPE_TXT)
		out[0] = 1;
	return len;
}

static struct bns_contents *random_zone(uint32_t *seed)
{
	static const uint16_t types[] = {
		BNS_TYPE_A,   BNS_TYPE_AAAA,  BNS_TYPE_NS,    BNS_TYPE_CNAME, BNS_TYPE_MX, BNS_TYPE_PTR,   BNS_TYPE_TXT,
		BNS_TYPE_SRV, BNS_TYPE_DNAME, BNS_TYPE_RRSIG, 14 /* MINFO */, 17 /* RP */, 35 /* NAPTR */, 65400,
	};
	static const char *const apexes[] = {"example.com", "news.example.com", "."};
	const char *apex = apexes[below(seed, 3)];
	struct bns_contents *c = fixture_zone(apex);
	fixture_add_soa(c, apex, below(seed, 2) ? "ns1.Dns.net" : "ns1.example.com", "h.dns.net", below(seed, 1000), 60,
			below(seed, 120));
	for (uint32_t i = below(seed, 40); i > 0; i--) {
		uint16_t type = types[below(seed, sizeof(types) / sizeof(types[0]))];
		uint8_t owner[BNS_NAME_MAX], rdata[1024] = {0};
		random_name(seed, apex, owner);
		size_t len = random_rdata(seed, type, apex, rdata);
		assert_true(bns_rdata_valid(type, rdata, len));
		if (bns_name_in(owner, c->apex))
			assert_int_equal(bns_contents_add(c, owner, type, 60u + type, rdata, (uint16_t)len, 0, 0),
					 BNS_OK);
	}
	return fixture_finish(c);
}

static void assert_same(const struct bns_contents *a, const struct bns_contents *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->serial, b->serial);
	assert_int_equal(a->is_signed, b->is_signed);
	assert_true(bns_name_equal(a->apex, b->apex));
	for (size_t i = 0; i < a->count; i++) {
		const struct bns_record *x = &a->records[i], *y = &b->records[i];
		assert_true(bns_name_equal(x->owner, y->owner));
		assert_int_equal(x->type, y->type);
		assert_int_equal(x->ttl, y->ttl);
		assert_int_equal(x->rdlen, y->rdlen);
		assert_memory_equal(x->rdata, y->rdata, x->rdlen);
	}
}

static struct bns_image *build(const struct bns_contents *c)
{
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_build(c, &img), BNS_OK);
	return img;
}

static void assert_round_trip(const struct bns_contents *c)
{
	struct bns_image *img = build(c);
	struct bns_contents *back = NULL;
	assert_int_equal(bns_image_contents(img, &back), BNS_OK);
	assert_same(c, back);
	bns_contents_free(back);
	bns_image_free(img);
}

static void image_gives_back_the_records_it_was_built_from(void **state)
{
	(void)state;
	uint32_t seed = 1;
	for (unsigned i = 0; i < GENERATED_ZONES; i++) {
		struct bns_contents *c = random_zone(&seed);
		assert_round_trip(c);
		bns_contents_free(c);
	}
}

/* The message an encoder makes of one RRset: header, question, wire form, pointers made absolute. */
static size_t encode(const struct bns_image *img, const struct bns_node *node, const struct bns_rrset *set,
		     uint8_t *msg, size_t cap)
{
	struct bns_writer w = bns_writer_of(msg, cap);
	bns_message_write_query(&w, 1, BNS_OPCODE_QUERY, 0, bns_image_at(img, node->name), set->type);
	size_t start = w.pos;
	bns_write_bytes(&w, bns_image_at(img, set->wire), set->wire_len);
	assert_false(w.failed);
	bns_put_u16(msg + 6, set->count);
	const uint16_t *fixups = bns_image_at(img, set->fixups);
	for (unsigned i = 0; i < set->fixup_count; i++) {
		size_t place = fixups[i] & (BNS_FIXUP_SELF - 1u);
		unsigned k = bns_get_u16(msg + start + place);
		assert_true(k >= 0xC000);
		size_t base = fixups[i] & BNS_FIXUP_SELF ? start : 12u + node->name_len - img->apex_len;
		assert_true(!(fixups[i] & BNS_FIXUP_SELF) || (k & 0x3FFF) < place);
		assert_true((k & 0x3FFF) + base < 0x4000);
		bns_put_u16(msg + start + place, (uint16_t)(k + base));
	}
	return w.pos;
}

static void assert_message_says(const uint8_t *msg, size_t len, const struct bns_record *rr, size_t count)
{
	struct bns_message_cursor cursor;
	assert_int_equal(bns_message_cursor_open(&cursor, msg, len), BNS_OK);
	for (size_t i = 0; i < count; i++, rr++) {
		struct bns_message_rr got;
		uint8_t rdata[1024];
		uint16_t rdlen = 0;
		assert_int_equal(bns_message_next(&cursor, &got, NULL), BNS_OK);
		assert_true(bns_name_equal(got.owner, rr->owner));
		assert_int_equal(got.type, rr->type);
		assert_int_equal(got.ttl, rr->ttl);
		assert_int_equal(
			bns_rdata_expand(got.type, msg, len, got.rdata, got.rdlen, rdata, sizeof(rdata), &rdlen),
			BNS_OK);
		assert_int_equal(rdlen, rr->rdlen);
		assert_memory_equal(rdata, rr->rdata, rdlen);
	}
}

static void assert_answers(const struct bns_contents *c)
{
	uint8_t *msg = malloc(BNS_MESSAGE_MAX);
	struct bns_image *img = build(c);
	for (uint32_t n = 0; n < img->node_count; n++) {
		const struct bns_node *node = bns_image_node(img, n);
		const struct bns_rrset *sets = bns_node_rrsets(img, node);
		for (unsigned i = 0; i < node->rrset_count; i++) {
			size_t count;
			const struct bns_record *rr =
				bns_contents_find(c, bns_image_at(img, node->name), sets[i].type, &count);
			assert_int_equal(count, sets[i].count);
			assert_int_equal(sets[i].ttl, rr->ttl);
			assert_message_says(msg, encode(img, node, &sets[i], msg, BNS_MESSAGE_MAX), rr, count);
		}
	}
	bns_image_free(img);
	free(msg);
}

static void image_wire_forms_are_read_back_as_messages(void **state)
{
	(void)state;
	uint32_t seed = 2;
	for (unsigned i = 0; i < GENERATED_ZONES; i++) {
		struct bns_contents *c = random_zone(&seed);
		assert_answers(c);
		bns_contents_free(c);
	}
}

/* Pointers reach 14 bits, fixups 15: what lies behind must come out uncompressed and right. */
static void rrset_as_large_as_a_message_survives(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	for (unsigned i = 0; i < 1600; i++) {
		char target[64];
		snprintf(target, sizeof(target), "mx%u.host%u.example.net", i, i / 2);
		fixture_add_mx(c, "big.example.com", 10, target);
	}
	fixture_finish(c);
	struct bns_image *img = build(c);
	const struct bns_node *node = bns_image_node(img, img->node_count - 1);
	assert_in_range(bns_node_rrset(img, node, BNS_TYPE_MX)->wire_len, 32768 + 1, BNS_MESSAGE_MAX);
	bns_image_free(img);
	assert_answers(c);
	assert_round_trip(c);
	bns_contents_free(c);
}

static void rrset_with_more_records_than_can_be_counted_is_refused(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	for (uint32_t i = 0; i <= UINT16_MAX; i++)
		fixture_add_a(c, "big.example.com", i);
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_build(fixture_finish(c), &img), BNS_ERANGE);
	assert_null(img);
	bns_contents_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_gives_back_the_records_it_was_built_from),
		cmocka_unit_test(image_wire_forms_are_read_back_as_messages),
		cmocka_unit_test(rrset_as_large_as_a_message_survives),
		cmocka_unit_test(rrset_with_more_records_than_can_be_counted_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
