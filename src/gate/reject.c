/* SPDX-License-Identifier: BSD-3-Clause */
/* A held candidate that an operator doesn't want: kept by name, so that it isn't fetched again. */
#include <stdio.h>
#include <string.h>

#include "gate/work.h"

#define REJECTED_KEPT 8

/* The oldest rejections, which make room for one more, so that a flapping primary can't fill the store. */
static struct bns_candidate **first_too_old(struct bns_zone *zone)
{
	struct bns_candidate **link = &zone->rejected;
	for (unsigned kept = 1; *link && kept < REJECTED_KEPT; kept++)
		link = &(*link)->next;
	return link;
}

static enum bns_error unstore_too_old(struct bns_store_txn *txn, struct bns_zone *zone)
{
	enum bns_error err = BNS_OK;
	for (const struct bns_candidate *c = *first_too_old(zone); c && !err; c = c->next)
		err = bns_candidate_unstore(txn, c->id);
	return err;
}

static void forget_too_old(struct bns_zone *zone)
{
	struct bns_candidate **link = first_too_old(zone);
	while (*link) {
		struct bns_candidate *c = *link;
		*link = c->next;
		bns_candidate_free(c);
	}
}

static enum bns_error put(struct bns_store_txn *txn, struct bns_job *job, const struct bns_candidate *c)
{
	enum bns_error err = bns_candidate_unstore(txn, c->id);
	if (!err)
		err = bns_candidate_store(txn, job->zone, c, NULL, 0);
	if (!err)
		err = unstore_too_old(txn, job->zone);
	if (!err)
		err = bns_audit_candidate(job->gate, txn, "rejected", job->zone, c, job->by, job->why);
	return err;
}

static void rejected(void *arg, enum bns_error err, const char *reason)
{
	struct bns_job *job = arg;
	struct bns_zone *zone = job->zone;
	struct bns_candidate *c = zone->held;
	/* A removal may have been taken back meanwhile (bns_gate_zone_keep): then nothing of it is left anywhere. */
	if (!c || strcmp(c->id, job->id) != 0) {
		bns_job_end(job, BNS_OUTCOME_NOTHING_NEW, "candidate %s doesn't wait any more", job->id);
		return;
	}
	if (err) {
		c->state = BNS_CANDIDATE_HELD;
		bns_job_end(job, BNS_OUTCOME_FAILED, "the rejection could not be stored: %s", reason);
		return;
	}
	zone->held = NULL;
	zone->leaving = zone->leaving && c->origin != BNS_ORIGIN_REMOVAL;
	forget_too_old(zone);
	c->next = zone->rejected;
	zone->rejected = c;
	char text[BNS_REASON_MAX];
	snprintf(text, sizeof(text), "by %.*s: %.*s", 100, job->by, 350, job->why);
	bns_announce(job->gate, BNS_LOG_NOTICE, "rejected", zone, job, text);
	bns_job_end(job, BNS_OUTCOME_REJECTED, "%s", "");
}

void bns_reject(struct bns_job *job)
{
	struct bns_candidate *c = job->zone->held;
	if (!c || strcmp(c->id, job->id) != 0) {
		bns_job_end_late(job, BNS_OUTCOME_FAILED, "candidate %s doesn't wait any more", job->id);
		return;
	}
	struct bns_store_txn *txn = bns_store_begin(job->gate->store);
	c->state = BNS_CANDIDATE_REJECTED;
	enum bns_error err = txn ? put(txn, job, c) : BNS_ENOMEM;
	if (err) {
		bns_store_drop(txn);
		c->state = BNS_CANDIDATE_HELD;
		bns_job_end_late(job, BNS_OUTCOME_FAILED, "the rejection could not be stored: %s", bns_strerror(err));
		return;
	}
	bns_store_commit(txn, rejected, job);
}
