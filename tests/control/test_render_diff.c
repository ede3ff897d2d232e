/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/render_diff.h"

#define FINDING                                                                                                        \
	"{\"rule\":\"LB01\",\"severity\":\"C\",\"owner\":\"url1234.example.com.\",\"type\":\"CNAME\","                 \
	"\"role\":\"edge\",\"text\":\"https links already delivered will show the certificate of *.sendgrid.net\","    \
	"\"remedy\":\"restore the CDN target\",\"verdict\":\"hold\"}"

#define REVERT                                                                                                         \
	"{\"zones\":[{\"zone\":\"example.com\",\"id\":\"example.com@2-1a2b3c4d\",\"hash\":\"0123\","                   \
	"\"before_serial\":1,\"after_serial\":2,\"verdict\":\"hold\","                                                 \
	"\"changes\":[{\"owner\":\"url1234.example.com.\",\"type\":\"CNAME\",\"file\":\"zones/a,b.zone\",\"line\":7,"  \
	"\"before\":{\"ttl\":300,\"rdata\":[\"d1.cdn.example.\"]},"                                                    \
	"\"after\":{\"ttl\":300,\"rdata\":[\"sendgrid.net.\"]},\"role\":\"edge\",\"findings\":[" FINDING "]}],"        \
	"\"findings\":[" FINDING "]}]}"

static char *render(const char *json, enum bns_diff_format format, bool colour)
{
	char *text = NULL;
	size_t len;
	json_error_t error;
	json_t *diff = json_loads(json, 0, &error);
	if (!diff)
		fail_msg("%s", error.text);
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	bns_render_diff(f, colour, format, diff);
	fclose(f);
	json_decref(diff);
	return text;
}

static void expect(const char *json, enum bns_diff_format format, const char *wanted)
{
	char *text = render(json, format, false);
	assert_string_equal(text, wanted);
	free(text);
}

static void text_shows_what_went_and_what_came_and_what_it_breaks(void **state)
{
	(void)state;
	expect(REVERT, BNS_DIFF_TEXT,
	       "example.com: serial 1 -> 2, hold as example.com@2-1a2b3c4d\n"
	       "- url1234 CNAME d1.cdn.example.\n"
	       "+ url1234 CNAME sendgrid.net.    LB01 held (C, edge): https links already delivered will show the "
	       "certificate of "
	       "*.sendgrid.net\n");
}

static void markdown_fits_a_pull_request(void **state)
{
	(void)state;
	expect(REVERT, BNS_DIFF_MARKDOWN,
	       "### example.com: serial 1 -> 2, hold as example.com@2-1a2b3c4d\n\n"
	       "```diff\n"
	       "- url1234 CNAME d1.cdn.example.\n"
	       "+ url1234 CNAME sendgrid.net.    LB01 held (C, edge): https links already delivered will show the "
	       "certificate of "
	       "*.sendgrid.net\n"
	       "```\n\n"
	       "| rule | severity | role | record | verdict | what | remedy |\n|---|---|---|---|---|---|---|\n"
	       "| LB01 | C | edge | url1234.example.com. CNAME | held | https links already delivered will show the "
	       "certificate of "
	       "\\*.sendgrid.net | restore the CDN target |\n\n"
	       "Where it is meant, the policy takes `approve: [{id: \"example.com@2-1a2b3c4d\", reason: \"…\", by: "
	       "…}]`.\n\nPlan `0123`\n\n");
}

static void github_gets_workflow_commands(void **state)
{
	(void)state;
	expect(REVERT, BNS_DIFF_GITHUB,
	       "::error file=zones/a%2Cb.zone,line=7,title=LB01 held (C%2C edge)::url1234.example.com. https links "
	       "already "
	       "delivered "
	       "will show the certificate of *.sendgrid.net; remedy: restore the CDN target\n"
	       "::notice title=brandns::example.com: serial 1 -> 2, hold as example.com@2-1a2b3c4d\n"
	       "::group::example.com\n"
	       "- url1234 CNAME d1.cdn.example.\n"
	       "+ url1234 CNAME sendgrid.net.    LB01 held (C, edge): https links already delivered will show the "
	       "certificate of "
	       "*.sendgrid.net\n"
	       "::endgroup::\n");
}

static void no_difference_shows_nothing(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":1,\"verdict\":\"none\","
	       "\"changes\":[],\"findings\":[]}]}",
	       BNS_DIFF_TEXT, "");
}

static void a_serial_that_differs_alone_is_noted(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":2,\"verdict\":\"none\","
	       "\"note\":\"the serial alone differs\",\"changes\":[],\"findings\":[]}]}",
	       BNS_DIFF_TEXT, "example.com: serial 1 -> 2, no difference\nnote: the serial alone differs\n");
}

static void nothing_to_see_is_nothing_said(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":1,\"verdict\":\"none\","
	       "\"changes\":[],\"findings\":[]}]}",
	       BNS_DIFF_TEXT, "");
}

static void lawful_line_of_a_branding_says_its_role(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":1,\"verdict\":\"pass\","
	       "\"changes\":[{\"owner\":\"u.example.com.\",\"type\":\"CNAME\",\"role\":\"edge\",\"findings\":[],"
	       "\"before\":{\"ttl\":300,\"rdata\":[\"d1.\"]},\"after\":{\"ttl\":300,\"rdata\":[\"d2.\"]}}]}]}",
	       BNS_DIFF_TEXT, "example.com: serial 1, pass\n- u CNAME d1.\n+ u CNAME d2.  (edge)\n");
}

static void held_change_is_named_as_an_approval_would(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"id\":\"example.com@2-1a2b3c4d\",\"before_serial\":1,"
	       "\"after_serial\":2,\"verdict\":\"hold\",\"changes\":[],\"findings\":[]}]}",
	       BNS_DIFF_TEXT, "example.com: serial 1 -> 2, hold as example.com@2-1a2b3c4d\n");
}

static void github_is_told_the_place_of_what_has_no_line_of_its_own(void **state)
{
	(void)state;
	char *text = render("{\"zones\":[{\"zone\":\"example.com\",\"file\":\"a.zone\",\"before_serial\":1,"
			    "\"after_serial\":2,\"verdict\":\"refuse\",\"changes\":[{\"owner\":\"u.example.com.\","
			    "\"type\":\"CNAME\",\"file\":\"a.zone\",\"role\":\"edge\","
			    "\"before\":{\"ttl\":300,\"rdata\":[\"d1.\"]},\"after\":null,\"findings\":[" FINDING
			    "]}],\"findings\":[{\"rule\":\"x\",\"severity\":\"C\",\"owner\":\"example.com.\",\"type\":"
			    "\"NS\",\"text\":\"no NS\",\"verdict\":\"refuse\",\"file\":\"b.inc\",\"line\":3}]}]}",
			    BNS_DIFF_GITHUB, false);
	assert_non_null(strstr(text, "::error file=a.zone,line=1,title=LB01 held (C%2C edge)::"));
	assert_non_null(strstr(text, "::error file=b.inc,line=3,title=x refused (C)::example.com. no NS\n"));
	free(text);
}

static void only_what_differs_in_an_rrset_is_shown(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":1,\"verdict\":\"pass\","
	       "\"changes\":["
	       "{\"owner\":\"example.com.\",\"type\":\"MX\",\"before\":{\"ttl\":300,\"rdata\":[\"1 a.\",\"2 b.\"]},"
	       "\"after\":{\"ttl\":300,\"rdata\":[\"2 b.\",\"3 c.\"]},\"findings\":[]}]}]}",
	       BNS_DIFF_TEXT, "example.com: serial 1, pass\n- @ MX 1 a.\n+ @ MX 3 c.\n");
}

static void ttl_is_shown_where_it_changes_or_records_come_and_go(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":null,\"after_serial\":1,\"verdict\":\"pass\","
	       "\"changes\":["
	       "{\"owner\":\"a.example.com.\",\"type\":\"A\",\"before\":{\"ttl\":300,\"rdata\":[\"192.0.2.1\"]},"
	       "\"after\":{\"ttl\":60,\"rdata\":[\"192.0.2.1\"]},\"findings\":[]},"
	       "{\"owner\":\"b.example.com.\",\"type\":\"A\",\"before\":null,"
	       "\"after\":{\"ttl\":60,\"rdata\":[\"192.0.2.2\"]},\"findings\":[]}]}]}",
	       BNS_DIFF_TEXT,
	       "example.com: serial none -> 1, pass\n- a 300 A 192.0.2.1\n+ a 60 A 192.0.2.1\n+ b 60 A 192.0.2.2\n");
}

static void finding_without_a_change_is_shown_all_the_same(void **state)
{
	(void)state;
	expect("{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":1,\"verdict\":\"refuse\","
	       "\"changes\":[],\"findings\":[{\"rule\":\"ns-missing\",\"severity\":\"C\",\"owner\":\"example.com.\","
	       "\"type\":\"NS\",\"text\":\"no NS at the apex\",\"remedy\":null,\"verdict\":\"refuse\"}]}]}",
	       BNS_DIFF_TEXT,
	       "example.com: serial 1, refuse\nns-missing C example.com. NS refused: no NS at the apex\n");
}

static void fence_is_longer_than_any_in_the_data(void **state)
{
	char *text = render(
		"{\"zones\":[{\"zone\":\"example.com\",\"before_serial\":1,\"after_serial\":1,\"verdict\":\"pass\","
		"\"changes\":[{\"owner\":\"a.example.com.\",\"type\":\"TXT\",\"before\":null,"
		"\"after\":{\"ttl\":60,\"rdata\":[\"\\\"````\\\"\"]},\"findings\":[]}]}]}",
		BNS_DIFF_MARKDOWN, false);
	(void)state;
	assert_non_null(strstr(text, "`````diff\n"));
	free(text);
}

static void colour_is_used_where_asked_for_only(void **state)
{
	char *plain = render(REVERT, BNS_DIFF_TEXT, false);
	char *coloured = render(REVERT, BNS_DIFF_TEXT, true);
	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strstr(coloured, "\033[31m- url1234 CNAME d1.cdn.example.\033[0m"));
	assert_non_null(strstr(coloured, "\033[31mLB01 held\033[0m"));
	free(plain);
	free(coloured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_shows_what_went_and_what_came_and_what_it_breaks),
		cmocka_unit_test(markdown_fits_a_pull_request),
		cmocka_unit_test(github_gets_workflow_commands),
		cmocka_unit_test(no_difference_shows_nothing),
		cmocka_unit_test(a_serial_that_differs_alone_is_noted),
		cmocka_unit_test(nothing_to_see_is_nothing_said),
		cmocka_unit_test(lawful_line_of_a_branding_says_its_role),
		cmocka_unit_test(held_change_is_named_as_an_approval_would),
		cmocka_unit_test(github_is_told_the_place_of_what_has_no_line_of_its_own),
		cmocka_unit_test(only_what_differs_in_an_rrset_is_shown),
		cmocka_unit_test(ttl_is_shown_where_it_changes_or_records_come_and_go),
		cmocka_unit_test(finding_without_a_change_is_shown_all_the_same),
		cmocka_unit_test(fence_is_longer_than_any_in_the_data),
		cmocka_unit_test(colour_is_used_where_asked_for_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
