/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in: submissions, files, removals, and an operator's decisions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

/* An answer without a job still comes on the loop's next turn: an idle pass of the pool does it. */
struct late_answer {
	uv_work_t work;
	struct bns_gate *gate;
	uint8_t apex[BNS_NAME_MAX]; /* found again when it is told: the zone may be gone by then */
	bool has_zone;
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
	a->done(a->arg, a->has_zone ? bns_gate_zone_find(a->gate, a->apex) : NULL, &a->result);
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
	*a = (struct late_answer){.gate = g, .has_zone = zone != NULL, .result = result, .done = done, .arg = arg};
	if (zone)
		memcpy(a->apex, zone->apex, bns_name_len(zone->apex));
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
		free(sub->file_text);
		sub->contents = NULL;
		sub->file_text = NULL;
		return;
	}
	job->candidate = sub->contents;
	job->file_text = sub->file_text;
	sub->contents = NULL;
	sub->file_text = NULL;
	snprintf(job->by, sizeof(job->by), "%s", sub->by ? sub->by : "");
	snprintf(job->expect, sizeof(job->expect), "%s", sub->expect ? sub->expect : "");
	job->origin = sub->origin;
	job->force = sub->force;
	job->rollback = sub->rollback;
	memcpy(job->source, sub->source, sizeof(job->source));
	bns_job_enqueue(job);
}

void bns_gate_rollback(struct bns_gate *g, struct bns_zone *zone, uint32_t serial, const char *by, bns_result_fn done,
		       void *arg)
{
	char reason[BNS_REASON_MAX];
	struct bns_contents *c;
	if (zone->record.has_version && serial == zone->record.published_serial) {
		answer(g, zone, BNS_OUTCOME_NOTHING_NEW, "", "it is what is served", done, arg);
		return;
	}
	enum bns_error err = bns_gate_version(g, zone, serial, &c);
	if (err) {
		snprintf(reason, sizeof(reason), "serial %" PRIu32 " %s%s", serial,
			 err == BNS_ENOENT ? "isn't kept; `zone log` shows those that are" : "can't be read: ",
			 err == BNS_ENOENT ? "" : bns_strerror(err));
		answer(g, zone, BNS_OUTCOME_FAILED, "", reason, done, arg);
		return;
	}
	struct bns_job *job = new_job(g, zone, BNS_JOB_SUBMIT, done, arg);
	if (!job) {
		bns_contents_free(c);
		return;
	}
	job->candidate = c;
	job->origin = BNS_ORIGIN_CONTROL;
	job->force = true;
	job->rollback = true;
	snprintf(job->source, sizeof(job->source), "rollback to serial %" PRIu32, serial);
	snprintf(job->by, sizeof(job->by), "%s", by);
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

void bns_gate_zone_remove(struct bns_gate *g, struct bns_zone *zone, const char *source, bns_result_fn done, void *arg)
{
	struct bns_job *job = new_job(g, zone, BNS_JOB_REMOVE, done, arg);
	if (!job)
		return;
	zone->leaving = true;
	job->origin = BNS_ORIGIN_REMOVAL;
	snprintf(job->source, sizeof(job->source), "%s", source);
	bns_job_enqueue(job);
}

/* ---- decisions ---- */

struct bns_candidate *bns_gate_candidate(struct bns_gate *g, const char *id, struct bns_zone **out)
{
	struct bns_zone *zone = bns_candidate_zone(g, id);
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

void bns_gate_reject(struct bns_gate *g, const char *id, const char *reason, const char *by, bns_result_fn done,
		     void *arg)
{
	struct bns_zone *zone = NULL;
	const struct bns_candidate *c = bns_gate_candidate(g, id, &zone);
	if (!c || c->state != BNS_CANDIDATE_HELD) {
		answer(g, zone, BNS_OUTCOME_FAILED, id, "no held change has this id", done, arg);
		return;
	}
	struct bns_job *job = new_job(g, zone, BNS_JOB_REJECT, done, arg);
	if (!job)
		return;
	snprintf(job->id, sizeof(job->id), "%s", id);
	snprintf(job->why, sizeof(job->why), "%s", reason);
	snprintf(job->by, sizeof(job->by), "%s", by);
	bns_job_enqueue(job);
}

void bns_gate_judge_held(struct bns_gate *g)
{
	for (struct bns_zone *z = g->registry.first; z; z = z->next) {
		bns_refused_forget(z);
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
