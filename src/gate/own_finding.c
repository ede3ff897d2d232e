/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/own_finding.h"

#include <stdlib.h>
#include <string.h>

const struct bns_review_result *bns_own_finding_add(struct bns_own_finding *own, const char *by,
						    const struct bns_note *note, const struct bns_review_result *result)
{
	free(own->notes);
	own->notes = calloc(result->note_count + 1, sizeof(*own->notes));
	if (!own->notes)
		return NULL;
	if (result->note_count > 0)
		memcpy(own->notes, result->notes, result->note_count * sizeof(*own->notes));
	own->notes[result->note_count] = (struct bns_review_note){.plugin = by, .note = *note};
	own->result = *result;
	own->result.notes = own->notes;
	own->result.note_count++;
	if (own->result.verdict < note->verdict)
		own->result.verdict = note->verdict;
	return &own->result;
}

void bns_own_finding_free(struct bns_own_finding *own)
{
	free(own->notes);
	own->notes = NULL;
}
