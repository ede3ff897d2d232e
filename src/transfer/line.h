/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line: so many run at once, the others wait their turn, first come, first
 * served. Thousands of zones may be due in the same second; their sockets, and
 * the primary's backlog, would not suffice for all. A line that leads to
 * another one starts nobody while that one is full: who waits costs little
 * before its first turn, and much after it. Thread: one.
 */
#ifndef BNS_TRANSFER_LINE_H
#define BNS_TRANSFER_LINE_H

#include <stdbool.h>
#include <sys/queue.h>

/* Embedded in who runs; all zero: in no line. */
struct bns_place {
	struct bns_line *line; /* NULL: neither waits nor runs */
	void (*start)(struct bns_place *place);
	TAILQ_ENTRY(bns_place) entry; /* while it waits; else all NULL */
};

struct bns_line {
	TAILQ_HEAD(, bns_place) waiting;
	TAILQ_HEAD(, bns_line) stopped; /* lines that lead here, and start nobody since this one is full */
	unsigned count;                 /* who waits and who runs */
	unsigned running;
	unsigned max;          /* at once */
	unsigned full;         /* so many may be in it before those that lead here stop; 0: any number */
	bool starting;         /* those that wait are being started */
	bool is_stopped;       /* in next->stopped */
	struct bns_line *next; /* where most go from here; NULL: nowhere */
	TAILQ_ENTRY(bns_line) entry;
};

static inline bool bns_place_runs(const struct bns_place *place)
{
	return place->line && !place->entry.tqe_prev;
}

/* `next` NULL: leads nowhere. */
void bns_line_init(struct bns_line *line, unsigned max, unsigned full, struct bns_line *next);

/* Nobody may be in it. */
void bns_line_close(struct bns_line *line);

/* Leaves the line it is in, and waits in this one; `start` is called when it may run, maybe before this returns. */
void bns_line_enter(struct bns_line *line, struct bns_place *place, void (*start)(struct bns_place *));

/* Neither waits nor runs any more; the next one may be started before this returns. */
void bns_line_leave(struct bns_place *place);

/* `to` has the place from now on that `from` runs at. */
void bns_line_pass(struct bns_place *from, struct bns_place *to);

#endif
