/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace.h"

struct folder {
	char path[64];
	char file[96];
	char link[96];
};

static int set_up(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));
	*state = f;
	strcpy(f->path, "/tmp/brandns-replace.XXXXXX");
	if (!mkdtemp(f->path))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/file", f->path);
	snprintf(f->link, sizeof(f->link), "%s/link", f->path);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", ((struct folder *)*state)->path);
	free(*state);
	return system(command);
}

static void expect_text(const char *path, const char *wanted)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static size_t files_in(const struct folder *f)
{
	char pattern[96];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/*", f->path);
	size_t n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return n;
}

static void a_new_file_follows_the_umask(void **state)
{
	const struct folder *f = *state;
	struct stat st;
	mode_t was = umask(027);
	assert_int_equal(bns_replace_text(f->file, "new\n"), BNS_OK);
	umask(was);
	expect_text(f->file, "new\n");
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_replaced_file_keeps_its_mode_and_its_link(void **state)
{
	const struct folder *f = *state;
	struct stat st;
	assert_int_equal(bns_replace_text(f->file, "old\n"), BNS_OK);
	assert_int_equal(chmod(f->file, 0604), 0);
	assert_int_equal(symlink("file", f->link), 0);
	assert_int_equal(bns_replace_text(f->link, "new\n"), BNS_OK);
	expect_text(f->file, "new\n");
	assert_int_equal(lstat(f->link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0604);
	assert_int_equal(files_in(f), 2);
}

static void what_was_not_good_leaves_no_trace(void **state)
{
	const struct folder *f = *state;
	struct bns_replace r;
	assert_int_equal(bns_replace_text(f->file, "old\n"), BNS_OK);
	assert_int_equal(bns_replace_begin(f->file, &r), BNS_OK);
	fputs("half", r.out);
	expect_text(f->file, "old\n");
	errno = 0;
	assert_int_not_equal(bns_replace_end(&r, false), BNS_OK);
	expect_text(f->file, "old\n");
	assert_int_equal(files_in(f), 1);
}

static void a_missing_folder_is_said(void **state)
{
	struct folder *f = *state;
	strcat(f->file, "/deeper");
	assert_int_equal(bns_replace_text(f->file, "x"), BNS_ENOENT);
	assert_int_equal(errno, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_follows_the_umask),
		TEST(a_replaced_file_keeps_its_mode_and_its_link),
		TEST(what_was_not_good_leaves_no_trace),
		TEST(a_missing_folder_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
