/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy file → checked structures. What contradicts itself is refused at its line. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader.h"
#include "rules.h"

const char *const lb_on_change_words[] = {"hold", "pin", "observe", NULL};
const char *const lb_on_first_load_words[] = {"pin", "hold", "observe", NULL};

#define DEFAULT_PROVIDER  "sendgrid"
#define DEFAULT_MAX_TTL_S 3600

static enum bns_error copy_text(const struct lb_reader *r, const struct bns_yaml *map, const char *key, bool required,
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

/* The list under `key`, or none; `*out` is its first item. */
static enum bns_error read_list(const struct lb_reader *r, const struct bns_yaml *root, const char *key,
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

static enum bns_error read_region(const struct lb_reader *r, const struct bns_yaml *map, struct lb_account *a)
{
	const char *id;
	enum bns_error err = lb_read_text(r, map, "region", false, &id);

	a->region = &a->profile->regions[0];
	if (err != BNS_OK || !id)
		return err;
	a->region = lb_profile_region(a->profile, id);
	if (a->region)
		return BNS_OK;
	return lb_complain(r, lb_read_get(map, "region"), "%s has no region '%s'; its first one is '%s'",
			   a->profile->title, id, a->profile->regions[0].id);
}

static enum bns_error read_subusers(const struct lb_reader *r, const struct bns_yaml *list, struct lb_account *a)
{
	const char **names;

	if (!list)
		return BNS_OK;
	if (list->kind != BNS_YAML_SEQUENCE)
		return lb_complain(r, list, "'subuser' must be a list of user names");
	a->subusers = names = lb_pool_alloc(r->pool, (list->count + 1) * sizeof(*names));
	if (!names)
		return BNS_ENOMEM;
	for (const struct bns_yaml *item = list->child; item; item = item->next) {
		if (item->kind != BNS_YAML_SCALAR)
			return lb_complain(r, item, "a subuser is a plain user name");
		if (!(names[a->subuser_count++] = lb_pool_text(r->pool, item->text)))
			return BNS_ENOMEM;
	}
	return BNS_OK;
}

static enum bns_error read_account(const struct lb_reader *r, const struct bns_yaml *map, struct lb_policy *p,
				   struct lb_account *a)
{
	static const char *const keys[] = {"id", "provider", "region", "subuser", "ssl", NULL};
	static const char *const ssl_words[] = {"disabled", "enabled", NULL};
	const char *provider;
	unsigned ssl = 0;
	enum bns_error err = lb_read_keys(r, map, "an account", keys);

	if (err == BNS_OK)
		err = copy_text(r, map, "id", true, &a->id);
	if (err == BNS_OK)
		err = lb_read_text(r, map, "provider", false, &provider);
	if (err != BNS_OK)
		return err;
	a->line = map->line;
	err = lb_profile_load(r->lb, p, provider ? provider : DEFAULT_PROVIDER, lb_read_get(map, "provider"),
			      &a->profile, r->diag);
	if (err == BNS_OK)
		err = read_region(r, map, a);
	if (err == BNS_OK)
		err = read_subusers(r, lb_read_get(map, "subuser"), a);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "ssl", ssl_words, &ssl);
	a->ssl_enabled = ssl == 1;
	return err;
}

static int compare_accounts(const void *a, const void *b)
{
	const struct lb_account *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static enum bns_error sort_accounts(const struct lb_reader *r, struct lb_policy *p, const char *file)
{
	qsort(p->accounts, p->account_count, sizeof(*p->accounts), compare_accounts);
	for (size_t i = 1; i < p->account_count; i++) {
		const struct lb_account *a = &p->accounts[i];
		if (strcmp(a->id, a[-1].id) != 0)
			continue;
		r->lb->host->diag(r->diag, file, a->line, 0, "account '%s' is here already, in line %u", a->id,
				  (unsigned)a[-1].line);
		return BNS_EEXIST;
	}
	return BNS_OK;
}

static enum bns_error read_accounts(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	const struct bns_yaml *item;
	struct lb_account *fallback = lb_pool_alloc(r->pool, sizeof(*fallback));
	size_t count;

	if (!fallback)
		return BNS_ENOMEM;
	enum bns_error err = lb_profile_load(r->lb, p, DEFAULT_PROVIDER, NULL, &fallback->profile, r->diag);
	if (err != BNS_OK)
		return err;
	fallback->region = &fallback->profile->regions[0];
	p->fallback = fallback;
	err = read_list(r, root, "account", &item, &count);
	if (err != BNS_OK || count == 0)
		return err;
	p->accounts = lb_pool_alloc(r->pool, count * sizeof(*p->accounts));
	if (!p->accounts)
		return BNS_ENOMEM;
	for (; item && err == BNS_OK; item = item->next)
		err = read_account(r, item, p, &p->accounts[p->account_count++]);
	return err == BNS_OK ? sort_accounts(r, p, root->file) : err;
}

static enum bns_error read_brandings(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
{
	const struct bns_yaml *item;
	size_t count;
	enum bns_error err = read_list(r, root, "branding", &item, &count);

	if (err != BNS_OK || count == 0)
		return err;
	p->brandings = calloc(count, sizeof(*p->brandings));
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
		err = copy_text(r, map, "reason", true, &o->reason);
	if (err == BNS_OK)
		err = copy_text(r, map, "by", true, &o->by);
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
	enum bns_error err = read_list(r, root, "override", &item, &count);

	if (err != BNS_OK || count == 0)
		return err;
	p->overrides = lb_pool_alloc(r->pool, count * sizeof(*p->overrides));
	if (!p->overrides)
		return BNS_ENOMEM;
	for (; item && err == BNS_OK; item = item->next)
		err = read_override(r, item, &p->overrides[p->override_count++]);
	return err;
}

static enum bns_error read_approval(const struct lb_reader *r, const struct bns_yaml *map, struct lb_approval *a)
{
	static const char *const keys[] = {"id", "reason", "by", NULL};
	enum bns_error err = lb_read_keys(r, map, "an approval", keys);

	a->due_s = 0;
	if (err == BNS_OK)
		err = copy_text(r, map, "id", true, &a->id);
	if (err == BNS_OK)
		err = copy_text(r, map, "reason", true, &a->reason);
	if (err == BNS_OK)
		err = copy_text(r, map, "by", true, &a->by);
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
	enum bns_error err = read_list(r, root, "approve", &item, &count);

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

	p->profile_folder = "";
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
		err = read_accounts(r, root, p);
	if (err == BNS_OK)
		err = read_brandings(r, root, p);
	if (err == BNS_OK)
		err = read_overrides(r, root, p);
	return err == BNS_OK ? read_approvals(r, root, p) : err;
}

enum bns_error lb_policy_load(const struct lb *lb, const char *path, struct lb_policy **out, struct bns_diag *diag)
{
	static const struct bns_yaml nothing = {.kind = BNS_YAML_MAPPING, .text = ""};
	struct lb_policy *p = calloc(1, sizeof(*p));
	struct bns_yaml *root = NULL;
	enum bns_error err = BNS_OK;

	if (!p)
		return BNS_ENOMEM;
	/* Without a policy, brandings are only learned. */
	if (path[0])
		err = lb->host->yaml_load(path, &root, diag);
	const struct lb_reader r = {.lb = lb, .pool = &p->pool, .diag = diag};
	if (err == BNS_OK)
		err = read_policy(&r, root ? root : &nothing, p);
	lb->host->yaml_free(root);
	if (err == BNS_OK)
		err = lb_policy_index(lb, p, path, diag);
	if (err != BNS_OK) {
		lb_policy_free(p);
		return err;
	}
	*out = p;
	return BNS_OK;
}

void lb_policy_free(struct lb_policy *policy)
{
	if (!policy)
		return;
	free(policy->brandings);
	free(policy->strays);
	lb_pool_free(&policy->pool);
	free(policy);
}
