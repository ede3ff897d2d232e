/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

enum bns_error bns_held_drop(struct bns_store_txn *txn, struct bns_job *job, const char *why)
{
	struct bns_zone *zone = job->zone;
	char text[BNS_REASON_MAX];
	snprintf(text, sizeof(text), "%.*s %s", BNS_REASON_MAX / 2, zone->held->id, why);
	enum bns_error err = bns_candidate_unstore(txn, zone->held->id);
	return err ? err : bns_audit(job->gate, txn, "superseded", zone, NULL, text);
}

void bns_held_for(const json_t *findings, char *out, size_t cap)
{
	size_t i;
	json_t *f;
	json_array_foreach (findings, i, f) {
		const char *verdict = json_string_value(json_object_get(f, "verdict"));
		if (!verdict || strcmp(verdict, "hold") != 0)
			continue;
		snprintf(out, cap, "%s: %s", json_string_value(json_object_get(f, "rule")),
			 json_string_value(json_object_get(f, "text")));
		return;
	}
	snprintf(out, cap, "held");
}

static void held_stored(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	struct bns_zone *zone = job->zone;
	char text[BNS_REASON_MAX];
	if (err) {
		/* What waits is what the disk knows; this one is fetched and judged again. */
		zone->leaving = false;
		bns_job_end(job, BNS_OUTCOME_FAILED, "the change has to be held, and the store can't take it: %s",
			    reason);
		return;
	}
	if (zone->held && strcmp(zone->held->id, job->id) != 0) {
		snprintf(text, sizeof(text), "%.*s is superseded by a newer change, which is held too",
			 BNS_REASON_MAX / 2, zone->held->id);
		bns_announce(job->gate, BNS_LOG_NOTICE, "superseded", zone, job, text);
	}
	bns_held_for(job->findings, text, sizeof(text));
	bns_candidate_free(zone->held);
	zone->held = job->waiting;
	job->waiting = NULL;
	bns_announce(job->gate, BNS_LOG_WARN, "held", zone, job, text);
	bns_gate_refreshed(job->gate, zone);
	if (job->kind == BNS_JOB_REMOVE && !zone->leaving) {
		bns_gate_zone_keep(job->gate, zone);
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "the zone is wanted again");
		return;
	}
	zone->leaving = false;
	bns_job_end(job, BNS_OUTCOME_HELD, "%s", text);
}

static enum bns_error put_held(struct bns_store_txn *txn, struct bns_job *job, const struct bns_candidate *c)
{
	struct bns_zone *zone = job->zone;
	char text[BNS_REASON_MAX];
	enum bns_error err = BNS_OK;
	if (zone->held && strcmp(zone->held->id, c->id) != 0)
		err = bns_held_drop(txn, job, "superseded by a newer change, which is held too");
	if (!err)
		err = bns_candidate_store(txn, zone, c, job->candidate_form, job->candidate_form_len);
	bns_held_for(job->findings, text, sizeof(text));
	if (!err)
		err = bns_audit(job->gate, txn, "held", zone, job, text);
	return err;
}

void bns_hold(struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	struct bns_candidate *c = bns_candidate_from_job(job, BNS_CANDIDATE_HELD);
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	enum bns_error err = c && txn ? put_held(txn, job, c) : BNS_ENOMEM;
	if (err) {
		bns_store_drop(txn);
		bns_candidate_free(c);
		bns_job_end(job, BNS_OUTCOME_FAILED, "the change can't be held: %s", bns_strerror(err));
		return;
	}
	if (zone->held)
		c->since_s = zone->held->since_s; /* the same candidate, judged again */
	job->waiting = c;
	bns_store_commit(txn, held_stored, job);
}

static enum bns_error store_withdrawal(struct bns_gate *g, const struct bns_zone *zone, const char *text)
{
	struct bns_store_txn *txn = bns_store_begin(g->store);
	enum bns_error err = txn ? bns_candidate_unstore(txn, zone->held->id) : BNS_ENOMEM;
	if (!err)
		err = bns_audit(g, txn, "withdrawn", zone, NULL, text);
	if (err)
		bns_store_drop(txn);
	else
		bns_store_commit(txn, NULL, NULL);
	return err;
}

static void withdraw(struct bns_gate *g, struct bns_zone *zone, const char *why)
{
	char text[BNS_REASON_MAX];
	snprintf(text, sizeof(text), "%.*s: %s", BNS_REASON_MAX / 2, zone->held->id, why);
	enum bns_error err = store_withdrawal(g, zone, text);
	if (err) {
		bns_log(BNS_LOG_ERR, "zone=%s the end of a held change can't be stored: %s", zone->text,
			bns_strerror(err));
		return;
	}
	bns_candidate_free(zone->held);
	zone->held = NULL;
	bns_announce(g, BNS_LOG_NOTICE, "withdrawn", zone, NULL, text);
}

void bns_gate_withdraw(struct bns_gate *g, struct bns_zone *zone)
{
	/* A change in hand may be about this very candidate; the next serial check comes back to it. */
	if (zone->held && !zone->work->current)
		withdraw(g, zone, "its source is back at what is served");
}

void bns_gate_zone_keep(struct bns_gate *g, struct bns_zone *zone)
{
	zone->leaving = false;
	if (zone->held && zone->held->origin == BNS_ORIGIN_REMOVAL)
		withdraw(g, zone, "the zone is wanted again");
}

static void refusal_stored(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	if (err)
		bns_log(BNS_LOG_ERR, "zone=%s the refusal could not be stored: %s", job->zone->text, reason);
	bns_job_end(job, BNS_OUTCOME_REFUSED, "%s", job->why);
}

void bns_refuse(struct bns_job *job, const char *reason)
{
	snprintf(job->why, sizeof(job->why), "%s", reason);
	bns_refused_remember(job);
	bns_announce(job->gate, BNS_LOG_ERR, "refused", job->zone, job, job->why);
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	enum bns_error err = txn ? bns_audit(job->gate, txn, "refused", job->zone, job, job->why) : BNS_ENOMEM;
	/* A held candidate that is refused on its second look stays held; a new one leaves no trace but the audit. */
	if (!err && job->id[0] && (job->kind == BNS_JOB_SUBMIT || job->kind == BNS_JOB_FILE))
		err = bns_candidate_unstore(txn, job->id);
	if (err) {
		bns_store_drop(txn);
		refusal_stored(job, err, bns_strerror(err));
		return;
	}
	bns_store_commit(txn, refusal_stored, job);
}
