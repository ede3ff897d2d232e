/* SPDX-License-Identifier: BSD-3-Clause */
/* The built shrink.so in the real host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host.h"
#include "zone/load.h"

#define NOTES_MAX 16

struct seen {
	enum bns_verdict verdict;
	size_t count;
	struct {
		char rule[32], text[512];
		char severity;
		enum bns_verdict verdict;
	} notes[NOTES_MAX];
};

static const uint8_t apex[] = "\7example\3com";

static struct bns_plugins *open_with(const char *options, struct bns_diag *diag)
{
	char dir[PATH_MAX], text[512];
	struct bns_yaml *conf;

	snprintf(text, sizeof(text), "id: shrink\n%s", options);
	assert_int_equal(bns_yaml_parse(text, strlen(text), "test", &conf, diag), BNS_OK);
	struct bns_plugins *ps = bns_plugins_new(bns_plugins_default_dir(dir, sizeof(dir)), NULL);
	enum bns_error err = bns_plugins_load(ps, "shrink", conf, diag);
	bns_yaml_free(conf);
	if (!err)
		return ps;
	bns_plugins_free(ps);
	return NULL;
}

static struct bns_contents *zone(unsigned serial, unsigned hosts, const char *more)
{
	char text[16384];
	struct bns_contents *c;
	struct bns_diag diag = {0};
	int n = snprintf(
		text, sizeof(text),
		"$ORIGIN example.com.\n$TTL 300\n@ SOA ns h %u 3600 600 86400 300\n@ NS ns\nns A 192.0.2.53\n%s\n",
		serial, more);

	for (unsigned i = 0; i < hosts; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "host%u A 192.0.2.%u\n", i, i);
	if (bns_zone_parse(text, (size_t)n, "test", apex, &c, &diag) != BNS_OK)
		fail_msg("%s", diag.text);
	return c;
}

static void on_done(void *arg, const struct bns_review_result *result)
{
	struct seen *s = arg;

	s->verdict = result->verdict;
	s->count = result->note_count;
	assert_true(s->count <= NOTES_MAX);
	for (size_t i = 0; i < s->count; i++) {
		const struct bns_note *n = &result->notes[i].note;
		snprintf(s->notes[i].rule, sizeof(s->notes[i].rule), "%s", n->rule);
		snprintf(s->notes[i].text, sizeof(s->notes[i].text), "%s", n->text);
		s->notes[i].severity = n->severity;
		s->notes[i].verdict = n->verdict;
	}
}

/* Takes both versions over. */
static struct seen judge(const char *options, struct bns_contents *served, struct bns_contents *candidate)
{
	struct bns_diag diag = {0};
	struct seen seen = {.verdict = BNS_VERDICT_REFUSE};
	struct bns_diff diff;
	struct bns_plugins *ps = open_with(options, &diag);

	if (!ps)
		fail_msg("%s", diag.text);
	assert_int_equal(bns_diff_make(served, candidate, &diff), BNS_OK);
	const struct bns_change change = {.zone = apex,
					  .zone_text = "example.com",
					  .source = "test",
					  .id = "",
					  .served = served,
					  .candidate = candidate,
					  .diff = &diff};
	assert_int_equal(bns_plugins_review(ps, &change, UINT64_MAX, on_done, &seen), BNS_OK);
	bns_diff_free(&diff);
	bns_contents_free(served);
	bns_contents_free(candidate);
	bns_plugins_free(ps);
	return seen;
}

static void assert_held(const struct seen *s, const char *rule, const char *words)
{
	assert_int_equal(s->verdict, BNS_VERDICT_HOLD);
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->notes[i].rule, rule) == 0 && strstr(s->notes[i].text, words))
			return;
	fail_msg("no %s with '%s', but '%s'", rule, words, s->count ? s->notes[0].text : "nothing");
}

static void a_change_within_the_limits_passes_without_a_word(void **state)
{
	struct seen s = judge("removed-max: 30%\n", zone(1, 40, ""), zone(2, 35, "new A 192.0.2.1"));

	(void)state;
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
	assert_int_equal(s.count, 0);
}

static void losing_more_than_the_share_is_held_and_names_a_few(void **state)
{
	struct seen s = judge("removed-max: 30%\n", zone(1, 40, ""), zone(2, 10, ""));

	(void)state;
	assert_held(&s, "shrink-removed", "30 of 43 records would go (limit 30%)");
	assert_held(&s, "shrink-removed", "host10.example.com A");
	assert_held(&s, "shrink-removed", "and others");
}

static void losing_more_than_the_number_is_held(void **state)
{
	struct seen s = judge("removed-max: 4\n", zone(1, 40, ""), zone(2, 35, ""));

	(void)state;
	assert_held(&s, "shrink-removed", "5 of 43 records would go (limit 4)");
	s = judge("removed-max: 5\n", zone(1, 40, ""), zone(2, 35, ""));
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
}

static void one_record_of_several_of_an_rrset_counts(void **state)
{
	struct seen s = judge("removed-max: 0\n", zone(1, 3, "www A 192.0.2.1\nwww A 192.0.2.2"),
			      zone(2, 3, "www A 192.0.2.2"));

	(void)state;
	assert_held(&s, "shrink-removed", "1 of 8 records");
}

static void another_ttl_is_a_touch_and_no_loss(void **state)
{
	struct seen s = judge("removed-max: 0\n", zone(1, 3, "www 300 A 192.0.2.1"), zone(2, 3, "www 60 A 192.0.2.1"));

	(void)state;
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
	s = judge("removed-max: 0\ntouched-max: 0\n", zone(1, 3, "www 300 A 192.0.2.1"),
		  zone(2, 3, "www 60 A 192.0.2.1"));
	assert_held(&s, "shrink-touched", "1 of 7 RRsets");
}

static void shares_do_not_apply_to_small_zones_but_numbers_do(void **state)
{
	struct seen s = judge("", zone(1, 4, ""), zone(2, 0, ""));

	(void)state;
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
	s = judge("small-zone: 0\n", zone(1, 4, ""), zone(2, 0, ""));
	assert_held(&s, "shrink-removed", "4 of 7");
	s = judge("removed-max: 3\n", zone(1, 4, ""), zone(2, 0, ""));
	assert_held(&s, "shrink-removed", "4 of 7");
}

static void what_a_signer_makes_does_not_count(void **state)
{
	const char *nsec = "www NSEC ns.example.com. A RRSIG NSEC";
	struct seen s = judge("removed-max: 0\ntouched-max: 0\n", zone(1, 3, nsec), zone(2, 3, ""));

	(void)state;
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
}

static void delegations_and_the_apex_are_always_named(void **state)
{
	struct seen s = judge("removed-max: none\n", zone(1, 3, "sub NS ns.example.net.\n@ MX 10 a"),
			      zone(2, 3, "sub NS ns2.example.net.\n@ MX 20 a"));

	(void)state;
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.notes[0].rule, "shrink-apex");
	assert_non_null(strstr(s.notes[0].text, "example.com MX changes"));
	assert_string_equal(s.notes[1].rule, "shrink-delegation");
	assert_non_null(strstr(s.notes[1].text, "sub.example.com NS changes"));
	assert_int_equal(s.notes[1].severity, 'M');
}

static void delegations_are_held_where_that_is_wanted(void **state)
{
	struct seen s = judge("hold-delegations: true\n", zone(1, 3, ""), zone(2, 3, "@ NS ns.example.net."));

	(void)state;
	assert_held(&s, "shrink-delegation", "example.com NS changes");
	s = judge("hold-delegations: true\n", zone(1, 3, ""), zone(2, 3, "@ MX 10 a"));
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
}

static void a_first_version_passes(void **state)
{
	struct seen s = judge("removed-max: 0\n", NULL, zone(1, 3, ""));

	(void)state;
	assert_int_equal(s.verdict, BNS_VERDICT_PASS);
	assert_int_equal(s.count, 0);
}

static void limits_that_are_none_are_refused_with_what_they_may_be(void **state)
{
	static const char *const wrong[] = {"removed-max: 101%\n", "removed-max: -1\n",
					    "touched-max: many\n", "touched-max: 5%%\n",
					    "small-zone: -1\n",    "removed-max: 99999999999999999999\n"};
	struct bns_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		diag = (struct bns_diag){0};
		assert_null(open_with(wrong[i], &diag));
		assert_non_null(strstr(diag.text, "shrink"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_within_the_limits_passes_without_a_word),
		cmocka_unit_test(losing_more_than_the_share_is_held_and_names_a_few),
		cmocka_unit_test(losing_more_than_the_number_is_held),
		cmocka_unit_test(one_record_of_several_of_an_rrset_counts),
		cmocka_unit_test(another_ttl_is_a_touch_and_no_loss),
		cmocka_unit_test(shares_do_not_apply_to_small_zones_but_numbers_do),
		cmocka_unit_test(what_a_signer_makes_does_not_count),
		cmocka_unit_test(delegations_and_the_apex_are_always_named),
		cmocka_unit_test(delegations_are_held_where_that_is_wanted),
		cmocka_unit_test(a_first_version_passes),
		cmocka_unit_test(limits_that_are_none_are_refused_with_what_they_may_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
