/* SPDX-License-Identifier: BSD-3-Clause */
/* Accounts and subusers: https holds for all brandings of a user, and none passes from an account to its subusers. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
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

/* ---- readiness ---- */

static const char *ready(struct world *w, const char *account, const char *how)
{
	static char text[32768];
	const char *words[] = {account, how};

	(void)!world_verb(w, "account readiness", words, how ? 2 : 1, text, sizeof(text));
	return text;
}

static void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no \"%s\" in %s", words, text);
}

#define VALID ", esp: {id: 7, user: acme, valid: true, checked: 2026-11-23T10:00:00Z}"

static void account_whose_brandings_are_whole_is_ready_and_complete_with_https(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT("") BRANDING(VALID), "weight: advisory\nanswer: good\n", CDN);
	assert_says(ready(w, "acme", NULL), "\"ready\":true,\"complete\":false");
	assert_says(ready(w, "acme", NULL), "\"kind\":\"support\"");
	assert_says(ready(w, "acme", NULL), "ready: ask Support");
	world_close(w);
	w = serve(ACCOUNT(HTTPS) BRANDING(VALID), "weight: advisory\nanswer: good\n", CDN);
	assert_says(ready(w, "acme", NULL), "\"ready\":true,\"complete\":true");
	world_close(w);
}

static void assert_lacks(const char *policy, const char *prober, const char *edge, const char *kind, const char *words)
{
	struct world *w = serve(policy, prober, edge);
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "\"kind\":\"%s\"", kind);
	assert_says(ready(w, "acme", NULL), "\"ready\":false,\"complete\":false");
	assert_says(ready(w, "acme", NULL), wanted);
	assert_says(ready(w, "acme", NULL), words);
	world_close(w);
}

static void readiness_says_what_is_missing_of_each_branding(void **state)
{
	(void)state;
	const char *good = "weight: advisory\nanswer: good\n", *bad = "weight: advisory\nanswer: bad\n";
	assert_lacks(ACCOUNT("") BRANDING(VALID), NULL, CDN, "certificate", "nobody has seen its certificate");
	assert_lacks(ACCOUNT("") BRANDING(VALID), bad, CDN, "certificate",
		     "failed: LB02: the certificate there is for *.cdn.example");
	assert_lacks(ACCOUNT("") BRANDING(VALID), NULL, ESP, "certificate", "it is still at the ESP's own name");
	assert_lacks(ACCOUNT("") BRANDING(""), good, CDN, "esp", "nothing is known of its validity at SendGrid");
	assert_lacks(ACCOUNT("") BRANDING(", esp: {id: 7, valid: false, reason: 'Expected CNAME'}"), good, CDN, "esp",
		     "SendGrid holds it for invalid: Expected CNAME");
	assert_lacks(ACCOUNT("") BRANDING(VALID), NULL, "d333.cloudfront.net.", "rule", "LB37: ");
	assert_lacks(ACCOUNT("") "branding:\n  - {host: url1.example.net, account: acme}\n", NULL, CDN, "dns",
		     "it lies in no zone that is served here");
	assert_lacks(ACCOUNT(", from: [other.example]") BRANDING(VALID), good, CDN, "from",
		     "it sends from other.example");
	assert_lacks(ACCOUNT(""), NULL, CDN, "association", "it has no branding");
}

static void readiness_is_of_each_subuser(void **state)
{
	(void)state;
	const char *good = "weight: advisory\nanswer: good\n";
	assert_lacks(ACCOUNT(HTTPS ", subuser: [eu]") BRANDING(VALID), good, CDN, "association",
		     "no branding is associated with it");
	struct world *w =
		serve(ACCOUNT(HTTPS ", subuser: [eu]") BRANDING(", esp: {user: acme, subuser: [eu], valid: true}"),
		      good, CDN);
	assert_says(ready(w, "acme", NULL), "\"ready\":true,\"complete\":false");
	assert_says(ready(w, "acme", NULL), "{\"user\":\"eu\",\"ssl\":false,\"ready\":true");
	assert_says(ready(w, "acme", "--report"),
		    "click tracking of our subuser eu of account acme (SendGrid, region global).");
	world_close(w);
}

static void report_is_a_message_with_the_evidence_and_its_dates(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT("") BRANDING(VALID), "weight: advisory\nanswer: good\n", CDN);
	const char *report = ready(w, "acme", "--report");
	assert_says(report,
		    "Please switch on SSL (https) for click tracking of our account acme (SendGrid, region global).");
	assert_says(report, "CNAMEs: " HOST " -> d111.cloudfront.net\\n");
	assert_says(report, "against d111.cloudfront.net: certificate and answers are right");
	assert_says(report, "branding 7 is valid (checked at 2026-11-23T10:00:00Z)");
	assert_null(strstr(report, "MISSING"));
	world_close(w);
	w = serve(ACCOUNT("") BRANDING(VALID), NULL, ESP);
	assert_says(ready(w, "acme", "--report"), "NOT READY");
	assert_says(ready(w, "acme", "--report"), "MISSING: it is still at the ESP's own name");
	world_close(w);
}

static void unknown_account_is_answered_with_the_nearest(void **state)
{
	(void)state;
	struct world *w = serve(ACCOUNT("") BRANDING(""), NULL, CDN);
	assert_says(ready(w, "acne", NULL), "there is no account 'acne' in the policy; did you mean 'acme'?");
	assert_says(ready(w, "zzzzzzzz", NULL), "account list shows those that are");
	assert_says(ready(w, "--report", NULL), "one account is needed");
	assert_says(ready(w, "acme", "--rapport"), "one account is needed");
	world_close(w);
}

static void accounts_are_listed_with_their_readiness(void **state)
{
	(void)state;
	static char text[8192];
	struct world *w = serve(ACCOUNT(HTTPS ", subuser: [eu]") BRANDING(""), NULL, CDN);
	assert_int_equal(world_verb(w, "account list", NULL, 0, text, sizeof(text)), BNS_OK);
	assert_says(text, "{\"account\":\"acme\",\"provider\":\"sendgrid\",\"region\":\"global\",\"ssl\":true,"
			  "\"subuser\":[\"eu\"],\"brandings\":1,\"ready\":false,\"complete\":false}");
	world_close(w);
}

static void list_of_many_brandings_doesn_t_look_at_all(void **state)
{
	(void)state;
	static char text[8192];
	char *policy = NULL;
	size_t len;
	FILE *f = open_memstream(&policy, &len);
	assert_non_null(f);
	fputs("account:\n  - {id: large}\n  - {id: behind}\nbranding:\n", f);
	for (int i = 0; i < 1001; i++)
		fprintf(f, "  - {host: url%d.example.com, account: large}\n", i);
	fputs("  - {host: " HOST ".au, account: behind}\n", f);
	assert_int_equal(fclose(f), 0);
	struct world *w = world_open(policy);
	assert_int_equal(world_verb(w, "account list", NULL, 0, text, sizeof(text)), BNS_OK);
	assert_says(text, "\"brandings\":1001,\"ready\":null,\"complete\":null");
	assert_says(text, "{\"account\":\"behind\"");
	assert_says(ready(w, "behind", NULL), "\"ready\":false");
	world_close(w);
	free(policy);
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
		cmocka_unit_test(account_whose_brandings_are_whole_is_ready_and_complete_with_https),
		cmocka_unit_test(readiness_says_what_is_missing_of_each_branding),
		cmocka_unit_test(readiness_is_of_each_subuser),
		cmocka_unit_test(report_is_a_message_with_the_evidence_and_its_dates),
		cmocka_unit_test(unknown_account_is_answered_with_the_nearest),
		cmocka_unit_test(accounts_are_listed_with_their_readiness),
		cmocka_unit_test(list_of_many_brandings_doesn_t_look_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
