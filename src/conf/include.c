/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of a configuration: the first one and, in place of each `include`, what it names. */

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/nearest.h"
#include "conf/conf_internal.h"

static enum bns_error gather(struct bns_conf_reader *r, const char *path, const struct bns_yaml *from, unsigned depth);

/* Each file once: a loop ends here, and so does the same zone list read twice. */
static enum bns_error note_file(struct bns_conf_reader *r, const char *path, const struct bns_yaml *from)
{
	struct stat st;
	if (stat(path, &st))
		return BNS_OK;            /* the reader below says what is wrong with it */
	if (from && !S_ISREG(st.st_mode)) /* a pipe would be waited for */
		return bns_conf_fail(r, from, "%s is not a regular file", path);
	for (size_t i = 0; i < r->file_count; i++) {
		if (r->files[i].dev == st.st_dev && r->files[i].ino == st.st_ino)
			return bns_conf_fail(r, from, "%s is included more than once", path);
	}
	void *grown = realloc(r->files, (r->file_count + 1) * sizeof(*r->files));
	if (!grown)
		return bns_conf_no_memory(r);
	r->files = grown;
	r->files[r->file_count].dev = st.st_dev;
	r->files[r->file_count].ino = st.st_ino;
	r->file_count++;
	return BNS_OK;
}

/* Without the zones that needn't be shown to libyaml, where there are such. */
static enum bns_error load_file(struct bns_conf_reader *r, const char *path, struct bns_plain_file **plain,
				struct bns_yaml **root)
{
	*plain = r->all_shown ? NULL : bns_plain_cut(path);
	if (!*plain)
		return bns_yaml_load(path, root, r->diag);
	(*plain)->next = r->plain;
	r->plain = *plain;
	return bns_yaml_parse((*plain)->shown, (*plain)->shown_len, path, root, r->diag);
}

static enum bns_error load_tree(struct bns_conf_reader *r, const char *path, const struct bns_yaml *from,
				struct bns_plain_file **plain, struct bns_yaml **root)
{
	struct bns_yaml **trees = realloc(r->trees, (r->tree_count + 1) * sizeof(*trees));
	if (!trees)
		return bns_conf_no_memory(r);
	r->trees = trees;
	enum bns_error err = load_file(r, path, plain, root);
	if (!err)
		trees[r->tree_count++] = *root;
	else if (from && r->diag && r->diag->line == 0) {
		/* Not what is in the file but the file itself: the place to mend is where it is named. */
		struct bns_diag why = *r->diag;
		(void)bns_conf_fail(r, from, "%.200s: %.250s", path, why.text);
	}
	return err;
}

static enum bns_error add_node(struct bns_conf_reader *r, struct bns_conf_nodes *nodes, const struct bns_yaml *node)
{
	if (nodes->count == nodes->capacity) {
		size_t capacity = nodes->capacity ? 2 * nodes->capacity : 16;
		void *grown = realloc(nodes->list, capacity * sizeof(*nodes->list));
		if (!grown)
			return bns_conf_no_memory(r);
		nodes->list = grown;
		nodes->capacity = capacity;
	}
	nodes->list[nodes->count++] = node;
	return BNS_OK;
}

static enum bns_error add_section(struct bns_conf_reader *r, enum bns_section_id id, const struct bns_yaml *section)
{
	/* A name with nothing behind it, as when all items are commented out. */
	if (section->kind == BNS_YAML_SCALAR && !*section->text)
		return BNS_OK;
	if (!bns_sections[id].many || section->kind == BNS_YAML_MAPPING)
		return add_node(r, &r->nodes[id], section);
	if (section->kind == BNS_YAML_SCALAR)
		return bns_conf_fail(r, section, "'%s' takes a list of mappings", bns_sections[id].name);
	for (const struct bns_yaml *item = section->child; item; item = item->next) {
		enum bns_error err = add_node(r, &r->nodes[id], item);
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error include_one(struct bns_conf_reader *r, const struct bns_yaml *value, unsigned depth)
{
	if (value->kind != BNS_YAML_SCALAR || !*value->text)
		return bns_conf_fail(r, value, "'include' takes a file or a list of files");
	if (depth == BNS_CONF_INCLUDE_DEPTH_MAX)
		return bns_conf_fail(r, value, "files are included more than %d deep", BNS_CONF_INCLUDE_DEPTH_MAX);
	const char *path = bns_path_absolute(r, value->text, value->file, false);
	if (!path)
		return bns_conf_no_memory(r);
	if (!strpbrk(value->text, "*?["))
		return gather(r, path, value, depth + 1);
	/* A pattern may match nothing: a folder of snippets may be empty. */
	glob_t found;
	int rc = glob(path, 0, NULL, &found);
	if (rc == GLOB_NOMATCH)
		return BNS_OK;
	if (rc)
		return bns_conf_fail(r, value, "the folder of '%.200s' can't be read", path);
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < found.gl_pathc && !err; i++) {
		path = bns_arena_strdup(r->arena, found.gl_pathv[i]);
		err = path ? gather(r, path, value, depth + 1) : bns_conf_no_memory(r);
	}
	globfree(&found);
	return err;
}

static enum bns_error include_all(struct bns_conf_reader *r, const struct bns_yaml *value, unsigned depth)
{
	const struct bns_yaml *item = bns_list_first(value);
	if (value->kind == BNS_YAML_MAPPING)
		return bns_conf_fail(r, value, "'include' takes a file or a list of files");
	for (size_t n = bns_list_count(value); n > 0; n--, item = item->next) {
		enum bns_error err = include_one(r, item, depth);
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error fail_unknown(struct bns_conf_reader *r, const struct bns_yaml *child)
{
	const char *nearest = NULL;
	char known[160] = "include";
	unsigned best = BNS_NEAREST_BEGIN;
	if (bns_is_nearer(child->key, known, &best))
		nearest = "include";
	for (size_t i = 0; i < BNS_SECTION_TOP_COUNT; i++) {
		size_t used = strlen(known);
		if (bns_is_nearer(child->key, bns_sections[i].name, &best))
			nearest = bns_sections[i].name;
		snprintf(known + used, sizeof(known) - used, ", %s", bns_sections[i].name);
	}
	if (nearest)
		return bns_conf_fail_key(r, child, "unknown section '%.64s'; did you mean '%s'?", child->key, nearest);
	return bns_conf_fail_key(r, child, "unknown section '%.64s'; known: %s", child->key, known);
}

static enum bns_error gather_child(struct bns_conf_reader *r, const struct bns_yaml *child, unsigned depth)
{
	if (strcmp(child->key, "include") == 0)
		return include_all(r, child, depth);
	for (enum bns_section_id id = 0; id < BNS_SECTION_TOP_COUNT; id++) {
		if (strcmp(child->key, bns_sections[id].name) == 0)
			return add_section(r, id, child);
	}
	return fail_unknown(r, child);
}

static enum bns_error gather(struct bns_conf_reader *r, const char *path, const struct bns_yaml *from, unsigned depth)
{
	struct bns_yaml *root;
	struct bns_plain_file *plain;
	enum bns_error err = note_file(r, path, from);
	if (!err)
		err = load_tree(r, path, from, &plain, &root);
	if (err)
		return err;
	if (root->kind != BNS_YAML_MAPPING)
		return bns_conf_fail(r, root, "a configuration is a mapping of sections such as 'server' and 'zone'");
	for (const struct bns_yaml *child = root->child; child && !err; child = child->next) {
		bool is_zones = plain && strcmp(child->key, bns_sections[BNS_SECTION_ZONE].name) == 0;
		err = is_zones && !bns_plain_place(plain, child, r->nodes[BNS_SECTION_ZONE].count) ? BNS_EINVAL
												   : BNS_OK;
		if (!err)
			err = gather_child(r, child, depth);
	}
	return err;
}

enum bns_error bns_conf_gather(struct bns_conf_reader *r, const char *path)
{
	return gather(r, path, NULL, 0);
}
