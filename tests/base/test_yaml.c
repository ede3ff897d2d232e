/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/yaml.h"

static struct bns_yaml *parse(const char *text)
{
	struct bns_yaml *root = NULL;
	struct bns_diag diag = {0};
	enum bns_error err = bns_yaml_parse(text, strlen(text), "t.yaml", &root, &diag);

	if (err)
		fail_msg("%u:%u: %s", diag.line, diag.column, diag.text);
	return root;
}

/* The text is refused at that place with a sentence that holds `word`. */
static void refused(const char *text, unsigned line, unsigned column, const char *word)
{
	struct bns_yaml *root = NULL;
	struct bns_diag diag = {0};

	assert_int_equal(bns_yaml_parse(text, strlen(text), "t.yaml", &root, &diag), BNS_ESYNTAX);
	assert_null(root);
	assert_string_equal(diag.file, "t.yaml");
	assert_int_equal(diag.line, line);
	assert_int_equal(diag.column, column);
	if (!strstr(diag.text, word))
		fail_msg("\"%s\" lacks \"%s\"", diag.text, word);
}

static void tree_keeps_order_kinds_and_places(void **state)
{
	struct bns_yaml *root = parse("server:\n  listen: [a, \"b\"]\n  workers: 4\nzone: {}\n");
	const struct bns_yaml *server = root->child;
	const struct bns_yaml *listen = server->child;

	(void)state;
	assert_int_equal(root->kind, BNS_YAML_MAPPING);
	assert_int_equal(root->count, 2);
	assert_string_equal(server->key, "server");
	assert_string_equal(server->next->key, "zone");
	assert_int_equal(server->next->kind, BNS_YAML_MAPPING);
	assert_int_equal(server->next->count, 0);
	assert_int_equal(listen->kind, BNS_YAML_SEQUENCE);
	assert_int_equal(listen->key_line, 2);
	assert_int_equal(listen->key_column, 3);
	assert_int_equal(listen->line, 2);
	assert_int_equal(listen->column, 11);
	assert_string_equal(listen->file, "t.yaml");
	assert_string_equal(listen->child->text, "a");
	assert_false(listen->child->quoted);
	assert_null(listen->child->key);
	assert_string_equal(listen->child->next->text, "b");
	assert_true(listen->child->next->quoted);
	assert_string_equal(bns_yaml_get(server, "workers")->text, "4");
	assert_null(bns_yaml_get(server, "nothing"));
	assert_null(bns_yaml_get(listen, "workers"));
	bns_yaml_free(root);
}

static void mappings_in_a_sequence_are_items(void **state)
{
	struct bns_yaml *root = parse("key:\n  - id: k1\n    secret: x\n  - id: k2\n");
	const struct bns_yaml *first = root->child->child;

	(void)state;
	assert_int_equal(root->child->count, 2);
	assert_string_equal(bns_yaml_get(first, "id")->text, "k1");
	assert_string_equal(bns_yaml_get(first, "secret")->text, "x");
	assert_string_equal(bns_yaml_get(first->next, "id")->text, "k2");
	assert_int_equal(first->next->key_line, 4);
	bns_yaml_free(root);
}

static void value_left_empty_is_an_empty_text(void **state)
{
	struct bns_yaml *root = parse("a:\nb: 1\n");

	(void)state;
	assert_string_equal(root->child->text, "");
	assert_int_equal(root->count, 2);
	bns_yaml_free(root);
}

static void empty_file_is_an_empty_mapping(void **state)
{
	static const char *const texts[] = {"", "# nothing\n", "---\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bns_yaml *root = parse(texts[i]);
		assert_int_equal(root->kind, BNS_YAML_MAPPING);
		assert_int_equal(root->count, 0);
		assert_string_equal(root->file, "t.yaml");
		bns_yaml_free(root);
	}
}

static void duplicate_key_names_both_lines(void **state)
{
	(void)state;
	refused("a: 1\nb: 2\na: 3\n", 3, 1, "at line 1 and at line 3");
	refused("x:\n  - {c: 1, c: 2}\n", 2, 12, "\"c\" is given twice");
}

static void same_key_in_two_mappings_is_no_duplicate(void **state)
{
	(void)state;
	bns_yaml_free(parse("a: {id: 1}\nb: {id: 1}\nid: 1\n"));
}

static void anchors_aliases_and_tags_are_refused(void **state)
{
	(void)state;
	refused("a: &x 1\n", 1, 4, "anchors");
	refused("a: &x [1]\n", 1, 4, "anchors");
	refused("a: &x {b: 1}\n", 1, 4, "anchors");
	refused("a: 1\nb: *a\n", 2, 4, "aliases");
	refused("a: !!str 1\n", 1, 4, "tags");
	refused("a: !mine [1]\n", 1, 4, "tags");
	refused("&k a: 1\n", 1, 1, "anchors");
}

static void second_document_is_refused(void **state)
{
	(void)state;
	refused("a: 1\n---\nb: 2\n", 2, 1, "second document");
}

static void key_that_is_a_list_is_refused(void **state)
{
	(void)state;
	refused("? [a, b]\n: 1\n", 1, 3, "key must be a plain word");
}

static void nul_in_a_text_is_refused(void **state)
{
	(void)state;
	refused("a: \"x\\0y\"\n", 1, 4, "NUL");
}

static void thirty_two_levels_pass_and_one_more_is_refused(void **state)
{
	char text[80] = "";

	(void)state;
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	text[64] = '\0';
	bns_yaml_free(parse(text));
	memset(text, '[', 33);
	text[33] = '\0';
	refused(text, 1, 33, "32 levels");
}

static void broken_syntax_tells_the_place(void **state)
{
	(void)state;
	refused("a: [1, 2\nb: 3\n", 2, 2, "not YAML");
	refused("a: 1\n\tb: 2\n", 2, 1, "not YAML");
}

static void binary_rubbish_is_refused(void **state)
{
	struct bns_yaml *root = NULL;
	struct bns_diag diag = {0};

	(void)state;
	assert_int_equal(bns_yaml_parse("a: \xff\xfe\x01", 6, "t.yaml", &root, &diag), BNS_ESYNTAX);
	assert_non_null(strstr(diag.text, "UTF-8"));
}

static void file_is_read_and_named_in_messages(void **state)
{
	char path[] = "test_yaml_XXXXXX";
	struct bns_yaml *root = NULL;
	struct bns_diag diag = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	assert_int_equal(bns_yaml_load(path, &root, &diag), BNS_OK);
	assert_string_equal(root->file, path);
	bns_yaml_free(root);
	assert_int_equal(write(fd, "a: 2\n", 5), 5);
	assert_int_equal(bns_yaml_load(path, &root, &diag), BNS_ESYNTAX);
	assert_string_equal(diag.file, path);
	close(fd);
	unlink(path);
	assert_int_equal(bns_yaml_load(path, &root, &diag), BNS_ENOENT);
	assert_non_null(strstr(diag.text, "No such file"));
	assert_int_equal(bns_yaml_load(".", &root, &diag), BNS_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_keeps_order_kinds_and_places),
		cmocka_unit_test(mappings_in_a_sequence_are_items),
		cmocka_unit_test(value_left_empty_is_an_empty_text),
		cmocka_unit_test(empty_file_is_an_empty_mapping),
		cmocka_unit_test(duplicate_key_names_both_lines),
		cmocka_unit_test(same_key_in_two_mappings_is_no_duplicate),
		cmocka_unit_test(anchors_aliases_and_tags_are_refused),
		cmocka_unit_test(second_document_is_refused),
		cmocka_unit_test(key_that_is_a_list_is_refused),
		cmocka_unit_test(nul_in_a_text_is_refused),
		cmocka_unit_test(thirty_two_levels_pass_and_one_more_is_refused),
		cmocka_unit_test(broken_syntax_tells_the_place),
		cmocka_unit_test(binary_rubbish_is_refused),
		cmocka_unit_test(file_is_read_and_named_in_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
