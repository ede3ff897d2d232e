/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/host.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rcu.h"
#include "base/trusted.h"
#include "plugin/describe.h"
#include "plugin/helper.h"
#include "plugin/launcher.h"

/* The folder `levels` above the running program, or an empty text. */
static void program_folder(char *buf, size_t cap, unsigned levels)
{
	ssize_t len = readlink("/proc/self/exe", buf, cap - 1);

	buf[len > 0 ? len : 0] = '\0';
	for (unsigned i = 0; i <= levels; i++) {
		char *slash = strrchr(buf, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
}

static bool is_build_tree(const char *folder)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/config.status", folder);
	if (access(path, F_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/plugins/.libs", folder);
	return access(path, F_OK) == 0;
}

const char *bns_plugins_default_dir(char *buf, size_t cap)
{
	char folder[PATH_MAX];

	/* Programs lie one level below the build tree's top, tests two. */
	for (unsigned levels = 1; levels <= 2; levels++) {
		program_folder(folder, sizeof(folder), levels);
		if (folder[0] && is_build_tree(folder)) {
			snprintf(buf, cap, "%s/plugins/.libs", folder);
			return buf;
		}
	}
	snprintf(buf, cap, "%s", BNS_PLUGIN_DIR);
	return buf;
}

struct bns_plugins *bns_plugins_new(const char *plugin_dir, const struct bns_host_services *services)
{
	struct bns_plugins *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->dir = strdup(plugin_dir);
	if (!ps->dir) {
		free(ps);
		return NULL;
	}
	if (services)
		ps->services = *services;
	/* The configuration that names it may go. */
	if (ps->services.cache_folder && !(ps->cache_folder = strdup(ps->services.cache_folder))) {
		bns_plugins_free(ps);
		return NULL;
	}
	ps->services.cache_folder = ps->cache_folder;
	ps->last = &ps->first;
	return ps;
}

static void close_all(struct bns_plugin *first)
{
	for (struct bns_plugin *p = first; p; p = p->next)
		if (p->desc->close)
			p->desc->close(p);
}

static void plugin_free(struct bns_plugin *p)
{
	if (!p)
		return;
	if (p->object)
		dlclose(p->object);
	bns_arena_free(&p->arena);
	free(p->options);
	free(p->id);
	free(p);
}

static void free_all(struct bns_plugin *first)
{
	while (first) {
		struct bns_plugin *next = first->next;
		plugin_free(first);
		first = next;
	}
}

void bns_plugins_stop(struct bns_plugins *ps)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next) {
		if (p->helper)
			bns_helper_stop(p->helper);
		p->helper = NULL;
		bns_watches_stop(p);
	}
	bns_launcher_close(ps->launcher);
	ps->launcher = NULL;
}

void bns_plugins_free(struct bns_plugins *ps)
{
	if (!ps)
		return;
	bns_asks_abort(ps);
	bns_reviews_abort(ps);
	close_all(ps->first);
	close_all(ps->bound);
	bns_reviews_free(ps);
	bns_asks_free(ps);
	/* What they have put off is their code. */
	if (ps->has_later)
		bns_rcu_barrier();
	free_all(ps->first);
	free_all(ps->bound);
	free(ps->cache_folder);
	free(ps->dir);
	free(ps);
}

static struct bns_plugin *plugin_new(struct bns_plugins *ps, const char *id)
{
	struct bns_plugin *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->host = &bns_plugin_host;
	p->all = ps;
	bns_arena_init(&p->arena);
	p->id = strdup(id);
	if (!p->id) {
		plugin_free(p);
		return NULL;
	}
	return p;
}

/* An id becomes a file name: it must not lead out of the folder. */
static bool id_is_sound(const char *id)
{
	return id[0] && id[0] != '.' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(id);
}

static enum bns_error not_loaded(const struct bns_plugin *p, const char *path, const struct bns_yaml *at,
				 struct bns_diag *diag)
{
	char near[64];
	const char *why = dlerror();
	bool meant = bns_plugins_nearest(p->all->dir, p->id, near, sizeof(near));
	bns_diag_set(diag, at ? at->file : NULL, at ? at->line : 0, at ? at->column : 0,
		     "plugin '%s' can't be loaded from %s: %s%s%s%s", p->id, path, why, meant ? "; did you mean '" : "",
		     meant ? near : "", meant ? "'?" : "");
	return BNS_ENOENT;
}

static enum bns_error load_object(struct bns_plugin *p, const struct bns_yaml *at, struct bns_diag *diag)
{
	const char *file = at ? at->file : NULL;
	unsigned line = at ? at->line : 0, column = at ? at->column : 0;
	char path[PATH_MAX];

	if (!id_is_sound(p->id) || snprintf(path, sizeof(path), "%s/%s.so", p->all->dir, p->id) >= (int)sizeof(path)) {
		bns_diag_set(diag, file, line, column, "'%s' is no name of a plugin: letters, digits, '-' and '_'",
			     p->id);
		return BNS_EINVAL;
	}
	struct bns_diag why = {0};
	if (bns_trusted_file(path, &why) && why.text[0]) {
		bns_diag_set(diag, file, line, column, "plugin '%s' isn't loaded: %s", p->id, why.text);
		return BNS_EDENIED;
	}
	p->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!p->object)
		return not_loaded(p, path, at, diag);
	p->desc = dlsym(p->object, "bns_plugin");
	if (!p->desc) {
		bns_diag_set(diag, file, line, column, "%s is no plugin: it exports no symbol bns_plugin", path);
		return BNS_EINVAL;
	}
	if (p->desc->abi != BNS_PLUGIN_ABI) {
		bns_diag_set(
			diag, file, line, column,
			"%s was built for plugin interface %u, this program has %u: build it against this version's "
			"plugin.h",
			path, (unsigned)p->desc->abi, (unsigned)BNS_PLUGIN_ABI);
		return BNS_EVERSION;
	}
	return BNS_OK;
}

static enum bns_error fill_options(struct bns_plugin *p, const struct bns_yaml *conf, struct bns_diag *diag)
{
	p->options = calloc(1, p->desc->options_size + 1);
	if (!p->options)
		return BNS_ENOMEM;
	p->conf = conf;
	return bns_options_fill(p->desc->options, p->options, p->id, conf, &p->arena, diag);
}

static enum bns_error open_plugin(struct bns_plugin *p, const struct bns_yaml *conf, struct bns_diag *diag)
{
	struct bns_diag why = {0};

	p->conf = conf;
	enum bns_error err = p->desc->open ? p->desc->open(p, &bns_plugin_host, &why) : BNS_OK;
	p->conf = NULL;
	if (err != BNS_OK && !why.text[0])
		bns_diag_set(&why, NULL, 0, 0, "plugin '%s' didn't open: %s", p->id, bns_strerror(err));
	if (err != BNS_OK && diag)
		*diag = why;
	return err;
}

static const struct bns_yaml *id_place(const struct bns_yaml *conf)
{
	const struct bns_yaml *id = conf ? bns_yaml_get(conf, "id") : NULL;

	return id ? id : conf;
}

/* Loaded, with its options, not opened yet. */
static enum bns_error make(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf, struct bns_plugin **out,
			   struct bns_diag *diag)
{
	struct bns_plugin *p = plugin_new(ps, id);

	if (!p) {
		bns_diag_set(diag, NULL, 0, 0, "plugin '%s': %s", id, bns_strerror(BNS_ENOMEM));
		return BNS_ENOMEM;
	}
	enum bns_error err = load_object(p, id_place(conf), diag);
	if (err == BNS_OK)
		err = fill_options(p, conf, diag);
	if (err == BNS_OK)
		*out = p;
	else
		plugin_free(p);
	return err;
}

enum bns_error bns_plugins_bind(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				struct bns_diag *diag)
{
	struct bns_diag why = {0};
	struct bns_plugin *p;
	enum bns_error err = make(ps, id, conf, &p, diag);

	if (err != BNS_OK)
		return err;
	err = p->desc->bind ? p->desc->bind(p, &bns_plugin_host, &why) : BNS_OK;
	p->conf = NULL;
	if (err != BNS_OK && diag)
		*diag = why;
	if (err != BNS_OK || !p->desc->bind) {
		plugin_free(p);
		return err;
	}
	p->next = ps->bound;
	ps->bound = p;
	return BNS_OK;
}

static struct bns_plugin *take_bound(struct bns_plugins *ps, const char *id)
{
	for (struct bns_plugin **link = &ps->bound; *link; link = &(*link)->next) {
		struct bns_plugin *p = *link;
		if (strcmp(p->id, id) != 0)
			continue;
		*link = p->next;
		p->next = NULL;
		return p;
	}
	return NULL;
}

enum bns_error bns_plugins_load(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				struct bns_diag *diag)
{
	const struct bns_yaml *at = id_place(conf);

	for (const struct bns_plugin *other = ps->first; other; other = other->next) {
		if (strcmp(other->id, id) == 0) {
			bns_diag_set(diag, at ? at->file : NULL, at ? at->line : 0, at ? at->column : 0,
				     "plugin '%s' is configured twice: keep one of them", id);
			return BNS_EEXIST;
		}
	}
	struct bns_plugin *p = take_bound(ps, id);
	enum bns_error err = p ? BNS_OK : make(ps, id, conf, &p, diag);
	if (err == BNS_OK && (err = open_plugin(p, conf, diag)) != BNS_OK) {
		bns_watches_stop(p);
		plugin_free(p);
	}
	if (err != BNS_OK)
		return err;
	*ps->last = p;
	ps->last = &p->next;
	bns_query_add(ps, p);
	return BNS_OK;
}

void bns_plugins_served(struct bns_plugins *ps, const struct bns_change *change)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (p->desc->served)
			p->desc->served(p, change);
}

void bns_plugins_withheld(struct bns_plugins *ps, const uint8_t *zone)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (p->desc->withheld)
			p->desc->withheld(p, zone);
}

void bns_plugins_count(struct bns_plugins *ps, struct bns_answer_counts *sum)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (p->desc->count)
			p->desc->count(p, sum);
}

void bns_plugins_tick(struct bns_plugins *ps, int64_t now_s)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (p->desc->tick)
			p->desc->tick(p, now_s);
}

bool bns_plugins_have_event(const struct bns_plugins *ps)
{
	const struct bns_plugin *p = ps ? ps->first : NULL;

	while (p && !p->desc->event)
		p = p->next;
	return p != NULL;
}

void bns_plugins_event(struct bns_plugins *ps, const char *kind, const char *json)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (p->desc->event)
			p->desc->event(p, kind, json);
}

void bns_plugins_metrics(struct bns_plugins *ps, const struct bns_metric_sink *sink)
{
	if (ps->services.metrics)
		ps->services.metrics(ps->services.control, sink);
	for (struct bns_plugin *p = ps->first; p; p = p->next) {
		for (const struct bns_metric *m = p->desc->metrics; m && m->name; m++) {
			sink->metric(sink->arg, m);
			m->read(p, sink);
		}
	}
}

/* The command of that running number, and whose it is. */
static const struct bns_plugin_command *command_at(struct bns_plugins *ps, size_t index, struct bns_plugin **plugin)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next) {
		for (const struct bns_plugin_command *c = p->desc->commands; c && c->verb; c++) {
			if (index-- == 0) {
				*plugin = p;
				return c;
			}
		}
	}
	return NULL;
}

const struct bns_plugin_command *bns_plugins_command(struct bns_plugins *ps, const char *verb,
						     struct bns_plugin **plugin)
{
	const struct bns_plugin_command *c;

	for (size_t i = 0; (c = command_at(ps, i, plugin)) != NULL; i++)
		if (strcmp(c->verb, verb) == 0)
			return c;
	return NULL;
}

const struct bns_plugin_command *bns_plugins_command_at(struct bns_plugins *ps, size_t index)
{
	struct bns_plugin *plugin;

	return command_at(ps, index, &plugin);
}

const char *bns_verdict_to_text(enum bns_verdict v)
{
	static const char *const words[] = {"pass", "amend", "hold", "refuse"};

	return words[v];
}
