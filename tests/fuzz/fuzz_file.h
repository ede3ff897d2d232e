/* SPDX-License-Identifier: BSD-3-Clause */
/* The input as a file that never touches a disk, for calls that take a path. */
#ifndef TESTS_FUZZ_FUZZ_FILE_H
#define TESTS_FUZZ_FUZZ_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define FUZZ_FILE_PATH_MAX 32

struct fuzz_file {
	int fd;
	char path[FUZZ_FILE_PATH_MAX];
};

static inline void fuzz_file_open(struct fuzz_file *f)
{
	f->fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_REQUIRE(f->fd >= 0);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

static inline void fuzz_file_write(const struct fuzz_file *f, const void *data, size_t size)
{
	FUZZ_REQUIRE(ftruncate(f->fd, 0) == 0);
	FUZZ_REQUIRE(pwrite(f->fd, data, size, 0) == (ssize_t)size);
}

static inline void fuzz_file_close(struct fuzz_file *f)
{
	close(f->fd);
}

#endif
