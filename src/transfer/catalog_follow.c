/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an accepted version of a catalog to its members. Each is looked at with
 * the zone of its name that is there: it comes, changes, moves from another
 * catalog, begins anew, or is in the way of another and ignored.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "transfer/catalogs_internal.h"

#define NAMES_SHOWN 3
#define RETRY_S     60 /* after the store could not take a member */

struct following {
	struct bns_catalog_at_work *c;
	const struct bns_conf_catalog *conf;
	size_t ignored;
	char names[BNS_REASON_MAX / 2]; /* the first few that are */
	size_t names_len;
};

/* ---- answers ---- */

static void came(void *arg, struct bns_zone *zone, const char *reason)
{
	struct bns_catalog_at_work *c = arg;
	c->in_hand--;
	/* What the configuration has is told of as ignored, once all have come. */
	c->due = c->due || !zone || zone->member->shadowed;
	if (zone)
		return;
	bns_log(BNS_LOG_ERR, "catalog=%s a member could not be added or changed: %s", c->owner, reason);
	c->not_before_s = bns_clock_wall_s() + RETRY_S;
}

static void went(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_catalog_at_work *c = arg;
	c->in_hand--;
	if (zone && result->outcome != BNS_OUTCOME_NOTHING_NEW)
		bns_log(BNS_LOG_WARN, "zone=%s is to leave the catalog %s and is served on: %s", zone->text, c->owner,
			result->reason);
}

/* ---- one member ---- */

static const char *template_of(const struct bns_conf_catalog *conf, const struct bns_catalog_member *m)
{
	for (size_t i = 0; i < conf->template_count; i++)
		if (bns_catalog_has_group(m, conf->templates[i]))
			return conf->templates[i];
	return conf->templates[0];
}

static void come(struct following *f, const struct bns_catalog_member *m, bool is_there)
{
	char tag[BNS_NAME_TEXT_MAX];
	struct bns_diag diag = {.text = ""};
	const struct bns_conf_setting template = {"template", template_of(f->conf, m)};
	const struct bns_member_spec spec = {
		.apex = m->zone,
		.owner = f->c->owner,
		.tag = bns_name_to_text_nodot(m->label, tag),
		.by = f->c->owner,
		.settings = &template,
		.setting_count = 1,
	};
	struct bns_members *ms = f->c->all->members;
	enum bns_error err = is_there ? bns_members_change(ms, &spec, came, f->c, &diag)
				      : bns_members_add(ms, &spec, came, f->c, &diag);
	if (!err)
		f->c->in_hand++;
	else
		bns_log(BNS_LOG_ERR, "catalog=%s a member could not be added or changed: %s", f->c->owner,
			diag.text[0] ? diag.text : bns_strerror(err));
}

/* Does its removal wait for a decision already, or has an operator decided that this very version stays? */
static bool removal_is_decided(const struct bns_zone *zone)
{
	if (zone->leaving || (zone->held && zone->held->origin == BNS_ORIGIN_REMOVAL))
		return true;
	for (const struct bns_candidate *r = zone->rejected; r; r = r->next)
		if (r->origin == BNS_ORIGIN_REMOVAL && r->serial == zone->record.published_serial)
			return true;
	return false;
}

static void go(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	char source[BNS_SOURCE_MAX];
	if (removal_is_decided(zone))
		return;
	snprintf(source, sizeof(source), "catalog %.300s", c->owner);
	c->in_hand++;
	bns_members_remove(c->all->members, zone, source, went, c);
}

static bool same_tag(const struct bns_zone *zone, const struct bns_catalog_member *m)
{
	char tag[BNS_NAME_TEXT_MAX];
	return strcmp(zone->member->tag, bns_name_to_text_nodot(m->label, tag)) == 0;
}

static bool same_template(const struct bns_zone *zone, const char *template)
{
	const struct bns_member *m = zone->member;
	return m->setting_count == 1 && strcmp(m->settings[0].key, "template") == 0 &&
	       strcmp(m->settings[0].value, template) == 0;
}

static const char *whose(const struct bns_zone *zone)
{
	if (!zone->member || zone->member->shadowed)
		return "in the configuration";
	return strcmp(zone->member->owner, BNS_MEMBER_CONTROL) == 0 ? "added at run time" : zone->member->owner;
}

static void ignore(struct following *f, const struct bns_zone *zone)
{
	if (f->ignored++ >= NAMES_SHOWN || f->names_len >= sizeof(f->names))
		return;
	f->names_len += (size_t)snprintf(f->names + f->names_len, sizeof(f->names) - f->names_len, "%s%.60s (%.60s)",
					 f->ignored > 1 ? ", " : "", zone->text, whose(zone));
}

/* ---- what is there already ---- */

static void settle_own(struct following *f, struct bns_zone *zone, const struct bns_catalog_member *m)
{
	bool wanted_again = zone->leaving || (zone->held && zone->held->origin == BNS_ORIGIN_REMOVAL);
	if (!same_tag(zone, m) && !zone->member->shadowed)
		go(f->c, zone); /* §5.4: it begins anew once it is gone */
	else if (!same_tag(zone, m) || !same_template(zone, template_of(f->conf, m)) || wanted_again)
		come(f, m, true);
	if (zone->member && zone->member->shadowed)
		ignore(f, zone);
}

/* §4.4.1: only if the old owner, as its catalog stands now, lets it go to this very one. */
static bool may_move(const struct following *f, const struct bns_zone *zone)
{
	uint8_t apex[BNS_NAME_MAX];
	if (bns_name_from_text(zone->member->owner, NULL, apex, NULL))
		return false;
	const struct bns_catalog_at_work *old = bns_catalogs_find(f->c->all, apex);
	const struct bns_catalog_member *m = old ? bns_catalog_find(&old->members, zone->apex) : NULL;
	/* What the old owner says by now is still to be read: look again once it was. */
	if (old && old->due)
		f->c->due = true;
	return m && m->coo && bns_name_equal(m->coo, f->c->apex) &&
	       bns_catalog_role_of(bns_gate_zone_find(f->c->all->gate, apex)) == BNS_CATALOG_INTERPRET;
}

/* It stays in its old catalog, this one, until everybody has seen that it moved. */
static bool has_moved(const struct bns_zone *zone, const struct bns_catalog_member *m)
{
	char coo[BNS_NAME_TEXT_MAX];
	return m->coo && strcmp(zone->member->owner, bns_name_to_text(m->coo, coo)) == 0;
}

static void settle_foreign(struct following *f, struct bns_zone *zone, const struct bns_catalog_member *m)
{
	if (!may_move(f, zone)) {
		if (!has_moved(zone, m))
			ignore(f, zone);
	} else if (same_tag(zone, m)) {
		bns_log(BNS_LOG_NOTICE, "moves zone=%s from=%s to=%s", zone->text, zone->member->owner, f->c->owner);
		come(f, m, true);
	} else {
		go(f->c, zone);
	}
}

static void settle(struct following *f, const struct bns_catalog_member *m)
{
	struct bns_zone *zone = bns_gate_zone_find(f->c->all->gate, m->zone);
	if (!zone || !zone->member)
		come(f, m, false);
	else if (strcmp(zone->member->owner, f->c->owner) == 0)
		settle_own(f, zone, m);
	else if (strcmp(zone->member->owner, BNS_MEMBER_CONTROL) == 0)
		ignore(f, zone);
	else
		settle_foreign(f, zone, m);
}

/* ---- the whole ---- */

/* False: nothing is served, or no catalog, and the members stay as they are (§5.1). */
static bool read_served(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	struct bns_contents *served;
	struct bns_catalog catalog = {.count = 0};
	struct bns_problems problems = {.count = 0};
	if (bns_gate_served(c->all->gate, zone, &served))
		return false;
	enum bns_error err = bns_catalog_read(served, &catalog, &problems);
	bns_contents_free(served);
	if (!err && problems.count == 0) {
		bns_catalog_free(&c->members);
		c->members = catalog;
		return true;
	}
	snprintf(c->conflict, sizeof(c->conflict), "%s", err ? bns_strerror(err) : problems.list[0].where.text);
	bns_problems_free(&problems);
	bns_catalog_free(&catalog);
	return false;
}

static bool leave(void *arg, struct bns_zone *zone)
{
	struct bns_catalog_at_work *c = arg;
	if (!bns_catalog_find(&c->members, zone->apex))
		go(c, zone);
	return true;
}

static void describe_ignored(struct following *f)
{
	struct bns_catalog_at_work *c = f->c;
	c->ignored = f->ignored;
	c->conflict[0] = '\0';
	if (f->ignored > 0)
		snprintf(c->conflict, sizeof(c->conflict),
			 "members are ignored, since zones of their names are here already: %s%s", f->names,
			 f->ignored > NAMES_SHOWN ? " and others" : "");
}

void bns_catalog_follow(struct bns_catalog_at_work *c, struct bns_zone *zone)
{
	struct following f = {.c = c, .conf = zone->conf->set->catalog};
	if (c->in_hand > 0) {
		c->due = true;
		return;
	}
	if (!read_served(c, zone))
		return;
	for (size_t i = 0; i < c->members.count; i++)
		settle(&f, &c->members.members[i]);
	bns_members_each(c->all->members, c->owner, leave, c);
	describe_ignored(&f);
}

void bns_catalog_release(struct bns_catalog_at_work *c)
{
	bns_catalog_free(&c->members);
	bns_members_each(c->all->members, c->owner, leave, c);
}
