/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"

static int saved_stderr;
static int log_read;

/* Standard error is a pipe while a test runs, so that its lines can be read back. */
static int redirect(void **state)
{
	int ends[2];

	(void)state;
	if (pipe2(ends, O_NONBLOCK) != 0)
		return -1;
	saved_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_read = ends[0];
	unsetenv("JOURNAL_STREAM");
	bns_log_open(BNS_LOG_STDERR, "test");
	bns_log_set_level(BNS_LOG_INFO);
	return 0;
}

static int restore(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(log_read);
	return 0;
}

/* What was logged since the last call. */
static char *logged(void)
{
	static char text[8192];
	ssize_t n = read(log_read, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void name_our_stderr_as_the_journal(void)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	bns_log_open(BNS_LOG_STDERR, "test");
}

static void line_has_time_and_level(void **state)
{
	(void)state;
	bns_log(BNS_LOG_WARN, "zone %s", "example.com");
	char *text = logged();
	assert_int_equal(text[4], '-');
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[19], 'Z');
	assert_string_equal(text + 20, " warning: zone example.com\n");
}

static void journal_gets_a_level_prefix(void **state)
{
	(void)state;
	name_our_stderr_as_the_journal();
	bns_log(BNS_LOG_ERR, "gone");
	assert_string_equal(logged(), "<3>gone\n");
}

static void stderr_that_left_the_journal_has_no_prefix(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:1", 1);
	bns_log_open(BNS_LOG_STDERR, "test");
	bns_log(BNS_LOG_ERR, "gone");
	assert_null(strchr(logged(), '<'));
}

static void level_holds_back_what_is_below_it(void **state)
{
	(void)state;
	bns_log(BNS_LOG_DEBUG, "hidden");
	assert_string_equal(logged(), "");
	bns_log_set_level(BNS_LOG_DEBUG);
	assert_int_equal(bns_log_get_level(), BNS_LOG_DEBUG);
	bns_log(BNS_LOG_DEBUG, "shown");
	assert_non_null(strstr(logged(), "debug: shown\n"));
}

static void control_characters_cannot_forge_a_line(void **state)
{
	(void)state;
	name_our_stderr_as_the_journal();
	bns_log(BNS_LOG_INFO, "name %s", "a\n<2>forged\x1b[2J");
	assert_string_equal(logged(), "<6>name a <2>forged [2J\n");
}

static void long_line_is_cut_and_still_ends(void **state)
{
	static char text[6000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	name_our_stderr_as_the_journal();
	bns_log(BNS_LOG_INFO, "%s", text);
	char *line = logged();
	size_t len = strlen(line);
	assert_true(len <= 4096);
	assert_true(len > 4000);
	assert_int_equal(line[len - 1], '\n');
	assert_null(memchr(line, '\n', len - 1));
}

static void level_names_round_trip(void **state)
{
	static const enum bns_log_level levels[] = {BNS_LOG_CRIT,   BNS_LOG_ERR,  BNS_LOG_WARN,
						    BNS_LOG_NOTICE, BNS_LOG_INFO, BNS_LOG_DEBUG};
	enum bns_log_level level;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(bns_log_level_from_text(bns_log_level_to_text(levels[i]), &level), BNS_OK);
		assert_int_equal(level, levels[i]);
	}
	assert_int_equal(bns_log_level_from_text("error", &level), BNS_OK);
	assert_int_equal(level, BNS_LOG_ERR);
	assert_int_equal(bns_log_level_from_text("loud", &level), BNS_EINVAL);
}

/* ---- JSON ---- */

/* A member of the object that the text becomes; the whole must be JSON. */
static const char *member_of(const char *text, const char *key)
{
	static char value[512];
	char line[1024];
	size_t len = bns_log_to_json(BNS_LOG_WARN, "2026-11-23T00:00:00Z", text, line, sizeof(line));
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	if (!object)
		fail_msg("no JSON: %.*s", (int)len, line);
	const char *found = json_string_value(json_object_get(object, key));
	snprintf(value, sizeof(value), "%s", found ? found : "(none)");
	json_decref(object);
	return value;
}

static void json_has_event_pairs_and_the_rest(void **state)
{
	static const char line[] = "held zone=example.com serial=7 id=example.com@7-12345678 LB01: it a=b goes back";

	(void)state;
	assert_string_equal(member_of(line, "time"), "2026-11-23T00:00:00Z");
	assert_string_equal(member_of(line, "level"), "warning");
	assert_string_equal(member_of(line, "event"), "held");
	assert_string_equal(member_of(line, "zone"), "example.com");
	assert_string_equal(member_of(line, "serial"), "7");
	assert_string_equal(member_of(line, "text"), "LB01: it a=b goes back");
	assert_string_equal(member_of("zone=x.example NOTIFY from 192.0.2.1", "text"), "NOTIFY from 192.0.2.1");
	assert_string_equal(member_of("reload, by root(0)", "event"), "(none)");
	assert_string_equal(member_of("time=1 level=2 x", "text"), "time=1 level=2 x");
}

static void json_stays_json_whatever_a_name_holds(void **state)
{
	(void)state;
	assert_string_equal(member_of("a \"quote\" and \\ back", "text"), "a \"quote\" and \\ back");
	assert_string_equal(member_of("\xff\xc3 \xe2\x86\x92", "text"), "?? \xe2\x86\x92");
	assert_string_equal(member_of("tab\there", "text"), "tab here");
	assert_string_equal(member_of("", "text"), "(none)");
}

static void json_that_is_cut_is_still_json(void **state)
{
	char text[600], line[300];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = "\"\\\xc3\xa9z"[i % 5];
	text[sizeof(text) - 1] = '\0';
	for (size_t cap = 64; cap <= sizeof(line); cap++) {
		size_t len = bns_log_to_json(BNS_LOG_INFO, "2026-11-23T00:00:00Z", text, line, cap);
		json_t *object = json_loadb(line, len, 0, NULL);
		assert_in_range(len, 2, cap);
		if (!object)
			fail_msg("no JSON at %zu: %.*s", cap, (int)len, line);
		json_decref(object);
	}
}

static void json_is_written_where_it_is_wanted(void **state)
{
	(void)state;
	bns_log_set_format(BNS_LOG_JSON);
	bns_log(BNS_LOG_NOTICE, "served zone=%s", "a.example");
	bns_log_set_format(BNS_LOG_TEXT);
	const char *line = logged();
	assert_int_equal(line[0], '{');
	assert_non_null(strstr(line, "\"event\":\"served\",\"zone\":\"a.example\"}\n"));
}

/* ---- what strangers can cause ---- */

static void a_flood_of_lines_is_cut_off(void **state)
{
	unsigned lines = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		bns_log_limited(BNS_LOG_NOTICE, "refused number %u", i);
	for (const char *p = logged(); (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 20);
	/* Another place isn't held back by it. */
	bns_log_limited(BNS_LOG_NOTICE, "something else, a line that is long enough to lie elsewhere in memory");
	assert_non_null(strstr(logged(), "something else"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(line_has_time_and_level, redirect, restore),
		cmocka_unit_test_setup_teardown(journal_gets_a_level_prefix, redirect, restore),
		cmocka_unit_test_setup_teardown(stderr_that_left_the_journal_has_no_prefix, redirect, restore),
		cmocka_unit_test_setup_teardown(level_holds_back_what_is_below_it, redirect, restore),
		cmocka_unit_test_setup_teardown(control_characters_cannot_forge_a_line, redirect, restore),
		cmocka_unit_test_setup_teardown(long_line_is_cut_and_still_ends, redirect, restore),
		cmocka_unit_test(level_names_round_trip),
		cmocka_unit_test(json_has_event_pairs_and_the_rest),
		cmocka_unit_test(json_stays_json_whatever_a_name_holds),
		cmocka_unit_test(json_that_is_cut_is_still_json),
		cmocka_unit_test_setup_teardown(json_is_written_where_it_is_wanted, redirect, restore),
		cmocka_unit_test_setup_teardown(a_flood_of_lines_is_cut_off, redirect, restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
