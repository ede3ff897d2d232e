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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
