/* SPDX-License-Identifier: BSD-3-Clause */
/* New targets wait for the plugin that probes, where there is one. */
#include "world.h"

#include <string.h>

#define CDN      "d111.cloudfront.net."
#define OTHER    "d222.cloudfront.net."
#define ESP      "sendgrid.net."
#define HOST     "url1234.example.com"
#define REQUIRED "weight: required\nanswer: "

static struct world *move(const char *policy, const char *prober, const char *later, const char *from, const char *to)
{
	struct world *w = world_open_probed(policy, prober);

	w->later = later;
	world_change(w, world_pair(w, from, ""), world_pair(w, to, ""));
	return w;
}

static void target_that_proves_itself_passes(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY, REQUIRED "good\n", NULL, ESP, CDN);
	assert_nothing_new(w);
	world_close(w);
	w = move(ROUTED_POLICY, REQUIRED "later\n", "good", CDN, OTHER);
	assert_nothing_new(w);
	world_close(w);
}

static void target_that_fails_its_probe_is_held_with_the_finding(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY, REQUIRED "bad\n", NULL, ESP, CDN);
	assert_held_by(w, "LB02");
	assert_string_equal(world_find(w, "LB02")->rdata, CDN);
	world_close(w);
	w = move(ROUTED_POLICY, REQUIRED "later\n", "bad", CDN, OTHER);
	assert_held_by(w, "LB02");
	world_close(w);
	w = move(ROUTED_POLICY, REQUIRED "plain\n", NULL, CDN, OTHER);
	assert_held_by(w, "probe");
	assert_non_null(strstr(world_find(w, "probe")->text, "d222.cloudfront.net has not proved itself"));
	world_close(w);
}

static void probe_that_is_late_holds(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY, REQUIRED "later\n", "expire", ESP, CDN);
	assert_held_by(w, "probe");
	assert_non_null(strstr(world_find(w, "probe")->text, "no answer came in time"));
	world_close(w);
}

static void advisory_probe_is_told_and_passes(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY, "weight: advisory\nanswer: bad\n", NULL, ESP, CDN);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB02");
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
}

static void failed_probe_of_an_observed_branding_is_an_alarm(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY "    on-change: observe\n", REQUIRED "bad\n", NULL, ESP, CDN);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB02");
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
	w = move(CDN_POLICY "    on-change: observe\n", REQUIRED "later\n", "expire", ESP, CDN);
	assert_verdict_by(w, BNS_VERDICT_PASS, "probe");
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
}

static void pinned_branding_stays_where_it_is_served_when_the_probe_fails(void **state)
{
	(void)state;
	struct world *w = move(ROUTED_POLICY "    on-change: pin\n", REQUIRED "bad\n", NULL, CDN, OTHER);
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB02");
	assert_string_equal(world_amended(w, HOST), "d111.cloudfront.net");
	assert_int_equal(w->amendments[0].ttl, 300);
	assert_non_null(strstr(world_find(w, "LB02")->text, "not taken over"));
	world_close(w);
	w = move(ROUTED_POLICY "    on-change: pin\n", REQUIRED "later\n", "good", CDN, OTHER);
	assert_nothing_new(w);
	world_close(w);
}

static void pin_on_a_signed_zone_holds_when_the_probe_fails(void **state)
{
	(void)state;
	struct world *w = world_open_probed(ROUTED_POLICY "    on-change: pin\n", REQUIRED "bad\n");
	w->signed_zone = true;
	world_change(w, world_pair(w, CDN, ""), world_pair(w, OTHER, ""));
	assert_held_by(w, "LB02");
	world_close(w);
}

static void pinned_record_isn_t_probed_where_another_rule_keeps_it(void **state)
{
	(void)state;
	struct world *w = move(ROUTED_POLICY "    on-change: pin\n", REQUIRED "bad\n", NULL, CDN, "typo.example.net.");
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB37");
	assert_null(world_find(w, "LB02"));
	world_close(w);
}

static void approval_that_keeps_the_branding_keeps_it_from_an_unproved_target(void **state)
{
	(void)state;
	struct world *w = world_open_probed(ROUTED_POLICY, REQUIRED "bad\n");
	w->keep_branding = true;
	world_change(w, world_pair(w, CDN, ""), world_pair(w, OTHER, ""));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB02");
	assert_string_equal(world_amended(w, HOST), "d111.cloudfront.net");
	world_close(w);
}

static void gate_decides_what_a_probe_s_finding_does(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY "gate: {LB02: note}\n", REQUIRED "bad\n", NULL, ESP, CDN);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB02");
	assert_int_equal(world_events(w, "alarm"), 0);
	world_close(w);
	w = move(CDN_POLICY, REQUIRED "risky\n", NULL, ESP, CDN);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB12");
	world_close(w);
	w = move(CDN_POLICY "gate: {LB12: hold}\n", REQUIRED "risky\n", NULL, ESP, CDN);
	assert_held_by(w, "LB12");
	world_close(w);
}

static void being_listed_suffices_where_nobody_probes(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, world_pair(w, ESP, ""), world_pair(w, CDN, ""));
	assert_nothing_new(w);
	world_close(w);
}

static void listed_target_that_is_not_new_is_not_probed(void **state)
{
	(void)state;
	struct world *w = move(ROUTED_POLICY, REQUIRED "bad\n", NULL, CDN, CDN);
	assert_nothing_new(w);
	world_close(w);
}

static void recognised_branding_waits_for_the_probe_too(void **state)
{
	(void)state;
	struct world *w = move("default: {learn: true}\n", REQUIRED "bad\n", NULL, CDN, OTHER);
	assert_held_by(w, "LB02");
	world_close(w);
}

static void override_lets_a_failed_probe_pass(void **state)
{
	(void)state;
	struct world *w = move(CDN_POLICY "override:\n  - {host: " HOST ", rule: LB02, reason: r, by: b,\n"
					  "     until: 2030-01-01T00:00:00Z}\n",
			       REQUIRED "bad\n", NULL, ESP, CDN);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB02");
	world_close(w);
}

static void target_comes_back_after_an_override_only_with_a_passing_probe(void **state)
{
	(void)state;
	struct world *w = world_open_probed(ROUTED_POLICY, REQUIRED "good\n");
	struct bns_contents *reverted = world_pair(w, ESP, "");
	world_review(w, BNS_ORIGIN_RESTORE, reverted, reverted);
	assert_string_equal(world_amended(w, HOST), "d111.cloudfront.net");
	world_close(w);

	w = world_open_probed(ROUTED_POLICY, REQUIRED "bad\n");
	reverted = world_pair(w, ESP, "");
	world_review(w, BNS_ORIGIN_RESTORE, reverted, reverted);
	assert_null(world_amended(w, HOST));
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
}

static void dry_run_probes_nothing(void **state)
{
	(void)state;
	struct world *w = world_open_probed(CDN_POLICY, REQUIRED "bad\n");
	w->dry_run = true;
	world_change(w, world_pair(w, ESP, ""), world_pair(w, CDN, ""));
	assert_nothing_new(w);
	assert_int_equal(w->event_count, 0);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target_that_proves_itself_passes),
		cmocka_unit_test(target_that_fails_its_probe_is_held_with_the_finding),
		cmocka_unit_test(probe_that_is_late_holds),
		cmocka_unit_test(advisory_probe_is_told_and_passes),
		cmocka_unit_test(failed_probe_of_an_observed_branding_is_an_alarm),
		cmocka_unit_test(pinned_branding_stays_where_it_is_served_when_the_probe_fails),
		cmocka_unit_test(pin_on_a_signed_zone_holds_when_the_probe_fails),
		cmocka_unit_test(pinned_record_isn_t_probed_where_another_rule_keeps_it),
		cmocka_unit_test(approval_that_keeps_the_branding_keeps_it_from_an_unproved_target),
		cmocka_unit_test(gate_decides_what_a_probe_s_finding_does),
		cmocka_unit_test(being_listed_suffices_where_nobody_probes),
		cmocka_unit_test(listed_target_that_is_not_new_is_not_probed),
		cmocka_unit_test(recognised_branding_waits_for_the_probe_too),
		cmocka_unit_test(override_lets_a_failed_probe_pass),
		cmocka_unit_test(target_comes_back_after_an_override_only_with_a_passing_probe),
		cmocka_unit_test(dry_run_probes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
