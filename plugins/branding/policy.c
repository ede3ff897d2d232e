/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy file → checked structures. What contradicts itself is refused at its line. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_saved.h"
#include "reader.h"
#include "rules.h"

const char *const lb_on_change_words[] = {"hold", "pin", "observe", NULL};
const char *const lb_on_first_load_words[] = {"pin", "hold", "observe", NULL};

#define DEFAULT_MAX_TTL_S 3600

static enum bns_error read_max_ttl(const struct lb_reader *r, const struct bns_yaml *map, uint32_t *out)
{
	const char *text;
	uint64_t seconds;
	enum bns_error err = lb_read_text(r, map, "max-ttl", false, &text);

	if (err != BNS_OK || !text)
		return err;
	if (r->lb->host->duration_from_text(text, &seconds) != BNS_OK || seconds == 0 || seconds > INT32_MAX)
		return lb_complain(r, lb_read_get(map, "max-ttl"),
				   "'max-ttl' must be a time such as 3600 or 1h, not '%s'", text);
	*out = (uint32_t)seconds;
	return BNS_OK;
}

static enum bns_error read_defaults(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	static const char *const keys[] = {"on-change", "on-first-load", "max-ttl", "learn", NULL};
	const struct bns_yaml *map = lb_read_get(root, "default");
	unsigned on_change = 0, on_first_load = LB_FIRST_PIN;

	p->on_change = LB_ON_CHANGE_HOLD;
	p->on_first_load = LB_FIRST_PIN;
	p->max_ttl_s = DEFAULT_MAX_TTL_S;
	p->learn = true;
	if (!map)
		return BNS_OK;
	enum bns_error err = lb_read_keys(r, map, "'default'", keys);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "on-change", lb_on_change_words, &on_change);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "on-first-load", lb_on_first_load_words, &on_first_load);
	if (err == BNS_OK)
		err = read_max_ttl(r, map, &p->max_ttl_s);
	if (err == BNS_OK)
		err = lb_read_bool(r, map, "learn", &p->learn);
	p->on_change = (enum lb_on_change)(on_change + LB_ON_CHANGE_HOLD);
	p->on_first_load = (enum lb_on_first_load)on_first_load;
	return err;
}

static enum bns_error read_gate(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	static const char *const words[] = {"hold", "note", NULL};
	const struct bns_yaml *map = lb_read_get(root, "gate");

	if (map && map->kind != BNS_YAML_MAPPING)
		return lb_complain(r, map, "'gate' must map rules to hold or note, as {LB29: note}");
	for (const struct bns_yaml *row = map ? map->child : NULL; row; row = row->next) {
		const struct lb_rule *rule = lb_rule_find(row->key);
		unsigned word = 0;
		if (!rule) {
			r->lb->host->diag(r->diag, row->file, row->key_line, row->key_column,
					  "there is no rule '%s': they are called LB01 to LB39", row->key);
			return BNS_EINVAL;
		}
		enum bns_error err = lb_read_word(r, map, row->key, words, &word);
		if (err != BNS_OK)
			return err;
		p->gate[rule - lb_rules] = (uint8_t)(word == 0 ? LB_GATE_HOLD : LB_GATE_NOTE);
	}
	return BNS_OK;
}

static enum bns_error read_brandings(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	const struct bns_yaml *item;
	size_t count;
	enum bns_error err = lb_read_list(r, root, "branding", &item, &count);

	if (err != BNS_OK || count == 0)
		return err;
	p->brandings = lb_pool_alloc(r->pool, count * sizeof(*p->brandings));
	if (!p->brandings)
		return BNS_ENOMEM;
	for (; item && err == BNS_OK; item = item->next)
		err = lb_read_branding(r, item, p, &p->brandings[p->branding_count++]);
	return err;
}

static enum bns_error read_override(const struct lb_reader *r, const struct bns_yaml *map, struct lb_override *o)
{
	static const char *const keys[] = {"host", "rule", "reason", "by", "until", NULL};
	const char *rule, *until;
	enum bns_error err = lb_read_keys(r, map, "an override", keys);

	if (err == BNS_OK && !lb_read_get(map, "host"))
		return lb_complain(r, map, "an override needs 'host', the branded host it is for");
	if (err == BNS_OK)
		err = lb_read_name(r, lb_read_get(map, "host"), &o->host);
	if (err == BNS_OK)
		err = lb_read_text(r, map, "rule", true, &rule);
	if (err == BNS_OK)
		err = lb_read_copy(r, map, "reason", true, &o->reason);
	if (err == BNS_OK)
		err = lb_read_copy(r, map, "by", true, &o->by);
	if (err == BNS_OK)
		err = lb_read_text(r, map, "until", true, &until);
	if (err != BNS_OK)
		return err;
	o->rule = lb_rule_find(rule);
	if (!o->rule)
		return lb_complain(r, lb_read_get(map, "rule"), "there is no rule '%s': they are called LB01 to LB39",
				   rule);
	if (r->lb->host->time_from_text(until, &o->until_s) != BNS_OK)
		return lb_complain(r, lb_read_get(map, "until"),
				   "'%s' is no time in UTC: write it as 2026-12-01T00:00:00Z", until);
	return BNS_OK;
}

static enum bns_error read_overrides(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	const struct bns_yaml *item;
	size_t count;
	enum bns_error err = lb_read_list(r, root, "override", &item, &count);

	if (err != BNS_OK || count == 0)
		return err;
	p->overrides = lb_pool_alloc(r->pool, count * sizeof(*p->overrides));
	if (!p->overrides)
		return BNS_ENOMEM;
	for (; item && err == BNS_OK; item = item->next)
		err = read_override(r, item, &p->overrides[p->override_count++]);
	p->file_override_count = p->override_count;
	return err;
}

static enum bns_error read_approval(const struct lb_reader *r, const struct bns_yaml *map, struct lb_approval *a)
{
	static const char *const keys[] = {"id", "reason", "by", NULL};
	enum bns_error err = lb_read_keys(r, map, "an approval", keys);

	if (err == BNS_OK)
		err = lb_read_copy(r, map, "id", true, &a->id);
	if (err == BNS_OK)
		err = lb_read_copy(r, map, "reason", true, &a->reason);
	if (err == BNS_OK)
		err = lb_read_copy(r, map, "by", true, &a->by);
	if (err == BNS_OK && !strchr(a->id, '@'))
		return lb_complain(r, lb_read_get(map, "id"),
				   "'%s' is no candidate's id: it is ZONE@SERIAL-DIGEST, as `held list` shows it",
				   a->id);
	return err;
}

static enum bns_error read_approvals(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	const struct bns_yaml *item;
	size_t count;
	enum bns_error err = lb_read_list(r, root, "approve", &item, &count);

	if (err != BNS_OK || count == 0)
		return err;
	p->approvals = lb_pool_alloc(r->pool, count * sizeof(*p->approvals));
	if (!p->approvals)
		return BNS_ENOMEM;
	for (; item && err == BNS_OK; item = item->next)
		err = read_approval(r, item, &p->approvals[p->approval_count++]);
	return err;
}

/* A folder beside the policy, for providers of one's own; relative to the policy's file. */
static enum bns_error read_profile_folder(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	char path[PATH_MAX];
	const char *folder, *slash = root->file ? strrchr(root->file, '/') : NULL;
	enum bns_error err = lb_read_text(r, root, "profiles", false, &folder);

	p->profile_folder = lb_pool_text(r->pool, "");
	if (err == BNS_OK && !p->profile_folder)
		err = BNS_ENOMEM;
	if (err != BNS_OK || !folder)
		return err;
	int above = folder[0] != '/' && slash ? (int)(slash - root->file) + 1 : 0;
	snprintf(path, sizeof(path), "%.*s%s", above, above ? root->file : "", folder);
	if (access(path, R_OK | X_OK) != 0)
		return lb_complain(r, lb_read_get(root, "profiles"), "there is no folder %s that can be read", path);
	p->profile_folder = lb_pool_text(r->pool, path);
	return p->profile_folder ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error read_policy(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	static const char *const keys[] = {"profiles", "default",  "gate",    "account",
					   "branding", "override", "approve", NULL};
	enum bns_error err = lb_read_keys(r, root, "the policy", keys);

	if (err == BNS_OK)
		err = read_profile_folder(r, root, p);

	if (err == BNS_OK)
		err = read_defaults(r, root, p);
	if (err == BNS_OK)
		err = read_gate(r, root, p);
	if (err == BNS_OK)
		err = lb_read_accounts(r, root, p);
	if (err == BNS_OK)
		err = read_brandings(r, root, p);
	if (err == BNS_OK)
		err = read_overrides(r, root, p);
	return err == BNS_OK ? read_approvals(r, root, p) : err;
}

static enum bns_error read_file(const struct lb *lb, const char *path, struct lb_policy *p, struct bns_diag *diag)
{
	static const struct bns_yaml nothing = {.kind = BNS_YAML_MAPPING, .text = ""};
	const struct lb_reader r = {.lb = lb, .pool = &p->pool, .diag = diag};
	struct bns_yaml *root = NULL;
	enum bns_error err = BNS_OK;

	/* Without a policy, brandings are only learned. */
	if (path[0])
		err = lb->host->yaml_load(path, &root, diag);
	if (err == BNS_OK)
		err = read_policy(&r, root ? root : &nothing, p);
	lb->host->yaml_free(root);
	return err == BNS_OK ? lb_policy_index(lb, p, path, diag) : err;
}

enum bns_error lb_policy_load(const struct lb *lb, const char *path, struct lb_policy **out, struct bns_diag *diag)
{
	struct lb_saving saving;
	struct lb_policy *p = *out = lb_saved_policy(lb, path, &saving);

	if (p)
		return BNS_OK;
	p = calloc(1, sizeof(*p));
	if (!p) {
		lb_region_drop(saving.region);
		return BNS_ENOMEM;
	}
	p->pool.region = saving.region;
	enum bns_error err = read_file(lb, path, p, diag);
	if (err == BNS_OK && !saving.region) {
		*out = p;
		return BNS_OK;
	}
	if (err == BNS_OK && !(*out = lb_saving_end(p, path, &saving)))
		err = BNS_ENOMEM;
	else if (err != BNS_OK)
		lb_region_drop(saving.region);
	lb_pool_free(&p->pool);
	free(p);
	return err;
}

void lb_policy_free(struct lb_policy *policy)
{
	if (!policy)
		return;
	lb_pool_free(&policy->pool);
	lb_region_drop(policy->region);
	free(policy);
}
