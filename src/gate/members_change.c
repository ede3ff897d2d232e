/* SPDX-License-Identifier: BSD-3-Clause */
/* Members that come, change and go: on disk first, then in service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/members_internal.h"
#include "gate/work.h"

/* A member on its way to the disk. */
struct coming {
	struct bns_members *ms;
	uint8_t apex[BNS_NAME_MAX];
	struct bns_member *member;
	const struct bns_conf_zone *conf;
	const struct bns_conf *made_of; /* to be compared alone: another may be in force by then */
	bool loads_itself;
	bns_member_fn done;
	void *arg;
};

static void coming_free(struct coming *c)
{
	if (c->conf)
		bns_conf_zone_release(c->conf);
	bns_member_free(c->member);
	free(c);
}

static void end(struct coming *c, struct bns_zone *zone, const char *reason)
{
	if (c->done)
		c->done(c->arg, zone, reason);
	coming_free(c);
}

static void announce(struct bns_members *ms, const struct bns_zone *zone, const char *kind)
{
	char text[BNS_REASON_MAX];
	bns_announce(ms->gate, BNS_LOG_NOTICE, kind, zone, NULL, bns_member_to_text(zone->member, text, sizeof(text)));
}

/* ---- on disk: now in service ---- */

static enum bns_error settle_conf(struct coming *c, const char *text)
{
	const struct bns_conf_zone *before = c->conf;
	if (c->made_of == c->ms->conf)
		return BNS_OK;
	enum bns_error err = bns_member_renew(c->ms, text, c->member, before, &c->conf);
	if (!err)
		bns_conf_zone_release(before);
	return err;
}

static enum bns_error add_zone(struct coming *c, struct bns_zone **out)
{
	struct bns_diag diag = {.text = ""};
	enum bns_error err = bns_gate_zone_add(c->ms->gate, c->conf, out, &diag);
	if (err)
		return err;
	err = bns_member_attach(c->ms, *out, c->member);
	if (err)
		return err;
	c->member = NULL;
	announce(c->ms, *out, "added");
	bns_member_follow(c->ms, *out, !c->loads_itself);
	return BNS_OK;
}

/* A member with other settings, or a zone that left the configuration and is wanted again. */
static enum bns_error change_zone(struct coming *c, struct bns_zone *zone)
{
	enum bns_error err = bns_member_attach(c->ms, zone, c->member);
	if (err)
		return err;
	c->member = NULL;
	bns_gate_zone_keep(c->ms->gate, zone);
	announce(c->ms, zone, "changed");
	if (bns_conf_zone(c->ms->conf, zone->text))
		bns_members_yield(c->ms, zone);
	else
		bns_member_apply(c->ms, zone, c->conf, !c->loads_itself);
	return BNS_OK;
}

static void stored(void *arg, enum bns_error err, const char *reason)
{
	struct coming *c = arg;
	char text[BNS_NAME_TEXT_MAX];
	struct bns_zone *zone = bns_gate_zone_find(c->ms->gate, c->apex);
	if (err) {
		end(c, NULL, reason);
		return;
	}
	err = settle_conf(c, bns_name_to_text_nodot(c->apex, text));
	if (!err)
		err = zone ? change_zone(c, zone) : add_zone(c, &zone);
	if (err)
		end(c, NULL, bns_strerror(err));
	else if (!zone->member)
		end(c, NULL, "the configuration has the zone by now");
	else
		end(c, zone, "");
}

/* ---- to the disk ---- */

static enum bns_error put(struct coming *c, const char *kind, const char *by)
{
	char name[BNS_NAME_TEXT_MAX], text[BNS_REASON_MAX];
	struct bns_store_txn *txn = bns_store_begin(c->ms->store);
	enum bns_error err = txn ? bns_member_put(txn, c->apex, c->member) : BNS_ENOMEM;
	if (!err)
		err = bns_audit_zone(c->ms->gate, txn, kind, bns_name_to_text_nodot(c->apex, name), by,
				     bns_member_to_text(c->member, text, sizeof(text)));
	if (err)
		bns_store_drop(txn);
	else
		bns_store_commit(txn, stored, c);
	return err;
}

static enum bns_error come(struct bns_members *ms, const struct bns_member_spec *spec, const char *kind,
			   bns_member_fn done, void *arg, struct bns_diag *diag)
{
	char name[BNS_NAME_TEXT_MAX];
	struct coming *c = calloc(1, sizeof(*c));
	if (!c)
		return BNS_ENOMEM;
	c->ms = ms;
	c->made_of = ms->conf;
	c->loads_itself = spec->loads_itself;
	c->done = done;
	c->arg = arg;
	memcpy(c->apex, spec->apex, bns_name_len(spec->apex));
	bns_name_lower(c->apex);
	c->member = bns_member_new(spec);
	enum bns_error err = c->member ? BNS_OK : BNS_ENOMEM;
	if (!err)
		err = bns_conf_zone_make(ms->conf, bns_name_to_text_nodot(c->apex, name), spec->settings,
					 spec->setting_count, &c->conf, diag);
	if (!err)
		err = put(c, kind, spec->by);
	if (err)
		coming_free(c);
	return err;
}

static enum bns_error refuse_existing(struct bns_members *ms, const struct bns_zone *zone, struct bns_diag *diag)
{
	const struct bns_conf_zone *conf = bns_conf_zone(ms->conf, zone->text);
	const struct bns_member *m = zone->member;
	bool is_going = zone->held && zone->held->origin == BNS_ORIGIN_REMOVAL;
	if (is_going)
		bns_diag_set(diag, NULL, 0, 0,
			     "zone %.255s is there still: its removal is held; to keep the zone: held reject %s",
			     zone->text, zone->held->id);
	else if (conf && conf->line)
		bns_diag_set(diag, NULL, 0, 0, "zone %.255s is in the configuration already, at %s:%u", zone->text,
			     ms->conf->path, conf->line);
	else if (conf)
		bns_diag_set(diag, NULL, 0, 0, "zone %.255s is in a zone-directory already: %s", zone->text,
			     conf->file ? conf->file : "");
	else if (bns_member_is_control(m))
		bns_diag_set(diag, NULL, 0, 0, "zone %.255s was added at run time already", zone->text);
	else
		bns_diag_set(diag, NULL, 0, 0, "zone %.255s is a member of the catalog zone %.255s already", zone->text,
			     m->owner);
	return BNS_EEXIST;
}

enum bns_error bns_members_add(struct bns_members *ms, const struct bns_member_spec *spec, bns_member_fn done,
			       void *arg, struct bns_diag *diag)
{
	uint8_t apex[BNS_NAME_MAX];
	memcpy(apex, spec->apex, bns_name_len(spec->apex));
	bns_name_lower(apex);
	const struct bns_zone *zone = bns_gate_zone_find(ms->gate, apex);
	bool configured = zone && bns_conf_zone(ms->conf, zone->text);
	bool is_control = strcmp(spec->owner, BNS_MEMBER_CONTROL) == 0;
	if (zone && ((zone->member && !zone->leaving) || (configured && is_control)))
		return refuse_existing(ms, zone, diag);
	return come(ms, spec, "added", done, arg, diag);
}

enum bns_error bns_members_change(struct bns_members *ms, const struct bns_member_spec *spec, bns_member_fn done,
				  void *arg, struct bns_diag *diag)
{
	return come(ms, spec, "changed", done, arg, diag);
}

/* ---- a member goes ---- */

struct going {
	struct bns_members *ms;
	uint8_t apex[BNS_NAME_MAX];
	bns_result_fn done;
	void *arg;
};

static void shadow_gone(void *arg, enum bns_error err, const char *reason)
{
	struct going *go = arg;
	struct bns_result result = {.outcome = err ? BNS_OUTCOME_FAILED : BNS_OUTCOME_NOTHING_NEW};
	snprintf(result.reason, sizeof(result.reason), "%s", err ? reason : "the configuration has the zone");
	if (go->done)
		go->done(go->arg, bns_gate_zone_find(go->ms->gate, go->apex), &result);
	free(go);
}

static void remove_shadowed(struct bns_members *ms, struct bns_zone *zone, const char *source, bns_result_fn done,
			    void *arg)
{
	struct bns_result result = {.outcome = BNS_OUTCOME_FAILED};
	struct going *go = calloc(1, sizeof(*go));
	enum bns_error err = go ? BNS_OK : BNS_ENOMEM;
	if (!err) {
		*go = (struct going){.ms = ms, .done = done, .arg = arg};
		memcpy(go->apex, zone->apex, bns_name_len(zone->apex));
		err = bns_member_forget(ms, zone, source, shadow_gone, go);
	}
	if (!err)
		return;
	free(go);
	snprintf(result.reason, sizeof(result.reason), "%s", bns_strerror(err));
	if (done)
		done(arg, zone, &result);
}

void bns_members_remove(struct bns_members *ms, struct bns_zone *zone, const char *source, bns_result_fn done,
			void *arg)
{
	if (zone->member && zone->member->shadowed)
		remove_shadowed(ms, zone, source, done, arg);
	else
		bns_gate_zone_remove(ms->gate, zone, source, done, arg);
}
