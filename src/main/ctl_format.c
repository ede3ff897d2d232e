/* SPDX-License-Identifier: BSD-3-Clause */
/* format: zone files in canonical form, replaced as a whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/replace.h"
#include "main/ctl.h"
#include "zone/dump.h"
#include "zone/text.h"

/* A file as it is, and in canonical form; both the caller's. */
struct formatted {
	char *before;
	size_t before_len;
	char *after;
};

static bool is_input(const char *path)
{
	return strcmp(path, "-") == 0;
}

static enum bns_error read_and_format(const char *path, struct formatted *f, struct bns_diag *diag)
{
	const char *name = is_input(path) ? "/dev/stdin" : path;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		bns_diag_set(diag, name, 0, 0, "can't be opened: %s", strerror(errno));
		return BNS_EIO;
	}
	enum bns_error err = bns_text_read_file(fd, name, &f->before, &f->before_len, diag);
	close(fd);
	return err ? err : bns_zone_format_text(f->before, f->before_len, name, &f->after, diag);
}

static bool is_canonical(const struct formatted *f)
{
	return strlen(f->after) == f->before_len && memcmp(f->after, f->before, f->before_len) == 0;
}

/* Standard input has no place of its own: it goes on to standard output, changed or not. */
static enum ctl_exit put(const struct ctl *ctl, const char *path, const struct formatted *f)
{
	enum ctl_exit code = is_canonical(f) ? CTL_DONE : CTL_DIFFERS;
	if (is_input(path) && !ctl->json)
		fputs(f->after, stdout);
	if (is_input(path) || code == CTL_DONE || bns_replace_text(path, f->after) == BNS_OK)
		return code;
	ctl_complain(ctl, "%s: %s", path, strerror(errno));
	return CTL_ERROR;
}

/* Yields CTL_DIFFERS where the file changes or would. */
static enum ctl_exit format_file(const struct ctl *ctl, const char *path, bool check)
{
	struct bns_diag diag = {.text = "out of memory"};
	struct formatted f = {.before = NULL};
	enum ctl_exit code = CTL_ERROR;
	if (read_and_format(path, &f, &diag) != BNS_OK)
		ctl_complain_diag(ctl, &diag);
	else if (check)
		code = is_canonical(&f) ? CTL_DONE : CTL_DIFFERS;
	else
		code = put(ctl, path, &f);
	free(f.before);
	free(f.after);
	return code;
}

enum ctl_exit ctl_format(struct ctl *ctl, json_t *params)
{
	size_t i;
	json_t *file;
	bool check = json_is_true(json_object_get(params, "check"));
	enum ctl_exit worst = CTL_DONE;
	json_t *rows = json_array();
	json_array_foreach (json_object_get(params, "files"), i, file) {
		const char *path = json_string_value(file);
		ctl->said->complaint[0] = '\0'; /* each file has its own */
		enum ctl_exit code = format_file(ctl, path, check);
		bool changes = code == CTL_DIFFERS;
		json_array_append_new(rows,
				      json_pack("{s:s, s:b, s:b, s:o}", "file", path, "changed", changes, "good",
						code != CTL_ERROR, "error",
						code == CTL_ERROR ? bns_rpc_text(ctl->said->complaint) : json_null()));
		if (changes && !ctl->json && (check || !is_input(path)))
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
