/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 16

static enum bns_error error_of(int number)
{
	if (number == ENOSPC || number == EDQUOT)
		return BNS_EFULL;
	if (number == ENOMEM)
		return BNS_ENOMEM;
	return number == ENOENT ? BNS_ENOENT : BNS_EIO;
}

/* Not mkstemp: a new file's mode is the umask's matter. */
static int open_beside(struct bns_replace *r)
{
	struct timespec now;
	for (int i = 0; i < TRIES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		free(r->temp);
		if (asprintf(&r->temp, "%s.%lx-%lx.tmp", r->path, (unsigned long)getpid(), (unsigned long)now.tv_nsec) <
		    0) {
			r->temp = NULL;
			errno = ENOMEM;
			return -1;
		}
		/* Its owner frees the name; NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		int fd = open(r->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static bool be_like(int fd, const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return errno == ENOENT;
	if (fchown(fd, st.st_uid, st.st_gid) != 0 && errno != EPERM)
		return false;
	return fchmod(fd, st.st_mode & 07777) == 0;
}

/* Ends what began; errno stays the first reason. */
static enum bns_error give_up(struct bns_replace *r, int fd, bool made)
{
	int why = errno;
	if (r->out)
		fclose(r->out);
	else if (fd >= 0)
		close(fd);
	if (made)
		unlink(r->temp);
	free(r->temp);
	free(r->path);
	*r = (struct bns_replace){.out = NULL};
	errno = why;
	return error_of(why);
}

enum bns_error bns_replace_begin(const char *path, struct bns_replace *r)
{
	*r = (struct bns_replace){.path = realpath(path, NULL)};
	if (!r->path && errno == ENOENT)
		r->path = strdup(path);
	if (!r->path)
		return error_of(errno);
	int fd = open_beside(r);
	if (fd < 0)
		return give_up(r, fd, false);
	if (!be_like(fd, r->path) || !(r->out = fdopen(fd, "w")))
		return give_up(r, fd, true);
	return BNS_OK;
}

static bool sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return good;
}

enum bns_error bns_replace_end(struct bns_replace *r, bool good)
{
	if (!good || ferror(r->out) || fflush(r->out) != 0 || fsync(fileno(r->out)) != 0)
		return give_up(r, -1, true);
	FILE *out = r->out;
	r->out = NULL;
	if (fclose(out) != 0 || rename(r->temp, r->path) != 0)
		return give_up(r, -1, true);
	bool synced = sync_folder(r->path);
	int why = errno;
	free(r->temp);
	free(r->path);
	errno = why;
	return synced ? BNS_OK : error_of(why);
}

enum bns_error bns_replace_text(const char *path, const char *text)
{
	struct bns_replace r;
	enum bns_error err = bns_replace_begin(path, &r);
	if (err)
		return err;
	return bns_replace_end(&r, fputs(text, r.out) >= 0);
}
