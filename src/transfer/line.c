/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/line.h"

#include <stddef.h>

void bns_line_init(struct bns_line *line, unsigned max)
{
	TAILQ_INIT(&line->waiting);
	line->running = 0;
	line->max = max;
	line->starting = false;
}

/* Who is started may end at once and come back here: the outermost call goes on, so that no stack grows with the line.
 */
static void start_waiting(struct bns_line *line)
{
	if (line->starting)
		return;
	line->starting = true;
	while (!TAILQ_EMPTY(&line->waiting) && line->running < line->max) {
		struct bns_place *place = TAILQ_FIRST(&line->waiting);
		TAILQ_REMOVE(&line->waiting, place, entry);
		place->running = true;
		line->running++;
		place->start(place);
	}
	line->starting = false;
}

void bns_line_enter(struct bns_line *line, struct bns_place *place, void (*start)(struct bns_place *))
{
	bns_line_leave(place);
	place->line = line;
	place->start = start;
	TAILQ_INSERT_TAIL(&line->waiting, place, entry);
	start_waiting(line);
}

void bns_line_leave(struct bns_place *place)
{
	struct bns_line *line = place->line;

	if (!line)
		return;
	place->line = NULL;
	if (!place->running) {
		TAILQ_REMOVE(&line->waiting, place, entry);
		return;
	}
	place->running = false;
	line->running--;
	start_waiting(line);
}
