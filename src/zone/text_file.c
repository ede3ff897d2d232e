/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zone/text.h"

#define FIRST_BYTES (64 * 1024)
#define MAX_BYTES   (UINT32_MAX) /* lines are counted in 32 bits */

/* A buffer that fits a regular file at once, and one octet more to see its end. */
static enum bns_error first_size(int fd, const char *path, size_t *cap, struct bns_diag *diag)
{
	struct stat st;
	*cap = FIRST_BYTES;
	if (fstat(fd, &st) != 0) {
		bns_diag_set(diag, path, 0, 0, "%s", strerror(errno));
		return BNS_EIO;
	}
	if (S_ISDIR(st.st_mode)) {
		bns_diag_set(diag, path, 0, 0, "is a directory; a zone file is expected");
		return BNS_EINVAL;
	}
	/* Of a million small ones, too: a large buffer costs more than what is read into it. */
	if (S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < MAX_BYTES)
		*cap = (size_t)st.st_size + 1;
	return BNS_OK;
}

static enum bns_error grow(char **data, size_t *cap, const char *path, struct bns_diag *diag)
{
	if (*cap >= MAX_BYTES) {
		bns_diag_set(diag, path, 0, 0, "is larger than 4 GiB; is this a zone file?");
		return BNS_ERANGE;
	}
	char *larger = realloc(*data, 2 * *cap);
	if (!larger)
		return BNS_ENOMEM;
	*data = larger;
	*cap *= 2;
	return BNS_OK;
}

static enum bns_error read_all(int fd, const char *path, char **data, size_t cap, size_t *len, struct bns_diag *diag)
{
	for (;;) {
		enum bns_error err = *len == cap ? grow(data, &cap, path, diag) : BNS_OK;
		if (err)
			return err;
		ssize_t n = read(fd, *data + *len, cap - *len);
		if (n == 0)
			return BNS_OK;
		if (n > 0) {
			*len += (size_t)n;
		} else if (errno != EINTR) {
			bns_diag_set(diag, path, 0, 0, "can't be read: %s", strerror(errno));
			return BNS_EIO;
		}
	}
}

enum bns_error bns_text_read_file(int fd, const char *path, char **data, size_t *len, struct bns_diag *diag)
{
	size_t cap;
	enum bns_error err = first_size(fd, path, &cap, diag);
	if (err)
		return err;
	char *bytes = malloc(cap);
	if (!bytes)
		return BNS_ENOMEM;
	*len = 0;
	err = read_all(fd, path, &bytes, cap, len, diag);
	if (err)
		free(bytes);
	else
		*data = bytes;
	return err;
}
