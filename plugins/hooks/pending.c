/* SPDX-License-Identifier: BSD-3-Clause */
#include "pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX     256
#define MESSAGE      "{\"id\":%" PRIu64 ",\"ways\":%u,\"kind\":\"%s\",\"event\":%s}"
#define MESSAGE_HEAD "{\"id\":%" SCNu64 ",\"ways\":%u,"

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

static struct hooks_event *event_new(const struct hooks_pending *p, size_t cap)
{
	return p->count < HOOKS_PENDING_MAX ? calloc(1, sizeof(struct hooks_event) + cap) : NULL;
}

/* In order of their ids: those of the store come in the order of its keys. */
static void insert(struct hooks_pending *p, struct hooks_event *e)
{
	struct hooks_event **link = &p->first;

	if (p->count > 0 && e->id > p->last_id)
		link = p->last;
	while (*link && (*link)->id < e->id)
		link = &(*link)->next;
	e->next = *link;
	*link = e;
	if (!e->next)
		p->last = &e->next;
	p->count++;
	if (e->id > p->last_id)
		p->last_id = e->id;
}

struct hooks_event *hooks_pending_add(struct hooks_pending *p, const char *kind, const char *json, unsigned ways)
{
	size_t cap = strlen(json) + strlen(kind) + HEAD_MAX;
	struct hooks_event *e = event_new(p, cap);

	if (!e)
		return NULL;
	e->id = p->last_id + 1;
	e->ways_left = ways;
	snprintf(e->message, cap, MESSAGE, e->id, ways, kind, json);
	insert(p, e);
	return e;
}

struct hooks_event *hooks_pending_put(struct hooks_pending *p, uint64_t id, const char *message)
{
	unsigned ways;
	uint64_t its_id;
	struct hooks_event *e = event_new(p, strlen(message) + 1);

	if (!e)
		return NULL;
	if (sscanf(message, MESSAGE_HEAD, &its_id, &ways) != 2 || its_id != id) {
		free(e);
		return NULL;
	}
	e->id = id;
	e->ways_left = ways;
	strcpy(e->message, message);
	insert(p, e);
	return e;
}

bool hooks_pending_done(struct hooks_pending *p, uint64_t id, unsigned way)
{
	struct hooks_event **link = &p->first;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	struct hooks_event *e = *link;
	if (!e || (e->ways_left &= ~way) != 0)
		return false;
	*link = e->next;
	if (p->last == &e->next)
		p->last = link;
	free(e);
	p->count--;
	return true;
}

void hooks_pending_unsend(struct hooks_pending *p)
{
	for (struct hooks_event *e = p->first; e; e = e->next)
		e->is_sent = false;
}
