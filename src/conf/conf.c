/* SPDX-License-Identifier: BSD-3-Clause */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_internal.h"

#define DEFAULT_USER "brandnsd"

static void say(struct bns_diag *diag, const char *file, unsigned line, unsigned column, const char *fmt, va_list args)
{
	char text[sizeof(diag->text)];
	vsnprintf(text, sizeof(text), fmt, args);
	bns_diag_set(diag, file, line, column, "%s", text);
}

enum bns_error bns_conf_fail(struct bns_conf_reader *r, const struct bns_yaml *value, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	say(r->diag, value->file, value->line, value->column, fmt, args);
	va_end(args);
	return BNS_EINVAL;
}

enum bns_error bns_conf_fail_key(struct bns_conf_reader *r, const struct bns_yaml *value, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	say(r->diag, value->file, value->key_line, value->key_column, fmt, args);
	va_end(args);
	return BNS_EINVAL;
}

enum bns_error bns_conf_no_memory(struct bns_conf_reader *r)
{
	bns_diag_set(r->diag, r->conf->path, 0, 0, "%s", bns_strerror(BNS_ENOMEM));
	return BNS_ENOMEM;
}

void bns_conf_warn(struct bns_conf_reader *r, const char *file, const struct bns_yaml *value, const char *fmt, ...)
{
	va_list args;
	if (!r->warnings)
		r->warnings = bns_arena_alloc(r->arena, BNS_CONF_WARNINGS_MAX * sizeof(*r->warnings));
	/* Without memory for a warning the configuration is as good as with it. */
	if (!r->warnings || r->conf->warning_count == BNS_CONF_WARNINGS_MAX)
		return;
	va_start(args, fmt);
	say(&r->warnings[r->conf->warning_count++], file, value ? value->line : 0, value ? value->column : 0, fmt,
	    args);
	va_end(args);
	r->conf->warnings = r->warnings;
}

/* Several files may each say a part of a section, but none of them what another said. */
static enum bns_error refuse_twice(struct bns_conf_reader *r, const struct bns_conf_nodes *nodes, size_t at)
{
	for (const struct bns_yaml *c = nodes->list[at]->child; c; c = c->next) {
		for (size_t i = 0; i < at; i++) {
			const struct bns_yaml *first = bns_yaml_get(nodes->list[i], c->key);
			if (first)
				return bns_conf_fail_key(r, c, "'%s' is written twice; the first is at %s:%u", c->key,
							 first->file, first->key_line);
		}
	}
	return BNS_OK;
}

static enum bns_error read_single(struct bns_conf_reader *r, enum bns_section_id section)
{
	const struct bns_conf_nodes *nodes = &r->nodes[section];
	enum bns_error err = bns_option_defaults(r, section, r->conf);
	for (size_t i = 0; i < nodes->count && !err; i++) {
		err = bns_option_read(r, section, nodes->list[i], r->conf);
		if (!err)
			err = refuse_twice(r, nodes, i);
	}
	return err;
}

static const struct bns_yaml *written(const struct bns_conf_reader *r, enum bns_section_id section, const char *key)
{
	const struct bns_yaml *value = NULL;
	for (size_t i = 0; i < r->nodes[section].count && !value; i++)
		value = bns_yaml_get(r->nodes[section].list[i], key);
	return value;
}

static enum bns_error settle_user(struct bns_conf_reader *r)
{
	struct bns_conf *c = r->conf;
	if (!c->user)
		c->user = getpwnam(DEFAULT_USER) ? DEFAULT_USER : NULL;
	else if (!*c->user)
		c->user = NULL;
	else if (!getpwnam(c->user))
		return bns_conf_fail(
			r, written(r, BNS_SECTION_SERVER, "user"),
			"there is no user '%.64s'; create it, or leave 'user' empty to stay who started brandnsd",
			c->user);
	return BNS_OK;
}

static enum bns_error check_tls(struct bns_conf_reader *r)
{
	const struct bns_conf *c = r->conf;
	const struct bns_yaml *listen = written(r, BNS_SECTION_SERVER, "listen-tls");
	const struct bns_yaml *cert = written(r, BNS_SECTION_SERVER, "tls-cert-file");
	const struct bns_yaml *key = written(r, BNS_SECTION_SERVER, "tls-key-file");
	if (c->tls_cert_file && !c->tls_key_file)
		return bns_conf_fail_key(r, cert, "'tls-cert-file' needs its private key in 'tls-key-file'");
	if (c->tls_key_file && !c->tls_cert_file)
		return bns_conf_fail_key(r, key, "'tls-key-file' needs its certificate in 'tls-cert-file'");
	if (c->listen_tls_count > 0 && !c->tls_cert_file)
		return bns_conf_fail_key(r, listen,
					 "'listen-tls' needs a certificate in 'tls-cert-file' and its key in "
					 "'tls-key-file'");
	return BNS_OK;
}

/* A plugin reads its options when it is loaded, which is after the files are forgotten. */
static enum bns_error copy_node(struct bns_arena *arena, const struct bns_yaml *from, struct bns_yaml **out)
{
	struct bns_yaml *node = *out = bns_arena_alloc(arena, sizeof(*node));
	if (!node)
		return BNS_ENOMEM;
	*node = *from;
	node->next = NULL;
	node->key = from->key ? bns_arena_strdup(arena, from->key) : NULL;
	node->text = from->text ? bns_arena_strdup(arena, from->text) : NULL;
	node->file = bns_arena_strdup(arena, from->file);
	if ((from->key && !node->key) || (from->text && !node->text) || !node->file)
		return BNS_ENOMEM;
	struct bns_yaml **end = &node->child;
	for (const struct bns_yaml *child = from->child; child; child = child->next, end = &(*end)->next) {
		enum bns_error err = copy_node(arena, child, end);
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error read_plugins(struct bns_conf_reader *r)
{
	enum bns_error err = bns_item_read_all(r, BNS_SECTION_PLUGIN);
	if (err)
		return err;
	struct bns_conf_plugin *plugins = r->objects[BNS_SECTION_PLUGIN];
	r->conf->plugin_count = r->nodes[BNS_SECTION_PLUGIN].count;
	r->conf->plugins = plugins;
	for (size_t i = 0; i < r->conf->plugin_count; i++) {
		struct bns_yaml *options;
		if (copy_node(r->arena, r->nodes[BNS_SECTION_PLUGIN].list[i], &options))
			return bns_conf_no_memory(r);
		plugins[i].options = options;
	}
	return BNS_OK;
}

/* Whoever is referred to comes before those who refer. */
static enum bns_error read_sections(struct bns_conf_reader *r)
{
	enum bns_error err = read_single(r, BNS_SECTION_SERVER);
	if (!err)
		err = settle_user(r);
	if (!err)
		err = check_tls(r);
	if (!err)
		err = read_single(r, BNS_SECTION_DATABASE);
	if (!err)
		err = read_single(r, BNS_SECTION_CONTROL);
	if (!err)
		err = bns_conf_keys(r);
	if (!err)
		err = bns_conf_remotes(r);
	if (!err)
		err = bns_conf_acls(r);
	if (!err)
		err = bns_conf_templates(r);
	if (!err)
		err = bns_conf_zones(r);
	return err ? err : read_plugins(r);
}

static void reader_free(struct bns_conf_reader *r)
{
	for (size_t i = 0; i < BNS_SECTION_COUNT; i++) {
		free(r->nodes[i].list);
		free(r->index[i].items);
	}
	free(r->files);
	free(r->objects[BNS_SECTION_ZONE]);
	for (size_t i = 0; i < r->tree_count; i++)
		bns_yaml_free(r->trees[i]);
	free(r->trees);
	while (r->plain) {
		struct bns_plain_file *plain = r->plain;
		r->plain = plain->next;
		bns_plain_free(plain);
	}
}

static enum bns_error note_path(struct bns_conf_reader *r, const char *path)
{
	char *real = realpath(path, NULL);
	/* A path that can't be resolved can't be read either: the reader says why. */
	r->conf->path = bns_arena_strdup(r->arena, real ? real : path);
	free(real);
	return r->conf->path ? BNS_OK : BNS_ENOMEM;
}

/* Zones are made later too; they name templates, remotes and the like, but no other zone. */
static enum bns_error keep_names(struct bns_conf_reader *r)
{
	struct bns_conf_kept *kept = bns_arena_alloc(r->arena, sizeof(*kept));
	if (!kept)
		return bns_conf_no_memory(r);
	kept->base = r->base;
	for (size_t i = 0; i < BNS_SECTION_COUNT; i++) {
		const struct bns_conf_index *from = &r->index[i];
		if (i == BNS_SECTION_ZONE || from->count == 0)
			continue;
		kept->index[i].count = from->count;
		kept->index[i].items = bns_arena_alloc(r->arena, from->count * sizeof(*from->items));
		if (!kept->index[i].items)
			return bns_conf_no_memory(r);
		memcpy(kept->index[i].items, from->items, from->count * sizeof(*from->items));
		for (size_t k = 0; k < from->count; k++)
			kept->index[i].items[k].node = NULL;
	}
	r->conf->kept = kept;
	return BNS_OK;
}

static void conf_free(struct bns_conf_owner *owner)
{
	struct bns_conf *c = (struct bns_conf *)((char *)owner - offsetof(struct bns_conf, owner));
	bns_arena_free(&c->arena);
	free(c);
}

static enum bns_error load(const char *path, bool *all_shown, struct bns_conf **out, struct bns_diag *diag)
{
	struct bns_conf_reader r = {.diag = diag, .conf = calloc(1, sizeof(*r.conf)), .all_shown = *all_shown};
	if (!r.conf)
		return BNS_ENOMEM;
	r.conf->owner = (struct bns_conf_owner){.users = 1, .unused = conf_free};
	r.arena = &r.conf->arena;
	bns_arena_init(r.arena);
	r.arena->wiped = true;
	enum bns_error err = note_path(&r, path);
	if (!err)
		err = bns_conf_gather(&r, path);
	if (!err)
		err = read_sections(&r);
	if (!err)
		err = keep_names(&r);
	*all_shown = !r.plain;
	reader_free(&r);
	if (err) {
		bns_conf_free(r.conf);
		return err;
	}
	*out = r.conf;
	return BNS_OK;
}

enum bns_error bns_conf_load(const char *path, struct bns_conf **out, struct bns_diag *diag)
{
	bool all_shown = false;
	enum bns_error err = load(path, &all_shown, out, diag);
	if (!err || all_shown)
		return err;
	/* What is wrong, and where, is said by who reads all of it. */
	all_shown = true;
	return load(path, &all_shown, out, diag);
}

void bns_conf_free(struct bns_conf *c)
{
	if (c)
		bns_owner_release(&c->owner);
}
