/* SPDX-License-Identifier: BSD-3-Clause */
/* The first CNAME: the ways there, and every way back to the ESP. */
#include "world.h"

#include <string.h>

#define CDN "d111.cloudfront.net."

static void first_routing_to_a_listed_target_passes(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, CDN, ""));
	assert_nothing_new(w);
	world_close(w);
}

static void verifying_at_the_esp_passes_before_routing(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, NULL, world_pair(w, "sendgrid.net.", ""));
	assert_nothing_new(w);
	world_change(w, world_zone(w, ""), world_pair(w, "sendgrid.net.", ""));
	assert_nothing_new(w);
	world_close(w);
}

static void first_routing_to_an_unlisted_host_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, "d999.cloudfront.net.", ""));
	assert_held_by(w, "LB37");
	assert_string_equal(world_find(w, "LB37")->rdata, "d999.cloudfront.net.");
	world_close(w);
}

static void move_between_listed_targets_passes(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	world_change(w, world_pair(w, CDN, ""), world_pair(w, "d222.cloudfront.net.", ""));
	assert_nothing_new(w);
	world_close(w);
}

/* The served version at the CDN, the candidate with these lines: held as a revert. */
static void assert_revert(const char *served, const char *candidate)
{
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, served), world_zone(w, candidate));
	assert_held_by(w, "LB01");
	const struct world_note *n = world_find(w, "LB01");
	assert_int_equal(n->severity, 'C');
	assert_string_equal(n->role, "edge");
	assert_string_equal(n->host, "url1234.example.com");
	assert_non_null(strstr(n->text, "https links already delivered will show the certificate of *.sendgrid.net"));
	world_close(w);
}

#define OWNER_LINE "5678901 IN CNAME sendgrid.net.\n"
#define AT_CDN     "url1234 IN CNAME " CDN "\n" OWNER_LINE

static void revert_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url1234 IN CNAME sendgrid.net.\n" OWNER_LINE);
}

static void revert_in_capitals_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "URL1234 IN CNAME SendGrid.NET.\n" OWNER_LINE);
}

static void revert_in_escapes_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url\\049234 IN CNAME \\115endgrid.\\110et.\n" OWNER_LINE);
}

static void revert_to_a_sibling_of_the_esp_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url1234 IN CNAME u1.ct.sendgrid.net.\n" OWNER_LINE);
}

static void revert_to_another_region_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url1234 IN CNAME eu.sendgrid.net.\n" OWNER_LINE);
}

static void revert_through_an_alias_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url1234 IN CNAME alias\nalias IN CNAME sendgrid.net.\n" OWNER_LINE);
}

static void revert_through_three_aliases_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url1234 IN CNAME a\na IN CNAME b\nb IN CNAME c\nc IN CNAME sendgrid.net.\n" OWNER_LINE);
}

static void revert_of_an_alias_alone_is_held(void **state)
{
	(void)state;
	assert_revert("url1234 IN CNAME alias\nalias IN CNAME " CDN "\n" OWNER_LINE,
		      "url1234 IN CNAME alias\nalias IN CNAME sendgrid.net.\n" OWNER_LINE);
}

static void second_step_to_a_prepared_alias_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	struct bns_contents *start = world_zone(w, AT_CDN);
	struct bns_contents *prepared = world_zone(w, AT_CDN "x IN CNAME sendgrid.net.\n");
	struct bns_contents *reverted = world_zone(w, "url1234 IN CNAME x\nx IN CNAME sendgrid.net.\n" OWNER_LINE);
	world_change(w, start, prepared);
	assert_int_equal(w->verdict, BNS_VERDICT_PASS);
	world_serve(w, start, prepared);
	world_change(w, prepared, reverted);
	assert_held_by(w, "LB01");
	world_close(w);
}

static void revert_by_a_wildcard_is_held(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "* IN CNAME sendgrid.net.\n" OWNER_LINE);
}

static void alias_answered_by_a_wildcard_is_followed(void **state)
{
	(void)state;
	assert_revert(AT_CDN, "url1234 IN CNAME nowhere\n* IN CNAME sendgrid.net.\n" OWNER_LINE);
}

static void wildcard_at_the_listed_target_is_lawful(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, AT_CDN), world_zone(w, "* IN CNAME " CDN "\n" OWNER_LINE));
	assert_nothing_new(w);
	world_close(w);
}

static void name_below_stops_a_wildcard(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, AT_CDN),
		     world_zone(w, "* IN CNAME " CDN "\n_acme-challenge.url1234 IN TXT x\n" OWNER_LINE));
	assert_held_by(w, "LB38");
	world_close(w);
}

#define NEWS_POLICY                                                                                                    \
	"branding:\n"                                                                                                  \
	"  - {host: url1.news.example.com, owner: 77.news.example.com, mode: cdn, target: [d111.cloudfront.net]}\n"
#define NEWS_AT_CDN "url1.news IN CNAME " CDN "\n77.news IN CNAME sendgrid.net.\n"

static void revert_by_a_dname_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(NEWS_POLICY);
	world_change(w, world_zone(w, NEWS_AT_CDN), world_zone(w, "news IN DNAME sendgrid.net.\n"));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void dname_elsewhere_hides_a_branding(void **state)
{
	(void)state;
	struct world *w = world_open(NEWS_POLICY);
	world_change(w, world_zone(w, NEWS_AT_CDN), world_zone(w, "news IN DNAME example.net.\n"));
	assert_held_by(w, "LB38");
	assert_non_null(strstr(world_find(w, "LB38")->text, "DNAME of news.example.com"));
	world_close(w);
}

static void dname_inside_the_zone_is_followed(void **state)
{
	(void)state;
	struct world *w = world_open(NEWS_POLICY);
	world_change(w, world_zone(w, NEWS_AT_CDN),
		     world_zone(w, "news IN DNAME other\nurl1.other IN CNAME sendgrid.net.\n"));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void new_delegation_above_a_branding_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(NEWS_POLICY);
	world_change(w, world_zone(w, NEWS_AT_CDN), world_zone(w, NEWS_AT_CDN "news IN NS ns.elsewhere.example.\n"));
	assert_held_by(w, "LB38");
	assert_non_null(strstr(world_find(w, "LB38")->text, "delegation of news.example.com"));
	world_close(w);
}

static void delegation_at_the_branded_host_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, AT_CDN), world_zone(w, "url1234 IN NS ns.elsewhere.example.\n" OWNER_LINE));
	assert_held_by(w, "LB38");
	world_close(w);
}

static void delegation_that_was_there_is_not_new(void **state)
{
	(void)state;
	struct world *w = world_open(NEWS_POLICY);
	const char *lines = "news IN NS ns.elsewhere.example.\n";
	world_change(w, NULL, world_zone(w, lines));
	assert_nothing_new(w);
	world_change(w, world_zone(w, lines), world_zone(w, "news IN NS ns.elsewhere.example.\nwww IN A 192.0.2.9\n"));
	assert_nothing_new(w);
	world_close(w);
}

static void delegation_to_a_child_we_serve_passes(void **state)
{
	(void)state;
	struct world *w = world_open(NEWS_POLICY);
	struct bns_contents *child =
		world_zone_of(w, "news.example.com", "url1 IN CNAME " CDN "\n77 IN CNAME sendgrid.net.\n");
	world_serve(w, NULL, child);
	world_change(w, world_zone(w, NEWS_AT_CDN), world_zone(w, "news IN NS ns1.news\nns1.news IN A 192.0.2.1\n"));
	assert_nothing_new(w);
	world_change(w, world_zone(w, NEWS_AT_CDN), world_zone(w, "news IN NS ns.elsewhere.example.\n"));
	assert_held_by(w, "LB38");
	world_close(w);
}

static void revert_without_the_final_dot_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, AT_CDN), world_zone(w, "url1234 IN CNAME sendgrid.net\n" OWNER_LINE));
	assert_held_by(w, "LB22");
	world_close(w);
}

static void in_zone_proxy_that_is_listed_is_lawful(void **state)
{
	(void)state;
	struct world *w = world_open("branding:\n"
				     "  - {host: url1234.example.com, mode: cdn, target: [proxy.example.com]}\n");
	struct bns_contents *at_esp = world_zone(w, "url1234 IN CNAME sendgrid.net.\n");
	struct bns_contents *at_proxy = world_zone(w, "url1234 IN CNAME proxy\nproxy IN A 192.0.2.7\n");
	struct bns_contents *turned = world_zone(w, "url1234 IN CNAME proxy\nproxy IN CNAME sendgrid.net.\n");
	world_change(w, at_esp, at_proxy);
	assert_nothing_new(w);
	world_change(w, at_proxy, turned);
	assert_held_by(w, "LB01");
	world_close(w);
}

static void what_was_routed_is_remembered_over_a_restart(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	struct bns_contents *at_esp = world_pair(w, "sendgrid.net.", ""), *at_cdn = world_pair(w, CDN, "");
	world_serve(w, NULL, at_cdn);
	world_restart(w);
	/* An emptied or approved-back version tells nothing of the routing: memory does. */
	world_change(w, NULL, at_esp);
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	world_close(w);
}

static void revert_that_is_served_already_is_not_new(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, "sendgrid.net.", "www IN A 192.0.2.9"));
	assert_int_equal(w->verdict, BNS_VERDICT_PASS);
	assert_false(world_find(w, "LB01")->fresh);
	/* But another way of reverting is. */
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, "u1.ct.sendgrid.net.", ""));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void plain_branding_may_stay_at_the_esp(void **state)
{
	(void)state;
	struct world *w = world_open("branding:\n  - {host: url1234.example.com, mode: plain}\n");
	world_change(w, world_pair(w, "d1.example.net.", ""), world_pair(w, "sendgrid.net.", ""));
	assert_nothing_new(w);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, "d1.example.net.", ""));
	assert_held_by(w, "LB37");
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_routing_to_a_listed_target_passes),
		cmocka_unit_test(verifying_at_the_esp_passes_before_routing),
		cmocka_unit_test(first_routing_to_an_unlisted_host_is_held),
		cmocka_unit_test(move_between_listed_targets_passes),
		cmocka_unit_test(revert_is_held),
		cmocka_unit_test(revert_in_capitals_is_held),
		cmocka_unit_test(revert_in_escapes_is_held),
		cmocka_unit_test(revert_to_a_sibling_of_the_esp_is_held),
		cmocka_unit_test(revert_to_another_region_is_held),
		cmocka_unit_test(revert_through_an_alias_is_held),
		cmocka_unit_test(revert_through_three_aliases_is_held),
		cmocka_unit_test(revert_of_an_alias_alone_is_held),
		cmocka_unit_test(second_step_to_a_prepared_alias_is_held),
		cmocka_unit_test(revert_by_a_wildcard_is_held),
		cmocka_unit_test(alias_answered_by_a_wildcard_is_followed),
		cmocka_unit_test(wildcard_at_the_listed_target_is_lawful),
		cmocka_unit_test(name_below_stops_a_wildcard),
		cmocka_unit_test(revert_by_a_dname_is_held),
		cmocka_unit_test(dname_elsewhere_hides_a_branding),
		cmocka_unit_test(dname_inside_the_zone_is_followed),
		cmocka_unit_test(new_delegation_above_a_branding_is_held),
		cmocka_unit_test(delegation_at_the_branded_host_is_held),
		cmocka_unit_test(delegation_that_was_there_is_not_new),
		cmocka_unit_test(delegation_to_a_child_we_serve_passes),
		cmocka_unit_test(revert_without_the_final_dot_is_held),
		cmocka_unit_test(in_zone_proxy_that_is_listed_is_lawful),
		cmocka_unit_test(what_was_routed_is_remembered_over_a_restart),
		cmocka_unit_test(revert_that_is_served_already_is_not_new),
		cmocka_unit_test(plain_branding_may_stay_at_the_esp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
