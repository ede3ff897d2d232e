/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store as a file: looked at, copied, compacted by who isn't the daemon.
 * Looking and copying go on beside a daemon that uses it: LMDB keeps the pages
 * of a reader's version, and the file grows meanwhile by what is changed.
 * Thread: one.
 */
#ifndef BNS_STORE_STORE_COPY_H
#define BNS_STORE_STORE_COPY_H

#include "store/store.h"

struct bns_store_view;

/*
 * Opens FOLDER/data.mdb for reading, as of now, and looks at every page first.
 * Writes nothing. `diag` says what is wrong and the way out; BNS_EINVAL where
 * that is the file itself.
 */
enum bns_error bns_store_view_open(const char *folder, struct bns_store_view **out,
				   struct bns_diag *diag) BNS_MUST_CHECK;
void bns_store_view_close(struct bns_store_view *v);

unsigned bns_store_view_format(const struct bns_store_view *v);
uint64_t bns_store_view_bytes(const struct bns_store_view *v);

/* How many values bns_store_view_each will tell. */
size_t bns_store_view_count(struct bns_store_view *v);

/* "version": a database's name for people. */
const char *bns_store_view_name(enum bns_store_db db);

/* A key for messages, with \DDD for what isn't a printable character; returns `out`. */
#define BNS_STORE_KEY_TEXT_MAX 256
char *bns_store_key_to_text(const void *key, size_t len, char out[BNS_STORE_KEY_TEXT_MAX]);

/* Every value of every database. `damaged`: its digest doesn't fit. */
typedef void (*bns_store_view_fn)(void *arg, enum bns_store_db db, const uint8_t *key, size_t key_len,
				  const uint8_t *value, size_t len, bool damaged);
enum bns_error bns_store_view_each(struct bns_store_view *v, bns_store_view_fn each, void *arg) BNS_MUST_CHECK;

/* A copy takes the file's place only once it is whole; until then it is this one, beside it. */
#define BNS_STORE_PART_NAME "data.mdb.part"

/* A consistent copy in the new folder DEST, without free pages: a store to point database.storage at. */
enum bns_error bns_store_backup(const char *folder, const char *dest, struct bns_diag *diag) BNS_MUST_CHECK;

/* Gives the disk back what is free in the file. No daemon may use it. */
enum bns_error bns_store_compact(const char *folder, uint64_t *before_bytes, uint64_t *after_bytes,
				 struct bns_diag *diag) BNS_MUST_CHECK;

#endif
