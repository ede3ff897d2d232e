/* SPDX-License-Identifier: BSD-3-Clause */
/* format: zone files in canonical form, replaced as a whole or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main/ctl.h"
#include "zone/dump.h"

static bool same_content(const char *path, const char *text)
{
	size_t len = strlen(text);
	char *now = malloc(len + 1);
	FILE *f = now ? fopen(path, "r") : NULL;
	bool same = f && fread(now, 1, len + 1, f) == len && memcmp(now, text, len) == 0;
	if (f)
		fclose(f);
	free(now);
	return same;
}

/* The new file has the old one's mode, and its owner where that can be had. */
static bool write_like(int fd, const struct stat *like, const char *text)
{
	size_t len = strlen(text);
	if (fchown(fd, like->st_uid, like->st_gid) != 0 && errno != EPERM)
		return false;
	if (fchmod(fd, like->st_mode & 07777) != 0)
		return false;
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return false;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) == 0;
}

/* `path` without symbolic links in its last part, so that a link stays one. */
static bool replace(const char *path, const char *text)
{
	struct stat st;
	char temp[4096 + 8];
	if (stat(path, &st) != 0)
		return false;
	snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	int fd = mkstemp(temp);
	if (fd < 0)
		return false;
	bool good = write_like(fd, &st, text);
	good = close(fd) == 0 && good;
	if (good && rename(temp, path) == 0)
		return true;
	int why = errno;
	unlink(temp);
	errno = why;
	return false;
}

/* Yields CTL_DIFFERS where the file changes or would. */
static enum ctl_exit format_file(const struct ctl *ctl, const char *path, bool check)
{
	struct bns_diag diag = {.text = "out of memory"};
	char *text = NULL;
	enum ctl_exit code = CTL_DIFFERS;
	if (bns_zone_format(path, &text, &diag) != BNS_OK) {
		ctl_complain_diag(ctl, &diag);
		return CTL_ERROR;
	}
	char *real = realpath(path, NULL);
	if (real && same_content(real, text)) {
		code = CTL_DONE;
	} else if (!real || (!check && !replace(real, text))) {
		ctl_complain(ctl, "%s: %s", path, strerror(errno));
		code = CTL_ERROR;
	}
	free(real);
	free(text);
	return code;
}

enum ctl_exit ctl_format(struct ctl *ctl, json_t *params)
{
	size_t i;
	json_t *file;
	bool check = json_is_true(json_object_get(params, "check"));
	enum ctl_exit worst = CTL_DONE;
	json_t *rows = json_array();
	json_array_foreach(json_object_get(params, "files"), i, file)
	{
		const char *path = json_string_value(file);
		enum ctl_exit code = format_file(ctl, path, check);
		bool changes = code == CTL_DIFFERS;
		json_array_append_new(rows, json_pack("{s:s, s:b, s:b}", "file", path, "changed", changes, "good",
						      code != CTL_ERROR));
		if (changes && !ctl->json)
			printf("%s\n", path);
		worst = ctl_worse(worst, changes && !check ? CTL_DONE : code);
	}
	if (ctl->json) {
		json_t *result = json_pack("{s:i, s:O}", "schema", 1, "files", rows);
		ctl_print_json(ctl, result);
		json_decref(result);
	}
	json_decref(rows);
	return worst;
}
