/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/grid.h"
#include "control/render.h"

static char *render(const char *verb, const char *json, bool colour)
{
	char *text = NULL;
	size_t len;
	json_t *result = json_loads(json, 0, NULL);
	FILE *f = open_memstream(&text, &len);
	assert_non_null(result);
	assert_non_null(f);
	bns_render_result(f, colour, verb, result);
	fclose(f);
	json_decref(result);
	return text;
}

static void expect(const char *verb, const char *json, const char *wanted)
{
	char *text = render(verb, json, false);
	assert_string_equal(text, wanted);
	free(text);
}

static void columns_are_aligned_without_trailing_blanks(void **state)
{
	(void)state;
	expect("zone list",
	       "{\"schema\":1,\"zones\":[{\"zone\":\"a.example\",\"role\":\"primary\",\"state\":\"served\",\"serial\":"
	       "1,\"held\":null},"
	       "{\"zone\":\"caf\xc3\xa9.example\",\"role\":\"secondary\",\"state\":\"expired\",\"serial\":null,"
	       "\"held\":\"x@1-2\"}]}",
	       "zone          role       state    serial  held\n"
	       "a.example     primary    served   1       -\n"
	       "caf\xc3\xa9.example  secondary  expired  -       x@1-2\n");
}

static void check_reads_step_by_step(void **state)
{
	(void)state;
	expect("branding check",
	       "{\"schema\":1,\"host\":\"u.example.com\",\"findings\":[{\"rule\":\"LB36\",\"severity\":\"M\",\"text\":"
	       "\"one target\",\"remedy\":\"list another\"}],\"steps\":[{\"good\":true,\"asked\":\"dig "
	       "CNAME\",\"text\":\"d1\"},"
	       "{\"good\":false,\"rule\":\"LB02\",\"severity\":\"C\",\"asked\":\"TLS\",\"text\":\"another\\u0007 "
	       "name\","
	       "\"remedy\":\"add it\"}],\"probe\":{\"evidence\":\"bad\"}}",
	       "  1 ok       dig CNAME\n"
	       "             d1\n"
	       "  2 LB02   C TLS\n"
	       "             another? name\n"
	       "             do: add it\n"
	       "\n"
	       "u.example.com: 1 of 2 steps failed\n"
	       "the rules find in its zone and the policy:\n"
	       "    LB36 M  one target\n"
	       "            do: list another\n");
	expect("branding check",
	       "{\"schema\":1,\"host\":\"u.example.com\",\"findings\":[],\"probe\":null,\"worst\":null}",
	       "u.example.com: nobody probes here; with the plugin `probe` it is seen as recipients see it\n"
	       "the rules find nothing in its zone and the policy\n");
	expect("branding check",
	       "{\"schema\":1,\"brandings\":[{\"host\":\"u.example.com\",\"state\":\"tls-ok\",\"probe\":\"good\","
	       "\"probed\":\"2026-11-23T10:00:00Z\",\"worst\":null,\"findings\":[]}]}",
	       "u.example.com  tls-ok, probed at 2026-11-23T10:00:00Z: in order\n");
}

static void empty_list_is_said_in_words(void **state)
{
	(void)state;
	expect("held list", "{\"schema\":1,\"held\":[]}", "nothing waits for a decision\n");
}

static void answer_of_a_plugin_gets_columns_by_its_keys(void **state)
{
	(void)state;
	expect("branding list",
	       "{\"schema\":1,\"branding\":[{\"host\":\"u.example.com\",\"mode\":\"cdn\",\"target\":[\"a.\",\"b.\"],"
	       "\"routed\":true}]}",
	       "host           mode  target  routed\nu.example.com  cdn   a., b.  yes\n");
}

static void single_object_becomes_fields(void **state)
{
	(void)state;
	expect("stats", "{\"schema\":1,\"queries\":7,\"rcodes\":{\"NOERROR\":5,\"NXDOMAIN\":2},\"note\":\"\"}",
	       "queries  7\nrcodes   NOERROR 5, NXDOMAIN 2\nnote     -\n");
}

static void zone_dump_prints_the_text_as_it_is(void **state)
{
	(void)state;
	expect("zone dump", "{\"schema\":1,\"zone\":\"a\",\"serial\":1,\"text\":\"@\\tSOA\\n\"}", "@\tSOA\n");
}

static void reload_that_is_held_shows_findings_and_where_to_look(void **state)
{
	(void)state;
	expect("zone reload",
	       "{\"schema\":1,\"zones\":[{\"zone\":\"a\",\"outcome\":\"held\",\"id\":\"a@2-0\",\"serial\":1,\"reason\":"
	       "null,"
	       "\"findings\":[{\"rule\":\"LB01\",\"severity\":\"C\",\"owner\":\"u.a.\",\"type\":\"CNAME\",\"text\":"
	       "\"broken\","
	       "\"remedy\":\"mend\",\"verdict\":\"hold\"}]}]}",
	       "a: held, still serial 1\nLB01 C u.a. CNAME held: broken\n     remedy: mend\n"
	       "look:    brandnsctl held show a@2-0\n");
}

static void zones_that_come_and_go_are_told_in_a_line(void **state)
{
	(void)state;
	expect("zone remove", "{\"schema\":1,\"zones\":[{\"zone\":\"a.example\",\"outcome\":\"removed\"}]}",
	       "a.example: removed\n");
	expect("zone add", "{\"schema\":1,\"zones\":[{\"zone\":\"a.example\",\"outcome\":\"served\",\"serial\":7}]}",
	       "a.example: served, now serial 7\n");
	expect("apply",
	       "{\"schema\":1,\"zones\":[{\"zone\":\"a.example\",\"outcome\":\"mismatch\",\"serial\":7,"
	       "\"reason\":\"not that plan\"}]}",
	       "a.example: mismatch, still serial 7: not that plan\n");
}

static void expect_decisions(const char *socket, const char *wanted)
{
	char *text = NULL;
	size_t len;
	json_t *held = json_pack("{s:s}", "id", "a@2-0");
	FILE *f = open_memstream(&text, &len);
	bns_render_decisions(f, socket, held);
	fclose(f);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(held);
}

static void commands_to_decide_can_be_pasted(void **state)
{
	(void)state;
	expect_decisions(NULL, "\napprove: brandnsctl held approve a@2-0 --reason REASON\n"
			       "reject:  brandnsctl held reject a@2-0 --reason REASON\n");
	expect_decisions("/run/b.sock", "\napprove: brandnsctl -s /run/b.sock held approve a@2-0 --reason REASON\n"
					"reject:  brandnsctl -s /run/b.sock held reject a@2-0 --reason REASON\n");
	expect_decisions("it's", "\napprove: brandnsctl -s 'it'\\''s' held approve a@2-0 --reason REASON\n"
				 "reject:  brandnsctl -s 'it'\\''s' held reject a@2-0 --reason REASON\n");
}

static void held_show_lists_the_changes(void **state)
{
	char *text =
		render("held show",
		       "{\"schema\":1,\"id\":\"a@2-0\",\"zone\":\"a\",\"serial\":2,\"served_serial\":1,\"since\":\"S\","
		       "\"deadline\":null,\"origin\":\"file\",\"source\":\"a.zone\",\"findings\":[],\"changes\":["
		       "{\"owner\":\"u.a.\",\"type\":\"CNAME\",\"before\":{\"ttl\":60,\"rdata\":[\"c.\"]},"
		       "\"after\":{\"ttl\":60,\"rdata\":[\"d.\"]},\"findings\":[]}]}",
		       false);
	(void)state;
	assert_non_null(strstr(text, "\n- u CNAME c.\n+ u CNAME d.\n"));
	free(text);
}

static void expect_deadline(const char *verb, const char *shape, const char *deadline, const char *words)
{
	char json[1024];
	snprintf(json, sizeof(json), shape, deadline);
	char *text = render(verb, json, false);
	assert_non_null(strstr(text, words));
	free(text);
}

static void deadline_is_a_time_and_what_is_left_until_then(void **state)
{
	static const char list[] = "{\"schema\":1,\"held\":[{\"id\":\"a@2-0\",\"deadline\":\"%s\",\"findings\":[]}]}";
	static const char one[] =
		"{\"schema\":1,\"id\":\"a@2-0\",\"zone\":\"a\",\"serial\":2,\"served_serial\":1,\"since\":\"S\","
		"\"deadline\":\"%s\",\"origin\":\"file\",\"source\":\"a.zone\",\"findings\":[],\"changes\":[]}";
	(void)state;
	expect_deadline("held list", list, "2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z (in ");
	expect_deadline("held list", list, "2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z (now)");
	expect_deadline("held show", one, "2099-01-01T00:00:00Z", "at 2099-01-01T00:00:00Z (in ");
}

static void terminal_is_not_driven_by_data(void **state)
{
	char *text = render("audit",
			    "{\"schema\":1,\"audit\":[{\"time\":\"t\",\"event\":\"approved\",\"zone\":\"a\",\"id\":"
			    "\"i\",\"by\":\"b\","
			    "\"text\":\"\\u001b[2J\\nx\"}]}",
			    false);
	(void)state;
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "?[2J?x\n"));
	free(text);
}

static void titles_are_bold_with_colour_only(void **state)
{
	static const char json[] = "{\"schema\":1,\"zones\":[{\"zone\":\"a\",\"role\":\"primary\"}]}";
	char *plain = render("zone list", json, false);
	char *coloured = render("zone list", json, true);
	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strstr(coloured, "\033[1mzone\033[0m"));
	free(plain);
	free(coloured);
}

static void event_is_one_line(void **state)
{
	char *text = NULL;
	size_t len;
	json_t *event =
		json_pack("{s:s, s:s, s:s, s:n, s:s}", "when", "T", "kind", "held", "zone", "a", "id", "text", "x\ny");
	FILE *f = open_memstream(&text, &len);
	(void)state;
	bns_render_event(f, false, event);
	fclose(f);
	assert_string_equal(text, "T held a: x?y\n");
	free(text);
	json_decref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned_without_trailing_blanks),
		cmocka_unit_test(check_reads_step_by_step),
		cmocka_unit_test(empty_list_is_said_in_words),
		cmocka_unit_test(answer_of_a_plugin_gets_columns_by_its_keys),
		cmocka_unit_test(single_object_becomes_fields),
		cmocka_unit_test(zone_dump_prints_the_text_as_it_is),
		cmocka_unit_test(reload_that_is_held_shows_findings_and_where_to_look),
		cmocka_unit_test(held_show_lists_the_changes),
		cmocka_unit_test(zones_that_come_and_go_are_told_in_a_line),
		cmocka_unit_test(commands_to_decide_can_be_pasted),
		cmocka_unit_test(deadline_is_a_time_and_what_is_left_until_then),
		cmocka_unit_test(terminal_is_not_driven_by_data),
		cmocka_unit_test(titles_are_bold_with_colour_only),
		cmocka_unit_test(event_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
