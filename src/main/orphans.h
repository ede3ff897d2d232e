/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones that the store knows and neither the configuration nor a member
 * accounts for: removed while the daemon was down. Their removal goes through
 * the gate as any other, so that a restart is no way around it. Thread: main.
 */
#ifndef BNS_MAIN_ORPHANS_H
#define BNS_MAIN_ORPHANS_H

#include "gate/gate.h"

/* After all other zones were added: adds these, as they are served, and asks the gate to let them go. */
enum bns_error bns_orphans_remove(struct bns_gate *gate, struct bns_store *store, bns_result_fn done,
				  void *arg) BNS_MUST_CHECK;

#endif
