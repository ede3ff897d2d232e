/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/error.h"

static void every_code_has_its_text(void **state)
{
	(void)state;
#define X(code, text) assert_string_equal(bns_strerror(code), text);
	BNS_ERRORS(X)
#undef X
	assert_string_equal(bns_strerror((enum bns_error)9999), "unknown error");
}

static void diag_format_shows_the_parts_that_are_known(void **state)
{
	struct bns_diag diag;
	char out[900];

	(void)state;
	bns_diag_set(&diag, "a.yaml", 3, 7, "bad %s", "thing");
	assert_string_equal(bns_diag_format(&diag, out, sizeof(out)), "a.yaml:3:7: bad thing");
	bns_diag_set(&diag, "a.yaml", 3, 0, "bad");
	assert_string_equal(bns_diag_format(&diag, out, sizeof(out)), "a.yaml:3: bad");
	bns_diag_set(&diag, "a.yaml", 0, 0, "bad");
	assert_string_equal(bns_diag_format(&diag, out, sizeof(out)), "a.yaml: bad");
	bns_diag_set(&diag, NULL, 0, 0, "bad");
	assert_string_equal(bns_diag_format(&diag, out, sizeof(out)), "bad");
}

static void diag_takes_null_and_cuts_what_is_too_long(void **state)
{
	struct bns_diag diag;
	char name[400];
	char out[8];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	bns_diag_set(NULL, "a", 1, 1, "nobody reads this");
	bns_diag_set(&diag, name, 1, 1, "%s%s", name, name);
	assert_int_equal(strlen(diag.file), sizeof(diag.file) - 1);
	assert_int_equal(strlen(diag.text), sizeof(diag.text) - 1);
	assert_string_equal(bns_diag_format(&diag, out, sizeof(out)), "nnnnnnn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_text),
		cmocka_unit_test(diag_format_shows_the_parts_that_are_known),
		cmocka_unit_test(diag_takes_null_and_cuts_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
