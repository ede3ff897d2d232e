/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/members.h"

#include <stdlib.h>
#include <string.h>

#include "gate/members_internal.h"
#include "gate/work.h"

/* ---- life ---- */

struct bns_members *bns_members_new(struct bns_gate *g, struct bns_store *store, struct bns_conf *conf,
				    const struct bns_members_callbacks *callbacks)
{
	struct bns_members *ms = calloc(1, sizeof(*ms));
	if (!ms)
		return NULL;
	ms->gate = g;
	ms->store = store;
	ms->conf = conf;
	ms->callbacks = *callbacks;
	SLIST_INIT(&ms->owners);
	return ms;
}

void bns_members_free(struct bns_members *ms)
{
	if (!ms)
		return;
	while (!SLIST_EMPTY(&ms->owners)) {
		struct bns_member_owner *o = SLIST_FIRST(&ms->owners);
		SLIST_REMOVE_HEAD(&ms->owners, next);
		free(o->name);
		free(o);
	}
	free(ms);
}

static struct bns_member_owner *find_owner(const struct bns_members *ms, const char *name)
{
	struct bns_member_owner *o = SLIST_FIRST(&ms->owners);
	while (o && strcmp(o->name, name) != 0)
		o = SLIST_NEXT(o, next);
	return o;
}

static struct bns_member_owner *owner_named(struct bns_members *ms, const char *name)
{
	struct bns_member_owner *o = find_owner(ms, name);
	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o || !(o->name = strdup(name))) {
		free(o);
		return NULL;
	}
	LIST_INIT(&o->members);
	SLIST_INSERT_HEAD(&ms->owners, o, next);
	return o;
}

void bns_member_free(struct bns_member *m)
{
	if (m && m->of) {
		LIST_REMOVE(m, every);
		m->of->count--;
	}
	free(m);
}

enum bns_error bns_member_attach(struct bns_members *ms, struct bns_zone *zone, struct bns_member *m)
{
	struct bns_member_owner *o = owner_named(ms, m->owner);
	if (!o)
		return BNS_ENOMEM;
	bns_member_free(zone->member);
	m->of = o;
	m->zone = zone;
	LIST_INSERT_HEAD(&o->members, m, every);
	o->count++;
	zone->member = m;
	return BNS_OK;
}

void bns_members_each(struct bns_members *ms, const char *owner, bns_member_each_fn each, void *arg)
{
	struct bns_member_owner *o = find_owner(ms, owner);
	struct bns_member *next;
	for (struct bns_member *m = o ? LIST_FIRST(&o->members) : NULL; m; m = next) {
		next = LIST_NEXT(m, every);
		if (!each(arg, m->zone))
			return;
	}
}

size_t bns_members_count(const struct bns_members *ms, const char *owner)
{
	const struct bns_member_owner *o = find_owner(ms, owner);
	return o ? o->count : 0;
}

/* ---- settings ---- */

enum bns_error bns_member_renew(struct bns_members *ms, const char *text, const struct bns_member *m,
				const struct bns_conf_zone *before, const struct bns_conf_zone **out)
{
	struct bns_diag diag = {.text = ""};
	enum bns_error err = bns_conf_zone_make(ms->conf, text, m->settings, m->setting_count, out, &diag);
	if (!err)
		return BNS_OK;
	bns_log(BNS_LOG_ERR, "zone=%s owner=%s %s: %s", text, m->owner,
		before ? "it keeps the settings it had" : "it is served as it was stored, without settings",
		diag.text[0] ? diag.text : bns_strerror(err));
	if (before)
		bns_conf_zone_hold(before);
	*out = before ? before : bns_conf_zone_bare(text);
	return *out ? BNS_OK : BNS_ENOMEM;
}

void bns_member_follow(struct bns_members *ms, struct bns_zone *zone, bool load)
{
	bool has_file = !bns_zone_is_secondary(zone) && zone->conf->file;
	ms->callbacks.follow(ms->callbacks.arg, zone, load && has_file);
}

void bns_member_apply(struct bns_members *ms, struct bns_zone *zone, const struct bns_conf_zone *conf, bool load)
{
	bns_gate_zone_set_conf(zone, conf);
	bns_member_follow(ms, zone, load);
}

/* ---- a member and the configuration's zone of the same name ---- */

enum bns_error bns_member_forget(struct bns_members *ms, struct bns_zone *zone, const char *why, bns_store_done_fn done,
				 void *arg)
{
	struct bns_store_txn *txn = bns_store_begin(ms->store);
	enum bns_error err = txn ? bns_store_del(txn, BNS_DB_MEMBER, zone->apex, bns_name_len(zone->apex)) : BNS_ENOMEM;
	if (!err)
		err = bns_audit_zone(ms->gate, txn, "member-ended", zone->text, zone->member->owner, why);
	if (err) {
		bns_store_drop(txn);
		return err;
	}
	bns_store_commit(txn, done, arg);
	bns_member_free(zone->member);
	zone->member = NULL;
	return BNS_OK;
}

void bns_members_yield(struct bns_members *ms, struct bns_zone *zone)
{
	if (!zone->member)
		return;
	if (!bns_member_is_control(zone->member)) {
		zone->member->shadowed = true;
		return;
	}
	bns_log(BNS_LOG_NOTICE, "adopted zone=%s it was added at run time, and is the configuration's from now on",
		zone->text);
	enum bns_error err = bns_member_forget(ms, zone, "the configuration has the zone", NULL, NULL);
	if (err)
		bns_log(BNS_LOG_ERR, "zone=%s that it isn't a run-time zone any more can't be stored: %s", zone->text,
			bns_strerror(err));
}

/* ---- reload ---- */

void bns_members_set_conf(struct bns_members *ms, struct bns_conf *conf)
{
	ms->conf = conf;
}

bool bns_members_follow(struct bns_members *ms, struct bns_zone *zone)
{
	const struct bns_conf_zone *conf;
	if (!zone->member)
		return false;
	if (bns_member_renew(ms, zone->text, zone->member, zone->conf, &conf)) {
		bns_log(BNS_LOG_CRIT, "zone=%s no memory for its settings", zone->text);
		return true;
	}
	if (zone->member->shadowed)
		bns_gate_zone_keep(ms->gate, zone);
	zone->member->shadowed = false;
	bns_member_apply(ms, zone, conf, true);
	bns_conf_zone_release(conf);
	return true;
}

/* ---- the start ---- */

/* A row of the store; its members are made after the walk, whose transaction must be the only one that reads. */
struct row {
	struct row *next;
	struct bns_member *member;
	uint8_t apex[];
};

struct walk {
	struct row *first;
	struct row **end;
	enum bns_error err;
};

static bool read_row(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct walk *w = arg;
	struct bns_member *m = NULL;
	enum bns_error err = bns_name_valid(key, key_len) ? bns_member_decode(value, len, &m) : BNS_EINVAL;
	if (err == BNS_EINVAL) {
		bns_log(BNS_LOG_ERR, "a row of the store about a run-time zone can't be read and is left alone");
		return true;
	}
	struct row *row = err ? NULL : malloc(sizeof(*row) + key_len);
	if (!row) {
		bns_member_free(m);
		w->err = BNS_ENOMEM;
		return false;
	}
	*row = (struct row){.member = m};
	memcpy(row->apex, key, key_len);
	*w->end = row;
	w->end = &row->next;
	return true;
}

static enum bns_error recall_zone(struct bns_members *ms, const uint8_t *apex, const struct bns_member *m,
				  struct bns_zone **out, struct bns_diag *diag)
{
	char text[BNS_NAME_TEXT_MAX];
	const struct bns_conf_zone *conf;
	enum bns_error err = bns_member_renew(ms, bns_name_to_text_nodot(apex, text), m, NULL, &conf);
	if (err)
		return err;
	err = bns_gate_zone_add(ms->gate, conf, out, diag);
	bns_conf_zone_release(conf);
	return err;
}

/* Takes the row's member over where it succeeds. */
static enum bns_error recall_row(struct bns_members *ms, struct row *row, struct bns_diag *diag)
{
	struct bns_zone *zone = bns_gate_zone_find(ms->gate, row->apex);
	bool configured = zone != NULL;
	enum bns_error err = configured ? BNS_OK : recall_zone(ms, row->apex, row->member, &zone, diag);
	if (!err)
		err = bns_member_attach(ms, zone, row->member);
	if (err)
		return err;
	row->member = NULL;
	if (configured)
		bns_members_yield(ms, zone);
	else
		bns_member_follow(ms, zone, true);
	return BNS_OK;
}

enum bns_error bns_members_recall(struct bns_members *ms, struct bns_diag *diag)
{
	struct walk w = {.end = &w.first};
	enum bns_error err = bns_store_each(ms->store, BNS_DB_MEMBER, "", 0, false, read_row, &w);
	if (!err)
		err = w.err;
	while (w.first) {
		struct row *row = w.first;
		w.first = row->next;
		if (!err)
			err = recall_row(ms, row, diag);
		bns_member_free(row->member);
		free(row);
	}
	return err;
}
