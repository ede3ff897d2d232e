/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "signed.h"

/* Records, owners and RDATA in one allocation behind the structure. */
struct copy {
	struct bns_contents contents;
	struct bns_record records[];
};

struct job {
	struct job *next;
	struct bns_review *review;
	struct copy *zone;
	struct copy *served; /* NULL: none that is signed */
	struct sv_terms terms;
	struct sv_result result;
};

struct queue {
	struct job *first, **last;
};

struct sv_worker {
	pthread_t thread;
	pthread_mutex_t lock; /* of the queues */
	pthread_cond_t wake;
	_Atomic bool stop;
	struct queue waiting, done;
};

static void put(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct job *take(struct queue *q)
{
	struct job *job = q->first;

	if (job)
		q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	return job;
}

static void job_free(struct job *job)
{
	if (!job)
		return;
	free(job->zone);
	free(job->served);
	free(job);
}

static void *work(void *arg)
{
	struct sv_worker *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!atomic_load(&w->stop)) {
		struct job *job = take(&w->waiting);
		if (!job) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		sv_check(&job->terms, &job->zone->contents, job->served ? &job->served->contents : NULL, &w->stop,
			 &job->result);
		pthread_mutex_lock(&w->lock);
		put(&w->done, job);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static struct sv_worker *worker_start(void)
{
	struct sv_worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->waiting.last = &w->waiting.first;
	w->done.last = &w->done.first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (pthread_create(&w->thread, NULL, work, w) == 0)
		return w;
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

static size_t octets_of(const struct bns_contents *c)
{
	size_t octets = 0;

	for (size_t i = 0; i < c->count; i++)
		octets += sv_name_len(c->records[i].owner) + c->records[i].rdlen;
	return octets;
}

/* The zone may be gone before it is verified: a review that ends too late loses it. */
static struct copy *copy_zone(const struct bns_contents *c)
{
	struct copy *copy = malloc(sizeof(*copy) + c->count * sizeof(copy->records[0]) + octets_of(c));

	if (!copy)
		return NULL;
	memset(&copy->contents, 0, sizeof(copy->contents));
	memcpy(copy->contents.apex, c->apex, sizeof(c->apex));
	copy->contents.records = copy->records;
	copy->contents.count = c->count;
	copy->contents.serial = c->serial;
	copy->contents.is_signed = c->is_signed;
	uint8_t *at = (uint8_t *)&copy->records[c->count];
	for (size_t i = 0; i < c->count; i++) {
		struct bns_record *rr = &copy->records[i];
		size_t owner_len = sv_name_len(c->records[i].owner);
		*rr = c->records[i];
		rr->owner = memcpy(at, c->records[i].owner, owner_len);
		at += owner_len;
		if (rr->rdlen > 0)
			memcpy(at, c->records[i].rdata, rr->rdlen);
		rr->rdata = at;
		at += rr->rdlen;
	}
	return copy;
}

static struct job *job_new(const struct signed_state *s, const struct bns_change *change, struct bns_review *review)
{
	struct job *job = calloc(1, sizeof(*job));
	bool compare = change->served && change->served->is_signed;

	if (!job)
		return NULL;
	job->review = review;
	job->terms = (struct sv_terms){.host = s->host, .now_s = change->now_s, .skew_s = s->options->skew_s};
	job->zone = copy_zone(change->candidate);
	job->served = compare ? copy_zone(change->served) : NULL;
	if (job->zone && (job->served || !compare))
		return job;
	job_free(job);
	return NULL;
}

enum bns_error sv_worker_add(struct signed_state *s, const struct bns_change *change, struct bns_review *review)
{
	if (!s->worker)
		s->worker = worker_start();
	struct job *job = s->worker ? job_new(s, change, review) : NULL;
	if (!job)
		return BNS_ENOMEM;
	pthread_mutex_lock(&s->worker->lock);
	put(&s->worker->waiting, job);
	pthread_cond_signal(&s->worker->wake);
	pthread_mutex_unlock(&s->worker->lock);
	return BNS_OK;
}

static struct job *take_done(struct sv_worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct job *job = take(&w->done);
	pthread_mutex_unlock(&w->lock);
	return job;
}

void sv_worker_collect(struct signed_state *s)
{
	struct job *job;

	while (s->worker && (job = take_done(s->worker)) != NULL) {
		struct sv_expiry expiry;
		sv_earliest(&job->zone->contents, job->terms.now_s, &expiry);
		sv_tell(s, job->review, job->zone->contents.apex, &job->result, &expiry);
		job_free(job);
	}
}

void sv_worker_stop(struct signed_state *s)
{
	struct sv_worker *w = s->worker;
	struct job *job;

	if (!w)
		return;
	atomic_store(&w->stop, true);
	pthread_mutex_lock(&w->lock);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	while ((job = take(&w->waiting)) != NULL)
		job_free(job);
	while ((job = take(&w->done)) != NULL)
		job_free(job);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
	s->worker = NULL;
}
