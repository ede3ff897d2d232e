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

/*
 * The same in two steps, the file being nobody else's meanwhile: first the databases of these names (ends with NULL;
 * NULL: all of them), then the rest, on any thread. A walk that has begun well is freed once.
 */
struct bns_store_walk;
enum bns_error bns_store_walk_begin(int fd, const struct bns_store_heads *heads, size_t txn, const char *const *names,
				    struct bns_store_walk **out, char why[BNS_STORE_WHY_MAX]) BNS_MUST_CHECK;
enum bns_error bns_store_walk_rest(struct bns_store_walk *w, char why[BNS_STORE_WHY_MAX]) BNS_MUST_CHECK;
void bns_store_walk_free(struct bns_store_walk *w);

#endif
