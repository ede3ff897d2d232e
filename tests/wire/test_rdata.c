/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "wire/rrtype.h"

enum {
	TYPE_HINFO = 13,
	TYPE_X25 = 19,
	TYPE_ISDN = 20,
	TYPE_RP = 17,
	TYPE_SIG = 24,
	TYPE_PX = 26,
	TYPE_NXT = 30,
	TYPE_NAPTR = 35,
	TYPE_TLSA = 52
};

static bool valid(uint16_t type, const char *rdata, size_t rdlen)
{
	return bns_rdata_valid(type, (const uint8_t *)rdata, rdlen);
}

#define VALID(type, text)   assert_true(valid(type, text, sizeof(text) - 1))
#define INVALID(type, text) assert_false(valid(type, text, sizeof(text) - 1))

static void addresses_have_their_size(void **state)
{
	(void)state;
	VALID(BNS_TYPE_A, "1234");
	INVALID(BNS_TYPE_A, "123");
	INVALID(BNS_TYPE_A, "12345");
	VALID(BNS_TYPE_AAAA, "0123456789abcdef");
	INVALID(BNS_TYPE_AAAA, "0123456789abcde");
}

static void names_must_fill_their_rdata(void **state)
{
	(void)state;
	VALID(BNS_TYPE_CNAME, "\1a\3com\0");
	VALID(BNS_TYPE_NS, "\0");
	INVALID(BNS_TYPE_CNAME, "");
	INVALID(BNS_TYPE_CNAME, "\1a\3com");
	INVALID(BNS_TYPE_CNAME, "\1a\0x");
	INVALID(BNS_TYPE_CNAME, "\xc0\x0c");
	INVALID(BNS_TYPE_CNAME, "\5ab\0");
	VALID(BNS_TYPE_MX, "\0\1\1a\0");
	INVALID(BNS_TYPE_MX, "\0\1");
	VALID(BNS_TYPE_SRV, "\0\1\0\2\0\3\1a\0");
	INVALID(BNS_TYPE_SRV, "\0\1\0\2\0\1a\0");
	VALID(TYPE_PX, "\0\1\1a\0\1b\0");
	INVALID(TYPE_PX, "\0\1\1a\0");
	VALID(TYPE_NAPTR, "\0\1\0\2\1u\3sip\0\1a\0");
	INVALID(TYPE_NAPTR, "\0\1\0\2\1u\3sip\0");
	INVALID(TYPE_NAPTR, "\0\1\0\2\1u\xffsip\0\1a\0");
}

static void soa_has_two_names_and_twenty_octets(void **state)
{
	(void)state;
	VALID(BNS_TYPE_SOA, "\1a\0\1b\0"
			    "01234567890123456789");
	INVALID(BNS_TYPE_SOA, "\1a\0\1b\0"
			      "0123456789012345678");
	INVALID(BNS_TYPE_SOA, "\1a\0\1b\0"
			      "012345678901234567890");
}

static void texts_are_one_or_more_strings(void **state)
{
	(void)state;
	VALID(BNS_TYPE_TXT, "\0");
	VALID(BNS_TYPE_TXT, "\3abc\1d");
	INVALID(BNS_TYPE_TXT, "");
	INVALID(BNS_TYPE_TXT, "\3ab");
	INVALID(BNS_TYPE_TXT, "\1a\5b");
	VALID(TYPE_HINFO, "\1a\1b");
	INVALID(TYPE_HINFO, "\1a");
	INVALID(TYPE_HINFO, "\1a\1b\1c");
	VALID(TYPE_X25, "\1a");
	INVALID(TYPE_X25, "\1a\1b");
	VALID(TYPE_ISDN, "\1a");
	VALID(TYPE_ISDN, "\1a\1b");
	INVALID(TYPE_ISDN, "\1a\1b\1c");
}

static void dnssec_types_fit(void **state)
{
	(void)state;
	VALID(BNS_TYPE_DS, "\0\1\x0d\1"
			   "01234567890123456789");
	INVALID(BNS_TYPE_DS, "\0\1\x0d\2"
			     "01234567890123456789");
	VALID(BNS_TYPE_DS, "\0\1\x0d\2"
			   "01234567890123456789012345678901");
	VALID(BNS_TYPE_DS, "\0\1\x0d\4"
			   "012345678901234567890123456789012345678901234567");
	INVALID(BNS_TYPE_DS, "\0\1\x0d\4"
			     "01234567890123456789012345678901");
	VALID(BNS_TYPE_CDS, "\0\0\0\0\0");
	INVALID(BNS_TYPE_DS, "\0\1\x0d");
	VALID(BNS_TYPE_DNSKEY, "\1\1\3\x0dK");
	INVALID(BNS_TYPE_DNSKEY, "\1\1\3\x0d");
	VALID(BNS_TYPE_RRSIG, "012345678901234567\1a\0S");
	INVALID(BNS_TYPE_RRSIG, "012345678901234567\1a\0");
	VALID(BNS_TYPE_NSEC, "\1a\0\0\1\x40");
	VALID(BNS_TYPE_NSEC, "\1a\0\0\1\x40\1\1\x40");
	INVALID(BNS_TYPE_NSEC, "\1a\0\1\1\x40\0\1\x40");
	INVALID(BNS_TYPE_NSEC, "\1a\0\0\0");
	INVALID(BNS_TYPE_NSEC, "\1a\0\0\2\x40");
	INVALID(BNS_TYPE_NSEC, "\1a\0\0\41"
			       "0123456789012345678901234567890123");
	VALID(BNS_TYPE_NSEC3, "\1\0\0\0\2ss\2hh\0\1\x40");
	INVALID(BNS_TYPE_NSEC3, "\1\0\0\0\2ss\0\0\1\x40");
	INVALID(BNS_TYPE_NSEC3, "\1\0\0\0\x20ss");
	VALID(BNS_TYPE_NSEC3PARAM, "\1\0\0\0\0");
	INVALID(BNS_TYPE_NSEC3PARAM, "\1\0\0\0\0x");
	INVALID(BNS_TYPE_NSEC3PARAM, "\1\0\0\0\2s");
	VALID(TYPE_NXT, "\1a\0\x40");
	INVALID(TYPE_NXT, "\1a");
}

static void newer_types_fit(void **state)
{
	(void)state;
	VALID(BNS_TYPE_CAA, "\0\5issue;");
	INVALID(BNS_TYPE_CAA, "\0\0issue");
	INVALID(BNS_TYPE_CAA, "\0\6issue");
	VALID(BNS_TYPE_HTTPS, "\0\1\0\0\1\0\2h2\0\3\0\2\1\2");
	INVALID(BNS_TYPE_HTTPS, "\0\1\0\0\3\0\2h2\0\1\0\2\1\2");
	INVALID(BNS_TYPE_HTTPS, "\0\1\0\0\1\0\2h2\0\1\0\2\1\2");
	INVALID(BNS_TYPE_SVCB, "\0\1\0\0\1\0\3h2");
	INVALID(BNS_TYPE_SVCB, "\0\1\xc0\x0c");
	VALID(TYPE_TLSA, "\3\1\1x");
	INVALID(TYPE_TLSA, "\3\1\1");
}

static void unknown_type_is_opaque(void **state)
{
	(void)state;
	VALID(65400, "");
	VALID(65400, "anything");
	assert_null(bns_rdata_shape(65400));
	assert_null(bns_rdata_shape(BNS_TYPE_SVCB));
}

static void only_types_of_rfc_1035_are_compressed(void **state)
{
	static const uint16_t compressed[] = {2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15};

	(void)state;
	for (size_t i = 0; i < sizeof(compressed) / sizeof(compressed[0]); i++)
		assert_true(bns_rdata_shape(compressed[i])->compress);
	for (unsigned type = 16; type <= UINT16_MAX; type++) {
		const struct bns_rdata_shape *shape = bns_rdata_shape((uint16_t)type);
		assert_true(!shape || !shape->compress);
	}
}

/* "a.Com", once at offset 12 and once with a pointer to its "Com" at 19. */
static const uint8_t message[] = "............\1A\3Com\0\2Ns\xc0\x0e\0\5\1B\xc0\x0e"
				 "01234567890123456789";

static void expand_undoes_compression(void **state)
{
	uint8_t out[64];
	uint16_t n;

	(void)state;
	assert_int_equal(bns_rdata_expand(BNS_TYPE_NS, message, sizeof(message) - 1, 19, 5, out, sizeof(out), &n),
			 BNS_OK);
	assert_int_equal(n, 8);
	assert_memory_equal(out, "\2Ns\3Com\0", 8);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_MX, message, sizeof(message) - 1, 24, 6, out, sizeof(out), &n),
			 BNS_OK);
	assert_int_equal(n, 9);
	assert_memory_equal(out, "\0\5\1B\3Com\0", 9);
}

static void expand_of_soa_copies_its_numbers(void **state)
{
	static const uint8_t msg[] = "............\1A\3Com\0\xc0\x0c\1r\xc0\x0e"
				     "01234567890123456789";
	uint8_t out[64];
	uint16_t n;

	(void)state;
	assert_int_equal(bns_rdata_expand(BNS_TYPE_SOA, msg, sizeof(msg) - 1, 19, 26, out, sizeof(out), &n), BNS_OK);
	assert_int_equal(n, 34);
	assert_memory_equal(out,
			    "\1A\3Com\0\1r\3Com\0"
			    "01234567890123456789",
			    34);
}

static void expand_refuses_what_does_not_fit(void **state)
{
	size_t len = sizeof(message) - 1;
	uint8_t out[64];
	uint16_t n;

	(void)state;
	/* RDLENGTH one less than the name, one more, beyond the message, and room too small. */
	assert_int_equal(bns_rdata_expand(BNS_TYPE_NS, message, len, 19, 4, out, sizeof(out), &n), BNS_EFORMAT);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_NS, message, len, 19, 6, out, sizeof(out), &n), BNS_EFORMAT);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_NS, message, len, 19, 500, out, sizeof(out), &n), BNS_EFORMAT);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_NS, message, len, len + 1, 0, out, sizeof(out), &n), BNS_EFORMAT);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_NS, message, len, 19, 5, out, 7, &n), BNS_ERANGE);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_A, message, len, 19, 5, out, sizeof(out), &n), BNS_EFORMAT);
	assert_int_equal(bns_rdata_expand(BNS_TYPE_MX, message, len, 24, 1, out, sizeof(out), &n), BNS_EFORMAT);
}

static void lower_follows_the_canonical_form(void **state)
{
	uint8_t naptr[] = "\0\1\0\2\1U\3SIP\0\1A\0";
	uint8_t rrsig[] = "ABCDEFGHIJKLMNOPQR\1A\0SIG";
	uint8_t nsec[] = "\1A\0\0\1\x40";
	uint8_t soa[] = "\1A\0\1B\0ABCDEFGHIJKLMNOPQRST";
	uint8_t txt[] = "\3ABC";

	(void)state;
	bns_rdata_lower(TYPE_NAPTR, naptr, sizeof(naptr) - 1);
	assert_memory_equal(naptr, "\0\1\0\2\1U\3SIP\0\1a\0", sizeof(naptr) - 1);
	bns_rdata_lower(BNS_TYPE_RRSIG, rrsig, sizeof(rrsig) - 1);
	assert_memory_equal(rrsig, "ABCDEFGHIJKLMNOPQR\1a\0SIG", sizeof(rrsig) - 1);
	bns_rdata_lower(BNS_TYPE_NSEC, nsec, sizeof(nsec) - 1);
	assert_memory_equal(nsec, "\1A\0\0\1\x40", sizeof(nsec) - 1);
	bns_rdata_lower(BNS_TYPE_SOA, soa, sizeof(soa) - 1);
	assert_memory_equal(soa, "\1a\0\1b\0ABCDEFGHIJKLMNOPQRST", sizeof(soa) - 1);
	bns_rdata_lower(BNS_TYPE_TXT, txt, sizeof(txt) - 1);
	assert_memory_equal(txt, "\3ABC", sizeof(txt) - 1);
}

static void name_offsets_tell_where_names_lie(void **state)
{
	uint16_t at[2];

	(void)state;
	assert_int_equal(bns_rdata_name_offsets(BNS_TYPE_A, (const uint8_t *)"1234", 4, at), 0);
	assert_int_equal(bns_rdata_name_offsets(BNS_TYPE_MX, (const uint8_t *)"\0\1\1a\0", 5, at), 1);
	assert_int_equal(at[0], 2);
	assert_int_equal(bns_rdata_name_offsets(TYPE_RP, (const uint8_t *)"\1a\0\1b\0", 6, at), 2);
	assert_int_equal(at[0], 0);
	assert_int_equal(at[1], 3);
	assert_int_equal(bns_rdata_name_offsets(TYPE_NAPTR, (const uint8_t *)"\0\1\0\2\1u\3sip\0\1a\0", 14, at), 1);
	assert_int_equal(at[0], 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_their_size),
		cmocka_unit_test(names_must_fill_their_rdata),
		cmocka_unit_test(soa_has_two_names_and_twenty_octets),
		cmocka_unit_test(texts_are_one_or_more_strings),
		cmocka_unit_test(dnssec_types_fit),
		cmocka_unit_test(newer_types_fit),
		cmocka_unit_test(unknown_type_is_opaque),
		cmocka_unit_test(only_types_of_rfc_1035_are_compressed),
		cmocka_unit_test(expand_undoes_compression),
		cmocka_unit_test(expand_of_soa_copies_its_numbers),
		cmocka_unit_test(expand_refuses_what_does_not_fit),
		cmocka_unit_test(lower_follows_the_canonical_form),
		cmocka_unit_test(name_offsets_tell_where_names_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
