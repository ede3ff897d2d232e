/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "gate/work.h"

void bns_accepted_file_recall(struct bns_job *job)
{
	const struct bns_zone *zone = job->zone;
	const struct bns_accepted_file *file = zone->work->file;
	/* With a change held, a file that is back at what is served takes that change back. */
	bool usable =
		file && file->version_seq == zone->record.version_seq && zone->state == BNS_IMAGE_SERVED && !zone->held;
	if (usable)
		job->seen = file->seen;
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
	if (!work->file)
		work->file = malloc(sizeof(*work->file));
	/* Without the memory it is parsed again, no more. */
	if (work->file)
		*work->file = (struct bns_accepted_file){job->seen, job->zone->record.version_seq};
}
