/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	struct bns_arena arena;

	(void)state;
	bns_arena_init(&arena);
	for (size_t size = 1; size < 200; size++) {
		uint8_t *odd = bns_arena_bytes(&arena, 1);
		uint8_t *p = bns_arena_alloc(&arena, size);
		assert_non_null(odd);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		*odd = 0xff;
		memset(p, 0xff, size);
	}
	bns_arena_free(&arena);
}

static void pieces_never_overlap(void **state)
{
	enum { PIECES = 3000 };
	static uint32_t *piece[PIECES];
	struct bns_arena arena;

	(void)state;
	bns_arena_init(&arena);
	for (uint32_t i = 0; i < PIECES; i++) {
		size_t words = 1 + i % 700;
		piece[i] = bns_arena_bytes(&arena, words * sizeof(uint32_t));
		assert_non_null(piece[i]);
		for (size_t k = 0; k < words; k++)
			memcpy(piece[i] + k, &i, sizeof(i));
	}
	for (uint32_t i = 0; i < PIECES; i++) {
		for (size_t k = 0; k < 1 + i % 700; k++)
			assert_memory_equal(piece[i] + k, &i, sizeof(i));
	}
	bns_arena_free(&arena);
}

static void large_piece_leaves_the_current_block_in_use(void **state)
{
	struct bns_arena arena;

	(void)state;
	bns_arena_init(&arena);
	char *before = bns_arena_bytes(&arena, 10);
	assert_non_null(bns_arena_alloc(&arena, 5000000));
	char *after = bns_arena_bytes(&arena, 10);
	assert_ptr_equal(after, before + 10);
	bns_arena_free(&arena);
}

static void used_bytes_count_what_was_handed_out(void **state)
{
	struct bns_arena arena;

	(void)state;
	bns_arena_init(&arena);
	assert_non_null(bns_arena_bytes(&arena, 3));
	assert_non_null(bns_arena_alloc(&arena, 20));
	assert_non_null(bns_arena_bytes(&arena, 100000));
	assert_int_equal(arena.used_bytes, 100023);
	bns_arena_free(&arena);
	assert_int_equal(arena.used_bytes, 0);
}

static void copies_are_equal_and_apart(void **state)
{
	struct bns_arena arena;
	char text[] = "one";

	(void)state;
	bns_arena_init(&arena);
	char *copy = bns_arena_strdup(&arena, text);
	uint8_t *bytes = bns_arena_dup(&arena, "a\0b", 3);
	text[0] = 'X';
	assert_string_equal(copy, "one");
	assert_memory_equal(bytes, "a\0b", 3);
	assert_non_null(bns_arena_dup(&arena, NULL, 0));
	bns_arena_free(&arena);
}

static void arena_is_usable_after_free(void **state)
{
	struct bns_arena arena;

	(void)state;
	bns_arena_init(&arena);
	for (int i = 0; i < 3; i++) {
		assert_non_null(bns_arena_alloc(&arena, 100));
		bns_arena_free(&arena);
		assert_null(arena.head);
	}
}

static void impossible_size_yields_null(void **state)
{
	struct bns_arena arena;

	(void)state;
	bns_arena_init(&arena);
	assert_null(bns_arena_bytes(&arena, SIZE_MAX));
	assert_non_null(bns_arena_bytes(&arena, 1));
	assert_null(bns_arena_alloc(&arena, SIZE_MAX - 8));
	assert_int_equal(arena.used_bytes, 1);
	bns_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(pieces_never_overlap),
		cmocka_unit_test(large_piece_leaves_the_current_block_in_use),
		cmocka_unit_test(used_bytes_count_what_was_handed_out),
		cmocka_unit_test(copies_are_equal_and_apart),
		cmocka_unit_test(arena_is_usable_after_free),
		cmocka_unit_test(impossible_size_yields_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
