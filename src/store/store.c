/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/store_internal.h"
#include "store/store_tree.h"

static void store_free(struct bns_store *s)
{
	bns_store_walk_free(s->rest);
	if (s->env)
		mdb_env_close(s->env);
	/* The lock goes last: whoever takes it next finds the database closed. */
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	uv_rwlock_destroy(&s->env_lock);
	free(s->data_path);
	free(s->folder);
	free(s);
}

static void on_async_closed(uv_handle_t *handle)
{
	struct bns_store *s = handle->data;
	if (s->stopping) {
		uv_cond_destroy(&s->looked);
		uv_cond_destroy(&s->wake);
		uv_mutex_destroy(&s->mutex);
	}
	store_free(s);
}

static void on_async(uv_async_t *async)
{
	bns_store_writer_finish(async->data);
}

static enum bns_error open_files(struct bns_store *s, struct bns_diag *diag)
{
	if (!s->folder || asprintf(&s->data_path, "%s/data.mdb", s->folder) < 0) {
		s->data_path = NULL;
		return BNS_ENOMEM;
	}
	enum bns_error err = bns_store_folder_lock(s->folder, ", or set database.storage elsewhere", &s->lock_fd, diag);
	if (!err)
		err = bns_store_folder_env(s->folder, s->max_size_bytes, &s->env, s->dbi, &s->rest, diag);
	return err;
}

static enum bns_error start_async(struct bns_store *s, uv_loop_t *loop)
{
	if (uv_async_init(loop, &s->async, on_async))
		return BNS_EIO;
	s->async.data = s;
	/* The loop lives for the store only while something is on its way to the disk. */
	uv_unref((uv_handle_t *)&s->async);
	return BNS_OK;
}

enum bns_error bns_store_open(const char *folder, uint64_t max_size_bytes, uv_loop_t *loop, struct bns_store **out,
			      struct bns_diag *diag)
{
	struct bns_store *s = calloc(1, sizeof(*s));
	if (!s)
		return BNS_ENOMEM;
	if (uv_rwlock_init(&s->env_lock)) {
		free(s);
		return BNS_ENOMEM;
	}
	s->lock_fd = -1;
	s->folder = strdup(folder);
	s->max_size_bytes = max_size_bytes;
	s->audit_kept = BNS_STORE_AUDIT_KEPT;
	bns_store_list_init(&s->queue);
	bns_store_list_init(&s->finished);

	enum bns_error err = open_files(s, diag);
	if (!err)
		err = start_async(s, loop);
	if (err) {
		store_free(s);
		return err;
	}
	err = bns_store_writer_start(s);
	if (err) {
		bns_diag_set(diag, folder, 0, 0, "the store's thread can't be started");
		uv_close((uv_handle_t *)&s->async, on_async_closed);
		return err;
	}
	*out = s;
	return BNS_OK;
}

void bns_store_close(struct bns_store *s)
{
	bns_store_writer_stop(s);
	bns_store_writer_finish(s);
	if (s->env)
		mdb_env_close(s->env);
	s->env = NULL;
	close(s->lock_fd);
	s->lock_fd = -1;
	uv_close((uv_handle_t *)&s->async, on_async_closed);
}

void bns_store_list_init(struct bns_store_list *list)
{
	*list = (struct bns_store_list){.end = &list->first};
}

void bns_store_list_append(struct bns_store_list *list, struct bns_store_txn *txn)
{
	txn->next = NULL;
	*list->end = txn;
	list->end = &txn->next;
	list->count++;
}

struct bns_store_txn *bns_store_begin(struct bns_store *s)
{
	struct bns_store_txn *txn = calloc(1, sizeof(*txn));
	if (!txn)
		return NULL;
	txn->store = s;
	txn->end = &txn->first;
	return txn;
}

void bns_store_ops_free(struct bns_store_txn *txn)
{
	while (txn->first) {
		struct bns_store_op *op = txn->first;
		txn->first = op->next;
		free(op);
	}
	txn->end = &txn->first;
}

void bns_store_drop(struct bns_store_txn *txn)
{
	if (!txn)
		return;
	bns_store_ops_free(txn);
	free(txn);
}

static enum bns_error add_op(struct bns_store_txn *txn, const struct bns_store_op *head, const void *key,
			     const void *value)
{
	if (head->key_len == 0 || head->key_len > BNS_STORE_KEY_MAX)
		return BNS_ERANGE;
	/* LMDB's own limit of one value. */
	if (head->len > UINT32_MAX - BNS_STORE_SEAL_BYTES)
		return BNS_ERANGE;
	struct bns_store_op *op = malloc(sizeof(*op) + head->key_len + head->len + BNS_STORE_SEAL_BYTES);
	if (!op)
		return BNS_ENOMEM;
	*op = *head;
	memcpy(op->data, key, head->key_len);
	if (head->len > 0)
		memcpy(op->data + head->key_len, value, head->len);
	*txn->end = op;
	txn->end = &op->next;
	txn->size_bytes += head->key_len + head->len;
	return BNS_OK;
}

enum bns_error bns_store_put(struct bns_store_txn *txn, enum bns_store_db db, const void *key, size_t key_len,
			     const void *value, size_t len)
{
	struct bns_store_op head = {.db = db, .key_len = key_len, .len = len};
	return add_op(txn, &head, key, value);
}

enum bns_error bns_store_del(struct bns_store_txn *txn, enum bns_store_db db, const void *key, size_t key_len)
{
	struct bns_store_op head = {.db = db, .del = true, .key_len = key_len};
	return add_op(txn, &head, key, "");
}

void bns_store_set_audit_kept(struct bns_store *s, uint64_t lines)
{
	s->audit_kept = lines;
}

static bool keep_sequence(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	(void)value;
	(void)len;
	if (key_len == 8)
		*(uint64_t *)arg = bns_get_u64(key) + 1;
	return false;
}

static enum bns_error find_audit_end(struct bns_store *s)
{
	enum bns_error err = BNS_OK;
	if (!s->audit_known)
		err = bns_store_each(s, BNS_DB_AUDIT, NULL, 0, true, keep_sequence, &s->audit_next);
	s->audit_known = !err;
	return err;
}

enum bns_error bns_store_audit(struct bns_store *s, struct bns_store_txn *txn, const char *json_line)
{
	uint8_t key[8];
	enum bns_error err = find_audit_end(s);
	if (err)
		return err;
	bns_put_u64(key, s->audit_next);
	err = bns_store_put(txn, BNS_DB_AUDIT, key, sizeof(key), json_line, strlen(json_line));
	if (!err && s->audit_next >= s->audit_kept) {
		bns_put_u64(key, s->audit_next - s->audit_kept);
		err = bns_store_del(txn, BNS_DB_AUDIT, key, sizeof(key));
	}
	if (!err)
		s->audit_next++;
	return err;
}

bool bns_store_intact(struct bns_store *s)
{
	struct stat path, opened;
	mdb_filehandle_t fd;
	uv_rwlock_rdlock(&s->env_lock);
	bool known = s->env && !mdb_env_get_fd(s->env, &fd) && !fstat(fd, &opened);
	uv_rwlock_rdunlock(&s->env_lock);
	return known && !stat(s->data_path, &path) && path.st_dev == opened.st_dev && path.st_ino == opened.st_ino;
}
