/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/seccomp.h"
#include "gate/work.h"

#define CROWD 1000 /* changes that are in hand together */

/* ---- what others are told of a new version ---- */

static void tell_plugins(struct bns_job *job, const struct bns_contents *now)
{
	job->change.zone = job->zone->apex;
	job->change.zone_text = job->zone->text;
	job->change.origin = job->origin;
	job->change.source = job->source;
	job->change.id = job->id;
	job->change.served = job->served;
	job->change.candidate = now;
	job->change.diff = &job->diff;
	job->change.signed_zone = now && now->is_signed;
	job->change.now_s = bns_clock_wall_s();
	if (job->gate->plugins)
		bns_plugins_served(job->gate->plugins, &job->change);
}

static void write_work(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	bns_write_file_in_pool(work->data);
}

static void after_write(uv_work_t *work, int status)
{
	struct bns_job *job = work->data;
	if (status == 0 && job->pool_error)
		bns_log(BNS_LOG_ERR, "zone=%s file=%s the accepted version could not be written: %s", job->zone->text,
			job->write_path, strerror(job->write_errno));
	bns_job_end(job, BNS_OUTCOME_SERVED, "%s", "");
}

/* A secondary with a file keeps its accepted version there too. */
static void end_served(struct bns_job *job)
{
	const struct bns_conf_zone *conf = job->zone->conf;
	if (bns_zone_is_secondary(job->zone) && conf->file && !job->gate->stopping) {
		job->write_path = strdup(conf->file);
		if (job->write_path && !uv_queue_work(job->gate->loop, &job->work, write_work, after_write))
			return;
		bns_log(BNS_LOG_ERR, "zone=%s file=%s the accepted version was not written: %s", job->zone->text,
			conf->file, bns_strerror(BNS_ENOMEM));
	}
	bns_job_end(job, BNS_OUTCOME_SERVED, "%s", "");
}

/* ---- a version becomes public ---- */

/* What a decision accepts: findings that held, or would have; NULL: nothing was decided. */
static const json_t *accepted(const struct bns_job *job)
{
	if (job->preapproved)
		return job->findings;
	return job->kind == BNS_JOB_APPROVE && job->zone->held ? job->zone->held->findings : NULL;
}

static const char *served_kind(const struct bns_job *job)
{
	if (job->kind == BNS_JOB_APPROVE || job->preapproved)
		return "approved";
	if (job->rollback && job->origin == BNS_ORIGIN_CONTROL)
		return "rolled-back";
	return job->origin == BNS_ORIGIN_RESTORE ? "restored" : "served";
}

static const char *served_text(const struct bns_job *job)
{
	if (job->kind == BNS_JOB_APPROVE || job->preapproved)
		return job->why;
	return job->amended && job->amendment_count > 0 ? "taken with the branding records as pinned" : "";
}

static void forget_held(struct bns_zone *zone)
{
	bns_candidate_free(zone->held);
	zone->held = NULL;
}

/* That the zone shall go is no matter of its version. */
static bool supersedes_held(const struct bns_zone *zone)
{
	return zone->held && zone->held->origin != BNS_ORIGIN_REMOVAL;
}

static void tell_superseded(const struct bns_job *job)
{
	char text[BNS_REASON_MAX];
	if (strcmp(job->zone->held->id, job->id) == 0)
		return;
	snprintf(text, sizeof(text), "%.*s is superseded by a newer version", BNS_REASON_MAX / 2, job->zone->held->id);
	bns_announce(job->gate, BNS_LOG_NOTICE, "superseded", job->zone, job, text);
}

/* Clean, and the zone's first: a line for each of a million would bury what somebody has to see. */
static bool is_one_of_many(const struct bns_job *job)
{
	bool crowd = job->gate->crowd || job->gate->jobs >= CROWD;
	return crowd && !job->zone->record.has_version && !job->zone->held && !accepted(job) && !job->rollback &&
	       !job->amended && json_array_size(job->findings) == 0 && !job->by[0];
}

static void tell_public(struct bns_job *job)
{
	if (job->one_of_many)
		job->gate->crowd_count++;
	else
		bns_announce(job->gate, BNS_LOG_NOTICE, served_kind(job), job->zone, job, served_text(job));
	job->gate->hushed = job->one_of_many;
	tell_plugins(job, job->publish);
	job->gate->hushed = false;
}

static void committed(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	struct bns_zone *zone = job->zone;
	if (err) {
		bns_job_end(job, BNS_OUTCOME_FAILED, "the store can't take the change: %s", reason);
		return;
	}
	err = bns_image_serve(job->gate, job->image, job->new_record.expires_s);
	if (err) {
		bns_job_end(job, BNS_OUTCOME_FAILED, "the change is stored, but can't be served: %s",
			    bns_strerror(err));
		return;
	}
	job->image = NULL; /* the table's now */
	zone->record = job->new_record;
	zone->state = BNS_IMAGE_SERVED;
	if (accepted(job))
		bns_approvals_add(zone, accepted(job), job->until_s);
	if (supersedes_held(zone)) {
		tell_superseded(job);
		forget_held(zone);
	}
	tell_public(job);
	if (job->gate->callbacks.published)
		job->gate->callbacks.published(job->gate->callbacks.arg, zone);
	end_served(job);
}

static void fill_record(struct bns_job *job)
{
	struct bns_zone_record *r = &job->new_record;
	*r = job->zone->record;
	if (!r->has_version)
		r->oldest_seq = r->version_seq + 1;
	r->has_version = true;
	r->version_seq++;
	r->amended_ever = job->new_amended_ever;
	r->rolled_back = job->rollback;
	if (!job->rollback)
		r->upstream_serial = job->candidate->serial;
	r->published_serial = job->new_serial;
	r->published_s = bns_clock_wall_s();
	r->image_digest = job->image_digest;
	bns_freshness_from_soa(r, job->publish);
	r->expires_s = 0;
	if (bns_zone_is_secondary(job->zone))
		bns_freshness_prolong(r, job->zone, bns_clock_wall_s());
}

/* Upstream's version, where it isn't what is served. */
static enum bns_error put_upstream(struct bns_store_txn *txn, const struct bns_job *job)
{
	const uint8_t *apex = job->zone->apex;
	size_t n = bns_name_len(apex);
	if (job->rollback)
		return job->upstream_form ? bns_store_put(txn, BNS_DB_UPSTREAM, apex, n, job->upstream_form,
							  job->upstream_form_len)
					  : BNS_OK;
	if (job->amended)
		return bns_store_put(txn, BNS_DB_UPSTREAM, apex, n, job->candidate_form, job->candidate_form_len);
	return job->zone->record.amended_ever ? bns_store_del(txn, BNS_DB_UPSTREAM, apex, n) : BNS_OK;
}

static enum bns_error put_versions(struct bns_store_txn *txn, struct bns_job *job)
{
	const void *form = job->publish_form ? job->publish_form : job->candidate_form;
	size_t len = job->publish_form ? job->publish_form_len : job->candidate_form_len;
	enum bns_error err = bns_version_put(txn, job->zone, job->new_record.version_seq, form, len);
	if (!err)
		err = bns_accepted_file_put(txn, job, job->new_record.version_seq);
	if (!err)
		err = bns_version_prune(job->gate, txn, job->zone, &job->new_record);
	if (!err)
		err = bns_journal_put(txn, job, served_kind(job));
	return err ? err : put_upstream(txn, job);
}

/* An approval's acceptance is in the same transaction as what it lets through. */
static enum bns_error put_decision(struct bns_store_txn *txn, struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	enum bns_error err = bns_candidate_unstore(txn, job->id);
	if (!err && supersedes_held(zone) && strcmp(zone->held->id, job->id) != 0)
		err = bns_held_drop(txn, job, "superseded by a newer version");
	if (!err && accepted(job))
		err = bns_approvals_store(txn, zone, accepted(job), job->until_s);
	else if (!err && zone->work->approvals)
		err = bns_approvals_store(txn, zone, NULL, 0);
	job->one_of_many = is_one_of_many(job);
	if (!err && !job->one_of_many)
		err = bns_audit(job->gate, txn, served_kind(job), zone, job, served_text(job));
	return err;
}

void bns_publish_commit(struct bns_job *job)
{
	uint8_t record[BNS_ZONE_RECORD_LEN];
	const uint8_t *apex = job->zone->apex;
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	enum bns_error err = txn ? BNS_OK : BNS_ENOMEM;

	fill_record(job);
	bns_zone_record_encode(&job->new_record, record);
	if (!err)
		err = put_versions(txn, job);
	if (!err)
		err = put_decision(txn, job);
	if (!err)
		err = bns_store_put(txn, BNS_DB_ZONE, apex, bns_name_len(apex), record, sizeof(record));
	if (err) {
		bns_store_drop(txn);
		bns_job_end(job, BNS_OUTCOME_FAILED, "the change could not be stored: %s", bns_strerror(err));
		return;
	}
	bns_store_commit(txn, committed, job);
}

/* ---- a zone goes ---- */

/* Gone from the store before it was wanted again: it is what a zone is at first. */
static void begin_anew(struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	forget_held(zone);
	bns_zone_unmark_dirty(job->gate, zone);
	zone->record = (struct bns_zone_record){.has_version = false};
	enum bns_error err = bns_version_withhold(job->gate, zone, BNS_IMAGE_NOT_READY);
	if (err)
		bns_log(BNS_LOG_CRIT, "zone=%s was removed and is still served: %s", zone->text, bns_strerror(err));
	tell_plugins(job, NULL);
	bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "the zone is wanted again, and begins anew");
}

static void removal_committed(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	struct bns_zone *zone = job->zone;
	if (err) {
		zone->leaving = false;
		bns_job_end(job, BNS_OUTCOME_FAILED, "the store can't take the removal: %s", reason);
		return;
	}
	if (!zone->leaving) {
		begin_anew(job);
		return;
	}
	if (job->gate->plugins)
		bns_plugins_withheld(job->gate->plugins, zone->apex);
	bns_image_withdraw(job->gate, zone->apex);
	bns_announce(job->gate, BNS_LOG_NOTICE, "removed", zone, job, job->why);
	tell_plugins(job, NULL);
	bns_zone_unmark_dirty(job->gate, zone);
	bns_gate_neglect(job->gate, zone);
	if (job->gate->to_tell == zone)
		job->gate->to_tell = zone->next;
	bns_registry_remove(&job->gate->registry, zone);
	if (job->gate->callbacks.removed)
		job->gate->callbacks.removed(job->gate->callbacks.arg, zone);
	zone->work->gone = true;
	zone->record.has_version = false;
	bns_job_end(job, BNS_OUTCOME_SERVED, "%s", "");
}

void bns_publish_removal(struct bns_job *job)
{
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	enum bns_error err = txn ? bns_version_forget_zone(txn, job->zone) : BNS_ENOMEM;
	if (!err)
		err = bns_audit(job->gate, txn, "removed", job->zone, job, job->why);
	if (err) {
		bns_store_drop(txn);
		job->zone->leaving = false;
		bns_job_end(job, BNS_OUTCOME_FAILED, "the removal could not be stored: %s", bns_strerror(err));
		return;
	}
	bns_store_commit(txn, removal_committed, job);
}
