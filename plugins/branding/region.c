/* SPDX-License-Identifier: BSD-3-Clause */
#include "region.h"

#include <fcntl.h>
#include <limits.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define MAGIC 0x31796c6f504c4200u

/* Far from where programs, libraries and the heap are put, and from what sanitizers take. */
#define PLACES_AT   UINT64_C(0x200000000000)
#define PLACES      1024
#define PLACE_BYTES (UINT64_C(16) << 30)
#define FIRST_AT    4096

/* At the region's begin, and so at the file's. */
struct head {
	uint64_t magic;
	uint64_t base;
	uint64_t used;
	struct lb_region_key key;
	uint64_t digest; /* of all behind FIRST_AT */
};

struct lb_region {
	uint8_t *base;
	size_t used;
	size_t size;
	atomic_uint users;
};

/* Two of one key, as before and behind a change that is taken back, never meet: they are shared. */
static void *place_of(const struct lb_region_key *key)
{
	return (void *)(uintptr_t)(PLACES_AT + key->words[0] % PLACES * PLACE_BYTES);
}

static struct lb_region *region_of(void *base, size_t used, size_t size)
{
	struct lb_region *r = malloc(sizeof(*r));

	if (!r) {
		munmap(base, size);
		return NULL;
	}
	*r = (struct lb_region){.base = base, .used = used, .size = size};
	atomic_init(&r->users, 1);
	return r;
}

struct lb_region *lb_region_new(const struct lb_region_key *key, size_t size)
{
	size = (size + FIRST_AT - 1) & ~(size_t)(FIRST_AT - 1);
	if (size > PLACE_BYTES)
		return NULL;
	void *base = mmap(place_of(key), size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	if (base != place_of(key)) {
		munmap(base, size);
		return NULL;
	}
	struct lb_region *r = region_of(base, FIRST_AT, size);
	if (r)
		((struct head *)base)->key = *key;
	return r;
}

void lb_region_keep(struct lb_region *region)
{
	atomic_fetch_add(&region->users, 1);
}

void lb_region_drop(struct lb_region *region)
{
	if (!region || atomic_fetch_sub(&region->users, 1) > 1)
		return;
	munmap(region->base, region->size);
	free(region);
}

bool lb_region_is(const struct lb_region *region, const struct lb_region_key *key)
{
	return memcmp(&((const struct head *)(const void *)region->base)->key, key, sizeof(*key)) == 0;
}

void *lb_region_bytes(struct lb_region *region, size_t size, size_t align)
{
	size_t at = (region->used + align - 1) & ~(align - 1);

	if (at > region->size || region->size - at < size)
		return NULL;
	region->used = at + size;
	return region->base + at;
}

void *lb_region_root(const struct lb_region *region)
{
	return region->base + FIRST_AT;
}

static uint64_t digest_of(const uint8_t *base, size_t used)
{
	return XXH3_64bits(base + FIRST_AT, used - FIRST_AT);
}

/* ---- the file ---- */

static bool is_ours(const struct head *head, const struct lb_region_key *key, uint64_t file_bytes)
{
	return head->magic == MAGIC && head->base == (uint64_t)(uintptr_t)place_of(key) && head->used == file_bytes &&
	       head->used >= FIRST_AT && memcmp(&head->key, key, sizeof(*key)) == 0;
}

struct lb_region *lb_region_map(const struct lb_region_key *key, const char *path)
{
	struct lb_region *region = NULL;
	struct head head;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    !is_ours(&head, key, (uint64_t)st.st_size))
		goto out;
	void *base = mmap(place_of(key), head.used, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0);
	if (base == MAP_FAILED)
		goto out;
	if (base == place_of(key) && digest_of(base, head.used) == head.digest)
		region = region_of(base, head.used, head.used);
	else
		munmap(base, head.used);
out:
	close(fd);
	return region;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* A file that a power cut has torn has another digest: it needs no sync. */
static bool write_file(const struct lb_region *region, const char *part, const char *path)
{
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool written = write_all(fd, region->base, region->used);
	written = close(fd) == 0 && written;
	if (written && rename(part, path) == 0)
		return true;
	unlink(part);
	return false;
}

void lb_region_save(struct lb_region *region, const char *path)
{
	struct head *head = (struct head *)(void *)region->base;
	char part[PATH_MAX];

	head->magic = MAGIC;
	head->base = (uint64_t)(uintptr_t)region->base;
	head->used = region->used;
	head->digest = digest_of(region->base, region->used);
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part) || !write_file(region, part, path))
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	/* What is mapped must be what was written, or memory stays as it is. */
	if (fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size == region->used &&
	    mmap(region->base, region->used, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED) {
		size_t end = (region->used + FIRST_AT - 1) & ~(size_t)(FIRST_AT - 1);
		if (region->size > end)
			munmap(region->base + end, region->size - end);
		region->size = end;
	}
	if (fd >= 0)
		close(fd);
}
