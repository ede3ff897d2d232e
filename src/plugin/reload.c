/* SPDX-License-Identifier: BSD-3-Clause */
/* Plugins' options and files read again: first each says whether it could, then all do, or none does. */
#include <stdlib.h>
#include <string.h>

#include "plugin/internal.h"

/* What a plugin gets once all others are ready, too. */
struct bns_plugin_next {
	void *options;
	struct bns_arena arena;
	void *prepared; /* the plugin's */
	bool is_ready;  /* it has prepared something */
	bool *waits;    /* by row of its table: differs, and only a start takes it up */
};

static size_t row_count(const struct bns_option *table)
{
	size_t count = 0;

	while (table && table[count].name)
		count++;
	return count;
}

static void coming_free(struct bns_plugin *p)
{
	if (!p->coming)
		return;
	bns_arena_free(&p->coming->arena);
	free(p->coming->options);
	free(p->coming->waits);
	free(p->coming);
	p->coming = NULL;
}

static enum bns_error coming_new(struct bns_plugin *p)
{
	struct bns_plugin_next *n = calloc(1, sizeof(*n));

	if (!n)
		return BNS_ENOMEM;
	p->coming = n;
	bns_arena_init(&n->arena);
	n->options = calloc(1, p->desc->options_size + 1);
	n->waits = calloc(row_count(p->desc->options) + 1, sizeof(*n->waits));
	return n->options && n->waits ? BNS_OK : BNS_ENOMEM;
}

static bool is_for_the_start(const struct bns_plugin_descriptor *desc, const char *option)
{
	const char *const *name = desc->start_options;

	while (name && *name && strcmp(*name, option) != 0)
		name++;
	return !desc->prepare || (name && *name);
}

/* What only a start takes up stays as it is. */
static enum bns_error keep_back(struct bns_plugin *p)
{
	const struct bns_option *table = p->desc->options;
	enum bns_error err = BNS_OK;

	for (size_t i = 0; i < row_count(table) && !err; i++) {
		if (!is_for_the_start(p->desc, table[i].name) ||
		    !bns_option_differs(&table[i], p->options, p->coming->options))
			continue;
		p->coming->waits[i] = true;
		err = bns_option_copy(&table[i], p->options, p->coming->options, &p->coming->arena);
	}
	return err;
}

static enum bns_error prepare(struct bns_plugin *p, const struct bns_yaml *conf, struct bns_diag *diag)
{
	struct bns_diag why = {0};
	enum bns_error err = coming_new(p);

	if (!err)
		err = bns_options_fill(p->desc->options, p->coming->options, p->id, conf, &p->coming->arena, &why);
	if (!err)
		err = keep_back(p);
	if (!err && p->desc->prepare) {
		p->conf = conf;
		err = p->desc->prepare(p, p->coming->options, &p->coming->prepared, &why);
		p->conf = NULL;
		p->coming->is_ready = err == BNS_OK;
	}
	if (err && !why.text[0])
		bns_diag_set(&why, conf ? conf->file : NULL, conf ? conf->line : 0, conf ? conf->column : 0,
			     "plugin '%s' can't be set up anew: %s", p->id, bns_strerror(err));
	if (err && diag)
		*diag = why;
	return err;
}

enum bns_error bns_plugins_prepare(struct bns_plugins *ps, const char *id, const struct bns_yaml *conf,
				   struct bns_diag *diag)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (strcmp(p->id, id) == 0 && !p->coming)
			return prepare(p, conf, diag);
	return BNS_OK;
}

static void drop(struct bns_plugin *p)
{
	if (p->coming && p->coming->is_ready && p->desc->drop)
		p->desc->drop(p, p->coming->prepared);
	coming_free(p);
}

void bns_plugins_drop(struct bns_plugins *ps)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		drop(p);
}

/* The former options live until the plugin has let go of them. */
static void apply(struct bns_plugin *p)
{
	struct bns_plugin_next *n = p->coming;
	struct bns_arena arena = p->arena;
	void *options = p->options;

	if (!n->is_ready)
		return;
	p->options = n->options;
	p->arena = n->arena;
	n->options = options;
	n->arena = arena;
	p->desc->apply(p, n->prepared);
}

void bns_plugins_apply(struct bns_plugins *ps, void (*waits)(void *arg, const char *id, const char *option), void *arg)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next) {
		if (!p->coming)
			continue;
		apply(p);
		for (size_t i = 0; i < row_count(p->desc->options); i++)
			if (waits && p->coming->waits[i])
				waits(arg, p->id, p->desc->options[i].name);
		coming_free(p);
	}
}
