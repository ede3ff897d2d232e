/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains of CNAMEs that go on in other zones that are served here. */
#include "world.h"

#include <string.h>

#define OWNER_LINE "5678901 IN CNAME sendgrid.net.\n"

/* The company's own name for its CDN, in a zone of its own. */
#define POLICY                                                                                                         \
	"branding:\n"                                                                                                  \
	"  - {host: url1234.example.com, owner: 5678901.example.com, mode: cdn, target: [links.cdn.example]}\n"

static struct bns_contents *cdn_zone(struct world *w, const char *lines)
{
	return world_zone_of(w, "cdn.example", lines);
}

static struct bns_contents *branded(struct world *w)
{
	return world_zone(w, "url1234 IN CNAME links.cdn.example.\n" OWNER_LINE);
}

static struct world *open_routed(const struct bns_contents **cdn)
{
	struct world *w = world_open(POLICY);

	*cdn = cdn_zone(w, "links IN CNAME d111.cloudfront.net.\n");
	world_serve(w, NULL, *cdn);
	world_serve(w, NULL, branded(w));
	return w;
}

static void listed_target_in_another_zone_is_lawful(void **state)
{
	(void)state;
	const struct bns_contents *cdn;
	struct world *w = open_routed(&cdn);
	world_change(w, world_zone(w, "url1234 IN CNAME sendgrid.net.\n" OWNER_LINE), branded(w));
	assert_nothing_new(w);
	world_change(w, cdn, cdn_zone(w, "links IN CNAME d222.cloudfront.net.\n"));
	assert_nothing_new(w);
	world_close(w);
}

static void revert_in_the_zone_of_the_target_is_held(void **state)
{
	(void)state;
	const struct bns_contents *cdn;
	struct world *w = open_routed(&cdn);
	world_change(w, cdn, cdn_zone(w, "links IN CNAME sendgrid.net.\n"));
	assert_held_by(w, "LB01");
	assert_string_equal(world_find(w, "LB01")->host, "url1234.example.com");
	world_change(w, cdn, cdn_zone(w, "links IN CNAME x\nx IN CNAME u1.ct.sendgrid.net.\n"));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void change_beside_a_branding_that_was_flattened_is_judged(void **state)
{
	(void)state;
	struct world *w = world_open(POLICY);
	const struct bns_contents *cdn = cdn_zone(w, "links IN CNAME d111.cloudfront.net.\n");
	world_serve(w, NULL, cdn);
	world_serve(w, NULL, world_zone(w, "url1234 IN A 192.0.2.7\n" OWNER_LINE));
	world_change(w, cdn, cdn_zone(w, "links IN CNAME d222.cloudfront.net.\n"));
	assert_nothing_new(w);
	assert_string_equal(world_find(w, "LB18")->rdata, "url1234.example.com. flattened 192.0.2.7");
	world_close(w);
}

static void target_that_goes_from_its_zone_is_held(void **state)
{
	(void)state;
	const struct bns_contents *cdn;
	struct world *w = open_routed(&cdn);
	world_change(w, cdn, cdn_zone(w, "www IN A 192.0.2.1\n"));
	assert_held_by(w, "LB24");
	world_change(w, cdn, cdn_zone(w, "links IN A 192.0.2.1\n"));
	assert_nothing_new(w);
	world_close(w);
}

static void removal_of_the_zone_of_the_target_is_held(void **state)
{
	(void)state;
	const struct bns_contents *cdn;
	struct world *w = open_routed(&cdn);
	world_change(w, cdn, NULL);
	assert_held_by(w, "LB38");
	assert_non_null(strstr(world_find(w, "LB38")->text, "leads into the zone cdn.example"));
	world_close(w);
}

static void target_that_leads_back_to_the_host_is_a_proxy_loop(void **state)
{
	(void)state;
	const struct bns_contents *cdn;
	struct world *w = open_routed(&cdn);
	world_change(w, cdn, cdn_zone(w, "links IN CNAME url1234.example.com.\n"));
	assert_held_by(w, "LB13");
	assert_null(world_find(w, "LB25"));
	world_change(w, cdn, cdn_zone(w, "links IN CNAME a\na IN CNAME links\n"));
	assert_held_by(w, "LB25");
	assert_null(world_find(w, "LB13"));
	world_close(w);
}

static void pin_is_no_matter_of_the_zone_of_the_target(void **state)
{
	(void)state;
	struct world *w = world_open(POLICY "default: {on-change: pin}\n");
	const struct bns_contents *cdn = cdn_zone(w, "links IN CNAME d111.cloudfront.net.\n");
	world_serve(w, NULL, cdn);
	world_serve(w, NULL, branded(w));
	world_change(w, cdn, cdn_zone(w, "links IN CNAME sendgrid.net.\n"));
	assert_held_by(w, "LB01");
	assert_int_equal(w->amendment_count, 0);
	world_close(w);
}

static void pin_keeps_the_listed_name_of_another_zone(void **state)
{
	(void)state;
	struct world *w = world_open(POLICY "default: {on-change: pin}\n");
	world_serve(w, NULL, cdn_zone(w, "links IN CNAME d111.cloudfront.net.\n"));
	world_serve(w, NULL, branded(w));
	world_change(w, branded(w), world_zone(w, "url1234 IN CNAME sendgrid.net.\n" OWNER_LINE));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "links.cdn.example");
	world_close(w);
}

static void first_move_into_a_zone_that_leads_to_the_esp_is_no_routing(void **state)
{
	(void)state;
	struct world *w = world_open(POLICY);
	world_serve(w, NULL, cdn_zone(w, "links IN CNAME sendgrid.net.\n"));
	world_serve(w, NULL, branded(w));
	assert_null(world_checked(w, "url1234.example.com", "LB01"));
	assert_int_equal(world_remembered(w, "host/"), 0);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listed_target_in_another_zone_is_lawful),
		cmocka_unit_test(revert_in_the_zone_of_the_target_is_held),
		cmocka_unit_test(change_beside_a_branding_that_was_flattened_is_judged),
		cmocka_unit_test(target_that_goes_from_its_zone_is_held),
		cmocka_unit_test(removal_of_the_zone_of_the_target_is_held),
		cmocka_unit_test(target_that_leads_back_to_the_host_is_a_proxy_loop),
		cmocka_unit_test(pin_is_no_matter_of_the_zone_of_the_target),
		cmocka_unit_test(pin_keeps_the_listed_name_of_another_zone),
		cmocka_unit_test(first_move_into_a_zone_that_leads_to_the_esp_is_no_routing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
