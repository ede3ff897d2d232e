/* SPDX-License-Identifier: BSD-3-Clause */
/* The example zones of RFC 8976, appendix A, as facts; A.2's data out of the zone stands in a test of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "zone/check.h"
#include "zone/load.h"
#include "zone/zonemd.h"

#define SOA  "example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400\n"
#define NS   "example. 86400 IN NS ns1\nexample. 86400 IN NS ns2\n"
#define ADDR "ns1 3600 IN A 203.0.113.63\nns2 3600 IN AAAA 2001:db8::63\n"

#define SIMPLE_DIGEST "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c"
#define SIMPLE        SOA NS ADDR "example. 86400 IN ZONEMD 2018031900 1 1 " SIMPLE_DIGEST "\n"

#define COMPLEX                                                                                                        \
	SOA NS "example. 86400 IN ZONEMD 2018031900 1 1 "                                                              \
	       "a3b69bad980a3504e1cffcb0fd6397f93848071c93151f552ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe\n"    \
	       "ns1 3600 IN A 203.0.113.63\nNS2 3600 IN AAAA 2001:db8::63\n"                                           \
	       "occluded.sub 7200 IN TXT \"I'm occluded but must be digested\"\n"                                      \
	       "sub 7200 IN NS ns1\n"                                                                                  \
	       "duplicate 300 IN TXT \"I must be digested just once\"\n"                                               \
	       "duplicate 300 IN TXT \"I must be digested just once\"\n"                                               \
	       "UPPERCASE 3600 IN TXT \"canonicalize uppercase owner names\"\n"                                        \
	       "* 777 IN PTR dont-forget-about-wildcards\n"                                                            \
	       "mail 3600 IN MX 20 MAIL1\nmail 3600 IN MX 10 Mail2.Example.\n"                                         \
	       "sortme 3600 IN AAAA 2001:db8::5:61\nsortme 3600 IN AAAA 2001:db8::3:62\n"                              \
	       "sortme 3600 IN AAAA 2001:db8::4:63\nsortme 3600 IN AAAA 2001:db8::1:65\n"                              \
	       "sortme 3600 IN AAAA 2001:db8::2:64\n"                                                                  \
	       "non-apex 900 IN ZONEMD 2018031900 1 1 "                                                                \
	       "616c6c6f776564206275742069676e6f7265642e20616c6c6f776564206275742069676e6f7265642e20616c6c6f7765\n"

#define SEVERAL_384                                                                                                    \
	"example. 86400 IN ZONEMD 2018031900 1 1 "                                                                     \
	"62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637493daaf401c92c279dd10f0edb1c56f8080211f8480ee306\n"
#define SEVERAL_512                                                                                                    \
	"example. 86400 IN ZONEMD 2018031900 1 2 "                                                                     \
	"08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a"                                             \
	"4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204f166b47e5613fd27\n"
#define UNKNOWN                                                                                                        \
	"example. 86400 IN ZONEMD 2018031900 1 240 e2d523f654b9422a96c5a8f44607bbee\n"                                 \
	"example. 86400 IN ZONEMD 2018031900 241 1 "                                                                   \
	"e1846540e33a9e4189792d18d5d131f605fc283eaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
#define SEVERAL_DATA                                                                                                   \
	SOA NS "ns1 3600 IN A 203.0.113.63\nns2 86400 IN TXT \"This example has multiple digests\"\n"                  \
	       "NS2 3600 IN AAAA 2001:db8::63\n"

static struct bns_contents *parse(const char *text)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	if (bns_zone_parse(text, strlen(text), "example.zone", (const uint8_t *)"\7example", &c, &diag) != BNS_OK)
		fail_msg("%u: %s", diag.line, diag.text);
	return c;
}

static void assert_result(const char *text, enum bns_zonemd expected)
{
	struct bns_contents *c = parse(text);
	const struct bns_record *rr;
	enum bns_zonemd result;
	assert_int_equal(bns_zonemd_verify(c, &result, &rr), BNS_OK);
	assert_int_equal(result, expected);
	assert_int_equal(rr == NULL, expected == BNS_ZONEMD_ABSENT);
	bns_contents_free(c);
}

static void zonemd_verifies_the_simple_zone(void **state)
{
	(void)state;
	assert_result(SIMPLE, BNS_ZONEMD_GOOD);
}

static void zonemd_verifies_the_complex_zone(void **state)
{
	(void)state;
	assert_result(COMPLEX, BNS_ZONEMD_GOOD);
}

static void zonemd_leaves_out_what_is_not_in_the_zone(void **state)
{
	(void)state;
	assert_result(COMPLEX "foo.test. 555 IN TXT \"out-of-zone data must be excluded\"\n", BNS_ZONEMD_GOOD);
}

static void zonemd_leaves_out_its_own_signature(void **state)
{
	(void)state;
	assert_result(SIMPLE
		      "example. 86400 IN RRSIG ZONEMD 13 1 86400 20261223000000 20261123000000 1 example. AwEA\n",
		      BNS_ZONEMD_GOOD);
	assert_result(SIMPLE "example. 86400 IN RRSIG NS 13 1 86400 20261223000000 20261123000000 1 example. AwEA\n",
		      BNS_ZONEMD_DIGEST);
}

static void zonemd_of_several_takes_any_that_fits(void **state)
{
	(void)state;
	assert_result(SEVERAL_DATA SEVERAL_384 SEVERAL_512 UNKNOWN, BNS_ZONEMD_GOOD);
	assert_result(SEVERAL_DATA SEVERAL_384 UNKNOWN, BNS_ZONEMD_GOOD);
	assert_result(SEVERAL_DATA SEVERAL_512 UNKNOWN, BNS_ZONEMD_GOOD);
	assert_result(SEVERAL_DATA "example. 86400 IN ZONEMD 2018031900 1 1 " SIMPLE_DIGEST "\n" SEVERAL_512,
		      BNS_ZONEMD_GOOD);
}

static void zonemd_ignores_unknown_schemes_and_hashes(void **state)
{
	(void)state;
	assert_result(SEVERAL_DATA UNKNOWN, BNS_ZONEMD_UNSUPPORTED);
	assert_result(SEVERAL_DATA, BNS_ZONEMD_ABSENT);
}

static void zonemd_finds_every_alteration(void **state)
{
	(void)state;
	assert_result(SIMPLE "new 300 IN A 192.0.2.1\n", BNS_ZONEMD_DIGEST);
	assert_result(SOA NS "ns1 3600 IN A 203.0.113.63\nexample. 86400 IN ZONEMD 2018031900 1 1 " SIMPLE_DIGEST "\n",
		      BNS_ZONEMD_DIGEST);
	assert_result(SOA NS "ns1 3601 IN A 203.0.113.63\nns2 3600 IN AAAA 2001:db8::63\n"
			     "example. 86400 IN ZONEMD 2018031900 1 1 " SIMPLE_DIGEST "\n",
		      BNS_ZONEMD_DIGEST);
}

static void zonemd_of_another_serial_or_length_or_given_twice_is_bad(void **state)
{
	(void)state;
	assert_result(SOA NS ADDR "example. 86400 IN ZONEMD 2018031899 1 1 " SIMPLE_DIGEST "\n", BNS_ZONEMD_SERIAL);
	assert_result(SOA NS ADDR "example. 86400 IN ZONEMD 2018031900 1 2 " SIMPLE_DIGEST "\n", BNS_ZONEMD_LENGTH);
	assert_result(SIMPLE SEVERAL_384, BNS_ZONEMD_REPEATED);
}

static void check_refuses_a_zone_that_its_zonemd_does_not_fit(void **state)
{
	(void)state;
	struct bns_problems p;
	struct bns_contents *c = parse(SIMPLE "new 300 IN A 192.0.2.1\n");
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.list[0].rule, BNS_CHECK_ZONEMD_BAD);
	assert_string_equal(bns_check_word(p.list[0].rule), "zonemd-bad");
	assert_int_equal(p.list[0].where.line, 6);
	assert_non_null(strstr(p.list[0].where.text, "example. ZONEMD is not the digest of these records"));
	bns_problems_free(&p);
	bns_contents_free(c);
	c = parse(SIMPLE);
	assert_int_equal(bns_zone_check(c, &p), BNS_OK);
	assert_int_equal(p.count, 0);
	bns_problems_free(&p);
	bns_contents_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zonemd_verifies_the_simple_zone),
		cmocka_unit_test(zonemd_verifies_the_complex_zone),
		cmocka_unit_test(zonemd_leaves_out_what_is_not_in_the_zone),
		cmocka_unit_test(zonemd_leaves_out_its_own_signature),
		cmocka_unit_test(zonemd_of_several_takes_any_that_fits),
		cmocka_unit_test(zonemd_ignores_unknown_schemes_and_hashes),
		cmocka_unit_test(zonemd_finds_every_alteration),
		cmocka_unit_test(zonemd_of_another_serial_or_length_or_given_twice_is_bad),
		cmocka_unit_test(check_refuses_a_zone_that_its_zonemd_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
