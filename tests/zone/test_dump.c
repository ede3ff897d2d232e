/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zone/dump.h"
#include "zone/load.h"

static const uint8_t *name(const char *text)
{
	static uint8_t ring[8][BNS_NAME_MAX];
	static unsigned turn;
	uint8_t *wire = ring[turn++ % 8];
	assert_int_equal(bns_name_from_text(text, NULL, wire, NULL), BNS_OK);
	return wire;
}

static struct bns_contents *parse(const char *text, const char *apex)
{
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_zone_parse(text, strlen(text), "z", apex ? name(apex) : NULL, &c, &diag);
	if (err)
		print_message("%s\nz:%u: %s\n", text, diag.line, diag.text);
	assert_int_equal(err, BNS_OK);
	return c;
}

static char *dump(const struct bns_contents *c)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(bns_zone_dump(c, out), BNS_OK);
	fclose(out);
	return text;
}

static void assert_same_contents(const struct bns_contents *a, const struct bns_contents *b)
{
	assert_true(bns_name_equal(a->apex, b->apex));
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(bns_record_compare(&a->records[i], &b->records[i]), 0);
		assert_int_equal(a->records[i].ttl, b->records[i].ttl);
	}
}

/* load(dump(c)) == c, and dumped again it is the same text. */
static void assert_survives(const struct bns_contents *c)
{
	char *text = dump(c);
	struct bns_contents *back = parse(text, NULL);
	assert_same_contents(c, back);
	char *again = dump(back);
	assert_string_equal(text, again);
	free(text);
	free(again);
	bns_contents_free(back);
}

static const char zone_text[] = "$TTL 300\n"
				"$ORIGIN Example.COM.\n"
				"@ SOA ns1.Brand-DNS.example. hostmaster.brand-dns.example. 2026112301 1h 10m 2w 300\n"
				"\tNS ns1.brand-dns.example.\n"
				"url1234 60 CNAME D111111abcdef8.cloudfront.net.\n"
				"5678901 CNAME sendgrid.net.\n"
				"_cf-custom-hostname.url1234 TXT \"a b\" c\n"
				"www 3600 A 192.0.2.1\n"
				"out.example.net. A 192.0.2.2\n";

static void dump_is_a_canonical_zone_file(void **state)
{
	(void)state;
	struct bns_contents *c = parse(zone_text, NULL);
	char *text = dump(c);
	assert_string_equal(
		text,
		"$ORIGIN example.com.\n"
		"$TTL 300\n"
		"@                                IN SOA   ns1.brand-dns.example. hostmaster.brand-dns.example. (\n"
		"                                          2026112301 ; serial\n"
		"                                          3600       ; refresh\n"
		"                                          600        ; retry\n"
		"                                          1209600    ; expire\n"
		"                                          300 )      ; negative TTL\n"
		"@                                IN NS    ns1.brand-dns.example.\n"
		"5678901                          IN CNAME sendgrid.net.\n"
		"url1234                       60 IN CNAME d111111abcdef8.cloudfront.net.\n"
		"_cf-custom-hostname.url1234      IN TXT   \"a b\" \"c\"\n"
		"www                         3600 IN A     192.0.2.1\n"
		"out.example.net.                 IN A     192.0.2.2\n");
	free(text);
	bns_contents_free(c);
}

static void dump_keeps_narrow_columns_where_they_suffice(void **state)
{
	(void)state;
	struct bns_contents *c = parse("$ORIGIN a.\n@ 5 SOA b c 4294967295 1 2 3 4294967295\n", NULL);
	char *text = dump(c);
	assert_string_equal(text, "$ORIGIN a.\n"
				  "$TTL 5\n"
				  "@                        IN SOA   b.a. c.a. (\n"
				  "                                  4294967295 ; serial\n"
				  "                                  1          ; refresh\n"
				  "                                  2          ; retry\n"
				  "                                  3          ; expire\n"
				  "                                  4294967295 ) ; negative TTL\n");
	assert_survives(c);
	free(text);
	bns_contents_free(c);
}

static void dump_survives_strange_names(void **state)
{
	(void)state;
	struct bns_contents *c =
		parse("$ORIGIN example.com.\n$TTL 5\n@ SOA a b 1 2 3 4 5\n\\@ A 192.0.2.1\n\\$ORIGIN A 192.0.2.1\n"
		      "a\\.b\\;c\\(\\\"\\032\\000 NS x\\.y\\;\\\"\\(\\@\\$z\nIN A 192.0.2.1\n300 A 192.0.2.1\n"
		      "\\\\ CNAME \\\\.\n\\# CNAME \\#a\n* CNAME *.x\n\\195\\164 CNAME \xc3\xa4\n",
		      NULL);
	assert_survives(c);
	bns_contents_free(c);
}

static void dump_survives_for_the_root(void **state)
{
	(void)state;
	struct bns_contents *c = parse("$ORIGIN .\n$TTL 5\n@ SOA a b 1 2 3 4 5\ncom NS a.gtld\n", NULL);
	assert_survives(c);
	bns_contents_free(c);
}

/* One line for each type that ldns knows, and some that it doesn't. */
static const char *const types[] = {
	"A 192.0.2.1",
	"NS x",
	"MD x",
	"MF x",
	"CNAME x",
	"MB x",
	"MG x",
	"MR x",
	"NULL \\# 2 0102",
	"WKS 192.0.2.1 6 25 80",
	"PTR x",
	"HINFO \"PC-Intel-700mhz\" \"Redhat \\\"Linux\\\" 7.1\"",
	"MINFO x y",
	"MX 10 mail",
	"TXT \"\"",
	"TXT \"a\\\"b\\\\\" c\\;d \"e;f(g)\" \"\\000\\255\tz\"",
	"RP mbox txt",
	"AFSDB 1 x",
	"X25 311061700956",
	"ISDN 150862028003217",
	"ISDN 150862028003217 004",
	"RT 1 x",
	"NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",
	"SIG A 8 2 3600 20261223000000 20261123000000 12345 example.com. AwEAAcNE",
	"KEY 256 3 8 AwEAAcNE",
	"PX 10 a b",
	"GPOS -32.6882 116.8652 10.0",
	"AAAA 2001:db8::ffff:1.2.3.4",
	"LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
	"SRV 0 5 5060 sip",
	"NAPTR 100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp.gatech.edu.",
	"NAPTR 100 50 \"u\" \"sip+E2U\" \"!^.*$!sip:a@b.c!i\" .",
	"KX 1 x",
	"CERT PGP 0 0 AQID",
	"CERT 254 1 5 AQID",
	"DNAME x",
	"APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8",
	"APL \\# 0",
	"DS 60485 5 1 2BB183AF5F22588179A5 3B0A98631FAD1A292118",
	"SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
	"IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
	"IPSECKEY 10 3 2 gw.example.com. AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
	"IPSECKEY 10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
	"RRSIG CNAME 8 2 3600 20261223000000 20261123000000 12345 example.com. AwEA AcNE",
	"RRSIG TYPE65400 8 2 3600 20261223000000 20261123000000 12345 example.com. AwEAAcNE",
	"NSEC b A RRSIG NSEC TYPE65400",
	"NSEC B",
	"DNSKEY 256 3 8 AwEAAcNEU67LJI5GEgF9QLNqLO1SMq1EdoQ6E9f85ha0k0ewQGCblyW2836GiVsm6k8Kr5ECIoMJ6fZWf3CQSQ9ycWfT",
	"DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
	"NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG",
	"NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr",
	"NSEC3PARAM 1 0 12 aabbccdd",
	"NSEC3PARAM 1 0 0 -",
	"TLSA 3 1 1 8cb0fc6c527506a053f4f14c8464bebb d6dede2738d11468dd953d7d6a3021f1",
	"SMIMEA 3 1 1 8cb0fc6c52",
	"HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9 rvs1.example.com. RVS2.example.com.",
	"TALINK a b",
	"CDS 0 0 0 00",
	"CDNSKEY 0 3 0 AA==",
	"OPENPGPKEY AQID",
	"CSYNC 66 3 A NS AAAA",
	"ZONEMD 2018031900 1 1 "
	"a3b69bad980a3504e1cffcb0fd6397f93848071c93151f552ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe",
	"SVCB 1 svc alpn=h2,h3 port=8443 ipv4hint=192.0.2.1",
	"SVCB 1 . mandatory=alpn alpn=\"f\\\\\\\\oo\\\\,bar,h2\" ech=AQID ipv6hint=::1 key65000=\"b r\"",
	"HTTPS 1 . alpn=\"h2,h3\" no-default-alpn",
	"HTTPS 0 Foo.example.net.",
	"SPF \"v=spf1 -all\"",
	"NID 10 0014:4fff:ff20:ee64",
	"L32 10 10.1.2.0",
	"L64 10 2001:0DB8:1140:1000",
	"LP 10 l64",
	"EUI48 00-00-5e-00-53-2a",
	"EUI64 00-00-5e-ef-10-00-00-2a",
	"URI 10 1 \"ftp://ftp1.example.com/public;a\"",
	"CAA 128 iodef \"mailto:a@b.c\"",
	"CAA 0 issue \"ca.example; account=\\\"1\\\"\"",
	"DLV 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
	"TYPE260 \\# 6 0a01cb00710f",
	"TYPE65400 \\# 0",
	"TYPE65400 \\# 3 010203",
	"TYPE1 192.0.2.7",
};

static void dump_survives_for_every_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char text[1024];
		snprintf(text, sizeof(text), "$ORIGIN example.com.\n$TTL 5\n@ SOA a b 1 2 3 4 5\nx 9 %s\n", types[i]);
		struct bns_contents *c = parse(text, NULL);
		assert_int_equal(c->count, 2);
		assert_survives(c);
		bns_contents_free(c);
	}
}

static void add(struct bns_contents *c, uint16_t type, const void *rdata, uint16_t rdlen)
{
	assert_int_equal(bns_contents_add(c, name("x.example.com."), type, 5, rdata, rdlen, 0, 0), BNS_OK);
}

/* A transfer may bring what no presentation form says; pseudo-random, so that a failure comes again. */
static void dump_survives_any_valid_rdata(void **state)
{
	(void)state;
	uint32_t seed = 1;
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t rdata[40];
		uint16_t len = 0;
		uint16_t type = (uint16_t)(1 + round % 265);
		for (size_t i = 0; i < sizeof(rdata); i++) {
			seed = seed * 1103515245 + 12345;
			rdata[i] = (uint8_t)(seed >> 16) & (seed & 0x100000 ? 0xff : 0x07);
		}
		len = (uint16_t)(seed >> 20) % (sizeof(rdata) + 1);
		if (bns_rrtype_is_meta(type) || type == BNS_TYPE_SOA || !bns_rdata_valid(type, rdata, len))
			continue;
		struct bns_contents *c = parse("@ 5 SOA a b 1 2 3 4 5", "example.com.");
		add(c, type, rdata, len);
		assert_int_equal(bns_contents_finish(c), BNS_OK);
		assert_survives(c);
		bns_contents_free(c);
	}
}

static void dump_folds_huge_rdata(void **state)
{
	(void)state;
	uint8_t *rdata = malloc(65535);
	struct bns_contents *c = parse("@ 5 SOA a b 1 2 3 4 5", "example.com.");
	memset(rdata, 255, 65535);
	rdata[65280] = 254;
	add(c, BNS_TYPE_TXT, rdata, 65535);
	add(c, 65400, rdata, 65535);
	add(c, 65400, rdata, 16000);
	assert_int_equal(bns_contents_finish(c), BNS_OK);
	assert_survives(c);
	bns_contents_free(c);
	free(rdata);
}

static void dump_tells_when_it_cannot_write(void **state)
{
	(void)state;
	struct bns_contents *c = parse(zone_text, NULL);
	FILE *full = fopen("/dev/full", "w");
	assert_non_null(full);
	assert_int_equal(bns_zone_dump(c, full), BNS_EIO);
	fclose(full);
	bns_contents_free(c);
}

static void assert_text(uint16_t type, const void *rdata, uint16_t rdlen, const char *expected)
{
	char *text;
	assert_int_equal(bns_rdata_to_text(type, rdata, rdlen, &text), BNS_OK);
	assert_string_equal(text, expected);
	free(text);
}

static void rdata_to_text_keeps_case_and_ends_names_with_a_dot(void **state)
{
	(void)state;
	assert_text(BNS_TYPE_CNAME, "\1A\1b", 5, "A.b.");
	assert_text(BNS_TYPE_MX, "\0\12\0", 3, "10 .");
	assert_text(BNS_TYPE_TXT, "\1a\3b\"c", 6, "\"a\" \"b\\\"c\"");
	assert_text(BNS_TYPE_NSEC3PARAM, "\1\0\0\0\0", 5, "1 0 0 -");
	assert_text(65400, "\1\2", 2, "\\# 2 0102");
	assert_text(65400, "", 0, "\\# 0");
}

static void rdata_to_text_falls_back_to_the_generic_form(void **state)
{
	(void)state;
	assert_text(BNS_TYPE_A, "\1\2\3", 3, "\\# 3 010203");
	assert_text(BNS_TYPE_TXT, "", 0, "\\# 0");
	assert_text(BNS_TYPE_CNAME, "\5ab", 3, "\\# 3 056162");
	assert_text(BNS_TYPE_SOA, "\0\0\0", 3, "\\# 3 000000");
}

/* ldns counts too little room for them, and asserts where the room it began with ends. */
static void rdata_to_text_has_room_for_service_parameters_of_any_length(void **state)
{
	static const uint8_t port[] = {0, 3, 0, 2, 1, 187};
	(void)state;
	for (uint16_t len = 1; len < 250; len++) {
		uint8_t rdata[300] = {0, 1, 0, 0, 1, 0, (uint8_t)(len + 1), (uint8_t)len};
		char *text;
		memset(rdata + 8, 255, len);
		memcpy(rdata + 8 + len, port, sizeof(port));
		uint16_t rdlen = (uint16_t)(8 + len + sizeof(port));
		assert_int_equal(bns_rdata_to_text(BNS_TYPE_HTTPS, rdata, rdlen, &text), BNS_OK);
		assert_non_null(strstr(text, " port=443"));
		free(text);
	}
}

static void rdata_to_text_has_room_for_many_mandatory_keys(void **state)
{
	(void)state;
	uint8_t rdata[7 + 400] = {0, 1, 0, 0, 0, 1, 144};
	char *text;
	for (size_t i = 0; i < 200; i++)
		rdata[7 + 2 * i + 1] = 2; /* no-default-alpn, the longest name */
	assert_int_equal(bns_rdata_to_text(BNS_TYPE_HTTPS, rdata, 7 + 400, &text), BNS_OK);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump_is_a_canonical_zone_file),
		cmocka_unit_test(dump_keeps_narrow_columns_where_they_suffice),
		cmocka_unit_test(dump_survives_strange_names),
		cmocka_unit_test(dump_survives_for_the_root),
		cmocka_unit_test(dump_survives_for_every_type),
		cmocka_unit_test(dump_survives_any_valid_rdata),
		cmocka_unit_test(dump_folds_huge_rdata),
		cmocka_unit_test(dump_tells_when_it_cannot_write),
		cmocka_unit_test(rdata_to_text_keeps_case_and_ends_names_with_a_dot),
		cmocka_unit_test(rdata_to_text_falls_back_to_the_generic_form),
		cmocka_unit_test(rdata_to_text_has_room_for_service_parameters_of_any_length),
		cmocka_unit_test(rdata_to_text_has_room_for_many_mandatory_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
