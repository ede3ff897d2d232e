/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/images_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEAD_MAGIC  UINT64_C(0x31736567616d4942)
#define ENTRY_MAGIC 0x474d4942u
#define SUFFIX      ".images"

/* Small stores have small files; with many zones there are few of them. */
#define ROOM_MIN_BYTES ((size_t)1 << 20)
#define ROOM_MAX_BYTES ((size_t)64 << 20)

struct head {
	uint64_t magic;
	uint64_t layout;
	uint64_t room;
};

_Static_assert(sizeof(struct head) <= BNS_IMAGES_HEAD_BYTES, "the head has its place");
_Static_assert(sizeof(struct bns_images_entry) == BNS_IMAGES_ALIGN, "data are aligned as entries are");

char *bns_images_file_folder(const char *store_folder)
{
	char *folder;
	if (asprintf(&folder, "%s/images", store_folder) < 0)
		return NULL;
	(void)mkdir(folder, 0700);
	return folder;
}

/* ---- one file ---- */

static struct bns_images_file *file_new(const char *folder, uint32_t number)
{
	struct bns_images_file *file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->fd = -1;
	file->number = number;
	if (asprintf(&file->path, "%s/%08" PRIx32 SUFFIX, folder, number) >= 0)
		return file;
	free(file);
	return NULL;
}

void bns_images_file_close(struct bns_images_file *file)
{
	if (file->map)
		munmap((void *)(uintptr_t)file->map, file->room);
	if (file->fd >= 0)
		close(file->fd);
	free(file->found);
	free(file->path);
	free(file);
}

static bool map_file(struct bns_images_file *file, size_t room)
{
	void *map = mmap(NULL, room, PROT_READ, MAP_SHARED, file->fd, 0);
	if (map == MAP_FAILED)
		return false;
	file->map = map;
	file->room = room;
	return true;
}

struct bns_images_file *bns_images_file_make(const char *folder, uint32_t number, uint64_t layout, size_t len)
{
	struct bns_images_file *file = file_new(folder, number);
	if (!file)
		return NULL;
	/* Each is twice the former one. */
	size_t room = number < 6 ? ROOM_MIN_BYTES << number : ROOM_MAX_BYTES;
	size_t wanted = BNS_IMAGES_HEAD_BYTES + bns_images_entry_bytes(len);
	if (room < wanted)
		room = (wanted + ROOM_MIN_BYTES - 1) & ~(ROOM_MIN_BYTES - 1);
	uint8_t begin[BNS_IMAGES_HEAD_BYTES] = {0};
	const struct head head = {.magic = HEAD_MAGIC, .layout = layout, .room = room};
	memcpy(begin, &head, sizeof(head));
	file->fd = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file->fd >= 0 && pwrite(file->fd, begin, sizeof(begin), 0) == sizeof(begin) && map_file(file, room)) {
		file->end = BNS_IMAGES_HEAD_BYTES;
		return file;
	}
	if (file->fd >= 0)
		unlink(file->path);
	bns_images_file_close(file);
	return NULL;
}

static void free_file(struct bns_rcu_head *rcu)
{
	bns_images_file_close((struct bns_images_file *)(void *)((char *)rcu - offsetof(struct bns_images_file, rcu)));
}

void bns_images_file_retire(struct bns_images_file *file)
{
	unlink(file->path);
	bns_rcu_defer(&file->rcu, free_file);
}

/* ---- those that are there ---- */

static bool open_found(struct bns_images_file *file, uint64_t layout)
{
	struct head head;
	struct stat st;
	file->fd = open(file->path, O_RDWR | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st) || pread(file->fd, &head, sizeof(head), 0) != sizeof(head))
		return false;
	if (head.magic != HEAD_MAGIC || head.layout != layout || st.st_size < BNS_IMAGES_HEAD_BYTES ||
	    head.room < (uint64_t)st.st_size || head.room / 2 > UINT32_MAX || !map_file(file, head.room))
		return false;
	file->end = ((size_t)st.st_size + BNS_IMAGES_ALIGN - 1) & ~(size_t)(BNS_IMAGES_ALIGN - 1);
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct bns_images_file *const *x = a, *const *y = b;
	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static bool number_of(const char *name, uint32_t *number)
{
	unsigned long value;
	char *end;
	value = strtoul(name, &end, 16);
	*number = (uint32_t)value;
	return end == name + 8 && value <= UINT32_MAX && strcmp(end, SUFFIX) == 0;
}

static void add_found(const char *folder, const char *name, uint64_t layout, struct bns_images_file ***files,
		      size_t *count)
{
	uint32_t number;
	struct bns_images_file *file = number_of(name, &number) ? file_new(folder, number) : NULL;
	struct bns_images_file **grown = file ? realloc(*files, (*count + 1) * sizeof(**files)) : NULL;
	if (grown)
		*files = grown;
	if (grown && open_found(file, layout)) {
		(*files)[(*count)++] = file;
	} else if (file) {
		unlink(file->path);
		bns_images_file_close(file);
	}
}

void bns_images_file_find(const char *folder, uint64_t layout, struct bns_images_file ***files, size_t *count)
{
	const struct dirent *entry;
	DIR *d = opendir(folder);
	*files = NULL;
	*count = 0;
	while (d && (entry = readdir(d)))
		add_found(folder, entry->d_name, layout, files, count);
	if (d)
		closedir(d);
	if (*count > 1)
		qsort(*files, *count, sizeof(**files), compare_numbers);
}

bool bns_images_file_next(const struct bns_images_file *file, size_t *at)
{
	for (; *at + sizeof(struct bns_images_entry) <= file->end; *at += BNS_IMAGES_ALIGN) {
		const struct bns_images_entry *entry = bns_images_file_at(file, *at);
		if (entry->magic == ENTRY_MAGIC && entry->len <= file->end - *at - sizeof(*entry))
			return true;
	}
	return false;
}

static bool note(struct bns_images_file *file, size_t at, size_t *capacity)
{
	if (file->found_count == *capacity) {
		size_t wider = *capacity ? 2 * *capacity : 1024;
		uint32_t *found = realloc(file->found, wider * sizeof(*found));
		if (!found)
			return false;
		file->found = found;
		*capacity = wider;
	}
	file->found[file->found_count++] = (uint32_t)(at / BNS_IMAGES_ALIGN);
	return true;
}

/* A power cut may have left a hole anywhere: behind it there are whole ones again. */
void bns_images_file_look(struct bns_images_file *file)
{
	size_t capacity = 0, at = BNS_IMAGES_HEAD_BYTES;
	(void)madvise((void *)(uintptr_t)file->map, file->end, MADV_WILLNEED);
	while (bns_images_file_next(file, &at)) {
		const struct bns_images_entry *entry = bns_images_file_at(file, at);
		if (bns_images_digest(entry->data, entry->len) != entry->digest) {
			at += BNS_IMAGES_ALIGN;
			continue;
		}
		if (!note(file, at, &capacity))
			return;
		at += bns_images_entry_bytes(entry->len);
	}
}

/* ---- writing ---- */

bool bns_images_file_takes(const struct bns_images_file *file, size_t len)
{
	return bns_images_entry_bytes(len) <= file->room - file->end;
}

size_t bns_images_file_take(struct bns_images_file *file, size_t len)
{
	size_t at = file->end;
	file->end += bns_images_entry_bytes(len);
	file->used_bytes += bns_images_entry_bytes(len);
	file->writing++;
	return at;
}

const void *bns_images_file_write(struct bns_images_file *file, size_t at, const void *data, size_t len,
				  uint64_t digest)
{
	static const uint8_t zeros[BNS_IMAGES_ALIGN];
	struct bns_images_entry entry = {.magic = ENTRY_MAGIC, .len = (uint32_t)len, .digest = digest};
	size_t all = bns_images_entry_bytes(len);
	const struct iovec parts[] = {
		{&entry, sizeof(entry)},
		{(void *)(uintptr_t)data, len},
		{(void *)(uintptr_t)zeros, all - sizeof(entry) - len},
	};
	if (pwritev(file->fd, parts, 3, (off_t)at) != (ssize_t)all)
		return NULL;
	return bns_images_file_at(file, at)->data;
}
