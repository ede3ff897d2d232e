/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/work.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static json_t *line_begin(const char *kind, const char *zone, const char *text)
{
	char when[BNS_TIME_TEXT_MAX];
	return json_pack("{s:s, s:s, s:s, s:s}", "time", bns_time_to_text(bns_clock_wall_s(), when), "event", kind,
			 "zone", zone, "text", or_empty(text));
}

static enum bns_error line_end(struct bns_gate *g, struct bns_store_txn *txn, json_t *o)
{
	char *line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!line)
		return BNS_ENOMEM;
	enum bns_error err = bns_store_audit(g->store, txn, line);
	free(line);
	return err;
}

static void add_job(json_t *o, const struct bns_job *job)
{
	char when[BNS_TIME_TEXT_MAX];
	json_object_set_new(o, "id", json_string(job->id));
	json_object_set_new(o, "source", json_string(job->source));
	if (job->candidate)
		json_object_set_new(o, "serial", json_integer(job->candidate->serial));
	if (job->publish)
		json_object_set_new(o, "published", json_integer(job->new_serial));
	if (job->by[0])
		json_object_set_new(o, "by", json_string(job->by));
	if (job->until_s)
		json_object_set_new(o, "until", json_string(bns_time_to_text(job->until_s, when)));
	if (job->findings && json_array_size(job->findings) > 0)
		json_object_set(o, "findings", job->findings);
}

enum bns_error bns_audit(struct bns_gate *g, struct bns_store_txn *txn, const char *kind, const struct bns_zone *zone,
			 const struct bns_job *job, const char *text)
{
	json_t *o = line_begin(kind, zone->text, text);
	if (!o)
		return BNS_ENOMEM;
	if (job)
		add_job(o, job);
	return line_end(g, txn, o);
}

enum bns_error bns_audit_candidate(struct bns_gate *g, struct bns_store_txn *txn, const char *kind,
				   const struct bns_zone *zone, const struct bns_candidate *c, const char *by,
				   const char *text)
{
	json_t *o = line_begin(kind, zone->text, text);
	if (!o)
		return BNS_ENOMEM;
	json_object_set_new(o, "id", json_string(c->id));
	json_object_set_new(o, "source", json_string(c->source));
	json_object_set_new(o, "serial", json_integer(c->serial));
	json_object_set_new(o, "by", json_string(by));
	return line_end(g, txn, o);
}

enum bns_error bns_audit_zone(struct bns_gate *g, struct bns_store_txn *txn, const char *kind, const char *zone,
			      const char *by, const char *text)
{
	json_t *o = line_begin(kind, zone, text);
	if (!o)
		return BNS_ENOMEM;
	json_object_set_new(o, "by", json_string(by));
	return line_end(g, txn, o);
}

void bns_gate_audit_call(struct bns_gate *g, const char *zone, const char *by, const char *text)
{
	struct bns_store_txn *txn = bns_store_begin(g->store);
	if (!txn || bns_audit_zone(g, txn, "called", zone, by, text)) {
		bns_store_drop(txn);
		bns_log(BNS_LOG_ERR, "no memory to note in the audit that %s called %s", by, text);
		return;
	}
	bns_store_commit(txn, NULL, NULL);
}

void bns_announce(struct bns_gate *g, enum bns_log_level level, const char *kind, const struct bns_zone *zone,
		  const struct bns_job *job, const char *text)
{
	uint32_t serial = zone->record.published_serial;
	bns_log(level, "%s zone=%s serial=%u%s%s%s%s%s%s", kind, zone->text, serial, job && job->id[0] ? " id=" : "",
		job ? job->id : "", job && job->source[0] ? " source=" : "", job ? job->source : "",
		text && text[0] ? " " : "", or_empty(text));
	if (!g->callbacks.event)
		return;
	struct bns_event event = {
		.level = level,
		.kind = kind,
		.zone = zone->text,
		.id = job && job->id[0] ? job->id : NULL,
		.serial = serial,
		.text = or_empty(text),
		.findings = job ? job->findings : NULL,
	};
	g->callbacks.event(g->callbacks.arg, &event);
}

void bns_crowd_tell(struct bns_gate *g)
{
	char text[BNS_REASON_MAX];
	if (g->crowd_count == 0)
		return;
	snprintf(text, sizeof(text), "%zu zones are served for the first time; `zone log` has each", g->crowd_count);
	g->crowd_count = 0;
	struct bns_store_txn *txn = bns_store_begin(g->store);
	if (txn && !bns_audit_zone(g, txn, "loaded", "", "", text)) {
		bns_store_commit(txn, NULL, NULL);
	} else {
		bns_store_drop(txn);
		bns_log(BNS_LOG_ERR, "no memory to note in the audit that %s", text);
	}
	bns_log(BNS_LOG_NOTICE, "%s", text);
	struct bns_event event = {.level = BNS_LOG_NOTICE, .kind = "loaded", .text = text};
	if (g->callbacks.event)
		g->callbacks.event(g->callbacks.arg, &event);
}
