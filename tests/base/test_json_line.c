/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/json_line.h"

static void write_all(struct bns_json_line *l, char *out, size_t cap, const char *text)
{
	bns_json_line_begin(l, out, cap);
	bns_json_line_text(l, "text", text);
	bns_json_line_number(l, "number", INT64_MIN);
	bns_json_line_raw(l, "list", "[]");
}

static void a_json_line_is_what_jansson_writes(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "example.com", "a\\046b\"c\"", "\\", "\"", "a b~"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char out[256];
		struct bns_json_line l;
		write_all(&l, out, sizeof(out), texts[i]);
		assert_true(bns_json_line_end(&l));
		json_t *o = json_pack("{s:s, s:I, s:[]}", "text", texts[i], "number", (json_int_t)INT64_MIN, "list");
		char *text = json_dumps(o, JSON_COMPACT);
		assert_string_equal(out, text);
		free(text);
		json_decref(o);
	}
}

static void a_json_line_leaves_what_is_not_plain_to_others(void **state)
{
	(void)state;
	static const char *const texts[] = {"\n", "a\x7f", "\xc3\xbc", "x\x01y"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char out[256];
		struct bns_json_line l;
		write_all(&l, out, sizeof(out), texts[i]);
		assert_false(bns_json_line_end(&l));
	}
}

static void a_json_line_that_does_not_fit_says_so(void **state)
{
	(void)state;
	char whole[256];
	struct bns_json_line l;
	write_all(&l, whole, sizeof(whole), "example.com");
	assert_true(bns_json_line_end(&l));
	for (size_t cap = 1; cap <= l.len; cap++) {
		struct bns_json_line cut;
		char *room = malloc(cap); /* so that a sanitizer sees what is written behind it */
		assert_non_null(room);
		write_all(&cut, room, cap, "example.com");
		assert_false(bns_json_line_end(&cut));
		free(room);
	}
	write_all(&l, whole, strlen(whole) + 1, "example.com");
	assert_true(bns_json_line_end(&l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_line_is_what_jansson_writes),
		cmocka_unit_test(a_json_line_leaves_what_is_not_plain_to_others),
		cmocka_unit_test(a_json_line_that_does_not_fit_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
