/* SPDX-License-Identifier: BSD-3-Clause */
/* A plugin's option table and its mapping in the configuration → its option structure. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "plugin/internal.h"

/* What is being filled, for messages. */
struct filling {
	const char *id;
	struct bns_arena *arena;
	struct bns_diag *diag;
};

static enum bns_error wrong_value(const struct filling *f, const struct bns_yaml *at, const char *name,
				  const char *expected)
{
	bns_diag_set(f->diag, at ? at->file : NULL, at ? at->line : 0, at ? at->column : 0,
		     "option '%s' of plugin '%s' must be %s", name, f->id, expected);
	return BNS_EINVAL;
}

static enum bns_error parse_bool(const char *text, bool *value)
{
	*value = strcmp(text, "true") == 0 || strcmp(text, "on") == 0 || strcmp(text, "yes") == 0;
	if (*value || strcmp(text, "false") == 0 || strcmp(text, "off") == 0 || strcmp(text, "no") == 0)
		return BNS_OK;
	return BNS_EINVAL;
}

static enum bns_error parse_integer(const char *text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' ? BNS_OK : BNS_EINVAL;
}

/* "4096", "64K", "10M", "4G". */
static enum bns_error parse_size(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || text[0] == '-')
		return BNS_EINVAL;
	unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	if (end[shift != 0] != '\0' || *value > UINT64_MAX >> shift)
		return BNS_EINVAL;
	*value <<= shift;
	return BNS_OK;
}

/* Relative to the folder of the file that names it; a default, to the working folder. */
static const char *absolute_path(struct bns_arena *arena, const char *file, const char *text)
{
	char folder[PATH_MAX];
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (text[0] == '/' || text[0] == '\0')
		return bns_arena_strdup(arena, text);
	if (slash && file[0] == '/') {
		size_t len = (size_t)(slash - file);
		if (len >= sizeof(folder))
			return NULL;
		memcpy(folder, file, len);
		folder[len] = '\0';
	} else if (!getcwd(folder, sizeof(folder))) {
		return NULL;
	}
	size_t below = slash && file[0] != '/' ? (size_t)(slash - file) + 1 : 0;
	size_t folder_len = strlen(folder), text_len = strlen(text);
	char *path = bns_arena_bytes(arena, folder_len + 1 + below + text_len + 1);
	if (!path)
		return NULL;
	memcpy(path, folder, folder_len);
	path[folder_len] = '/';
	memcpy(path + folder_len + 1, file ? file : "", below);
	memcpy(path + folder_len + 1 + below, text, text_len + 1);
	return path;
}

static enum bns_error set_text(const struct filling *f, const char *text, const char **field)
{
	*field = bns_arena_strdup(f->arena, text);
	return *field ? BNS_OK : BNS_ENOMEM;
}

/* One scalar, from the file (`at`) or from the table's default (`at` NULL). */
static enum bns_error set_scalar(const struct filling *f, const struct bns_option *o, const char *text,
				 const struct bns_yaml *at, void *field)
{
	enum bns_error err = BNS_OK;

	switch (o->type) {
	case BNS_OPTION_STRING:
		return set_text(f, text, field);
	case BNS_OPTION_PATH:
		*(const char **)field = absolute_path(f->arena, at ? at->file : NULL, text);
		return *(const char **)field ? BNS_OK : BNS_ENOMEM;
	case BNS_OPTION_BOOL:
		err = parse_bool(text, field);
		return err == BNS_OK ? err : wrong_value(f, at, o->name, "true or false");
	case BNS_OPTION_INTEGER:
		err = parse_integer(text, field);
		return err == BNS_OK ? err : wrong_value(f, at, o->name, "a whole number");
	case BNS_OPTION_DURATION:
		err = bns_duration_from_text(text, field);
		return err == BNS_OK ? err : wrong_value(f, at, o->name, "a duration such as 10s, 5m, 2h or 1d");
	case BNS_OPTION_SIZE:
		err = parse_size(text, field);
		return err == BNS_OK ? err : wrong_value(f, at, o->name, "a size such as 4096, 64K, 10M or 4G");
	case BNS_OPTION_LIST:
		break;
	}
	return wrong_value(f, at, o->name, "a list");
}

/* A sequence, or one scalar as a list of one; an empty default is an empty list. */
static enum bns_error set_list(const struct filling *f, const struct bns_option *o, const struct bns_yaml *value,
			       struct bns_option_list *list)
{
	bool single = value->kind == BNS_YAML_SCALAR;
	const struct bns_yaml *item = single ? value : value->child;
	size_t count = single ? 1 : value->count;
	const char **items = bns_arena_alloc(f->arena, (count + 1) * sizeof(*items));

	if (!items)
		return BNS_ENOMEM;
	for (size_t i = 0; i < count; i++, item = item->next) {
		if (item->kind != BNS_YAML_SCALAR)
			return wrong_value(f, item, o->name, "a list of plain values");
		enum bns_error err = set_text(f, item->text, &items[i]);
		if (err != BNS_OK)
			return err;
	}
	list->items = items;
	list->count = count;
	return BNS_OK;
}

static enum bns_error set_default(const struct filling *f, const struct bns_option *o, const struct bns_yaml *conf,
				  void *field)
{
	if (!o->default_text) {
		bns_diag_set(f->diag, conf ? conf->file : NULL, conf ? conf->line : 0, conf ? conf->column : 0,
			     "plugin '%s' needs the option '%s': %s", f->id, o->name, o->help);
		return BNS_ENOENT;
	}
	if (o->type != BNS_OPTION_LIST)
		return set_scalar(f, o, o->default_text, NULL, field);
	if (!o->default_text[0])
		return BNS_OK;
	const struct bns_yaml one = {.kind = BNS_YAML_SCALAR, .text = o->default_text};
	return set_list(f, o, &one, field);
}

static enum bns_error set_option(const struct filling *f, const struct bns_option *o, const struct bns_yaml *conf,
				 void *options)
{
	void *field = (char *)options + o->offset;
	const struct bns_yaml *value = conf ? bns_yaml_get(conf, o->name) : NULL;

	if (!value)
		return set_default(f, o, conf, field);
	if (o->type == BNS_OPTION_LIST && value->kind != BNS_YAML_MAPPING)
		return set_list(f, o, value, field);
	if (value->kind != BNS_YAML_SCALAR)
		return wrong_value(f, value, o->name, o->type == BNS_OPTION_LIST ? "a list" : "a single value");
	return set_scalar(f, o, value->text, value, field);
}

static enum bns_error check_known(const struct filling *f, const struct bns_option *table, const struct bns_yaml *given)
{
	const char *nearest = NULL;
	unsigned best = 3;

	if (strcmp(given->key, "id") == 0)
		return BNS_OK;
	for (const struct bns_option *o = table; o && o->name; o++) {
		if (strcmp(o->name, given->key) == 0)
			return BNS_OK;
		if (bns_is_nearer(given->key, o->name, &best))
			nearest = o->name;
	}
	if (nearest)
		bns_diag_set(f->diag, given->file, given->key_line, given->key_column,
			     "plugin '%s' has no option '%s'; did you mean '%s'?", f->id, given->key, nearest);
	else
		bns_diag_set(f->diag, given->file, given->key_line, given->key_column, "plugin '%s' has no option '%s'",
			     f->id, given->key);
	return BNS_EINVAL;
}

enum bns_error bns_options_fill(const struct bns_option *table, void *options, const char *id,
				const struct bns_yaml *conf, struct bns_arena *arena, struct bns_diag *diag)
{
	const struct filling f = {.id = id, .arena = arena, .diag = diag};
	enum bns_error err = BNS_OK;

	if (conf && conf->kind != BNS_YAML_MAPPING) {
		bns_diag_set(diag, conf->file, conf->line, conf->column, "plugin '%s' needs a mapping of options", id);
		return BNS_EINVAL;
	}
	for (const struct bns_yaml *given = conf ? conf->child : NULL; given && err == BNS_OK; given = given->next)
		err = check_known(&f, table, given);
	for (const struct bns_option *o = table; o && o->name && err == BNS_OK; o++)
		err = set_option(&f, o, conf, options);
	return err;
}
