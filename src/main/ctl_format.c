/* SPDX-License-Identifier: BSD-3-Clause */
/* format: zone files in canonical form, replaced as a whole or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/replace.h"
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
	if (same_content(path, text)) {
		code = CTL_DONE;
	} else if (!check && bns_replace_text(path, text) != BNS_OK) {
		ctl_complain(ctl, "%s: %s", path, strerror(errno));
		code = CTL_ERROR;
	}
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
