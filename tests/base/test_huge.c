/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/huge.h"

static void memory_of_any_size_is_zeroed_and_ours(void **state)
{
	static const size_t sizes[] = {
		0, 1, 4096, BNS_HUGE_BYTES - 1, BNS_HUGE_BYTES, BNS_HUGE_BYTES + 1, 3 * BNS_HUGE_BYTES};
	(void)state;
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		uint8_t *memory = bns_huge_alloc(sizes[k]);
		assert_non_null(memory);
		for (size_t i = 0; i < sizes[k]; i += 997)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, sizes[k]);
		bns_huge_free(memory, sizes[k]);
	}
}

static void large_memory_begins_at_a_boundary(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		void *memory = bns_huge_alloc(BNS_HUGE_BYTES + i);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % BNS_HUGE_BYTES, 0);
		bns_huge_free(memory, BNS_HUGE_BYTES + i);
	}
}

static void more_than_there_can_be_is_null(void **state)
{
	(void)state;
	assert_null(bns_huge_alloc(SIZE_MAX));
	bns_huge_free(NULL, BNS_HUGE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_any_size_is_zeroed_and_ours),
		cmocka_unit_test(large_memory_begins_at_a_boundary),
		cmocka_unit_test(more_than_there_can_be_is_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
