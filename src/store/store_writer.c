/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one writer: takes what is queued in groups, makes each group durable by
 * one synced LMDB transaction, hands it back to the main loop.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/seccomp.h"
#include "base/size.h"
#include "store/store_internal.h"

enum bns_error bns_store_error(int status)
{
	switch (status) {
	case 0:
		return BNS_OK;
	case MDB_NOTFOUND:
		return BNS_ENOENT;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
		return BNS_EFULL;
	case ENOMEM:
		return BNS_ENOMEM;
	case ECANCELED:
		return BNS_ECANCELED;
	default:
		return BNS_EIO;
	}
}

static void print_reason(const struct bns_store *s, int status, char *out, size_t cap)
{
	char size[BNS_SIZE_TEXT_MAX];
	switch (status) {
	case MDB_MAP_FULL:
		snprintf(out, cap, "database.max-size of %s reached", bns_size_to_text(s->max_size_bytes, size));
		break;
	case MDB_TXN_FULL:
		snprintf(out, cap, "the change is too large for one transaction of the store");
		break;
	case ENOSPC:
		snprintf(out, cap, "no space left on the disk of %s", s->folder);
		break;
	case EDQUOT:
		snprintf(out, cap, "the disk quota for %s is used up", s->folder);
		break;
	case ECANCELED:
		snprintf(out, cap, "the store is closed");
		break;
	default:
		snprintf(out, cap, "the store in %s can't be written: %s", s->folder, mdb_strerror(status));
	}
}

static int put(const struct bns_store *s, MDB_txn *mdb, struct bns_store_op *op, MDB_val *key)
{
	MDB_val value = {op->len, op->data + op->key_len};
	if (bns_store_is_sealed(op->db)) {
		bns_store_seal(op->db, key, value.mv_data, op->len, op->data + op->key_len + op->len);
		value.mv_size += BNS_STORE_SEAL_BYTES;
	}
	return mdb_put(mdb, s->dbi[op->db], key, &value, 0);
}

static int apply(const struct bns_store *s, MDB_txn *mdb, struct bns_store_txn *txn)
{
	for (struct bns_store_op *op = txn->first; op; op = op->next) {
		MDB_val key = {op->key_len, op->data};
		int rc = op->del ? mdb_del(mdb, s->dbi[op->db], &key, NULL) : put(s, mdb, op, &key);
		if (rc && !(op->del && rc == MDB_NOTFOUND))
			return rc;
	}
	return 0;
}

/* LMDB reports a short write, the usual face of a full disk, as EIO. */
static int name_full_disk(const struct bns_store *s, int rc, size_t size_bytes)
{
	struct statvfs fs;
	if (rc != EIO || statvfs(s->folder, &fs))
		return rc;
	return (uint64_t)fs.f_bavail * fs.f_frsize < (uint64_t)size_bytes + 65536 ? ENOSPC : rc;
}

/* The transactions from `first` to before `end`, all or nothing. */
static int write_together(const struct bns_store *s, struct bns_store_txn *first, const struct bns_store_txn *end)
{
	MDB_txn *mdb;
	size_t size_bytes = 0;
	int rc = s->is_damaged ? MDB_CORRUPTED : s->env ? mdb_txn_begin(s->env, NULL, 0, &mdb) : MDB_PANIC;
	if (rc)
		return rc;
	for (struct bns_store_txn *txn = first; txn != end && !rc; txn = txn->next) {
		rc = apply(s, mdb, txn);
		size_bytes += txn->size_bytes;
	}
	if (rc)
		mdb_txn_abort(mdb);
	else
		rc = mdb_txn_commit(mdb);
	return name_full_disk(s, rc, size_bytes);
}

/* A backup that was killed keeps its version's pages from use until it is known to be gone. */
static bool dead_readers_gone(const struct bns_store *s)
{
	int dead = 0;
	return mdb_reader_check(s->env, &dead) == 0 && dead > 0;
}

/*
 * After a head that could not be written LMDB refuses every further change.
 * What the disk has is looked at anew, as at a start; readers wait for it.
 */
static bool reopen(struct bns_store *s)
{
	struct bns_diag diag = {.text = ""};
	char text[sizeof(diag.file) + sizeof(diag.text) + 32];
	uv_rwlock_wrlock(&s->env_lock);
	if (s->env)
		mdb_env_close(s->env);
	s->env = NULL;
	bool good = bns_store_folder_env(s->folder, s->max_size_bytes, &s->env, s->dbi, NULL, &diag) == BNS_OK;
	uv_rwlock_wrunlock(&s->env_lock);
	if (good)
		bns_log(BNS_LOG_WARN, "store=%s a write had failed for good; the file is opened anew", s->folder);
	else
		bns_log(BNS_LOG_CRIT, "%s", bns_diag_format(&diag, text, sizeof(text)));
	return good;
}

static void write_group(struct bns_store *s, struct bns_store_list *group)
{
	bns_seccomp_thread(BNS_SECCOMP_STORE);
	int rc = write_together(s, group->first, NULL);
	if ((rc == MDB_MAP_FULL && dead_readers_gone(s)) || (rc == MDB_PANIC && reopen(s)))
		rc = write_together(s, group->first, NULL);
	for (struct bns_store_txn *txn = group->first; txn; txn = txn->next) {
		/* One change too many must not fail its neighbours: each tries alone. */
		txn->status = rc && group->count > 1 ? write_together(s, txn, txn->next) : rc;
		bns_store_ops_free(txn);
	}
}

/* What nobody waits for isn't to keep the next change waiting: they are synced together. */
static void linger(struct bns_store *s)
{
	uint64_t now = uv_hrtime(), until = now + BNS_STORE_LINGER_MS * UINT64_C(1000000);
	while (s->awaited == 0 && !s->stopping && s->queue.count < BNS_STORE_GROUP_TXNS && now < until) {
		uv_cond_timedwait(&s->wake, &s->mutex, until - now);
		now = uv_hrtime();
	}
}

/*
 * With the mutex held. A change that comes alone doesn't wait for others: those that come while it is being made
 * durable are the next group. False: nothing left, and stopping.
 */
static bool wait_for_group(struct bns_store *s)
{
	while (!s->queue.first && !s->stopping)
		uv_cond_wait(&s->wake, &s->mutex);
	if (s->queue.first)
		linger(s);
	return s->queue.first;
}

static void take_group(struct bns_store *s, struct bns_store_list *group)
{
	struct bns_store_list *queue = &s->queue;
	size_t size_bytes = 0;
	bns_store_list_init(group);
	while (queue->first && group->count < BNS_STORE_GROUP_TXNS && size_bytes < BNS_STORE_GROUP_BYTES) {
		struct bns_store_txn *txn = queue->first;
		queue->first = txn->next;
		queue->count--;
		s->awaited -= txn->done != NULL;
		size_bytes += txn->size_bytes;
		bns_store_list_append(group, txn);
	}
	if (!queue->first)
		queue->end = &queue->first;
}

static void move_all(struct bns_store_list *to, struct bns_store_list *from)
{
	if (!from->first)
		return;
	*to->end = from->first;
	to->end = from->end;
	to->count += from->count;
	bns_store_list_init(from);
}

static void run(void *arg)
{
	struct bns_store *s = arg;
	struct bns_store_list group;
	bns_store_look(s);
	uv_mutex_lock(&s->mutex);
	while (wait_for_group(s)) {
		take_group(s, &group);
		uv_mutex_unlock(&s->mutex);
		write_group(s, &group);
		uv_mutex_lock(&s->mutex);
		move_all(&s->finished, &group);
		uv_async_send(&s->async);
	}
	uv_mutex_unlock(&s->mutex);
}

enum bns_error bns_store_writer_start(struct bns_store *s)
{
	sigset_t all, before;
	if (uv_mutex_init(&s->mutex))
		return BNS_EIO;
	if (uv_cond_init(&s->wake)) {
		uv_mutex_destroy(&s->mutex);
		return BNS_EIO;
	}
	if (uv_cond_init(&s->looked)) {
		uv_cond_destroy(&s->wake);
		uv_mutex_destroy(&s->mutex);
		return BNS_EIO;
	}
	s->looking = s->rest;
	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = uv_thread_create(&s->thread, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc) {
		uv_cond_destroy(&s->looked);
		uv_cond_destroy(&s->wake);
		uv_mutex_destroy(&s->mutex);
		return BNS_EIO;
	}
	return BNS_OK;
}

void bns_store_writer_stop(struct bns_store *s)
{
	uv_mutex_lock(&s->mutex);
	s->stopping = true;
	uv_cond_signal(&s->wake);
	uv_mutex_unlock(&s->mutex);
	uv_thread_join(&s->thread);
}

void bns_store_commit(struct bns_store_txn *txn, bns_store_done_fn done, void *arg)
{
	struct bns_store *s = txn->store;
	txn->done = done;
	txn->arg = arg;
	if (s->pending++ == 0)
		uv_ref((uv_handle_t *)&s->async);
	uv_mutex_lock(&s->mutex);
	if (s->stopping) {
		/* From a callback of bns_store_close: there is no writer any more. */
		txn->status = ECANCELED;
		bns_store_ops_free(txn);
		bns_store_list_append(&s->finished, txn);
	} else {
		bns_store_list_append(&s->queue, txn);
		s->awaited += done != NULL;
		uv_cond_signal(&s->wake);
	}
	uv_mutex_unlock(&s->mutex);
}

static void finish_one(struct bns_store *s, struct bns_store_txn *txn)
{
	char reason[BNS_STORE_REASON_MAX] = "";
	if (txn->status)
		print_reason(s, txn->status, reason, sizeof(reason));
	if (txn->done)
		txn->done(txn->arg, bns_store_error(txn->status), reason);
	free(txn);
	if (--s->pending == 0)
		uv_unref((uv_handle_t *)&s->async);
}

void bns_store_writer_finish(struct bns_store *s)
{
	for (;;) {
		struct bns_store_list due;
		bns_store_list_init(&due);
		uv_mutex_lock(&s->mutex);
		move_all(&due, &s->finished);
		uv_mutex_unlock(&s->mutex);
		if (!due.first)
			return;
		while (due.first) {
			struct bns_store_txn *txn = due.first;
			due.first = txn->next;
			finish_one(s, txn);
		}
	}
}
