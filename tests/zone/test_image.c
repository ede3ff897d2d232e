/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "zone/image.h"

static struct bns_image *build(struct bns_contents *c)
{
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_build(fixture_finish(c), &img), BNS_OK);
	bns_contents_free(c);
	return img;
}

static const struct bns_node *find(const struct bns_image *img, const char *text)
{
	uint8_t name[BNS_NAME_MAX];
	size_t len = fixture_name(text, name);
	return bns_image_find(img, name, (uint8_t)len, bns_name_hash(name));
}

static const struct bns_rrset *find_rrset(const struct bns_image *img, const char *text, uint16_t type)
{
	const struct bns_node *node = find(img, text);
	assert_non_null(node);
	const struct bns_rrset *set = bns_node_rrset(img, node, type);
	assert_non_null(set);
	return set;
}

static void image_finds_every_owner_and_nothing_else(void **state)
{
	(void)state;
	struct bns_image *img = build(fixture_branding(1, "d1.cdn.example"));
	assert_int_equal(img->node_count, 3);
	assert_non_null(find(img, "example.com"));
	assert_non_null(find(img, "url1234.example.com"));
	assert_non_null(find(img, "5678901.example.com"));
	assert_null(find(img, "url1235.example.com"));
	assert_null(find(img, "com"));
	assert_null(find(img, "a.url1234.example.com"));
	bns_image_free(img);
}

static void image_holds_empty_non_terminals_in_canonical_order(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_a(c, "z.y.x.example.com", 1);
	fixture_add_a(c, "b.y.x.example.com", 1);
	fixture_add_a(c, "y.a.example.com", 1);
	fixture_add_a(c, "x.example.com", 1);
	struct bns_image *img = build(c);
	static const char *const expected[] = {"example.com",      "a.example.com",   "y.a.example.com",
					       "x.example.com",    "y.x.example.com", "b.y.x.example.com",
					       "z.y.x.example.com"};
	assert_int_equal(img->node_count, 7);
	for (uint32_t n = 0; n < 7; n++)
		assert_ptr_equal(find(img, expected[n]), bns_image_node(img, n));
	assert_int_equal(find(img, "a.example.com")->rrset_count, 0);
	assert_int_equal(find(img, "y.x.example.com")->rrset_count, 0);
	assert_int_equal(find(img, "x.example.com")->rrset_count, 1);
	bns_image_free(img);
}

static void image_flags_cuts_and_what_they_occlude(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "ns.deep.sub.example.com");
	fixture_add_name(c, "deep.sub.example.com", BNS_TYPE_NS, "ns.elsewhere.net");
	fixture_add_a(c, "ns.deep.sub.example.com", 1);
	fixture_add_name(c, "old.example.com", BNS_TYPE_DNAME, "new.example.com");
	fixture_add_name(c, "a.b.old.example.com", BNS_TYPE_CNAME, "x.example.com");
	fixture_add_name(c, "www.example.com", BNS_TYPE_CNAME, "x.example.com");
	fixture_add_a(c, "below.www.example.com", 1);
	fixture_add_a(c, "*.wild.example.com", 1);
	struct bns_image *img = build(c);
	assert_int_equal(find(img, "example.com")->flags, 0);
	assert_int_equal(find(img, "sub.example.com")->flags, BNS_NODE_CUT);
	assert_int_equal(find(img, "deep.sub.example.com")->flags, BNS_NODE_OCCLUDED);
	assert_int_equal(find(img, "ns.deep.sub.example.com")->flags, BNS_NODE_OCCLUDED);
	assert_int_equal(find(img, "old.example.com")->flags, BNS_NODE_DNAME);
	assert_int_equal(find(img, "b.old.example.com")->flags, BNS_NODE_OCCLUDED);
	assert_int_equal(find(img, "a.b.old.example.com")->flags, BNS_NODE_OCCLUDED);
	assert_int_equal(find(img, "www.example.com")->flags, BNS_NODE_CNAME);
	assert_int_equal(find(img, "below.www.example.com")->flags, 0);
	assert_int_equal(find(img, "wild.example.com")->flags, BNS_NODE_WILDCARD);
	bns_image_free(img);
}

static void image_flags_the_parent_of_an_empty_wildcard(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_a(c, "a.*.example.com", 1);
	struct bns_image *img = build(c);
	assert_int_equal(find(img, "example.com")->flags, BNS_NODE_WILDCARD);
	assert_int_equal(find(img, "*.example.com")->rrset_count, 0);
	bns_image_free(img);
}

static void image_sorts_rrsets_by_type_and_finds_each(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	for (unsigned type = 1000; type > 900; type -= 2)
		fixture_add(c, "many.example.com", (uint16_t)type, 300, "x", 1);
	struct bns_image *img = build(c);
	const struct bns_node *node = find(img, "many.example.com");
	assert_int_equal(node->rrset_count, 50);
	for (unsigned type = 900; type <= 1001; type++) {
		const struct bns_rrset *set = bns_node_rrset(img, node, (uint16_t)type);
		if (type % 2 == 0 && type > 900)
			assert_int_equal(set->type, type);
		else
			assert_null(set);
	}
	bns_image_free(img);
}

/* Compares RDATA and fixups with what is written by hand; the records' 12 fixed octets are checked too. */
static void assert_wire(const struct bns_image *img, const struct bns_rrset *set, const void *wire, size_t wire_len,
			const uint16_t *fixups, size_t fixup_count)
{
	assert_int_equal(set->wire_len, wire_len);
	assert_memory_equal(bns_image_at(img, set->wire), wire, wire_len);
	assert_int_equal(set->fixup_count, fixup_count);
	if (fixup_count > 0)
		assert_memory_equal(bns_image_at(img, set->fixups), fixups, fixup_count * sizeof(*fixups));
}

static void image_compresses_names_against_the_apex(void **state)
{
	(void)state;
	struct bns_image *img = build(fixture_example(7));
	static const uint8_t ns[] = "\xC0\x0C\0\x02\0\x01\0\0\x01\x2C\0\x06\x03ns1\xC0\0"
				    "\xC0\x0C\0\x02\0\x01\0\0\x01\x2C\0\x06\x03ns2\xC0";
	static const uint16_t ns_fixups[] = {16, 34};
	assert_wire(img, find_rrset(img, "example.com", BNS_TYPE_NS), ns, sizeof(ns), ns_fixups, 2);

	static const uint8_t soa[] = "\xC0\x0C\0\x06\0\x01\0\0\x0E\x10\0\x27\x03ns1\xC0\0\x0Ahostmaster\xC0\0"
				     "\0\0\0\x07\0\0\x1C\x20\0\0\x0E\x10\0\x12\x75\0\0\0\x01\x2C";
	static const uint16_t soa_fixups[] = {16, 29};
	assert_wire(img, find_rrset(img, "example.com", BNS_TYPE_SOA), soa, sizeof(soa) - 1, soa_fixups, 2);
	bns_image_free(img);
}

static void image_compresses_names_against_earlier_ones_of_the_rrset(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone("example.com");
	fixture_add_soa(c, "example.com", "a.dns.net", "h.dns.net", 1, 60, 60);
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "a.dns.net");
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "x.a.dns.net");
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "com");
	struct bns_image *img = build(c);
	static const uint8_t ns[] = "\xC0\x0C\0\x02\0\x01\0\0\x01\x2C\0\x0B\1a\3dns\3net\0"
				    "\xC0\x0C\0\x02\0\x01\0\0\x01\x2C\0\x04\1x\xC0\x0C"
				    "\xC0\x0C\0\x02\0\x01\0\0\x01\x2C\0\x02\xC0\x08";
	static const uint16_t ns_fixups[] = {37 | BNS_FIXUP_SELF, 51};
	assert_wire(img, find_rrset(img, "example.com", BNS_TYPE_NS), ns, sizeof(ns) - 1, ns_fixups, 2);

	const struct bns_rrset *soa = find_rrset(img, "example.com", BNS_TYPE_SOA);
	static const uint16_t soa_fixups[] = {25 | BNS_FIXUP_SELF};
	assert_int_equal(soa->wire_len, 12 + 11 + 4 + 20);
	assert_memory_equal(bns_image_at(img, soa->fixups), soa_fixups, sizeof(soa_fixups));
	bns_image_free(img);
}

static void image_compresses_against_parents_of_the_apex(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone("news.example.com");
	fixture_add_soa(c, "news.example.com", "ns.example.com", "h.news.example.com", 1, 60, 60);
	struct bns_image *img = build(c);
	const struct bns_rrset *soa = find_rrset(img, "news.example.com", BNS_TYPE_SOA);
	const uint8_t *wire = bns_image_at(img, soa->wire);
	assert_memory_equal(wire + 12, "\x02ns\xC0\x05\x01h\xC0\x00", 9);
	bns_image_free(img);
}

static void image_leaves_types_after_rfc_1035_uncompressed(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add(c, "_s._tcp.example.com", BNS_TYPE_SRV, 60, "\0\1\0\1\0\1\1a\7example\3com", 6 + 15);
	fixture_add_name(c, "old.example.com", BNS_TYPE_DNAME, "new.example.com");
	struct bns_image *img = build(c);
	const struct bns_rrset *srv = find_rrset(img, "_s._tcp.example.com", BNS_TYPE_SRV);
	assert_int_equal(srv->fixup_count, 0);
	assert_int_equal(srv->wire_len, 12 + 6 + 15);
	const struct bns_rrset *dname = find_rrset(img, "old.example.com", BNS_TYPE_DNAME);
	assert_int_equal(dname->fixup_count, 0);
	assert_memory_equal(bns_image_at(img, dname->target), "\3new\7example\3com", 17);
	bns_image_free(img);
}

static void image_gives_a_lower_case_uncompressed_target_within_the_zone(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_name(c, "plain.example.com", BNS_TYPE_CNAME, "sendgrid.net");
	fixture_add_name(c, "mixed.example.com", BNS_TYPE_CNAME, "SendGrid.NET");
	fixture_add_name(c, "inside.example.com", BNS_TYPE_CNAME, "plain.example.com");
	fixture_add_name(c, "louder.example.com", BNS_TYPE_CNAME, "Plain.EXAMPLE.com");
	struct bns_image *img = build(c);
	const struct bns_rrset *mixed = find_rrset(img, "mixed.example.com", BNS_TYPE_CNAME);
	const uint8_t *wire = bns_image_at(img, mixed->wire);
	assert_memory_equal(wire + 12, "\x08SendGrid\3NET", 14);
	assert_int_equal(mixed->target, 0); /* no answer follows it out of the zone */
	assert_int_equal(find_rrset(img, "plain.example.com", BNS_TYPE_CNAME)->target, 0);
	const struct bns_rrset *louder = find_rrset(img, "louder.example.com", BNS_TYPE_CNAME);
	assert_memory_equal(bns_image_at(img, louder->target), "\5plain\7example\3com", 19);
	const struct bns_rrset *inside = find_rrset(img, "inside.example.com", BNS_TYPE_CNAME);
	assert_int_equal(inside->fixup_count, 1);
	assert_memory_equal(bns_image_at(img, inside->target), "\5plain\7example\3com", 19);
	bns_image_free(img);
}

static uint32_t wire_ttl(const struct bns_image *img, const struct bns_rrset *set)
{
	const uint8_t *wire = bns_image_at(img, set->wire);
	return bns_get_u32(wire + 6);
}

static void image_negative_soa_has_the_smaller_ttl(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone("example.com");
	fixture_add_soa(c, "example.com", "a.dns.net", "h.dns.net", 1, 3600, 60);
	struct bns_image *img = build(c);
	const struct bns_rrset *negative = bns_image_at(img, img->negative_soa);
	const struct bns_rrset *soa = find_rrset(img, "example.com", BNS_TYPE_SOA);
	assert_int_equal(img->negative_ttl, 60);
	assert_int_equal(negative->type, BNS_TYPE_SOA);
	assert_int_equal(negative->ttl, 60);
	assert_int_equal(wire_ttl(img, negative), 60);
	assert_int_equal(wire_ttl(img, soa), 3600);
	assert_int_equal(negative->wire_len, soa->wire_len);
	bns_image_free(img);
}

static void image_negative_soa_is_the_soa_where_its_ttl_is_small(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone("example.com");
	fixture_add_soa(c, "example.com", "a.dns.net", "h.dns.net", 1, 60, 3600);
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "a.dns.net");
	fixture_add_a(c, "example.com", 1);
	struct bns_image *img = build(c);
	assert_int_equal(img->negative_ttl, 60);
	assert_ptr_equal(bns_image_at(img, img->negative_soa), find_rrset(img, "example.com", BNS_TYPE_SOA));
	bns_image_free(img);
}

static void image_lists_glue_of_a_cut(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_a(c, "ns1.example.com", 1);
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "ns.sub.example.com");
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "NS1.Example.com");
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "noaddress.example.com");
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "ns.elsewhere.net");
	fixture_add(c, "noaddress.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	fixture_add(c, "ns.sub.example.com", BNS_TYPE_AAAA, 60, "0123456789abcdef", 16);
	struct bns_image *img = build(c);
	const struct bns_rrset *ns = find_rrset(img, "sub.example.com", BNS_TYPE_NS);
	const uint32_t *glue = bns_image_at(img, ns->glue);
	assert_int_equal(ns->count, 4);
	assert_int_equal(ns->glue_count, 2);
	assert_ptr_equal(bns_image_node(img, glue[1]), find(img, "ns1.example.com"));
	assert_ptr_equal(bns_image_node(img, glue[0]), find(img, "ns.sub.example.com"));
	bns_image_free(img);
}

static void image_lists_addresses_of_the_zones_own_servers(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "second.example.com");
	fixture_add_a(c, "second.example.com", 1);
	struct bns_image *img = build(c);
	const struct bns_rrset *ns = find_rrset(img, "example.com", BNS_TYPE_NS);
	const uint32_t *glue = bns_image_at(img, ns->glue);
	assert_int_equal(ns->glue_count, 1);
	assert_ptr_equal(bns_image_node(img, glue[0]), find(img, "second.example.com"));
	bns_image_free(img);
}

static void image_lists_targets_of_services(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(1);
	fixture_add_a(c, "www.example.com", 1);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\1\0", 3);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\2\4POOL\7example\3com", 20);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\3\4pool\7example\3com", 20);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\4\2ns\3sub\7example\3com", 22);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\5\2ns\7example\3net", 18);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\0\5alias\7example\3com", 21);
	fixture_add(c, "www.example.com", BNS_TYPE_HTTPS, 60, "\0\6\4text\7example\3com", 20);
	fixture_add_a(c, "pool.example.com", 2);
	fixture_add(c, "text.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	fixture_add_a(c, "ns.sub.example.com", 3);
	fixture_add_name(c, "sub.example.com", BNS_TYPE_NS, "ns.sub.example.com");
	fixture_add(c, "alias.example.com", BNS_TYPE_HTTPS, 60, "\0\0\0", 3);
	struct bns_image *img = build(c);
	const struct bns_rrset *https = find_rrset(img, "www.example.com", BNS_TYPE_HTTPS);
	const uint32_t *targets = bns_image_at(img, https->glue);
	assert_int_equal(https->count, 7);
	assert_int_equal(https->glue_count, 2);
	assert_ptr_equal(bns_image_node(img, targets[0]), find(img, "alias.example.com"));
	assert_ptr_equal(bns_image_node(img, targets[1]), find(img, "pool.example.com"));
	assert_int_equal(find_rrset(img, "alias.example.com", BNS_TYPE_HTTPS)->glue_count, 0);
	bns_image_free(img);
}

static void image_says_what_its_zone_is(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_example(2026112302u);
	fixture_add(c, "example.com", BNS_TYPE_DNSKEY, 60, "\1\1\3\15key", 7);
	struct bns_image *img = build(c);
	assert_int_equal(img->serial, 2026112302u);
	assert_int_equal(img->state, BNS_IMAGE_SERVED);
	assert_true(img->is_signed);
	assert_int_equal(img->apex_len, 13);
	assert_int_equal(img->apex_labels, 2);
	assert_memory_equal(img->apex, "\7example\3com", 13);
	assert_true(img->apex_hash == bns_name_hash(img->apex));
	bns_image_free(img);
}

static void image_of_a_branding_zone_stays_small(void **state)
{
	(void)state;
	struct bns_image *img = build(fixture_branding(1, "d111111abcdef8.cloudfront.net"));
	assert_true(img->size_bytes <= 704);
	bns_image_free(img);
}

static void image_of_the_root_zone_is_built(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone(".");
	fixture_add_soa(c, ".", "a.root-servers.net", "nstld.verisign-grs.com", 1, 60, 60);
	fixture_add_name(c, "com", BNS_TYPE_NS, "a.gtld-servers.net");
	struct bns_image *img = build(c);
	assert_int_equal(img->node_count, 2);
	assert_int_equal(find(img, "com")->flags, BNS_NODE_CUT);
	assert_int_equal(find(img, ".")->labels, 0);
	bns_image_free(img);
}

static void image_build_refuses_what_is_not_sound(void **state)
{
	(void)state;
	struct bns_image *img = NULL;
	struct bns_contents *empty = fixture_finish(fixture_zone("example.com"));
	assert_int_equal(bns_image_build(empty, &img), BNS_EINVAL);
	bns_contents_free(empty);

	struct bns_contents *outside = fixture_example(1);
	fixture_add_a(outside, "www.example.net", 1);
	assert_int_equal(bns_image_build(fixture_finish(outside), &img), BNS_EINVAL);
	bns_contents_free(outside);

	struct bns_contents *short_cname = fixture_example(1);
	fixture_add(short_cname, "www.example.com", BNS_TYPE_CNAME, 60, "\5ab", 3);
	assert_int_equal(bns_image_build(fixture_finish(short_cname), &img), BNS_EINVAL);
	bns_contents_free(short_cname);
	assert_null(img);
}

static void placeholder_finds_nothing_and_has_no_records(void **state)
{
	(void)state;
	uint8_t apex[BNS_NAME_MAX];
	fixture_name("Example.COM", apex);
	struct bns_image *img = NULL;
	assert_int_equal(bns_image_placeholder(apex, BNS_IMAGE_EXPIRED, &img), BNS_OK);
	assert_int_equal(img->state, BNS_IMAGE_EXPIRED);
	assert_memory_equal(img->apex, "\7example\3com", 13);
	assert_true(img->apex_hash == bns_name_hash(img->apex));
	assert_null(find(img, "example.com"));
	struct bns_contents *c = NULL;
	assert_int_equal(bns_image_contents(img, &c), BNS_OK);
	assert_int_equal(c->count, 0);
	bns_contents_free(c);
	bns_image_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_finds_every_owner_and_nothing_else),
		cmocka_unit_test(image_holds_empty_non_terminals_in_canonical_order),
		cmocka_unit_test(image_flags_cuts_and_what_they_occlude),
		cmocka_unit_test(image_flags_the_parent_of_an_empty_wildcard),
		cmocka_unit_test(image_sorts_rrsets_by_type_and_finds_each),
		cmocka_unit_test(image_compresses_names_against_the_apex),
		cmocka_unit_test(image_compresses_names_against_earlier_ones_of_the_rrset),
		cmocka_unit_test(image_compresses_against_parents_of_the_apex),
		cmocka_unit_test(image_leaves_types_after_rfc_1035_uncompressed),
		cmocka_unit_test(image_gives_a_lower_case_uncompressed_target_within_the_zone),
		cmocka_unit_test(image_negative_soa_has_the_smaller_ttl),
		cmocka_unit_test(image_negative_soa_is_the_soa_where_its_ttl_is_small),
		cmocka_unit_test(image_lists_glue_of_a_cut),
		cmocka_unit_test(image_lists_addresses_of_the_zones_own_servers),
		cmocka_unit_test(image_lists_targets_of_services),
		cmocka_unit_test(image_says_what_its_zone_is),
		cmocka_unit_test(image_of_a_branding_zone_stays_small),
		cmocka_unit_test(image_of_the_root_zone_is_built),
		cmocka_unit_test(image_build_refuses_what_is_not_sound),
		cmocka_unit_test(placeholder_finds_nothing_and_has_no_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
