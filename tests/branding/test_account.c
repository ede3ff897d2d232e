/* SPDX-License-Identifier: BSD-3-Clause */
/* Accounts and subusers: https holds for all brandings of a user, and none passes from an account to its subusers. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#define CDN           "d111.cloudfront.net."
#define ESP           "sendgrid.net."
#define HOST          "url1234.example.com"
#define ACCOUNT(more) "account:\n  - {id: acme, provider: sendgrid" more "}\n"
#define BRANDING(more)                                                                                                 \
	"branding:\n  - {host: " HOST                                                                                  \
	", account: acme, mode: cdn, target: [d111.cloudfront.net, d222.cloudfront.net]" more "}\n"
#define HTTPS ", ssl: enabled"
#define EU    ", subuser: [eu], ssl-subuser: [eu]"

/* The edge is served there; with a prober it was at the ESP before, so that its move is probed. */
static struct world *serve(const char *policy, const char *prober, const char *edge)
{
	struct world *w = prober ? world_open_probed(policy, prober) : world_open(policy);
	const struct bns_contents *first = world_pair(w, prober ? ESP : edge, ""), *routed = world_pair(w, edge, "");

	world_serve(w, NULL, first);
	if (prober) {
		world_change(w, first, routed);
		world_serve(w, first, routed);
	}
	return w;
}

/* What LB34 says of it; NULL: nothing. */
static void assert_uncovered(const char *policy, const char *prober, const char *edge, char severity, const char *words)
{
	struct world *w = serve(policy, prober, edge);
	const char *found = world_checked(w, HOST, "LB34");
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "\"severity\":\"%c\"", severity);
	if (!words)
		assert_null(found);
	else if (!found || !strstr(found, words) || !strstr(found, wanted))
		fail_msg("%s, not %s and %s", found ? found : "not found", words, wanted);
	world_close(w);
}

static void https_without_a_probe_is_shown_as_unseen(void **state)
{
	(void)state;
	assert_uncovered(ACCOUNT(HTTPS) BRANDING(""), NULL, CDN, 'H',
			 "account acme has https links, and " HOST " has no certificate that anybody has seen: "
			 "d111.cloudfront.net was not probed for it");
	assert_uncovered(ACCOUNT("") BRANDING(""), NULL, CDN, 0, NULL);
}

static void https_with_a_failed_probe_is_shown(void **state)
{
	(void)state;
	assert_uncovered(ACCOUNT(HTTPS) BRANDING(""), "weight: advisory\nanswer: bad\n", CDN, 'C',
			 "has no valid certificate: the probe of d111.cloudfront.net at ");
	assert_uncovered(ACCOUNT(HTTPS) BRANDING(""), "weight: advisory\nanswer: good\n", CDN, 0, NULL);
}

static void https_at_the_esp_s_own_name_is_shown(void **state)
{
	(void)state;
	assert_uncovered(ACCOUNT(HTTPS) BRANDING(""), NULL, ESP, 'C',
			 "is at the ESP's sendgrid.net, which shows the certificate of *.sendgrid.net");
	assert_uncovered(ACCOUNT("") BRANDING(""), NULL, ESP, 0, NULL);
}

static void evidence_of_another_target_covers_nothing(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT(HTTPS) BRANDING(""), "weight: advisory\nanswer: good\n", CDN);
	assert_null(world_checked(w, HOST, "LB34"));
	/* Moved without a probe: what was seen was seen elsewhere. */
	world_serve(w, w->served[0], world_pair(w, "d222.cloudfront.net.", ""));
	assert_non_null(strstr(world_checked(w, HOST, "LB34"), "d222.cloudfront.net was not probed"));
	world_close(w);
}

static void https_of_a_subuser_wants_its_own_brandings_covered(void **state)
{
	(void)state;
	/* The account's https isn't the subuser's, nor the other way round. */
	assert_uncovered(ACCOUNT(HTTPS ", subuser: [eu]") BRANDING(", esp: {user: eu}"), NULL, CDN, 0, NULL);
	assert_uncovered(ACCOUNT(EU) BRANDING(""), NULL, CDN, 0, NULL);
	assert_uncovered(ACCOUNT(EU) BRANDING(", esp: {user: eu}"), NULL, CDN, 'H',
			 "subuser eu of account acme has https links, and " HOST);
	assert_uncovered(ACCOUNT(EU) BRANDING(", esp: {user: eu}"), "weight: advisory\nanswer: good\n", CDN, 0, NULL);
}

static void branding_associated_with_a_subuser_is_covered_for_it(void **state)
{
	(void)state;
	assert_uncovered(ACCOUNT(EU) BRANDING(", esp: {user: acme, subuser: [eu]}"), NULL, CDN, 'H',
			 "subuser eu of account acme has https links");
	assert_uncovered(ACCOUNT(", subuser: [eu]") BRANDING(", esp: {user: acme, subuser: [eu]}"), NULL, CDN, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(https_without_a_probe_is_shown_as_unseen),
		cmocka_unit_test(https_with_a_failed_probe_is_shown),
		cmocka_unit_test(https_at_the_esp_s_own_name_is_shown),
		cmocka_unit_test(evidence_of_another_target_covers_nothing),
		cmocka_unit_test(https_of_a_subuser_wants_its_own_brandings_covered),
		cmocka_unit_test(branding_associated_with_a_subuser_is_covered_for_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
