/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/trusted.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever can change the program needs no plugin to do so. */
static struct stat program(void)
{
	struct stat st;
	if (stat("/proc/self/exe", &st) != 0)
		st = (struct stat){.st_uid = geteuid(), .st_gid = getegid()};
	return st;
}

static enum bns_error check(const char *path, const struct stat *st, struct bns_diag *diag)
{
	struct stat own = program();
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != own.st_uid) {
		bns_diag_set(diag, NULL, 0, 0,
			     "%s belongs to user id %u, who could change what the daemon does: chown it to root", path,
			     (unsigned)st->st_uid);
		return BNS_EDENIED;
	}
	bool by_group =
		(st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid != getegid() && st->st_gid != own.st_gid;
	if (by_group || (st->st_mode & S_IWOTH)) {
		bns_diag_set(diag, NULL, 0, 0,
			     "%s can be written by others, who could change what the daemon does: chmod go-w it", path);
		return BNS_EDENIED;
	}
	return BNS_OK;
}

enum bns_error bns_trusted_file(const char *path, struct bns_diag *diag)
{
	char folder[PATH_MAX];
	struct stat st;
	if (stat(path, &st) != 0)
		return BNS_ENOENT;
	enum bns_error err = check(path, &st, diag);
	const char *slash = strrchr(path, '/');
	if (err || !slash || slash == path)
		return err;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return stat(folder, &st) == 0 ? check(folder, &st, diag) : BNS_ENOENT;
}
