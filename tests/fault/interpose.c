/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into the daemon (LD_PRELOAD) to make the world fail when a test
 * says so, through a file that both map (BNS_FAULTS): the n-th allocation, the
 * wall clock, or every write to a disk. tests/flow/faults.py is the other side.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct faults {
	_Atomic int64_t countdown;    /* allocations until one fails; 0: none does */
	_Atomic int64_t failed;       /* allocations that did */
	_Atomic int64_t clock_jump_s; /* added to the wall clock */
	_Atomic int64_t io_error;     /* errno of every write to a file; 0: none */
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

static struct faults *faults;

__attribute__((constructor)) static void map_faults(void)
{
	const char *path = getenv("BNS_FAULTS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *map = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	faults = map == MAP_FAILED ? NULL : map;
}

/* ---- memory ---- */

/*
 * Debian's ldns and liburcu are built to abort where memory is short, and
 * nothing of ours can keep them from it: theirs succeed.
 */
static int is_of(const void *caller, const char *library)
{
	Dl_info info;
	return dladdr(caller, &info) != 0 && info.dli_fname && strstr(info.dli_fname, library) != NULL;
}

static int fails(const void *caller)
{
	if (!faults || atomic_load(&faults->countdown) <= 0)
		return 0;
	if (is_of(caller, "/libldns.") || is_of(caller, "/liburcu") || atomic_fetch_sub(&faults->countdown, 1) != 1)
		return 0;
	atomic_fetch_add(&faults->failed, 1);
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

/* ---- the clock ---- */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	int code = real(clock, now);
	if (code == 0 && clock == CLOCK_REALTIME && faults)
		now->tv_sec += atomic_load(&faults->clock_jump_s);
	return code;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

/* ---- disks ---- */

/* Files alone: a log that goes to a pipe and sockets go on. */
static int is_broken(int fd)
{
	struct stat st;
	int64_t error = faults ? atomic_load(&faults->io_error) : 0;
	if (error == 0 || fd <= STDERR_FILENO || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	errno = (int)error;
	return 1;
}

#define REAL(name, type, ...)                                                                                          \
	static type (*real)(__VA_ARGS__);                                                                              \
	if (!real)                                                                                                     \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *data, size_t len)
{
	REAL(write, ssize_t, int, const void *, size_t);
	return is_broken(fd) ? -1 : real(fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	REAL(pwrite, ssize_t, int, const void *, size_t, off_t);
	return is_broken(fd) ? -1 : real(fd, data, len, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	REAL(pwritev, ssize_t, int, const struct iovec *, int, off_t);
	return is_broken(fd) ? -1 : real(fd, parts, count, at);
}

int fsync(int fd)
{
	REAL(fsync, int, int);
	return is_broken(fd) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	REAL(fdatasync, int, int);
	return is_broken(fd) ? -1 : real(fd);
}
