/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "zone/load.h"
#include "zone/repoint.h"

#define HEAD                                                                                                           \
	"$ORIGIN example.com.\n$TTL 300\n@ IN SOA ns1 hostmaster ( 41 ; serial\n  7200 3600 1209600 300 )\n@ NS ns1\n" \
	"ns1 A 192.0.2.1\n"
#define HEAD_NEXT                                                                                                      \
	"$ORIGIN example.com.\n$TTL 300\n@ IN SOA ns1 hostmaster ( 42 ; serial\n  7200 3600 1209600 300 )\n@ NS ns1\n" \
	"ns1 A 192.0.2.1\n"

static const uint8_t apex[] = "\7example\3com";
static const uint8_t owner[] = "\4url1\7example\3com";
static const uint8_t target[] = "\4next\3cdn\7example";

static struct bns_contents *parse(const char *text)
{
	struct bns_contents *c;
	struct bns_diag diag = {0};

	assert_int_equal(bns_zone_parse(text, strlen(text), "x.zone", apex, &c, &diag), BNS_OK);
	return c;
}

static enum bns_error repoint(const char *text, const char *served_text, char **out, struct bns_diag *diag)
{
	struct bns_contents *served = parse(served_text), *contents;
	enum bns_error err = bns_zone_repoint(text, "x.zone", served, owner, target, out, &contents, diag);

	if (err == BNS_OK)
		assert_int_equal(contents->serial, 42);
	bns_contents_free(served);
	bns_contents_free(contents);
	return err;
}

static void assert_edited(const char *before, const char *after)
{
	struct bns_diag diag = {0};
	char *out;

	if (repoint(before, before, &out, &diag) != BNS_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(out, after);
	free(out);
}

static void assert_left_alone(const char *text, const char *served, const char *words)
{
	struct bns_diag diag = {0};
	char *out;

	assert_int_not_equal(repoint(text, served, &out, &diag), BNS_OK);
	if (!strstr(diag.text, words))
		fail_msg("'%s' has no '%s'", diag.text, words);
	assert_null(out);
}

static void cname_and_serial_change_and_nothing_else(void **state)
{
	(void)state;
	assert_edited(HEAD "; branded\nurl1   60 IN CNAME d1.cdn.example. ; ours\nwww A 192.0.2.2\n",
		      HEAD_NEXT "; branded\nurl1   60 IN CNAME next.cdn.example. ; ours\nwww A 192.0.2.2\n");
	assert_edited(HEAD "url1 cname d1\nd1 A 192.0.2.3", HEAD_NEXT "url1 cname next.cdn.example.\nd1 A 192.0.2.3");
}

static void cname_before_the_soa_is_found_too(void **state)
{
	(void)state;
	assert_edited("url1.example.com. 300 CNAME a.example.\n" HEAD,
		      "url1.example.com. 300 CNAME next.cdn.example.\n" HEAD_NEXT);
}

static void record_over_several_lines_is_left_alone(void **state)
{
	(void)state;
	const char *text = HEAD "url1 CNAME (\n  a.example. )\n";
	assert_left_alone(text, text, "change it by hand");
}

static void absent_record_is_told(void **state)
{
	(void)state;
	assert_left_alone(HEAD "www A 192.0.2.1\n", HEAD "www A 192.0.2.1\n", "url1.example.com has no CNAME");
}

static void file_that_differs_from_what_is_served_is_left_alone(void **state)
{
	(void)state;
	assert_left_alone(HEAD "url1 CNAME a.example.\nnew A 192.0.2.1\n", HEAD "url1 CNAME a.example.\n",
			  "reload the zone first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cname_and_serial_change_and_nothing_else),
		cmocka_unit_test(cname_before_the_soa_is_found_too),
		cmocka_unit_test(record_over_several_lines_is_left_alone),
		cmocka_unit_test(absent_record_is_told),
		cmocka_unit_test(file_that_differs_from_what_is_served_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
