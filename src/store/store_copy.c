/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/store_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_internal.h"
#include "store/store_tree.h"

static enum bns_error path_in(const char *folder, const char *name, char path[PATH_MAX], struct bns_diag *diag)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return BNS_OK;
	return bns_store_explain(folder, ENAMETOOLONG, diag);
}

static enum bns_error fail(const char *path, const char *what, struct bns_diag *diag)
{
	enum bns_error err = errno == ENOSPC || errno == EDQUOT ? BNS_EFULL : BNS_EIO;
	bns_diag_set(diag, path, 0, 0, "%s: %s", what, strerror(errno));
	return err;
}

/* As LMDB does it, but into a file of our own making, which it syncs not. Pages lost by an older LMDB forbid
 * compaction. */
static int copy_pages(MDB_env *env, int fd)
{
	int rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
	if (rc != MDB_INCOMPATIBLE && rc != MDB_CORRUPTED)
		return rc;
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		return errno;
	return mdb_env_copyfd2(env, fd, 0);
}

static enum bns_error check_copy(const char *path, int fd, struct bns_diag *diag)
{
	char why[BNS_STORE_WHY_MAX] = "its beginning is lost";
	struct bns_store_heads heads;
	if (bns_store_tree_heads(fd, &heads) && bns_store_tree_check(fd, &heads, 0, why) == BNS_OK)
		return BNS_OK;
	bns_diag_set(diag, path, 0, 0, "what was copied isn't what was read (%s); is the disk sound?", why);
	return BNS_EIO;
}

/* The copy belongs to whom the original does, so that brandnsd can use what root has made. */
static enum bns_error write_copy(struct bns_store_view *v, const char *path, const struct stat *like,
				 struct bns_diag *diag)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(path, "the copy can't be made", diag);
	enum bns_error err = BNS_OK;
	int rc = copy_pages(bns_store_view_env(v), fd);
	if (rc) {
		errno = rc > 0 ? rc : EIO;
		err = fail(path, "the copy can't be written", diag);
	}
	if (!err && geteuid() == 0 && fchown(fd, like->st_uid, like->st_gid))
		err = fail(path, "the copy can't be given to the store's owner", diag);
	if (!err && fsync(fd))
		err = fail(path, "the copy can't be written", diag);
	if (!err)
		err = check_copy(path, fd, diag);
	if (close(fd) && !err)
		err = fail(path, "the copy can't be written", diag);
	if (err)
		unlink(path);
	return err;
}

/* Writes the copy beside its final name, then gives it that. */
static enum bns_error copy_into(struct bns_store_view *v, const char *dest, const struct stat *like,
				struct bns_diag *diag)
{
	char part[PATH_MAX], final[PATH_MAX];
	enum bns_error err = path_in(dest, BNS_STORE_PART_NAME, part, diag);
	if (!err)
		err = path_in(dest, "data.mdb", final, diag);
	if (!err)
		err = write_copy(v, part, like, diag);
	if (!err && rename(part, final))
		err = fail(final, "the copy can't be put in its place", diag);
	if (!err)
		bns_store_sync_folder(dest);
	return err;
}

static enum bns_error make_dest(const char *dest, const struct stat *like, struct bns_diag *diag)
{
	char path[PATH_MAX];
	enum bns_error err = path_in(dest, "data.mdb", path, diag);
	if (err)
		return err;
	if (mkdir(dest, 0700) && errno != EEXIST)
		return fail(dest, "the folder can't be made", diag);
	if (access(path, F_OK) == 0) {
		bns_diag_set(diag, dest, 0, 0, "there is a data.mdb in it already; name another folder");
		return BNS_EEXIST;
	}
	if (geteuid() == 0 && chown(dest, like->st_uid, like->st_gid))
		return fail(dest, "the folder can't be given to the store's owner", diag);
	return BNS_OK;
}

static enum bns_error stat_data(const char *folder, struct stat *st, struct bns_diag *diag)
{
	char path[PATH_MAX];
	enum bns_error err = path_in(folder, "data.mdb", path, diag);
	if (!err && stat(path, st))
		err = fail(path, "it can't be looked at", diag);
	return err;
}

enum bns_error bns_store_backup(const char *folder, const char *dest, struct bns_diag *diag)
{
	struct bns_store_view *v;
	struct stat like;
	enum bns_error err = bns_store_view_open(folder, &v, diag);
	if (err)
		return err;
	err = stat_data(folder, &like, diag);
	if (!err)
		err = make_dest(dest, &like, diag);
	if (!err)
		err = copy_into(v, dest, &like, diag);
	bns_store_view_close(v);
	return err;
}

static enum bns_error compact_locked(const char *folder, int lock_fd, uint64_t *before_bytes, uint64_t *after_bytes,
				     struct bns_diag *diag)
{
	struct bns_store_view *v;
	struct stat st;
	enum bns_error err = bns_store_view_open(folder, &v, diag);
	if (err)
		return err;
	err = stat_data(folder, &st, diag);
	if (!err && geteuid() == 0 && fchown(lock_fd, st.st_uid, st.st_gid))
		err = fail(folder, "the file brandnsd.lock in it can't be given to the store's owner", diag);
	if (!err) {
		*before_bytes = (uint64_t)st.st_size;
		err = copy_into(v, folder, &st, diag);
	}
	bns_store_view_close(v);
	if (!err)
		err = stat_data(folder, &st, diag);
	if (!err)
		*after_bytes = (uint64_t)st.st_size;
	return err;
}

enum bns_error bns_store_compact(const char *folder, uint64_t *before_bytes, uint64_t *after_bytes,
				 struct bns_diag *diag)
{
	int lock_fd;
	struct stat st;
	/* Locking would make a folder that isn't there. */
	enum bns_error err = stat_data(folder, &st, diag);
	if (!err)
		err = bns_store_folder_lock(folder,
					    " first: the room that is free in the file is for its next versions",
					    &lock_fd, diag);
	if (err)
		return err;
	err = compact_locked(folder, lock_fd, before_bytes, after_bytes, diag);
	close(lock_fd);
	return err;
}
