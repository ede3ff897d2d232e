/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/replace.h"
#include "gate/catalog.h"
#include "gate/report.h"
#include "gate/work.h"
#include "zone/dump.h"
#include "zone/load.h"

/* The stored form as contents; an absent one is no error. */
static enum bns_error decode(const struct bns_job *job, const void *blob, size_t len, struct bns_contents **out)
{
	return blob ? bns_version_decode(job->zone, blob, len, out) : BNS_OK;
}

/*
 * What the change is compared with. The image readers answer from is the
 * truth; only an expired zone's last version comes from the store.
 */
static enum bns_error prepare_served(struct bns_job *job)
{
	if (job->version_blob)
		return decode(job, job->version_blob, job->version_len, &job->served);
	return job->served_image ? bns_image_contents(job->served_image, &job->served) : BNS_OK;
}

static bool is_nothing_new(const struct bns_job *job)
{
	if (!job->served || job->candidate->serial != job->record.upstream_serial)
		return false;
	/* Unamended, the served version differs from upstream's in its serial at most. */
	if (!job->upstream)
		return job->diff.count == 0;
	struct bns_diff diff;
	if (bns_diff_make(job->upstream, job->candidate, &diff))
		return false;
	bool same = diff.count == 0;
	bns_diff_free(&diff);
	return same;
}

static enum bns_error read_candidate(struct bns_job *job)
{
	if (job->kind == BNS_JOB_FILE) {
		enum bns_error err =
			bns_zone_load_changed(job->source, job->zone->apex, &job->seen, &job->candidate, &job->diag);
		if (err)
			return err;
		job->unchanged = !job->candidate;
	}
	return job->candidate ? bns_contents_finish(job->candidate) : BNS_OK;
}

static enum bns_error identify(struct bns_job *job)
{
	enum bns_error err = bns_contents_digest(job->candidate, job->digest);
	if (err)
		return err;
	bns_candidate_id(job->zone->apex, job->candidate->serial, job->digest, job->id);
	if (job->kind == BNS_JOB_DRY_RUN)
		return BNS_OK;
	return bns_contents_encode(job->candidate, &job->candidate_form, &job->candidate_form_len);
}

static void prepare(struct bns_job *job)
{
	job->pool_error = read_candidate(job);
	if (job->pool_error || job->unchanged)
		return;
	if (job->candidate)
		job->pool_error = bns_zone_check(job->candidate, &job->problems);
	if (!job->pool_error && job->candidate)
		job->pool_error = identify(job);
	if (!job->pool_error)
		job->pool_error = prepare_served(job);
	if (!job->pool_error)
		job->pool_error = decode(job, job->upstream_blob, job->upstream_len, &job->upstream);
	if (!job->pool_error && job->catalog)
		job->pool_error = bns_catalog_look_in_pool(job->catalog, job->served, job->candidate, &job->problems);
	if (!job->pool_error)
		job->pool_error = bns_diff_make(job->served, job->candidate, &job->diff);
	if (job->pool_error)
		return;
	job->has_diff = true;
	if (job->expect[0])
		bns_report_hash(job->zone->apex, job->served, job->candidate, job->plan);
	job->nothing_new = job->candidate && is_nothing_new(job);
	job->pool_error = bns_serial_check_signed(job);
}

/* Takes `next` as what will be published. */
static void replace_publish(struct bns_job *job, struct bns_contents *next)
{
	if (job->publish != job->candidate)
		bns_contents_free(job->publish);
	job->publish = next;
}

/* Upstream's digest of its zone (RFC 8976) isn't one of what we made of it: who verifies it would refuse ours. */
static enum bns_error drop_zonemd(struct bns_job *job)
{
	const uint8_t *apex = job->zone->apex;
	struct bns_contents *next;
	size_t count;
	if (job->publish == job->candidate || !bns_contents_find(job->publish, apex, BNS_TYPE_ZONEMD, &count))
		return BNS_OK;
	enum bns_error err = bns_contents_with_rrset(job->publish, apex, BNS_TYPE_ZONEMD, NULL, 0, &next);
	if (err)
		return err;
	replace_publish(job, next);
	job->amended = true;
	return BNS_OK;
}

static enum bns_error amend(struct bns_job *job)
{
	job->publish = job->candidate;
	for (size_t i = 0; i < job->amendment_count; i++) {
		const struct bns_amendment *a = &job->amendments[i];
		struct bns_contents *next;
		enum bns_error err = bns_contents_with_rrset(job->publish, a->owner, a->type, a->with, a->count, &next);
		if (err)
			return err;
		replace_publish(job, next);
	}
	if (job->amendment_count == 0)
		return BNS_OK;

	struct bns_diff diff;
	enum bns_error err = bns_diff_make(job->candidate, job->publish, &diff);
	if (err)
		return err;
	job->amended = diff.count > 0;
	bns_diff_free(&diff);
	bns_problems_free(&job->problems);
	err = job->amended ? drop_zonemd(job) : BNS_OK;
	if (err)
		return err;
	return bns_zone_check(job->publish, &job->problems);
}

static enum bns_error renumber(struct bns_job *job)
{
	uint32_t upstream = job->rollback ? job->record.upstream_serial : job->candidate->serial;
	if (job->candidate->is_signed) {
		job->new_serial = job->candidate->serial; /* see bns_serial_check_signed */
		job->new_amended_ever = job->record.amended_ever;
		return BNS_OK;
	}
	job->new_serial =
		bns_serial_to_publish(&job->record, job->serial_policy, upstream, job->amended || job->rollback,
				      bns_clock_wall_s(), &job->new_amended_ever);
	if (job->publish->serial == job->new_serial)
		return BNS_OK;
	struct bns_contents *next;
	enum bns_error err = bns_contents_with_serial(job->publish, job->new_serial, &next);
	if (err)
		return err;
	replace_publish(job, next);
	return drop_zonemd(job);
}

void bns_build_in_pool(struct bns_job *job)
{
	job->pool_error = amend(job);
	if (job->pool_error || job->problems.count > 0)
		return;
	job->pool_error = renumber(job);
	if (!job->pool_error && job->publish != job->candidate)
		job->pool_error = bns_contents_encode(job->publish, &job->publish_form, &job->publish_form_len);
	if (!job->pool_error)
		job->pool_error = bns_journal_encode_in_pool(job);
	/* Until now upstream's version was what is served. */
	if (!job->pool_error && job->rollback && !job->upstream && job->served)
		job->pool_error = bns_contents_encode(job->served, &job->upstream_form, &job->upstream_form_len);
	if (!job->pool_error)
		job->pool_error = bns_image_build(job->publish, &job->image);
	if (!job->pool_error)
		bns_image_keep(job->gate, &job->image, &job->image_digest);
}

void bns_unbuild(struct bns_job *job)
{
	bns_image_drop(job->gate, job->image);
	bns_image_free(job->image);
	job->image = NULL;
	free(job->publish_form);
	job->publish_form = NULL;
	if (job->publish != job->candidate)
		bns_contents_free(job->publish);
	job->publish = NULL;
}

/* A zone's first version: mostly it is published as it is. */
static bool is_first(const struct bns_job *job)
{
	return (job->kind == BNS_JOB_SUBMIT || job->kind == BNS_JOB_FILE) && !job->pool_error && job->candidate &&
	       !job->record.has_version && !job->served && !job->upstream && !job->catalog && !job->nothing_new &&
	       job->problems.count == 0;
}

/*
 * So that a first version needs no second way through the pool, it is built
 * before its review. Where that fails, it will again, and be told, behind it.
 */
void bns_prepare_in_pool(struct bns_job *job)
{
	prepare(job);
	if (!is_first(job))
		return;
	bns_build_in_pool(job);
	if (job->pool_error)
		bns_unbuild(job);
	job->pool_error = BNS_OK;
}

void bns_write_file_in_pool(struct bns_job *job)
{
	struct bns_replace r;
	job->pool_error = bns_replace_begin(job->write_path, &r);
	if (!job->pool_error) {
		enum bns_error err = bns_zone_dump(job->publish, r.out);
		job->pool_error = bns_replace_end(&r, !err);
	}
	job->write_errno = errno;
}
