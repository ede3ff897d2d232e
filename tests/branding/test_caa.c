/* SPDX-License-Identifier: BSD-3-Clause */
/* LB14: whether the branded host's certificate may be issued, as far as served zones show it. */
#include "world.h"

#include <string.h>

#define PAIR "url1234 IN CNAME d111.cloudfront.net.\n5678901 IN CNAME sendgrid.net.\n"

static struct world *open_issued_by(const char *issuers)
{
	static char policy[1024];

	strcpy(policy, ROUTED_POLICY);
	strcat(policy, issuers);
	return world_open(policy);
}

/* The zone without CAA becomes one with those lines. */
static void change(struct world *w, const char *lines)
{
	char text[1024] = PAIR;

	strcat(text, lines);
	world_change(w, world_zone(w, PAIR), world_zone(w, text));
}

static void caa_that_lets_the_issuer_is_silent(void **state)
{
	(void)state;
	struct world *w = open_issued_by("    issuer: [letsencrypt.org, amazon.com]\n");
	change(w, "@ IN CAA 0 issue \"amazon.com\"\n");
	assert_nothing_new(w);
	change(w, "@ IN CAA 0 issue \"ca.example\"\n@ IN CAA 0 issue \" LetsEncrypt.org; validationmethods=dns-01\"\n");
	assert_nothing_new(w);
	world_close(w);
}

static void caa_that_lets_another_issue_holds(void **state)
{
	(void)state;
	struct world *w = open_issued_by("    issuer: [letsencrypt.org]\n");
	change(w, "@ IN CAA 0 issue \"digicert.com\"\n");
	assert_held_by(w, "LB14");
	assert_string_equal(world_find(w, "LB14")->role, "caa");
	assert_non_null(strstr(world_find(w, "LB14")->text,
			       "the CAA records of example.com let digicert.com issue, and url1234.example.com needs "
			       "letsencrypt.org"));
	world_close(w);
}

static void caa_that_lets_nobody_issue_holds_without_a_known_issuer(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	change(w, "@ IN CAA 0 issue \";\"\n");
	assert_held_by(w, "LB14");
	change(w, "@ IN CAA 0 issue \"digicert.com\"\n");
	assert_nothing_new(w);
	world_close(w);
}

static void caa_without_issue_restricts_nothing(void **state)
{
	(void)state;
	struct world *w = open_issued_by("    issuer: [letsencrypt.org]\n");
	change(w, "@ IN CAA 0 iodef \"mailto:a@example.com\"\n@ IN CAA 0 issuewild \";\"\n");
	assert_nothing_new(w);
	world_close(w);
}

static void caa_nearest_to_the_host_decides(void **state)
{
	(void)state;
	struct world *w =
		world_open("branding:\n  - {host: url1.news.example.com, mode: cdn, target: [d111.cloudfront.net],\n"
			   "     routed: true, issuer: [letsencrypt.org]}\n");
	const char *edge = "url1.news IN CNAME d111.cloudfront.net.\n@ IN CAA 0 issue \"letsencrypt.org\"\n";
	char near[512];
	strcpy(near, edge);
	strcat(near, "news IN CAA 0 issue \"digicert.com\"\n");
	world_change(w, world_zone(w, edge), world_zone(w, near));
	assert_held_by(w, "LB14");
	assert_non_null(strstr(world_find(w, "LB14")->text, "of news.example.com"));
	world_close(w);
}

static void caa_behind_the_host_s_cname_decides(void **state)
{
	(void)state;
	struct world *w =
		world_open("branding:\n  - {host: url1234.example.com, mode: cdn, target: [proxy.example.com],\n"
			   "     routed: true, issuer: [letsencrypt.org]}\n");
	const char *lines = "url1234 IN CNAME proxy\nproxy IN A 192.0.2.1\n@ IN CAA 0 issue \"letsencrypt.org\"\n";
	char blocked[512];
	strcpy(blocked, lines);
	strcat(blocked, "proxy IN CAA 0 issue \"digicert.com\"\n");
	world_change(w, world_zone(w, lines), world_zone(w, blocked));
	assert_held_by(w, "LB14");
	assert_non_null(strstr(world_find(w, "LB14")->text, "of proxy.example.com"));
	world_close(w);
}

static void caa_of_a_parent_zone_that_is_served_counts(void **state)
{
	(void)state;
	struct world *w =
		world_open("branding:\n  - {host: url1.news.example.com, mode: cdn, target: [d111.cloudfront.net],\n"
			   "     routed: true, issuer: [letsencrypt.org]}\n");
	world_serve(w, NULL, world_zone(w, "@ IN CAA 0 issue \"digicert.com\"\n"));
	world_serve(w, NULL, world_zone_of(w, "news.example.com", "url1 IN CNAME d111.cloudfront.net.\n"));
	assert_non_null(world_checked(w, "url1.news.example.com", "LB14"));
	world_close(w);
}

static void esp_s_own_issuer_is_known_from_its_profile(void **state)
{
	(void)state;
	struct world *w = world_open("account:\n  - {id: r, provider: resend}\n"
				     "branding:\n  - {host: t.example.com, account: r}\n");
	const char *edge = "t IN CNAME x7.resend-dns.com.\n";
	world_change(w, world_zone(w, edge),
		     world_zone(w, "t IN CNAME x7.resend-dns.com.\n@ IN CAA 0 issue \"letsencrypt.org\"\n"));
	assert_held_by(w, "LB14");
	world_change(w, world_zone(w, edge),
		     world_zone(w, "t IN CNAME x7.resend-dns.com.\n@ IN CAA 0 issue \"amazon.com\"\n"));
	assert_nothing_new(w);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caa_that_lets_the_issuer_is_silent),
		cmocka_unit_test(caa_that_lets_another_issue_holds),
		cmocka_unit_test(caa_that_lets_nobody_issue_holds_without_a_known_issuer),
		cmocka_unit_test(caa_without_issue_restricts_nothing),
		cmocka_unit_test(caa_nearest_to_the_host_decides),
		cmocka_unit_test(caa_behind_the_host_s_cname_decides),
		cmocka_unit_test(caa_of_a_parent_zone_that_is_served_counts),
		cmocka_unit_test(esp_s_own_issuer_is_known_from_its_profile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
