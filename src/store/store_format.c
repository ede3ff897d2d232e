/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The databases in the file, and the format they are in. What an older
 * brandnsd left is brought up to date in the transaction that opens it: all of
 * it, or nothing.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/store_internal.h"

const char *const bns_store_db_names[BNS_DB_COUNT] = {
	[BNS_DB_META] = "meta",         [BNS_DB_ZONE] = "zone",           [BNS_DB_VERSION] = "version",
	[BNS_DB_UPSTREAM] = "upstream", [BNS_DB_CANDIDATE] = "candidate", [BNS_DB_CANDIDATE_DATA] = "candidate-data",
	[BNS_DB_AUDIT] = "audit",       [BNS_DB_PLUGIN] = "plugin",       [BNS_DB_MEMBER] = "member",
	[BNS_DB_FILE] = "file",         [BNS_DB_JOURNAL] = "journal",
};

static const MDB_val format_key = {6, (void *)(uintptr_t) "format"};

/* ---- from format to format ---- */

/* What LMDB shows of a pair ends when the pair is replaced: its key and value are copied first. */
struct copy {
	uint8_t key[BNS_STORE_KEY_MAX];
	uint8_t *value;
	size_t room;
};

static int make_room(struct copy *copy, size_t len)
{
	if (copy->room >= len)
		return 0;
	uint8_t *value = realloc(copy->value, len);
	if (!value)
		return ENOMEM;
	copy->value = value;
	copy->room = len;
	return 0;
}

static int seal_one(MDB_cursor *c, enum bns_store_db db, const MDB_val *key, const MDB_val *value, struct copy *copy)
{
	size_t len = value->mv_size;
	if (make_room(copy, len + BNS_STORE_SEAL_BYTES))
		return ENOMEM;
	memcpy(copy->key, key->mv_data, key->mv_size);
	if (len > 0)
		memcpy(copy->value, value->mv_data, len);
	MDB_val same_key = {key->mv_size, copy->key}, sealed = {len + BNS_STORE_SEAL_BYTES, copy->value};
	bns_store_seal(db, &same_key, copy->value, len, copy->value + len);
	return mdb_cursor_put(c, &same_key, &sealed, 0);
}

static int seal_database(MDB_txn *txn, MDB_dbi dbi, enum bns_store_db db)
{
	MDB_cursor *c;
	MDB_val key, value;
	struct copy copy = {.value = NULL};
	int rc = mdb_cursor_open(txn, dbi, &c);
	if (rc)
		return rc;
	while (!rc && !(rc = mdb_cursor_get(c, &key, &value, MDB_NEXT)))
		rc = seal_one(c, db, &key, &value, &copy);
	free(copy.value);
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Format 2: every value ends with a digest. */
static int seal_all(MDB_txn *txn, const MDB_dbi dbi[BNS_DB_COUNT])
{
	int rc = 0;
	for (size_t i = 0; i < BNS_DB_COUNT && !rc; i++) {
		if (bns_store_is_sealed((enum bns_store_db)i))
			rc = seal_database(txn, dbi[i], (enum bns_store_db)i);
	}
	return rc;
}

/* Format 3: versions before the newest one are differences; those kept whole until now stay so until they go. */
static int begin_journal(MDB_txn *txn, const MDB_dbi dbi[BNS_DB_COUNT])
{
	(void)txn;
	(void)dbi;
	return 0;
}

/* Format 4: a zone's record says which image is its own; without one it is built. */
static int name_images(MDB_txn *txn, const MDB_dbi dbi[BNS_DB_COUNT])
{
	(void)txn;
	(void)dbi;
	return 0;
}

/* Row N brings format N + 1 up to N + 2; each sees what the one before it left. */
static int (*const migrations[])(MDB_txn *txn, const MDB_dbi dbi[BNS_DB_COUNT]) = {
	seal_all,
	begin_journal,
	name_images,
};

_Static_assert(sizeof(migrations) / sizeof(migrations[0]) == BNS_STORE_FORMAT - 1, "a step for every former format");

static int migrate(const char *folder, MDB_txn *txn, const MDB_dbi dbi[BNS_DB_COUNT], unsigned long format)
{
	int rc = 0;
	if (format < BNS_STORE_FORMAT)
		bns_log(BNS_LOG_NOTICE, "store-upgrade store=%s from=%lu to=%d", folder, format, BNS_STORE_FORMAT);
	for (; format < BNS_STORE_FORMAT && !rc; format++)
		rc = migrations[format - 1](txn, dbi);
	return rc;
}

/* ---- opening ---- */

static enum bns_error read_format(const char *folder, const MDB_val *v, unsigned long *format, struct bns_diag *diag)
{
	char text[24] = "";
	if (v->mv_size > 0 && v->mv_size < sizeof(text))
		memcpy(text, v->mv_data, v->mv_size);
	char *end;
	*format = strtoul(text, &end, 10);
	if (*end || end == text || *format == 0)
		return bns_store_explain(folder, MDB_INVALID, diag);
	if (*format > BNS_STORE_FORMAT) {
		bns_diag_set(diag, folder, 0, 0,
			     "data.mdb in it has format %lu, this brandnsd knows up to %d; start the newer version "
			     "again, put a backup of the older one in its place, or move the file away: zones are "
			     "then read or fetched anew",
			     *format, BNS_STORE_FORMAT);
		return BNS_EVERSION;
	}
	return BNS_OK;
}

/* A database that holds something but has no format is somebody else's. */
static int refuse_foreign(MDB_txn *txn)
{
	MDB_dbi main_dbi;
	MDB_stat stat;
	int rc = mdb_dbi_open(txn, NULL, 0, &main_dbi);
	if (!rc)
		rc = mdb_stat(txn, main_dbi, &stat);
	if (!rc && stat.ms_entries > 0)
		rc = MDB_INVALID;
	return rc;
}

static int write_format(MDB_txn *txn, MDB_dbi meta)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", BNS_STORE_FORMAT);
	MDB_val key = format_key, value = {(size_t)len, text};
	return mdb_put(txn, meta, &key, &value, 0);
}

enum bns_error bns_store_format_find(const char *folder, MDB_txn *txn, unsigned long *format, struct bns_diag *diag)
{
	MDB_val key = format_key, value;
	MDB_dbi meta;
	*format = 0;
	int rc = mdb_dbi_open(txn, bns_store_db_names[BNS_DB_META], 0, &meta);
	if (!rc)
		rc = mdb_get(txn, meta, &key, &value);
	if (!rc)
		return read_format(folder, &value, format, diag);
	if (rc == MDB_NOTFOUND)
		rc = refuse_foreign(txn);
	return rc ? bns_store_explain(folder, rc, diag) : BNS_OK;
}

enum bns_error bns_store_format_open(const char *folder, MDB_txn *txn, MDB_dbi dbi[BNS_DB_COUNT], struct bns_diag *diag)
{
	unsigned long format;
	enum bns_error err = bns_store_format_find(folder, txn, &format, diag);
	if (err)
		return err;
	int rc = 0;
	for (size_t i = 0; i < BNS_DB_COUNT && !rc; i++)
		rc = mdb_dbi_open(txn, bns_store_db_names[i], MDB_CREATE, &dbi[i]);
	if (!rc && format > 0)
		rc = migrate(folder, txn, dbi, format);
	if (!rc && format != BNS_STORE_FORMAT)
		rc = write_format(txn, dbi[BNS_DB_META]);
	return rc ? bns_store_explain(folder, rc, diag) : BNS_OK;
}
