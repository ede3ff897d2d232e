/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in: submissions, files, removals, and an operator's decisions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

/* An answer without a job still comes on the loop's next turn: an idle pass of the pool does it. */
struct late_answer {
	uv_work_t work;
	struct bns_zone *zone;
	struct bns_result result;
	bns_result_fn done;
	void *arg;
};

static void no_work(uv_work_t *work)
{
	(void)work;
}

static void answer_late(uv_work_t *work, int status)
{
	(void)status;
	struct late_answer *a = work->data;
	a->done(a->arg, a->zone, &a->result);
	free(a);
}

static void answer(struct bns_gate *g, struct bns_zone *zone, enum bns_outcome outcome, const char *id,
		   const char *reason, bns_result_fn done, void *arg)
{
	if (!done)
		return;
	struct late_answer *a = calloc(1, sizeof(*a));
	struct bns_result result = {.outcome = outcome};
	snprintf(result.id, sizeof(result.id), "%s", id);
	snprintf(result.reason, sizeof(result.reason), "%s", reason);
	if (!a) {
		done(arg, zone, &result);
		return;
	}
	*a = (struct late_answer){.zone = zone, .result = result, .done = done, .arg = arg};
	a->work.data = a;
	if (uv_queue_work(g->loop, &a->work, no_work, answer_late))
		answer_late(&a->work, 0);
}

static struct bns_job *new_job(struct bns_gate *g, struct bns_zone *zone, enum bns_job_kind kind, bns_result_fn done,
			       void *arg)
{
	struct bns_job *job = bns_job_new(g, zone, kind);
	if (!job) {
		answer(g, zone, BNS_OUTCOME_FAILED, "", bns_strerror(BNS_ENOMEM), done, arg);
		return NULL;
	}
	job->done = done;
	job->arg = arg;
	return job;
}

void bns_gate_submit(struct bns_gate *g, struct bns_zone *zone, struct bns_submission *sub, bns_result_fn done,
		     void *arg)
{
	struct bns_job *job = new_job(g, zone, BNS_JOB_SUBMIT, done, arg);
	if (!job) {
		bns_contents_free(sub->contents);
		sub->contents = NULL;
		return;
	}
	job->candidate = sub->contents;
	sub->contents = NULL;
	job->origin = sub->origin;
	job->force = sub->force;
	memcpy(job->source, sub->source, sizeof(job->source));
	bns_job_enqueue(job);
}

void bns_gate_load_file(struct bns_gate *g, struct bns_zone *zone, bns_result_fn done, void *arg)
{
	if (strlen(zone->conf->file) >= BNS_SOURCE_MAX) {
		answer(g, zone, BNS_OUTCOME_REFUSED, "", "the zone file's path is too long", done, arg);
		return;
	}
	struct bns_job *job = new_job(g, zone, BNS_JOB_FILE, done, arg);
	if (!job)
		return;
	job->origin = BNS_ORIGIN_FILE;
	snprintf(job->source, sizeof(job->source), "%s", zone->conf->file);
	bns_job_enqueue(job);
}

void bns_gate_report_failure(struct bns_gate *g, struct bns_zone *zone, const char *source, const char *reason)
{
	char text[BNS_REASON_MAX];
	snprintf(text, sizeof(text), "%s: %s", source, reason);
	bns_zone_set_error(zone, text);
	bns_announce(g, BNS_LOG_ERR, "failed", zone, NULL, text);
}

void bns_gate_zone_remove(struct bns_gate *g, struct bns_zone *zone, bns_result_fn done, void *arg)
{
	struct bns_job *job = new_job(g, zone, BNS_JOB_REMOVE, done, arg);
	if (!job)
		return;
	zone->leaving = true;
	job->origin = BNS_ORIGIN_REMOVAL;
	snprintf(job->source, sizeof(job->source), "configuration");
	bns_job_enqueue(job);
}

/* ---- decisions ---- */

struct bns_candidate *bns_gate_candidate(struct bns_gate *g, const char *id, struct bns_zone **out)
{
	char name[BNS_NAME_TEXT_MAX];
	uint8_t apex[BNS_NAME_MAX];
	const char *at = strrchr(id, '@');
	if (!at || (size_t)(at - id) >= sizeof(name))
		return NULL;
	memcpy(name, id, (size_t)(at - id));
	name[at - id] = '\0';
	if (bns_name_from_text(name, NULL, apex, NULL))
		return NULL;
	bns_name_lower(apex);
	struct bns_zone *zone = bns_gate_zone_find(g, apex);
	if (!zone)
		return NULL;
	if (out)
		*out = zone;
	if (zone->held && strcmp(zone->held->id, id) == 0)
		return zone->held;
	return bns_candidate_find_rejected(zone, id);
}

void bns_gate_approve(struct bns_gate *g, const char *id, const char *reason, const char *by, int64_t until_s,
		      bool keep_branding, bns_result_fn done, void *arg)
{
	struct bns_zone *zone = NULL;
	const struct bns_candidate *c = bns_gate_candidate(g, id, &zone);
	if (!c || c->state != BNS_CANDIDATE_HELD) {
		answer(g, zone, BNS_OUTCOME_FAILED, id, "no held change has this id", done, arg);
		return;
	}
	enum bns_job_kind kind = c->origin == BNS_ORIGIN_REMOVAL ? BNS_JOB_REMOVE : BNS_JOB_APPROVE;
	struct bns_job *job = new_job(g, zone, kind, done, arg);
	if (!job)
		return;
	job->approved = true;
	if (kind == BNS_JOB_REMOVE)
		zone->leaving = true;
	job->origin = c->origin;
	snprintf(job->id, sizeof(job->id), "%s", id);
	snprintf(job->why, sizeof(job->why), "%s", reason);
	snprintf(job->by, sizeof(job->by), "%s", by);
	job->until_s = until_s;
	job->keep_branding = keep_branding;
	bns_job_enqueue(job);
}

#define REJECTED_KEPT 8

/* The oldest rejections are forgotten, so that a flapping primary can't fill the store. */
static enum bns_error trim_rejected(struct bns_store_txn *txn, struct bns_zone *zone)
{
	struct bns_candidate **link = &zone->rejected;
	for (unsigned kept = 0; *link && kept < REJECTED_KEPT; kept++)
		link = &(*link)->next;
	enum bns_error err = BNS_OK;
	while (*link && !err) {
		struct bns_candidate *c = *link;
		err = bns_candidate_unstore(txn, c->id);
		*link = c->next;
		bns_candidate_free(c);
	}
	return err;
}

static void rejection_stored(void *arg, enum bns_error err, const char *reason)
{
	struct late_answer *a = arg;
	if (err) {
		bns_log(BNS_LOG_ERR, "id=%s the rejection could not be stored: %s", a->result.id, reason);
		a->result.outcome = BNS_OUTCOME_FAILED;
		snprintf(a->result.reason, sizeof(a->result.reason), "%s", reason);
	}
	if (a->done)
		a->done(a->arg, a->zone, &a->result);
	free(a);
}

static enum bns_error store_rejection(struct bns_gate *g, struct bns_zone *zone, struct bns_candidate *c,
				      const char *reason, const char *by, struct late_answer *a)
{
	struct bns_store_txn *txn = bns_store_begin(g->store);
	enum bns_error err = txn ? bns_candidate_unstore(txn, c->id) : BNS_ENOMEM;
	if (!err)
		err = bns_candidate_store(txn, zone, c, NULL, 0);
	if (!err)
		err = trim_rejected(txn, zone);
	if (!err)
		err = bns_audit_candidate(g, txn, "rejected", zone, c, by, reason);
	if (err) {
		bns_store_drop(txn);
		return err;
	}
	bns_store_commit(txn, rejection_stored, a);
	char text[BNS_REASON_MAX];
	snprintf(text, sizeof(text), "%.*s by %.*s: %.*s", 200, c->id, 100, by, 200, reason);
	bns_announce(g, BNS_LOG_NOTICE, "rejected", zone, NULL, text);
	return BNS_OK;
}

void bns_gate_reject(struct bns_gate *g, const char *id, const char *reason, const char *by, bns_result_fn done,
		     void *arg)
{
	struct bns_zone *zone = NULL;
	struct bns_candidate *c = bns_gate_candidate(g, id, &zone);
	if (!c || c->state != BNS_CANDIDATE_HELD) {
		answer(g, zone, BNS_OUTCOME_FAILED, id, "no held change has this id", done, arg);
		return;
	}
	if (zone->work->current) {
		answer(g, zone, BNS_OUTCOME_FAILED, id, "another change of this zone is in hand; try again", done, arg);
		return;
	}
	struct late_answer *a = calloc(1, sizeof(*a));
	if (!a) {
		answer(g, zone, BNS_OUTCOME_FAILED, id, bns_strerror(BNS_ENOMEM), done, arg);
		return;
	}
	*a = (struct late_answer){.zone = zone, .done = done, .arg = arg};
	a->result.outcome = BNS_OUTCOME_REJECTED;
	snprintf(a->result.id, sizeof(a->result.id), "%s", id);
	c->state = BNS_CANDIDATE_REJECTED;
	zone->held = NULL;
	zone->leaving = zone->leaving && c->origin != BNS_ORIGIN_REMOVAL;
	c->next = zone->rejected;
	zone->rejected = c;
	enum bns_error err = store_rejection(g, zone, c, reason, by, a);
	if (err) {
		free(a);
		answer(g, zone, BNS_OUTCOME_FAILED, id, bns_strerror(err), done, arg);
	}
}

void bns_gate_judge_held(struct bns_gate *g)
{
	for (struct bns_zone *z = g->registry.first; z; z = z->next) {
		if (!z->held || z->held->origin == BNS_ORIGIN_REMOVAL)
			continue;
		struct bns_job *job = new_job(g, z, BNS_JOB_JUDGE, NULL, NULL);
		if (!job)
			return;
		memcpy(job->id, z->held->id, sizeof(job->id));
		bns_job_enqueue(job);
	}
}

void bns_gate_dry_run(struct bns_gate *g, struct bns_zone *zone, struct bns_contents *contents, const char *source,
		      bns_dry_run_fn done, void *arg)
{
	struct bns_job *job = bns_job_new(g, zone, BNS_JOB_DRY_RUN);
	if (!job) {
		bns_contents_free(contents);
		done(arg, zone, NULL);
		return;
	}
	job->candidate = contents;
	job->origin = BNS_ORIGIN_FILE;
	snprintf(job->source, sizeof(job->source), "%s", source);
	job->dry_done = done;
	job->arg = arg;
	bns_job_enqueue(job);
}
