/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/encode.h"
#include "answer/rrset.h"
#include "sample.h"

#define SIGNED " 13 2 300 20300101000000 20200101000000 1 @ AAAAAAAA\n"

/* Some of the NSECs live longer than negative answers. */
/* clang-format off */
static const char zone[] = "$TTL 300\n"
			   "@ SOA ns1 hostmaster 7 3600 600 86400 60\n"
			   "@ RRSIG SOA" SIGNED
			   "@ NS ns1\n"
			   "@ RRSIG NS" SIGNED
			   "@ DNSKEY 256 3 13 AAAA\n"
			   "@ NSEC alias\n"
			   "@ RRSIG NSEC" SIGNED
			   "alias CNAME mx\n"
			   "alias RRSIG CNAME" SIGNED
			   "alias NSEC mx\n"
			   "mx MX 10 mail.mx\n"
			   "mx MX 20 other.mail.mx\n"
			   "mx RRSIG MX" SIGNED
			   "mx TXT \"x\"\n"
			   "mx RRSIG TXT" SIGNED
			   "mx NSEC ns1\n"
			   "ns1 A 192.0.2.1\n"
			   "ns1 RRSIG A" SIGNED
			   "ns1 NSEC sub\n"
			   "sub NS ns.sub\n"
			   "sub NS ns1\n"
			   "sub DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n"
			   "sub RRSIG DS" SIGNED
			   "ns.sub A 192.0.2.4\n"
			   "sub NSEC unsafe\n"
			   "unsafe NS ns1\n"
			   "unsafe 50 NSEC *.wild\n"
			   "unsafe 50 RRSIG NSEC" SIGNED
			   "*.wild A 192.0.2.9\n"
			   "*.wild RRSIG A" SIGNED
			   "*.wild NSEC @\n"
			   "*.wild RRSIG NSEC" SIGNED;
/* clang-format on */

static struct bns_image *image;

static int set_up(void **state)
{
	(void)state;
	image = sample_image("s.test", zone);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bns_image_free(image);
	return 0;
}

static uint8_t out[BNS_MESSAGE_MAX];
static size_t out_len;

static const char *ask(const struct bns_image *img, const char *name, uint16_t type, uint16_t edns_flags, size_t cap)
{
	static struct bns_request req;
	static struct bns_decision d;
	struct bns_encoder e;
	uint8_t query[512];
	size_t len = sample_add_edns(query, sample_query(name, type, query), 0, 1232, edns_flags);
	assert_int_equal(bns_request_parse(query, len, &req), BNS_OK);
	bns_lookup(img, &req.qname, req.qtype, req.edns_flags & BNS_EDNS_DO, &d);
	bns_encode_open(&e, query, &req, 1232, NULL, out, cap);
	bns_encode_decision(&e, img, &d);
	out_len = bns_encode_close(&e, d.rcode);
	assert_true(out_len <= cap);
	const char *text = sample_read(out, out_len);
	return strchr(text, '|') + 2;
}

#define OPT " | OPT 1232"
#define SOA                                                                                                            \
	" | NS s.test. 60 SOA ns1.s.test. hostmaster.s.test. 7"                                                        \
	" | NS s.test. 60 RRSIG SOA"
#define assert_signed(name, type, expected)                                                                            \
	assert_string_equal(ask(image, name, type, BNS_EDNS_DO, 1232), expected OPT " do")
#define assert_plain(name, type, expected) assert_string_equal(ask(image, name, type, 0, 1232), expected OPT)

static void encode_gives_signatures_to_those_who_ask_for_them(void **state)
{
	(void)state;
	assert_signed("ns1.s.test", BNS_TYPE_A,
		      "ns1.s.test. A | AN ns1.s.test. 300 A 192.0.2.1 | AN ns1.s.test. 300 RRSIG A");
	assert_plain("ns1.s.test", BNS_TYPE_A, "ns1.s.test. A | AN ns1.s.test. 300 A 192.0.2.1");
	assert_plain("nothere.s.test", BNS_TYPE_A,
		     "nothere.s.test. A | NS s.test. 60 SOA ns1.s.test. hostmaster.s.test. 7");
}

static void encode_finds_the_next_name_of_a_chain_behind_signatures(void **state)
{
	(void)state;
	assert_signed("alias.s.test", BNS_TYPE_MX,
		      "alias.s.test. MX | AN alias.s.test. 300 CNAME mx.s.test. | AN alias.s.test. 300 RRSIG CNAME"
		      " | AN mx.s.test. 300 MX 10 mail.mx.s.test. | AN mx.s.test. 300 MX 20 other.mail.mx.s.test."
		      " | AN mx.s.test. 300 RRSIG MX");
}

static void encode_proves_with_the_ttl_of_a_negative_answer(void **state)
{
	(void)state;
	assert_signed("0.s.test", BNS_TYPE_A,
		      "0.s.test. A" SOA " | NS s.test. 60 NSEC alias.s.test. | NS s.test. 60 RRSIG NSEC");
	assert_signed("s.test", BNS_TYPE_NSEC,
		      "s.test. NSEC | AN s.test. 300 NSEC alias.s.test. | AN s.test. 300 RRSIG NSEC");
}

static void encode_proves_that_a_wildcard_may_answer(void **state)
{
	(void)state;
	assert_signed("x.wild.s.test", BNS_TYPE_A,
		      "x.wild.s.test. A | AN x.wild.s.test. 300 A 192.0.2.9 | AN x.wild.s.test. 300 RRSIG A"
		      " | NS *.wild.s.test. 60 NSEC s.test. | NS *.wild.s.test. 60 RRSIG NSEC");
}

static void encode_refers_with_ds_before_glue(void **state)
{
	(void)state;
	assert_signed("x.sub.s.test", BNS_TYPE_A,
		      "x.sub.s.test. A | NS sub.s.test. 300 NS ns.sub.s.test. | NS sub.s.test. 300 NS ns1.s.test."
		      " | NS sub.s.test. 300 DS (36 octets) | NS sub.s.test. 300 RRSIG DS"
		      " | AR ns.sub.s.test. 300 A 192.0.2.4 | AR ns1.s.test. 300 A 192.0.2.1"
		      " | AR ns1.s.test. 300 RRSIG A");
	assert_signed("x.unsafe.s.test", BNS_TYPE_A,
		      "x.unsafe.s.test. A | NS unsafe.s.test. 300 NS ns1.s.test."
		      " | NS unsafe.s.test. 50 NSEC *.wild.s.test. | NS unsafe.s.test. 50 RRSIG NSEC"
		      " | AR ns1.s.test. 300 A 192.0.2.1 | AR ns1.s.test. 300 RRSIG A");
	assert_plain("x.unsafe.s.test", BNS_TYPE_A,
		     "x.unsafe.s.test. A | NS unsafe.s.test. 300 NS ns1.s.test. | AR ns1.s.test. 300 A 192.0.2.1");
}

static void encode_gives_all_signatures_of_a_name(void **state)
{
	(void)state;
	assert_plain("mx.s.test", BNS_TYPE_RRSIG,
		     "mx.s.test. RRSIG | AN mx.s.test. 300 RRSIG MX | AN mx.s.test. 300 RRSIG TXT");
	assert_signed("x.wild.s.test", BNS_TYPE_RRSIG,
		      "x.wild.s.test. RRSIG | AN x.wild.s.test. 300 RRSIG A | AN x.wild.s.test. 300 RRSIG NSEC"
		      " | NS *.wild.s.test. 60 NSEC s.test. | NS *.wild.s.test. 60 RRSIG NSEC");
	assert_signed("unsafe.s.test", BNS_TYPE_DS,
		      "unsafe.s.test. DS" SOA " | NS unsafe.s.test. 50 NSEC *.wild.s.test."
		      " | NS unsafe.s.test. 50 RRSIG NSEC");
}

static bool is_truncated(void)
{
	return bns_message_flags(out) & BNS_FLAG_TC;
}

/* An RRset goes with its signatures or not at all, and without its proof an answer isn't whole. */
static void encode_truncates_where_signatures_or_proofs_do_not_fit(void **state)
{
	(void)state;
	static const char *const names[] = {"ns1.s.test", "nothere.s.test", "x.wild.s.test", "alias.s.test"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)ask(image, names[i], BNS_TYPE_A, BNS_EDNS_DO, 1232);
		size_t whole = out_len;
		assert_false(is_truncated());
		for (size_t cap = 64; cap <= whole; cap++) {
			const char *text = ask(image, names[i], BNS_TYPE_A, BNS_EDNS_DO, cap);
			assert_int_equal(is_truncated(), cap < whole);
			assert_int_equal(strstr(text, " A 192") != NULL, strstr(text, " RRSIG A") != NULL);
		}
	}
	(void)ask(image, "ns1.s.test", BNS_TYPE_A, 0, 80);
	assert_false(is_truncated());
}

/* Neither the DS nor its denial may be missing: who sees no TC would take the child for another's (RFC 4035 §3.1.4). */
static void encode_truncates_where_the_ds_does_not_fit(void **state)
{
	(void)state;
	static const char *const names[] = {"x.sub.s.test", "x.unsafe.s.test"};
	static const char *const needed[] = {" RRSIG DS", " RRSIG NSEC"};
	for (size_t i = 0; i < 2; i++) {
		(void)ask(image, names[i], BNS_TYPE_A, BNS_EDNS_DO, 1232);
		for (size_t cap = out_len; cap > 64; cap--) {
			bool there = strstr(ask(image, names[i], BNS_TYPE_A, BNS_EDNS_DO, cap), needed[i]);
			assert_true(there || is_truncated());
		}
	}
}

static void encode_gives_up_signed_addresses_outside_the_cut_first(void **state)
{
	(void)state;
	(void)ask(image, "x.sub.s.test", BNS_TYPE_A, BNS_EDNS_DO, 1232);
	const char *text = ask(image, "x.sub.s.test", BNS_TYPE_A, BNS_EDNS_DO, out_len - 1);
	assert_false(is_truncated());
	assert_non_null(strstr(text, "AR ns.sub.s.test. 300 A 192.0.2.4"));
	assert_null(strstr(text, "AR ns1.s.test."));
}

/* Such an owner could only be written in full, with all that a pointer is spared; nobody has such a chain. */
static void encode_truncates_a_chain_that_outgrows_pointers(void **state)
{
	(void)state;
	enum { LINKS = 12, SIGNATURE = 2000 };
	char *text = malloc((size_t)LINKS * (SIGNATURE + 200) + 200), *p = text;
	assert_non_null(text);
	p += sprintf(p, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\nc%d A 192.0.2.1\n", LINKS);
	for (int i = 0; i < LINKS; i++) {
		p += sprintf(p, "c%d CNAME c%d\nc%d RRSIG CNAME 8 2 5 20300101000000 20200101000000 1 @ ", i, i + 1, i);
		memset(p, 'A', SIGNATURE);
		p += SIGNATURE;
		*p++ = '\n';
	}
	*p = '\0';
	struct bns_image *img = sample_image("far.test", text);
	(void)ask(img, "c4.far.test", BNS_TYPE_A, BNS_EDNS_DO, BNS_MESSAGE_MAX);
	assert_false(is_truncated());
	(void)ask(img, "c0.far.test", BNS_TYPE_A, BNS_EDNS_DO, BNS_MESSAGE_MAX);
	assert_true(is_truncated());
	assert_true(out_len > BNS_POINTER_MAX);
	bns_image_free(img);
	free(text);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Up to three labels of few, so that names meet; some look like hashes. */
static int random_name(uint32_t *seed, char *text)
{
	static const char *const labels[] = {
		"a", "b", "*", "zz", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"};
	uint32_t count = next_random(seed) % 4;
	char *p = text;
	for (uint32_t i = 0; i < count; i++)
		p += sprintf(p, "%s.", labels[next_random(seed) % 6]);
	return (int)(p - text + sprintf(p, "r.test."));
}

static struct bns_image *random_zone(uint32_t *seed)
{
	static const char *const records[] = {
		"A 192.0.2.1",
		"NS a.b.r.test.",
		"CNAME b.r.test.",
		"DNAME zz.r.test.",
		"DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000",
		"NSEC a.r.test. A",
		"NSEC3 1 1 1 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
		"NSEC3 1 0 2 ab 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A",
		"RRSIG A" SIGNED,
		"RRSIG NSEC3" SIGNED,
	};
	static const char *const chains[] = {"NSEC a.r.test.", "NSEC3PARAM 1 0 1 -", "NSEC3PARAM 1 0 2 ab",
					     "DNSKEY 256 3 13 AAAA"};
	char text[8192], *p = text;
	p += sprintf(p, "$TTL 5\n@ SOA . . 1 1 1 1 1\n@ NS .\n@ %s\n@ %s\n", chains[next_random(seed) % 4],
		     chains[next_random(seed) % 4]);
	for (int i = 0; i < 20; i++) {
		p += random_name(seed, p);
		const char *record = records[next_random(seed) % 10];
		p += sprintf(p, " %s%s", record, record[strlen(record) - 1] == '\n' ? "" : "\n");
	}
	return sample_image("r.test", text);
}

static void encode_answers_from_chains_that_make_no_sense(void **state)
{
	(void)state;
	static const uint16_t types[] = {BNS_TYPE_A,     BNS_TYPE_DS,  BNS_TYPE_NSEC, BNS_TYPE_NSEC3,
					 BNS_TYPE_RRSIG, BNS_TYPE_ANY, BNS_TYPE_NS,   BNS_TYPE_TXT};
	uint32_t seed = 5155;
	for (int zones = 0; zones < 300; zones++) {
		struct bns_image *img = random_zone(&seed);
		for (int questions = 0; questions < 40; questions++) {
			char name[BNS_NAME_TEXT_MAX];
			random_name(&seed, name);
			/* It parses, which sample_read sees to. */
			assert_non_null(strstr(ask(img, name, types[next_random(&seed) % 8], BNS_EDNS_DO,
						   512 + next_random(&seed) % 1000),
					       "OPT 1232 do"));
		}
		bns_image_free(img);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_gives_signatures_to_those_who_ask_for_them),
		cmocka_unit_test(encode_finds_the_next_name_of_a_chain_behind_signatures),
		cmocka_unit_test(encode_proves_with_the_ttl_of_a_negative_answer),
		cmocka_unit_test(encode_proves_that_a_wildcard_may_answer),
		cmocka_unit_test(encode_refers_with_ds_before_glue),
		cmocka_unit_test(encode_gives_all_signatures_of_a_name),
		cmocka_unit_test(encode_truncates_where_signatures_or_proofs_do_not_fit),
		cmocka_unit_test(encode_truncates_where_the_ds_does_not_fit),
		cmocka_unit_test(encode_gives_up_signed_addresses_outside_the_cut_first),
		cmocka_unit_test(encode_truncates_a_chain_that_outgrows_pointers),
		cmocka_unit_test(encode_answers_from_chains_that_make_no_sense),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
