/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line: so many run at once, the others wait their turn, first come, first
 * served. Thousands of zones may be due in the same second; their sockets, and
 * the primary's backlog, would not suffice for all. Thread: one.
 */
#ifndef BNS_TRANSFER_LINE_H
#define BNS_TRANSFER_LINE_H

#include <stdbool.h>
#include <sys/queue.h>

/* Embedded in who runs; all zero: in no line. */
struct bns_place {
	struct bns_line *line; /* NULL: neither waits nor runs */
	bool running;
	void (*start)(struct bns_place *place);
	TAILQ_ENTRY(bns_place) entry;
};

struct bns_line {
	TAILQ_HEAD(, bns_place) waiting;
	unsigned running;
	unsigned max;
	bool starting; /* those that wait are being started */
};

void bns_line_init(struct bns_line *line, unsigned max);

/* Leaves the line it is in, and waits in this one; `start` is called when it may run, maybe before this returns. */
void bns_line_enter(struct bns_line *line, struct bns_place *place, void (*start)(struct bns_place *));

/* Neither waits nor runs any more; the next one may be started before this returns. */
void bns_line_leave(struct bns_place *place);

#endif
