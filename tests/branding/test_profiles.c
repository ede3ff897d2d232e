/* SPDX-License-Identifier: BSD-3-Clause */
/* The profiles that come with the plugin, and those of one's own: good zones are silent, broken ones are held. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CDN "d111.cloudfront.net."

/* One provider's branding `t` in example.com, right and wrong. */
struct story {
	const char *provider, *region, *mode; /* "cdn" has CDN as its target */
	const char *good;                     /* where the edge is right; mode cdn: where it begins */
	const char *wrong;                    /* where it isn't */
	const char *rule;                     /* that says so */
};

static const struct story stories[] = {
	{"mailgun", "global", "managed", "mailgun.org.", "eu.mailgun.org.", "LB01"},
	{"mailgun", "eu", "plain", "eu.mailgun.org.", "mailgun.org.", "LB20"},
	{"mailgun", "eu", "managed", "eu.mailgun.org.", "mailgun.org.example.com.", "LB22"},
	{"sparkpost", "global", "managed", "v2.spgo.io.", "spgo.io.", "LB21"},
	{"sparkpost", "eu", "managed", "eu.v2.spgo.io.", "eu.spgo.io.", "LB21"},
	{"sparkpost", "global", "cdn", "spgo.io.", "spgo.io.", "LB01"},
	{"sparkpost", "eu", "plain", "eu.spgo.io.", "spgo.io.", "LB20"},
	{"customerio", "global", "managed", "e.customeriomail.com.", "cdn.elsewhere.example.", "LB37"},
	{"customerio", "eu", "plain", "e-eu.customeriomail.com.", "e.customeriomail.com.", "LB20"},
	{"customerio", "global", "cdn", "e.customeriomail.com.", "e.customeriomail.com.", "LB01"},
	{"iterable", "global", "cdn", "links.iterable.com.", "links.iterable.com.", "LB01"},
	{"iterable", "eu", "plain", "links.eu.iterable.com.", "links.iterable.com.", "LB20"},
	{"ses", "us-east-1", "cdn", "r.us-east-1.awstrack.me.", "r.us-east-1.awstrack.me.", "LB01"},
	{"ses", "eu-west-1", "plain", "r.eu-west-1.awstrack.me.", "r.us-east-1.awstrack.me.", "LB20"},
	{"mandrill", "global", "cdn", "mandrillapp.com.", "mandrillapp.com.", "LB01"},
	{"mandrill", "global", "plain", "mandrillapp.com.", "elsewhere.example.", "LB37"},
	{"resend", "global", "managed", "x7.resend-dns.com.", "resend-dns.com.", "LB01"},
	{"resend", "global", "managed", "x7.resend-dns.com.", "elsewhere.example.", "LB37"},
	{"sendgrid", "eu", "plain", "eu.sendgrid.net.", "sendgrid.net.", "LB20"},
	{"sendgrid", "eu", "cdn", "eu.sendgrid.net.", "eu.sendgrid.net.", "LB01"},
};

static struct world *open_story(const struct story *s)
{
	char policy[512];

	snprintf(policy, sizeof(policy),
		 "account:\n  - {id: a, provider: %s, region: %s}\n"
		 "branding:\n  - {host: t.example.com, account: a, mode: %s%s}\n",
		 s->provider, s->region, s->mode, strcmp(s->mode, "cdn") == 0 ? ", target: [d111.cloudfront.net]" : "");
	return world_open(policy);
}

static struct bns_contents *edge_at(struct world *w, const char *target)
{
	char line[256];

	snprintf(line, sizeof(line), "t IN CNAME %s\n", target);
	return world_zone(w, line);
}

static void tell(const struct story *s)
{
	struct world *w = open_story(s);
	struct bns_contents *good = edge_at(w, s->good), *start = good;

	print_message("# %s %s %s\n", s->provider, s->region, s->mode);
	world_change(w, NULL, good);
	assert_nothing_new(w);
	world_serve(w, NULL, good);
	if (strcmp(s->mode, "cdn") == 0) {
		start = edge_at(w, CDN);
		world_change(w, good, start);
		assert_nothing_new(w);
		world_serve(w, good, start);
	}
	world_change(w, start, edge_at(w, s->wrong));
	assert_held_by(w, s->rule);
	world_close(w);
}

static void every_profile_is_silent_on_the_good_zone_and_holds_the_broken_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++)
		tell(&stories[i]);
}

/* What opening with a profile of one's own complains about; NULL `expected`: nothing. */
static void own_profile(const char *profile, const char *expected, unsigned line)
{
	char folder[] = "/tmp/branding-profiles-XXXXXX", path[64], policy[512];
	struct bns_diag diag;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/mine.yaml", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(profile, f);
	fclose(f);
	snprintf(policy, sizeof(policy),
		 "profiles: %s\naccount:\n  - {id: a, provider: mine}\n"
		 "branding:\n  - {host: t.example.com, account: a}\n",
		 folder);
	if (expected) {
		world_error(policy, &diag);
		assert_string_equal(diag.file, path);
		if (!strstr(diag.text, expected))
			fail_msg("'%s' has no '%s'", diag.text, expected);
		assert_int_equal(diag.line, line);
	} else {
		struct world *w = world_open(policy);
		world_change(w, edge_at(w, "links.mine.example."), edge_at(w, "elsewhere.example."));
		assert_held_by(w, "LB37");
		world_close(w);
	}
	unlink(path);
	rmdir(folder);
}

#define MINE "title: Mine\nesp: [mine.example]\ncertificate: mine.example\n"

static void profile_of_ones_own_is_found_beside_the_policy(void **state)
{
	(void)state;
	own_profile(MINE "region:\n  - {id: one, plain: {edge: links.mine.example}}\n", NULL, 0);
}

static void error_in_a_profile_is_told_with_its_line_and_the_way_out(void **state)
{
	(void)state;
	own_profile(MINE, "a profile needs a list of regions", 1);
	own_profile("title: Mine\ncertificate: x\n", "needs 'esp'", 1);
	own_profile(MINE "region:\n  - {id: one}\n", "needs one of the modes plain, cdn, managed", 5);
	own_profile(MINE "region:\n  - {id: one, plain: {owner: a.example}}\n", "mode 'plain' needs 'edge'", 5);
	own_profile(MINE "region:\n  - {id: one, plane: {edge: a.example}}\n", "did you mean 'plain'?", 5);
	own_profile(MINE "region:\n  - {id: one, plain: {edge: a.example}}\nrole:\n  - {name: x}\n",
		    "a role needs an 'id': edge, owner", 7);
	own_profile(MINE "region:\n  - {id: one, plain: {edge: a.example}}\nrole:\n  - {id: dcv}\n",
		    "needs 'name', the form of its name, such as \"_acme-challenge.@\"", 7);
	own_profile(MINE "region:\n  - {id: one, plain: {edge: a.example}}\ntransition:\n"
			 "  - {from: esp, to: cdn, needs: [listd]}\n",
		    "'listd' is unknown here", 7);
	own_profile(MINE "region:\n  - {id: one, plain: {edge: a.example}}\ntransition:\n  - {from: esp}\n",
		    "'from' and 'to': esp, cdn or managed", 7);
}

static void mode_that_the_provider_lacks_is_refused(void **state)
{
	(void)state;
	struct bns_diag diag;
	world_policy_error("account:\n  - {id: a, provider: iterable}\n"
			   "branding:\n  - {host: t.example.com, account: a, mode: managed}\n",
			   &diag);
	assert_non_null(strstr(diag.text, "Iterable has no managed mode in region 'global'"));
	assert_int_equal(diag.line, 4);
	world_policy_error("account:\n  - {id: a, provider: mailgun}\n"
			   "branding:\n  - {host: t.example.com, account: a, owner: 1.example.com}\n",
			   &diag);
	assert_non_null(strstr(diag.text, "Mailgun's brandings have no second CNAME"));
}

static void managed_name_given_to_each_customer_is_pinned_as_it_was(void **state)
{
	(void)state;
	const struct story s = {"resend", "global", "managed", "x7.resend-dns.com.", "", ""};
	struct world *w = open_story(&s);
	struct bns_contents *good = edge_at(w, s.good);
	world_serve(w, NULL, good);
	w->keep_branding = true;
	world_change(w, good, world_zone(w, "www IN A 192.0.2.1\n"));
	assert_verdict_by(w, BNS_VERDICT_AMEND, "LB38");
	assert_string_equal(world_amended(w, "t.example.com"), "x7.resend-dns.com");
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_profile_is_silent_on_the_good_zone_and_holds_the_broken_one),
		cmocka_unit_test(profile_of_ones_own_is_found_beside_the_policy),
		cmocka_unit_test(error_in_a_profile_is_told_with_its_line_and_the_way_out),
		cmocka_unit_test(mode_that_the_provider_lacks_is_refused),
		cmocka_unit_test(managed_name_given_to_each_customer_is_pinned_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
