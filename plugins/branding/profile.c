/* SPDX-License-Identifier: BSD-3-Clause */
/* Profiles of email service providers: where their files are, and what is asked of them. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy_saved.h"
#include "reader.h"

/* Beside the plugin in a build tree, else where they were installed. */
static void own_folder(char *out, size_t cap)
{
	Dl_info info;

	if (dladdr(lb_mode_words, &info) != 0 && strrchr(info.dli_fname, '/')) {
		int len = (int)(strrchr(info.dli_fname, '/') - info.dli_fname);
		snprintf(out, cap, "%.*s/profiles", len, info.dli_fname);
		if (access(out, F_OK) == 0)
			return;
	}
	snprintf(out, cap, "%s", BRANDING_PROFILE_DIR);
}

/* The policy's folder, the configuration's, those that came with the plugin: the first that has it. */
bool lb_profile_find(const struct lb *lb, const struct lb_policy *policy, const char *provider, char *out, size_t cap)
{
	const struct lb_options *options = lb->options;
	char own[PATH_MAX];

	own_folder(own, sizeof(own));
	const char *const folders[] = {policy->profile_folder, options->profiles, own};
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		if (!folders[i][0])
			continue;
		snprintf(out, cap, "%s/%s.yaml", folders[i], provider);
		if (access(out, F_OK) == 0)
			return true;
	}
	return false;
}

static bool provider_is_sound(const char *provider)
{
	return provider[0] && strspn(provider, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(provider);
}

static enum bns_error load_file(const struct lb_reader *r, const struct lb_policy *policy, struct lb_profile *p,
				const struct bns_yaml *at)
{
	char path[PATH_MAX + 64];
	struct bns_yaml *root = NULL;

	if (!provider_is_sound(p->name) || strlen(p->name) > 48)
		return lb_complain(r, at, "'%s' is no provider: a short word in lower case", p->name);
	/* The default provider's file is always tried: reading says why it can't be read. */
	if (!lb_profile_find(r->lb, policy, p->name, path, sizeof(path)) && at)
		return lb_complain(r, at, "provider '%s' has no profile: there is no %s", p->name, path);
	enum bns_error err = r->lb->host->yaml_load(path, &root, r->diag);
	if (err == BNS_OK && (!(p->path = lb_pool_text(r->pool, path)) || !lb_saved_profile_digest(path, p->digest)))
		err = BNS_ENOMEM;
	if (err == BNS_OK)
		err = lb_read_profile(r, root, p);
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
	enum bns_error err = load_file(&r, policy, p, at);
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

static bool is_in_any(const struct lb *lb, const uint8_t *name, const struct lb_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (lb->host->name_in(name, names->list[i]))
			return true;
	return false;
}

bool lb_profile_is_esp(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name)
{
	return is_in_any(lb, name, &profile->esp);
}

bool lb_profile_is_link(const struct lb *lb, const struct lb_profile *profile, const uint8_t *name)
{
	return lb_profile_is_esp(lb, profile, name) && !is_in_any(lb, name, &profile->mail);
}

static bool is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}

bool lb_names_have(const struct lb *lb, const struct lb_names *names, const uint8_t *name)
{
	for (size_t i = 0; i < names->count; i++) {
		const uint8_t *one = names->list[i], *parent = lb_name_parent(one);
		if (is_wildcard(one) ? lb->host->name_in(name, parent) && !lb_name_equal(name, parent)
				     : lb_name_equal(name, one))
			return true;
	}
	return false;
}

const uint8_t *lb_names_first(const struct lb_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (!is_wildcard(names->list[i]))
			return names->list[i];
	return NULL;
}
