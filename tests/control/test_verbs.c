/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/verbs.h"

static void every_verb_is_found_by_its_words_and_its_method(void **state)
{
	const struct bns_verb *v;
	(void)state;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		char method[BNS_METHOD_MAX];
		assert_ptr_equal(bns_verb_find(v->words), v);
		assert_ptr_equal(bns_verb_find(bns_verb_method(v->words, method)), v);
		assert_true(v->help && *v->help);
		assert_true(v->run || (v->flags & BNS_VERB_OFFLINE));
	}
	assert_null(bns_verb_find("zone"));
	assert_null(bns_verb_find("zone.reload.x"));
}

static void what_changes_something_needs_an_admin(void **state)
{
	static const char *const changing[] = {
		"zone reload", "zone refresh", "zone retransfer", "zone notify", "zone add", "apply", "zone remove",
		"zone expire", "held approve", "held reject",     "log-level",   "reload",   "stop"};
	(void)state;
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		assert_true(bns_verb_find(changing[i])->flags & BNS_VERB_ADMIN);
	assert_false(bns_verb_find("held list")->flags & BNS_VERB_ADMIN);
	assert_false(bns_verb_find("diff")->flags & BNS_VERB_ADMIN);
}

static void verb_match_takes_the_longest_row(void **state)
{
	static const char *const words[] = {"events", "subscribe", "x"};
	size_t used;
	(void)state;
	assert_string_equal(bns_verb_match(words, 3, &used)->words, "events subscribe");
	assert_int_equal(used, 2);
	assert_string_equal(bns_verb_match(words, 1, &used)->words, "events");
	static const char *const half[] = {"zone", "rel"};
	assert_null(bns_verb_match(half, 2, &used));
}

static void verb_nearest_forgives_a_slip_only(void **state)
{
	(void)state;
	assert_string_equal(bns_verb_nearest("zone relaod"), "zone reload");
	assert_string_equal(bns_verb_nearest("staus"), "status");
	assert_null(bns_verb_nearest("certificates"));
}

static json_t *check(const char *verb, const char *given, struct bns_diag *diag)
{
	json_t *out = NULL;
	json_t *params = given ? json_loads(given, 0, NULL) : NULL;
	enum bns_error err = bns_params_check(bns_verb_find(verb)->params, params, &out, diag);
	json_decref(params);
	return err == BNS_OK ? out : NULL;
}

static void params_check_takes_names_and_positions(void **state)
{
	struct bns_diag diag = {.text = ""};
	json_t *named = check("zone dump", "{\"zone\":\"a\",\"serial\":3}", &diag);
	json_t *placed = check("zone dump", "[\"a\",3]", &diag);
	(void)state;
	assert_non_null(named);
	assert_true(json_equal(named, placed));
	json_decref(named);
	json_decref(placed);
}

static void params_check_names_what_is_wrong(void **state)
{
	struct bns_diag diag = {.text = ""};
	(void)state;
	assert_null(check("zone dump", NULL, &diag));
	assert_non_null(strstr(diag.text, "\"zone\" is missing"));
	assert_null(check("zone dump", "{\"zone\":1}", &diag));
	assert_non_null(strstr(diag.text, "must be a string"));
	assert_null(check("zone dump", "{\"zone\":\"a\",\"seriall\":1}", &diag));
	assert_non_null(strstr(diag.text, "did you mean \"serial\"?"));
	assert_null(check("status", "[1]", &diag));
	assert_non_null(strstr(diag.text, "too many"));
}

static json_t *read(const char *verb, const char *const *words, size_t count, struct bns_diag *diag)
{
	json_t *out = NULL;
	enum bns_error err = bns_params_from_words(bns_verb_cli(bns_verb_find(verb)), words, count, &out, diag);
	return err == BNS_OK ? out : NULL;
}

static void expect_words(const char *verb, const char *const *words, size_t count, const char *json)
{
	struct bns_diag diag = {.text = ""};
	json_t *got = read(verb, words, count, &diag);
	json_t *wanted = json_loads(json, 0, NULL);
	assert_true(json_equal(got, wanted));
	json_decref(got);
	json_decref(wanted);
}

static void words_become_params_in_any_order(void **state)
{
	static const char *const plain[] = {"--reason", "agreed in review", "z@1-0", "--keep-branding",
					    "--until=2030-01-01"};
	static const char *const files[] = {"a", "--check", "--", "--b"};
	static const char *const number[] = {"z", "--serial", "7"};
	(void)state;
	expect_words(
		"held approve", plain, 5,
		"{\"id\":\"z@1-0\",\"reason\":\"agreed in review\",\"keep_branding\":true,\"until\":\"2030-01-01\"}");
	expect_words("format", files, 4, "{\"files\":[\"a\",\"--b\"],\"check\":true}");
	expect_words("zone dump", number, 3, "{\"zone\":\"z\",\"serial\":7}");
}

static void wrong_words_are_named(void **state)
{
	static const char *const extra[] = {"a", "b"};
	static const char *const option[] = {"--force"};
	static const char *const value[] = {"--serial"};
	static const char *const slip[] = {"--seiral", "7"};
	static const char *const number[] = {"--serial", "x7"};
	struct bns_diag diag = {.text = ""};
	(void)state;
	assert_null(read("zone log", extra, 2, &diag));
	assert_string_equal(diag.text, "'b' is one word too many");
	assert_null(read("zone log", option, 1, &diag));
	assert_string_equal(diag.text, "unknown option '--force'");
	assert_null(read("zone dump", slip, 2, &diag));
	assert_string_equal(diag.text, "unknown option '--seiral'; did you mean '--serial'?");
	assert_null(read("zone dump", value, 1, &diag));
	assert_string_equal(diag.text, "option '--serial' needs a value: N");
	assert_null(read("zone dump", number, 2, &diag));
	assert_string_equal(diag.text, "N must be a number, not 'x7'");
}

static void verb_usage_shows_what_may_be_left_out(void **state)
{
	char usage[256];
	(void)state;
	assert_string_equal(bns_verb_usage(bns_verb_find("held approve"), usage, sizeof(usage)),
			    "held approve ID --reason TEXT [--until TIME] [--keep-branding]");
	assert_string_equal(bns_verb_usage(bns_verb_find("zone reload"), usage, sizeof(usage)),
			    "zone reload [ZONE] [--no-wait]");
	assert_string_equal(bns_verb_usage(bns_verb_find("apply"), usage, sizeof(usage)),
			    "apply ZONEFILE --expect HASH [--no-wait]");
	char small[8];
	assert_true(strlen(bns_verb_usage(bns_verb_find("held approve"), small, sizeof(small))) < sizeof(small));
}

static char *read_source(const char *name)
{
	char path[4096];
	char *text = NULL;
	size_t len = 0;
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	ssize_t n = getdelim(&text, &len, '\0', f);
	fclose(f);
	assert_true(n > 0);
	return text;
}

static void every_method_is_documented_and_nothing_else(void **state)
{
	char *doc = read_source("docs/control.md");
	size_t methods = 0;
	size_t headings = 0;
	const struct bns_verb *v;
	(void)state;
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		char heading[BNS_METHOD_MAX + 16];
		char method[BNS_METHOD_MAX];
		if (!v->run)
			continue;
		methods++;
		snprintf(heading, sizeof(heading), "\n### `%s`\n", bns_verb_method(v->words, method));
		if (!strstr(doc, heading))
			fail_msg("docs/control.md has no section on %s", method);
		for (const struct bns_param *p = v->params; p->name; p++) {
			snprintf(heading, sizeof(heading), "`%s`", p->name);
			if (!strstr(doc, heading))
				fail_msg("docs/control.md doesn't mention parameter %s of %s", p->name, method);
		}
	}
	for (const char *p = doc; (p = strstr(p, "\n### `")); p++)
		headings++;
	assert_int_equal(headings, methods);
	free(doc);
}

static void every_verb_is_in_the_manual_page_with_its_options(void **state)
{
	char *page = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&page, &len);
	const struct bns_verb *v;
	(void)state;
	assert_non_null(out);
	bns_verbs_man(out, false);
	bns_verbs_man(out, true);
	fclose(out);
	for (size_t i = 0; (v = bns_verb_at(i)); i++) {
		char line[128];
		snprintf(line, sizeof(line), "\n.B %s", v->words);
		for (char *p = line; (p = strchr(p, '-')); p += 2) {
			memmove(p + 1, p, strlen(p) + 1);
			*p = '\\';
		}
		if (!strstr(page, line) != ((v->flags & BNS_VERB_STREAM) != 0))
			fail_msg("%s stands in the page, or doesn't, and should be otherwise", v->words);
	}
	assert_non_null(strstr(page, "\n.B \\-\\-keep\\-branding\nTake the rest of the change, "));
	assert_non_null(strstr(page, "\n.B zone notify ZONE *\nSend NOTIFY to the zone's secondaries.\n"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_found_by_its_words_and_its_method),
		cmocka_unit_test(what_changes_something_needs_an_admin),
		cmocka_unit_test(verb_match_takes_the_longest_row),
		cmocka_unit_test(verb_nearest_forgives_a_slip_only),
		cmocka_unit_test(params_check_takes_names_and_positions),
		cmocka_unit_test(params_check_names_what_is_wrong),
		cmocka_unit_test(words_become_params_in_any_order),
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(verb_usage_shows_what_may_be_left_out),
		cmocka_unit_test(every_method_is_documented_and_nothing_else),
		cmocka_unit_test(every_verb_is_in_the_manual_page_with_its_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
