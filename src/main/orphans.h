/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones that the store knows and the configuration doesn't: removed while the
 * daemon was down. Their removal goes through the gate as any other, so that a
 * restart is no way around it. Thread: main.
 */
#ifndef BNS_MAIN_ORPHANS_H
#define BNS_MAIN_ORPHANS_H

#include "gate/gate.h"

struct bns_orphan;

struct bns_orphans {
	struct bns_orphan *first; /* settings of those that are served on; they outlive the zones */
};

/* After all configured zones were added: adds the others and asks the gate to let them go. */
enum bns_error bns_orphans_remove(struct bns_orphans *o, struct bns_gate *gate, struct bns_store *store,
				  bns_result_fn done, void *arg) BNS_MUST_CHECK;

/* After the gate. */
void bns_orphans_free(struct bns_orphans *o);

#endif
