/* SPDX-License-Identifier: BSD-3-Clause */
/* What zones say of catalog zones (RFC 9432), checked once all of it is read. */

#include <string.h>

#include "conf/conf_internal.h"

static const struct bns_zone_draft *find_template(const struct bns_conf_reader *r, const char *id)
{
	const struct bns_conf_item *item = bns_item_by_id(&r->index[BNS_SECTION_TEMPLATE], id);
	return item ? item->object : NULL;
}

static bool has_name(const char *pattern)
{
	for (const char *c = pattern; (c = strchr(c, '%')); c += 2) {
		if (c[1] == 's')
			return true;
	}
	return false;
}

/* Without %s all members would be written to the same file; a catalog in a template would make catalogs of them. */
static enum bns_error check_template(struct bns_conf_reader *r, const struct bns_zone_draft *d, const char *id)
{
	const struct bns_zone_draft *t = find_template(r, id);
	if (!t)
		return bns_conf_fail(r, d->node, "zone '%.100s': catalog-template: there is no template '%.64s'",
				     d->name, id);
	if (!t->pattern && t->zone.primary_count == 0)
		return bns_conf_fail(r, d->node,
				     "zone '%.100s': catalog-template: template '%.64s' has neither 'primary' nor "
				     "'file', so members would be served from nowhere",
				     d->name, id);
	if (t->pattern && !has_name(t->pattern))
		return bns_conf_fail(r, d->node,
				     "zone '%.100s': catalog-template: 'file' of template '%.64s' is the same for all "
				     "members; it needs a %%s",
				     d->name, id);
	if (t->catalog.role == BNS_CATALOG_INTERPRET || t->catalog.role == BNS_CATALOG_GENERATE)
		return bns_conf_fail(r, d->node,
				     "zone '%.100s': catalog-template: template '%.64s' would make a catalog of each "
				     "member; it must not have that catalog-role",
				     d->name, id);
	return BNS_OK;
}

static enum bns_error settle_templates(struct bns_conf_reader *r, struct bns_zone_draft *d)
{
	static const char *const fallback[] = {"default"};
	if (d->catalog.template_count == 0) {
		d->catalog.templates = fallback;
		d->catalog.template_count = 1;
	}
	for (size_t i = 0; i < d->catalog.template_count; i++) {
		enum bns_error err = check_template(r, d, d->catalog.templates[i]);
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error settle_generated(struct bns_conf_reader *r, struct bns_zone_draft *d)
{
	if (d->zone.primary_count > 0)
		return bns_conf_fail(r, d->node,
				     "zone '%.100s' is made here (catalog-role: generate) and can't have a 'primary'",
				     d->name);
	d->file = NULL; /* its template's */
	return BNS_OK;
}

static enum bns_error settle_role(struct bns_conf_reader *r, struct bns_zone_draft *d)
{
	struct bns_conf_catalog *c = &d->catalog;
	if (c->role == BNS_CATALOG_NONE && c->zone)
		c->role = BNS_CATALOG_MEMBER;
	if (c->group && !*c->group)
		c->group = NULL;
	switch (c->role) {
	case BNS_CATALOG_INTERPRET:
		return settle_templates(r, d);
	case BNS_CATALOG_GENERATE:
		return settle_generated(r, d);
	case BNS_CATALOG_MEMBER:
		if (!c->zone)
			return bns_conf_fail(r, d->node, "zone '%.100s': catalog-role 'member' needs 'catalog-zone'",
					     d->name);
		return BNS_OK;
	default:
		return BNS_OK;
	}
}

static bool same_catalog(const struct bns_conf_catalog *a, const struct bns_conf_catalog *b)
{
	return a->role == b->role && a->templates == b->templates && a->template_count == b->template_count &&
	       a->removals_max.value == b->removals_max.value &&
	       a->removals_max.is_percent == b->removals_max.is_percent && a->zone == b->zone && a->group == b->group;
}

enum bns_error bns_conf_catalog_finish(struct bns_conf_reader *r, struct bns_zone_draft *d)
{
	enum bns_error err = settle_role(r, d);
	if (err || d->catalog.role == BNS_CATALOG_NONE)
		return err;
	/* A million zones of one template have one of these. */
	if (!r->last_catalog || !same_catalog(r->last_catalog, &d->catalog)) {
		struct bns_conf_catalog *made = bns_arena_alloc(r->arena, sizeof(*made));
		if (!made)
			return bns_conf_no_memory(r);
		*made = d->catalog;
		r->last_catalog = made;
	}
	d->zone.catalog = r->last_catalog;
	return BNS_OK;
}

enum bns_error bns_conf_catalog_check(struct bns_conf_reader *r, const struct bns_zone_draft *d)
{
	const struct bns_conf_catalog *c = &d->catalog;
	if (c->role != BNS_CATALOG_MEMBER)
		return BNS_OK;
	const struct bns_conf_zone *z = bns_conf_zone(r->conf, c->zone);
	if (z && z->set->catalog && z->set->catalog->role == BNS_CATALOG_GENERATE)
		return BNS_OK;
	return bns_conf_fail(r, d->node,
			     "zone '%.100s': catalog-zone: '%.100s' is no zone with `catalog-role: generate`", d->name,
			     c->zone);
}
