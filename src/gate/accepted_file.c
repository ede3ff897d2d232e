/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which file the accepted version is the contents of, and how it looked: what
 * is the same needn't be parsed again, after a restart neither. The store's row
 * is of one octet of version, one of flags, then eight numbers, big endian.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "gate/work.h"

#define FORM_VERSION 1
#define NUMBERS      8
#define FORM_LEN     (2 + 8 * NUMBERS)

/* ---- in the store ---- */

static void encode(const struct bns_file_seen *seen, uint64_t version_seq, uint8_t form[FORM_LEN])
{
	const uint64_t numbers[NUMBERS] = {
		seen->dev,       seen->ino,       seen->size,  (uint64_t)seen->mtime_ns, (uint64_t)seen->ctime_ns,
		seen->digest[0], seen->digest[1], version_seq,
	};
	form[0] = FORM_VERSION;
	form[1] = seen->settled;
	for (size_t i = 0; i < NUMBERS; i++)
		bns_put_u64(form + 2 + 8 * i, numbers[i]);
}

static bool decode(const uint8_t *form, size_t len, struct bns_accepted_file *file)
{
	uint64_t numbers[NUMBERS];
	if (len != FORM_LEN || form[0] != FORM_VERSION)
		return false;
	for (size_t i = 0; i < NUMBERS; i++)
		numbers[i] = bns_get_u64(form + 2 + 8 * i);
	file->seen = (struct bns_file_seen){
		.known = true,
		.settled = form[1] != 0,
		.dev = numbers[0],
		.ino = numbers[1],
		.size = numbers[2],
		.mtime_ns = (int64_t)numbers[3],
		.ctime_ns = (int64_t)numbers[4],
		.digest = {numbers[5], numbers[6]},
	};
	file->version_seq = numbers[7];
	return true;
}

enum bns_error bns_accepted_file_put(struct bns_store_txn *txn, const struct bns_job *job, uint64_t version_seq)
{
	uint8_t form[FORM_LEN];
	const uint8_t *apex = job->zone->apex;
	if (job->kind != BNS_JOB_FILE || !job->seen.known)
		return BNS_OK;
	encode(&job->seen, version_seq, form);
	return bns_store_put(txn, BNS_DB_FILE, apex, bns_name_len(apex), form, sizeof(form));
}

/* Nobody waits for it: without it the file is parsed once more. */
static void put_alone(const struct bns_job *job)
{
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	if (txn && !bns_accepted_file_put(txn, job, job->zone->record.version_seq))
		bns_store_commit(txn, NULL, NULL);
	else
		bns_store_drop(txn);
}

/* Read when it is asked for: in memory it would be a tenth of what a small zone takes. */
static bool read_row(const struct bns_job *job, struct bns_accepted_file *file)
{
	void *form = NULL;
	size_t len;
	const uint8_t *apex = job->zone->apex;
	if (bns_store_get(job->gate->store, BNS_DB_FILE, apex, bns_name_len(apex), &form, &len))
		return false;
	bool good = decode(form, len, file);
	free(form);
	return good;
}

/* ---- of a job ---- */

static bool is_accepted(const struct bns_job *job)
{
	const struct bns_zone *zone = job->zone;
	return job->file_known && job->file.version_seq == zone->record.version_seq && zone->state == BNS_IMAGE_SERVED;
}

void bns_accepted_file_recall(struct bns_job *job)
{
	/* Without a version there is nothing that the file's row could be about. */
	job->file_known = job->zone->record.has_version && read_row(job, &job->file);
	/* With a change held, a file that is back at what is served takes that change back. */
	if (is_accepted(job) && !job->zone->held)
		job->seen = job->file.seen;
}

static bool same_digest(const struct bns_file_seen *a, const struct bns_file_seen *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

void bns_accepted_file_note(const struct bns_job *job, enum bns_outcome outcome)
{
	bool is_news = !is_accepted(job) || !same_digest(&job->file.seen, &job->seen) ||
		       (job->seen.settled && !job->file.seen.settled);
	if (job->kind == BNS_JOB_FILE && job->seen.known && outcome == BNS_OUTCOME_NOTHING_NEW && is_news &&
	    !job->gate->stopping)
		put_alone(job);
}
