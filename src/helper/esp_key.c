/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/esp.h"

static bool read_all(int fd, char *out, size_t cap, size_t *len)
{
	ssize_t n;
	*len = 0;
	while (*len < cap && (n = read(fd, out + *len, cap - *len)) != 0) {
		if (n < 0)
			return false;
		*len += (size_t)n;
	}
	return true;
}

/* One word of visible ASCII, so that it can stand in a header, with or without the end of its line. */
static bool trim(char *key, size_t len)
{
	while (len > 0 && (key[len - 1] == '\n' || key[len - 1] == '\r' || key[len - 1] == ' '))
		len--;
	key[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~')
			return false;
	return len > 0;
}

bool bns_esp_key(struct bns_esp *e, const char *path)
{
	struct stat st;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		bns_esp_fail(e, "the key file %s can't be read: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		bns_esp_fail(e, "the key file %s is no file", path);
	} else if (st.st_mode & (S_IROTH | S_IWOTH)) {
		bns_esp_fail(e, "the key file %s may be read or written by others: chmod o-rw it, and replace the key",
			     path);
	} else if (!read_all(fd, e->key, sizeof(e->key) - 1, &len) || len == sizeof(e->key) - 1 || !trim(e->key, len)) {
		explicit_bzero(e->key, sizeof(e->key));
		bns_esp_fail(e, "the key file %s must hold one API key, on one line", path);
	}
	if (fd >= 0)
		close(fd);
	return !e->why[0];
}
