/* SPDX-License-Identifier: BSD-3-Clause */
#include "pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 256

void hooks_pending_init(struct hooks_pending *p)
{
	*p = (struct hooks_pending){.last = &p->first};
}

void hooks_pending_free(struct hooks_pending *p)
{
	while (p->first) {
		struct hooks_event *next = p->first->next;
		free(p->first);
		p->first = next;
	}
	hooks_pending_init(p);
}

struct hooks_event *hooks_pending_add(struct hooks_pending *p, const char *kind, const char *json, unsigned ways)
{
	size_t cap = strlen(json) + strlen(kind) + HEAD_MAX;
	struct hooks_event *e = p->count < HOOKS_PENDING_MAX ? calloc(1, sizeof(*e) + cap) : NULL;

	if (!e)
		return NULL;
	e->id = ++p->last_id;
	e->ways_left = ways;
	snprintf(e->message, cap, "{\"id\":%" PRIu64 ",\"ways\":%u,\"kind\":\"%s\",\"event\":%s}", e->id, ways, kind,
		 json);
	*p->last = e;
	p->last = &e->next;
	p->count++;
	return e;
}

void hooks_pending_done(struct hooks_pending *p, uint64_t id, unsigned way)
{
	struct hooks_event **link = &p->first;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	struct hooks_event *e = *link;
	if (!e || (e->ways_left &= ~way) != 0)
		return;
	*link = e->next;
	if (p->last == &e->next)
		p->last = link;
	free(e);
	p->count--;
}

void hooks_pending_unsend(struct hooks_pending *p)
{
	for (struct hooks_event *e = p->first; e; e = e->next)
		e->is_sent = false;
}
