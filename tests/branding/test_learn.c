/* SPDX-License-Identifier: BSD-3-Clause */
/* Brandings nobody wrote down. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#define CDN  "d111.cloudfront.net."
#define CDN2 "d222.cloudfront.net."

static void first_move_away_from_the_esp_passes(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_pair(w, CDN, ""));
	assert_nothing_new(w);
	world_close(w);
}

static void revert_of_a_recognised_branding_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	world_change(w, world_pair(w, CDN, ""), world_pair(w, "sendgrid.net.", ""));
	assert_held_by(w, "LB01");
	world_close(w);
}

static void removal_of_a_recognised_branding_is_held(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	world_change(w, world_pair(w, CDN, ""), world_zone(w, "5678901 IN CNAME sendgrid.net.\n"));
	assert_held_by(w, "LB38");
	world_change(w, world_pair(w, CDN, ""), world_zone(w, "url1234 IN CNAME " CDN "\n"));
	assert_held_by(w, "LB38");
	assert_string_equal(world_find(w, "LB38")->role, "owner");
	world_change(w, world_pair(w, CDN, ""), NULL);
	assert_held_by(w, "LB38");
	world_close(w);
}

static void removal_before_routing_passes(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	world_change(w, world_pair(w, "sendgrid.net.", ""), world_zone(w, ""));
	assert_nothing_new(w);
	world_change(w, world_pair(w, "sendgrid.net.", ""), NULL);
	assert_nothing_new(w);
	world_close(w);
}

static void move_from_cdn_to_cdn_is_a_note(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	world_change(w, world_pair(w, CDN, ""), world_pair(w, CDN2, ""));
	assert_verdict_by(w, BNS_VERDICT_PASS, "LB37");
	assert_int_equal(world_find(w, "LB37")->severity, 'M');
	world_close(w);
}

static void chosen_label_is_remembered_after_its_first_move(void **state)
{
	(void)state;
	const char *owner = "5678901 IN CNAME sendgrid.net.\n";
	struct world *w = world_open(NULL);
	char lines[256];
	snprintf(lines, sizeof(lines), "links IN CNAME sendgrid.net.\n%s", owner);
	struct bns_contents *at_esp = world_zone(w, lines);
	snprintf(lines, sizeof(lines), "links IN CNAME " CDN "\n%s", owner);
	struct bns_contents *at_cdn = world_zone(w, lines);

	world_serve(w, NULL, at_esp);
	world_change(w, at_esp, at_cdn);
	assert_nothing_new(w);
	/* Some gates tell the former version, some don't. */
	world_serve(w, NULL, at_cdn);
	world_restart(w);
	world_change(w, at_cdn, at_esp);
	assert_held_by(w, "LB01");
	assert_string_equal(world_find(w, "LB01")->host, "links.example.com");
	world_close(w);
}

static void mail_names_of_the_esp_are_no_brandings(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	struct bns_contents *mail = world_zone(w, "5678901 IN CNAME sendgrid.net.\nem1 IN CNAME u5.wl.sendgrid.net.\n");
	struct bns_contents *gone = world_zone(w, "5678901 IN CNAME sendgrid.net.\nem1 IN CNAME mx.example.net.\n");
	world_serve(w, NULL, mail);
	world_serve(w, mail, gone);
	world_change(w, gone, mail);
	assert_nothing_new(w);
	world_close(w);
}

static void without_the_digits_nothing_is_recognised(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	world_change(w, world_zone(w, "url1234 IN CNAME " CDN "\n"), world_zone(w, "url1234 IN CNAME sendgrid.net.\n"));
	assert_nothing_new(w);
	world_close(w);
}

static void learn_can_be_turned_off(void **state)
{
	(void)state;
	struct world *w = world_open("default: {learn: false}\n");
	world_change(w, world_pair(w, CDN, ""), world_pair(w, "sendgrid.net.", ""));
	assert_nothing_new(w);
	world_close(w);
}

static void recognised_branding_comes_back_to_where_it_was(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	struct bns_contents *at_cdn = world_pair(w, CDN, ""), *at_esp = world_pair(w, "sendgrid.net.", "");
	world_serve(w, NULL, at_cdn);
	world_serve(w, at_cdn, at_esp);
	world_review(w, BNS_ORIGIN_RESTORE, at_esp, at_esp);
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB01");
	assert_string_equal(world_amended(w, "url1234.example.com"), "d111.cloudfront.net");
	world_close(w);
}

static void recognised_branding_is_forgotten_with_its_record(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	struct bns_contents *at_cdn = world_pair(w, CDN, ""), *empty = world_zone(w, "");
	world_serve(w, NULL, at_cdn);
	assert_int_equal(world_remembered(w, "host/"), 1);
	world_serve(w, at_cdn, empty);
	assert_int_equal(w->memory_count, 0);
	/* A new branding of that name begins anew. */
	world_change(w, empty, world_pair(w, "sendgrid.net.", ""));
	assert_nothing_new(w);
	world_close(w);
}

static void zone_that_goes_takes_what_was_recognised_along(void **state)
{
	(void)state;
	struct world *w = world_open(NULL);
	struct bns_contents *at_cdn = world_pair(w, CDN, "");
	world_serve(w, NULL, at_cdn);
	world_serve(w, at_cdn, NULL);
	assert_int_equal(w->memory_count, 0);
	world_close(w);
}

static void written_branding_is_not_recognised_again(void **state)
{
	(void)state;
	struct world *w = world_open(ROUTED_POLICY);
	world_change(w, world_pair(w, CDN, ""), world_zone(w, ""));
	size_t found = 0;
	for (size_t i = 0; i < w->note_count; i++)
		found += w->notes[i].rule[0] != '\0';
	assert_int_equal(found, 2);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_move_away_from_the_esp_passes),
		cmocka_unit_test(revert_of_a_recognised_branding_is_held),
		cmocka_unit_test(removal_of_a_recognised_branding_is_held),
		cmocka_unit_test(removal_before_routing_passes),
		cmocka_unit_test(move_from_cdn_to_cdn_is_a_note),
		cmocka_unit_test(chosen_label_is_remembered_after_its_first_move),
		cmocka_unit_test(mail_names_of_the_esp_are_no_brandings),
		cmocka_unit_test(without_the_digits_nothing_is_recognised),
		cmocka_unit_test(learn_can_be_turned_off),
		cmocka_unit_test(recognised_branding_comes_back_to_where_it_was),
		cmocka_unit_test(recognised_branding_is_forgotten_with_its_record),
		cmocka_unit_test(zone_that_goes_takes_what_was_recognised_along),
		cmocka_unit_test(written_branding_is_not_recognised_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
