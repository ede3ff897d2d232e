/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones with their template's settings beneath their own, and those that a zone-directory adds. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conf/conf_internal.h"

enum bns_error bns_conf_templates(struct bns_conf_reader *r)
{
	struct bns_zone_draft *base = bns_arena_alloc(r->arena, sizeof(*base));
	if (!base)
		return bns_conf_no_memory(r);
	enum bns_error err = bns_item_read_all(r, BNS_SECTION_TEMPLATE);
	if (err)
		return err;
	const struct bns_conf_item *item = bns_item_by_id(&r->index[BNS_SECTION_TEMPLATE], "default");
	r->base = item ? item->object : base;
	return item ? BNS_OK : bns_option_defaults(r, BNS_SECTION_ZONE, base);
}

/* What the zone's template says; `map` (which names it) is the zone's own. */
enum bns_error bns_conf_zone_begin(struct bns_conf_reader *r, const struct bns_yaml *map, struct bns_zone_draft *draft)
{
	const struct bns_option *template_option = &bns_sections[BNS_SECTION_ZONE].options[1];
	const struct bns_yaml *named = bns_yaml_get(map, template_option->name);
	const struct bns_zone_draft *base = r->base;
	enum bns_error err = named ? bns_option_value(r, template_option, named, draft) : BNS_OK;
	if (err)
		return err;
	if (draft->template)
		base = draft->template;
	*draft = *base;
	draft->name = NULL;
	draft->node = map;
	return BNS_OK;
}

static enum bns_error read_zone(struct bns_conf_reader *r, const struct bns_yaml *map, struct bns_zone_draft *draft)
{
	enum bns_error err = bns_conf_zone_begin(r, map, draft);
	return err ? err : bns_option_read(r, BNS_SECTION_ZONE, map, draft);
}

static enum bns_error read_zones(struct bns_conf_reader *r)
{
	const struct bns_conf_nodes *nodes = &r->nodes[BNS_SECTION_ZONE];
	if (nodes->count == 0)
		return BNS_OK;
	/* Gone with the reader. */
	struct bns_zone_draft *drafts = calloc(nodes->count, sizeof(*drafts));
	if (!drafts)
		return bns_conf_no_memory(r);
	r->objects[BNS_SECTION_ZONE] = drafts;
	for (size_t i = 0; i < nodes->count; i++) {
		enum bns_error err = read_zone(r, nodes->list[i], &drafts[i]);
		if (err)
			return err;
	}
	return bns_item_index(r, BNS_SECTION_ZONE);
}

static enum bns_error fail_zone(struct bns_conf_reader *r, const struct bns_zone_draft *d, const char *what,
				uint32_t min_s, uint32_t max_s)
{
	char min[BNS_TIME_TEXT_MAX], max[BNS_TIME_TEXT_MAX];
	return bns_conf_fail(r, d->node, "zone '%.100s': %s-min-interval of %s is above %s-max-interval of %s", d->name,
			     what, bns_duration_to_text(min_s, min), what, bns_duration_to_text(max_s, max));
}

static enum bns_error check_zone(struct bns_conf_reader *r, const struct bns_zone_draft *d)
{
	const struct bns_conf_settings *z = &d->zone;
	if (z->refresh_min_s > z->refresh_max_s)
		return fail_zone(r, d, "refresh", z->refresh_min_s, z->refresh_max_s);
	if (z->retry_min_s > z->retry_max_s)
		return fail_zone(r, d, "retry", z->retry_min_s, z->retry_max_s);
	if (z->expire_min_s > z->expire_max_s)
		return fail_zone(r, d, "expire", z->expire_min_s, z->expire_max_s);
	if (!d->file && z->primary_count == 0 && !(z->catalog && z->catalog->role == BNS_CATALOG_GENERATE))
		return bns_conf_fail(
			r, d->node,
			"zone '%.100s' has neither 'file' nor 'primary', and no zone-directory has its file", d->name);
	return BNS_OK;
}

/* Zones that follow one another are mostly of one template, and say nothing of their own. */
static enum bns_error share_settings(struct bns_conf_reader *r, const struct bns_conf_settings *settings,
				     const struct bns_conf_settings **out)
{
	if (!r->last_settings || memcmp(r->last_settings, settings, sizeof(*settings)) != 0) {
		r->last_settings = bns_arena_alloc(r->arena, sizeof(*settings));
		if (!r->last_settings)
			return bns_conf_no_memory(r);
		memcpy((void *)(uintptr_t)r->last_settings, settings, sizeof(*settings));
	}
	*out = r->last_settings;
	return BNS_OK;
}

enum bns_error bns_conf_zone_finish(struct bns_conf_reader *r, struct bns_zone_draft *d, struct bns_conf_zone *out)
{
	if (d->pattern) {
		d->file = bns_path_expand(r->arena, d->pattern, d->name);
		if (!d->file)
			return bns_conf_no_memory(r);
	}
	enum bns_error err = bns_conf_catalog_finish(r, d);
	if (err)
		return err;
	d->zone.owner = &r->conf->owner;
	out->domain = d->name;
	out->file = d->file;
	err = share_settings(r, &d->zone, &out->set);
	return err ? err : check_zone(r, d);
}

static enum bns_error check_catalogs(struct bns_conf_reader *r, const struct bns_zone_draft *drafts, size_t count)
{
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < count && !err; i++)
		err = bns_conf_catalog_check(r, &drafts[i]);
	return err;
}

static enum bns_error finish_zones(struct bns_conf_reader *r, const struct bns_directory_zones *found)
{
	size_t written = r->nodes[BNS_SECTION_ZONE].count, plain = bns_plain_count(r->plain);
	struct bns_zone_draft *drafts = r->objects[BNS_SECTION_ZONE];
	size_t count = written + plain + found->count;
	struct bns_conf_zone *zones = bns_arena_alloc(r->arena, (count + 1) * sizeof(*zones));
	enum bns_error err = zones ? BNS_OK : bns_conf_no_memory(r);
	for (size_t i = 0; i < written && !err; i++) {
		zones[i].line = drafts[i].node->line;
		err = bns_conf_zone_finish(r, &drafts[i], &zones[i]);
	}
	if (!err)
		err = bns_plain_zones(r, zones, zones + written);
	for (size_t i = 0; i < found->count && !err; i++)
		err = bns_conf_zone_finish(r, &found->list[i], &zones[written + plain + i]);
	if (err)
		return err;
	r->conf->zones = zones;
	r->conf->zone_count = count;
	err = bns_conf_index_zones(r);
	if (!err)
		err = check_catalogs(r, drafts, written);
	return err ? err : check_catalogs(r, found->list, found->count);
}

enum bns_error bns_conf_zones(struct bns_conf_reader *r)
{
	struct bns_directory_zones found = {0};
	/* What a folder has yields to what is written, which is looked for among those that libyaml was shown. */
	if (r->plain && r->nodes[BNS_SECTION_ZONE_DIRECTORY].count > 0)
		return BNS_EINVAL;
	enum bns_error err = read_zones(r);
	if (!err)
		err = bns_conf_directories(r, &found);
	if (!err)
		err = finish_zones(r, &found);
	free(found.list);
	return err;
}
