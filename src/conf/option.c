/* SPDX-License-Identifier: BSD-3-Clause */
/* A mapping of the file, judged by its section's option table. */

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "conf/conf_internal.h"

static const struct bns_option *find_option(const struct bns_section *s, const char *name)
{
	for (size_t i = 0; i < s->option_count; i++) {
		if (strcmp(s->options[i].name, name) == 0)
			return &s->options[i];
	}
	return NULL;
}

static enum bns_error fail_unknown(struct bns_conf_reader *r, const struct bns_section *s, const struct bns_yaml *child)
{
	const char *nearest = NULL;
	char known[320] = "";
	unsigned best = BNS_NEAREST_BEGIN;
	for (size_t i = 0; i < s->option_count; i++) {
		const char *name = s->options[i].name;
		size_t used = strlen(known);
		if (bns_is_nearer(child->key, name, &best))
			nearest = name;
		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", name);
	}
	if (nearest)
		return bns_conf_fail_key(r, child, "unknown key '%.64s' in '%s'; did you mean '%s'?", child->key,
					 s->name, nearest);
	return bns_conf_fail_key(r, child, "unknown key '%.64s' in '%s'; known: %s", child->key, s->name, known);
}

static enum bns_error read_mapping(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				   void *object)
{
	void *inner = NULL;
	enum bns_error err = BNS_OK;
	if (v->kind != BNS_YAML_SCALAR || *v->text) {
		inner = bns_arena_alloc(r->arena, bns_sections[o->ref].item_size);
		err = inner ? bns_option_defaults(r, o->ref, inner) : bns_conf_no_memory(r);
		if (!err)
			err = bns_option_read(r, o->ref, v, inner);
	}
	memcpy((char *)object + o->offset, &inner, sizeof(inner));
	return err;
}

enum bns_error bns_option_value(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	bns_value_fn read_list = bns_list_reader(o->type);
	if (o->type == BNS_OPTION_MAPPING)
		return read_mapping(r, o, v, object);
	if (read_list && v->kind != BNS_YAML_MAPPING)
		return read_list(r, o, v, object);
	if (read_list)
		return bns_conf_fail(r, v, "'%s' takes a list, not a mapping", o->name);
	if (v->kind != BNS_YAML_SCALAR)
		return bns_conf_fail(r, v, "'%s' takes a single value, not a %s", o->name,
				     v->kind == BNS_YAML_SEQUENCE ? "list" : "mapping");
	return bns_value_reader(o->type)(r, o, v, object);
}

static enum bns_error check_required(struct bns_conf_reader *r, const struct bns_section *s, const struct bns_yaml *map)
{
	for (size_t i = 0; i < s->option_count; i++) {
		if (s->options[i].required && !bns_yaml_get(map, s->options[i].name))
			return bns_conf_fail(r, map, "%s needs '%s'", s->item, s->options[i].name);
	}
	return BNS_OK;
}

enum bns_error bns_option_read_one(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *child,
				   void *object)
{
	const struct bns_section *s = &bns_sections[section];
	const struct bns_option *o = find_option(s, child->key);
	if (o)
		return bns_option_value(r, o, child, object);
	return s->open ? BNS_OK : fail_unknown(r, s, child);
}

enum bns_error bns_option_read(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *map,
			       void *object)
{
	const struct bns_section *s = &bns_sections[section];
	if (map->kind != BNS_YAML_MAPPING)
		return bns_conf_fail(r, map, "'%s' takes a mapping with keys such as '%s'", s->name,
				     s->options[0].name);
	for (const struct bns_yaml *child = map->child; child; child = child->next) {
		enum bns_error err = bns_option_read_one(r, section, child, object);
		if (err)
			return err;
	}
	return check_required(r, s, map);
}

/* "[a, b]" → the node a file would have become; without brackets it is a scalar. */
static enum bns_error default_node(struct bns_conf_reader *r, const struct bns_option *o, struct bns_yaml *node)
{
	*node = (struct bns_yaml){.kind = BNS_YAML_SCALAR, .text = o->default_text, .file = ""};
	if (o->default_text[0] != '[')
		return BNS_OK;
	char *text = bns_arena_strdup(r->arena, o->default_text + 1), *rest = NULL;
	struct bns_yaml **end = &node->child;
	node->kind = BNS_YAML_SEQUENCE;
	if (!text)
		return bns_conf_no_memory(r);
	for (char *item = strtok_r(text, ", \"]", &rest); item; item = strtok_r(NULL, ", \"]", &rest)) {
		struct bns_yaml *made = bns_arena_alloc(r->arena, sizeof(*made));
		if (!made)
			return bns_conf_no_memory(r);
		*made = (struct bns_yaml){.kind = BNS_YAML_SCALAR, .text = item, .file = ""};
		*end = made;
		end = &made->next;
		node->count++;
	}
	return BNS_OK;
}

enum bns_error bns_option_defaults(struct bns_conf_reader *r, enum bns_section_id section, void *object)
{
	const struct bns_section *s = &bns_sections[section];
	for (size_t i = 0; i < s->option_count; i++) {
		const struct bns_option *o = &s->options[i];
		struct bns_yaml node;
		if (!o->default_text)
			continue;
		enum bns_error err = default_node(r, o, &node);
		if (!err)
			err = bns_option_value(r, o, &node, object);
		if (err)
			return err;
	}
	return BNS_OK;
}
