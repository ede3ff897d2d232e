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
		seen->dev,
		seen->ino,
		seen->size,
		(uint64_t)seen->mtime_ns,
		(uint64_t)seen->ctime_ns,
		seen->digest[0],
		seen->digest[1],
		version_seq,
	};
	form[0] = FORM_VERSION;
	form[1] = seen->settled;
	for (size_t i = 0; i < NUMBERS; i++)
		bns_put_u64(form + 2 + 8 * i, numbers[i]);
}

static void decode(const uint8_t form[FORM_LEN], struct bns_accepted_file *file)
{
	uint64_t numbers[NUMBERS];
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

void bns_accepted_file_read(struct bns_gate *g, struct bns_zone *zone)
{
	void *form = NULL;
	size_t len;
	if (bns_zone_is_secondary(zone) || !zone->conf->file ||
	    bns_store_get(g->store, BNS_DB_FILE, zone->apex, bns_name_len(zone->apex), &form, &len))
		return;
	if (len == FORM_LEN && ((uint8_t *)form)[0] == FORM_VERSION)
		zone->work->file = malloc(sizeof(*zone->work->file));
	if (zone->work->file)
		decode(form, zone->work->file);
	free(form);
}

/* ---- in memory ---- */

static bool is_accepted(const struct bns_zone *zone)
{
	const struct bns_accepted_file *file = zone->work->file;
	return file && file->version_seq == zone->record.version_seq && zone->state == BNS_IMAGE_SERVED;
}

void bns_accepted_file_recall(struct bns_job *job)
{
	/* With a change held, a file that is back at what is served takes that change back. */
	if (is_accepted(job->zone) && !job->zone->held)
		job->seen = job->zone->work->file->seen;
}

static bool same_digest(const struct bns_file_seen *a, const struct bns_file_seen *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

void bns_accepted_file_note(const struct bns_job *job, enum bns_outcome outcome)
{
	struct bns_zone_work *work = job->zone->work;
	if (job->kind != BNS_JOB_FILE)
		return;
	bool accepted = job->seen.known && (outcome == BNS_OUTCOME_SERVED || outcome == BNS_OUTCOME_NOTHING_NEW);
	if (!accepted) {
		free(work->file);
		work->file = NULL;
		return;
	}
	bool is_news = !is_accepted(job->zone) || !same_digest(&work->file->seen, &job->seen);
	if (is_news && outcome == BNS_OUTCOME_NOTHING_NEW && !job->gate->stopping)
		put_alone(job);
	if (!work->file)
		work->file = malloc(sizeof(*work->file));
	if (work->file)
		*work->file = (struct bns_accepted_file){job->seen, job->zone->record.version_seq};
}
