/* SPDX-License-Identifier: BSD-3-Clause */
/* The example zones and questions of RFC 4035, Appendix A and B, and RFC 5155, Appendix A and B. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "answer/lookup.h"
#include "sample.h"

#define COMMON                                                                                                         \
	"$TTL 3600\n"                                                                                                  \
	"@ SOA ns1 bugs.x.w 1081539377 3600 300 3600000 3600\n"                                                        \
	"@ NS ns1\n"                                                                                                   \
	"@ NS ns2\n"                                                                                                   \
	"@ MX 1 xx\n"                                                                                                  \
	"@ DNSKEY 256 3 5 AQOy1bZVvpPqhg4j7EJoM9rI3ZmyEx2OzDBVrZy/lvI5CQePxXHZS4i8dANH4DX3tbHol61e\n"                  \
	"a NS ns1.a\n"                                                                                                 \
	"a DS 57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B\n"                                                    \
	"ns1.a A 192.0.2.5\n"                                                                                          \
	"ai A 192.0.2.9\n"                                                                                             \
	"ns1 A 192.0.2.1\n"                                                                                            \
	"ns2 A 192.0.2.2\n"                                                                                            \
	"*.w MX 1 ai\n"                                                                                                \
	"x.w MX 1 xx\n"                                                                                                \
	"x.y.w MX 1 xx\n"                                                                                              \
	"xx A 192.0.2.10\n"

static const char nsec_zone[] = COMMON "b NS ns1.b\n"
				       "ns1.b A 192.0.2.7\n"
				       "dn DNAME w\n"
				       "chain CNAME a.z.w\n"
				       "deep CNAME b.z.w\n"
				       "*.cw CNAME a.z.w\n"
				       "@ NSEC a NS SOA MX RRSIG NSEC DNSKEY\n"
				       "a NSEC ai NS DS RRSIG NSEC\n"
				       "ai NSEC b A RRSIG NSEC\n"
				       "b NSEC chain NS RRSIG NSEC\n"
				       "chain NSEC *.cw CNAME RRSIG NSEC\n"
				       "*.cw NSEC deep CNAME RRSIG NSEC\n"
				       "deep NSEC dn CNAME RRSIG NSEC\n"
				       "dn NSEC ns1 DNAME RRSIG NSEC\n"
				       "ns1 NSEC ns2 A RRSIG NSEC\n"
				       "ns2 NSEC *.w A RRSIG NSEC\n"
				       "*.w NSEC x.w MX RRSIG NSEC\n"
				       "x.w NSEC x.y.w MX RRSIG NSEC\n"
				       "x.y.w NSEC xx MX RRSIG NSEC\n"
				       "xx NSEC @ A RRSIG NSEC\n";

#define NSEC3(hash, next, types) hash " NSEC3 1 1 12 aabbccdd " next " " types "\n"

static const char nsec3_zone[] = COMMON
	"c NS ns1.c\n"
	"ns1.c A 192.0.2.7\n"
	"below.ent NS ns1.c\n"
	"2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.127\n"
	"@ NSEC3PARAM 1 0 12 aabbccdd\n" NSEC3("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "2t7b4g4vsa5smi47k61mv5bv1a22bojr",
					       "NS SOA MX RRSIG DNSKEY NSEC3PARAM")
		NSEC3("2t7b4g4vsa5smi47k61mv5bv1a22bojr", "2vptu5timamqttgl4luu9kg21e0aor3s", "A RRSIG") NSEC3(
			"2vptu5timamqttgl4luu9kg21e0aor3s", "35mthgpgcu1qg68fab165klnsnk3dpvl",
			"MX RRSIG") NSEC3("35mthgpgcu1qg68fab165klnsnk3dpvl", "b4um86eghhds6nea196smvmlo4ors995",
					  "NS DS RRSIG") NSEC3("b4um86eghhds6nea196smvmlo4ors995",
							       "gjeqe526plbf1g8mklp59enfd789njgi", "MX RRSIG")
			NSEC3("gjeqe526plbf1g8mklp59enfd789njgi", "ji6neoaepv8b5o6k4ev33abha8ht9fgc", "A RRSIG") NSEC3(
				"ji6neoaepv8b5o6k4ev33abha8ht9fgc", "k8udemvp1j2f7eg6jebps17vp3n8i58h",
				"") NSEC3("k8udemvp1j2f7eg6jebps17vp3n8i58h", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi", "")
				NSEC3("kohar7mbb8dc2ce8a9qvl8hon4k53uhi", "q04jkcevqvmu85r014c7dkba38o0ji5r", "A RRSIG")
					NSEC3("q04jkcevqvmu85r014c7dkba38o0ji5r", "r53bq7cc2uvmubfu5ocmm6pers9tk9en",
					      "A RRSIG") NSEC3("r53bq7cc2uvmubfu5ocmm6pers9tk9en",
							       "t644ebqk9bibcna874givr6joj62mlhv", "MX RRSIG")
						NSEC3("t644ebqk9bibcna874givr6joj62mlhv",
						      "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "A RRSIG");

static struct bns_image *nsec_image, *nsec3_image;

static int set_up(void **state)
{
	(void)state;
	nsec_image = sample_image("example", nsec_zone);
	nsec3_image = sample_image("example", nsec3_zone);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bns_image_free(nsec_image);
	bns_image_free(nsec3_image);
	return 0;
}

/* "kind: [DS] first labels of who proves it", a question mark for a decision without DNSSEC. */
static const char *prove(const struct bns_image *img, const char *name, uint16_t type, bool dnssec_ok)
{
	static const char *const kinds[] = {"answer", "nodata", "nxdomain", "referral", "alias", "yxdomain"};
	static char text[4096];
	static struct bns_decision d;
	static struct bns_qname qname;
	uint8_t wire[BNS_NAME_MAX];
	char owner[BNS_NAME_TEXT_MAX];
	assert_int_equal(bns_qname_scan(wire, sample_name(name, wire), &qname), BNS_OK);
	bns_lookup(img, &qname, type, dnssec_ok, &d);
	int len = sprintf(text, "%s:%s", kinds[d.kind], d.dnssec ? "" : " ?");
	if (!d.dnssec)
		return text;
	if (d.ds)
		len += sprintf(text + len, " DS");
	for (unsigned i = 0; i < d.proof_count; i++) {
		bns_name_to_text(bns_image_at(img, d.proof[i]->name), owner);
		if (strlen(owner) > 32)
			owner[4] = '\0'; /* enough of a hash */
		len += sprintf(text + len, " %s", owner);
	}
	return text;
}

#define assert_nsec(name, type, expected)  assert_string_equal(prove(nsec_image, name, type, true), expected)
#define assert_nsec3(name, type, expected) assert_string_equal(prove(nsec3_image, name, type, true), expected)

static void proof_is_for_those_who_ask_for_it(void **state)
{
	(void)state;
	assert_string_equal(prove(nsec_image, "ml.example", BNS_TYPE_A, false), "nxdomain: ?");
	struct bns_image *img = sample_image("example", "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n");
	assert_string_equal(prove(img, "ml.example", BNS_TYPE_A, true), "nxdomain: ?");
	bns_image_free(img);
}

static void proof_by_nsec_that_a_name_is_not_there(void **state)
{
	(void)state;
	assert_nsec("ml.example", BNS_TYPE_A, "nxdomain: dn.example. example.");
	assert_nsec("zz.example", BNS_TYPE_A, "nxdomain: xx.example. example.");
	assert_nsec("0.example", BNS_TYPE_A, "nxdomain: example."); /* covers the wildcard too */
	assert_nsec("a.b.c.x.w.example", BNS_TYPE_A, "nxdomain: x.w.example.");
}

static void proof_by_nsec_that_a_type_is_not_there(void **state)
{
	(void)state;
	assert_nsec("ns1.example", BNS_TYPE_MX, "nodata: ns1.example.");
	assert_nsec("y.w.example", BNS_TYPE_A, "nodata: x.w.example."); /* an empty non-terminal */
	assert_nsec("example", BNS_TYPE_DS, "nodata: example.");
	assert_nsec("b.example", BNS_TYPE_DS, "nodata: b.example.");
}

static void proof_by_nsec_that_a_wildcard_may_answer(void **state)
{
	(void)state;
	assert_nsec("a.z.w.example", BNS_TYPE_MX, "answer: x.y.w.example.");
	assert_nsec("a.z.w.example", BNS_TYPE_AAAA, "nodata: x.y.w.example. *.w.example.");
	assert_nsec("*.w.example", BNS_TYPE_MX, "answer:");
	assert_nsec("*.w.example", BNS_TYPE_AAAA, "nodata: *.w.example.");
}

static void proof_by_nsec_of_a_referral(void **state)
{
	(void)state;
	assert_nsec("mc.a.example", BNS_TYPE_MX, "referral: DS");
	assert_nsec("a.example", BNS_TYPE_DS, "answer:");
	assert_nsec("mc.b.example", BNS_TYPE_MX, "referral: b.example.");
}

static void proof_covers_every_name_of_a_chain_once(void **state)
{
	(void)state;
	assert_nsec("chain.example", BNS_TYPE_MX, "answer: x.y.w.example.");
	assert_nsec("q.cw.example", BNS_TYPE_MX, "answer: *.cw.example. x.y.w.example.");
	assert_nsec("q.cw.example", BNS_TYPE_AAAA, "nodata: *.cw.example. x.y.w.example. *.w.example.");
	assert_nsec("a.z.dn.example", BNS_TYPE_MX, "answer: x.y.w.example.");
	assert_nsec("x.dn.example", BNS_TYPE_MX, "answer:");
	assert_nsec("a.x.dn.example", BNS_TYPE_MX, "nxdomain: x.w.example.");
}

static void proof_by_nsec3_that_a_name_is_not_there(void **state)
{
	(void)state;
	assert_nsec3("a.c.x.w.example", BNS_TYPE_A, "nxdomain: b4um 0p9m 35mt");
}

static void proof_by_nsec3_that_a_type_is_not_there(void **state)
{
	(void)state;
	assert_nsec3("ns1.example", BNS_TYPE_MX, "nodata: 2t7b");
	assert_nsec3("y.w.example", BNS_TYPE_A, "nodata: ji6n");
	assert_nsec3("example", BNS_TYPE_DS, "nodata: 0p9m");
}

static void proof_by_nsec3_that_a_wildcard_may_answer(void **state)
{
	(void)state;
	assert_nsec3("a.z.w.example", BNS_TYPE_MX, "answer: q04j");
	assert_nsec3("a.z.w.example", BNS_TYPE_AAAA, "nodata: q04j k8ud r53b");
}

static void proof_by_nsec3_of_a_referral(void **state)
{
	(void)state;
	assert_nsec3("mc.a.example", BNS_TYPE_MX, "referral: DS");
	assert_nsec3("mc.c.example", BNS_TYPE_MX, "referral: 0p9m 35mt");
}

static void proof_by_nsec3_of_what_opt_out_leaves_out(void **state)
{
	(void)state;
	/* The apex is the closest encloser that can be proved. */
	assert_nsec3("c.example", BNS_TYPE_DS, "nodata: 0p9m 35mt");
	const char *referral = strchr(prove(nsec3_image, "x.below.ent.example", BNS_TYPE_A, true), ':');
	assert_memory_equal(referral, ": 0p9m ", 7);
	char expected[64];
	snprintf(expected, sizeof(expected), "nodata%s", referral);
	assert_nsec3("ent.example", BNS_TYPE_A, expected);
	assert_nsec3("below.ent.example", BNS_TYPE_DS, expected);
}

static void proof_by_nsec3_denies_the_owner_of_an_nsec3(void **state)
{
	(void)state;
	const char *text = prove(nsec3_image, "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example", BNS_TYPE_NSEC3, true);
	assert_memory_equal(text, "nxdomain: 0p9m ", 15);
	/* This one is a name of its own, too. */
	assert_nsec3("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example", BNS_TYPE_A, "answer:");
	assert_nsec3("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example", BNS_TYPE_MX, "nodata: koha");
}

static void proof_survives_a_chain_that_lacks_the_apex(void **state)
{
	(void)state;
	struct bns_image *img = sample_image(
		"example", COMMON "@ NSEC3PARAM 1 0 12 aabbccdd\n" NSEC3(
				   "2t7b4g4vsa5smi47k61mv5bv1a22bojr", "2t7b4g4vsa5smi47k61mv5bv1a22bojr", "A RRSIG"));
	assert_string_equal(prove(img, "ml.example", BNS_TYPE_A, true), "nxdomain:");
	assert_string_equal(prove(img, "a.b.ml.example", BNS_TYPE_A, true), "nxdomain:");
	assert_string_equal(prove(img, "example", BNS_TYPE_A, true), "nodata:");
	bns_image_free(img);
}

static void proof_without_a_chain_is_none(void **state)
{
	(void)state;
	struct bns_image *img = sample_image("example", COMMON);
	assert_string_equal(prove(img, "ml.example", BNS_TYPE_A, true), "nxdomain:");
	assert_string_equal(prove(img, "mc.a.example", BNS_TYPE_A, true), "referral: DS");
	bns_image_free(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proof_is_for_those_who_ask_for_it),
		cmocka_unit_test(proof_by_nsec_that_a_name_is_not_there),
		cmocka_unit_test(proof_by_nsec_that_a_type_is_not_there),
		cmocka_unit_test(proof_by_nsec_that_a_wildcard_may_answer),
		cmocka_unit_test(proof_by_nsec_of_a_referral),
		cmocka_unit_test(proof_covers_every_name_of_a_chain_once),
		cmocka_unit_test(proof_by_nsec3_that_a_name_is_not_there),
		cmocka_unit_test(proof_by_nsec3_that_a_type_is_not_there),
		cmocka_unit_test(proof_by_nsec3_that_a_wildcard_may_answer),
		cmocka_unit_test(proof_by_nsec3_of_a_referral),
		cmocka_unit_test(proof_by_nsec3_of_what_opt_out_leaves_out),
		cmocka_unit_test(proof_by_nsec3_denies_the_owner_of_an_nsec3),
		cmocka_unit_test(proof_survives_a_chain_that_lacks_the_apex),
		cmocka_unit_test(proof_without_a_chain_is_none),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
