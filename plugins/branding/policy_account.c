/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy's accounts at the ESPs. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reader.h"

#define DEFAULT_PROVIDER  "sendgrid"
#define DEFAULT_REFRESH_S 3600
#define REFRESH_MIN_S     60
#define REFRESH_MAX_S     (30 * 86400)

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

/* Relative to the policy's file. */
static enum bns_error read_key_file(const struct lb_reader *r, const struct bns_yaml *map, struct lb_api *api)
{
	const char *text, *slash = strrchr(map->file, '/');
	char path[PATH_MAX];
	struct stat st;
	enum bns_error err = lb_read_text(r, map, "key-file", true, &text);

	if (err != BNS_OK)
		return err;
	int above = text[0] != '/' && slash ? (int)(slash - map->file) + 1 : 0;
	snprintf(path, sizeof(path), "%.*s%s", above, above ? map->file : "", text);
	/* Whether it is there and can be read is seen, and told, when it is used. */
	if (stat(path, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)))
		return lb_complain(r, lb_read_get(map, "key-file"),
				   "'%s' may be read or written by others: chmod o-rw it, and replace the key", path);
	api->key_file = lb_pool_text(r->pool, path);
	return api->key_file ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error read_refresh(const struct lb_reader *r, const struct bns_yaml *map, struct lb_api *api)
{
	const char *text;
	enum bns_error err = lb_read_text(r, map, "refresh", false, &text);

	api->refresh_s = DEFAULT_REFRESH_S;
	if (err != BNS_OK || !text)
		return err;
	if (r->lb->host->duration_from_text(text, &api->refresh_s) == BNS_OK &&
	    (api->refresh_s == 0 || (api->refresh_s >= REFRESH_MIN_S && api->refresh_s <= REFRESH_MAX_S)))
		return BNS_OK;
	return lb_complain(r, lb_read_get(map, "refresh"), "'refresh' must be a time from 1m to 30d, or 0, not '%s'",
			   text);
}

static enum bns_error read_api(const struct lb_reader *r, const struct bns_yaml *map, struct lb_account *a)
{
	static const char *const keys[] = {"key-file", "url", "refresh", NULL};

	if (!map)
		return BNS_OK;
	struct lb_api *api = lb_pool_alloc(r->pool, sizeof(*api));
	if (!api)
		return BNS_ENOMEM;
	if (strcmp(a->profile->name, DEFAULT_PROVIDER) != 0)
		return lb_complain(r, map, "%s's API isn't known here: leave 'api' out", a->profile->title);
	enum bns_error err = lb_read_keys(r, map, "'api'", keys);
	if (err == BNS_OK)
		err = read_key_file(r, map, api);
	if (err == BNS_OK)
		err = lb_read_copy(r, map, "url", false, &api->url);
	if (err == BNS_OK)
		err = read_refresh(r, map, api);
	a->api = api;
	return err;
}

/* Https that is on for somebody else's user would go unseen. */
static enum bns_error check_ssl_subusers(const struct lb_reader *r, const struct bns_yaml *map,
					 const struct lb_account *a)
{
	for (size_t i = 0; a->ssl_subusers && a->ssl_subusers[i]; i++) {
		size_t k = 0;
		while (k < a->subuser_count && strcmp(a->subusers[k], a->ssl_subusers[i]) != 0)
			k++;
		if (k == a->subuser_count)
			return lb_complain(r, lb_read_get(map, "ssl-subuser"),
					   "'%s' isn't among the account's 'subuser'", a->ssl_subusers[i]);
	}
	return BNS_OK;
}

static enum bns_error read_account(const struct lb_reader *r, const struct bns_yaml *map, struct lb_policy *p,
				   struct lb_account *a)
{
	static const char *const keys[] = {"id",   "provider",    "region", "subuser", "ssl",
					   "from", "ssl-subuser", "issuer", "api",     NULL};
	static const char *const ssl_words[] = {"disabled", "enabled", NULL};
	const char *provider;
	unsigned ssl = 0;
	size_t count;
	enum bns_error err = lb_read_keys(r, map, "an account", keys);

	if (err == BNS_OK)
		err = lb_read_copy(r, map, "id", true, &a->id);
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
		err = lb_read_words(r, lb_read_get(map, "subuser"), &a->subusers, &a->subuser_count);
	if (err == BNS_OK)
		err = lb_read_words(r, lb_read_get(map, "ssl-subuser"), &a->ssl_subusers, &count);
	if (err == BNS_OK)
		err = check_ssl_subusers(r, map, a);
	if (err == BNS_OK)
		err = lb_read_words(r, lb_read_get(map, "issuer"), &a->issuers, &count);
	if (err == BNS_OK)
		err = lb_read_names(r, lb_read_get(map, "from"), &a->from.list, &a->from.count);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "ssl", ssl_words, &ssl);
	if (err == BNS_OK)
		err = read_api(r, lb_read_get(map, "api"), a);
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

enum bns_error lb_read_accounts(const struct lb_reader *r, const struct bns_yaml *root, struct lb_policy *p)
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
	err = lb_read_list(r, root, "account", &item, &count);
	if (err != BNS_OK || count == 0)
		return err;
	p->accounts = lb_pool_alloc(r->pool, count * sizeof(*p->accounts));
	if (!p->accounts)
		return BNS_ENOMEM;
	for (; item && err == BNS_OK; item = item->next)
		err = read_account(r, item, p, &p->accounts[p->account_count++]);
	return err == BNS_OK ? sort_accounts(r, p, root->file) : err;
}
