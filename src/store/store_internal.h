/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the store share. The queue and the list of finished
 * transactions are the only things both threads touch; `mutex` guards them.
 */
#ifndef BNS_STORE_STORE_INTERNAL_H
#define BNS_STORE_STORE_INTERNAL_H

#include <lmdb.h>
#include <sys/types.h>

#include "store/store.h"

/* A group is what has come while the former one was made durable, up to: */
#define BNS_STORE_GROUP_TXNS  4000
#define BNS_STORE_GROUP_BYTES ((size_t)64 << 20)

#define BNS_STORE_REASON_MAX 512

struct bns_store_op {
	struct bns_store_op *next;
	enum bns_store_db db;
	bool del;
	size_t key_len;
	size_t len;
	uint8_t data[]; /* key, value, room for the seal */
};

struct bns_store_txn {
	struct bns_store_txn *next;
	struct bns_store *store;
	struct bns_store_op *first;
	struct bns_store_op **end;
	size_t size_bytes;
	bns_store_done_fn done;
	void *arg;
	int status; /* LMDB's or errno, once written */
};

struct bns_store_list {
	struct bns_store_txn *first;
	struct bns_store_txn **end;
	size_t count;
};

struct bns_store {
	/* Replaced by the writer after a failed write that LMDB doesn't get over; NULL while that can't be done. */
	uv_rwlock_t env_lock;
	MDB_env *env;
	MDB_dbi dbi[BNS_DB_COUNT];
	char *folder;
	char *data_path;
	int lock_fd;
	uint64_t max_size_bytes;
	uint64_t audit_next;
	bool audit_known; /* audit_next is */
	uint64_t audit_kept;
	uint64_t damaged;
	size_t pending; /* main loop: committed, `done` not called yet */

	uv_async_t async;
	uv_thread_t thread;
	uv_mutex_t mutex;
	uv_cond_t wake;
	bool stopping;
	struct bns_store_list queue;
	size_t awaited; /* of them, those with `done` */
	struct bns_store_list finished;

	/* store_look.c; the mutex guards `looking`, and `is_damaged` is written before it ends. */
	struct bns_store_walk *rest; /* the writer's */
	bool looking;
	bool is_damaged;
	uv_cond_t looked;
};

/*
 * store_look.c: the writer's first work, before it writes anything, is to look at what wasn't looked at when the file
 * was opened. Who reads of that meanwhile waits; where it is damaged nothing of it is read, and nothing is written.
 */
bool bns_store_is_read_first(enum bns_store_db db); /* before the daemon serves */
void bns_store_look(struct bns_store *s);
enum bns_error bns_store_wait_for_look(struct bns_store *s, enum bns_store_db db) BNS_MUST_CHECK;

void bns_store_list_init(struct bns_store_list *list);
void bns_store_list_append(struct bns_store_list *list, struct bns_store_txn *txn);
void bns_store_ops_free(struct bns_store_txn *txn);

/*
 * store_folder.c: the folder, its lock file, the environment in it. `*lock_fd` is the caller's to close; `otherwise`
 * ends the sentence "stop that one" for who finds it locked. Where `rest` is given, of a large file those databases are
 * left for later that nobody needs at once; bns_store_look ends that walk.
 */
#define BNS_STORE_LARGE_BYTES ((off_t)32 << 20)
struct bns_store_walk;
enum bns_error bns_store_folder_lock(const char *folder, const char *otherwise, int *lock_fd,
				     struct bns_diag *diag) BNS_MUST_CHECK;
enum bns_error bns_store_folder_env(const char *folder, uint64_t max_size_bytes, MDB_env **env,
				    MDB_dbi dbi[BNS_DB_COUNT], struct bns_store_walk **rest,
				    struct bns_diag *diag) BNS_MUST_CHECK;

/* What an error of LMDB's or the system's means for who opens the store, and the way out. */
enum bns_error bns_store_explain(const char *folder, int rc, struct bns_diag *diag);
enum bns_error bns_store_explain_damage(const char *folder, const char *why, struct bns_diag *diag);

/* A new name is durable once its folder is. */
void bns_store_sync_folder(const char *path);

/* store_view.c */
struct bns_store_view;
MDB_env *bns_store_view_env(struct bns_store_view *v);

/*
 * store_format.c: opens the databases within a first write transaction, makes
 * them where they are missing, and brings an older format up to this one.
 */
extern const char *const bns_store_db_names[BNS_DB_COUNT];
enum bns_error bns_store_format_open(const char *folder, MDB_txn *txn, MDB_dbi dbi[BNS_DB_COUNT],
				     struct bns_diag *diag) BNS_MUST_CHECK;

/* The format a file has; 0: it is empty. BNS_EVERSION: newer than ours. */
enum bns_error bns_store_format_find(const char *folder, MDB_txn *txn, unsigned long *format,
				     struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * store_seal.c: LMDB keeps no checksum, so that every value (but those of
 * "meta", which any version must be able to read) ends with a digest of
 * database, key and value.
 */
#define BNS_STORE_SEAL_BYTES    8
#define BNS_STORE_SEALED_FORMAT 2
static inline bool bns_store_is_sealed(enum bns_store_db db)
{
	return db != BNS_DB_META;
}
void bns_store_seal(enum bns_store_db db, const MDB_val *key, const void *value, size_t len,
		    uint8_t seal[BNS_STORE_SEAL_BYTES]);

/* Takes the seal off the value; false where it doesn't fit, and the value must not be used. */
bool bns_store_unseal(enum bns_store_db db, const MDB_val *key, MDB_val *value) BNS_MUST_CHECK;

/* store_writer.c */
enum bns_error bns_store_writer_start(struct bns_store *s) BNS_MUST_CHECK;
void bns_store_writer_stop(struct bns_store *s);

/* Main loop: calls what is due. */
void bns_store_writer_finish(struct bns_store *s);

enum bns_error bns_store_error(int status);

#endif
