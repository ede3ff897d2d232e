/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gate/catalog.h"
#include "gate/report.h"
#include "gate/work.h"

/* ---- first step: read what is needed, then prepare in the pool ---- */

static enum bns_error read_stored(struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	enum bns_error err = bns_catalog_look_new(zone, &job->catalog);
	if (err)
		return err;
	job->record = zone->record;
	job->serial_policy = zone->conf->set->serial;
	if (zone->state == BNS_IMAGE_SERVED)
		job->served_image = bns_table_get(job->gate->table, zone->apex);
	if (zone->record.has_version && zone->state != BNS_IMAGE_SERVED) {
		err = bns_version_blob(job->gate, zone, zone->record.version_seq, &job->version_blob,
				       &job->version_len);
		if (err)
			return err;
	}
	if (zone->record.amended_ever) {
		err = bns_store_get(job->gate->store, BNS_DB_UPSTREAM, zone->apex, bns_name_len(zone->apex),
				    &job->upstream_blob, &job->upstream_len);
		/* Damaged, it is no base to compare with; what comes is looked at as a whole. */
		if (err && err != BNS_ENOENT && err != BNS_EDAMAGED)
			return err;
	}
	return BNS_OK;
}

/* An operator's or a policy's decision is about a candidate that may be gone by the time it is its turn. */
static enum bns_error read_decided(struct bns_job *job)
{
	const struct bns_candidate *held = job->zone->held;
	if (!held || strcmp(held->id, job->id) != 0)
		return BNS_ENOENT;
	job->origin = held->origin;
	job->rollback = held->rollback;
	memcpy(job->source, held->source, sizeof(job->source));
	return bns_candidate_contents(job->gate, job->zone, job->id, &job->candidate);
}

static void review(struct bns_job *job);
static void after_prepare(struct bns_job *job, bool cancelled);

void bns_pipeline_start(struct bns_job *job)
{
	enum bns_error err = BNS_OK;
	if (job->gate->stopping) {
		bns_job_end_late(job, BNS_OUTCOME_FAILED, "the server is going away");
		return;
	}
	if (job->kind == BNS_JOB_REJECT) {
		bns_reject(job);
		return;
	}
	if (job->kind == BNS_JOB_APPROVE || job->kind == BNS_JOB_JUDGE)
		err = read_decided(job);
	if (!err)
		err = read_stored(job);
	if (job->kind == BNS_JOB_FILE)
		bns_accepted_file_recall(job);
	if (!err)
		bns_pool_add(job, bns_prepare_in_pool, after_prepare);
	else if (err == BNS_ENOENT)
		bns_job_end_late(job, BNS_OUTCOME_FAILED, "candidate %s doesn't wait any more", job->id);
	else
		bns_job_end_late(job, BNS_OUTCOME_FAILED, "the change could not be prepared: %s", bns_strerror(err));
}

/* ---- second step: what is known before any review ---- */

static void refuse_unreadable(struct bns_job *job)
{
	char place[sizeof(job->diag.file) + sizeof(job->diag.text) + 32];
	if (job->diag.text[0] == '\0')
		bns_diag_set(&job->diag, NULL, 0, 0, "%s", bns_strerror(job->pool_error));
	bns_diag_format(&job->diag, place, sizeof(place));
	/* No memory, or none for a digest: not the change's fault. */
	if (job->pool_error == BNS_ENOMEM || job->pool_error == BNS_ECRYPTO)
		bns_job_end(job, BNS_OUTCOME_FAILED, "%s", place);
	else
		bns_refuse(job, place);
}

static void refuse_broken(struct bns_job *job)
{
	char place[sizeof(job->diag.file) + sizeof(job->diag.text) + 32];
	bns_diag_format(&job->problems.list[0].where, place, sizeof(place));
	json_decref(job->findings);
	job->findings = bns_report_findings(NULL, &job->problems);
	bns_refuse(job, place);
}

static void end_withdrawn(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	struct bns_zone *zone = job->zone;
	if (err) {
		bns_log(BNS_LOG_ERR, "zone=%s the store did not take the end of a held change: %s", zone->text, reason);
	} else {
		bns_candidate_free(zone->held);
		zone->held = NULL;
		bns_announce(job->gate, BNS_LOG_NOTICE, "withdrawn", zone, job, "its source is back at what is served");
	}
	bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "%s", "");
}

/* Upstream is what we have accepted (again). A change that was held is thereby taken back. */
static void end_nothing_new(struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	bns_gate_refreshed(job->gate, zone);
	if (!zone->held || zone->held->origin == BNS_ORIGIN_REMOVAL) {
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "%s", "");
		return;
	}
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	if (!txn || bns_held_drop(txn, job, "withdrawn: its source is back at what is served")) {
		bns_store_drop(txn);
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "%s", "");
		return;
	}
	bns_store_commit(txn, end_withdrawn, job);
}

/* Asked for by an operator, upstream's version is judged again, unless it is already what is served. */
static bool is_worth_judging(const struct bns_job *job)
{
	if (!job->nothing_new)
		return true;
	return job->force && (job->origin != BNS_ORIGIN_TRANSFER || job->diff.count > 0);
}

/* True where the job has ended: an earlier decision stands. */
static bool decided_before(struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	if (job->kind != BNS_JOB_SUBMIT && job->kind != BNS_JOB_FILE)
		return false;
	if (!is_worth_judging(job)) {
		bns_apply_write(job, end_nothing_new);
		return true;
	}
	if (job->force)
		return false;
	if (zone->held && strcmp(zone->held->id, job->id) == 0) {
		char text[BNS_REASON_MAX];
		bns_held_for(zone->held->findings, text, sizeof(text));
		bns_gate_refreshed(job->gate, zone);
		bns_job_end(job, BNS_OUTCOME_HELD, "%s (held already)", text);
		return true;
	}
	if (bns_candidate_find_rejected(zone, job->id)) {
		bns_gate_refreshed(job->gate, zone);
		bns_job_end(job, BNS_OUTCOME_REJECTED, "%s was rejected", job->id);
		return true;
	}
	return false;
}

/* True where the job has ended: a removal whose zone is wanted again by now. */
static bool is_off(struct bns_job *job)
{
	if (job->kind != BNS_JOB_REMOVE || job->zone->leaving)
		return false;
	bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "the zone is wanted again");
	return true;
}

/* ---- third step: on disk as `reviewing`, then the reviews ---- */

static void reviewing_stored(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	if (err) {
		bns_job_end(job, BNS_OUTCOME_FAILED, "the store can't take the change: %s", reason);
		return;
	}
	job->reviewing = true;
	review(job);
}

static void store_reviewing(struct bns_job *job)
{
	struct bns_candidate *c = bns_candidate_from_job(job, BNS_CANDIDATE_REVIEWING);
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	enum bns_error err = c && txn ? BNS_OK : BNS_ENOMEM;
	if (!err)
		err = bns_candidate_store(txn, job->zone, c, job->candidate_form, job->candidate_form_len);
	bns_candidate_free(c);
	if (err) {
		bns_store_drop(txn);
		bns_job_end(job, BNS_OUTCOME_FAILED, "%s", bns_strerror(err));
		return;
	}
	bns_store_commit(txn, reviewing_stored, job);
}

static void after_prepare(struct bns_job *job, bool cancelled)
{
	if (cancelled || job->gate->stopping) {
		bns_job_end(job, BNS_OUTCOME_FAILED, "the server is going away");
		return;
	}
	if (job->pool_error) {
		refuse_unreadable(job);
		return;
	}
	if (job->unchanged) {
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "%s", "");
		return;
	}
	if (job->kind == BNS_JOB_DRY_RUN) {
		review(job);
		return;
	}
	if (strcmp(job->expect, job->plan) != 0) {
		bns_job_end(job, BNS_OUTCOME_MISMATCH,
			    "what would happen now isn't what was reviewed: its hash is %s; what is served or the file "
			    "has changed since",
			    job->plan);
		return;
	}
	if (job->problems.count > 0) {
		refuse_broken(job);
		return;
	}
	if (decided_before(job) || is_off(job))
		return;
	if (job->kind == BNS_JOB_REMOVE && job->approved)
		bns_publish_removal(job);
	else if (job->kind == BNS_JOB_REMOVE || (job->kind == BNS_JOB_APPROVE && job->keep_branding))
		review(job);
	else if (job->kind == BNS_JOB_APPROVE)
		bns_pipeline_accept(job);
	else
		store_reviewing(job);
}

/* ---- fourth step: the reviews, and what follows from them ---- */

static enum bns_error keep_amendments(struct bns_job *job, const struct bns_review_result *result)
{
	bns_arena_init(&job->arena);
	job->amendments = bns_arena_alloc(&job->arena, result->amendment_count * sizeof(*job->amendments) + 1);
	if (!job->amendments)
		return BNS_ENOMEM;
	for (size_t i = 0; i < result->amendment_count; i++) {
		const struct bns_amendment *from = &result->amendments[i];
		if (bns_approvals_cover(job->zone, from->owner, job->change.now_s))
			continue;
		struct bns_amendment *to = &job->amendments[job->amendment_count++];
		struct bns_record *with = bns_arena_alloc(&job->arena, from->count * sizeof(*with) + 1);
		*to = *from;
		to->owner = bns_arena_dup(&job->arena, from->owner, bns_name_len(from->owner));
		to->with = with;
		if (!with || !to->owner)
			return BNS_ENOMEM;
		for (size_t k = 0; k < from->count; k++) {
			with[k] = from->with[k];
			with[k].rdata = bns_arena_dup(&job->arena, with[k].rdata, with[k].rdlen);
			if (!with[k].rdata && with[k].rdlen > 0)
				return BNS_ENOMEM;
		}
	}
	return BNS_OK;
}

static void refused_by_plugin(struct bns_job *job, const struct bns_review_result *result)
{
	const char *text = "a plugin refused the change";
	for (size_t i = 0; i < result->note_count; i++)
		if (result->notes[i].note.verdict == BNS_VERDICT_REFUSE)
			text = result->notes[i].note.text;
	bns_refuse(job, text);
}

/* What the gate itself finds counts as a plugin's would; what an operator has accepted isn't asked twice. */
static const struct bns_review_result *add_own(struct bns_job *job, const struct bns_review_result *result)
{
	if (job->approved || result->approved_by || job->problems.count > 0)
		return result;
	if (job->catalog)
		result = bns_catalog_look_add(job->catalog, job->gate, result);
	return result ? bns_jump_add(job, result) : NULL;
}

static void note_approval(struct bns_job *job, const struct bns_review_result *result)
{
	if (!result->approved_by)
		return;
	job->preapproved = true;
	snprintf(job->by, sizeof(job->by), "%s", result->approved_by);
	snprintf(job->why, sizeof(job->why), "%s", result->approved_reason);
}

static void judged(struct bns_job *job)
{
	/* A permission has ended and nothing can be put back: what is served stays, under its serial. */
	bool stays = job->origin == BNS_ORIGIN_RESTORE && job->diff.count == 0 && job->amendment_count == 0;
	if (job->verdict == BNS_VERDICT_HOLD)
		bns_hold(job);
	else if (stays)
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "%s", "");
	else if (job->kind == BNS_JOB_REMOVE)
		bns_publish_removal(job);
	else
		bns_pipeline_accept(job);
}

static void review_done(void *arg, const struct bns_review_result *plugins)
{
	struct bns_job *job = arg;
	const struct bns_review_result *result = add_own(job, plugins);
	if (!result) {
		bns_job_end(job, BNS_OUTCOME_FAILED, "%s", bns_strerror(BNS_ENOMEM));
		return;
	}
	job->verdict = result->verdict;
	if (job->verdict >= BNS_VERDICT_HOLD)
		bns_unbuild(job);
	/* Every change in words is for who decides or asks: a first load may have a million. */
	bool in_words = job->kind == BNS_JOB_DRY_RUN || job->verdict == BNS_VERDICT_HOLD;
	if (in_words)
		job->report =
			bns_report(job->zone->apex, job->served, job->candidate, &job->diff, result, &job->problems);
	if (job->kind == BNS_JOB_DRY_RUN) {
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "%s", "");
		return;
	}
	if (is_off(job))
		return;
	note_approval(job, result);
	job->findings = bns_report_findings(result, &job->problems);
	if (!job->findings || (in_words && !job->report) || keep_amendments(job, result)) {
		bns_job_end(job, BNS_OUTCOME_FAILED, "%s", bns_strerror(BNS_ENOMEM));
		return;
	}
	if (job->verdict < BNS_VERDICT_HOLD)
		bns_approvals_prune(job->zone, result);
	if (job->verdict == BNS_VERDICT_REFUSE)
		refused_by_plugin(job, result);
	else
		bns_apply_write(job, judged);
}

static void review(struct bns_job *job)
{
	/* The policy may approve that this very version goes. */
	if (job->kind == BNS_JOB_REMOVE)
		bns_removal_id(job->zone->apex, job->zone->record.published_serial, job->id);
	job->change = (struct bns_change){
		.zone = job->zone->apex,
		.zone_text = job->zone->text,
		.origin = job->origin,
		.source = job->source,
		.id = job->id,
		.served = job->served,
		.candidate = job->candidate,
		.diff = &job->diff,
		.signed_zone = job->candidate && job->candidate->is_signed,
		.keep_branding = job->keep_branding,
		.dry_run = job->kind == BNS_JOB_DRY_RUN,
		.now_s = bns_clock_wall_s(),
	};
	if (!job->gate->plugins) {
		review_done(job, &(struct bns_review_result){.verdict = BNS_VERDICT_PASS});
		return;
	}
	uint64_t deadline = bns_clock_mono_ms() + BNS_REVIEW_LIMIT_MS;
	enum bns_error err = bns_plugins_review(job->gate->plugins, &job->change, deadline, review_done, job);
	if (err)
		bns_job_end(job, BNS_OUTCOME_FAILED, "the change could not be reviewed: %s", bns_strerror(err));
}

/* ---- fifth step: build what was accepted ---- */

static void after_build(struct bns_job *job, bool cancelled)
{
	if (cancelled || job->gate->stopping)
		bns_job_end(job, BNS_OUTCOME_FAILED, "the server is going away");
	else if (job->pool_error)
		bns_job_end(job, BNS_OUTCOME_FAILED, "the zone could not be built: %s", bns_strerror(job->pool_error));
	else if (job->problems.count > 0)
		refuse_broken(job);
	else
		bns_publish_commit(job);
}

void bns_pipeline_accept(struct bns_job *job)
{
	if (job->image && job->amendment_count == 0) {
		bns_publish_commit(job);
		return;
	}
	bns_unbuild(job);
	bns_pool_add(job, bns_build_in_pool, after_build);
}
