/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/ctl_sides.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "zone/load.h"

#define SUFFIX ".zone"

static bool add_zone(struct ctl_side *side, const uint8_t *apex, struct bns_contents *contents, const char *path)
{
	struct ctl_zone *grown = realloc(side->zones, (side->count + 1) * sizeof(*grown));
	if (!grown)
		return false;
	side->zones = grown;
	struct ctl_zone *z = &grown[side->count];
	*z = (struct ctl_zone){.contents = contents, .path = strdup(path)};
	if (!z->path)
		return false;
	if (apex)
		memcpy(z->apex, apex, bns_name_len(apex));
	side->count++;
	return true;
}

/* `apex` NULL: the SOA's owner decides. */
static bool read_zone(const struct ctl *ctl, struct ctl_side *side, const char *path, const uint8_t *apex,
		      void (*complain)(const struct ctl *, const struct bns_diag *))
{
	struct bns_diag diag = {.text = ""};
	struct bns_contents *contents = NULL;
	enum bns_error err = bns_zone_load(path, apex, &contents, &diag);
	if (err != BNS_OK) {
		if (!*diag.text)
			bns_diag_set(&diag, path, 0, 0, "%s", bns_strerror(err));
		complain(ctl, &diag);
		side->failed = true;
	}
	if (!contents && !apex)
		return true;
	if (add_zone(side, contents ? contents->apex : apex, contents, path))
		return true;
	bns_contents_free(contents);
	return false;
}

static int is_zone_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > strlen(SUFFIX) &&
	       strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

/* As in a zone-directory, the file's name is the zone's. */
static bool read_entry(const struct ctl *ctl, struct ctl_side *side, const char *entry,
		       void (*complain)(const struct ctl *, const struct bns_diag *))
{
	char path[4096];
	char text[256];
	uint8_t apex[BNS_NAME_MAX];
	size_t len;
	snprintf(path, sizeof(path), "%s/%s", side->name, entry);
	snprintf(text, sizeof(text), "%.*s", (int)(strlen(entry) - strlen(SUFFIX)), entry);
	if (bns_name_from_text(text, NULL, apex, &len) == BNS_OK) {
		bns_name_lower(apex);
		return read_zone(ctl, side, path, apex, complain);
	}
	struct bns_diag diag;
	bns_diag_set(&diag, path, 0, 0, "a file in a zone directory is called NAME.zone, and '%s' is no domain name",
		     text);
	complain(ctl, &diag);
	side->failed = true;
	return true;
}

static bool read_folder(const struct ctl *ctl, struct ctl_side *side,
			void (*complain)(const struct ctl *, const struct bns_diag *))
{
	struct dirent **entries;
	struct ctl_progress progress;
	bool good = true;
	int n = scandir(side->name, &entries, is_zone_file, alphasort);
	if (n < 0)
		ctl_complain(ctl, "%s: %s", side->name, strerror(errno));
	if (n == 0)
		ctl_complain(ctl, "%s: no *.zone file in this folder", side->name);
	ctl_progress_begin(&progress, "zones read", n > 0 ? (size_t)n : 0);
	for (int i = 0; i < n; i++) {
		good = good && read_entry(ctl, side, entries[i]->d_name, complain);
		free(entries[i]);
		ctl_progress_step(ctl, &progress);
	}
	ctl_progress_hide(&progress);
	if (n >= 0)
		free(entries);
	return n >= 0 && good;
}

bool ctl_side_open(const struct ctl *ctl, const char *name,
		   void (*complain)(const struct ctl *, const struct bns_diag *), struct ctl_side *side)
{
	struct stat st;
	bool good = false;
	if (strcmp(name, "-") == 0)
		name = "/dev/stdin";
	*side = (struct ctl_side){.name = name, .kind = CTL_SIDE_FILE};
	if (*name == '@') {
		side->kind = CTL_SIDE_SERVER;
		return ctl_server_from_text(ctl, name, &side->server);
	}
	if (stat(name, &st) != 0) {
		ctl_complain(ctl, "%s: %s", name, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		side->kind = CTL_SIDE_FOLDER;
		good = read_folder(ctl, side, complain);
	} else {
		good = read_zone(ctl, side, name, NULL, complain);
	}
	if (!good)
		ctl_side_close(side);
	return good;
}

/* What `one` has, if there is memory for it. */
static bool take_over(struct ctl_side *side, struct ctl_side *one)
{
	struct ctl_zone *grown = realloc(side->zones, (side->count + one->count + 1) * sizeof(*grown));
	if (!grown)
		return false;
	side->zones = grown;
	for (size_t i = 0; i < one->count; i++)
		grown[side->count++] = one->zones[i];
	side->failed |= one->failed;
	one->count = 0;
	return true;
}

bool ctl_side_open_all(const struct ctl *ctl, const json_t *names,
		       void (*complain)(const struct ctl *, const struct bns_diag *), struct ctl_side *side)
{
	size_t i;
	json_t *name;
	struct ctl_side one;
	bool several = json_array_size(names) > 1;
	*side = (struct ctl_side){.name = several ? "these files" : json_string_value(json_array_get(names, 0)),
				  .kind = CTL_SIDE_FOLDER};
	json_array_foreach ((json_t *)(uintptr_t)names, i, name) {
		const char *path = json_string_value(name);
		bool good = *path != '@' && ctl_side_open(ctl, path, complain, &one);
		if (*path == '@')
			ctl_complain(ctl, "%s is a server: files and folders are checked", path);
		if (good && !take_over(side, &one))
			side->failed = true;
		if (good)
			ctl_side_close(&one);
		else
			side->failed = true;
	}
	return true;
}

void ctl_side_close(struct ctl_side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		bns_contents_free(side->zones[i].contents);
		free(side->zones[i].path);
	}
	free(side->zones);
	side->zones = NULL;
	side->count = 0;
}

const struct ctl_zone *ctl_side_find(const struct ctl_side *side, const uint8_t *apex)
{
	for (size_t i = 0; i < side->count; i++) {
		if (side->zones[i].apex[0] == apex[0] && bns_name_equal(side->zones[i].apex, apex))
			return &side->zones[i];
	}
	return NULL;
}
