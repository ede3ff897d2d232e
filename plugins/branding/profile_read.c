/* SPDX-License-Identifier: BSD-3-Clause */
/* A profile's YAML → checked structure: regions × modes × roles, and the transitions between. */
#include <stdio.h>
#include <string.h>

#include "reader.h"

const char *const lb_mode_words[] = {"plain", "cdn", "managed", NULL};
const char *const lb_role_words[] = {"edge", "owner", "dcv", "host-proof", "caa", NULL};

static enum bns_error read_set(const struct lb_reader *r, const struct bns_yaml *value, struct lb_names *out)
{
	return lb_read_names(r, value, &out->list, &out->count);
}

/* What one mode allows in one region. */
static enum bns_error read_mode(const struct lb_reader *r, const struct bns_yaml *map, unsigned mode,
				struct lb_region *region)
{
	static const char *const keys[] = {"edge", "owner", "former", NULL};
	enum bns_error err = lb_read_keys(r, map, "a region's mode", keys);

	if (err == BNS_OK && !lb_read_get(map, "edge"))
		return lb_complain(r, map, "mode '%s' needs 'edge': where the ESP wants the first CNAME",
				   lb_mode_words[mode]);
	if (err == BNS_OK)
		err = read_set(r, lb_read_get(map, "edge"), &region->edge[mode]);
	if (err == BNS_OK)
		err = read_set(r, lb_read_get(map, "owner"), &region->owner[mode]);
	if (err == BNS_OK)
		err = read_set(r, lb_read_get(map, "former"), &region->former[mode]);
	region->offers[mode] = true;
	return err;
}

static enum bns_error read_region(const struct lb_reader *r, const struct bns_yaml *map, struct lb_region *region)
{
	static const char *const keys[] = {"id", "plain", "cdn", "managed", NULL};
	enum bns_error err = lb_read_keys(r, map, "a region", keys);
	bool any = false;
	const char *id;

	if (err == BNS_OK)
		err = lb_read_text(r, map, "id", true, &id);
	if (err != BNS_OK)
		return err;
	region->id = lb_pool_text(r->pool, id);
	if (!region->id)
		return BNS_ENOMEM;
	for (unsigned mode = 0; mode < LB_MODES && err == BNS_OK; mode++) {
		const struct bns_yaml *row = lb_read_get(map, lb_mode_words[mode]);
		any |= row != NULL;
		if (row)
			err = read_mode(r, row, mode, region);
	}
	if (err == BNS_OK && !any)
		return lb_complain(r, map, "region '%s' needs one of the modes plain, cdn, managed", id);
	return err;
}

static enum bns_error read_regions(const struct lb_reader *r, const struct bns_yaml *root, struct lb_profile *p)
{
	const struct bns_yaml *list = lb_read_get(root, "region");

	if (!list || list->kind != BNS_YAML_SEQUENCE || list->count == 0)
		return lb_complain(r, list ? list : root, "a profile needs a list of regions, 'region'");
	p->regions = lb_pool_alloc(r->pool, list->count * sizeof(*p->regions));
	if (!p->regions)
		return BNS_ENOMEM;
	for (const struct bns_yaml *item = list->child; item; item = item->next) {
		enum bns_error err = read_region(r, item, &p->regions[p->region_count++]);
		if (err != BNS_OK)
			return err;
	}
	return BNS_OK;
}

/* `url#` → "url"; `#` → "". */
static enum bns_error read_numbered(const struct lb_reader *r, const struct bns_yaml *map, const char *name,
				    const char **prefix)
{
	size_t len = strlen(name);

	if (len == 0 || strchr(name, '#') != name + len - 1)
		return lb_complain(r, map, "'%s' must end in '#', which stands for digits", name);
	char *copy = lb_pool_text(r->pool, name);
	if (!copy)
		return BNS_ENOMEM;
	copy[len - 1] = '\0';
	*prefix = copy;
	return BNS_OK;
}

/* `_acme-challenge.@` → its label; `*.dcv.example` → the name its target lies below. */
static enum bns_error read_below(const struct lb_reader *r, const struct bns_yaml *map, const char *name,
				 enum lb_role role, struct lb_profile *p)
{
	static const uint8_t root[] = {0};
	const struct bns_yaml *target = lb_read_get(map, "target");
	uint8_t label[BNS_NAME_MAX];
	char front[BNS_LABEL_MAX + 1];
	size_t len = strlen(name);

	if (len < 3 || len - 2 > BNS_LABEL_MAX || strcmp(name + len - 2, ".@") != 0)
		return lb_complain(r, map, "'%s' must be a label and '.@', which stands for the branded host", name);
	snprintf(front, sizeof(front), "%.*s", (int)(len - 2), name);
	if (r->lb->host->name_from_text(front, root, label, &len) != BNS_OK)
		return lb_complain(r, map, "'%s' is no label", front);
	p->below[role] = lb_pool_name(r->pool, label);
	if (!p->below[role])
		return BNS_ENOMEM;
	if (!target)
		return BNS_OK;
	enum bns_error err = lb_read_name(r, target, &p->below_parent[role]);
	if (err == BNS_OK)
		p->below_parent[role] = lb_name_parent(p->below_parent[role]);
	return err;
}

/* A list of words → bits by their place; `out` stays where the key is missing. */
static enum bns_error read_bits(const struct lb_reader *r, const struct bns_yaml *map, const char *key,
				const char *const *words, unsigned *out)
{
	const struct bns_yaml *list = lb_read_get(map, key);

	if (!list)
		return BNS_OK;
	if (list->kind != BNS_YAML_SEQUENCE)
		return lb_complain(r, list, "'%s' must be a list such as [%s]", key, words[0]);
	*out = 0;
	for (const struct bns_yaml *item = list->child; item; item = item->next) {
		unsigned at = 0;
		while (words[at] && (item->kind != BNS_YAML_SCALAR || strcmp(words[at], item->text) != 0))
			at++;
		if (!words[at])
			return lb_complain(r, item, "'%s' is unknown here: '%s' takes words such as %s",
					   item->kind == BNS_YAML_SCALAR ? item->text : "this", key, words[0]);
		*out |= 1u << at;
	}
	return BNS_OK;
}

static enum bns_error read_role_form(const struct lb_reader *r, const struct bns_yaml *map, unsigned role,
				     unsigned type, struct lb_profile *p)
{
	static const char *const names[] = {"url#", "#", "_acme-challenge.@", "_cf-custom-hostname.@"};
	const char *name, *prefix;
	enum bns_error err;

	if (role == LB_CAA)
		return lb_read_words(r, lb_read_get(map, "issuer"), &p->issuers, &(size_t){0});
	if (!lb_read_get(map, "name"))
		return lb_complain(r, map, "role '%s' needs 'name', the form of its name, such as \"%s\"",
				   lb_role_words[role], names[role]);
	if ((err = lb_read_text(r, map, "name", true, &name)) != BNS_OK)
		return err;
	if (role == LB_EDGE)
		return read_numbered(r, map, name, &p->edge_prefix);
	if (role == LB_OWNER) {
		p->owner_is_digits = true;
		return read_numbered(r, map, name, &prefix);
	}
	p->below_type[role] = type == 1 ? BNS_TYPE_TXT : BNS_TYPE_CNAME;
	return read_below(r, map, name, (enum lb_role)role, p);
}

static enum bns_error read_role(const struct lb_reader *r, const struct bns_yaml *map, struct lb_profile *p)
{
	static const char *const keys[] = {"id", "name", "type", "target", "issuer", "mode", "pinned", NULL};
	static const char *const types[] = {"CNAME", "TXT", "CAA", NULL};
	unsigned role = LB_ROLES, type = 0;
	enum bns_error err = lb_read_keys(r, map, "a role", keys);

	if (err == BNS_OK)
		err = lb_read_word(r, map, "id", lb_role_words, &role);
	if (err == BNS_OK && role == LB_ROLES)
		return lb_complain(r, map, "a role needs an 'id': edge, owner, dcv, host-proof or caa");
	if (err == BNS_OK)
		err = lb_read_word(r, map, "type", types, &type);
	if (err == BNS_OK)
		err = read_bits(r, map, "mode", lb_mode_words, &p->modes_of[role]);
	if (err == BNS_OK)
		err = lb_read_bool(r, map, "pinned", &p->is_pinned[role]);
	return err == BNS_OK ? read_role_form(r, map, role, type, p) : err;
}

static enum bns_error read_transition(const struct lb_reader *r, const struct bns_yaml *map, struct lb_profile *p)
{
	static const char *const keys[] = {"from", "to", "needs", NULL};
	static const char *const places[] = {"esp", "cdn", "managed", NULL};
	static const char *const needs[] = {"listed", "probe", "proof", "override", NULL};
	unsigned from = LB_PLACES, to = LB_PLACES, bits = 0;
	enum bns_error err = lb_read_keys(r, map, "a transition", keys);

	if (err == BNS_OK)
		err = lb_read_word(r, map, "from", places, &from);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "to", places, &to);
	if (err == BNS_OK)
		err = read_bits(r, map, "needs", needs, &bits);
	if (err != BNS_OK)
		return err;
	if (from == LB_PLACES || to == LB_PLACES)
		return lb_complain(r, map, "a transition needs 'from' and 'to': esp, cdn or managed");
	p->needs[from][to] = (uint8_t)bits;
	return BNS_OK;
}

/* What holds where the profile says nothing else. */
static void set_defaults(struct lb_profile *p)
{
	for (int role = 0; role < LB_CAA; role++)
		p->is_pinned[role] = true;
	p->modes_of[LB_EDGE] = p->modes_of[LB_OWNER] = 1u << LB_PLAIN | 1u << LB_CDN | 1u << LB_MANAGED;
	p->modes_of[LB_DCV] = p->modes_of[LB_HOST_PROOF] = p->modes_of[LB_CAA] = 1u << LB_MANAGED;
	memset(p->needs[LB_AT_ESP], LB_NEEDS_LISTED | LB_NEEDS_PROBE, LB_PLACES);
	memset(p->needs[LB_AT_CDN], LB_NEEDS_LISTED | LB_NEEDS_PROBE, LB_PLACES);
	memset(p->needs[LB_AT_MANAGED], LB_NEEDS_LISTED | LB_NEEDS_PROBE, LB_PLACES);
	p->needs[LB_AT_CDN][LB_AT_ESP] = p->needs[LB_AT_MANAGED][LB_AT_ESP] = LB_NEEDS_OVERRIDE;
	p->needs[LB_AT_ESP][LB_AT_ESP] = p->needs[LB_AT_MANAGED][LB_AT_MANAGED] = 0;
	p->needs[LB_AT_ESP][LB_AT_MANAGED] = p->needs[LB_AT_CDN][LB_AT_MANAGED] = LB_NEEDS_PROOF;
}

static enum bns_error read_rows(const struct lb_reader *r, const struct bns_yaml *root, const char *key,
				enum bns_error (*read)(const struct lb_reader *, const struct bns_yaml *,
						       struct lb_profile *),
				struct lb_profile *p)
{
	const struct bns_yaml *list = lb_read_get(root, key);
	enum bns_error err = BNS_OK;

	if (list && list->kind != BNS_YAML_SEQUENCE)
		return lb_complain(r, list, "'%s' must be a list, each item beginning with '- '", key);
	for (const struct bns_yaml *item = list ? list->child : NULL; item && err == BNS_OK; item = item->next)
		err = read(r, item, p);
	return err;
}

enum bns_error lb_read_profile(const struct lb_reader *r, const struct bns_yaml *root, struct lb_profile *p)
{
	static const char *const keys[] = {"title", "esp", "mail", "certificate", "region", "role", "transition", NULL};
	const char *title, *certificate;
	enum bns_error err = lb_read_keys(r, root, "a profile", keys);

	set_defaults(p);
	if (err == BNS_OK)
		err = lb_read_text(r, root, "title", true, &title);
	if (err == BNS_OK)
		err = lb_read_text(r, root, "certificate", true, &certificate);
	if (err != BNS_OK)
		return err;
	if (!lb_read_get(root, "esp"))
		return lb_complain(r, root, "a profile needs 'esp', the names under which the ESP's own hosts are");
	p->title = lb_pool_text(r->pool, title);
	p->certificate = lb_pool_text(r->pool, certificate);
	if (!p->title || !p->certificate)
		return BNS_ENOMEM;
	err = read_set(r, lb_read_get(root, "esp"), &p->esp);
	if (err == BNS_OK)
		err = read_set(r, lb_read_get(root, "mail"), &p->mail);
	if (err == BNS_OK)
		err = read_regions(r, root, p);
	if (err == BNS_OK)
		err = read_rows(r, root, "role", read_role, p);
	return err == BNS_OK ? read_rows(r, root, "transition", read_transition, p) : err;
}
