/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading what is durable. Every call opens its own short transaction: a long
 * one would keep LMDB from using freed pages again, and the file would grow.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/store_copy.h"
#include "store/store_internal.h"

/* LMDB's own list of free pages is its database 0. */
#define FREE_DBI 0

static enum bns_error begin(struct bns_store *s, MDB_txn **txn)
{
	uv_rwlock_rdlock(&s->env_lock);
	int rc = s->env ? mdb_txn_begin(s->env, NULL, MDB_RDONLY, txn) : EIO;
	if (rc)
		uv_rwlock_rdunlock(&s->env_lock);
	return rc ? bns_store_error(rc) : BNS_OK;
}

static enum bns_error begin_in(struct bns_store *s, enum bns_store_db db, MDB_txn **txn)
{
	enum bns_error err = bns_store_wait_for_look(s, db);
	return err ? err : begin(s, txn);
}

static void end(struct bns_store *s, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	uv_rwlock_rdunlock(&s->env_lock);
}

static void complain(struct bns_store *s, enum bns_store_db db, const MDB_val *key)
{
	char text[BNS_STORE_KEY_TEXT_MAX];
	s->damaged++;
	bns_log(BNS_LOG_CRIT,
		"store=%s database=%s key=%s the stored value is damaged and isn't used; `brandnsctl store check` "
		"looks at all of them",
		s->folder, bns_store_db_names[db], bns_store_key_to_text(key->mv_data, key->mv_size, text));
}

uint64_t bns_store_damaged(const struct bns_store *s)
{
	return s->damaged;
}

enum bns_error bns_store_get(struct bns_store *s, enum bns_store_db db, const void *key, size_t key_len, void **value,
			     size_t *len)
{
	if (key_len == 0 || key_len > BNS_STORE_KEY_MAX)
		return BNS_ERANGE;
	MDB_txn *txn;
	enum bns_error err = begin_in(s, db, &txn);
	if (err)
		return err;
	MDB_val k = {key_len, (void *)(uintptr_t)key}, v;
	int rc = mdb_get(txn, s->dbi[db], &k, &v);
	if (rc) {
		err = bns_store_error(rc);
		goto out;
	}
	if (!bns_store_unseal(db, &k, &v)) {
		complain(s, db, &k);
		err = BNS_EDAMAGED;
		goto out;
	}
	/* A value may stand at any address, and only as long as the transaction: out it goes by copy. */
	void *copy = malloc(v.mv_size ? v.mv_size : 1);
	if (!copy) {
		err = BNS_ENOMEM;
		goto out;
	}
	if (v.mv_size > 0)
		memcpy(copy, v.mv_data, v.mv_size);
	*value = copy;
	*len = v.mv_size;
out:
	end(s, txn);
	return err;
}

static int seek_first(MDB_cursor *c, const void *prefix, size_t prefix_len, MDB_val *k, MDB_val *v)
{
	if (prefix_len == 0)
		return mdb_cursor_get(c, k, v, MDB_FIRST);
	*k = (MDB_val){prefix_len, (void *)(uintptr_t)prefix};
	return mdb_cursor_get(c, k, v, MDB_SET_RANGE);
}

/* The last key that begins with `prefix` stands before the first one behind all of them. */
static int seek_last(MDB_cursor *c, const void *prefix, size_t prefix_len, MDB_val *k, MDB_val *v)
{
	uint8_t behind[BNS_STORE_KEY_MAX];
	size_t n = prefix_len;
	if (n > 0)
		memcpy(behind, prefix, n);
	while (n > 0 && behind[n - 1] == 0xff)
		n--;
	if (n == 0)
		return mdb_cursor_get(c, k, v, MDB_LAST);
	behind[n - 1]++;
	*k = (MDB_val){n, behind};
	int rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(c, k, v, MDB_LAST);
	return rc ? rc : mdb_cursor_get(c, k, v, MDB_PREV);
}

static bool begins_with(const MDB_val *k, const void *prefix, size_t prefix_len)
{
	return prefix_len == 0 || (k->mv_size >= prefix_len && memcmp(k->mv_data, prefix, prefix_len) == 0);
}

enum bns_error bns_store_each(struct bns_store *s, enum bns_store_db db, const void *prefix, size_t prefix_len,
			      bool reverse, bns_store_each_fn each, void *arg)
{
	if (prefix_len > BNS_STORE_KEY_MAX)
		return BNS_ERANGE;
	MDB_txn *txn;
	enum bns_error err = begin_in(s, db, &txn);
	if (err)
		return err;
	MDB_cursor *c = NULL;
	MDB_val k, v;
	int rc = mdb_cursor_open(txn, s->dbi[db], &c);
	if (!rc)
		rc = reverse ? seek_last(c, prefix, prefix_len, &k, &v) : seek_first(c, prefix, prefix_len, &k, &v);
	while (!rc && begins_with(&k, prefix, prefix_len)) {
		if (!bns_store_unseal(db, &k, &v))
			complain(s, db, &k);
		else if (!each(arg, k.mv_data, k.mv_size, v.mv_data, v.mv_size))
			break;
		rc = mdb_cursor_get(c, &k, &v, reverse ? MDB_PREV : MDB_NEXT);
	}
	if (c)
		mdb_cursor_close(c);
	end(s, txn);
	return rc == MDB_NOTFOUND ? BNS_OK : bns_store_error(rc);
}

/* A record of the free list: how many pages, then their numbers, as size_t. */
static size_t count_listed(const MDB_val *v)
{
	size_t listed = 0;
	if (v->mv_size >= sizeof(listed))
		memcpy(&listed, v->mv_data, sizeof(listed));
	return listed;
}

/* Pages that no tree uses. */
static int count_free_pages(MDB_txn *txn, size_t *count)
{
	MDB_cursor *c;
	MDB_val k, v;
	int rc = mdb_cursor_open(txn, FREE_DBI, &c);
	if (rc)
		return rc;
	*count = 0;
	while (!(rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)))
		*count += count_listed(&v);
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

void bns_store_usage(struct bns_store *s, uint64_t *used_bytes, uint64_t *max_bytes)
{
	MDB_envinfo info;
	MDB_stat stat;
	MDB_txn *txn;
	size_t unused = 0;
	*max_bytes = s->max_size_bytes;
	*used_bytes = 0;
	if (begin(s, &txn))
		return;
	mdb_env_info(s->env, &info);
	mdb_env_stat(s->env, &stat);
	if (count_free_pages(txn, &unused))
		unused = 0;
	end(s, txn);
	*used_bytes = (uint64_t)(info.me_last_pgno + 1 - unused) * stat.ms_psize;
}
