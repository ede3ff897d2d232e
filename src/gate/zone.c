/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "gate/members.h"
#include "gate/work.h"

/* One piece of memory a zone: there may be a million. */
struct zone_memory {
	struct bns_zone zone;
	struct bns_zone_work work;
	uint8_t names[]; /* wire name, then its text */
};

struct bns_zone *bns_zone_new(const struct bns_conf_zone *conf, struct bns_slab *slab)
{
	uint8_t apex[BNS_NAME_MAX];
	char text[BNS_NAME_TEXT_MAX];
	size_t len;
	if (bns_name_from_text(conf->domain, NULL, apex, &len))
		return NULL;
	bns_name_lower(apex);
	size_t text_len = strlen(bns_name_to_text_nodot(apex, text)) + 1;
	size_t bytes = sizeof(struct zone_memory) + len + text_len;
	struct zone_memory *m = slab ? bns_slab_alloc(slab, bytes) : calloc(1, bytes);
	if (!m)
		return NULL;
	memcpy(m->names, apex, len);
	memcpy(m->names + len, text, text_len);
	m->zone.apex = m->names;
	m->zone.text = (const char *)m->names + len;
	m->zone.work = &m->work;
	m->work.in_slab = slab;
	m->zone.conf = conf;
	bns_conf_zone_hold(conf);
	m->zone.state = BNS_IMAGE_NOT_READY;
	return &m->zone;
}

void bns_zone_free(struct bns_zone *zone)
{
	bns_approvals_free(zone->work);
	bns_refused_forget(zone);
	bns_candidate_free(zone->held);
	while (zone->rejected) {
		struct bns_candidate *c = zone->rejected;
		zone->rejected = c->next;
		bns_candidate_free(c);
	}
	free(zone->last_error);
	bns_member_free(zone->member);
	bns_conf_zone_release(zone->conf);
	/* Its work lies in the same piece. */
	if (zone->work->in_slab)
		bns_slab_free(zone);
	else
		free(zone);
}
