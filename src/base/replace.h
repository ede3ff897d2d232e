/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file replaced as a whole: written beside it, synced, renamed over it, the
 * rename synced. Who reads it meets the old text or the new, also after a
 * power cut. A symbolic link stays one, the file's mode stays what it was, its
 * owner where that can be had. Thread: any.
 */
#ifndef BNS_BASE_REPLACE_H
#define BNS_BASE_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct bns_replace {
	FILE *out;
	char *path; /* without symbolic links */
	char *temp;
};

/* What is written to `out` becomes the file. On failure errno says why. */
enum bns_error bns_replace_begin(const char *path, struct bns_replace *r) BNS_MUST_CHECK;

/* Makes it so, or leaves everything as it was, where not `good` or where it fails. On failure errno says why. */
enum bns_error bns_replace_end(struct bns_replace *r, bool good) BNS_MUST_CHECK;

/* Both at once for a text that is there. */
enum bns_error bns_replace_text(const char *path, const char *text) BNS_MUST_CHECK;

#endif
