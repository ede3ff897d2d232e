/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings of zones that come while the configuration is in force, and who uses whose settings. */

#include <stdlib.h>
#include <string.h>

#include "conf/conf_internal.h"

/* ---- users ---- */

void bns_owner_release(struct bns_conf_owner *owner)
{
	if (--owner->users == 0)
		owner->unused(owner);
}

void bns_conf_zone_hold(const struct bns_conf_zone *zone)
{
	if (zone->set->owner)
		zone->set->owner->users++;
}

void bns_conf_zone_release(const struct bns_conf_zone *zone)
{
	if (zone->set->owner)
		bns_owner_release(zone->set->owner);
}

/* ---- a zone that is made ---- */

struct made_zone {
	struct bns_conf_owner owner;
	struct bns_conf_zone zone;
	struct bns_conf_settings settings;
	struct bns_conf *of; /* whose remotes and the like it names; NULL: nobody's */
	struct bns_arena arena;
};

static void made_free(struct bns_conf_owner *owner)
{
	struct made_zone *made = (struct made_zone *)((char *)owner - offsetof(struct made_zone, owner));
	if (made->of)
		bns_owner_release(&made->of->owner);
	bns_arena_free(&made->arena);
	free(made);
}

static struct made_zone *made_new(size_t text_bytes)
{
	struct made_zone *made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	made->owner = (struct bns_conf_owner){.users = 1, .unused = made_free};
	if (bns_arena_reserve(&made->arena, text_bytes)) {
		free(made);
		return NULL;
	}
	return made;
}

const struct bns_conf_zone *bns_conf_zone_bare(const char *domain)
{
	struct made_zone *made = made_new(strlen(domain) + 1);
	if (!made)
		return NULL;
	made->settings.owner = &made->owner;
	made->zone.set = &made->settings;
	made->zone.domain = bns_arena_strdup(&made->arena, domain);
	return &made->zone;
}

/* ---- settings as the nodes a file would have become ---- */

static enum bns_error add_item(struct bns_conf_reader *r, struct bns_arena *nodes, struct bns_yaml *list,
			       struct bns_yaml ***end, const char *text)
{
	struct bns_yaml *item = bns_arena_alloc(nodes, sizeof(*item));
	if (!item)
		return bns_conf_no_memory(r);
	*item = (struct bns_yaml){.kind = BNS_YAML_SCALAR, .text = text, .file = r->conf->path};
	**end = item;
	*end = &item->next;
	list->count++;
	return BNS_OK;
}

static bool is_list(const char *key)
{
	const struct bns_section *s = &bns_sections[BNS_SECTION_ZONE];
	for (size_t i = 0; i < s->option_count; i++) {
		if (strcmp(s->options[i].name, key) == 0)
			return bns_list_reader(s->options[i].type) != NULL;
	}
	return false;
}

/* Texts live as long as the zone, nodes as long as it is made. */
static enum bns_error add_setting(struct bns_conf_reader *r, struct bns_arena *nodes, struct bns_yaml *map,
				  const struct bns_conf_setting *setting)
{
	char *text = bns_arena_strdup(r->arena, setting->value), *rest = NULL;
	struct bns_yaml *node = bns_arena_alloc(nodes, sizeof(*node));
	if (!text || !node)
		return bns_conf_no_memory(r);
	*node = (struct bns_yaml){
		.kind = BNS_YAML_SCALAR, .key = setting->key, .text = text, .file = r->conf->path, .next = map->child};
	map->child = node;
	if (!is_list(setting->key))
		return BNS_OK;
	struct bns_yaml **end = &node->child;
	node->kind = BNS_YAML_SEQUENCE;
	for (char *item = strtok_r(text, ", ", &rest); item; item = strtok_r(NULL, ", ", &rest)) {
		enum bns_error err = add_item(r, nodes, node, &end, item);
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error check_setting(struct bns_conf_reader *r, const struct bns_yaml *map,
				    const struct bns_conf_setting *setting)
{
	if (strcmp(setting->key, bns_sections[BNS_SECTION_ZONE].options[0].name) == 0)
		return bns_conf_fail(r, map, "'%s' is the zone's name and no setting of it", setting->key);
	if (bns_yaml_get(map, setting->key))
		return bns_conf_fail(r, map, "'%.64s' is written twice", setting->key);
	return BNS_OK;
}

static enum bns_error read_settings(struct bns_conf_reader *r, const struct bns_yaml *map, struct bns_zone_draft *draft)
{
	enum bns_error err = bns_conf_zone_begin(r, map, draft);
	for (const struct bns_yaml *node = map->child; node && !err; node = node->next)
		err = bns_option_read_one(r, BNS_SECTION_ZONE, node, draft);
	return err;
}

static enum bns_error fill(struct bns_conf_reader *r, const char *domain, const struct bns_conf_setting *settings,
			   size_t count, struct bns_conf_zone *zone)
{
	struct bns_arena nodes;
	struct bns_zone_draft draft = {.name = NULL};
	struct bns_yaml map = {.kind = BNS_YAML_MAPPING, .file = r->conf->path};
	enum bns_error err = BNS_OK;
	bns_arena_init(&nodes);
	for (size_t i = 0; i < count && !err; i++) {
		err = check_setting(r, &map, &settings[i]);
		if (!err)
			err = add_setting(r, &nodes, &map, &settings[i]);
	}
	if (!err)
		err = read_settings(r, &map, &draft);
	draft.name = bns_arena_strdup(r->arena, domain);
	if (!err && !draft.name)
		err = bns_conf_no_memory(r);
	if (!err)
		err = bns_conf_zone_finish(r, &draft, zone);
	if (!err)
		err = bns_conf_catalog_check(r, &draft);
	bns_arena_free(&nodes);
	return err;
}

/* As much as names, paths and lists of a zone usually take; the arena grows where it is more. */
static size_t text_bytes(const char *domain, const struct bns_conf_setting *settings, size_t count)
{
	size_t bytes = 128 + 2 * strlen(domain);
	for (size_t i = 0; i < count; i++)
		bytes += 32 + 2 * strlen(settings[i].value);
	return bytes;
}

enum bns_error bns_conf_zone_make(struct bns_conf *c, const char *domain, const struct bns_conf_setting *settings,
				  size_t count, const struct bns_conf_zone **out, struct bns_diag *diag)
{
	struct made_zone *made = made_new(text_bytes(domain, settings, count));
	if (!made)
		return BNS_ENOMEM;
	struct bns_conf_reader r = {.conf = c, .arena = &made->arena, .diag = diag, .base = c->kept->base};
	memcpy(r.index, c->kept->index, sizeof(r.index));
	enum bns_error err = fill(&r, domain, settings, count, &made->zone);
	if (err) {
		bns_owner_release(&made->owner);
		/* What is written nowhere has no place. */
		diag->file[0] = '\0';
		return err;
	}
	made->of = c;
	c->owner.users++;
	made->settings = *made->zone.set;
	made->settings.owner = &made->owner;
	made->zone.set = &made->settings;
	*out = &made->zone;
	return BNS_OK;
}
