/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "zone/digest.h"

static void digest_of(struct bns_contents *c, uint8_t digest[BNS_DIGEST_LEN])
{
	assert_int_equal(bns_contents_digest(fixture_finish(c), digest), BNS_OK);
	bns_contents_free(c);
}

/* Computed outside of this program, over the five records' canonical octets: nodes of a fleet must agree for ever. */
static void digest_is_the_sha256_of_the_canonical_records(void **state)
{
	(void)state;
	static const uint8_t expected[BNS_DIGEST_LEN] = {
		0xc5, 0xb3, 0xdb, 0x4b, 0x1b, 0xba, 0x40, 0x30, 0xdf, 0xa8, 0x98, 0x8a, 0xfd, 0x88, 0x90, 0x1a,
		0x0d, 0x0d, 0xfe, 0xfe, 0x52, 0xbe, 0xe8, 0x7e, 0xf7, 0x24, 0x05, 0xa6, 0x0e, 0xd5, 0x1a, 0x5d,
	};
	uint8_t digest[BNS_DIGEST_LEN];
	digest_of(fixture_branding(2026112302u, "d111111abcdef8.cloudfront.net"), digest);
	assert_memory_equal(digest, expected, sizeof(expected));
}

static void digest_ignores_order_and_case(void **state)
{
	(void)state;
	struct bns_contents *c = fixture_zone("EXAMPLE.com");
	fixture_add_name(c, "URL1234.example.com", BNS_TYPE_CNAME, "D1.CDN.example");
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "NS2.example.com");
	fixture_add_name(c, "5678901.example.com", BNS_TYPE_CNAME, "SendGrid.net");
	fixture_add_name(c, "example.com", BNS_TYPE_NS, "ns1.EXAMPLE.com");
	fixture_add_soa(c, "example.COM", "ns1.example.com", "HostMaster.example.com", 1, 3600, 300);
	uint8_t a[BNS_DIGEST_LEN], b[BNS_DIGEST_LEN];
	digest_of(c, a);
	digest_of(fixture_branding(1, "d1.cdn.example"), b);
	assert_memory_equal(a, b, sizeof(a));
}

static void digest_changes_with_serial_ttl_and_rdata(void **state)
{
	(void)state;
	uint8_t base[BNS_DIGEST_LEN], other[BNS_DIGEST_LEN];
	digest_of(fixture_branding(1, "d1.cdn.example"), base);
	digest_of(fixture_branding(2, "d1.cdn.example"), other);
	assert_memory_not_equal(base, other, sizeof(base));
	digest_of(fixture_branding(1, "sendgrid.net"), other);
	assert_memory_not_equal(base, other, sizeof(base));

	uint8_t a[BNS_DIGEST_LEN], b[BNS_DIGEST_LEN];
	struct bns_contents *c = fixture_example(1);
	fixture_add(c, "t.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	digest_of(c, a);
	c = fixture_example(1);
	fixture_add(c, "t.example.com", BNS_TYPE_TXT, 61, "\1x", 2);
	digest_of(c, b);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void digest_keeps_the_case_of_text(void **state)
{
	(void)state;
	uint8_t a[BNS_DIGEST_LEN], b[BNS_DIGEST_LEN];
	struct bns_contents *c = fixture_example(1);
	fixture_add(c, "t.example.com", BNS_TYPE_TXT, 60, "\1x", 2);
	digest_of(c, a);
	c = fixture_example(1);
	fixture_add(c, "t.example.com", BNS_TYPE_TXT, 60, "\1X", 2);
	digest_of(c, b);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void candidate_id_is_zone_serial_and_eight_digits(void **state)
{
	(void)state;
	const uint8_t digest[BNS_DIGEST_LEN] = {0x1a, 0x2b, 0x3c, 0x4d, 0x5e};
	uint8_t apex[BNS_NAME_MAX];
	char id[BNS_CANDIDATE_ID_MAX];
	fixture_name("example.com", apex);
	assert_string_equal(bns_candidate_id(apex, 2026112302u, digest, id), "example.com@2026112302-1a2b3c4d");
	assert_string_equal(bns_candidate_id((const uint8_t *)"", 0, (const uint8_t[BNS_DIGEST_LEN]){0}, id),
			    ".@0-00000000");
}

static void candidate_id_of_the_longest_name_fits(void **state)
{
	(void)state;
	uint8_t apex[BNS_NAME_MAX];
	size_t at = 0;
	for (unsigned len = 63; at < 254; at += len + 1u, len = at == 192 ? 61 : 63) {
		apex[at] = (uint8_t)len;
		memset(apex + at + 1, 0xFF, len);
	}
	apex[at] = 0;
	assert_int_equal(at, 254);
	static const uint8_t digest[BNS_DIGEST_LEN] = {0xFF, 0xFF, 0xFF, 0xFF};
	char id[BNS_CANDIDATE_ID_MAX];
	bns_candidate_id(apex, UINT32_MAX, digest, id);
	const char end[] = "@4294967295-ffffffff";
	assert_string_equal(id + strlen(id) - strlen(end), end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_is_the_sha256_of_the_canonical_records),
		cmocka_unit_test(digest_ignores_order_and_case),
		cmocka_unit_test(digest_changes_with_serial_ttl_and_rdata),
		cmocka_unit_test(digest_keeps_the_case_of_text),
		cmocka_unit_test(candidate_id_is_zone_serial_and_eight_digits),
		cmocka_unit_test(candidate_id_of_the_longest_name_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
