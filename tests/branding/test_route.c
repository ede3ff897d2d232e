/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that change something: `branding route`, `branding override`. */
#include "world.h"

#include <string.h>

#define CDN  "d111.cloudfront.net."
#define NEW  "d333.cloudfront.net."
#define ESP  "sendgrid.net."
#define HOST "url1234.example.com"

static enum bns_error verb(struct world *w, const char *name, const char *const *words, char out[4096])
{
	size_t count = 0;

	while (words[count])
		count++;
	return world_verb(w, name, words, count, out, 4096);
}

static enum bns_error route(struct world *w, const char *host, const char *target, char out[4096])
{
	const char *const words[] = {host, target, NULL};

	return verb(w, "branding route", words, out);
}

static struct world *open_served(const char *policy, const char *prober)
{
	struct world *w = world_open_probed(policy, prober);

	world_serve(w, NULL, world_pair(w, CDN, ""));
	return w;
}

static void announced_move_passes_and_others_are_held(void **state)
{
	(void)state;
	char out[4096];
	struct world *w = open_served(ROUTED_POLICY, NULL);
	const struct bns_contents *served = w->served[0];
	assert_int_equal(route(w, HOST, "d222.cloudfront.net", out), BNS_OK);
	assert_non_null(strstr(out, "\"record\":\"url1234.example.com. CNAME d222.cloudfront.net.\""));
	world_change(w, served, world_pair(w, NEW, ""));
	assert_held_by(w, "LB37");
	assert_non_null(strstr(world_find(w, "LB37")->text, "where another target was announced"));
	world_change(w, served, world_pair(w, ESP, ""));
	assert_held_by(w, "LB01");
	world_change(w, served, world_pair(w, CDN, "www IN A 192.0.2.1\n"));
	assert_nothing_new(w);
	world_change(w, served, world_pair(w, "d222.cloudfront.net.", ""));
	assert_nothing_new(w);
	world_serve(w, served, world_pair(w, "d222.cloudfront.net.", ""));
	assert_int_equal(world_events(w, "routed"), 1);
	assert_int_equal(world_remembered(w, "expect/"), 0);
	world_close(w);
}

static void announced_move_is_known_after_a_restart(void **state)
{
	(void)state;
	char out[4096];
	struct world *w = open_served(ROUTED_POLICY, NULL);
	assert_int_equal(route(w, HOST, "d222.cloudfront.net", out), BNS_OK);
	world_restart(w);
	world_change(w, world_pair(w, CDN, ""), world_pair(w, NEW, ""));
	assert_held_by(w, "LB37");
	world_close(w);
}

static void unlisted_target_needs_a_probe_that_passes(void **state)
{
	(void)state;
	char out[4096];
	struct world *w = open_served(ROUTED_POLICY, NULL);
	assert_int_equal(route(w, HOST, "d333.cloudfront.net", out), BNS_EDENIED);
	assert_non_null(strstr(out, "list it first"));
	world_close(w);
	w = open_served(ROUTED_POLICY, "weight: required\nanswer: bad\n");
	assert_int_equal(route(w, HOST, "d333.cloudfront.net", out), BNS_EDENIED);
	assert_non_null(strstr(out, "d333.cloudfront.net has not proved itself: the certificate is wrong"));
	world_close(w);
	w = open_served(ROUTED_POLICY, "weight: required\nanswer: good\n");
	assert_int_equal(route(w, HOST, "d333.cloudfront.net", out), BNS_OK);
	assert_non_null(strstr(out, "\"evidence\":\"good\""));
	world_change(w, w->served[0], world_pair(w, NEW, ""));
	assert_nothing_new(w);
	world_close(w);
}

static void route_refuses_what_makes_no_sense(void **state)
{
	(void)state;
	char out[4096];
	struct world *w = open_served(ROUTED_POLICY, NULL);
	assert_int_equal(route(w, HOST, "u1.ct.sendgrid.net", out), BNS_EDENIED);
	assert_non_null(strstr(out, "`branding override HOST LB01`"));
	assert_int_equal(route(w, HOST, "*.cloudfront.net", out), BNS_EINVAL);
	assert_int_equal(route(w, HOST, HOST, out), BNS_EINVAL);
	assert_int_equal(route(w, "www.example.com", "d222.cloudfront.net", out), BNS_ENOENT);
	assert_int_equal(route(w, HOST, NULL, out), BNS_EINVAL);
	world_close(w);
}

static void override_by_verb_lets_its_rule_through_until_it_is_ended(void **state)
{
	(void)state;
	char out[4096];
	const char *const give[] = {HOST, "LB01", "--until", "2035-01-01T00:00:00Z", "--reason", "verified anew", NULL};
	const char *const end[] = {"end", HOST, "LB01", NULL};
	struct world *w = open_served(ROUTED_POLICY, NULL);
	const struct bns_contents *served = w->served[0], *reverted = world_pair(w, ESP, "");
	world_change(w, served, reverted);
	assert_held_by(w, "LB01");
	assert_int_equal(verb(w, "branding override", give, out), BNS_OK);
	assert_non_null(strstr(out, "\"breaks\":\"https links already delivered"));
	world_change(w, served, reverted);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_non_null(
		strstr(world_find(w, "LB01")->text, "allowed until 2035-01-01T00:00:00Z by ops(1000): verified anew"));
	world_restart(w);
	world_change(w, served, reverted);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	world_serve(w, served, reverted);
	assert_int_equal(verb(w, "branding override", end, out), BNS_OK);
	bns_plugins_tick(w->plugins, bns_clock_wall_s());
	assert_int_equal(w->judged_again, 1);
	assert_int_equal(verb(w, "branding override", end, out), BNS_ENOENT);
	world_change(w, served, reverted);
	assert_held_by(w, "LB01");
	world_close(w);
}

static void override_by_verb_stays_over_a_reload(void **state)
{
	(void)state;
	char out[4096];
	const char *const give[] = {HOST, "LB01", "until", "2035-01-01T00:00:00Z", "reason", "verified anew", NULL};
	struct bns_diag diag;
	struct world *w = open_served(ROUTED_POLICY, NULL);
	assert_int_equal(verb(w, "branding override", give, out), BNS_OK);
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	world_change(w, w->served[0], world_pair(w, ESP, ""));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_int_equal(w->judged_again, 0);
	world_close(w);
}

static void override_by_verb_needs_who_why_and_until_when(void **state)
{
	(void)state;
	char out[4096];
	const char *const no_reason[] = {HOST, "LB01", "until", "2035-01-01T00:00:00Z", NULL};
	const char *const over[] = {HOST, "LB01", "until", "2020-01-01T00:00:00Z", "reason", "r", NULL};
	const char *const no_rule[] = {HOST, "LB99", "until", "2035-01-01T00:00:00Z", "reason", "r", NULL};
	const char *const nobody[] = {"www.example.com", "LB01", "until", "2035-01-01T00:00:00Z", "reason", "r", NULL};
	struct world *w = open_served(ROUTED_POLICY, NULL);
	assert_int_equal(verb(w, "branding override", no_reason, out), BNS_EINVAL);
	assert_int_equal(verb(w, "branding override", over, out), BNS_EINVAL);
	assert_non_null(strstr(out, "passed already"));
	assert_int_equal(verb(w, "branding override", no_rule, out), BNS_EINVAL);
	assert_int_equal(verb(w, "branding override", nobody, out), BNS_ENOENT);
	assert_int_equal(world_remembered(w, "override/"), 0);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announced_move_passes_and_others_are_held),
		cmocka_unit_test(announced_move_is_known_after_a_restart),
		cmocka_unit_test(unlisted_target_needs_a_probe_that_passes),
		cmocka_unit_test(route_refuses_what_makes_no_sense),
		cmocka_unit_test(override_by_verb_lets_its_rule_through_until_it_is_ended),
		cmocka_unit_test(override_by_verb_stays_over_a_reload),
		cmocka_unit_test(override_by_verb_needs_who_why_and_until_when),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
