/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The embedded store: LMDB, one writer thread, synced group commits (of what
 * came while the former one was synced). Values are copied in and out; no read
 * transaction outlives its call. Keys are octet strings of at most 511. Each value carries
 * a digest: what doesn't fit it is never handed out.
 * Thread: main loop, except where said.
 */
#ifndef BNS_STORE_STORE_H
#define BNS_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

/* The named databases inside the file. */
enum bns_store_db {
	BNS_DB_META,     /* "format" → version of the layout */
	BNS_DB_ZONE,     /* zone wire name → store/zone_record.h */
	BNS_DB_VERSION,  /* zone wire name + sequence, big endian, see zone_record → encoded contents: the newest two,
			    and those the journal doesn't lead back to */
	BNS_DB_UPSTREAM, /* zone wire name → unamended upstream contents, where they differ from what is served */
	BNS_DB_CANDIDATE,      /* candidate id → JSON */
	BNS_DB_CANDIDATE_DATA, /* candidate id → encoded contents */
	BNS_DB_AUDIT,          /* sequence, 8 octets big endian → JSON line */
	BNS_DB_PLUGIN,         /* plugin name, 0, key → value */
	BNS_DB_MEMBER,         /* zone wire name → JSON, see gate/members.h: a zone that isn't in the configuration */
	BNS_DB_FILE,           /* zone wire name → which file its accepted version is, see gate/accepted_file.c */
	BNS_DB_JOURNAL, /* zone wire name + sequence → how that version came and what it changed, see gate/journal.c */
	BNS_DB_COUNT,
};

/* Raised with a row in store_format.c that brings the former format up to it. */
#define BNS_STORE_FORMAT  4
#define BNS_STORE_KEY_MAX 511

#define BNS_STORE_LINGER_MS 5

struct bns_store;
struct bns_store_txn; /* changes that are made durable together */

/*
 * Opens or creates FOLDER/data.mdb. A missing folder is created when its
 * parent exists. `diag` names the folder and the way out: missing parent, no
 * permission, another process holds it (a lock file), a newer format, damage.
 * Of a large file only what the daemon needs first is looked at before this
 * returns (store_look.c): what else is damaged is logged when it is found, is
 * BNS_EIO to who reads it, and nothing is written from then on.
 */
enum bns_error bns_store_open(const char *folder, uint64_t max_size_bytes, uv_loop_t *loop, struct bns_store **out,
			      struct bns_diag *diag) BNS_MUST_CHECK;

/* Commits what is queued, stops the writer, calls outstanding callbacks, closes. Run the loop once more after it. */
void bns_store_close(struct bns_store *s);

/* One transaction is filled by one caller, then committed or dropped. NULL when memory is short. */
struct bns_store_txn *bns_store_begin(struct bns_store *s);
enum bns_error bns_store_put(struct bns_store_txn *txn, enum bns_store_db db, const void *key, size_t key_len,
			     const void *value, size_t len) BNS_MUST_CHECK;
enum bns_error bns_store_del(struct bns_store_txn *txn, enum bns_store_db db, const void *key,
			     size_t key_len) BNS_MUST_CHECK;
void bns_store_drop(struct bns_store_txn *txn);

typedef void (*bns_store_done_fn)(void *arg, enum bns_error err, const char *reason);

/*
 * Queues the transaction; transactions are durable in the order of commit.
 * `done` (NULL allowed) is called on the main loop after the sync, with
 * BNS_OK, BNS_EFULL (disk or max-size; `reason` names which) or BNS_EIO. A
 * failed transaction left nothing behind, and does not fail its neighbours in
 * the group. One without `done`, for which nobody waits, waits itself for
 * company, BNS_STORE_LINGER_MS at most: what comes meanwhile is synced with
 * it, not after it. Nothing acknowledged can be lost by that: who acknowledges
 * has a `done`, which comes after a sync that covers all before it.
 */
void bns_store_commit(struct bns_store_txn *txn, bns_store_done_fn done, void *arg);

/*
 * Reads what is durable. `*value` is the caller's to free(); BNS_ENOENT where
 * there is none, BNS_EDAMAGED where its digest doesn't fit: the disk has
 * changed what was written.
 */
enum bns_error bns_store_get(struct bns_store *s, enum bns_store_db db, const void *key, size_t key_len, void **value,
			     size_t *len) BNS_MUST_CHECK;

/*
 * Walks the keys that begin with `prefix`, ascending (`reverse`: descending),
 * until `each` returns false. `each` must not write or commit; key and value
 * are valid during the call. A damaged value is left out and logged.
 */
typedef bool (*bns_store_each_fn)(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len);
enum bns_error bns_store_each(struct bns_store *s, enum bns_store_db db, const void *prefix, size_t prefix_len,
			      bool reverse, bns_store_each_fn each, void *arg) BNS_MUST_CHECK;

/* How many damaged values were met since it was opened. */
uint64_t bns_store_damaged(const struct bns_store *s);

/* Bytes in use and allowed. */
void bns_store_usage(struct bns_store *s, uint64_t *used_bytes, uint64_t *max_bytes);

/* Is the folder still the one that was opened? False when it was removed or replaced under us. */
bool bns_store_intact(struct bns_store *s);

/*
 * The audit: what was decided, by whom. Queues `json_line` with the next
 * sequence number into `txn`; the oldest goes where there are more than
 * BNS_STORE_AUDIT_KEPT, or than bns_store_set_audit_kept says.
 */
#define BNS_STORE_AUDIT_KEPT 1000000
void bns_store_set_audit_kept(struct bns_store *s, uint64_t lines);
enum bns_error bns_store_audit(struct bns_store *s, struct bns_store_txn *txn, const char *json_line) BNS_MUST_CHECK;

#endif
