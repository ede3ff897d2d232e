/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "main/ctl.h"
#include "main/ctl_report.h"
#include "main/ctl_sides.h"

/* Nobody listens there. */
static struct ctl ctl_here(void)
{
	return (struct ctl){.socket = "/nonexistent/control.sock", .batch = true};
}

static void expect_words(const char *line, size_t count, const char *const *wanted)
{
	struct bns_diag diag = {.text = ""};
	char **words;
	size_t n;
	assert_int_equal(ctl_words_split(line, &words, &n, &diag), BNS_OK);
	assert_int_equal(n, count);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(words[i], wanted[i]);
	ctl_words_free(words, n);
}

static void words_are_split_at_blanks(void **state)
{
	static const char *const wanted[] = {"zone", "reload", "example.com"};
	(void)state;
	expect_words("  zone\treload  example.com \r\n", 3, wanted);
	expect_words("", 0, NULL);
	expect_words(" \n", 0, NULL);
}

static void quotes_hold_words_together(void **state)
{
	static const char *const wanted[] = {"held", "--reason", "it's \"agreed\"", "", "a b", "c\\d"};
	(void)state;
	expect_words("held --reason 'it'\\''s \"agreed\"' '' a\\ b 'c\\d'", 6, wanted);
	static const char *const double_quoted[] = {"a \"b\" #c"};
	expect_words("\"a \\\"b\\\" #c\"", 1, double_quoted);
}

static void comment_begins_a_word(void **state)
{
	static const char *const wanted[] = {"diff", "@192.0.2.1#5300"};
	(void)state;
	expect_words("# nothing but this\n", 0, NULL);
	expect_words("diff @192.0.2.1#5300 # and this", 2, wanted);
}

static void open_quote_is_an_error(void **state)
{
	struct bns_diag diag = {.text = ""};
	char **words;
	size_t n;
	(void)state;
	assert_int_equal(ctl_words_split("held 'x", &words, &n, &diag), BNS_ESYNTAX);
	assert_string_equal(diag.text, "the quote ' isn't closed");
}

static void worst_exit_code_follows_the_contract(void **state)
{
	static const enum ctl_exit order[] = {CTL_UNREACHABLE, CTL_ERROR, CTL_HELD, CTL_DIFFERS, CTL_DONE};
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(ctl_worse(order[i], order[k]), order[i < k ? i : k]);
	}
}

static enum ctl_exit exit_of(const char *verb, const char *json)
{
	json_t *result = json_loads(json, 0, NULL);
	assert_non_null(result);
	enum ctl_exit code = ctl_exit_of_result(verb, result);
	json_decref(result);
	return code;
}

static void outcomes_decide_the_exit_code(void **state)
{
	(void)state;
	assert_int_equal(exit_of("zone reload", "{\"zones\":[{\"outcome\":\"served\"},{\"outcome\":\"nothing-new\"}]}"),
			 0);
	assert_int_equal(exit_of("zone reload", "{\"zones\":[{\"outcome\":\"served\"},{\"outcome\":\"held\"}]}"), 3);
	assert_int_equal(exit_of("zone refresh", "{\"zones\":[{\"outcome\":\"held\"},{\"outcome\":\"refused\"}]}"), 1);
	assert_int_equal(exit_of("zone refresh", "{\"zones\":[{\"outcome\":\"failed\"}]}"), 1);
	assert_int_equal(exit_of("zone refresh", "{\"zones\":[{\"outcome\":\"rejected\"}]}"), 3);
	assert_int_equal(exit_of("apply", "{\"zones\":[{\"outcome\":\"mismatch\"}]}"), 1);
	assert_int_equal(exit_of("zone remove", "{\"zones\":[{\"outcome\":\"removed\"}]}"), 0);
	assert_int_equal(exit_of("zone remove", "{\"zones\":[{\"outcome\":\"held\"}]}"), 3);
	assert_int_equal(exit_of("held reject", "{\"outcome\":\"rejected\"}"), 0);
	assert_int_equal(exit_of("held approve", "{\"outcome\":\"served\"}"), 0);
	assert_int_equal(exit_of("zone status", "{\"zones\":[{\"zone\":\"a\"}]}"), 0);
}

static void verdicts_decide_the_exit_code_of_a_diff(void **state)
{
	(void)state;
	assert_int_equal(ctl_exit_of_verdict("none"), CTL_DONE);
	assert_int_equal(ctl_exit_of_verdict("pass"), CTL_DIFFERS);
	assert_int_equal(ctl_exit_of_verdict("amend"), CTL_DIFFERS);
	assert_int_equal(ctl_exit_of_verdict("hold"), CTL_HELD);
	assert_int_equal(ctl_exit_of_verdict("refuse"), CTL_HELD);
	assert_int_equal(ctl_exit_of_verdict("something new"), CTL_HELD);
}

static enum ctl_exit run_batch(struct ctl *ctl, const char *text)
{
	char copy[256];
	strcpy(copy, text);
	FILE *in = fmemopen(copy, strlen(copy), "r");
	assert_non_null(in);
	enum ctl_exit code = ctl_batch(ctl, in);
	fclose(in);
	return code;
}

/* An error of the first line is worth less than the daemon of the second that can't be reached: it shows what ran. */
static void batch_stops_at_the_first_error(void **state)
{
	struct ctl ctl = ctl_here();
	(void)state;
	assert_int_equal(run_batch(&ctl, "# first\nzone\nstatus\n"), CTL_ERROR);
	ctl.keep_going = true;
	assert_int_equal(run_batch(&ctl, "zone\nstatus\n"), CTL_UNREACHABLE);
	assert_int_equal(run_batch(&ctl, "\n# nothing\n"), CTL_DONE);
}

static enum ctl_exit run_words(const char *a, const char *b, const char *c)
{
	struct ctl ctl = ctl_here();
	const char *words[] = {a, b, c};
	return ctl_run(&ctl, words, c ? 3 : b ? 2 : 1);
}

static void daemon_that_is_not_there_is_exit_4(void **state)
{
	(void)state;
	assert_int_equal(run_words("status", NULL, NULL), CTL_UNREACHABLE);
	assert_int_equal(run_words("branding", "list", NULL), CTL_UNREACHABLE);
	assert_int_equal(run_words("events", "--follow", NULL), CTL_UNREACHABLE);
}

static void mistakes_are_exit_1_without_a_daemon(void **state)
{
	(void)state;
	assert_int_equal(run_words("staus", NULL, NULL), CTL_ERROR);
	assert_int_equal(run_words("zone", "relaod", NULL), CTL_ERROR);
	assert_int_equal(run_words("zone", NULL, NULL), CTL_ERROR);
	assert_int_equal(run_words("zone", "dump", NULL), CTL_ERROR);
	assert_int_equal(run_words("status", "--loud", NULL), CTL_ERROR);
	assert_int_equal(run_words("check-zone", "/nonexistent", NULL), CTL_ERROR);
	assert_int_equal(run_words("diff", "@192.0.2.1", "@192.0.2.2"), CTL_ERROR);
}

static json_t *report(const char *zone, const char *hash, const char *verdict)
{
	return json_pack("{s:i, s:s, s:s, s:i, s:i, s:[{s:s}], s:[], s:[], s:s}", "schema", 1, "zone", zone, "hash",
			 hash, "before_serial", 1, "after_serial", 2, "changes", "owner", "x.", "findings", "standing",
			 "verdict", verdict);
}

static void one_report_keeps_its_keys_at_the_top(void **state)
{
	json_t *reports = json_pack("[o]", report("a.example", "abc", "pass"));
	json_t *whole = ctl_report_merge(reports);
	(void)state;
	assert_string_equal(json_string_value(json_object_get(whole, "hash")), "abc");
	assert_string_equal(json_string_value(json_object_get(whole, "verdict")), "pass");
	assert_string_equal(json_string_value(json_object_get(whole, "zone")), "a.example");
	assert_int_equal(json_array_size(json_object_get(whole, "changes")), 1);
	assert_int_equal(json_array_size(json_object_get(whole, "zones")), 1);
	json_decref(whole);
	json_decref(reports);
}

static void several_reports_make_one_diff_with_the_strictest_verdict(void **state)
{
	json_t *reports = json_pack("[o, o]", report("a.example", "abc", "hold"), report("b.example", "def", "pass"));
	json_t *whole = ctl_report_merge(reports);
	const json_t *changes = json_object_get(whole, "changes");
	(void)state;
	assert_int_equal(json_integer_value(json_object_get(whole, "schema")), 1);
	assert_string_equal(json_string_value(json_object_get(whole, "verdict")), "hold");
	assert_int_equal(json_string_length(json_object_get(whole, "hash")), 64);
	assert_int_equal(json_array_size(changes), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(changes, 1), "zone")), "b.example");
	json_decref(whole);
	json_decref(reports);
}

static void serial_alone_is_noted(void **state)
{
	json_t *only = json_pack("{s:i, s:i, s:[]}", "before_serial", 1, "after_serial", 2, "changes");
	(void)state;
	ctl_report_complete(only, NULL);
	assert_string_equal(json_string_value(json_object_get(only, "note")), "the serial alone differs");
	json_decref(only);
}

static void tsig_key_is_read_as_dig_writes_it(void **state)
{
	struct ctl ctl = ctl_here();
	struct bns_tsig_key key;
	uint8_t name[BNS_NAME_MAX];
	size_t len;
	(void)state;
	assert_int_equal(bns_name_from_text("k1", NULL, name, &len), BNS_OK);
	assert_true(ctl_key_from_text(&ctl, "K1:c2VjcmV0", &key));
	assert_int_equal(key.algorithm, BNS_HMAC_SHA256);
	assert_int_equal(key.secret_len, 6);
	assert_memory_equal(key.secret, "secret", 6);
	assert_true(bns_name_equal(key.name, name));
	assert_true(ctl_key_from_text(&ctl, "hmac-sha512:k1:c2VjcmU=", &key));
	assert_int_equal(key.algorithm, BNS_HMAC_SHA512);
	assert_int_equal(key.secret_len, 5);
	assert_false(ctl_key_from_text(&ctl, "k1", &key));
	assert_false(ctl_key_from_text(&ctl, "k1:", &key));
	assert_false(ctl_key_from_text(&ctl, "k1:???", &key));
	assert_false(ctl_key_from_text(&ctl, "hmac-md5:k1:c2VjcmV0", &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_at_blanks),
		cmocka_unit_test(quotes_hold_words_together),
		cmocka_unit_test(comment_begins_a_word),
		cmocka_unit_test(open_quote_is_an_error),
		cmocka_unit_test(worst_exit_code_follows_the_contract),
		cmocka_unit_test(outcomes_decide_the_exit_code),
		cmocka_unit_test(verdicts_decide_the_exit_code_of_a_diff),
		cmocka_unit_test(batch_stops_at_the_first_error),
		cmocka_unit_test(daemon_that_is_not_there_is_exit_4),
		cmocka_unit_test(mistakes_are_exit_1_without_a_daemon),
		cmocka_unit_test(one_report_keeps_its_keys_at_the_top),
		cmocka_unit_test(several_reports_make_one_diff_with_the_strictest_verdict),
		cmocka_unit_test(serial_alone_is_noted),
		cmocka_unit_test(tsig_key_is_read_as_dig_writes_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
