/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A primary's serial that jumps so far that there is hardly a way back: once
 * it is followed, everybody behind us is led up to where the right serial
 * counts as an older one (RFC 1982 §3.2), and has to be led around.
 */
#include <stdio.h>

#include "gate/work.h"

#define JUMP_MAX (1u << 30)

static bool has_jumped(const struct bns_job *job)
{
	const struct bns_zone_record *record = &job->zone->record;

	if (job->origin != BNS_ORIGIN_TRANSFER || job->approved || job->force || !job->candidate ||
	    !record->has_version)
		return false;
	return job->candidate->serial - record->upstream_serial > JUMP_MAX;
}

const struct bns_review_result *bns_jump_add(struct bns_job *job, const struct bns_review_result *result)
{
	struct bns_own_finding *own = &job->jump;
	const struct bns_note note = {
		.verdict = BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = 'H',
		.rule = "serial-jump",
		.owner = job->zone->apex,
		.type = BNS_TYPE_SOA,
		.rdata = "",
		.text = own->text,
		.remedy = "put the serial right at the primary, or approve it if it is meant",
	};

	if (!has_jumped(job))
		return result;
	snprintf(own->text, sizeof(own->text),
		 "the primary %.200s jumps from serial %u to %u: once that is published, serials in between count as "
		 "older, here and everywhere downstream",
		 job->source, job->zone->record.upstream_serial, job->candidate->serial);
	return bns_own_finding_add(own, "serial", &note, result);
}
