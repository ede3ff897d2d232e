/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder of the store: made, locked, its environment opened and judged. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_internal.h"
#include "store/store_tree.h"

/* LMDB's table of readers with its header: more than it asks for by itself. */
#define READERS_FILE_BYTES 16384

/* The map is whole pages; 64 KiB is a multiple of every machine's. */
#define MAP_UNIT_BYTES 65536

static enum bns_error explain_errno(const char *folder, const char *what, int error, struct bns_diag *diag)
{
	switch (error) {
	case EACCES:
	case EPERM:
		bns_diag_set(diag, folder, 0, 0,
			     "%s: no permission for user id %u; give the folder to the user brandnsd runs as", what,
			     (unsigned)geteuid());
		return BNS_EDENIED;
	case EROFS:
		bns_diag_set(diag, folder, 0, 0,
			     "%s: the disk is mounted read-only; set database.storage to a writable folder", what);
		return BNS_EDENIED;
	case ENOSPC:
	case EDQUOT:
		bns_diag_set(diag, folder, 0, 0,
			     "%s: no space left on the disk; make room, or set database.storage elsewhere", what);
		return BNS_EFULL;
	case ENOTDIR:
		bns_diag_set(diag, folder, 0, 0, "%s: a part of the path is not a folder; set database.storage to one",
			     what);
		return BNS_EINVAL;
	default:
		bns_diag_set(diag, folder, 0, 0, "%s: %s", what, strerror(error));
		return BNS_EIO;
	}
}

void bns_store_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static void sync_parent(const char *folder)
{
	char parent[PATH_MAX];
	if (snprintf(parent, sizeof(parent), "%s/..", folder) < (int)sizeof(parent))
		bns_store_sync_folder(parent);
}

static enum bns_error make_folder(const char *folder, struct bns_diag *diag)
{
	struct stat st;
	if (mkdir(folder, 0700) == 0) {
		sync_parent(folder);
		return BNS_OK;
	}
	int error = errno;
	if (error == EEXIST && stat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
		error = ENOTDIR;
	if (error == EEXIST)
		return BNS_OK;
	if (error == ENOENT) {
		bns_diag_set(diag, folder, 0, 0,
			     "the folder's parent does not exist; create it, or set database.storage elsewhere");
		return BNS_ENOENT;
	}
	return explain_errno(folder, "the folder can't be created", error, diag);
}

/* Who holds the lock wrote its process id into the file. */
static enum bns_error explain_locked(const char *folder, const char *otherwise, int fd, struct bns_diag *diag)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;
	if (pid > 0)
		bns_diag_set(diag, folder, 0, 0, "another brandnsd (pid %ld) uses it; stop that one%s", pid, otherwise);
	else
		bns_diag_set(diag, folder, 0, 0, "another brandnsd uses it; stop that one%s", otherwise);
	return BNS_EBUSY;
}

static enum bns_error write_pid(const char *folder, int fd, struct bns_diag *diag)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len)
		return BNS_OK;
	/* The lock holds without its text; a full disk must not keep what is stored from being served. */
	if (errno == ENOSPC || errno == EDQUOT)
		return BNS_OK;
	return explain_errno(folder, "the file brandnsd.lock in it can't be written", errno, diag);
}

enum bns_error bns_store_folder_lock(const char *folder, const char *otherwise, int *lock_fd, struct bns_diag *diag)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/brandnsd.lock", folder) >= (int)sizeof(path))
		return explain_errno(folder, "the path can't be used", ENAMETOOLONG, diag);
	enum bns_error err = make_folder(folder, diag);
	if (err)
		return err;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return explain_errno(folder, "the file brandnsd.lock in it can't be opened", errno, diag);
	if (flock(fd, LOCK_EX | LOCK_NB))
		err = errno == EWOULDBLOCK ? explain_locked(folder, otherwise, fd, diag)
					   : explain_errno(folder, "it can't be locked", errno, diag);
	if (!err)
		err = write_pid(folder, fd, diag);
	if (err)
		close(fd);
	else
		*lock_fd = fd;
	return err;
}

/*
 * LMDB maps its table of readers and writes to it when a reader begins: on a
 * full disk that would be a SIGBUS, unless the file's blocks are there before.
 */
static enum bns_error reserve_readers(const char *folder, struct bns_diag *diag)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/lock.mdb", folder) >= (int)sizeof(path))
		return explain_errno(folder, "the path can't be used", ENAMETOOLONG, diag);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return explain_errno(folder, "the file lock.mdb in it can't be opened", errno, diag);
	int rc = posix_fallocate(fd, 0, READERS_FILE_BYTES);
	close(fd);
	if (rc && rc != EOPNOTSUPP && rc != EINVAL)
		return explain_errno(folder, "the file lock.mdb in it can't be written", rc, diag);
	return BNS_OK;
}

enum bns_error bns_store_explain_damage(const char *folder, const char *why, struct bns_diag *diag)
{
	bns_diag_set(
		diag, folder, 0, 0,
		"data.mdb in it is damaged or not a database of brandnsd (%s); `brandnsctl store check` says more; "
		"put a backup in its place, or move it away and start again: zones are then read or fetched anew",
		why);
	return BNS_EINVAL;
}

enum bns_error bns_store_explain(const char *folder, int rc, struct bns_diag *diag)
{
	switch (rc) {
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return bns_store_explain_damage(folder, mdb_strerror(rc), diag);
	case MDB_MAP_FULL:
		bns_diag_set(diag, folder, 0, 0, "database.max-size is too small to open it; raise it");
		return BNS_EFULL;
	default:
		return explain_errno(folder, "data.mdb in it can't be opened", rc > 0 ? rc : EIO, diag);
	}
}

static const char *const *first_read(const char *names[BNS_DB_COUNT + 1])
{
	size_t count = 0;
	for (size_t i = 0; i < BNS_DB_COUNT; i++) {
		if (bns_store_is_read_first((enum bns_store_db)i))
			names[count++] = bns_store_db_names[i];
	}
	names[count] = NULL;
	return names;
}

/*
 * LMDB must not meet a page that the disk has changed. A file that isn't there yet, or is empty, is LMDB's to make. Of
 * a large one what isn't needed at once may be looked at later: `rest`, where there is one.
 */
static enum bns_error check_whole(const char *folder, struct bns_store_walk **rest, struct bns_diag *diag)
{
	char path[PATH_MAX], why[BNS_STORE_WHY_MAX] = "its beginning is lost";
	struct bns_store_heads heads;
	struct bns_store_walk *walk;
	struct stat st;
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return BNS_OK;
	if (fd < 0)
		return bns_store_explain(folder, errno, diag);
	enum bns_error err = BNS_OK;
	bool is_read = fstat(fd, &st) == 0;
	bool is_large = is_read && rest && st.st_size >= BNS_STORE_LARGE_BYTES;
	if (!is_read || st.st_size > 0) {
		const char *names[BNS_DB_COUNT + 1];
		err = BNS_EDAMAGED;
		if (bns_store_tree_heads(fd, &heads))
			err = bns_store_walk_begin(fd, &heads, 0, is_large ? first_read(names) : NULL, &walk, why);
		if (!err && is_large)
			*rest = walk;
		else if (!err)
			bns_store_walk_free(walk);
	}
	close(fd);
	if (err == BNS_EDAMAGED)
		return bns_store_explain_damage(folder, why, diag);
	return err;
}

/* An older format is brought up to this one through all databases. */
static enum bns_error check_before_migration(const char *folder, MDB_env *env, struct bns_store_walk **rest,
					     struct bns_diag *diag)
{
	char why[BNS_STORE_WHY_MAX];
	unsigned long format;
	MDB_txn *txn;
	if (!rest || !*rest)
		return BNS_OK;
	int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return bns_store_explain(folder, rc, diag);
	enum bns_error err = bns_store_format_find(folder, txn, &format, diag);
	mdb_txn_abort(txn);
	if (err || format == BNS_STORE_FORMAT)
		return err;
	err = bns_store_walk_rest(*rest, why);
	bns_store_walk_free(*rest);
	*rest = NULL;
	return err ? bns_store_explain_damage(folder, why, diag) : BNS_OK;
}

static enum bns_error prepare(const char *folder, MDB_env *env, MDB_dbi dbi[BNS_DB_COUNT], struct bns_diag *diag)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc)
		return bns_store_explain(folder, rc, diag);
	enum bns_error err = bns_store_format_open(folder, txn, dbi, diag);
	if (err) {
		mdb_txn_abort(txn);
		return err;
	}
	rc = mdb_txn_commit(txn);
	return rc ? bns_store_explain(folder, rc, diag) : BNS_OK;
}

static enum bns_error open_env(const char *folder, uint64_t max_size_bytes, MDB_env **out, struct bns_diag *diag)
{
	enum bns_error err = reserve_readers(folder, diag);
	if (err)
		return err;
	int rc = mdb_env_create(out);
	if (rc)
		return bns_store_explain(folder, rc, diag);
	rc = mdb_env_set_mapsize(*out, (size_t)max_size_bytes & ~(size_t)(MAP_UNIT_BYTES - 1));
	if (!rc)
		rc = mdb_env_set_maxdbs(*out, BNS_DB_COUNT);
	if (!rc)
		rc = mdb_env_open(*out, folder, MDB_NOTLS, 0600);
	if (!rc)
		return BNS_OK;
	mdb_env_close(*out);
	return bns_store_explain(folder, rc, diag);
}

enum bns_error bns_store_folder_env(const char *folder, uint64_t max_size_bytes, MDB_env **env,
				    MDB_dbi dbi[BNS_DB_COUNT], struct bns_store_walk **rest, struct bns_diag *diag)
{
	MDB_env *made;
	if (rest)
		*rest = NULL;
	enum bns_error err = check_whole(folder, rest, diag);
	if (!err)
		err = open_env(folder, max_size_bytes, &made, diag);
	if (!err) {
		err = check_before_migration(folder, made, rest, diag);
		if (!err)
			err = prepare(folder, made, dbi, diag);
		if (err)
			mdb_env_close(made);
	}
	if (err) {
		bns_store_walk_free(rest ? *rest : NULL);
		return err;
	}
	bns_store_sync_folder(folder);
	*env = made;
	return BNS_OK;
}
