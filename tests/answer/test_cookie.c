/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "answer/cookie.h"

static size_t unhex(const char *text, uint8_t *out)
{
	size_t n = 0;
	for (unsigned octet; sscanf(text + 2 * n, "%2x", &octet) == 1; n++)
		out[n] = (uint8_t)octet;
	return n;
}

static union bns_addr address(const char *text)
{
	union bns_addr addr;
	assert_int_equal(bns_addr_from_text(text, 53, &addr), BNS_OK);
	return addr;
}

static struct bns_cookie_secrets secrets_of(const char *first, const char *second)
{
	struct bns_cookie_secrets s = {.count = second ? 2 : 1};
	assert_int_equal(unhex(first, s.secret[0]), BNS_COOKIE_SECRET_LEN);
	if (second)
		assert_int_equal(unhex(second, s.secret[1]), BNS_COOKIE_SECRET_LEN);
	return s;
}

static enum bns_cookie_state check(const struct bns_cookie_secrets *s, const char *cookie, const char *client,
				   uint32_t now_s)
{
	uint8_t octets[BNS_COOKIE_MAX];
	const union bns_addr addr = address(client);
	size_t len = unhex(cookie, octets);
	assert_true(bns_cookie_len_valid(len));
	return bns_cookie_check(s, octets, len, &addr, now_s);
}

static void assert_made(const struct bns_cookie_secrets *s, const char *client_cookie, const char *client,
			uint32_t now_s, const char *expected)
{
	uint8_t octets[BNS_COOKIE_LEN], made[BNS_COOKIE_LEN], wanted[BNS_COOKIE_LEN];
	const union bns_addr addr = address(client);
	unhex(client_cookie, octets);
	assert_int_equal(unhex(expected, wanted), BNS_COOKIE_LEN);
	bns_cookie_make(s, octets, &addr, now_s, made);
	assert_memory_equal(made, wanted, BNS_COOKIE_LEN);
}

/* Its authors' example: the key 00 01 .. 0f and the message 00 01 .. 0e. */
static void siphash_is_siphash(void **state)
{
	(void)state;
	uint8_t key[BNS_SIPHASH_KEY_LEN], message[15];
	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	memcpy(message, key, sizeof(message));
	assert_int_equal(bns_siphash(key, message, sizeof(message)), 0xa129ca6149be45e5);
	assert_int_equal(bns_siphash(key, message, 0), 0x726fdb47dd0e0e31);
	assert_int_equal(bns_siphash(key, message, 8), 0x93f5f5799a932462);
}

#define SECRET "e5e973e5a6b2a43f48e7dc849e37bfcf"

/* RFC 9018 Appendix A.1 */
static void cookie_is_made_as_rfc_9018_says(void **state)
{
	(void)state;
	struct bns_cookie_secrets s = secrets_of(SECRET, NULL);
	assert_made(&s, "2464c4abcf10c957", "198.51.100.100", 1559731985,
		    "2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

/* A.2 */
static void cookie_is_renewed_when_it_is_old(void **state)
{
	(void)state;
	struct bns_cookie_secrets s = secrets_of(SECRET, NULL);
	const char *cookie = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	assert_int_equal(check(&s, cookie, "198.51.100.100", 1559734385), BNS_COOKIE_OLD);
	assert_made(&s, cookie, "198.51.100.100", 1559734385, "2464c4abcf10c957010000005cf7a871d4a564a1442aca77");
}

/* A.3: whatever is in the reserved octets is hashed, and is zero in the next one. */
static void cookie_with_reserved_octets_is_taken(void **state)
{
	(void)state;
	struct bns_cookie_secrets s = secrets_of(SECRET, NULL);
	const char *cookie = "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5";
	assert_int_equal(check(&s, cookie, "203.0.113.203", 1559727985), BNS_COOKIE_FRESH);
	assert_made(&s, cookie, "203.0.113.203", 1559734700, "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e");
}

/* A.4 */
static void cookie_of_the_former_secret_is_taken_and_renewed(void **state)
{
	(void)state;
	const char *former = "dd3bdf9344b678b185a6f5cb60fca715", *now = "445536bcd2513298075a5d379663c962";
	const char *cookie = "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
	const char *client = "2001:db8:220:1:59de:d0f4:8769:82b8";
	struct bns_cookie_secrets s = secrets_of(now, former);
	assert_int_equal(check(&s, cookie, client, 1559741961), BNS_COOKIE_OLD);
	assert_made(&s, cookie, client, 1559741961, "22681ab97d52c298010000005cf7c609a6bb79d16625507a");
	s = secrets_of(now, NULL);
	assert_int_equal(check(&s, cookie, client, 1559741961), BNS_COOKIE_UNKNOWN);
	s = secrets_of(former, now);
	assert_int_equal(check(&s, cookie, client, 1559741961), BNS_COOKIE_FRESH);
}

/* RFC 9018 §4.3: an hour back, five minutes ahead, a new one after half an hour. */
static void cookie_holds_for_its_time(void **state)
{
	(void)state;
	struct bns_cookie_secrets s = secrets_of(SECRET, NULL);
	const char *cookie = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	static const struct {
		int32_t age_s;
		enum bns_cookie_state state;
	} cases[] = {{0, BNS_COOKIE_FRESH},      {1800, BNS_COOKIE_FRESH},       {1801, BNS_COOKIE_OLD},
		     {3600, BNS_COOKIE_OLD},     {3601, BNS_COOKIE_UNKNOWN},     {-300, BNS_COOKIE_FRESH},
		     {-301, BNS_COOKIE_UNKNOWN}, {INT32_MAX, BNS_COOKIE_UNKNOWN}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(check(&s, cookie, "198.51.100.100", 1559731985 + (uint32_t)cases[i].age_s),
				 cases[i].state);
}

/* The 32 bits of time end in 2106. */
static void cookie_survives_the_end_of_its_clock(void **state)
{
	(void)state;
	struct bns_cookie_secrets s = secrets_of(SECRET, NULL);
	uint8_t cookie[BNS_COOKIE_LEN] = "abcdefgh";
	const union bns_addr addr = address("192.0.2.1");
	bns_cookie_make(&s, cookie, &addr, UINT32_MAX - 5, cookie);
	assert_int_equal(bns_cookie_check(&s, cookie, sizeof(cookie), &addr, 10), BNS_COOKIE_FRESH);
	assert_int_equal(bns_cookie_check(&s, cookie, sizeof(cookie), &addr, 5000), BNS_COOKIE_UNKNOWN);
}

static void cookie_of_somebody_else_does_not_hold(void **state)
{
	(void)state;
	struct bns_cookie_secrets s = secrets_of(SECRET, NULL);
	const char *good = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	assert_int_equal(check(&s, good, "198.51.100.100@9", 1559731985), BNS_COOKIE_FRESH);
	assert_int_equal(check(&s, good, "198.51.100.101", 1559731985), BNS_COOKIE_UNKNOWN);
	uint8_t octets[BNS_COOKIE_LEN];
	const union bns_addr addr = address("198.51.100.100");
	for (unsigned bit = 0; bit < 8 * BNS_COOKIE_LEN; bit++) {
		unhex(good, octets);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bns_cookie_check(&s, octets, sizeof(octets), &addr, 1559731985), BNS_COOKIE_UNKNOWN);
	}
	assert_int_equal(check(&s, "2464c4abcf10c957", "198.51.100.100", 1559731985), BNS_COOKIE_UNKNOWN);
	assert_int_equal(check(&s, "2464c4abcf10c957010000005cf79f111f8130c3eee2948000", "198.51.100.100", 1559731985),
			 BNS_COOKIE_UNKNOWN);
}

static void cookie_lengths_are_those_of_rfc_7873(void **state)
{
	(void)state;
	for (size_t len = 0; len < 64; len++)
		assert_int_equal(bns_cookie_len_valid(len), len == 8 || (len >= 16 && len <= 40));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_is_siphash),
		cmocka_unit_test(cookie_is_made_as_rfc_9018_says),
		cmocka_unit_test(cookie_is_renewed_when_it_is_old),
		cmocka_unit_test(cookie_with_reserved_octets_is_taken),
		cmocka_unit_test(cookie_of_the_former_secret_is_taken_and_renewed),
		cmocka_unit_test(cookie_holds_for_its_time),
		cmocka_unit_test(cookie_survives_the_end_of_its_clock),
		cmocka_unit_test(cookie_of_somebody_else_does_not_hold),
		cmocka_unit_test(cookie_lengths_are_those_of_rfc_7873),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
