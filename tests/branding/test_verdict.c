/* SPDX-License-Identifier: BSD-3-Clause */
/* From finding to verdict: hold, pin, observe, first load, permissions and their end. */
#include "world.h"

#include <string.h>

#include "wire/rrtype.h"

#define CDN        "d111.cloudfront.net."
#define EDGE_LINE  "url1234 IN CNAME " CDN "\n"
#define OWNER_LINE "5678901 IN CNAME sendgrid.net.\n"
#define DAY_S      86400

static struct bns_contents *at_cdn(struct world *w)
{
	return world_pair(w, CDN, "");
}

static struct bns_contents *at_esp(struct world *w)
{
	return world_pair(w, "sendgrid.net.", "");
}

/* ---- pin ---- */

static void pin_keeps_what_is_served(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "default: {on-change: pin}\n");
	world_change(w, world_pair(w, "d222.cloudfront.net.", ""), at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d222.cloudfront.net");
	assert_int_equal(w->amendment_count, 1);
	world_close(w);
}

static void pin_brings_back_what_was_removed(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: pin\n");
	world_change(w, at_cdn(w), world_zone(w, "www IN A 192.0.2.3\n"));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB38");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	assert_string_equal(world_amended(w, "5678901.example.com"), "sendgrid.net");
	assert_int_equal(w->amendments[0].ttl, 300);
	world_close(w);
}

static void pin_replaces_addresses_by_the_cname(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: pin\n");
	bool cleared = false;
	world_change(w, at_cdn(w), world_zone(w, "url1234 IN A 192.0.2.3\n" OWNER_LINE));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB18");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	for (size_t i = 0; i < w->amendment_count; i++)
		cleared |= w->amendments[i].type == BNS_TYPE_A && w->amendments[i].count == 0;
	assert_true(cleared);
	world_close(w);
}

static void pin_points_past_a_reverted_alias(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: pin\n");
	world_change(w, world_zone(w, "url1234 IN CNAME x\nx IN CNAME " CDN "\n" OWNER_LINE),
		     world_zone(w, "url1234 IN CNAME x\nx IN CNAME sendgrid.net.\n" OWNER_LINE));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	world_close(w);
}

static void pin_of_a_signed_zone_holds(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: pin\n");
	w->signed_zone = true;
	world_change(w, at_cdn(w), at_esp(w));
	assert_held_by(w, "LB01");
	assert_int_equal(w->amendment_count, 0);
	world_close(w);
}

static void pin_below_a_new_delegation_holds(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: pin\n");
	world_change(w, at_cdn(w), world_zone(w, "url1234 IN NS ns.elsewhere.example.\n" OWNER_LINE));
	assert_held_by(w, "LB38");
	world_close(w);
}

static void pin_takes_a_misplaced_record_away(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: pin\n");
	world_change(w, at_cdn(w), world_zone(w, "url1234.example.com IN CNAME " CDN "\n" OWNER_LINE));
	assert_int_equal(w->verdict, BNS_VERDICT_AMEND);
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	assert_string_equal(world_amended(w, "url1234.example.com.example.com"), "");
	world_close(w);
}

static void long_ttl_alone_keeps_its_lawful_target_when_pinned(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "default: {on-change: pin, max-ttl: 600}\ngate: {LB29: hold}\n");
	world_change(w, at_cdn(w), world_zone(w, "url1234 900 IN CNAME d222.cloudfront.net.\n" OWNER_LINE));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB29");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d222.cloudfront.net");
	assert_true(w->amendments[0].ttl <= 600);
	world_change(w, at_cdn(w), world_zone(w, "url1234 900 IN CNAME sendgrid.net.\n" OWNER_LINE));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	world_close(w);
}

static void keep_branding_keeps_the_branding_alone(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	w->keep_branding = true;
	world_change(w, at_cdn(w), world_zone(w, "url1234 IN CNAME sendgrid.net.\nwww IN A 192.0.2.3\n"));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	assert_string_equal(world_amended(w, "5678901.example.com"), "sendgrid.net");
	assert_int_equal(w->amendment_count, 2);
	world_close(w);
}

/* ---- observe, gate ---- */

static void observe_alarms_only(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: observe\n");
	world_change(w, at_cdn(w), at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_int_equal(world_events(w, "alarm"), 1);
	assert_int_equal(w->levels[0], BNS_LOG_CRIT);
	world_close(w);
}

static void gate_turns_a_note_into_a_hold_and_back(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "gate: {LB29: hold, LB16: note}\n");
	world_change(w, at_cdn(w), world_zone(w, "url1234 9000 IN CNAME " CDN "\n" OWNER_LINE));
	assert_held_by(w, "LB29");
	world_change(w, at_cdn(w), world_zone(w, EDGE_LINE "5678901 IN CNAME example.net.\n"));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB16");
	world_close(w);
}

static void dry_run_leaves_no_trace(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "    on-change: observe\n");
	w->dry_run = true;
	world_change(w, at_cdn(w), at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_int_equal(w->event_count, 0);
	assert_int_equal(w->memory_count, 0);
	world_close(w);
}

/* ---- first load ---- */

static void first_load_pins_the_preferred_target(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	world_change(w, NULL, at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	world_close(w);
}

static void first_load_of_a_signed_zone_alarms(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	w->signed_zone = true;
	world_change(w, NULL, at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
}

static void first_load_observe_alarms(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY "default: {on-first-load: observe}\n");
	world_change(w, NULL, at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_int_equal(w->amendment_count, 0);
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
}

static void first_load_hold_holds(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY "default: {on-first-load: hold}\n");
	world_change(w, NULL, at_esp(w));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void first_load_puts_nothing_where_nothing_was_set_up(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	world_change(w, NULL, world_zone(w, "www IN A 192.0.2.3\n"));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB38");
	assert_int_equal(w->amendment_count, 0);
	world_close(w);
}

/* ---- overrides ---- */

#define UNTIL_S 1800003600 /* the world begins at 1800000000 */
#define OVERRIDE                                                                                                       \
	"override:\n  - {host: url1234.example.com, rule: LB01, reason: moving off, by: ops, until: "                  \
	"2027-01-15T09:00:00Z}\n"

static void override_lets_its_rule_through_until_its_end(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY OVERRIDE);
	w->now_s = UNTIL_S - 1;
	world_change(w, at_cdn(w), at_esp(w));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_non_null(strstr(world_find(w, "LB01")->text, "by ops: moving off"));
	/* Only this rule. */
	world_change(w, at_cdn(w), world_zone(w, OWNER_LINE));
	assert_held_by(w, "LB38");
	w->now_s = UNTIL_S;
	world_change(w, at_cdn(w), at_esp(w));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void end_of_an_override_is_announced_once(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY OVERRIDE);
	world_serve(w, NULL, at_cdn(w));
	bns_plugins_tick(w->plugins, UNTIL_S - DAY_S - 1);
	assert_int_equal(world_events(w, "override-ending"), 0);
	bns_plugins_tick(w->plugins, UNTIL_S - DAY_S);
	bns_plugins_tick(w->plugins, UNTIL_S - DAY_S + 1);
	assert_int_equal(world_events(w, "override-ending"), 1);
	world_restart(w);
	bns_plugins_tick(w->plugins, UNTIL_S - DAY_S + 2);
	assert_int_equal(world_events(w, "override-ending"), 1);
	world_close(w);
}

static void end_of_an_override_judges_again_and_restores(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY OVERRIDE);
	struct bns_contents *good = at_cdn(w), *reverted = at_esp(w);
	world_serve(w, NULL, good);
	world_serve(w, good, reverted);
	bns_plugins_tick(w->plugins, UNTIL_S - 1);
	assert_int_equal(w->judged_again, 0);
	bns_plugins_tick(w->plugins, UNTIL_S);
	bns_plugins_tick(w->plugins, UNTIL_S + 1);
	assert_int_equal(w->judged_again, 1);
	w->now_s = UNTIL_S;
	world_review(w, BNS_ORIGIN_RESTORE, reverted, reverted);
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	world_close(w);
}

static void end_of_an_override_of_a_signed_zone_alarms(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	struct bns_contents *reverted = at_esp(w);
	w->signed_zone = true;
	world_review(w, BNS_ORIGIN_RESTORE, reverted, reverted);
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB01");
	assert_int_equal(world_events(w, "alarm"), 1);
	world_close(w);
}

static void end_of_an_override_that_harmed_nothing_is_quiet(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY OVERRIDE);
	world_serve(w, NULL, at_cdn(w));
	bns_plugins_tick(w->plugins, UNTIL_S);
	assert_int_equal(w->judged_again, 0);
	world_close(w);
}

static void override_that_ends_before_its_zone_is_there_waits(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY OVERRIDE);
	bns_plugins_tick(w->plugins, UNTIL_S);
	assert_int_equal(w->judged_again, 0);
	world_serve(w, NULL, at_esp(w));
	bns_plugins_tick(w->plugins, UNTIL_S + 1);
	assert_int_equal(w->judged_again, 1);
	world_close(w);
}

static void override_taken_out_of_the_policy_ends(void **state)
{
	(void)state;
	struct world *w = world_open(
		ROUTED_POLICY
		"override:\n  - {host: url1234.example.com, rule: LB01, reason: x, by: ops, until: 2999-01-01}\n");
	struct bns_diag diag;
	world_serve(w, NULL, at_esp(w));
	world_write_policy(w, ROUTED_POLICY);
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	assert_int_equal(w->judged_again, 1);
	world_close(w);
}

/* ---- approvals in the policy ---- */

#define APPROVE "approve:\n  - {id: example.com@2-0a1b2c3d, reason: agreed, by: ops}\n"

static void approval_in_the_policy_is_passed_on_once(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY APPROVE);
	bns_plugins_tick(w->plugins, w->now_s);
	bns_plugins_tick(w->plugins, w->now_s + 1);
	assert_int_equal(w->approval_count, 1);
	assert_string_equal(w->approvals[0].key, "example.com@2-0a1b2c3d");
	assert_string_equal(w->approvals[0].value, "agreed");
	world_close(w);
}

static void assert_approved(const char *policy, bool dry_run)
{
	struct world *w = world_open(policy);
	w->dry_run = dry_run;
	assert_int_equal(world_change(w, at_cdn(w), at_esp(w)), BNS_VERDICT_PASS);
	assert_string_equal(w->approved_by, "ops");
	assert_int_equal(w->amendment_count, 0);
	assert_non_null(strstr(world_find(w, "LB01")->text, "(approved in the policy)"));
	w->id = "example.com@2-99999999";
	assert_int_not_equal(world_change(w, at_cdn(w), at_esp(w)), BNS_VERDICT_PASS);
	assert_string_equal(w->approved_by, "");
	world_close(w);
}

static void approved_candidate_passes_as_it_is(void **state)
{
	(void)state;
	assert_approved(CDN_POLICY APPROVE, false);
	assert_approved(CDN_POLICY APPROVE, true);
	assert_approved(CDN_POLICY "    on-change: pin\n" APPROVE, false);
}

static void approval_that_nothing_needs_approves_nothing(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY APPROVE);
	assert_int_equal(world_change(w, at_cdn(w), at_cdn(w)), BNS_VERDICT_PASS);
	assert_string_equal(w->approved_by, "");
	world_close(w);
}

static void lawful_changes_tell_the_roles_of_their_records(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	bool edge = false, owner = false;
	world_change(w, world_zone(w, ""), world_pair(w, "sendgrid.net.", "www IN A 192.0.2.3\n"));
	assert_nothing_new(w);
	for (size_t i = 0; i < w->note_count; i++) {
		edge |= strcmp(w->notes[i].role, "edge") == 0 && w->notes[i].rule[0] == '\0';
		owner |= strcmp(w->notes[i].role, "owner") == 0 && w->notes[i].rule[0] == '\0';
	}
	assert_true(edge && owner);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_keeps_what_is_served),
		cmocka_unit_test(pin_brings_back_what_was_removed),
		cmocka_unit_test(pin_replaces_addresses_by_the_cname),
		cmocka_unit_test(pin_points_past_a_reverted_alias),
		cmocka_unit_test(pin_of_a_signed_zone_holds),
		cmocka_unit_test(pin_below_a_new_delegation_holds),
		cmocka_unit_test(pin_takes_a_misplaced_record_away),
		cmocka_unit_test(long_ttl_alone_keeps_its_lawful_target_when_pinned),
		cmocka_unit_test(keep_branding_keeps_the_branding_alone),
		cmocka_unit_test(observe_alarms_only),
		cmocka_unit_test(gate_turns_a_note_into_a_hold_and_back),
		cmocka_unit_test(dry_run_leaves_no_trace),
		cmocka_unit_test(first_load_pins_the_preferred_target),
		cmocka_unit_test(first_load_of_a_signed_zone_alarms),
		cmocka_unit_test(first_load_observe_alarms),
		cmocka_unit_test(first_load_hold_holds),
		cmocka_unit_test(first_load_puts_nothing_where_nothing_was_set_up),
		cmocka_unit_test(override_lets_its_rule_through_until_its_end),
		cmocka_unit_test(end_of_an_override_is_announced_once),
		cmocka_unit_test(end_of_an_override_judges_again_and_restores),
		cmocka_unit_test(end_of_an_override_of_a_signed_zone_alarms),
		cmocka_unit_test(end_of_an_override_that_harmed_nothing_is_quiet),
		cmocka_unit_test(override_that_ends_before_its_zone_is_there_waits),
		cmocka_unit_test(override_taken_out_of_the_policy_ends),
		cmocka_unit_test(approval_in_the_policy_is_passed_on_once),
		cmocka_unit_test(approved_candidate_passes_as_it_is),
		cmocka_unit_test(approval_that_nothing_needs_approves_nothing),
		cmocka_unit_test(lawful_changes_tell_the_roles_of_their_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
