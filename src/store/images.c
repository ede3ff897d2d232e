/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/images.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <xxhash.h>

#include "base/seccomp.h"
#include "store/images_file.h"

/* So much lost room is nothing to speak of. */
#define LOST_BYTES ((uint64_t)16 << 20)

#define AHEAD 16

struct bns_images {
	char *folder;
	uint64_t layout;
	uv_mutex_t mutex;               /* the list, and the files' numbers */
	struct bns_images_file **files; /* by number; the last one is written to */
	size_t count;
	uint32_t next_number;
	bool is_broken; /* the disk has refused; nothing is written until the next bns_images_tidy */

	/* The look at what was there. */
	uv_thread_t thread;
	bool looking;

	/* bns_images_tidy */
	struct bns_images_file *tidied; /* NULL: none */
	size_t tidied_at;
};

uint64_t bns_images_digest(const void *data, size_t len)
{
	uint64_t digest = XXH3_64bits(data, len);
	return digest ? digest : 1;
}

/* ---- life ---- */

static void look(void *arg)
{
	struct bns_images *im = arg;
	bns_seccomp_thread(BNS_SECCOMP_STORE);
	for (size_t i = 0; i < im->count; i++)
		bns_images_file_look(im->files[i]);
}

struct bns_images *bns_images_open(const char *folder, uint64_t layout)
{
	struct bns_images *im = calloc(1, sizeof(*im));
	if (!im)
		return NULL;
	im->layout = layout;
	im->folder = bns_images_file_folder(folder);
	if (!im->folder || uv_mutex_init(&im->mutex)) {
		free(im->folder);
		free(im);
		return NULL;
	}
	bns_images_file_find(im->folder, layout, &im->files, &im->count);
	if (im->count > 0)
		im->next_number = im->files[im->count - 1]->number + 1;
	im->looking = im->count > 0 && uv_thread_create(&im->thread, look, im) == 0;
	return im;
}

static void look_is_over(struct bns_images *im)
{
	if (im->looking)
		uv_thread_join(&im->thread);
	im->looking = false;
}

void bns_images_close(struct bns_images *im)
{
	if (!im)
		return;
	look_is_over(im);
	for (size_t i = 0; i < im->count; i++)
		bns_images_file_close(im->files[i]);
	free(im->files);
	uv_mutex_destroy(&im->mutex);
	free(im->folder);
	free(im);
}

/* ---- with the mutex held ---- */

static struct bns_images_file *file_of(struct bns_images *im, const void *data)
{
	for (size_t i = 0; i < im->count; i++)
		if (bns_images_file_has(im->files[i], data))
			return im->files[i];
	return NULL;
}

static struct bns_images_file *begin_file(struct bns_images *im, size_t room)
{
	struct bns_images_file **files = realloc(im->files, (im->count + 1) * sizeof(struct bns_images_file *));
	if (!files)
		return NULL;
	im->files = files;
	struct bns_images_file *file = bns_images_file_make(im->folder, im->next_number, im->layout, room);
	if (!file)
		return NULL;
	im->next_number++;
	im->files[im->count++] = file;
	return file;
}

/* The one at the end, as long as it has room and isn't what room is made in. */
static struct bns_images_file *file_for(struct bns_images *im, size_t len)
{
	struct bns_images_file *last = im->count > 0 ? im->files[im->count - 1] : NULL;
	if (last && last != im->tidied && bns_images_file_takes(last, len))
		return last;
	return begin_file(im, len);
}

/* Its numbers go on: readers may have it mapped for a while. */
static void remove_unused(struct bns_images *im)
{
	size_t kept = 0;
	for (size_t i = 0; i < im->count; i++) {
		struct bns_images_file *file = im->files[i];
		bool is_last = i + 1 == im->count;
		if (file->used_bytes > 0 || file->writing > 0 || (is_last && file != im->tidied)) {
			im->files[kept++] = file;
			continue;
		}
		if (file == im->tidied)
			im->tidied = NULL;
		bns_images_file_retire(file);
	}
	im->count = kept;
}

/* ---- writing ---- */

const void *bns_images_add(struct bns_images *im, const void *data, size_t len, uint64_t digest)
{
	uv_mutex_lock(&im->mutex);
	struct bns_images_file *file = im->is_broken ? NULL : file_for(im, len);
	size_t at = file ? bns_images_file_take(file, len) : 0;
	if (!file)
		im->is_broken = true;
	uv_mutex_unlock(&im->mutex);
	if (!file)
		return NULL;
	const void *copy = bns_images_file_write(file, at, data, len, digest);
	uv_mutex_lock(&im->mutex);
	file->writing--;
	if (!copy) {
		file->used_bytes -= bns_images_entry_bytes(len);
		im->is_broken = true;
	}
	uv_mutex_unlock(&im->mutex);
	return copy;
}

bool bns_images_has(struct bns_images *im, const void *data)
{
	uv_mutex_lock(&im->mutex);
	bool has = file_of(im, data) != NULL;
	uv_mutex_unlock(&im->mutex);
	return has;
}

void bns_images_drop(struct bns_images *im, const void *data)
{
	uv_mutex_lock(&im->mutex);
	struct bns_images_file *file = file_of(im, data);
	if (file) {
		file->used_bytes -= bns_images_entry_bytes(bns_images_entry_of(data)->len);
		if (file->used_bytes == 0)
			remove_unused(im);
	}
	uv_mutex_unlock(&im->mutex);
}

/* ---- the start ---- */

static const struct bns_images_entry *found_entry(const struct bns_images_file *file, size_t k)
{
	return bns_images_file_at(file, (size_t)file->found[k] * BNS_IMAGES_ALIGN);
}

static void look_ahead(const struct bns_images_file *file, size_t k, bns_images_ahead_fn ahead, void *arg)
{
	for (unsigned step = 0; step < 2; step++) {
		size_t at = k + (2 - step) * AHEAD;
		if (at < file->found_count)
			ahead(arg, found_entry(file, at)->data, found_entry(file, at)->len, step);
	}
}

void bns_images_recall(struct bns_images *im, bns_images_each_fn each, bns_images_ahead_fn ahead, void *arg)
{
	look_is_over(im);
	for (size_t i = 0; i < im->count; i++) {
		struct bns_images_file *file = im->files[i];
		for (size_t k = 0; k < file->found_count; k++) {
			const struct bns_images_entry *entry = found_entry(file, k);
			look_ahead(file, k, ahead, arg);
			if (each(arg, entry->data, entry->len, entry->digest))
				file->used_bytes += bns_images_entry_bytes(entry->len);
		}
		free(file->found);
		file->found = NULL;
		file->found_count = 0;
	}
	uv_mutex_lock(&im->mutex);
	remove_unused(im);
	uv_mutex_unlock(&im->mutex);
}

/* ---- room is made ---- */

static uint64_t lost_in(const struct bns_images_file *file)
{
	return file->end - file->used_bytes;
}

/* More than half of the files' octets are lost: the file that has lost most of its own is emptied. */
static struct bns_images_file *worth_tidying(const struct bns_images *im)
{
	struct bns_images_file *worst = NULL;
	uint64_t lost = 0, all = 0;
	for (size_t i = 0; i < im->count; i++) {
		struct bns_images_file *file = im->files[i];
		lost += lost_in(file);
		all += file->end;
		if (!worst || lost_in(file) * worst->end > lost_in(worst) * file->end)
			worst = file;
	}
	return lost > LOST_BYTES && lost > all / 2 ? worst : NULL;
}

void bns_images_tidy(struct bns_images *im, size_t count, bns_images_move_fn each, void *arg)
{
	uv_mutex_lock(&im->mutex);
	im->is_broken = false;
	if (!im->tidied || im->tidied_at >= im->tidied->end) {
		im->tidied = worth_tidying(im);
		im->tidied_at = BNS_IMAGES_HEAD_BYTES;
	}
	struct bns_images_file *file = im->tidied && im->tidied->writing == 0 ? im->tidied : NULL;
	size_t at = im->tidied_at;
	uv_mutex_unlock(&im->mutex);
	for (; file && count > 0; count--) {
		if (!bns_images_file_next(file, &at)) {
			im->tidied_at = file->end;
			return;
		}
		const struct bns_images_entry *entry = bns_images_file_at(file, at);
		at += bns_images_entry_bytes(entry->len);
		im->tidied_at = at;
		each(arg, entry->data, entry->len, entry->digest);
		/* It may have gone with its last copy. */
		if (im->tidied != file)
			return;
	}
}

void bns_images_usage(struct bns_images *im, uint64_t *file_bytes, uint64_t *used_bytes)
{
	*file_bytes = *used_bytes = 0;
	uv_mutex_lock(&im->mutex);
	for (size_t i = 0; i < im->count; i++) {
		*file_bytes += im->files[i]->end;
		*used_bytes += im->files[i]->used_bytes;
	}
	uv_mutex_unlock(&im->mutex);
}
