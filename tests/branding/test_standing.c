/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules about what stands in the policy, what the ESP says, and how long a zone lives: shown, never gated. */
#include "world.h"

#include <string.h>

#define HOST                          "url1234.example.com"
#define TWO                           "target: [d111.cloudfront.net, d222.cloudfront.net]"
#define ONE                           "target: [d111.cloudfront.net]"
#define ACCOUNT(more)                 "account:\n  - {id: acme, provider: sendgrid" more "}\nbranding:\n"
#define BRANDING(host, targets, more) "  - {host: " host ", account: acme, mode: cdn, " targets more "}\n"

static struct world *serve(const char *policy)
{
	struct world *w = world_open(policy);
	struct bns_contents *zone =
		world_zone(w, "url1234 IN CNAME d111.cloudfront.net.\nurl2 IN CNAME d111.cloudfront.net.\n");

	/* None of them makes news of a change. */
	world_change(w, zone,
		     world_zone(w, "url1234 IN CNAME d111.cloudfront.net.\nurl2 IN CNAME d222.cloudfront.net.\n"));
	assert_nothing_new(w);
	world_serve(w, NULL, zone);
	return w;
}

static void assert_checked(const char *policy, const char *rule, const char *words)
{
	struct world *w = serve(policy);
	const char *found = world_checked(w, HOST, rule);

	if (!words)
		assert_null(found);
	else if (!found || !strstr(found, words))
		fail_msg("%s: %s", rule, found ? found : "not found");
	world_close(w);
}

static void branding_the_esp_holds_for_invalid_is_shown(void **state)
{
	(void)state;
	assert_checked(ACCOUNT("") BRANDING(HOST, TWO,
					    ", esp: {id: 1, valid: false, checked: 2026-11-23T10:00:00Z,\n"
					    "     reason: 'Expected CNAME to match sendgrid.net.'}"),
		       "LB17",
		       "SendGrid holds url1234.example.com for invalid since its check of 2026-11-23T10:00:00Z: "
		       "Expected CNAME");
	assert_checked(ACCOUNT("") BRANDING(HOST, TWO, ", esp: {id: 1, valid: true}"), "LB17", NULL);
	assert_checked(ACCOUNT("") BRANDING(HOST, TWO, ", esp: {id: 1}"), "LB17", NULL);
}

static void from_domain_without_a_branding_is_shown(void **state)
{
	(void)state;
	assert_checked(ACCOUNT(", from: [example.com, other.example]") BRANDING(HOST, TWO, ""), "LB31",
		       "account acme sends from other.example");
	assert_checked(ACCOUNT(", from: [example.com]") BRANDING(HOST, TWO, ""), "LB31", NULL);
	assert_checked(ACCOUNT(", from: [mail.example]") BRANDING(HOST, TWO, ", esp: {domain: mail.example}"), "LB31",
		       NULL);
}

static void branding_behind_an_older_one_is_shown(void **state)
{
	(void)state;
	const char *valid = ACCOUNT("") BRANDING(HOST, TWO, ", esp: {id: 20, valid: true}")
		BRANDING("url2.example.com", TWO, ", esp: {id: 10, valid: true}");
	const char *invalid = ACCOUNT("") BRANDING(HOST, TWO, ", esp: {id: 20, valid: true}")
		BRANDING("url2.example.com", TWO, ", esp: {id: 10, valid: false}");
	const char *elsewhere = ACCOUNT("") BRANDING(HOST, TWO, ", esp: {id: 20, valid: true}")
		BRANDING("url2.example.com", TWO, ", esp: {id: 10, valid: true, user: another}");
	assert_checked(valid, "LB32", "as the older url2.example.com");
	assert_checked(invalid, "LB32", NULL);
	assert_checked(elsewhere, "LB32", NULL);
}

static void subuser_without_association_or_https_is_shown(void **state)
{
	(void)state;
	assert_checked(ACCOUNT(", ssl: enabled, subuser: [eu]") BRANDING(HOST, TWO, ""), "LB33",
		       "subuser eu of account acme has neither a branding associated nor https switched on");
	assert_checked(ACCOUNT(", ssl: enabled, subuser: [eu], ssl-subuser: [eu]") BRANDING(HOST, TWO, ""), "LB33",
		       "no branding associated");
	assert_checked(ACCOUNT(", ssl: enabled, subuser: [eu]") BRANDING(HOST, TWO, ", esp: {subuser: [eu]}"), "LB33",
		       "no https switched on");
	assert_checked(ACCOUNT(", ssl: enabled, subuser: [eu], ssl-subuser: [eu]")
			       BRANDING(HOST, TWO, ", esp: {user: eu}"),
		       "LB33", NULL);
	assert_checked(ACCOUNT(", ssl: disabled, subuser: [eu]") BRANDING(HOST, TWO, ""), "LB33", NULL);
}

static void what_an_account_lacks_is_told_once_where_it_is_served(void **state)
{
	(void)state;
	/* The first host is in no zone that is served here. */
	struct world *w = serve(ACCOUNT(", ssl: enabled, from: [other.example], subuser: [eu]") BRANDING(
		"url1.example.com.au", TWO, "") BRANDING(HOST, TWO, "") BRANDING("url2.example.com", TWO, ""));
	assert_non_null(world_checked(w, HOST, "LB31"));
	assert_non_null(world_checked(w, HOST, "LB33"));
	assert_null(world_checked(w, "url2.example.com", "LB31"));
	assert_null(world_checked(w, "url2.example.com", "LB33"));
	world_close(w);
}

static void https_for_somebody_else_s_subuser_is_refused(void **state)
{
	(void)state;
	struct bns_diag diag;
	world_policy_error(ACCOUNT(", subuser: [eu], ssl-subuser: [us]") BRANDING(HOST, TWO, ""), &diag);
	assert_non_null(strstr(diag.text, "'us' isn't among the account's 'subuser'"));
}

static void single_target_is_shown(void **state)
{
	(void)state;
	assert_checked(ACCOUNT("") BRANDING(HOST, ONE, "") BRANDING("url2.example.com", TWO, ""), "LB36",
		       "a single listed target");
	assert_checked(ACCOUNT("") BRANDING(HOST, TWO, ""), "LB36", NULL);
}

static void zone_near_its_expiry_is_shown(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT("") BRANDING(HOST, TWO, ""));
	int64_t now_s = bns_clock_wall_s();
	assert_null(world_checked(w, HOST, "LB27"));
	w->times = (struct bns_zone_times){.is_secondary = true, .refreshed_s = now_s - 10, .expires_s = now_s + 1000};
	assert_null(world_checked(w, HOST, "LB27"));
	w->times.refreshed_s = now_s - 9000;
	assert_non_null(strstr(world_checked(w, HOST, "LB27"), "the copy of zone example.com expires at"));
	world_close(w);
}

static void hold_near_its_end_is_shown(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT("") BRANDING(HOST, TWO, ""));
	int64_t now_s = bns_clock_wall_s();
	w->times = (struct bns_zone_times){.held_since_s = now_s, .held_deadline_s = now_s + 3600};
	assert_non_null(strstr(world_checked(w, HOST, "LB27"), "the hold of zone example.com ends at"));
	w->times.held_deadline_s = now_s + 3 * 86400;
	assert_null(world_checked(w, HOST, "LB27"));
	world_close(w);
}

static void zone_near_its_expiry_is_told_once(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT("") BRANDING(HOST, TWO, ""));
	w->times = (struct bns_zone_times){
		.is_secondary = true, .refreshed_s = w->now_s - 9000, .expires_s = w->now_s + 1000};
	for (int i = 0; i < 3; i++)
		bns_plugins_tick(w->plugins, w->now_s + i);
	assert_int_equal(world_events(w, "zone-expiring"), 1);
	/* A refresh, and then another end. */
	w->times.expires_s = w->now_s + 90000;
	bns_plugins_tick(w->plugins, w->now_s + 3);
	w->times.expires_s = w->now_s + 1000;
	bns_plugins_tick(w->plugins, w->now_s + 4);
	assert_int_equal(world_events(w, "zone-expiring"), 2);
	world_close(w);
}

static void what_the_esp_says_must_be_well_formed(void **state)
{
	(void)state;
	struct bns_diag diag;
	world_policy_error(ACCOUNT("") BRANDING(HOST, TWO, ", esp: {id: x}"), &diag);
	assert_non_null(strstr(diag.text, "'x' is no number by which the ESP knows a branding"));
	world_policy_error(ACCOUNT("") BRANDING(HOST, TWO, ", esp: {valod: true}"), &diag);
	assert_non_null(strstr(diag.text, "did you mean 'valid'?"));
	world_policy_error(ACCOUNT("") BRANDING(HOST, TWO, ", esp: {checked: yesterday}"), &diag);
	assert_non_null(strstr(diag.text, "2026-12-01T00:00:00Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branding_the_esp_holds_for_invalid_is_shown),
		cmocka_unit_test(from_domain_without_a_branding_is_shown),
		cmocka_unit_test(branding_behind_an_older_one_is_shown),
		cmocka_unit_test(subuser_without_association_or_https_is_shown),
		cmocka_unit_test(what_an_account_lacks_is_told_once_where_it_is_served),
		cmocka_unit_test(https_for_somebody_else_s_subuser_is_refused),
		cmocka_unit_test(single_target_is_shown),
		cmocka_unit_test(zone_near_its_expiry_is_shown),
		cmocka_unit_test(hold_near_its_end_is_shown),
		cmocka_unit_test(zone_near_its_expiry_is_told_once),
		cmocka_unit_test(what_the_esp_says_must_be_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
