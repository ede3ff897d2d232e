/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs that look at zones. What takes long (writing a zone out, reading one) runs in libuv's pool. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/seccomp.h"
#include "control/handlers.h"
#include "control/shapes.h"
#include "zone/dump.h"

void bns_run_zone_list(struct bns_call *call)
{
	size_t count;
	json_t *rows = json_array();
	struct bns_zone **zones = bns_zones_sorted(call->env->gate, &count);
	for (size_t i = 0; zones && i < count; i++)
		json_array_append_new(rows, bns_json_zone(zones[i]));
	bns_call_result(call, json_pack("{s:i, s:o}", "schema", 1, "zones", rows));
	free(zones);
}

static json_t *seconds(int64_t s)
{
	return s < 0 ? json_null() : json_integer(s);
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? bns_rpc_text(text) : json_null();
}

static json_t *rejected_ids(const struct bns_zone *zone)
{
	json_t *ids = json_array();
	for (const struct bns_candidate *c = zone->rejected; c; c = c->next)
		json_array_append_new(ids, bns_rpc_text(c->id));
	return ids;
}

static json_t *full_status(const struct bns_control_env *env, const struct bns_zone *zone)
{
	struct bns_transfer_status t = {.refresh_in_s = -1, .expires_in_s = -1};
	json_t *row = bns_json_zone(zone);
	if (env->transfer && bns_zone_is_secondary(zone))
		bns_transfer_status(env->transfer, zone, &t);
	const char *owner = zone->member && !zone->member->shadowed ? zone->member->owner : "configuration";
	json_t *more =
		json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:s}", "expires_in_s", seconds(t.expires_in_s),
			  "refresh_in_s", seconds(t.refresh_in_s), "primary", text_or_null(t.primary), "primary_serial",
			  *t.primary ? json_integer(t.primary_serial) : json_null(), "busy", t.busy, "refreshed",
			  bns_json_time(zone->record.refreshed_s), "file", text_or_null(zone->conf->file), "rejected",
			  rejected_ids(zone), "last_error", text_or_null(zone->last_error), "owner", owner);
	if (row && more)
		json_object_update(row, more);
	json_decref(more);
	return row;
}

void bns_run_zone_status(struct bns_call *call)
{
	json_t *rows;
	size_t count = 1;
	struct bns_zone *one = NULL;
	struct bns_zone **zones = &one;
	if (bns_call_text(call, "zone")) {
		one = bns_call_zone(call);
		if (!one)
			return;
	} else {
		zones = bns_zones_sorted(call->env->gate, &count);
	}
	rows = json_array();
	for (size_t i = 0; zones && i < count; i++)
		json_array_append_new(rows, full_status(call->env, zones[i]));
	bns_call_result(call, json_pack("{s:i, s:o}", "schema", 1, "zones", rows));
	if (zones != &one)
		free(zones);
}

void bns_run_zone_notify(struct bns_call *call)
{
	struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	if (zone->conf->set->notify_count == 0) {
		bns_call_error(call, BNS_RPC_NOT_APPLICABLE,
			       "zone %s has nobody to notify: its option `notify` is empty", zone->text);
		return;
	}
	json_t *told = json_array();
	for (size_t i = 0; i < zone->conf->set->notify_count; i++) {
		const struct bns_conf_remote *remote = zone->conf->set->notify[i];
		for (size_t k = 0; k < remote->address_count; k++) {
			char text[BNS_ADDR_TEXT_MAX];
			json_array_append_new(told, json_string(bns_addr_to_text(&remote->address[k], text)));
		}
	}
	bns_transfer_notify(call->env->transfer, zone);
	bns_call_result(call, json_pack("{s:i, s:s, s:o}", "schema", 1, "zone", zone->text, "notified", told));
}

/* A zone that is written out in the pool. */
struct dump_job {
	uv_work_t work;
	struct bns_call *call;
	struct bns_contents *contents;
	char zone[BNS_NAME_TEXT_MAX];
	char *text;
	size_t len;
	enum bns_error err;
};

static void dump_work(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	struct dump_job *job = work->data;
	FILE *out = open_memstream(&job->text, &job->len);
	job->err = out ? bns_zone_dump(job->contents, out) : BNS_ENOMEM;
	/* Where memory is short at its end, fclose() says nothing and leaves no text. */
	if (out && (fclose(out) != 0 || !job->text) && job->err == BNS_OK)
		job->err = BNS_ENOMEM;
}

static void dump_done(uv_work_t *work, int status)
{
	struct dump_job *job = work->data;
	if (status != 0 || job->err != BNS_OK)
		bns_call_error(job->call, BNS_RPC_FAILED, "can't write zone %s out: %s", job->zone,
			       status ? uv_strerror(status) : bns_strerror(job->err));
	else
		bns_call_result(job->call,
				json_pack("{s:i, s:s, s:I, s:o}", "schema", 1, "zone", job->zone, "serial",
					  (json_int_t)job->contents->serial, "text", bns_rpc_text(job->text)));
	bns_contents_free(job->contents);
	free(job->text);
	free(job);
}

static void dump_begin(struct bns_call *call, const struct bns_zone *zone, struct bns_contents *contents)
{
	struct dump_job *job = calloc(1, sizeof(*job));
	if (!job) {
		bns_contents_free(contents);
		bns_call_result(call, NULL);
		return;
	}
	job->work.data = job;
	job->call = call;
	job->contents = contents;
	snprintf(job->zone, sizeof(job->zone), "%s", zone->text);
	int rc = uv_queue_work(call->env->loop, &job->work, dump_work, dump_done);
	if (rc != 0)
		dump_done(&job->work, rc);
}

void bns_run_zone_dump(struct bns_call *call)
{
	struct bns_contents *contents = NULL;
	json_int_t serial = bns_call_integer(call, "serial", -1);
	bool kept = json_object_get(call->params, "serial") != NULL;
	struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	if (kept && (serial < 0 || serial > UINT32_MAX)) {
		bns_call_error(call, BNS_RPC_PARAMS, "a serial lies between 0 and 4294967295");
		return;
	}
	enum bns_error err = kept ? bns_gate_version(call->env->gate, zone, (uint32_t)serial, &contents)
				  : bns_gate_served(call->env->gate, zone, &contents);
	if (err == BNS_OK)
		dump_begin(call, zone, contents);
	else if (err != BNS_ENOENT)
		bns_call_error(call, BNS_RPC_FAILED, "can't read zone %s: %s", zone->text, bns_strerror(err));
	else if (kept)
		bns_call_error(call, BNS_RPC_NOT_FOUND,
			       "serial %lld of zone %s isn't kept; `brandnsctl zone log %s` shows those that are",
			       (long long)serial, zone->text, zone->text);
	else
		bns_call_error(call, BNS_RPC_NOT_FOUND, "zone %s has no version that is served", zone->text);
}

/* ---- rollback ---- */

struct rollback {
	struct bns_call *call;
	char zone[BNS_NAME_TEXT_MAX];
};

static void on_rolled_back(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct rollback *r = arg;
	json_t *row = bns_json_result(r->call->env->gate, r->zone, result);
	(void)zone;
	bns_call_result(r->call, json_pack("{s:i, s:[o]}", "schema", 1, "zones", row));
	free(r);
}

void bns_run_zone_rollback(struct bns_call *call)
{
	json_int_t serial = bns_call_integer(call, "serial", -1);
	struct bns_zone *zone = bns_call_zone(call);
	if (!zone)
		return;
	if (serial < 0 || serial > UINT32_MAX) {
		bns_call_error(call, BNS_RPC_PARAMS, "a serial lies between 0 and 4294967295");
		return;
	}
	struct rollback *r = calloc(1, sizeof(*r));
	if (!r) {
		bns_call_result(call, NULL);
		return;
	}
	r->call = call;
	snprintf(r->zone, sizeof(r->zone), "%s", zone->text);
	bns_gate_rollback(call->env->gate, zone, (uint32_t)serial, call->peer.by, on_rolled_back, r);
}
