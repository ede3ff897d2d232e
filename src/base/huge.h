/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zeroed memory in large pieces, of pages as large as the system has for it: what a million zones have in common is
 * touched at random, and with small pages each touch would look its page up anew; the first one costs a fault besides.
 * Thread: any.
 */
#ifndef BNS_BASE_HUGE_H
#define BNS_BASE_HUGE_H

#include <stddef.h>

#define BNS_HUGE_BYTES ((size_t)2 << 20)

/* Of BNS_HUGE_BYTES or more it begins at a multiple of that; less is the allocator's. NULL when memory is short. */
void *bns_huge_alloc(size_t bytes);

/* With the same number; NULL is nothing. */
void bns_huge_free(void *memory, size_t bytes);

#endif
