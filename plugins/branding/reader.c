/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader.h"

#include <stdio.h>
#include <string.h>

enum bns_error lb_complain(const struct lb_reader *r, const struct bns_yaml *at, const char *fmt, ...)
{
	char text[sizeof(r->diag->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->lb->host->diag(r->diag, at->file, at->line, at->column, "%s", text);
	return BNS_EINVAL;
}

static enum bns_error unknown_key(const struct lb_reader *r, const struct bns_yaml *at, const char *what,
				  const char *const *keys)
{
	const char *nearest = NULL;
	unsigned best = 3;

	for (; *keys; keys++)
		if (bns_is_nearer(at->key, *keys, &best))
			nearest = *keys;
	if (nearest)
		r->lb->host->diag(r->diag, at->file, at->key_line, at->key_column,
				  "unknown key '%s' in %s; did you mean '%s'?", at->key, what, nearest);
	else
		r->lb->host->diag(r->diag, at->file, at->key_line, at->key_column, "unknown key '%s' in %s", at->key,
				  what);
	return BNS_EINVAL;
}

enum bns_error lb_read_keys(const struct lb_reader *r, const struct bns_yaml *map, const char *what,
			    const char *const *keys)
{
	if (map->kind != BNS_YAML_MAPPING)
		return lb_complain(r, map, "%s must be a mapping of keys and values", what);
	for (const struct bns_yaml *child = map->child; child; child = child->next) {
		const char *const *known = keys;
		while (*known && strcmp(*known, child->key) != 0)
			known++;
		if (!*known)
			return unknown_key(r, child, what, keys);
	}
	return BNS_OK;
}

const struct bns_yaml *lb_read_get(const struct bns_yaml *map, const char *key)
{
	if (!map || map->kind != BNS_YAML_MAPPING)
		return NULL;
	for (const struct bns_yaml *child = map->child; child; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

enum bns_error lb_read_text(const struct lb_reader *r, const struct bns_yaml *map, const char *key, bool required,
			    const char **out)
{
	const struct bns_yaml *value = lb_read_get(map, key);

	*out = NULL;
	if (!value)
		return required ? lb_complain(r, map, "'%s' is missing here", key) : BNS_OK;
	if (value->kind != BNS_YAML_SCALAR || !value->text[0])
		return lb_complain(r, value, "'%s' must be a single value", key);
	*out = value->text;
	return BNS_OK;
}

static enum bns_error unknown_word(const struct lb_reader *r, const struct bns_yaml *at, const char *key,
				   const char *const *words)
{
	char list[256] = "";
	size_t len = 0;

	for (size_t i = 0; words[i] && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", words[i]);
	return lb_complain(r, at, "'%s' can't be '%s': it is one of %s", key, at->text, list);
}

enum bns_error lb_read_word(const struct lb_reader *r, const struct bns_yaml *map, const char *key,
			    const char *const *words, unsigned *out)
{
	const char *text;
	enum bns_error err = lb_read_text(r, map, key, false, &text);

	if (err != BNS_OK || !text)
		return err;
	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*out = i;
			return BNS_OK;
		}
	}
	return unknown_word(r, lb_read_get(map, key), key, words);
}

enum bns_error lb_read_bool(const struct lb_reader *r, const struct bns_yaml *map, const char *key, bool *out)
{
	static const char *const words[] = {"false", "true", NULL};
	unsigned value = *out;
	enum bns_error err = lb_read_word(r, map, key, words, &value);

	*out = value == 1;
	return err;
}

enum bns_error lb_read_name(const struct lb_reader *r, const struct bns_yaml *value, const uint8_t **out)
{
	uint8_t name[BNS_NAME_MAX], lower[BNS_NAME_MAX];
	size_t len;

	if (value->kind != BNS_YAML_SCALAR)
		return lb_complain(r, value, "a host name is expected here");
	if (r->lb->host->name_from_text(value->text, NULL, name, &len) != BNS_OK || len == 1)
		return lb_complain(r, value, "'%s' is no host name", value->text);
	lb_name_lower(lower, name);
	if (lb_name_labels(lower) < 2)
		return lb_complain(r, value,
				   "'%s' is no full host name: write it with its domain, as url1234.example.com",
				   value->text);
	*out = lb_pool_name(r->pool, lower);
	return *out ? BNS_OK : BNS_ENOMEM;
}

enum bns_error lb_read_names(const struct lb_reader *r, const struct bns_yaml *value, const uint8_t *const **out,
			     size_t *count)
{
	*out = NULL;
	*count = 0;
	if (!value)
		return BNS_OK;
	if (value->kind == BNS_YAML_MAPPING)
		return lb_complain(r, value, "'%s' must be a list of host names", value->key ? value->key : "this");
	bool single = value->kind == BNS_YAML_SCALAR;
	const struct bns_yaml *item = single ? value : value->child;
	size_t items = single ? 1 : value->count;
	const uint8_t **names = lb_pool_alloc(r->pool, (items + !items) * sizeof(*names));
	if (!names)
		return BNS_ENOMEM;
	for (size_t i = 0; i < items; i++, item = item->next) {
		enum bns_error err = lb_read_name(r, item, &names[i]);
		if (err != BNS_OK)
			return err;
	}
	*out = names;
	*count = items;
	return BNS_OK;
}

enum bns_error lb_read_words(const struct lb_reader *r, const struct bns_yaml *value, const char *const **out,
			     size_t *count)
{
	*out = NULL;
	*count = 0;
	if (!value)
		return BNS_OK;
	bool single = value->kind == BNS_YAML_SCALAR;
	const struct bns_yaml *item = single ? value : value->child;
	size_t items = single ? 1 : value->count;
	const char **words = lb_pool_alloc(r->pool, (items + 1) * sizeof(*words));
	if (!words)
		return BNS_ENOMEM;
	for (size_t i = 0; i < items; i++, item = item->next) {
		if (value->kind == BNS_YAML_MAPPING || item->kind != BNS_YAML_SCALAR || !item->text[0])
			return lb_complain(r, item, "'%s' must be a list of words", value->key ? value->key : "this");
		if (!(words[i] = lb_pool_text(r->pool, item->text)))
			return BNS_ENOMEM;
	}
	*out = words;
	*count = items;
	return BNS_OK;
}

enum bns_error lb_read_copy(const struct lb_reader *r, const struct bns_yaml *map, const char *key, bool required,
			    const char **out)
{
	const char *text;
	enum bns_error err = lb_read_text(r, map, key, required, &text);

	*out = NULL;
	if (err != BNS_OK || !text)
		return err;
	*out = lb_pool_text(r->pool, text);
	return *out ? BNS_OK : BNS_ENOMEM;
}

enum bns_error lb_read_list(const struct lb_reader *r, const struct bns_yaml *root, const char *key,
			    const struct bns_yaml **out, size_t *count)
{
	const struct bns_yaml *list = lb_read_get(root, key);

	*out = NULL;
	*count = 0;
	if (!list)
		return BNS_OK;
	if (list->kind != BNS_YAML_SEQUENCE)
		return lb_complain(r, list, "'%s' must be a list, each item beginning with '- '", key);
	*out = list->child;
	*count = list->count;
	return BNS_OK;
}
