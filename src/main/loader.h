/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends the files of many zones through the gate, a bounded number at a time:
 * a million zones must not mean a million changes in memory. Thread: main.
 */
#ifndef BNS_MAIN_LOADER_H
#define BNS_MAIN_LOADER_H

#include "gate/gate.h"

struct bns_loader {
	struct bns_gate *gate;
	const struct bns_conf *conf;
	size_t next; /* in conf->zones */
	unsigned in_hand;
	bool running;
	bool pumping;
	size_t refused;
	size_t held;
};

void bns_loader_init(struct bns_loader *l, struct bns_gate *gate);

/* Begins with the first zone of `conf`, which must stay until the loader is idle or restarted. */
void bns_loader_start(struct bns_loader *l, const struct bns_conf *conf);

/* No further file; what is in hand ends by itself. */
void bns_loader_stop(struct bns_loader *l);

#endif
