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
static enum bns_error explain_locked(const char *folder, int fd, struct bns_diag *diag)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;
	if (pid > 0)
		bns_diag_set(diag, folder, 0, 0,
			     "another brandnsd (pid %ld) uses it; stop that one, or set database.storage elsewhere",
			     pid);
	else
		bns_diag_set(diag, folder, 0, 0,
			     "another brandnsd uses it; stop that one, or set database.storage elsewhere");
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

enum bns_error bns_store_folder_lock(const char *folder, int *lock_fd, struct bns_diag *diag)
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
		err = errno == EWOULDBLOCK ? explain_locked(folder, fd, diag)
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

/* LMDB must not meet a page that the disk has changed. A file that isn't there yet, or is empty, is LMDB's to make. */
static enum bns_error check_whole(const char *folder, struct bns_diag *diag)
{
	char path[PATH_MAX], why[BNS_STORE_WHY_MAX] = "its beginning is lost";
	struct bns_store_heads heads;
	struct stat st;
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return BNS_OK;
	if (fd < 0)
		return bns_store_explain(folder, errno, diag);
	enum bns_error err = BNS_OK;
	if (fstat(fd, &st) || st.st_size > 0)
		err = bns_store_tree_heads(fd, &heads) ? bns_store_tree_check(fd, &heads, 0, why) : BNS_EDAMAGED;
	close(fd);
	if (err == BNS_EDAMAGED)
		return bns_store_explain_damage(folder, why, diag);
	return err;
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

enum bns_error bns_store_folder_env(const char *folder, uint64_t max_size_bytes, MDB_env **env,
				    MDB_dbi dbi[BNS_DB_COUNT], struct bns_diag *diag)
{
	MDB_env *made;
	enum bns_error err = check_whole(folder, diag);
	if (!err)
		err = reserve_readers(folder, diag);
	if (err)
		return err;
	int rc = mdb_env_create(&made);
	if (rc)
		return bns_store_explain(folder, rc, diag);
	rc = mdb_env_set_mapsize(made, (size_t)max_size_bytes & ~(size_t)(MAP_UNIT_BYTES - 1));
	if (!rc)
		rc = mdb_env_set_maxdbs(made, BNS_DB_COUNT);
	if (!rc)
		rc = mdb_env_open(made, folder, MDB_NOTLS, 0600);
	err = rc ? bns_store_explain(folder, rc, diag) : prepare(folder, made, dbi, diag);
	if (err) {
		mdb_env_close(made);
		return err;
	}
	bns_store_sync_folder(folder);
	*env = made;
	return BNS_OK;
}
