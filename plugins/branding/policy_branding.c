/* SPDX-License-Identifier: BSD-3-Clause */
/* One branding of the policy file: its names, and what can't be meant so. */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* Where the edge may go must fit the mode. */
static enum bns_error check_targets(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_branding *b)
{
	const struct bns_yaml *list = lb_read_get(map, "target");
	const struct bns_yaml *item = list && list->kind == BNS_YAML_SEQUENCE ? list->child : list;

	if (b->mode == LB_CDN && b->target_count == 0)
		return lb_complain(r, list ? list : map,
				   "a branding in mode cdn needs 'target', the CDN's exact host or hosts");
	for (size_t i = 0; item && i < b->target_count; i++, item = item->next) {
		if (b->targets[i][0] == 1 && b->targets[i][1] == '*')
			return lb_complain(r, item, "'%s' would allow anybody's host there: name exact hosts",
					   item->text);
		if (lb_name_equal(b->targets[i], b->host))
			return lb_complain(r, item, "'%s' can't be its own target", item->text);
		if (b->mode == LB_CDN && lb_profile_is_esp(r->lb, b->account->profile, b->targets[i]))
			return lb_complain(r, item, "'%s' is %s's own name, which is what mode cdn guards against",
					   item->text, b->account->profile->title);
	}
	return BNS_OK;
}

static enum bns_error check_mode(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_branding *b)
{
	const struct lb_account *a = b->account;
	const struct bns_yaml *mode = lb_read_get(map, "mode"), *target = lb_read_get(map, "target");

	if (!a->region->offers[b->mode])
		return lb_complain(r,
				   mode     ? mode
				   : target ? target
					    : map,
				   "%s has no %s mode in region '%s'", a->profile->title, lb_mode_words[b->mode],
				   a->region->id);
	if (b->mode == LB_PLAIN && b->routed)
		return lb_complain(r, lb_read_get(map, "routed"),
				   "a branding in mode plain stays at the ESP: leave 'routed' out, or write mode cdn");
	if (b->owner && a->region->owner[b->mode].count == 0)
		return lb_complain(r, lb_read_get(map, "owner"),
				   "%s's brandings have no second CNAME: leave 'owner' out", a->profile->title);
	return BNS_OK;
}

/* Where nobody says it: with targets a CDN, else what the ESP offers. */
static unsigned default_mode(const struct lb_branding *b)
{
	if (b->target_count > 0)
		return LB_CDN;
	return b->account->region->offers[LB_PLAIN] ? LB_PLAIN : LB_MANAGED;
}

static enum bns_error check_names(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_branding *b)
{
	const struct bns_yaml *host = lb_read_get(map, "host"), *owner = lb_read_get(map, "owner");

	if (b->host[0] == 1 && b->host[1] == '*')
		return lb_complain(r, host, "'%s' is a wildcard: a branding is one host", host->text);
	if (!b->owner)
		return BNS_OK;
	if (lb_name_equal(b->host, b->owner))
		return lb_complain(r, owner, "'%s' can't be both host and owner: the owner is the all-digit name",
				   owner->text);
	if (r->lb->host->name_in(b->owner, b->host))
		return lb_complain(
			r, host,
			"'%s' looks like a zone's apex, where a CNAME can't stand: the host is a name beside "
			"its owner '%s'",
			host->text, owner->text);
	if (b->account->profile->owner_is_digits && lb_label_is_numbered(b->host, "") &&
	    !lb_label_is_numbered(b->owner, ""))
		return lb_complain(r, host, "'%s' looks like the owner: 'host' and 'owner' seem to be swapped",
				   host->text);
	return BNS_OK;
}

static int compare_account_id(const void *id, const void *account)
{
	return strcmp(id, ((const struct lb_account *)account)->id);
}

static const struct lb_account *find_account(const struct lb_policy *p, const char *id)
{
	return p->account_count == 0
		       ? NULL
		       : bsearch(id, p->accounts, p->account_count, sizeof(*p->accounts), compare_account_id);
}

static enum bns_error read_account_of(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_policy *p,
				      struct lb_branding *b)
{
	const char *id;
	enum bns_error err = lb_read_text(r, map, "account", false, &id);

	b->account = p->fallback;
	if (err != BNS_OK || !id)
		return err;
	b->account = find_account(p, id);
	if (!b->account)
		return lb_complain(r, lb_read_get(map, "account"), "there is no account '%s' in this policy", id);
	return BNS_OK;
}

static enum bns_error read_branding_names(const struct lb_reader *r, const struct bns_yaml *map, struct lb_branding *b)
{
	size_t count;

	if (!lb_read_get(map, "host"))
		return lb_complain(r, map, "a branding needs 'host', the name of its first CNAME");
	b->line = lb_read_get(map, "host")->line;
	b->column = (uint16_t)lb_read_get(map, "host")->column;
	enum bns_error err = lb_read_name(r, lb_read_get(map, "host"), &b->host);
	if (err == BNS_OK && lb_read_get(map, "owner"))
		err = lb_read_name(r, lb_read_get(map, "owner"), &b->owner);
	if (err == BNS_OK)
		err = lb_read_names(r, lb_read_get(map, "target"), &b->targets, &count);
	if (err == BNS_OK && count > UINT16_MAX)
		return lb_complain(r, lb_read_get(map, "target"), "too many targets");
	if (err == BNS_OK)
		b->target_count = (uint16_t)count;
	return err;
}

enum bns_error lb_read_branding(const struct lb_reader *r, const struct bns_yaml *map, const struct lb_policy *p,
				struct lb_branding *b)
{
	static const char *const keys[] = {"host",   "owner",     "account", "mode", "target",
					   "routed", "on-change", "issuer",  "esp",  NULL};
	size_t issuers;
	enum bns_error err = lb_read_keys(r, map, "a branding", keys);

	if (err == BNS_OK)
		err = read_branding_names(r, map, b);
	if (err == BNS_OK)
		err = read_account_of(r, map, p, b);
	if (err != BNS_OK)
		return err;
	unsigned mode = default_mode(b), on_change = 0;
	err = lb_read_word(r, map, "mode", lb_mode_words, &mode);
	if (err == BNS_OK)
		err = lb_read_word(r, map, "on-change", lb_on_change_words, &on_change);
	if (err == BNS_OK)
		err = lb_read_bool(r, map, "routed", &b->routed);
	if (err == BNS_OK)
		err = lb_read_words(r, lb_read_get(map, "issuer"), &b->issuers, &issuers);
	if (err == BNS_OK)
		err = lb_read_esp(r, lb_read_get(map, "esp"), &b->esp);
	b->mode = (uint8_t)mode;
	if (lb_read_get(map, "on-change"))
		b->on_change = (uint8_t)(on_change + LB_ON_CHANGE_HOLD);
	if (err == BNS_OK)
		err = check_names(r, map, b);
	if (err == BNS_OK)
		err = check_mode(r, map, b);
	return err == BNS_OK ? check_targets(r, map, b) : err;
}
