/* SPDX-License-Identifier: BSD-3-Clause */
/* A folder of its own with a configuration in it. */
#ifndef BNS_TESTS_CONF_FIXTURE_H
#define BNS_TESTS_CONF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"

struct conf_fixture {
	char folder[64];
	char back[256];
	struct bns_conf *conf;
	struct bns_diag diag;
};

/* The tests' working folder: what is written and read there has short, predictable names. */
static inline int conf_set_up(void **state)
{
	struct conf_fixture *f = calloc(1, sizeof(*f));
	*state = f;
	snprintf(f->folder, sizeof(f->folder), "/tmp/brandns-conf.XXXXXX");
	umask(077);
	return !getcwd(f->back, sizeof(f->back)) || !mkdtemp(f->folder) || chdir(f->folder);
}

static inline int conf_tear_down(void **state)
{
	struct conf_fixture *f = *state;
	char command[96];
	bns_conf_free(f->conf);
	int rc = chdir(f->back);
	snprintf(command, sizeof(command), "rm -rf %s", f->folder);
	rc |= system(command);
	free(f);
	return rc;
}

static inline void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* tests/conf/example.yaml; returns its length. */
static inline size_t read_example(char *text, size_t cap)
{
	char path[512];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/tests/conf/example.yaml", top ? top : ".");
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t len = fread(text, 1, cap - 1, file);
	fclose(file);
	assert_in_range(len, 1, cap - 2);
	text[len] = '\0';
	return len;
}

static inline enum bns_error load_text(struct conf_fixture *f, const char *text)
{
	bns_conf_free(f->conf);
	f->conf = NULL;
	write_file("main.yaml", text);
	return bns_conf_load("main.yaml", &f->conf, &f->diag);
}

static inline const struct bns_conf *load_ok(struct conf_fixture *f, const char *text)
{
	char why[1024];
	if (load_text(f, text))
		fail_msg("%s", bns_diag_format(&f->diag, why, sizeof(why)));
	return f->conf;
}

static inline void assert_refused(struct conf_fixture *f, const char *text, const char *message)
{
	char got[1024];
	enum bns_error err = load_text(f, text);
	if (!err)
		fail_msg("accepted: %s", text);
	assert_string_equal(bns_diag_format(&f->diag, got, sizeof(got)), message);
}

/* A path in the tests' folder; symbolic links in /tmp itself don't matter. */
static inline void assert_path(struct conf_fixture *f, const char *path, const char *relative)
{
	char expected[512], *real = realpath(f->folder, NULL);
	assert_non_null(path);
	assert_non_null(real);
	snprintf(expected, sizeof(expected), "%s/%s", real, relative);
	free(real);
	assert_string_equal(path, expected);
}

#define CONF_TEST(name) cmocka_unit_test_setup_teardown(name, conf_set_up, conf_tear_down)

#endif
