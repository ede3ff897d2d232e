/* SPDX-License-Identifier: BSD-3-Clause */
/* One version of the store's file, held still for a reader that isn't the daemon. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_copy.h"
#include "store/store_internal.h"
#include "store/store_tree.h"

/* A busy daemon may commit twice between two of our steps; hardly so often in a row. */
#define TRIES 1000

struct bns_store_view {
	MDB_env *env;
	MDB_txn *txn;
	int fd;
	unsigned long format;
};

MDB_env *bns_store_view_env(struct bns_store_view *v)
{
	return v->env;
}

unsigned bns_store_view_format(const struct bns_store_view *v)
{
	return (unsigned)v->format;
}

uint64_t bns_store_view_bytes(const struct bns_store_view *v)
{
	struct stat st;
	return fstat(v->fd, &st) ? 0 : (uint64_t)st.st_size;
}

const char *bns_store_view_name(enum bns_store_db db)
{
	return bns_store_db_names[db];
}

void bns_store_view_close(struct bns_store_view *v)
{
	if (!v)
		return;
	if (v->txn)
		mdb_txn_abort(v->txn);
	if (v->env)
		mdb_env_close(v->env);
	if (v->fd >= 0)
		close(v->fd);
	free(v);
}

/*
 * Without a lock.mdb no daemon is there, and none must be made: it would be
 * ours, and the daemon couldn't open it.
 */
static int open_env(struct bns_store_view *v, const char *folder)
{
	char lock_path[PATH_MAX];
	snprintf(lock_path, sizeof(lock_path), "%s/lock.mdb", folder);
	unsigned lock = access(lock_path, F_OK) == 0 ? 0 : MDB_NOLOCK;
	int rc = mdb_env_create(&v->env);
	if (!rc)
		rc = mdb_env_set_maxdbs(v->env, BNS_DB_COUNT);
	return rc ? rc : mdb_env_open(v->env, folder, MDB_RDONLY | MDB_NOTLS | lock, 0600);
}

/* The heads are read before the transaction begins: one that is too old is noticed, and it is tried again. */
static enum bns_error begin_whole(struct bns_store_view *v, const char *folder, char *why, struct bns_diag *diag)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct bns_store_heads heads;
		if (!bns_store_tree_heads(v->fd, &heads))
			return BNS_EDAMAGED;
		int rc = mdb_txn_begin(v->env, NULL, MDB_RDONLY, &v->txn);
		if (rc)
			return bns_store_explain(folder, rc, diag);
		enum bns_error err = bns_store_tree_check(v->fd, &heads, mdb_txn_id(v->txn), why);
		if (err != BNS_EBUSY)
			return err;
		mdb_txn_abort(v->txn);
		v->txn = NULL;
	}
	bns_diag_set(diag, folder, 0, 0, "it changes too fast to be looked at; try again");
	return BNS_EBUSY;
}

static enum bns_error open_data(const char *folder, int *fd, struct bns_diag *diag)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd >= 0)
		return BNS_OK;
	if (errno != ENOENT)
		return bns_store_explain(folder, errno, diag);
	bns_diag_set(diag, folder, 0, 0, "there is no data.mdb in it; name the folder that database.storage names");
	return BNS_ENOENT;
}

static enum bns_error open_view(struct bns_store_view *v, const char *folder, struct bns_diag *diag)
{
	char why[BNS_STORE_WHY_MAX] = "its beginning is lost";
	struct bns_store_heads heads;
	enum bns_error err = open_data(folder, &v->fd, diag);
	if (err)
		return err;
	if (!bns_store_tree_heads(v->fd, &heads))
		return bns_store_explain_damage(folder, why, diag);
	int rc = open_env(v, folder);
	if (rc)
		return bns_store_explain(folder, rc, diag);
	err = begin_whole(v, folder, why, diag);
	if (err == BNS_EDAMAGED)
		return bns_store_explain_damage(folder, why, diag);
	if (err)
		return err;
	return bns_store_format_find(folder, v->txn, &v->format, diag);
}

enum bns_error bns_store_view_open(const char *folder, struct bns_store_view **out, struct bns_diag *diag)
{
	struct bns_store_view *v = calloc(1, sizeof(*v));
	if (!v)
		return BNS_ENOMEM;
	v->fd = -1;
	enum bns_error err = open_view(v, folder, diag);
	if (err)
		bns_store_view_close(v);
	else
		*out = v;
	return err;
}

size_t bns_store_view_count(struct bns_store_view *v)
{
	size_t count = 0;
	MDB_stat stat;
	MDB_dbi dbi;
	for (size_t i = 0; i < BNS_DB_COUNT; i++)
		if (!mdb_dbi_open(v->txn, bns_store_db_names[i], 0, &dbi) && !mdb_stat(v->txn, dbi, &stat))
			count += stat.ms_entries;
	return count;
}

static int each_of(struct bns_store_view *v, enum bns_store_db db, bns_store_view_fn each, void *arg)
{
	MDB_cursor *c;
	MDB_val key, value;
	MDB_dbi dbi;
	int rc = mdb_dbi_open(v->txn, bns_store_db_names[db], 0, &dbi);
	if (!rc)
		rc = mdb_cursor_open(v->txn, dbi, &c);
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	while (!(rc = mdb_cursor_get(c, &key, &value, MDB_NEXT))) {
		bool good = v->format < BNS_STORE_SEALED_FORMAT || bns_store_unseal(db, &key, &value);
		each(arg, db, key.mv_data, key.mv_size, value.mv_data, value.mv_size, !good);
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

enum bns_error bns_store_view_each(struct bns_store_view *v, bns_store_view_fn each, void *arg)
{
	int rc = 0;
	for (size_t i = 0; i < BNS_DB_COUNT && !rc; i++)
		rc = each_of(v, (enum bns_store_db)i, each, arg);
	return bns_store_error(rc);
}
