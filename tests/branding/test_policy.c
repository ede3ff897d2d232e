/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy file: what is refused, where, and with which way out; the verbs that show it. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_error(const char *policy, unsigned line, unsigned column, const char *words)
{
	struct bns_diag diag;

	world_policy_error(policy, &diag);
	if (!strstr(diag.text, words))
		fail_msg("'%s' has no '%s'", diag.text, words);
	assert_int_equal(diag.line, line);
	assert_int_equal(diag.column, column);
}

static void unknown_keys_are_refused_with_the_nearest_name(void **state)
{
	(void)state;
	assert_error("brandings: []\n", 1, 1, "unknown key 'brandings' in the policy; did you mean 'branding'?");
	assert_error("default: {on-chnage: pin}\n", 1, 11, "did you mean 'on-change'?");
	assert_error("branding:\n  - host: a.example.com\n    onwer: 1.example.com\n", 3, 5, "did you mean 'owner'?");
	assert_error("account: [{id: a, colour: red}]\n", 1, 19, "unknown key 'colour' in an account");
	assert_error("override: [{hots: a.example.com}]\n", 1, 13, "did you mean 'host'?");
	assert_error("approve: [{id: a@1-2, why: x}]\n", 1, 23, "unknown key 'why'");
}

static void unknown_words_are_refused_with_the_known_ones(void **state)
{
	(void)state;
	assert_error("default: {on-change: freeze}\n", 1, 22, "it is one of hold, pin, observe");
	assert_error("default: {on-first-load: wait}\n", 1, 26, "pin, hold, observe");
	assert_error("default: {max-ttl: soon}\n", 1, 20, "3600 or 1h");
	assert_error("branding: [{host: a.example.com, mode: proxy}]\n", 1, 40, "plain, cdn, managed");
	assert_error("gate: {LB29: ignore}\n", 1, 14, "hold, note");
	assert_error("gate: {LB99: hold}\n", 1, 8, "no rule 'LB99'");
}

static void two_brandings_of_one_host_are_refused(void **state)
{
	(void)state;
	assert_error("branding:\n"
		     "  - {host: url1.example.com}\n"
		     "  - {host: url2.example.com}\n"
		     "  - {host: URL1.example.com.}\n",
		     4, 12, "'url1.example.com' has a branding already, in line 2");
}

static void owner_that_is_a_host_is_refused(void **state)
{
	(void)state;
	assert_error("branding:\n"
		     "  - {host: url1.example.com, owner: url2.example.com}\n"
		     "  - {host: url2.example.com}\n",
		     3, 12, "is a host here, but the owner of the branding in line 2");
	assert_error("branding:\n"
		     "  - {host: 123.example.com, owner: url1.example.com}\n",
		     2, 12, "swapped");
	assert_error("branding: [{host: a.example.com, owner: a.example.com}]\n", 1, 41, "both host and owner");
}

static void apex_as_host_is_refused(void **state)
{
	(void)state;
	assert_error("branding: [{host: example.com, owner: 123.example.com}]\n", 1, 19, "zone's apex");
}

static void names_that_are_none_are_refused(void **state)
{
	(void)state;
	assert_error("branding: [{host: a..example.com}]\n", 1, 19, "is no host name");
	assert_error("branding: [{host: url1234}]\n", 1, 19, "with its domain");
	assert_error("branding: [{host: \"*.example.com\"}]\n", 1, 19, "wildcard");
	assert_error("branding: [{host: a.example.com, target: [b..c]}]\n", 1, 43, "is no host name");
	assert_error("branding: [{mode: plain}]\n", 1, 12, "needs 'host'");
}

static void targets_must_fit_the_mode(void **state)
{
	(void)state;
	assert_error("branding: [{host: a.example.com, mode: cdn}]\n", 1, 12, "needs 'target'");
	assert_error("branding: [{host: a.example.com, mode: cdn, target: [c.example.net, click.sendgrid.net]}]\n", 1,
		     69, "SendGrid's own name");
	assert_error("branding: [{host: a.example.com, target: [\"*.cloudfront.net\"]}]\n", 1, 43, "exact hosts");
	assert_error("branding: [{host: a.example.com, target: [a.example.com]}]\n", 1, 43, "its own target");
	assert_error("branding: [{host: a.example.com, mode: plain, routed: true}]\n", 1, 55, "leave 'routed' out");
}

static void accounts_must_be_known(void **state)
{
	(void)state;
	assert_error("branding: [{host: a.example.com, account: acme}]\n", 1, 43, "no account 'acme'");
	assert_error("account: [{id: a, provider: sendgird}]\n", 1, 29, "provider 'sendgird' has no profile");
	assert_error("account: [{id: a, provider: ../x}]\n", 1, 29, "is no provider");
	assert_error("account: [{id: a, region: mars}]\n", 1, 27, "no region 'mars'");
	assert_error("account:\n  - {id: a}\n  - {id: a}\n", 3, 0, "here already, in line 2");
}

static void permissions_must_say_who_why_and_how_long(void **state)
{
	(void)state;
	assert_error("override: [{host: a.example.com, rule: LB01, by: x, until: 2027-01-01}]\n", 1, 12,
		     "'reason' is missing");
	assert_error("override: [{host: a.example.com, rule: LB01, reason: y, until: 2027-01-01}]\n", 1, 12,
		     "'by' is missing");
	assert_error("override: [{host: a.example.com, rule: LB01, reason: y, by: x}]\n", 1, 12, "'until' is missing");
	assert_error("override: [{host: a.example.com, rule: LB01, reason: y, by: x, until: tomorrow}]\n", 1, 71,
		     "is no time");
	assert_error("approve: [{id: example.com, reason: y, by: x}]\n", 1, 16, "no candidate's id");
}

static void broken_yaml_and_missing_file_are_refused(void **state)
{
	(void)state;
	struct bns_diag diag;
	world_policy_error("branding: [\n", &diag);
	assert_true(diag.line > 0);
	world_policy_error("- a\n", &diag);
	assert_non_null(strstr(diag.text, "mapping"));
}

static void reload_with_an_error_keeps_the_former_policy(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	struct bns_diag diag;
	world_write_policy(w, "branding: [{host: a.example.com, mode: cdn}]\n");
	assert_int_not_equal(world_reload(w, &diag), BNS_OK);
	assert_non_null(strstr(diag.text, "needs 'target'"));
	world_change(w, world_pair(w, "d111.cloudfront.net.", ""), world_pair(w, "sendgrid.net.", ""));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void reload_takes_the_new_policy(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	struct bns_diag diag;
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, "d999.cloudfront.net.", ""));
	assert_held_by(w, "LB37");
	world_write_policy(w, "branding:\n"
			      "  - {host: url1234.example.com, mode: cdn, target: [d999.cloudfront.net]}\n");
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, "d999.cloudfront.net.", ""));
	assert_nothing_new(w);
	world_close(w);
}

static void brandings_are_found_in_any_order(void **state)
{
	(void)state;
	struct world *w = world_open("branding:\n"
				     "  - {host: z.example.org, mode: cdn, target: [c.example.net], routed: true}\n"
				     "  - {host: url9.example.com, mode: cdn, target: [c.example.net], routed: true}\n"
				     "  - {host: a.b.example.com, mode: cdn, target: [c.example.net], routed: true}\n"
				     "  - {host: a.example.com, mode: cdn, target: [c.example.net], routed: true}\n"
				     "  - {host: a.example.coma, mode: cdn, target: [c.example.net], routed: true}\n");
	world_change(w, world_zone(w, ""),
		     world_zone(w, "url9 IN CNAME sendgrid.net.\na IN CNAME sendgrid.net.\n"
				   "a.b IN CNAME sendgrid.net.\n"));
	size_t reverts = 0;
	for (size_t i = 0; i < w->note_count; i++)
		reverts += strcmp(w->notes[i].rule, "LB01") == 0;
	assert_int_equal(reverts, 3);
	world_close(w);
}

static const char *run(struct world *w, const char *verb, const char *word, enum bns_error expected)
{
	static char text[16384];

	assert_int_equal(world_verb(w, verb, &word, word ? 1 : 0, text, sizeof(text)), expected);
	assert_true(text[0] != '\0');
	return text;
}

static void assert_shows(struct world *w, const char *verb, const char *word, const char *part)
{
	const char *json = run(w, verb, word, BNS_OK);

	assert_non_null(strstr(json, "\"schema\":1"));
	if (!strstr(json, part))
		fail_msg("%s has no %s", json, part);
}

static void verbs_show_written_and_recognised_brandings(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	world_serve(w, NULL, world_pair(w, "sendgrid.net.", "url55 IN CNAME c.example.net.\n"));
	assert_shows(w, "branding list", NULL, "\"host\":\"url1234.example.com\"");
	assert_shows(w, "branding list", NULL, "\"host\":\"url55.example.com\"");
	assert_shows(w, "branding show", "URL1234.example.com.", "\"resolves\":[\"sendgrid.net\"]");
	assert_shows(w, "branding show", "url1234.example.com", "\"rule\":\"LB01\"");
	assert_shows(w, "branding show", "url55.example.com", "\"learned\":true");
	assert_shows(w, "branding check", "--all", "\"rule\":\"LB01\"");
	assert_shows(w, "branding check", "url55.example.com", "\"findings\":[]");
	run(w, "branding show", "www.example.com", BNS_ENOENT);
	run(w, "branding show", NULL, BNS_EINVAL);
	run(w, "branding check", "www.example.org", BNS_ENOENT);
	run(w, "branding list", "x", BNS_EINVAL);
	world_close(w);
}

static void verb_explains_a_rule(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY "gate: {LB29: hold}\n");
	const char *rule = "LB29", *unknown = "LB40";
	char text[2048];
	assert_int_equal(world_verb(w, "branding explain", &rule, 1, text, sizeof(text)), BNS_OK);
	assert_non_null(strstr(text, "\"name\":\"ttl-too-long\",\"severity\":\"M\",\"seen_in\":\"zone\""));
	assert_non_null(strstr(text, "\"remedy\":\"lower the TTL\",\"gate\":\"hold\""));
	assert_int_equal(world_verb(w, "branding explain", &unknown, 1, text, sizeof(text)), BNS_EINVAL);
	assert_string_equal(text, "there is no rule 'LB40': they are LB01 to LB39");
	world_close(w);
}

static void verb_explains_by_name_and_says_what_was_meant(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	const char *name = "Reverted-To-ESP", *typo = "reverted-to-epb", *number = "lb1";
	static char text[32768];
	assert_int_equal(world_verb(w, "branding explain", &name, 1, text, sizeof(text)), BNS_OK);
	assert_non_null(strstr(text, "\"rule\":\"LB01\""));
	assert_non_null(strstr(text, "\"sees\":\"a routed edge arrives at the ESP's own name"));
	assert_int_equal(world_verb(w, "branding explain", &typo, 1, text, sizeof(text)), BNS_EINVAL);
	assert_string_equal(text, "there is no rule 'reverted-to-epb': did you mean LB01 (reverted-to-esp)?");
	assert_int_equal(world_verb(w, "branding explain", &number, 1, text, sizeof(text)), BNS_EINVAL);
	assert_non_null(strstr(text, "did you mean LB01"));
	assert_int_equal(world_verb(w, "branding explain", NULL, 0, text, sizeof(text)), BNS_OK);
	assert_non_null(strstr(text, "\"rule\":\"LB39\""));
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_keys_are_refused_with_the_nearest_name),
		cmocka_unit_test(unknown_words_are_refused_with_the_known_ones),
		cmocka_unit_test(two_brandings_of_one_host_are_refused),
		cmocka_unit_test(owner_that_is_a_host_is_refused),
		cmocka_unit_test(apex_as_host_is_refused),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(targets_must_fit_the_mode),
		cmocka_unit_test(accounts_must_be_known),
		cmocka_unit_test(permissions_must_say_who_why_and_how_long),
		cmocka_unit_test(broken_yaml_and_missing_file_are_refused),
		cmocka_unit_test(reload_with_an_error_keeps_the_former_policy),
		cmocka_unit_test(reload_takes_the_new_policy),
		cmocka_unit_test(brandings_are_found_in_any_order),
		cmocka_unit_test(verbs_show_written_and_recognised_brandings),
		cmocka_unit_test(verb_explains_a_rule),
		cmocka_unit_test(verb_explains_by_name_and_says_what_was_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
