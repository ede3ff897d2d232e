/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/check.h"
#include "zone/load.h"

/* Four lines; what a test adds begins in the fifth. */
#define HEAD                                                                                                           \
	"$ORIGIN example.com.\n$TTL 300\n@ SOA ns1.example.net. hostmaster 1 3600 600 1209600 300\n@ NS "              \
	"ns1.example.net.\n"

static const uint8_t *name(const char *text)
{
	static uint8_t wire[BNS_NAME_MAX];
	assert_int_equal(bns_name_from_text(text, NULL, wire, NULL), BNS_OK);
	return wire;
}

static struct bns_contents *parse(const char *text)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_zone_parse(text, strlen(text), "z.zone", name("example.com."), &c, &diag);
	if (err)
		print_message("%s\n%u: %s\n", text, diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	return c;
}

static void print_problems(const struct bns_problems *p)
{
	char line[1024];
	for (size_t i = 0; i < p->count && i < BNS_PROBLEMS_MAX; i++)
		print_message("%s: %s\n", bns_check_word(p->list[i].rule),
			      bns_diag_format(&p->list[i].where, line, sizeof(line)));
}

static void assert_sound(const char *text)
{
	struct bns_problems p;
	struct bns_contents *c = parse(text);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	print_problems(&p);
	assert_int_equal(p.count, 0);
	assert_null(p.list);
	bns_problems_free(&p);
	bns_contents_free(c);
}

/* Exactly one problem: this rule, at that line, with a sentence that says so. */
static void assert_problem(const char *text, enum bns_check rule, unsigned line, const char *says)
{
	struct bns_problems p;
	struct bns_contents *c = parse(text);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	if (p.count != 1 || p.list[0].rule != rule || p.list[0].where.line != line ||
	    !strstr(p.list[0].where.text, says))
		print_problems(&p);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.list[0].rule, rule);
	assert_int_equal(p.list[0].where.line, line);
	assert_string_equal(p.list[0].where.file, "z.zone");
	assert_non_null(strstr(p.list[0].where.text, says));
	bns_problems_free(&p);
	bns_contents_free(c);
}

static void check_finds_nothing_in_a_sound_zone(void **state)
{
	(void)state;
	assert_sound(HEAD "url1234 60 CNAME d111111abcdef8.cloudfront.net.\n5678901 CNAME sendgrid.net.\n"
			  "_cf-custom-hostname.url1234 TXT x\n_acme-challenge.url1234 CNAME x.dcv.cloudflare.com.\n"
			  "@ MX 10 mail\nmail A 192.0.2.1\nmail AAAA 2001:db8::1\n* A 192.0.2.1\n");
}

static void check_words_are_stable(void **state)
{
	(void)state;
	assert_string_equal(bns_check_word(BNS_CHECK_SOA_MISSING), "soa-missing");
	assert_string_equal(bns_check_word(BNS_CHECK_CNAME_AND_OTHER), "cname-and-other");
	assert_string_equal(bns_check_word(BNS_CHECK_RRSET_TOO_LARGE), "rrset-too-large");
}

static void check_wants_one_soa_at_the_apex(void **state)
{
	(void)state;
	assert_problem("$TTL 5\n@ NS ns.example.net.\n", BNS_CHECK_SOA_MISSING, 0, "example.com. has no SOA record");
	assert_problem(HEAD "@ SOA ns1.example.net. hostmaster 2 3600 600 1209600 300\n", BNS_CHECK_SOA_SEVERAL, 5,
		       "more than one SOA record");
	assert_problem(HEAD "sub SOA ns1.example.net. hostmaster 2 3600 600 1209600 300\n", BNS_CHECK_SOA_NOT_APEX, 5,
		       "sub.example.com. has an SOA record, but this is the zone example.com.");
}

static void check_wants_name_servers(void **state)
{
	(void)state;
	assert_problem("$TTL 5\n@ SOA a b 1 2 3 4 5\nsub NS ns.example.net.\n", BNS_CHECK_NS_MISSING, 0,
		       "example.com. has no NS record");
}

static void check_finds_records_out_of_zone(void **state)
{
	(void)state;
	assert_problem(HEAD "www.example.net. A 192.0.2.1\n", BNS_CHECK_OUT_OF_ZONE, 5,
		       "www.example.net. lies outside the zone example.com.");
	assert_problem(HEAD "wwwexample.com. A 192.0.2.1\n", BNS_CHECK_OUT_OF_ZONE, 5, "outside");
	assert_problem(HEAD "com. A 192.0.2.1\n", BNS_CHECK_OUT_OF_ZONE, 5, "outside");
}

static void check_finds_company_of_a_cname(void **state)
{
	(void)state;
	assert_problem(HEAD "url1234 CNAME sendgrid.net.\nurl1234 A 192.0.2.1\n", BNS_CHECK_CNAME_AND_OTHER, 6,
		       "url1234.example.com. has a CNAME and also A records; a CNAME must stand alone (RFC 2181 10.1)");
	assert_problem(HEAD "url1234 CAA 0 issue \"x\"\nurl1234 CNAME sendgrid.net.\nurl1234 TXT x\nurl1234 TXT y\n",
		       BNS_CHECK_CNAME_AND_OTHER, 7, "also TXT, CAA records");
	assert_problem(HEAD "@ CNAME x.example.net.\n", BNS_CHECK_CNAME_AND_OTHER, 4, "also NS, SOA records");
}

static void check_allows_dnssec_beside_a_cname(void **state)
{
	(void)state;
	assert_sound(HEAD "w CNAME x.example.net.\nw NSEC z CNAME RRSIG NSEC\n"
			  "w RRSIG CNAME 8 3 300 20261223000000 20261123000000 1 example.com. AwEA\n"
			  "w RRSIG NSEC 8 3 300 20261223000000 20261123000000 1 example.com. AwEA\n");
}

static void check_finds_several_aliases(void **state)
{
	(void)state;
	assert_problem(HEAD "w CNAME b.example.net.\nw CNAME a.example.net.\n", BNS_CHECK_CNAME_SEVERAL, 5,
		       "w.example.com. has more than one CNAME");
	assert_problem(HEAD "w DNAME a.example.net.\nw DNAME b.example.net.\n", BNS_CHECK_DNAME_SEVERAL, 6,
		       "more than one DNAME");
	assert_sound(HEAD "w CNAME a.example.net.\nW CNAME A.Example.net.\n");
}

static void check_finds_what_a_dname_hides(void **state)
{
	(void)state;
	assert_problem(HEAD "d DNAME x.example.net.\nd TXT fine\na.b.d A 192.0.2.1\na.b.d TXT x\ne A 192.0.2.1\n",
		       BNS_CHECK_BELOW_DNAME, 7, "a.b.d.example.com. lies below the DNAME of d.example.com.");
	assert_sound(HEAD "@ DNAME x.example.net.\n@ NSEC3PARAM 1 0 0 -\n"
			  "2t7b4g4vsa5smi47k61mv5bv1a22bojr NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA\n"
			  "2t7b4g4vsa5smi47k61mv5bv1a22bojr RRSIG NSEC3 8 3 300 20261223000000 20261123000000 1 "
			  "example.com. AwEA\n");
}

static void check_wants_glue_at_and_below_the_cut(void **state)
{
	(void)state;
	assert_problem(HEAD "sub NS ns.sub\n", BNS_CHECK_GLUE_MISSING, 5,
		       "sub.example.com. is delegated to ns.sub.example.com.");
	assert_problem(HEAD "sub NS sub\n", BNS_CHECK_GLUE_MISSING, 5, "A or AAAA record");
	assert_problem(HEAD "sub NS ns.sub\n* A 192.0.2.1\n", BNS_CHECK_GLUE_MISSING, 5, "A or AAAA record");
	assert_sound(HEAD "sub NS ns.sub\nns.sub AAAA 2001:db8::1\n");
	assert_sound(HEAD "sub NS ns.other\nother NS ns.example.net.\n");
	assert_sound(HEAD "sub NS ns.example.net.\n");
}

static void check_wants_addresses_of_the_zones_own_servers(void **state)
{
	(void)state;
	assert_problem(HEAD "@ NS ns2\n", BNS_CHECK_GLUE_MISSING, 5,
		       "example.com. has the name server ns2.example.com.");
	assert_problem(HEAD "@ NS ns2\n* A 192.0.2.1\nns2 TXT x\n", BNS_CHECK_GLUE_MISSING, 5, "ns2.example.com.");
	assert_sound(HEAD "@ NS ns2\nns2 A 192.0.2.1\n");
	assert_sound(HEAD "@ NS ns2.x\n* A 192.0.2.1\n");
}

static void check_refuses_aliases_as_name_servers(void **state)
{
	(void)state;
	assert_problem(HEAD "@ NS ns2\nns2 CNAME x.example.net.\n", BNS_CHECK_NS_IS_CNAME, 5,
		       "ns2.example.com., which is a CNAME");
	assert_problem(HEAD "ns2 CNAME x.example.net.\nsub NS ns2\n", BNS_CHECK_NS_IS_CNAME, 6,
		       "sub.example.com. has the name server");
}

static void check_allows_occluded_data(void **state)
{
	(void)state;
	assert_sound(HEAD "sub NS ns.example.net.\nold.sub TXT left\ndeep.sub NS ns.deep.sub\nzone TXT x\n");
}

static void check_wants_one_ttl_per_rrset(void **state)
{
	(void)state;
	assert_problem(HEAD "w 60 A 192.0.2.1\nw 300 A 192.0.2.2\nw 300 A 192.0.2.3\nw 5 TXT x\n",
		       BNS_CHECK_TTL_DIFFERS, 6, "w.example.com. has A records with the TTLs 60 and 300");
	assert_problem(HEAD "w 60 A 192.0.2.1\nw 300 A 192.0.2.1\n", BNS_CHECK_TTL_DIFFERS, 6, "60 and 300");
	assert_problem(HEAD "w 60 CNAME a.\nw 300 CNAME a.\n", BNS_CHECK_TTL_DIFFERS, 6, "60 and 300");
}

static void check_takes_signatures_per_covered_type(void **state)
{
	(void)state;
	assert_sound(HEAD "w 60 RRSIG A 8 3 60 20261223000000 20261123000000 1 example.com. AwEA\n"
			  "w 300 RRSIG TXT 8 3 300 20261223000000 20261123000000 1 example.com. AwEA\n");
	assert_problem(HEAD "w 60 RRSIG A 8 3 60 20261223000000 20261123000000 1 example.com. AwEA\n"
			    "w 300 RRSIG A 8 3 60 20261223000000 20261123000000 2 example.com. AwEA\n",
		       BNS_CHECK_TTL_DIFFERS, 6, "RRSIG records with the TTLs 60 and 300");
}

static void check_limits_ttls(void **state)
{
	(void)state;
	assert_problem(HEAD "w 2147483648 A 192.0.2.1\n", BNS_CHECK_TTL_TOO_LARGE, 5,
		       "w.example.com. A has the TTL 2147483648");
	assert_sound(HEAD "w 2147483647 A 192.0.2.1\n");
}

static void check_refuses_types_that_are_no_data(void **state)
{
	(void)state;
	assert_problem(HEAD "w TYPE41 \\# 0\n", BNS_CHECK_META_TYPE, 5, "of type OPT");
	assert_problem(HEAD "w TYPE255 \\# 0\n", BNS_CHECK_META_TYPE, 5, "of type ANY");
}

/* One NSEC3PARAM with more would let every denial take milliseconds. */
static void check_refuses_nsec3_iterations_beyond_what_is_lawful(void **state)
{
	(void)state;
	assert_problem(HEAD "@ NSEC3PARAM 1 0 2501 -\n", BNS_CHECK_NSEC3_COSTLY, 5, "has 2501 NSEC3 iterations");
	assert_problem(HEAD "@ NSEC3PARAM 1 0 65535 AB\n", BNS_CHECK_NSEC3_COSTLY, 5, "has 65535 NSEC3 iterations");
	assert_sound(HEAD "@ NSEC3PARAM 1 0 2500 -\n");
}

static void check_finds_malformed_rdata_of_a_transfer(void **state)
{
	(void)state;
	struct bns_problems p;
	struct bns_contents *c = parse(HEAD);
	uint8_t target[] = {3, 'a', 'b'};
	assert_int_equal(bns_contents_add(c, name("sub.example.com."), BNS_TYPE_NS, 5, target, 3, 0, 0), BNS_OK);
	assert_int_equal(bns_contents_add(c, name("w.example.com."), BNS_TYPE_A, 5, "\1\2\3", 3, 0, 0), BNS_OK);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.list[0].rule, BNS_CHECK_RDATA_BAD);
	assert_int_equal(p.list[1].type, BNS_TYPE_A);
	assert_true(bns_name_equal(p.list[1].owner, name("w.example.com.")));
	assert_string_equal(p.list[1].where.text,
			    "w.example.com. has a malformed A record of 3 octets; correct it at its source");
	bns_problems_free(&p);
	bns_contents_free(c);
}

static void check_limits_rrsets_to_a_message(void **state)
{
	(void)state;
	struct bns_contents *c = parse(HEAD);
	struct bns_problems p;
	static uint8_t rdata[1024];
	memset(rdata, 255, sizeof(rdata));
	for (unsigned i = 0; i < 64; i++) {
		rdata[0] = (uint8_t)i;
		assert_int_equal(bns_contents_add(c, name("big.example.com."), 65400, 5, rdata, sizeof(rdata), 0, 0),
				 BNS_OK);
	}
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.list[0].rule, BNS_CHECK_RRSET_TOO_LARGE);
	bns_problems_free(&p);
	bns_contents_free(c);
}

static void check_works_without_a_file(void **state)
{
	(void)state;
	struct bns_problems p;
	struct bns_contents *c = bns_contents_new(name("example.com."));
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 2);
	assert_string_equal(p.list[0].where.file, "");
	bns_problems_free(&p);
	bns_contents_free(c);
}

static void check_lists_problems_by_line_and_counts_beyond_its_list(void **state)
{
	(void)state;
	struct bns_problems p;
	struct bns_contents *c = parse(HEAD "z 5 A 192.0.2.1\nz 6 A 192.0.2.2\na 5 A 192.0.2.1\na 6 A 192.0.2.2\n");
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.list[0].where.line, 6);
	assert_int_equal(p.list[1].where.line, 8);
	bns_problems_free(&p);
	for (unsigned i = 0; i < 100; i++) {
		char owner[32];
		snprintf(owner, sizeof(owner), "x%u.example.net.", i);
		assert_int_equal(bns_contents_add(c, name(owner), BNS_TYPE_A, 5, "\1\2\3\4", 4, 0, 0), BNS_OK);
	}
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 102);
	bns_problems_free(&p);
	bns_contents_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_finds_nothing_in_a_sound_zone),
		cmocka_unit_test(check_words_are_stable),
		cmocka_unit_test(check_wants_one_soa_at_the_apex),
		cmocka_unit_test(check_wants_name_servers),
		cmocka_unit_test(check_finds_records_out_of_zone),
		cmocka_unit_test(check_finds_company_of_a_cname),
		cmocka_unit_test(check_allows_dnssec_beside_a_cname),
		cmocka_unit_test(check_finds_several_aliases),
		cmocka_unit_test(check_finds_what_a_dname_hides),
		cmocka_unit_test(check_wants_glue_at_and_below_the_cut),
		cmocka_unit_test(check_wants_addresses_of_the_zones_own_servers),
		cmocka_unit_test(check_refuses_aliases_as_name_servers),
		cmocka_unit_test(check_allows_occluded_data),
		cmocka_unit_test(check_wants_one_ttl_per_rrset),
		cmocka_unit_test(check_takes_signatures_per_covered_type),
		cmocka_unit_test(check_limits_ttls),
		cmocka_unit_test(check_refuses_types_that_are_no_data),
		cmocka_unit_test(check_refuses_nsec3_iterations_beyond_what_is_lawful),
		cmocka_unit_test(check_finds_malformed_rdata_of_a_transfer),
		cmocka_unit_test(check_limits_rrsets_to_a_message),
		cmocka_unit_test(check_works_without_a_file),
		cmocka_unit_test(check_lists_problems_by_line_and_counts_beyond_its_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
