/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "transfer/acl.h"

static const struct bns_conf_key conf_key = {
	.id = "K1.Example",
	.algorithm = "hmac-sha384",
	.secret = (const uint8_t *)"secret",
	.secret_len = 6,
};

static struct bns_tsig_key key_named(const char *name)
{
	struct bns_tsig_key key = {.algorithm = BNS_HMAC_SHA384};
	assert_int_equal(bns_name_from_text(name, NULL, key.name, NULL), BNS_OK);
	return key;
}

static union bns_addr addr(const char *text)
{
	union bns_addr a;
	assert_int_equal(bns_addr_from_text(text, 53, &a), BNS_OK);
	return a;
}

/* Is `client` allowed to transfer by a single rule for `prefix` (NULL: any address) and `key`? */
static bool allowed(const char *prefix, const struct bns_conf_key *key, unsigned actions, const char *client,
		    const struct bns_tsig_key *signed_with)
{
	struct bns_prefix p = {0};
	if (prefix)
		assert_int_equal(bns_prefix_from_text(prefix, &p), BNS_OK);
	const struct bns_conf_acl acl = {
		.address = &p, .address_count = prefix ? 1 : 0, .key = key, .actions = actions};
	const struct bns_conf_acl *list[] = {&acl};
	const struct bns_conf_settings zone = {.acl = list, .acl_count = 1};
	union bns_addr from = addr(client);
	const struct bns_acl_client who = {.addr = &from, .transport = BNS_TRANSPORT_TCP, .key = signed_with};
	return bns_acl_allows(&zone, BNS_ACL_TRANSFER, &who, NULL);
}

static void acl_without_rules_allows_nobody(void **state)
{
	(void)state;
	const struct bns_conf_settings zone = {0};
	union bns_addr from = addr("127.0.0.1");
	const struct bns_acl_client who = {.addr = &from};
	assert_false(bns_acl_allows(&zone, BNS_ACL_TRANSFER, &who, NULL));
}

static void acl_matches_the_address(void **state)
{
	(void)state;
	assert_true(allowed("192.0.2.0/24", NULL, BNS_ACL_TRANSFER, "192.0.2.77", NULL));
	assert_false(allowed("192.0.2.0/24", NULL, BNS_ACL_TRANSFER, "192.0.3.77", NULL));
	assert_false(allowed("192.0.2.0/24", NULL, BNS_ACL_TRANSFER, "2001:db8::1", NULL));
	assert_true(allowed(NULL, NULL, BNS_ACL_TRANSFER, "2001:db8::1", NULL));
}

static void acl_matches_the_action(void **state)
{
	(void)state;
	assert_false(allowed("192.0.2.0/24", NULL, BNS_ACL_NOTIFY, "192.0.2.77", NULL));
	assert_true(allowed("192.0.2.0/24", NULL, BNS_ACL_NOTIFY | BNS_ACL_TRANSFER, "192.0.2.77", NULL));
}

static void acl_with_a_key_wants_address_and_key(void **state)
{
	(void)state;
	struct bns_tsig_key right = key_named("k1.example");
	struct bns_tsig_key wrong = key_named("k2.example");
	assert_true(allowed("192.0.2.0/24", &conf_key, BNS_ACL_TRANSFER, "192.0.2.1", &right));
	assert_false(allowed("192.0.2.0/24", &conf_key, BNS_ACL_TRANSFER, "192.0.2.1", &wrong));
	assert_false(allowed("192.0.2.0/24", &conf_key, BNS_ACL_TRANSFER, "192.0.2.1", NULL));
	assert_false(allowed("192.0.2.0/24", &conf_key, BNS_ACL_TRANSFER, "192.0.3.1", &right));
}

static void acl_matches_the_protocol(void **state)
{
	(void)state;
	const struct bns_conf_acl acl = {.protocols = 1u << BNS_TRANSPORT_TLS, .actions = BNS_ACL_TRANSFER};
	const struct bns_conf_acl *list[] = {&acl};
	const struct bns_conf_settings zone = {.acl = list, .acl_count = 1};
	union bns_addr from = addr("127.0.0.1");
	struct bns_acl_client who = {.addr = &from, .transport = BNS_TRANSPORT_TCP};
	assert_false(bns_acl_allows(&zone, BNS_ACL_TRANSFER, &who, NULL));
	who.transport = BNS_TRANSPORT_TLS;
	assert_true(bns_acl_allows(&zone, BNS_ACL_TRANSFER, &who, NULL));
}

static void acl_for_certificates_takes_nobody_without_one(void **state)
{
	(void)state;
	const char *const names[] = {"a.test"};
	const struct bns_conf_pin pin = {0};
	struct bns_conf_acl acl = {.cert_key = &pin, .cert_key_count = 1, .actions = BNS_ACL_TRANSFER};
	const struct bns_conf_acl *list[] = {&acl};
	const struct bns_conf_settings zone = {.acl = list, .acl_count = 1};
	union bns_addr from = addr("127.0.0.1");
	const struct bns_acl_client who = {.addr = &from, .transport = BNS_TRANSPORT_TCP};
	assert_false(bns_acl_allows(&zone, BNS_ACL_TRANSFER, &who, NULL));
	acl = (struct bns_conf_acl){.cert_hostname = names, .cert_hostname_count = 1, .actions = BNS_ACL_TRANSFER};
	assert_false(bns_acl_allows(&zone, BNS_ACL_TRANSFER, &who, NULL));
}

static void acl_knows_a_zones_primaries_by_host_and_key(void **state)
{
	(void)state;
	struct bns_tsig_key right = key_named("k1.example");
	union bns_addr addresses[] = {addr("192.0.2.1@5300"), addr("192.0.2.2@5300")};
	struct bns_conf_remote remote = {.address = addresses, .address_count = 2};
	const struct bns_conf_remote *list[] = {&remote};
	const struct bns_conf_settings zone = {.primary = list, .primary_count = 1};
	union bns_addr known = addr("192.0.2.2@61000");
	union bns_addr stranger = addr("192.0.2.3@5300");

	assert_true(bns_acl_is_primary(&zone, &known, NULL));
	assert_false(bns_acl_is_primary(&zone, &stranger, NULL));
	remote.key = &conf_key;
	assert_false(bns_acl_is_primary(&zone, &known, NULL));
	assert_true(bns_acl_is_primary(&zone, &known, &right));
}

static void acl_key_takes_name_algorithm_and_secret(void **state)
{
	(void)state;
	struct bns_tsig_key key;
	struct bns_tsig_key expected = key_named("k1.example");
	assert_int_equal(bns_acl_key(&conf_key, &key), BNS_OK);
	assert_true(bns_name_equal(key.name, expected.name));
	assert_int_equal(key.algorithm, BNS_HMAC_SHA384);
	assert_int_equal(key.secret_len, 6);
	assert_memory_equal(key.secret, "secret", 6);
}

static void acl_key_refuses_an_unknown_algorithm(void **state)
{
	(void)state;
	struct bns_conf_key conf = conf_key;
	struct bns_tsig_key key;
	conf.algorithm = "hmac-md5";
	assert_int_equal(bns_acl_key(&conf, &key), BNS_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acl_without_rules_allows_nobody),
		cmocka_unit_test(acl_matches_the_address),
		cmocka_unit_test(acl_matches_the_action),
		cmocka_unit_test(acl_with_a_key_wants_address_and_key),
		cmocka_unit_test(acl_matches_the_protocol),
		cmocka_unit_test(acl_for_certificates_takes_nobody_without_one),
		cmocka_unit_test(acl_knows_a_zones_primaries_by_host_and_key),
		cmocka_unit_test(acl_key_takes_name_algorithm_and_secret),
		cmocka_unit_test(acl_key_refuses_an_unknown_algorithm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
