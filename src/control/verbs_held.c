/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs about changes that wait for a decision. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/handlers.h"
#include "control/shapes.h"
#include "transfer/transfer.h"

/* A held change with what the zone's primary has by now: it may have gone on, or back. */
static json_t *held_row(const struct bns_call *call, const struct bns_zone *zone, const struct bns_candidate *c)
{
	struct bns_transfer_status t = {.primary = ""};
	json_t *row = bns_json_candidate(zone, c);
	if (call->env->transfer)
		bns_transfer_status(call->env->transfer, zone, &t);
	if (row)
		json_object_set_new(row, "primary_serial", t.primary[0] ? json_integer(t.primary_serial) : json_null());
	return row;
}

void bns_run_held_list(struct bns_call *call)
{
	size_t count;
	json_t *rows = json_array();
	struct bns_zone **zones = bns_zones_sorted(call->env->gate, &count);
	for (size_t i = 0; zones && i < count; i++) {
		if (zones[i]->held)
			json_array_append_new(rows, held_row(call, zones[i], zones[i]->held));
	}
	if (zones)
		bns_call_result(call, json_pack("{s:i, s:o}", "schema", 1, "held", rows));
	else
		bns_call_result(call, NULL);
	free(zones);
}

/* A zone by its name, or NULL: the text may be anything. */
static struct bns_zone *zone_named(struct bns_gate *gate, const char *text)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;
	if (bns_name_from_text(text, NULL, apex, &len) != BNS_OK)
		return NULL;
	bns_name_lower(apex);
	return bns_gate_zone_find(gate, apex);
}

static void nothing_waits(struct bns_call *call, const char *id)
{
	const struct bns_zone *zone = strchr(id, '@') ? NULL : zone_named(call->env->gate, id);
	if (zone)
		bns_call_error(call, BNS_RPC_NOT_FOUND, "zone %s holds no change", zone->text);
	else if (strchr(id, '@'))
		bns_call_error(call, BNS_RPC_NOT_FOUND,
			       "no change %.300s waits here; `brandnsctl held list` shows those that do", id);
	else
		bns_call_error(call, BNS_RPC_NOT_FOUND,
			       "zone %.256s isn't configured here; `brandnsctl zone list` shows those that are", id);
}

static json_t *details(const struct bns_call *call, const struct bns_zone *zone, const struct bns_candidate *c)
{
	json_t *object = held_row(call, zone, c);
	if (object) {
		json_object_set_new(object, "schema", json_integer(1));
		json_object_set_new(object, "changes", c->changes ? json_incref(c->changes) : json_array());
		json_object_set_new(object, "signed_hold_limit",
				    json_string(zone->conf->set->signed_hold_serve ? "serve" : "keep"));
	}
	return object;
}

void bns_run_held_show(struct bns_call *call)
{
	const char *id = bns_call_text(call, "id");
	struct bns_zone *zone = NULL;
	const struct bns_candidate *c = NULL;
	if (strchr(id, '@')) {
		c = bns_gate_candidate(call->env->gate, id, &zone);
	} else {
		zone = zone_named(call->env->gate, id);
		c = zone ? zone->held : NULL;
	}
	if (c)
		bns_call_result(call, details(call, zone, c));
	else
		nothing_waits(call, id);
}

/* What a decision leads to. */
static void on_decided(void *arg, struct bns_zone *zone, const struct bns_result *r)
{
	struct bns_call *call = arg;
	bns_call_result(call,
			json_pack("{s:i, s:o, s:s, s:o, s:o, s:o}", "schema", 1, "zone",
				  zone ? json_string(zone->text) : json_null(), "outcome",
				  bns_outcome_to_text(r->outcome), "id", *r->id ? bns_rpc_text(r->id) : json_null(),
				  "serial", r->serial ? json_integer(r->serial) : json_null(), "reason",
				  *r->reason ? bns_rpc_text(r->reason) : json_null()));
}

/*
 * The candidate a decision is about, by its full ID: a zone's name could mean
 * another candidate by the time the decision arrives. NULL: the call has ended.
 */
static const char *decide_id(struct bns_call *call, const char *verb)
{
	const char *id = bns_call_text(call, "id");
	const char *reason = bns_call_text(call, "reason");
	if (!strchr(id, '@')) {
		const struct bns_zone *zone = zone_named(call->env->gate, id);
		if (!zone || !zone->held)
			nothing_waits(call, id);
		else
			bns_call_error_data(call, BNS_RPC_NEEDS_ID, json_pack("{s:s}", "id", zone->held->id),
					    "`%s` needs the ID of what was reviewed: %s", verb, zone->held->id);
		return NULL;
	}
	if (!bns_gate_candidate(call->env->gate, id, NULL)) {
		nothing_waits(call, id);
		return NULL;
	}
	if (!reason || !*reason) {
		bns_call_error(call, BNS_RPC_PARAMS, "`%s` needs a reason for the audit: --reason 'agreed in review'",
			       verb);
		return NULL;
	}
	return id;
}

void bns_run_held_approve(struct bns_call *call)
{
	int64_t until_s = 0;
	const char *id = decide_id(call, "held approve");
	if (!id)
		return;
	const char *until = bns_call_text(call, "until");
	if (until && bns_time_from_text(until, &until_s) != BNS_OK) {
		bns_call_error(call, BNS_RPC_PARAMS, "'%.64s' is no time: 2026-12-01 or 2026-12-01T12:00:00Z", until);
		return;
	}
	if (until && until_s <= bns_clock_wall_s()) {
		bns_call_error(call, BNS_RPC_PARAMS, "an approval until %.64s would have ended already", until);
		return;
	}
	bns_gate_approve(call->env->gate, id, bns_call_text(call, "reason"), call->peer.by, until_s,
			 bns_call_flag(call, "keep_branding"), on_decided, call);
}

void bns_run_held_reject(struct bns_call *call)
{
	const char *id = decide_id(call, "held reject");
	if (id)
		bns_gate_reject(call->env->gate, id, bns_call_text(call, "reason"), call->peer.by, on_decided, call);
}
