/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "zone/image_denial.h"

static struct bns_image *build(struct bns_contents *c)
{
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_build(fixture_finish(c), &img), BNS_OK);
	bns_contents_free(c);
	return img;
}

static void add_rrsig(struct bns_contents *c, const char *owner, uint16_t covered)
{
	uint8_t rdata[18 + BNS_NAME_MAX + 4] = {0};
	bns_put_u16(rdata, covered);
	size_t len = 18 + fixture_name("example.com", rdata + 18) + 4;
	fixture_add(c, owner, BNS_TYPE_RRSIG, FIXTURE_TTL, rdata, len);
}

static void add_nsec(struct bns_contents *c, const char *owner, const char *next)
{
	uint8_t rdata[BNS_NAME_MAX + 3];
	size_t len = fixture_name(next, rdata);
	memcpy(rdata + len, "\0\1\x40", 3);
	fixture_add(c, owner, BNS_TYPE_NSEC, FIXTURE_TTL, rdata, len + 3);
	add_rrsig(c, owner, BNS_TYPE_NSEC);
}

/* SHA-1, 12 iterations, salt aabbccdd: those of RFC 5155, Appendix A. */
static const uint8_t appendix_a[] = {1, 0, 0, 12, 4, 0xAA, 0xBB, 0xCC, 0xDD};

static void add_nsec3(struct bns_contents *c, const char *owner)
{
	uint8_t rdata[sizeof(appendix_a) + 21 + 3] = {0};
	memcpy(rdata, appendix_a, sizeof(appendix_a));
	rdata[1] = 1; /* opt-out: no matter which chain it is of */
	rdata[sizeof(appendix_a)] = 20;
	memcpy(rdata + sizeof(appendix_a) + 21, "\0\1\x40", 3);
	fixture_add(c, owner, BNS_TYPE_NSEC3, FIXTURE_TTL, rdata, sizeof(rdata));
	add_rrsig(c, owner, BNS_TYPE_NSEC3);
}

static const struct bns_node *find(const struct bns_image *img, const char *text)
{
	uint8_t name[BNS_NAME_MAX];
	size_t len = fixture_name(text, name);
	return bns_image_find(img, name, (uint8_t)len, bns_name_hash(name));
}

static const char *owner(const struct bns_image *img, const struct bns_node *node)
{
	static char text[BNS_NAME_TEXT_MAX];
	return bns_name_to_text(bns_image_at(img, node->name), text);
}

static const char *nsec(const struct bns_image *img, const char *text)
{
	uint8_t name[BNS_NAME_MAX];
	fixture_name(text, name);
	return owner(img, bns_denial_nsec(img, name));
}

static void denial_finds_the_nsec_at_or_before_a_name(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	add_nsec(c, "example.com", "b.example.com");
	add_nsec(c, "b.example.com", "x.ent.example.com");
	add_nsec(c, "x.ent.example.com", "sub.example.com");
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "ns.sub.example.com");
	add_nsec(c, "sub.example.com", "example.com");
	fixture_add_a(c, "ns.sub.example.com", 1);
	add_nsec(c, "ns.sub.example.com", "example.com");
	struct bns_image *img = build(c);
	assert_string_equal(nsec(img, "example.com"), "example.com.");
	assert_string_equal(nsec(img, "a.example.com"), "example.com.");
	assert_string_equal(nsec(img, "*.example.com"), "example.com.");
	assert_string_equal(nsec(img, "b.example.com"), "b.example.com.");
	assert_string_equal(nsec(img, "z.b.example.com"), "b.example.com.");
	assert_string_equal(nsec(img, "ent.example.com"), "b.example.com.");
	assert_string_equal(nsec(img, "f.example.com"), "x.ent.example.com.");
	assert_string_equal(nsec(img, "z.sub.example.com"), "sub.example.com.");
	assert_string_equal(nsec(img, "zzz.example.com"), "sub.example.com.");
	bns_image_free(img);
}

static void image_of_an_unsigned_zone_has_no_denial(void **state)
{
	(void)state;
	struct bns_image *img = build(fixture_example(1));
	assert_int_equal(img->denial, 0);
	bns_image_free(img);
}

static void image_without_a_chain_from_the_apex_has_no_denial(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	add_nsec(c, "b.example.com", "example.com");
	struct bns_image *img = build(c);
	assert_true(img->is_signed);
	assert_int_equal(img->denial, 0);
	bns_image_free(img);
}

#define APEX_HASH "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example"
#define NS1_HASH  "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example"
#define A_HASH    "35mthgpgcu1qg68fab165klnsnk3dpvl.example"
#define XW_HASH   "b4um86eghhds6nea196smvmlo4ors995.example"

static struct bns_image *appendix_a_image(const uint8_t *param, size_t param_len)
{
	struct bns_contents *c = fixture_zone("example");
	fixture_add_soa(c, "example", "ns1.example", "bugs.x.w.example", 1, 3600, 3600);
	fixture_add_a(c, "ns1.example", 1);
	fixture_add_a(c, "a.example", 1);
	fixture_add(c, "example", BNS_TYPE_NSEC3PARAM, 0, param, param_len);
	add_nsec3(c, APEX_HASH);
	add_nsec3(c, NS1_HASH);
	add_nsec3(c, A_HASH);
	add_nsec3(c, XW_HASH);
	return build(c);
}

static const char *nsec3(const struct bns_image *img, const char *text, bool matches_expected)
{
	uint8_t name[BNS_NAME_MAX], hash[BNS_NSEC3_HASH_LEN];
	bool matches = !matches_expected;
	size_t len = fixture_name(text, name);
	bns_denial_hash(img, name, len, hash);
	const char *found = owner(img, bns_denial_nsec3(img, hash, &matches));
	assert_int_equal(matches, matches_expected);
	return found;
}

static void denial_hashes_the_names_of_rfc_5155_appendix_a(void **state)
{
	(void)state;
	struct bns_image *img = appendix_a_image(appendix_a, sizeof(appendix_a));
	assert_string_equal(nsec3(img, "example", true), APEX_HASH ".");
	assert_string_equal(nsec3(img, "ns1.example", true), NS1_HASH ".");
	assert_string_equal(nsec3(img, "a.example", true), A_HASH ".");
	assert_string_equal(nsec3(img, "x.w.example", true), XW_HASH ".");
	bns_image_free(img);
}

static void denial_finds_the_nsec3_that_covers_a_hash_around_the_end(void **state)
{
	(void)state;
	struct bns_image *img = appendix_a_image(appendix_a, sizeof(appendix_a));
	/* 0va5bpr2ou0vk0lbqeeljri88laipsfh */
	assert_string_equal(nsec3(img, "c.x.w.example", false), APEX_HASH ".");
	/* r53bq7cc2uvmubfu5ocmm6pers9tk9en */
	assert_string_equal(nsec3(img, "*.w.example", false), XW_HASH ".");
	uint8_t lowest[BNS_NSEC3_HASH_LEN] = {0};
	bool matches = true;
	assert_string_equal(owner(img, bns_denial_nsec3(img, lowest, &matches)), XW_HASH ".");
	assert_false(matches);
	bns_image_free(img);
}

static void denial_ignores_chains_that_no_nsec3param_offers(void **state)
{
	(void)state;
	static const uint8_t other_salt[] = {1, 0, 0, 12, 4, 0xAA, 0xBB, 0xCC, 0xDE};
	static const uint8_t no_salt[] = {1, 0, 0, 12, 0};
	static const uint8_t flagged[] = {1, 1, 0, 12, 4, 0xAA, 0xBB, 0xCC, 0xDD};
	static const uint8_t other_hash[] = {2, 0, 0, 12, 4, 0xAA, 0xBB, 0xCC, 0xDD};
	static const struct {
		const uint8_t *param;
		size_t len;
	} cases[] = {{other_salt, 9}, {no_salt, 5}, {flagged, 9}, {other_hash, 9}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bns_image *img = appendix_a_image(cases[i].param, cases[i].len);
		assert_int_equal(img->denial, 0);
		bns_image_free(img);
	}
}

static void image_does_not_find_owners_of_nsec3_alone(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone("example");
	fixture_add_soa(c, "example", "ns1.example", "bugs.x.w.example", 1, 3600, 3600);
	add_nsec3(c, APEX_HASH);
	add_nsec3(c, NS1_HASH);
	fixture_add_a(c, NS1_HASH, 1);
	add_nsec3(c, A_HASH);
	fixture_add_a(c, "below." A_HASH, 1);
	add_nsec3(c, "*.example");
	struct bns_image *img = build(c);
	assert_non_null(find(img, "*.example"));
	assert_null(find(img, APEX_HASH));
	assert_non_null(find(img, NS1_HASH));
	assert_non_null(find(img, A_HASH));
	bns_image_free(img);
}

/* What the RRSIGs of an RRset cover; 0 where there are none. */
static uint16_t signature_of(const struct bns_image *img, const char *name, uint16_t type)
{
	const struct bns_rrset *set = bns_node_rrset(img, find(img, name), type);
	const struct bns_signatures *signatures = bns_rrset_signatures(img, set);
	if (!signatures)
		return 0;
	const uint8_t *wire = bns_image_at(img, set->wire + set->wire_len);
	assert_int_equal(signatures->count, 1);
	assert_int_equal(signatures->wire_len, BNS_RRSET_RDATA + 35);
	return bns_get_u16(wire + BNS_RRSET_RDATA);
}

static void image_keeps_signatures_behind_what_they_cover(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	add_rrsig(c, "example.com", BNS_TYPE_NS);
	add_rrsig(c, "example.com", BNS_TYPE_SOA);
	fixture_add_a(c, "www.example.com", 1);
	fixture_add(c, "www.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	add_rrsig(c, "www.example.com", BNS_TYPE_TXT);
	add_rrsig(c, "www.example.com", BNS_TYPE_MX);
	add_rrsig(c, "www.example.com", BNS_TYPE_RRSIG);
	struct bns_image *img = build(c);
	assert_int_equal(signature_of(img, "example.com", BNS_TYPE_NS), BNS_TYPE_NS);
	assert_int_equal(signature_of(img, "example.com", BNS_TYPE_SOA), BNS_TYPE_SOA);
	assert_int_equal(find(img, "example.com")->rrset_count, 2);
	assert_int_equal(signature_of(img, "www.example.com", BNS_TYPE_A), 0);
	assert_int_equal(signature_of(img, "www.example.com", BNS_TYPE_TXT), BNS_TYPE_TXT);
	assert_int_equal(bns_node_rrset(img, find(img, "www.example.com"), BNS_TYPE_RRSIG)->count, 2);
	bns_image_free(img);
}

static void image_lowers_the_ttl_of_the_negative_soa_and_its_signature(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1); /* TTL 3600, minimum 300 */
	add_rrsig(c, "example.com", BNS_TYPE_NS);
	uint8_t rdata[35] = {0, BNS_TYPE_SOA};
	fixture_add(c, "example.com", BNS_TYPE_RRSIG, 3600, rdata, 18 + 1 + 4);
	struct bns_image *img = build(c);
	const struct bns_rrset *soa = bns_image_at(img, img->negative_soa);
	const uint8_t *wire = bns_image_at(img, soa->wire);
	assert_int_equal(soa->ttl, 300);
	assert_int_equal(bns_get_u32(wire + 6), 300);
	assert_int_equal(bns_get_u16(wire + soa->wire_len + 2), BNS_TYPE_RRSIG);
	assert_int_equal(bns_get_u32(wire + soa->wire_len + 6), 300);
	bns_image_free(img);
}

static void image_gives_back_every_record_of_a_signed_zone(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1), *back = NULL;
	add_nsec(c, "example.com", "www.example.com");
	add_nsec(c, "www.example.com", "example.com");
	add_rrsig(c, "example.com", BNS_TYPE_NS);
	add_rrsig(c, "www.example.com", BNS_TYPE_MX);
	fixture_add_mx(c, "www.example.com", 1, "mail.example.com");
	add_rrsig(c, "www.example.com", BNS_TYPE_TXT);
	static uint8_t long_signature[18 + BNS_NAME_MAX + 600] = {0, BNS_TYPE_MX, 8};
	size_t signer = fixture_name("example.com", long_signature + 18);
	fixture_add(c, "www.example.com", BNS_TYPE_RRSIG, FIXTURE_TTL, long_signature, 18 + signer + 600);
	add_nsec3(c, "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.com");
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_build(fixture_finish(c), &img), BNS_OK);
	assert_int_equal(bns_image_contents(img, &back), BNS_OK);
	assert_int_equal(back->count, c->count);
	for (size_t i = 0; i < c->count; i++) {
		assert_int_equal(bns_record_compare(&back->records[i], &c->records[i]), 0);
		assert_int_equal(back->records[i].ttl, c->records[i].ttl);
	}
	bns_contents_free(back);
	bns_contents_free(c);
	bns_image_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(denial_finds_the_nsec_at_or_before_a_name),
		cmocka_unit_test(image_of_an_unsigned_zone_has_no_denial),
		cmocka_unit_test(image_without_a_chain_from_the_apex_has_no_denial),
		cmocka_unit_test(denial_hashes_the_names_of_rfc_5155_appendix_a),
		cmocka_unit_test(denial_finds_the_nsec3_that_covers_a_hash_around_the_end),
		cmocka_unit_test(denial_ignores_chains_that_no_nsec3param_offers),
		cmocka_unit_test(image_does_not_find_owners_of_nsec3_alone),
		cmocka_unit_test(image_keeps_signatures_behind_what_they_cover),
		cmocka_unit_test(image_lowers_the_ttl_of_the_negative_soa_and_its_signature),
		cmocka_unit_test(image_gives_back_every_record_of_a_signed_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
