/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is the file of the store whole? Looked at without LMDB, which would follow
 * whatever a damaged page says. Thread: any.
 */
#ifndef BNS_STORE_STORE_TREE_H
#define BNS_STORE_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BNS_STORE_WHY_MAX 128

/* The two heads of the file as they were read. */
struct bns_store_heads {
	uint64_t meta[64];
};

/* False: this is no LMDB file, or its beginning is lost. */
bool bns_store_tree_heads(int fd, struct bns_store_heads *heads);

/*
 * Walks all trees of transaction `txn` (0: the latest). Where the file is in
 * use, a read transaction with that number must be open, and BNS_EBUSY says
 * that neither head belongs to it. BNS_EDAMAGED: `why` names the page and what
 * is wrong with it.
 */
enum bns_error bns_store_tree_check(int fd, const struct bns_store_heads *heads, size_t txn,
				    char why[BNS_STORE_WHY_MAX]) BNS_MUST_CHECK;

#endif
