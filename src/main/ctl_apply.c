/* SPDX-License-Identifier: BSD-3-Clause */
/* apply: a reviewed zone file, read here with its errors, handed to the daemon as it stands. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/ctl_sides.h"
#include "zone/text.h"

/* The file's text; the caller's to free(). NULL: it was told why not. */
static char *read_text(const struct ctl *ctl, const char *path, size_t *len)
{
	struct bns_diag diag = {.text = "out of memory"};
	char *data = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		ctl_complain(ctl, "%s: %s", path, strerror(errno));
	else if (bns_text_read_file(fd, path, &data, len, &diag) != BNS_OK)
		ctl_complain_diag(ctl, &diag);
	if (fd >= 0)
		close(fd);
	return data;
}

static enum ctl_exit send_zone(struct ctl *ctl, const struct ctl_zone *zone, const json_t *params)
{
	char name[BNS_NAME_TEXT_MAX];
	size_t len;
	char *text = read_text(ctl, zone->path, &len);
	json_t *value = text ? json_stringn(text, len) : NULL;
	if (text && !value)
		ctl_complain(ctl, "%s: what isn't UTF-8 must be written as \\DDD (RFC 1035 5.1)", zone->path);
	free(text);
	if (!value)
		return CTL_ERROR;
	json_t *call = json_pack("{s:s, s:o, s:o, s:O, s:O*}", "zone", bns_name_to_text_nodot(zone->apex, name), "text",
				 value, "source", bns_rpc_text(zone->path), "expect", json_object_get(params, "expect"),
				 "no_wait", json_object_get(params, "no_wait"));
	return ctl_call_and_show(ctl, "apply", call);
}

enum ctl_exit ctl_apply(struct ctl *ctl, json_t *params)
{
	struct ctl_side side;
	enum ctl_exit code = CTL_ERROR;
	const char *path = json_string_value(json_object_get(params, "file"));
	if (*path == '@') {
		ctl_complain(ctl, "apply: %s is no file", path);
		return CTL_ERROR;
	}
	if (!ctl_side_open(ctl, path, ctl_complain_diag, &side))
		return CTL_ERROR;
	if (side.kind != CTL_SIDE_FILE)
		ctl_complain(ctl, "apply: %s is a folder; a plan is about one zone file", path);
	else if (side.count == 1 && side.zones[0].contents && !side.failed)
		code = send_zone(ctl, &side.zones[0], params);
	ctl_side_close(&side);
	return code;
}
