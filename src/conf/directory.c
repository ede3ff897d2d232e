/* SPDX-License-Identifier: BSD-3-Clause */
/* zone-directory: every NAME.zone in a folder is a zone. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/conf_internal.h"

#define SUFFIX ".zone"

static bool ends_in_suffix(const char *name, size_t *stem_len)
{
	size_t len = strlen(name);
	*stem_len = len - (sizeof(SUFFIX) - 1);
	return len > sizeof(SUFFIX) - 1 && strcmp(name + *stem_len, SUFFIX) == 0;
}

static bool is_file(const char *path, const struct dirent *entry)
{
	struct stat st;
	if (entry->d_type == DT_REG)
		return true;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static enum bns_error grow(struct bns_conf_reader *r, struct bns_directory_zones *found)
{
	if (found->count < found->capacity)
		return BNS_OK;
	size_t capacity = found->capacity ? 2 * found->capacity : 64;
	void *grown = realloc(found->list, capacity * sizeof(*found->list));
	if (!grown)
		return bns_conf_no_memory(r);
	found->list = grown;
	found->capacity = capacity;
	return BNS_OK;
}

static enum bns_error add_entry(struct bns_conf_reader *r, const struct bns_zone_directory *dir,
				const struct bns_yaml *node, const struct dirent *entry,
				struct bns_directory_zones *found)
{
	char text[BNS_CONF_NAME_MAX + 1], name[BNS_CONF_NAME_MAX];
	size_t stem_len;
	/* Hidden files are an editor's. */
	if (entry->d_name[0] == '.' || !ends_in_suffix(entry->d_name, &stem_len))
		return BNS_OK;
	size_t size = strlen(dir->path) + strlen(entry->d_name) + 2;
	char *path = bns_arena_bytes(r->arena, size);
	if (!path)
		return bns_conf_no_memory(r);
	snprintf(path, size, "%s/%s", dir->path, entry->d_name);
	if (!is_file(path, entry))
		return BNS_OK;
	if (!bns_path_unescape(entry->d_name, stem_len, text, sizeof(text)) || !bns_conf_name(text, name)) {
		bns_conf_warn(r, path, NULL, "the file is ignored: what stands before .zone is not a domain name");
		return BNS_OK;
	}
	enum bns_error err = grow(r, found);
	if (err)
		return err;
	struct bns_zone_draft *draft = &found->list[found->count];
	*draft = *(dir->template ? dir->template : r->base);
	draft->pattern = NULL;
	draft->node = bns_yaml_get(node, "path");
	draft->file = path;
	draft->name = bns_arena_strdup(r->arena, name);
	if (!draft->name)
		return bns_conf_no_memory(r);
	found->count++;
	return BNS_OK;
}

static enum bns_error scan(struct bns_conf_reader *r, const struct bns_zone_directory *dir, const struct bns_yaml *node,
			   struct bns_directory_zones *found)
{
	enum bns_error err = BNS_OK;
	const struct dirent *entry;
	DIR *d = opendir(dir->path);
	if (!d)
		return bns_conf_fail(r, bns_yaml_get(node, "path"), "the folder %s can't be read: %s", dir->path,
				     strerror(errno));
	while (!err && (errno = 0, entry = readdir(d)))
		err = add_entry(r, dir, node, entry, found);
	if (!err && errno)
		err = bns_conf_fail(r, bns_yaml_get(node, "path"), "the folder %s can't be read: %s", dir->path,
				    strerror(errno));
	closedir(d);
	return err;
}

static int compare_drafts(const void *a, const void *b)
{
	const struct bns_zone_draft *x = a, *y = b;
	int c = strcmp(x->name, y->name);
	return c ? c : strcmp(x->file, y->file);
}

static enum bns_error refuse_twice(struct bns_conf_reader *r, const struct bns_directory_zones *found)
{
	for (size_t i = 1; i < found->count; i++) {
		const struct bns_zone_draft *a = &found->list[i - 1], *b = &found->list[i];
		if (strcmp(a->name, b->name) == 0)
			return bns_conf_fail(r, b->node, "zone '%.100s' has two files: %.150s and %.150s", a->name,
					     a->file, b->file);
	}
	return BNS_OK;
}

/* What is configured by itself goes first; of the folder it takes only the file, and only where it needs one. */
static void yield_to_written(struct bns_conf_reader *r, struct bns_directory_zones *found)
{
	size_t kept = 0;
	for (size_t i = 0; i < found->count; i++) {
		const struct bns_conf_item *item = bns_item_by_id(&r->index[BNS_SECTION_ZONE], found->list[i].name);
		struct bns_zone_draft *written = item ? item->object : NULL;
		if (!written)
			found->list[kept++] = found->list[i];
		else if (!written->pattern && written->zone.primary_count == 0)
			written->file = found->list[i].file;
	}
	found->count = kept;
}

enum bns_error bns_conf_directories(struct bns_conf_reader *r, struct bns_directory_zones *found)
{
	const struct bns_conf_nodes *nodes = &r->nodes[BNS_SECTION_ZONE_DIRECTORY];
	enum bns_error err = bns_item_read_all(r, BNS_SECTION_ZONE_DIRECTORY);
	const struct bns_zone_directory *dirs = r->objects[BNS_SECTION_ZONE_DIRECTORY];
	for (size_t i = 0; i < nodes->count && !err; i++)
		err = scan(r, &dirs[i], nodes->list[i], found);
	if (err || found->count == 0)
		return err;
	qsort(found->list, found->count, sizeof(*found->list), compare_drafts);
	err = refuse_twice(r, found);
	if (!err)
		yield_to_written(r, found);
	return err;
}
