/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a branding: which evidence moves it, and what is kept of it. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CDN  "d111.cloudfront.net."
#define ESP  "sendgrid.net."
#define HOST "url1234.example.com"

static char *shown(struct world *w)
{
	static const char *host = HOST;
	static char text[16384];

	assert_int_equal(world_verb(w, "branding show", &host, 1, text, sizeof(text)), BNS_OK);
	return text;
}

static void assert_state(struct world *w, const char *state)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\"state\":\"%s\",\"since\":", state);
	if (!strstr(shown(w), wanted))
		fail_msg("not %s: %s", state, shown(w));
}

/* Serves the edge there; returns what is served. */
static const struct bns_contents *serve(struct world *w, const struct bns_contents *former, const char *edge)
{
	const struct bns_contents *now = world_pair(w, edge, "");

	world_serve(w, former, now);
	return now;
}

static void life_goes_from_new_to_https(void **state)
{
	(void)state;
	struct world *w = world_open_probed(CDN_POLICY, "weight: required\nanswer: good\n");
	assert_state(w, "new");
	const struct bns_contents *served = serve(w, NULL, ESP), *routed;
	assert_state(w, "verifying");
	world_write_policy(w, CDN_POLICY "    esp: {id: 7, valid: true}\n");
	struct bns_diag diag;
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	bns_plugins_tick(w->plugins, w->now_s);
	assert_state(w, "verified");
	world_change(w, served, routed = world_pair(w, CDN, ""));
	assert_nothing_new(w);
	world_serve(w, served, routed);
	assert_state(w, "tls-ok");
	world_write_policy(w, "account:\n  - {id: acme, ssl: enabled}\n"
			      "branding:\n  - {host: " HOST
			      ", account: acme, mode: cdn, target: [d111.cloudfront.net]}\n");
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	bns_plugins_tick(w->plugins, w->now_s);
	assert_state(w, "ssl-enabled");
	assert_int_equal(world_events(w, "lifecycle"), 4);
	world_close(w);
}

static void routing_without_a_probe_is_routed(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	serve(w, serve(w, NULL, ESP), CDN);
	assert_state(w, "routed");
	world_close(w);
}

static void history_with_dates_is_kept_over_a_restart(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	serve(w, serve(w, NULL, ESP), CDN);
	w->served_count = 0;
	world_restart(w);
	assert_state(w, "routed");
	const char *history = strstr(shown(w), "\"history\":[{\"at\":\"20");
	assert_non_null(history);
	const char *first =
		strstr(history, "\"state\":\"verifying\",\"why\":\"it is served at the ESP's sendgrid.net\"");
	assert_non_null(first);
	assert_non_null(strstr(first, "\"state\":\"routed\",\"why\":\"it is served at d111.cloudfront.net\""));
	world_close(w);
}

static void evidence_is_kept_with_its_time_over_a_restart(void **state)
{
	(void)state;
	struct world *w = world_open_probed(CDN_POLICY, "weight: required\nanswer: good\n");
	const struct bns_contents *served = serve(w, NULL, ESP), *routed;
	world_change(w, served, routed = world_pair(w, CDN, ""));
	world_serve(w, served, routed);
	char *before =
		strstr(shown(w), "\"probe\":{\"target\":\"d111.cloudfront.net\",\"evidence\":\"good\",\"at\":\"20");
	assert_non_null(before);
	*strstr(before, ",\"expected\"") = '\0';
	before = strdup(before);
	world_restart(w);
	assert_non_null(strstr(shown(w), before));
	free(before);
	/* The steps were told to who asked. */
	assert_non_null(strstr(shown(w), "\"details\":{\"chain\":[\"url1234.example.com\"]}"));
	assert_state(w, "tls-ok");
	world_close(w);
}

static void failed_probe_of_another_target_leaves_this_one_as_it_is(void **state)
{
	(void)state;
	struct world *w = world_open_probed(CDN_POLICY, "weight: required\nanswer: later\n");
	const struct bns_contents *served = serve(w, NULL, ESP), *routed;
	w->later = "good";
	world_change(w, served, routed = world_pair(w, CDN, ""));
	world_serve(w, served, routed);
	w->later = "bad";
	world_change(w, routed, world_pair(w, "d222.cloudfront.net.", ""));
	assert_held_by(w, "LB02");
	assert_state(w, "tls-ok");
	assert_non_null(strstr(shown(w), "\"probe\":{\"target\":\"d111.cloudfront.net\""));
	world_close(w);
}

/* Under ASan: what was known of the former target was read after it was forgotten. */
static void move_to_another_target_by_an_alias_is_remembered(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	const struct bns_contents *at_cdn = world_pair(w, "d111.cloudfront.net.", "");
	world_serve(w, NULL, at_cdn);
	world_serve(w, at_cdn, world_pair(w, "alias", "alias IN CNAME d222.cloudfront.net.\n"));
	assert_int_equal(world_remembered(w, "host/url1234.example.com"), 1);
	world_change(w, world_pair(w, "d222.cloudfront.net.", ""), world_pair(w, "sendgrid.net.", ""));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void what_stays_as_it_is_makes_no_step(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	serve(w, serve(w, serve(w, NULL, CDN), CDN), CDN);
	bns_plugins_tick(w->plugins, w->now_s);
	assert_int_equal(world_events(w, "lifecycle"), 1);
	assert_int_equal(w->levels[0], BNS_LOG_NOTICE);
	world_close(w);
}

static void revert_that_was_let_in_is_broken_until_it_is_back(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	const struct bns_contents *reverted = serve(w, serve(w, NULL, CDN), ESP);
	assert_state(w, "broken");
	assert_non_null(strstr(shown(w), "LB01: url1234.example.com goes back"));
	serve(w, reverted, CDN);
	assert_state(w, "routed");
	world_close(w);
}

static void removal_of_a_routed_branding_is_broken(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	const struct bns_contents *routed = serve(w, NULL, CDN);
	world_serve(w, routed, world_zone(w, "www IN A 192.0.2.1\n"));
	assert_state(w, "broken");
	world_close(w);
}

static void managed_branding_is_managed_once_it_is_whole(void **state)
{
	(void)state;
	struct world *w = world_open("branding:\n  - {host: " HOST ", owner: 5678901.example.com, mode: managed}\n");
	const char *proofs = "_acme-challenge.url1234 IN CNAME x.dcv.cloudflare.com.\n"
			     "_cf-custom-hostname.url1234 IN TXT y\n";
	const struct bns_contents *at_esp = serve(w, NULL, ESP);
	assert_state(w, "verifying");
	const struct bns_contents *half = world_pair(w, "click.sendgrid.net.", "");
	world_serve(w, at_esp, half);
	assert_state(w, "verifying");
	world_serve(w, half, world_pair(w, "click.sendgrid.net.", proofs));
	assert_state(w, "managed");
	world_close(w);
}

static void list_says_state_and_since_when(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	char text[4096];
	serve(w, NULL, CDN);
	assert_int_equal(world_verb(w, "branding list", NULL, 0, text, sizeof(text)), BNS_OK);
	assert_non_null(strstr(text, "\"state\":\"routed\",\"since\":\"20"));
	world_close(w);
}

static void lives_that_nobody_looked_at_are_found_in_the_store(void **state)
{
	(void)state;
	struct world *w = world_open(CDN_POLICY);
	char name[64], text[4096];
	const char *host = name;
	serve(w, NULL, CDN);
	/* More than are kept in memory. */
	for (int i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "url%d.example.com", i);
		(void)!world_verb(w, "branding show", &host, 1, text, sizeof(text));
	}
	w->now_s += 60;
	bns_plugins_tick(w->plugins, w->now_s);
	assert_state(w, "routed");
	serve(w, w->served[0], CDN);
	assert_state(w, "routed");
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_goes_from_new_to_https),
		cmocka_unit_test(routing_without_a_probe_is_routed),
		cmocka_unit_test(history_with_dates_is_kept_over_a_restart),
		cmocka_unit_test(evidence_is_kept_with_its_time_over_a_restart),
		cmocka_unit_test(failed_probe_of_another_target_leaves_this_one_as_it_is),
		cmocka_unit_test(move_to_another_target_by_an_alias_is_remembered),
		cmocka_unit_test(what_stays_as_it_is_makes_no_step),
		cmocka_unit_test(revert_that_was_let_in_is_broken_until_it_is_back),
		cmocka_unit_test(removal_of_a_routed_branding_is_broken),
		cmocka_unit_test(managed_branding_is_managed_once_it_is_whole),
		cmocka_unit_test(list_says_state_and_since_when),
		cmocka_unit_test(lives_that_nobody_looked_at_are_found_in_the_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
