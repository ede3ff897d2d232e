/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections of many items: read, indexed by id, found by those who refer to them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "conf/conf_internal.h"

#define KNOWN_IDS_SHOWN 10

/* The first option of every such section is its id. */
static const char *id_of(const struct bns_section *s, const void *object)
{
	return *(const char *const *)((const char *)object + s->options[0].offset);
}

static int compare_items(const void *a, const void *b)
{
	const struct bns_conf_item *x = a, *y = b;
	int c = strcmp(x->id, y->id);
	return c ? c : x->position < y->position ? -1 : 1;
}

static enum bns_error refuse_twice(struct bns_conf_reader *r, const struct bns_section *s,
				   const struct bns_conf_index *index)
{
	for (size_t i = 1; i < index->count; i++) {
		const struct bns_conf_item *first = &index->items[i - 1], *second = &index->items[i];
		if (strcmp(first->id, second->id) == 0)
			return bns_conf_fail(r, bns_yaml_get(second->node, s->options[0].name),
					     "%s '%.100s' is written twice; the first is at %s:%u", s->name, second->id,
					     first->node->file, first->node->line);
	}
	return BNS_OK;
}

enum bns_error bns_item_index(struct bns_conf_reader *r, enum bns_section_id section)
{
	const struct bns_section *s = &bns_sections[section];
	const struct bns_conf_nodes *nodes = &r->nodes[section];
	struct bns_conf_index *index = &r->index[section];
	if (nodes->count == 0)
		return BNS_OK;
	index->items = calloc(nodes->count, sizeof(*index->items));
	if (!index->items)
		return bns_conf_no_memory(r);
	index->count = nodes->count;
	for (size_t i = 0; i < nodes->count; i++) {
		void *object = (char *)r->objects[section] + i * s->item_size;
		index->items[i] = (struct bns_conf_item){id_of(s, object), object, nodes->list[i], i};
	}
	qsort(index->items, index->count, sizeof(*index->items), compare_items);
	return refuse_twice(r, s, index);
}

enum bns_error bns_item_read_all(struct bns_conf_reader *r, enum bns_section_id section)
{
	const struct bns_section *s = &bns_sections[section];
	const struct bns_conf_nodes *nodes = &r->nodes[section];
	if (nodes->count == 0)
		return BNS_OK;
	char *object = bns_arena_alloc(r->arena, nodes->count * s->item_size);
	if (!object)
		return bns_conf_no_memory(r);
	r->objects[section] = object;
	for (size_t i = 0; i < nodes->count; i++, object += s->item_size) {
		enum bns_error err = bns_option_defaults(r, section, object);
		if (!err)
			err = bns_option_read(r, section, nodes->list[i], object);
		if (err)
			return err;
	}
	return bns_item_index(r, section);
}

static int compare_id(const void *id, const void *item)
{
	return strcmp(id, ((const struct bns_conf_item *)item)->id);
}

const struct bns_conf_item *bns_item_by_id(const struct bns_conf_index *index, const char *id)
{
	if (index->count == 0)
		return NULL;
	return bsearch(id, index->items, index->count, sizeof(*index->items), compare_id);
}

static enum bns_error fail_unknown(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *v)
{
	const struct bns_conf_index *index = &r->index[section];
	const char *what = bns_sections[section].name;
	const char *nearest = NULL;
	unsigned best = BNS_NEAREST_BEGIN;
	char known[256];
	size_t used = 0;
	if (index->count == 0)
		return bns_conf_fail(r, v, "unknown %s '%.64s'; no %s is configured", what, v->text, what);
	for (size_t i = 0; i < index->count; i++) {
		if (bns_is_nearer(v->text, index->items[i].id, &best))
			nearest = index->items[i].id;
	}
	for (size_t i = 0; i < index->count && i < KNOWN_IDS_SHOWN && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%.40s", i ? ", " : "",
					 index->items[i].id);
	const char *more = index->count > KNOWN_IDS_SHOWN || used >= sizeof(known) ? ", ..." : "";
	if (nearest)
		return bns_conf_fail(r, v, "unknown %s '%.64s'; did you mean '%.64s'? Known: %s%s", what, v->text,
				     nearest, known, more);
	return bns_conf_fail(r, v, "unknown %s '%.64s'; known: %s%s", what, v->text, known, more);
}

enum bns_error bns_item_find(struct bns_conf_reader *r, enum bns_section_id section, const struct bns_yaml *v,
			     void *out)
{
	char name[BNS_CONF_NAME_MAX];
	const char *id = v->text;
	/* Names are compared as names: case and the final dot don't count. */
	if (bns_sections[section].options[0].type == BNS_OPTION_NAME && bns_conf_name(v->text, name))
		id = name;
	const struct bns_conf_item *item = bns_item_by_id(&r->index[section], id);
	if (!item)
		return fail_unknown(r, section, v);
	memcpy(out, &item->object, sizeof(item->object));
	return BNS_OK;
}
