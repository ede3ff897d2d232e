/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gate/catalog.h"
#include "gate/members.h"
#include "gate/work.h"

#define LARGE_RECORDS 50000 /* what such a zone took on its way is worth giving back */

struct bns_job *bns_job_new(struct bns_gate *g, struct bns_zone *zone, enum bns_job_kind kind)
{
	struct bns_job *job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->kind = kind;
	job->gate = g;
	job->zone = zone;
	job->work.data = job;
	return job;
}

static void job_free(struct bns_job *job)
{
	if (job->candidate && job->candidate->count >= LARGE_RECORDS)
		job->gate->trim_wanted = true;
	free(job->version_blob);
	free(job->upstream_blob);
	free(job->write_path);
	free(job->file_text);
	free(job->candidate_form);
	free(job->publish_form);
	free(job->delta_form);
	free(job->upstream_form);
	bns_arena_free(&job->arena);
	if (job->has_diff)
		bns_diff_free(&job->diff);
	bns_problems_free(&job->problems);
	if (job->publish != job->candidate)
		bns_contents_free(job->publish);
	bns_contents_free(job->candidate);
	bns_contents_free(job->served);
	bns_contents_free(job->upstream);
	bns_image_drop(job->gate, job->image);
	bns_image_free(job->image);
	bns_catalog_look_free(job->catalog);
	bns_own_finding_free(&job->jump);
	json_decref(job->findings);
	json_decref(job->report);
	bns_candidate_free(job->waiting);
	free(job);
}

static void begin_next(struct bns_zone *zone)
{
	struct bns_zone_work *w = zone->work;
	struct bns_job *job = w->first;
	w->current = job;
	if (!job)
		return;
	w->first = job->next;
	if (!w->first)
		w->last = NULL;
	bns_pipeline_start(job);
}

void bns_job_enqueue(struct bns_job *job)
{
	struct bns_zone_work *w = job->zone->work;
	job->next = NULL;
	if (w->last)
		w->last->next = job;
	else
		w->first = job;
	w->last = job;
	job->gate->jobs++;
	if (!w->current)
		begin_next(job->zone);
}

void bns_zone_set_error(struct bns_zone *zone, const char *text)
{
	free(zone->last_error);
	zone->last_error = text ? strdup(text) : NULL;
}

static void tell(struct bns_job *job)
{
	if (job->dry_done)
		job->dry_done(job->arg, job->zone, job->report);
	else if (job->done)
		job->done(job->arg, job->zone->work->gone ? NULL : job->zone, &job->result);
}

/* Once for a row of the same failure: a full disk fails every retry of every secondary. */
static void keep_error(struct bns_job *job, const char *error)
{
	struct bns_zone *zone = job->zone;
	bool told = zone->last_error && error && strcmp(zone->last_error, error) == 0;
	if (job->result.outcome == BNS_OUTCOME_FAILED && !told && !job->gate->stopping)
		bns_announce(job->gate, BNS_LOG_ERR, "failed", zone, job, error);
	bns_zone_set_error(zone, error);
}

static void settle(struct bns_job *job, enum bns_outcome outcome, const char *fmt, va_list args)
{
	struct bns_zone *zone = job->zone;
	job->result.outcome = outcome;
	job->result.serial = zone->record.has_version ? zone->record.published_serial : 0;
	memcpy(job->result.id, job->id, sizeof(job->result.id));
	vsnprintf(job->result.reason, sizeof(job->result.reason), fmt, args);
	if (job->kind != BNS_JOB_DRY_RUN) {
		bool failed = outcome == BNS_OUTCOME_REFUSED || outcome == BNS_OUTCOME_FAILED;
		keep_error(job, failed ? job->result.reason : NULL);
	}
	bns_accepted_file_note(job, outcome);
	job->gate->jobs--;
	tell(job);
	job_free(job);
}

/* Those who waited behind a removal hear that the zone is gone. */
static void empty_line(struct bns_zone_work *w)
{
	while (w->first) {
		struct bns_job *job = w->first;
		w->first = job->next;
		job->result.outcome = BNS_OUTCOME_FAILED;
		snprintf(job->result.reason, sizeof(job->result.reason), "the zone has been removed");
		job->gate->jobs--;
		tell(job);
		job_free(job);
	}
}

/* A failed change isn't under review any more: on disk it must not be either, or it is held at the next start. */
static void leave_no_review(struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	enum bns_error err = BNS_ENOMEM;
	if (txn && zone->held && strcmp(zone->held->id, job->id) == 0)
		err = bns_candidate_store(txn, zone, zone->held, NULL, 0);
	else if (txn)
		err = bns_candidate_unstore(txn, job->id);
	if (err)
		bns_store_drop(txn);
	else
		bns_store_commit(txn, NULL, NULL);
}

void bns_job_end(struct bns_job *job, enum bns_outcome outcome, const char *fmt, ...)
{
	struct bns_zone *zone = job->zone;
	struct bns_gate *g = job->gate;
	va_list args;
	/* At the end of the daemon it stays what it is: interrupted. */
	bool undecided = outcome == BNS_OUTCOME_FAILED || outcome == BNS_OUTCOME_NOTHING_NEW;
	if (job->reviewing && undecided && !g->stopping)
		leave_no_review(job);
	va_start(args, fmt);
	settle(job, outcome, fmt, args);
	va_end(args);
	if (zone->work->gone) {
		empty_line(zone->work);
		bns_zone_free(zone);
		return;
	}
	bns_gate_attend(g, zone);
	zone->work->current = NULL;
	bns_freshness_expire_late(g, zone);
	begin_next(zone);
}

static void no_work(uv_work_t *work)
{
	(void)work;
}

static void end_now(uv_work_t *work, int status)
{
	struct bns_job *job = work->data;
	char reason[BNS_REASON_MAX];
	(void)status;
	memcpy(reason, job->result.reason, sizeof(reason));
	bns_job_end(job, job->result.outcome, "%s", reason);
}

void bns_job_end_late(struct bns_job *job, enum bns_outcome outcome, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(job->result.reason, sizeof(job->result.reason), fmt, args);
	va_end(args);
	job->result.outcome = outcome;
	if (uv_queue_work(job->gate->loop, &job->work, no_work, end_now))
		end_now(&job->work, 0);
}
