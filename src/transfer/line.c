/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/line.h"

#include <stddef.h>

void bns_line_init(struct bns_line *line, unsigned max, unsigned full, struct bns_line *next)
{
	*line = (struct bns_line){.max = max, .full = full, .next = next};
	TAILQ_INIT(&line->waiting);
	TAILQ_INIT(&line->stopped);
}

void bns_line_close(struct bns_line *line)
{
	if (line->is_stopped)
		TAILQ_REMOVE(&line->next->stopped, line, entry);
	line->is_stopped = false;
}

/* Is there no sense in starting any? Then the next line tells when there is. */
static bool stops(struct bns_line *line)
{
	if (!line->next || line->next->full == 0 || line->next->count < line->next->full)
		return false;
	if (!line->is_stopped)
		TAILQ_INSERT_TAIL(&line->next->stopped, line, entry);
	line->is_stopped = true;
	return true;
}

static void delist(struct bns_line *line, struct bns_place *place)
{
	TAILQ_REMOVE(&line->waiting, place, entry);
	place->entry.tqe_next = NULL;
	place->entry.tqe_prev = NULL;
}

/* Who is started may end at once and come back here: the outermost call goes on, so that no stack grows with the line.
 */
static void start_waiting(struct bns_line *line)
{
	if (line->starting)
		return;
	line->starting = true;
	while (!TAILQ_EMPTY(&line->waiting) && line->running < line->max && !stops(line)) {
		struct bns_place *place = TAILQ_FIRST(&line->waiting);
		delist(line, place);
		line->running++;
		place->start(place);
	}
	line->starting = false;
}

/* Those that lead here, the longest stopped first; one that can't go on for long comes back behind the others. */
static void start_stopped(struct bns_line *line)
{
	struct bns_line *first;

	while (line->count < line->full && (first = TAILQ_FIRST(&line->stopped))) {
		TAILQ_REMOVE(&line->stopped, first, entry);
		first->is_stopped = false;
		start_waiting(first);
	}
}

void bns_line_enter(struct bns_line *line, struct bns_place *place, void (*start)(struct bns_place *))
{
	bns_line_leave(place);
	place->line = line;
	place->start = start;
	TAILQ_INSERT_TAIL(&line->waiting, place, entry);
	line->count++;
	start_waiting(line);
}

void bns_line_leave(struct bns_place *place)
{
	struct bns_line *line = place->line;

	if (!line)
		return;
	line->count--;
	if (bns_place_runs(place)) {
		place->line = NULL;
		line->running--;
		start_waiting(line);
	} else {
		delist(line, place);
		place->line = NULL;
	}
	start_stopped(line);
}

void bns_line_pass(struct bns_place *from, struct bns_place *to)
{
	*to = *from; /* who runs isn't linked */
	*from = (struct bns_place){0};
}
