/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of a filled option structure, by the table's types; and what is wrong with one, with its place. */
#include <stdio.h>
#include <string.h>

#include "plugin/internal.h"

static const void *field_of(const struct bns_option *o, const void *options)
{
	return (const char *)options + o->offset;
}

static bool texts_differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

static bool lists_differ(const struct bns_option_list *a, const struct bns_option_list *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (texts_differ(a->items[i], b->items[i]))
			return true;
	return false;
}

static size_t size_of(enum bns_option_type type)
{
	switch (type) {
	case BNS_OPTION_BOOL:
		return sizeof(bool);
	case BNS_OPTION_LIST:
		return sizeof(struct bns_option_list);
	case BNS_OPTION_STRING:
	case BNS_OPTION_PATH:
		return sizeof(const char *);
	case BNS_OPTION_INTEGER:
	case BNS_OPTION_DURATION:
	case BNS_OPTION_SIZE:
		break;
	}
	return sizeof(uint64_t);
}

bool bns_option_differs(const struct bns_option *o, const void *options, const void *other)
{
	const void *a = field_of(o, options), *b = field_of(o, other);

	switch (o->type) {
	case BNS_OPTION_STRING:
	case BNS_OPTION_PATH:
		return texts_differ(*(const char *const *)a, *(const char *const *)b);
	case BNS_OPTION_LIST:
		return lists_differ(a, b);
	case BNS_OPTION_BOOL:
	case BNS_OPTION_INTEGER:
	case BNS_OPTION_DURATION:
	case BNS_OPTION_SIZE:
		break;
	}
	return memcmp(a, b, size_of(o->type)) != 0;
}

static enum bns_error copy_text(const char **text, struct bns_arena *arena)
{
	if (*text)
		*text = bns_arena_strdup(arena, *text);
	return *text ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error copy_list(struct bns_option_list *list, struct bns_arena *arena)
{
	enum bns_error err = BNS_OK;
	const char **items = bns_arena_alloc(arena, (list->count + 1) * sizeof(*items));

	if (!items)
		return BNS_ENOMEM;
	for (size_t i = 0; i < list->count && !err; i++) {
		items[i] = list->items[i];
		err = copy_text(&items[i], arena);
	}
	list->items = items;
	return err;
}

enum bns_error bns_option_copy(const struct bns_option *o, const void *from, void *to, struct bns_arena *arena)
{
	void *field = (char *)to + o->offset;

	memcpy(field, field_of(o, from), size_of(o->type));
	if (o->type == BNS_OPTION_STRING || o->type == BNS_OPTION_PATH)
		return copy_text(field, arena);
	return o->type == BNS_OPTION_LIST ? copy_list(field, arena) : BNS_OK;
}

void bns_option_wrong(const struct bns_plugin *p, struct bns_diag *diag, const char *option, const char *fmt, ...)
{
	const struct bns_yaml *at = p->conf && option ? bns_yaml_get(p->conf, option) : NULL;
	char text[sizeof(diag->text)];
	va_list args;

	at = at ? at : p->conf;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	bns_diag_set(diag, at ? at->file : NULL, at ? at->line : 0, at ? at->column : 0, "%s%s%splugin '%s' %s",
		     option ? "option '" : "", option ? option : "", option ? "' of " : "", p->id, text);
}
