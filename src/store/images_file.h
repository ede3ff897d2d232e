/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One file of images.c: a head, then entries one after the other, each at a
 * multiple of BNS_IMAGES_ALIGN. It is mapped for reading as far as it may ever
 * grow; what is written to it is seen there at once. Thread: its owner says.
 */
#ifndef BNS_STORE_IMAGES_FILE_H
#define BNS_STORE_IMAGES_FILE_H

#include "base/rcu.h"
#include "store/images.h"

#define BNS_IMAGES_HEAD_BYTES 64

struct bns_images_entry {
	uint32_t magic;
	uint32_t len;
	uint64_t digest; /* of the data */
	uint8_t data[];
};

struct bns_images_file {
	struct bns_rcu_head rcu;
	char *path;
	int fd;
	uint32_t number;
	const uint8_t *map;
	size_t room; /* mapped */
	size_t end;  /* of what is written, or taken to be */
	uint64_t used_bytes;
	unsigned writing; /* taken and not yet written */
	uint32_t *found;  /* entries that are whole, in multiples of BNS_IMAGES_ALIGN */
	size_t found_count;
};

/* The path of the folder in the store's, made where it is missing; NULL: no memory. */
char *bns_images_file_folder(const char *store_folder);

/* Those that are there and of this layout, by number; the others are removed. */
void bns_images_file_find(const char *folder, uint64_t layout, struct bns_images_file ***files, size_t *count);

/* A new one with room for at least one entry of `len`; NULL where there is none. */
struct bns_images_file *bns_images_file_make(const char *folder, uint32_t number, uint64_t layout, size_t len);

void bns_images_file_close(struct bns_images_file *file);

/* It is unlinked, and closed once no reader can have it. */
void bns_images_file_retire(struct bns_images_file *file);

/* Fills `found`. */
void bns_images_file_look(struct bns_images_file *file);

bool bns_images_file_takes(const struct bns_images_file *file, size_t len);

/* Where an entry of `len` goes: room is taken and in use, and writing has begun. */
size_t bns_images_file_take(struct bns_images_file *file, size_t len);
const void *bns_images_file_write(struct bns_images_file *file, size_t at, const void *data, size_t len,
				  uint64_t digest);

/* The next entry at or behind `*at` that could be one; false: there is none. */
bool bns_images_file_next(const struct bns_images_file *file, size_t *at);

static inline const struct bns_images_entry *bns_images_file_at(const struct bns_images_file *file, size_t at)
{
	return (const struct bns_images_entry *)(const void *)(file->map + at);
}

static inline bool bns_images_file_has(const struct bns_images_file *file, const void *data)
{
	return (const uint8_t *)data >= file->map && (const uint8_t *)data < file->map + file->room;
}

static inline const struct bns_images_entry *bns_images_entry_of(const void *data)
{
	return (const struct bns_images_entry *)(const void *)((const char *)data -
							       offsetof(struct bns_images_entry, data));
}

static inline size_t bns_images_entry_bytes(size_t len)
{
	return (sizeof(struct bns_images_entry) + len + BNS_IMAGES_ALIGN - 1) & ~(size_t)(BNS_IMAGES_ALIGN - 1);
}

#endif
