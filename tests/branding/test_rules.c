/* SPDX-License-Identifier: BSD-3-Clause */
/* Every rule that zone data can answer: firing, and not firing. */
#include "world.h"

#include <string.h>

#define CDN        "d111.cloudfront.net."
#define EDGE_LINE  "url1234 IN CNAME " CDN "\n"
#define OWNER_LINE "5678901 IN CNAME sendgrid.net.\n"

#define EU_POLICY                                                                                                      \
	"account: [{id: a, provider: sendgrid, region: eu}]\n"                                                         \
	"branding:\n"                                                                                                  \
	"  - {host: url1234.example.com, owner: 5678901.example.com, account: a, mode: cdn, target: "                  \
	"[d111.cloudfront.net]}\n"

#define MANAGED_POLICY                                                                                                 \
	"branding:\n"                                                                                                  \
	"  - {host: url1234.example.com, owner: 5678901.example.com, mode: managed}\n"
#define MANAGED_EDGE  "url1234 IN CNAME click.sendgrid.net.\n" OWNER_LINE
#define MANAGED_DCV   "_acme-challenge.url1234 IN CNAME 0a1b.dcv.cloudflare.com.\n"
#define MANAGED_PROOF "_cf-custom-hostname.url1234 IN TXT \"2d1c6f9e-0000-4000-8000-000000000000\"\n"
#define MANAGED_ALL   MANAGED_EDGE MANAGED_DCV MANAGED_PROOF

static void assert_holds(const char *policy, const char *former, const char *candidate, const char *rule,
			 const char *role)
{
	struct world *w = world_open(policy);

	world_change(w, world_zone(w, former), world_zone(w, candidate));
	assert_held_by(w, rule);
	assert_string_equal(world_find(w, rule)->role, role);
	world_close(w);
}

static void assert_passes(const char *policy, const char *former, const char *candidate)
{
	struct world *w = world_open(policy);

	world_change(w, world_zone(w, former), world_zone(w, candidate));
	assert_nothing_new(w);
	world_close(w);
}

static void owner_elsewhere_is_held(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE "5678901 IN CNAME " CDN "\n", "LB16", "owner");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE "5678901 IN CNAME u1.ct.sendgrid.net.\n", "LB16",
		     "owner");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE,
		     EDGE_LINE "5678901 IN CNAME alias\nalias IN CNAME sendgrid.net.\n", "LB16", "owner");
}

static void owner_in_other_spelling_passes(void **state)
{
	(void)state;
	assert_passes(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE "5678901 IN CNAME SENDGRID.net.\n");
}

static void owner_of_another_region_is_held(void **state)
{
	(void)state;
	assert_holds(EU_POLICY, EDGE_LINE "5678901 IN CNAME eu.sendgrid.net.\n", EDGE_LINE OWNER_LINE, "LB20", "owner");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE "5678901 IN CNAME eu.sendgrid.net.\n", "LB20",
		     "owner");
	assert_passes(EU_POLICY, "", EDGE_LINE "5678901 IN CNAME eu.sendgrid.net.\n");
}

static void edge_that_starts_in_another_region_is_held(void **state)
{
	(void)state;
	assert_holds(EU_POLICY, "", "url1234 IN CNAME sendgrid.net.\n5678901 IN CNAME eu.sendgrid.net.\n", "LB20",
		     "edge");
	assert_passes(EU_POLICY, "", "url1234 IN CNAME eu.sendgrid.net.\n5678901 IN CNAME eu.sendgrid.net.\n");
}

static void target_with_the_zone_appended_is_held(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, "url1234 IN CNAME d111.cloudfront.net\n" OWNER_LINE, "LB22",
		     "edge");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE "5678901 IN CNAME sendgrid.net\n", "LB22", "owner");
	/* A wildcard that makes the doubled name exist doesn't make it right. */
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE,
		     "url1234 IN CNAME d111.cloudfront.net\n* IN A 192.0.2.3\n" OWNER_LINE, "LB22", "edge");
}

static void owner_name_with_the_zone_appended_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, EDGE_LINE OWNER_LINE),
		     world_zone(w, "url1234.example.com IN CNAME " CDN "\n" OWNER_LINE));
	assert_held_by(w, "LB22");
	assert_held_by(w, "LB38");
	world_close(w);
}

static void other_records_beside_the_cname_are_held(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE "url1234 IN TXT x\n" OWNER_LINE, "LB23", "edge");
}

static void target_that_is_not_in_the_zone_is_held(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, "url1234 IN CNAME nothing\n" OWNER_LINE, "LB24", "edge");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, "url1234 IN CNAME ent\nx.ent IN A 192.0.2.3\n" OWNER_LINE,
		     "LB24", "edge");
	assert_passes(CDN_POLICY, EDGE_LINE OWNER_LINE, "url1234 IN CNAME alias\nalias IN CNAME " CDN "\n" OWNER_LINE);
}

static void loop_is_held(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, "url1234 IN CNAME a\na IN CNAME b\nb IN CNAME a\n" OWNER_LINE,
		     "LB25", "edge");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, "url1234 IN CNAME url1234\n" OWNER_LINE, "LB25", "edge");
}

static void chain_too_long_counts_as_a_loop(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE,
		     OWNER_LINE "url1234 IN CNAME a0\na0 IN CNAME a1\na1 IN CNAME a2\na2 IN CNAME a3\na3 IN CNAME a4\n"
				"a4 IN CNAME a5\na5 IN CNAME a6\na6 IN CNAME a7\na7 IN CNAME a8\na8 IN CNAME a9\n"
				"a9 IN CNAME b0\nb0 IN CNAME b1\nb1 IN CNAME b2\nb2 IN CNAME b3\nb3 IN CNAME b4\n"
				"b4 IN CNAME b5\nb5 IN CNAME b6\nb6 IN CNAME " CDN "\n",
		     "LB25", "edge");
}

static void long_ttl_is_a_note(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "default: {max-ttl: 1h}\n");
	world_change(w, world_zone(w, EDGE_LINE OWNER_LINE),
		     world_zone(w, "url1234 3601 IN CNAME " CDN "\n" OWNER_LINE));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB29");
	assert_int_equal(world_find(w, "LB29")->severity, 'M');
	world_change(w, world_zone(w, EDGE_LINE OWNER_LINE),
		     world_zone(w, "url1234 3600 IN CNAME " CDN "\n" OWNER_LINE));
	assert_nothing_new(w);
	world_close(w);
}

static void flattened_edge_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	struct bns_contents *flat = world_zone(w, "url1234 IN A 192.0.2.3\n" OWNER_LINE);
	world_change(w, world_zone(w, EDGE_LINE OWNER_LINE), flat);
	assert_held_by(w, "LB18");
	assert_non_null(strstr(world_find(w, "LB18")->text, "has addresses where its CNAME was"));
	/* Once it is accepted so, another address or nothing at all is new again. */
	world_change(w, flat, world_zone(w, "url1234 IN A 203.0.113.9\n" OWNER_LINE));
	assert_held_by(w, "LB18");
	world_change(w, flat, world_zone(w, OWNER_LINE));
	assert_held_by(w, "LB38");
	world_close(w);
}

static void managed_edge_with_addresses_is_held_as_proxied(void **state)
{
	(void)state;
	assert_holds(MANAGED_POLICY, MANAGED_ALL, "url1234 IN A 192.0.2.3\n" MANAGED_DCV MANAGED_PROOF OWNER_LINE,
		     "LB19", "edge");
}

static void removed_edge_and_owner_are_held_each(void **state)
{
	(void)state;
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, OWNER_LINE, "LB38", "edge");
	assert_holds(CDN_POLICY, EDGE_LINE OWNER_LINE, EDGE_LINE, "LB38", "owner");
	/* What one of them lacks already says nothing about the other. */
	assert_holds(CDN_POLICY, EDGE_LINE, "www IN A 192.0.2.3\n", "LB38", "edge");
}

static void managed_branding_that_is_whole_passes(void **state)
{
	(void)state;
	assert_passes(MANAGED_POLICY, "", MANAGED_ALL);
}

static void managed_branding_without_dcv_is_held(void **state)
{
	(void)state;
	assert_holds(MANAGED_POLICY, "", MANAGED_EDGE MANAGED_PROOF, "LB15", "dcv");
	assert_holds(MANAGED_POLICY, "", MANAGED_EDGE MANAGED_DCV, "LB15", "host-proof");
	assert_holds(MANAGED_POLICY, MANAGED_ALL,
		     MANAGED_EDGE MANAGED_PROOF "_acme-challenge.url1234 IN CNAME dcv.example.net.\n", "LB15", "dcv");
}

static void managed_branding_that_loses_dcv_is_held_as_removed(void **state)
{
	(void)state;
	assert_holds(MANAGED_POLICY, MANAGED_ALL, MANAGED_EDGE MANAGED_PROOF, "LB38", "dcv");
	assert_holds(MANAGED_POLICY, MANAGED_ALL, MANAGED_EDGE MANAGED_DCV, "LB38", "host-proof");
}

static void managed_branding_back_at_the_plain_name_is_held(void **state)
{
	(void)state;
	assert_holds(MANAGED_POLICY, MANAGED_ALL,
		     "url1234 IN CNAME sendgrid.net.\n" OWNER_LINE MANAGED_DCV MANAGED_PROOF, "LB01", "edge");
}

static void removal_of_the_zone_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_zone(w, EDGE_LINE OWNER_LINE), NULL);
	assert_held_by(w, "LB38");
	assert_non_null(strstr(world_find(w, "LB38")->text, "goes with the zone example.com"));
	world_change(w, world_zone(w, "www IN A 192.0.2.3\n"), NULL);
	assert_nothing_new(w);
	world_close(w);
}

static void owner_in_another_zone_is_judged_there(void **state)
{
	(void)state;
	struct world *w = world_open("branding:\n"
				     "  - {host: url1.news.example.org, owner: 77.example.com, mode: plain}\n");
	world_change(w, world_zone(w, "77 IN CNAME sendgrid.net.\n"), world_zone(w, "77 IN CNAME " CDN "\n"));
	assert_held_by(w, "LB16");
	world_close(w);
}

static void other_names_are_nobodys_business(void **state)
{
	(void)state;
	assert_passes(ROUTED_POLICY, EDGE_LINE OWNER_LINE "www IN CNAME " CDN "\n",
		      EDGE_LINE OWNER_LINE "www IN CNAME sendgrid.example.\nurl12345 IN CNAME evilsendgrid.net.\n");
}

static void apex_as_branded_host_is_told_not_held(void **state)
{
	(void)state;
	struct world *w = world_open("branding:\n  - {host: example.com, mode: cdn, target: [d111.cloudfront.net]}\n");
	world_change(w, world_zone(w, ""), world_zone(w, "www IN A 192.0.2.3\n"));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB23");
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_elsewhere_is_held),
		cmocka_unit_test(owner_in_other_spelling_passes),
		cmocka_unit_test(owner_of_another_region_is_held),
		cmocka_unit_test(edge_that_starts_in_another_region_is_held),
		cmocka_unit_test(target_with_the_zone_appended_is_held),
		cmocka_unit_test(owner_name_with_the_zone_appended_is_held),
		cmocka_unit_test(other_records_beside_the_cname_are_held),
		cmocka_unit_test(target_that_is_not_in_the_zone_is_held),
		cmocka_unit_test(loop_is_held),
		cmocka_unit_test(chain_too_long_counts_as_a_loop),
		cmocka_unit_test(long_ttl_is_a_note),
		cmocka_unit_test(flattened_edge_is_held),
		cmocka_unit_test(managed_edge_with_addresses_is_held_as_proxied),
		cmocka_unit_test(removed_edge_and_owner_are_held_each),
		cmocka_unit_test(managed_branding_that_is_whole_passes),
		cmocka_unit_test(managed_branding_without_dcv_is_held),
		cmocka_unit_test(managed_branding_that_loses_dcv_is_held_as_removed),
		cmocka_unit_test(managed_branding_back_at_the_plain_name_is_held),
		cmocka_unit_test(removal_of_the_zone_is_held),
		cmocka_unit_test(owner_in_another_zone_is_judged_there),
		cmocka_unit_test(other_names_are_nobodys_business),
		cmocka_unit_test(apex_as_branded_host_is_told_not_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
