/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends the files of many zones through the gate, a bounded number at a time:
 * a million zones must not mean a million changes in memory. Thread: main.
 */
#ifndef BNS_MAIN_LOADER_H
#define BNS_MAIN_LOADER_H

#include <sys/queue.h>

#include "base/progress.h"
#include "gate/gate.h"

struct bns_loader {
	struct bns_gate *gate;
	STAILQ_HEAD(, bns_loading) waiting; /* by name: a zone may go meanwhile */
	unsigned in_hand;
	bool started;
	bool pumping;
	struct bns_progress progress;
	size_t refused;
	size_t held;
	size_t same;
};

void bns_loader_init(struct bns_loader *l, struct bns_gate *gate);

/* The zone's file shall be read; nothing where it isn't served from one. Before the start they wait in line. */
void bns_loader_add(struct bns_loader *l, const struct bns_zone *zone);
void bns_loader_start(struct bns_loader *l);

/* No further file; what is in hand ends by itself. */
void bns_loader_stop(struct bns_loader *l);

/* Once nothing is in hand any more. */
void bns_loader_free(struct bns_loader *l);

#endif
