/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/addr.h"

static union bns_addr addr(const char *text)
{
	union bns_addr a;

	assert_int_equal(bns_addr_from_text(text, 53, &a), BNS_OK);
	return a;
}

static bool covers(const char *prefix, const char *host)
{
	struct bns_prefix p;
	union bns_addr a = addr(host);

	assert_int_equal(bns_prefix_from_text(prefix, &p), BNS_OK);
	return bns_prefix_covers(&p, &a);
}

static void text_round_trips_with_port(void **state)
{
	static const char *const texts[] = {"192.0.2.1@5300", "::1@853", "2001:db8::1@53", "0.0.0.0@0"};
	char out[BNS_ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		union bns_addr a = addr(texts[i]);
		assert_string_equal(bns_addr_to_text(&a, out), texts[i]);
	}
}

static void default_port_fills_in(void **state)
{
	union bns_addr a = addr("192.0.2.1");
	union bns_addr b = addr("2001:db8::1");

	(void)state;
	assert_int_equal(bns_addr_port(&a), 53);
	assert_int_equal(bns_addr_port(&b), 53);
	assert_int_equal(bns_addr_len(&a), sizeof(struct sockaddr_in));
	assert_int_equal(bns_addr_len(&b), sizeof(struct sockaddr_in6));
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const texts[] = {"",
					    "localhost",
					    "192.0.2",
					    "192.0.2.1@",
					    "192.0.2.1@x",
					    "@53",
					    "192.0.2.1@-1",
					    "1::2::3",
					    "192.0.2.1 @53",
					    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"};
	union bns_addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(bns_addr_from_text(texts[i], 53, &a), BNS_ESYNTAX);
	assert_int_equal(bns_addr_from_text("192.0.2.1@65536", 53, &a), BNS_ERANGE);
}

static void same_host_ignores_port_and_mapping(void **state)
{
	union bns_addr v4 = addr("192.0.2.1@1");
	union bns_addr mapped = addr("::ffff:192.0.2.1@2");
	union bns_addr other = addr("192.0.2.2@1");
	union bns_addr v6 = addr("2001:db8::1@1");
	union bns_addr v6_again = addr("2001:db8::1@9");

	(void)state;
	assert_true(bns_addr_same_host(&v4, &mapped));
	assert_true(bns_addr_same_host(&v6, &v6_again));
	assert_false(bns_addr_same_host(&v4, &other));
	assert_false(bns_addr_same_host(&v4, &v6));
}

static void prefix_covers_its_hosts_alone(void **state)
{
	(void)state;
	assert_true(covers("192.0.2.0/24", "192.0.2.255"));
	assert_false(covers("192.0.2.0/24", "192.0.3.0"));
	assert_true(covers("192.0.2.128/25", "192.0.2.129"));
	assert_false(covers("192.0.2.128/25", "192.0.2.127"));
	assert_true(covers("192.0.2.7", "192.0.2.7"));
	assert_false(covers("192.0.2.7", "192.0.2.6"));
	assert_true(covers("0.0.0.0/0", "203.0.113.9"));
	assert_true(covers("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(covers("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(covers("2001:db8::1", "2001:db8::1"));
	assert_false(covers("0.0.0.0/0", "2001:db8::1"));
	assert_false(covers("::/0", "192.0.2.1"));
}

static void mapped_prefix_means_the_ipv4_one(void **state)
{
	struct bns_prefix p;

	(void)state;
	assert_true(covers("::ffff:192.0.2.0/120", "192.0.2.9"));
	assert_true(covers("192.0.2.0/24", "::ffff:192.0.2.9"));
	assert_false(covers("::ffff:192.0.2.0/120", "192.0.3.9"));
	assert_int_equal(bns_prefix_from_text("::ffff:192.0.2.0/95", &p), BNS_ERANGE);
}

static void bad_prefixes_are_refused(void **state)
{
	struct bns_prefix p;

	(void)state;
	assert_int_equal(bns_prefix_from_text("192.0.2.0/33", &p), BNS_ERANGE);
	assert_int_equal(bns_prefix_from_text("2001:db8::/129", &p), BNS_ERANGE);
	assert_int_equal(bns_prefix_from_text("192.0.2.0/", &p), BNS_ESYNTAX);
	assert_int_equal(bns_prefix_from_text("/24", &p), BNS_ESYNTAX);
	assert_int_equal(bns_prefix_from_text("192.0.2.0/2a", &p), BNS_ESYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_round_trips_with_port),    cmocka_unit_test(default_port_fills_in),
		cmocka_unit_test(bad_addresses_are_refused),     cmocka_unit_test(same_host_ignores_port_and_mapping),
		cmocka_unit_test(prefix_covers_its_hosts_alone), cmocka_unit_test(mapped_prefix_means_the_ipv4_one),
		cmocka_unit_test(bad_prefixes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
