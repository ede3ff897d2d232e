/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of an email service provider, read from profiles/PROVIDER.yaml. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reader.h"

const char *const lb_mode_words[] = {"plain", "cdn", "managed", NULL};
const char *const lb_role_words[] = {"edge", "owner", "dcv", "host-proof", NULL};

/* Beside the plugin in a build tree, else where they were installed. */
static void profile_folder(const struct lb *lb, char *out, size_t cap)
{
	const struct lb_options *options = lb->host->options(lb->plugin);
	Dl_info info;

	if (options->profiles[0]) {
		snprintf(out, cap, "%s", options->profiles);
		return;
	}
	if (dladdr(lb_mode_words, &info) != 0 && strrchr(info.dli_fname, '/')) {
		int len = (int)(strrchr(info.dli_fname, '/') - info.dli_fname);
		snprintf(out, cap, "%.*s/profiles", len, info.dli_fname);
		if (access(out, F_OK) == 0)
			return;
	}
	snprintf(out, cap, "%s", BRANDING_PROFILE_DIR);
}

static enum bns_error read_region(const struct lb_reader *r, const struct bns_yaml *map, struct lb_region *region)
{
	static const char *const keys[] = {"id", "edge", "owner", "managed-edge", NULL};
	enum bns_error err = lb_read_keys(r, map, "a region", keys);
	const char *id;

	if (err == BNS_OK)
		err = lb_read_text(r, map, "id", true, &id);
	if (err != BNS_OK)
		return err;
	if (!lb_read_get(map, "edge") || !lb_read_get(map, "owner"))
		return lb_complain(r, map, "a region needs 'edge' and 'owner'");
	region->id = lb_pool_text(r->pool, id);
	if (!region->id)
		return BNS_ENOMEM;
	err = lb_read_name(r, lb_read_get(map, "edge"), &region->edge);
	if (err == BNS_OK)
		err = lb_read_name(r, lb_read_get(map, "owner"), &region->owner);
	if (err == BNS_OK && lb_read_get(map, "managed-edge"))
		err = lb_read_name(r, lb_read_get(map, "managed-edge"), &region->managed);
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

static enum bns_error read_role(const struct lb_reader *r, const struct bns_yaml *map, struct lb_profile *p)
{
	static const char *const keys[] = {"id", "name", "type", "target", NULL};
	static const char *const types[] = {"CNAME", "TXT", NULL};
	const char *name, *prefix;
	unsigned role = LB_ROLES, type = 0;
	enum bns_error err = lb_read_keys(r, map, "a role", keys);

	if (err == BNS_OK)
		err = lb_read_word(r, map, "id", lb_role_words, &role);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "type", types, &type);
	if (err == BNS_OK)
		err = lb_read_text(r, map, "name", true, &name);
	if (err != BNS_OK)
		return err;
	switch (role) {
	case LB_EDGE:
		return read_numbered(r, map, name, &p->edge_prefix);
	case LB_OWNER:
		p->owner_is_digits = true;
		return read_numbered(r, map, name, &prefix);
	case LB_DCV:
	case LB_HOST_PROOF:
		p->below_type[role] = type == 0 ? BNS_TYPE_CNAME : BNS_TYPE_TXT;
		return read_below(r, map, name, (enum lb_role)role, p);
	default:
		return lb_complain(r, map, "a role needs an 'id'");
	}
}

static enum bns_error read_profile(const struct lb_reader *r, const struct bns_yaml *root, struct lb_profile *p)
{
	static const char *const keys[] = {"title", "esp", "mail", "certificate", "region", "role", NULL};
	const char *title, *certificate;
	const uint8_t *const *names;
	enum bns_error err = lb_read_keys(r, root, "a profile", keys);

	if (err == BNS_OK)
		err = lb_read_text(r, root, "title", true, &title);
	if (err == BNS_OK)
		err = lb_read_text(r, root, "certificate", true, &certificate);
	if (err != BNS_OK)
		return err;
	p->title = lb_pool_text(r->pool, title);
	p->certificate = lb_pool_text(r->pool, certificate);
	if (!p->title || !p->certificate)
		return BNS_ENOMEM;
	err = lb_read_names(r, lb_read_get(root, "esp"), &names, &p->esp_count);
	if (err != BNS_OK)
		return err;
	p->esp = names;
	err = lb_read_names(r, lb_read_get(root, "mail"), &names, &p->mail_count);
	if (err != BNS_OK)
		return err;
	p->mail = names;
	err = read_regions(r, root, p);
	const struct bns_yaml *roles = lb_read_get(root, "role");
	for (const struct bns_yaml *item = roles ? roles->child : NULL; item && err == BNS_OK; item = item->next)
		err = read_role(r, item, p);
	return err;
}

static bool provider_is_sound(const char *provider)
{
	return provider[0] && strspn(provider, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(provider);
}

static enum bns_error load_file(const struct lb_reader *r, struct lb_profile *p, const struct bns_yaml *at)
{
	char folder[PATH_MAX], path[PATH_MAX + 64];
	struct bns_yaml *root = NULL;

	profile_folder(r->lb, folder, sizeof(folder));
	if (!provider_is_sound(p->name) || strlen(p->name) > 48)
		return lb_complain(r, at, "'%s' is no provider: a short word in lower case", p->name);
	snprintf(path, sizeof(path), "%s/%s.yaml", folder, p->name);
	if (at && access(path, F_OK) != 0)
		return lb_complain(r, at, "provider '%s' has no profile: there is no %s", p->name, path);
	enum bns_error err = r->lb->host->yaml_load(path, &root, r->diag);
	if (err == BNS_OK)
		err = read_profile(r, root, p);
	r->lb->host->yaml_free(root);
	return err;
}

enum bns_error lb_profile_load(const struct lb *lb, struct lb_policy *policy, const char *provider,
			       const struct bns_yaml *at, const struct lb_profile **out, struct bns_diag *diag)
{
	const struct lb_reader r = {.lb = lb, .pool = &policy->pool, .diag = diag};

	for (const struct lb_profile *known = policy->profiles; known; known = known->next) {
		if (strcmp(known->name, provider) == 0) {
			*out = known;
			return BNS_OK;
		}
	}
	struct lb_profile *p = lb_pool_alloc(&policy->pool, sizeof(*p));
	if (!p || !(p->name = lb_pool_text(&policy->pool, provider)))
		return BNS_ENOMEM;
	enum bns_error err = load_file(&r, p, at);
	if (err != BNS_OK)
		return err;
	p->next = policy->profiles;
	policy->profiles = p;
	*out = p;
	return BNS_OK;
}

const struct lb_region *lb_profile_region(const struct lb_profile *profile, const char *id)
{
	for (size_t i = 0; i < profile->region_count; i++)
		if (strcmp(profile->regions[i].id, id) == 0)
			return &profile->regions[i];
	return NULL;
}

static bool is_in_any(const struct lb *lb, const uint8_t *name, const uint8_t *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lb->host->name_in(name, list[i]))
			return true;
	return false;
}

bool lb_profile_is_esp(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name)
{
	return is_in_any(lb, name, profile->esp, profile->esp_count);
}

bool lb_profile_is_link(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name)
{
	return lb_profile_is_esp(lb, profile, name) && !is_in_any(lb, name, profile->mail, profile->mail_count);
}
