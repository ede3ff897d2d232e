/* SPDX-License-Identifier: BSD-3-Clause */
/* Events that the helper hasn't done with: it may die, and then they are told again. Thread: main loop. */
#ifndef HOOKS_PENDING_H
#define HOOKS_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOKS_PENDING_MAX 1000

struct hooks_event {
	uint64_t id;
	unsigned ways_left; /* a bit for each way it isn't told by yet */
	bool is_sent;       /* to the helper that runs now */
	struct hooks_event *next;
	char message[];
};

struct hooks_pending {
	struct hooks_event *first, **last;
	size_t count;
	uint64_t last_id;
};

void hooks_pending_init(struct hooks_pending *p);
void hooks_pending_free(struct hooks_pending *p);

/* NULL: too many wait, or memory is short. `json` is an object's text. */
struct hooks_event *hooks_pending_add(struct hooks_pending *p, const char *kind, const char *json, unsigned ways);

/* One that was kept, with its message as hooks_pending_add makes it. NULL likewise, or it isn't one. */
struct hooks_event *hooks_pending_put(struct hooks_pending *p, uint64_t id, const char *message);

/* One way (its bit) of that event came to its end. True: it was the last one, and the event is gone. */
bool hooks_pending_done(struct hooks_pending *p, uint64_t id, unsigned way);

/* The helper has died: none is sent. */
void hooks_pending_unsend(struct hooks_pending *p);

#endif
