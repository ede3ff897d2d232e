/* SPDX-License-Identifier: BSD-3-Clause */
/* What is read without libyaml is the tree that libyaml gives, place by place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml_plain.h"

#define MUTATIONS 60000
#define TEXT_MAX  4096

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct bns_yaml *a, const struct bns_yaml *b)
{
	if (a->kind != b->kind || a->quoted != b->quoted || a->count != b->count || a->line != b->line ||
	    a->column != b->column || a->key_line != b->key_line || a->key_column != b->key_column ||
	    !same_text(a->key, b->key) || !same_text(a->text, b->text) || !same_text(a->file, b->file)) {
		print_message("%u:%u (%u:%u) %s: %s, and %u:%u (%u:%u) %s: %s\n", a->line, a->column, a->key_line,
			      a->key_column, a->key ? a->key : "", a->text ? a->text : "", b->line, b->column,
			      b->key_line, b->key_column, b->key ? b->key : "", b->text ? b->text : "");
		return false;
	}
	const struct bns_yaml *x = a->child, *y = b->child;
	for (; x && y; x = x->next, y = y->next)
		if (!same(x, y))
			return false;
	return !x && !y;
}

/* True where it is read without libyaml. */
static bool agree(const char *text, size_t len)
{
	struct bns_arena arena;
	struct bns_yaml plain, *slow = NULL;
	struct bns_diag diag = {.text = ""};
	bns_arena_init(&arena);
	bool taken = bns_yaml_plain(text, len, "y", &arena, &plain);
	if (taken) {
		enum bns_error err = bns_yaml_parse_slowly(text, len, "y", &slow, &diag);
		if (err || !same(&plain, slow))
			print_message("<<%.*s>>\n%u:%u %s\n", (int)len, text, diag.line, diag.column, diag.text);
		assert_int_equal(err, BNS_OK);
		assert_true(same(&plain, slow));
		bns_yaml_free(slow);
	}
	bns_arena_free(&arena);
	return taken;
}

static const char usual[] =
	"# a policy\n"
	"default: {on-change: hold, learn: true}\n"
	"gate: {LB37: note}   # moved often\n"
	"\n"
	"account:\n"
	"  - {id: bench, provider: sendgrid, region: global}\n"
	"  # between\n"
	"  - id: other\n"
	"    note: two words and 10:30, not more\n"
	"    list: [a, \"b c; d\", c/d]\n"
	"    deep:\n"
	"      deeper: {a: [], b: {}, c: {d: [x, {e: f}]}}\n"
	"branding:\n"
	"- {host: url1.example.com, owner: 123.example.com, target: [d1.cdn.example], routed: true}\n"
	"- plain word\n"
	"- \"\"\n"
	"server:\n"
	"  listen: [127.0.0.1@53, a:b]\n"
	"  user: nobody\n";

static void what_programs_write_is_read_without_libyaml(void **state)
{
	(void)state;
	char text[sizeof(usual)];
	strcpy(text, usual);
	char *comma = strstr(text, ", not");
	comma[0] = ';'; /* what isn't taken in a word */
	assert_false(agree(text, strlen(text)));
	comma[0] = ' ';
	assert_true(agree(text, strlen(text)));
	assert_true(agree(text, strlen(text) - 1));
}

static void what_is_not_simple_is_left_to_libyaml(void **state)
{
	(void)state;
	static const char *const rare[] = {
		"a: &x b\n",   "a: *x\n",       "a: !t b\n",   "a: |\n  b\n",  "a: >\n  b\n",   "a:\n",
		"- a\n",       "a: b\n c: d\n", "a: b\n  c\n", "a: 'b'\n",     "a: \"b\\n\"\n", "a: {b: c\n",
		"a: [b,]\n",   "a: {b}\n",      "? a\n: b\n",  "a: b\na: c\n", "--- \na: b\n",  "a: \xc3\xbc\n",
		"a:\tb\n",     "a: b: c\n",     "a: [b: c]\n", "a: {b: c}d\n", "a: b\n...\n",   "",
		"# nothing\n", "a: ~\n",        "\"a\": b\n",
	};
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++) {
		if (agree(rare[i], strlen(rare[i])))
			print_message("<<%s>>\n", rare[i]);
		assert_false(agree(rare[i], strlen(rare[i])));
	}
}

static const char *const pieces[] = {
	"\n",   " ",      "  ",     "#",     " #",       ":",     ": ",       ",",           ", ",   "{",
	"}",    "[",      "]",      "- ",    "-",        "\"",    "'",        "\\",          "&a",   "*a",
	"!a",   "|",      ">",      "?",     "? ",       "%",     "@",        "`",           "~",    "...",
	"---",  "a: b",   "a",      "1",     "\t",       "\r\n",  "=",        "<<:",         "\n\n", "\n  ",
	"\n- ", "a:",     ": a",    "[]",    "{}",       "\"a\"", "\"a\": b", "http://a:1/", "a b",  "null",
	"0x1f", "\n    ", "x: [y]", "- - a", "\xc3\xbc", "_",     "/",        "+",           ";",    "(",
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A piece comes in, or takes the place of some octets; or some go. */
static size_t mutate(char text[TEXT_MAX], size_t len, uint64_t *state)
{
	size_t at = next_random(state) % (len + 1);
	size_t gone = next_random(state) % 3 ? 0 : next_random(state) % 12;
	const char *piece =
		next_random(state) % 8 ? pieces[next_random(state) % (sizeof(pieces) / sizeof(pieces[0]))] : "";
	size_t in = strlen(piece);
	gone = gone > len - at ? len - at : gone;
	memmove(text + at + in, text + at + gone, len - at - gone);
	memcpy(text + at, piece, in);
	return len - gone + in;
}

static void mutated_texts_are_the_same_trees(void **state)
{
	(void)state;
	uint64_t random = 20261124;
	unsigned taken = 0;
	for (unsigned i = 0; i < MUTATIONS; i++) {
		char text[TEXT_MAX];
		size_t len = strlen(usual);
		memcpy(text, usual, len);
		*(char *)memchr(text, ';', len) = 'x';
		memcpy((char *)memmem(text, len, ", not", 5), " now ", 5);
		for (uint64_t k = next_random(&random) % 3 + 1; k > 0; k--)
			len = mutate(text, len, &random);
		taken += agree(text, len);
	}
	assert_in_range(taken, MUTATIONS / 50, MUTATIONS);
}

static void a_mistake_is_told_by_libyaml(void **state)
{
	(void)state;
	struct bns_yaml *root;
	struct bns_diag diag = {.text = ""};
	const char *text = "a: b\nlist: [c, d]\na: e\n";
	assert_int_equal(bns_yaml_parse(text, strlen(text), "y", &root, &diag), BNS_ESYNTAX);
	assert_int_equal(diag.line, 3);
	assert_non_null(strstr(diag.text, "given twice"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_programs_write_is_read_without_libyaml),
		cmocka_unit_test(what_is_not_simple_is_left_to_libyaml),
		cmocka_unit_test(mutated_texts_are_the_same_trees),
		cmocka_unit_test(a_mistake_is_told_by_libyaml),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
