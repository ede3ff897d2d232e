/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compiled zones in files of their own beside the store's, mapped for reading:
 * a million of them are served without being in memory, and are there again
 * after a restart without being built. They are no more than a copy that saves
 * work: each has a digest, the store says which digest a zone's has, and what
 * isn't found whole is built from the stored version. So nothing here is
 * synced, migrated or backed up.
 *
 * A file is written at its end alone and goes when nothing in it is in use.
 * Thread: main loop, except where said.
 */
#ifndef BNS_STORE_IMAGES_H
#define BNS_STORE_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BNS_IMAGES_ALIGN 16

struct bns_images;

/*
 * Those in FOLDER/images; what is of another `layout` is removed. A thread
 * begins to look at what is there. NULL when memory is short.
 */
struct bns_images *bns_images_open(const char *folder, uint64_t layout);

/* No reader may be left. */
void bns_images_close(struct bns_images *im);

/* Never 0. Any thread. */
uint64_t bns_images_digest(const void *data, size_t len);

/*
 * A copy that lies in a file, in use; NULL where the disk doesn't take it, and
 * `data` must do. Any thread.
 */
const void *bns_images_add(struct bns_images *im, const void *data, size_t len, uint64_t digest);

/* Is that a copy? Any thread. */
bool bns_images_has(struct bns_images *im, const void *data);

/* It is used no more: its room is given back once no reader can have it. */
void bns_images_drop(struct bns_images *im, const void *data);

/* At the start, once: every copy that is whole; those for which `each` returns true are in use, the others are not. */
typedef bool (*bns_images_each_fn)(void *arg, const void *data, size_t len, uint64_t digest);

/* Before that, in two steps (0 and 1) of 16 copies each, so that memory may be asked for what `each` needs of it. */
typedef void (*bns_images_ahead_fn)(void *arg, const void *data, size_t len, unsigned step);
void bns_images_recall(struct bns_images *im, bns_images_each_fn each, bns_images_ahead_fn ahead, void *arg);

/*
 * The copies of the file that is used least, if so much room is lost that it is
 * worth while, beginning where the last call has ended and at most `count`:
 * `each` copies what is in use to elsewhere, or leaves it for another time.
 * Where there are none it isn't called.
 */
typedef void (*bns_images_move_fn)(void *arg, const void *data, size_t len, uint64_t digest);
void bns_images_tidy(struct bns_images *im, size_t count, bns_images_move_fn each, void *arg);

/* Octets of the files, and of what is in use in them. */
void bns_images_usage(struct bns_images *im, uint64_t *file_bytes, uint64_t *used_bytes);

#endif
