/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was refused of a primary is refused again: until its serial changes,
 * policies are read again, or an operator asks for a retransfer, it isn't
 * fetched once more. After a restart it is, once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate/work.h"

#define REFUSED_KEPT 8

struct bns_refused {
	char source[BNS_SOURCE_MAX];
	uint32_t serial;
	struct bns_refused *next;
};

void bns_refused_forget(struct bns_zone *zone)
{
	while (zone->work->refused) {
		struct bns_refused *r = zone->work->refused;
		zone->work->refused = r->next;
		free(r);
	}
}

static void drop_oldest(struct bns_zone *zone)
{
	struct bns_refused **link = &zone->work->refused;
	for (unsigned kept = 0; *link && kept < REFUSED_KEPT; kept++)
		link = &(*link)->next;
	free(*link);
	*link = NULL;
}

void bns_refused_remember(const struct bns_job *job)
{
	struct bns_zone *zone = job->zone;
	if (job->kind != BNS_JOB_SUBMIT || job->origin != BNS_ORIGIN_TRANSFER || !job->candidate ||
	    bns_refused_before(zone, job->source, job->candidate->serial))
		return;
	struct bns_refused *r = malloc(sizeof(*r));
	if (!r) /* then it is fetched again */
		return;
	snprintf(r->source, sizeof(r->source), "%s", job->source);
	r->serial = job->candidate->serial;
	r->next = zone->work->refused;
	zone->work->refused = r;
	drop_oldest(zone);
}

bool bns_refused_before(const struct bns_zone *zone, const char *source, uint32_t serial)
{
	for (const struct bns_refused *r = zone->work->refused; r; r = r->next)
		if (r->serial == serial && bns_same_primary(r->source, source))
			return true;
	return false;
}
