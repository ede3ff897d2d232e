/* SPDX-License-Identifier: BSD-3-Clause */
/* Routed brandings are checked by themselves: how often, how many at once, and what their failing changes. */
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CDN   "d111.cloudfront.net."
#define HOST  "url1234.example.com"
#define MANY  20
#define HOUR  3600
#define LATER "weight: advisory\nanswer: later\n"

/* MANY routed brandings, served. */
static struct world *open_many(const char *answer, const char *recheck)
{
	char policy[8192] = "branding:\n", lines[4096] = "";

	for (unsigned i = 0; i < MANY; i++) {
		size_t used = strlen(policy);
		snprintf(policy + used, sizeof(policy) - used,
			 "  - {host: l%u.example.com, mode: cdn, routed: true, target: [d111.cloudfront.net]}\n", i);
		used = strlen(lines);
		snprintf(lines + used, sizeof(lines) - used, "l%u IN CNAME " CDN "\n", i);
	}
	struct world *w = world_open_rechecked(policy, answer, recheck);
	world_serve(w, NULL, world_zone(w, lines));
	w->now_s = time(NULL);
	return w;
}

static struct world *open_one(const char *edge, const char *answer)
{
	struct world *w = world_open_rechecked(CDN_POLICY, answer, "1h");

	world_serve(w, NULL, world_pair(w, edge, ""));
	w->now_s = time(NULL);
	return w;
}

static void pass(struct world *w, unsigned seconds)
{
	for (; seconds > 0; seconds--)
		bns_plugins_tick(w->plugins, ++w->now_s);
}

/* Who was asked about since the last time. */
static const char *asked(struct world *w)
{
	static char hosts[16384];

	assert_int_equal(world_verb(w, "prober asked", NULL, 0, hosts, sizeof(hosts)), BNS_OK);
	return hosts;
}

static unsigned times_in(const char *hosts, const char *host)
{
	unsigned n = 0;

	for (const char *at = hosts; (at = strstr(at, host)) != NULL; at += strlen(host))
		n++;
	return n;
}

static unsigned times_asked(struct world *w)
{
	return times_in(asked(w), "example.com ");
}

static void answer(struct world *w, const char *word)
{
	char out[64];

	assert_int_equal(world_verb(w, "prober answer", &word, 1, out, sizeof(out)), BNS_OK);
}

static void pass_until_asked(struct world *w)
{
	for (unsigned i = 0; i < 4 * HOUR; i++) {
		pass(w, 1);
		if (times_asked(w) > 0)
			return;
	}
	fail_msg("nothing was asked for four hours");
}

static void every_routed_branding_is_checked_in_each_interval(void **state)
{
	(void)state;
	struct world *w = open_many("weight: advisory\nanswer: good\n", "1h");
	const unsigned rounds = 12;
	char host[64];
	pass(w, rounds * HOUR);
	const char *hosts = asked(w);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(host, sizeof(host), "l%u.example.com ", i);
		unsigned n = times_in(hosts, host);
		/* l1 is in l11 too, for once. */
		if (n < rounds - 2 || (i > 9 && n > rounds + 3))
			fail_msg("%s %u times in %u hours", host, n, rounds);
	}
	world_close(w);
}

static void checks_are_spread_over_the_interval(void **state)
{
	(void)state;
	struct world *w = open_many("weight: advisory\nanswer: good\n", "1h");
	pass(w, 2 * HOUR);
	asked(w);
	for (unsigned i = 0; i < 6; i++) {
		pass(w, HOUR / 6);
		unsigned n = times_asked(w);
		if (n == 0 || n > MANY / 2)
			fail_msg("%u checks in a sixth of the interval", n);
	}
	world_close(w);
}

static void restart_begins_with_no_crowd(void **state)
{
	(void)state;
	struct world *w = open_many("weight: advisory\nanswer: good\n", "1h");
	pass(w, 2 * HOUR);
	asked(w);
	w->now_s += 5 * HOUR; /* all are overdue */
	world_restart(w);
	pass(w, 60);
	assert_true(times_asked(w) <= MANY / 4);
	pass(w, 800);
	assert_true(times_asked(w) >= MANY / 2);
	world_close(w);
}

static void few_are_on_their_way_at_once(void **state)
{
	(void)state;
	struct world *w = open_many(LATER, "1h");
	pass(w, 4 * HOUR);
	assert_int_equal(times_asked(w), 4);
	answer(w, "good");
	pass(w, 4 * HOUR);
	assert_int_equal(times_asked(w), 4);
	world_close(w);
}

static void what_is_not_routed_is_left_alone(void **state)
{
	(void)state;
	struct world *w = open_one("sendgrid.net.", LATER);
	pass(w, 4 * HOUR);
	assert_int_equal(times_asked(w), 0);
	world_close(w);
}

static void checks_can_be_turned_off(void **state)
{
	(void)state;
	struct world *w = open_many(LATER, "0s");
	pass(w, 4 * HOUR);
	assert_int_equal(times_asked(w), 0);
	world_close(w);
}

static void assert_state(struct world *w, const char *state)
{
	static const char *host = HOST;
	char text[16384], wanted[64];

	snprintf(wanted, sizeof(wanted), "\"state\":\"%s\",\"since\":", state);
	assert_int_equal(world_verb(w, "branding show", &host, 1, text, sizeof(text)), BNS_OK);
	if (!strstr(text, wanted))
		fail_msg("not %s: %s", state, text);
}

static void failure_counts_once_it_was_seen_twice_and_is_told_once(void **state)
{
	(void)state;
	struct world *w = open_one(CDN, LATER);
	pass_until_asked(w);
	answer(w, "good");
	assert_state(w, "tls-ok");
	pass_until_asked(w);
	answer(w, "bad");
	assert_state(w, "tls-ok");
	pass(w, 65);
	assert_int_equal(times_asked(w), 1);
	answer(w, "bad");
	assert_state(w, "broken");
	assert_int_equal(world_events(w, "finding"), 1);
	pass_until_asked(w);
	answer(w, "bad");
	assert_int_equal(world_events(w, "finding"), 1);
	assert_int_equal(world_events(w, "mended"), 0);
	pass_until_asked(w);
	answer(w, "good");
	assert_state(w, "tls-ok");
	assert_int_equal(world_events(w, "mended"), 1);
	world_close(w);
}

static void hiccup_changes_nothing(void **state)
{
	(void)state;
	struct world *w = open_one(CDN, LATER);
	pass_until_asked(w);
	answer(w, "good");
	size_t events = w->event_count;
	pass_until_asked(w);
	answer(w, "bad");
	pass(w, 65);
	answer(w, "good");
	assert_state(w, "tls-ok");
	assert_int_equal(w->event_count, events);
	world_close(w);
}

static void question_on_its_way_outlives_the_branding(void **state)
{
	(void)state;
	struct world *w = open_one(CDN, LATER);
	struct bns_diag diag;
	pass_until_asked(w);
	world_write_policy(w, "default: {learn: false}\n");
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	answer(w, "bad");
	pass(w, 65);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_routed_branding_is_checked_in_each_interval),
		cmocka_unit_test(checks_are_spread_over_the_interval),
		cmocka_unit_test(restart_begins_with_no_crowd),
		cmocka_unit_test(few_are_on_their_way_at_once),
		cmocka_unit_test(what_is_not_routed_is_left_alone),
		cmocka_unit_test(checks_can_be_turned_off),
		cmocka_unit_test(failure_counts_once_it_was_seen_twice_and_is_told_once),
		cmocka_unit_test(hiccup_changes_nothing),
		cmocka_unit_test(question_on_its_way_outlives_the_branding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
