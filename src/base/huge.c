/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/huge.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static size_t whole(size_t bytes)
{
	return (bytes + BNS_HUGE_BYTES - 1) & ~(BNS_HUGE_BYTES - 1);
}

/* More than is wanted, so that a boundary lies in it; what is before and behind goes back. */
static uint8_t *map_aligned(size_t size)
{
	uint8_t *map = mmap(NULL, size + BNS_HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)map & (BNS_HUGE_BYTES - 1);
	if (before > 0)
		munmap(map, before);
	if (before < BNS_HUGE_BYTES)
		munmap(map + before + size, BNS_HUGE_BYTES - before);
	return map + before;
}

void *bns_huge_alloc(size_t bytes)
{
	if (bytes > SIZE_MAX - 2 * BNS_HUGE_BYTES)
		return NULL;
	if (bytes < BNS_HUGE_BYTES)
		return calloc(1, bytes ? bytes : 1);
	uint8_t *memory = map_aligned(whole(bytes));
	/* A system without large pages has small ones. */
	if (memory)
		(void)madvise(memory, whole(bytes), MADV_HUGEPAGE);
	return memory;
}

void bns_huge_free(void *memory, size_t bytes)
{
	if (bytes < BNS_HUGE_BYTES)
		free(memory);
	else if (memory)
		munmap(memory, whole(bytes));
}
