/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NOTIFY to downstream servers (RFC 1996 §3), retried after 1, 2, 4, ... s.
 * All share one socket per address family, since many zones may be published
 * at once. Thread: main loop.
 */
#ifndef BNS_TRANSFER_NOTIFY_OUT_H
#define BNS_TRANSFER_NOTIFY_OUT_H

#include "transfer/transfer_internal.h"

/* NULL when memory is short. */
struct bns_notices *bns_notices_new(struct bns_transfer *t);

/* To every address of zone->conf->set->notify; what was on its way for the zone is replaced. */
void bns_notices_send(struct bns_notices *ns, const struct bns_zone *zone);

/* The zone leaves: nothing more about it is sent. */
void bns_notices_drop(struct bns_notices *ns, const uint8_t *apex);

/* Closes; the memory goes when libuv lets go of the handles. */
void bns_notices_stop(struct bns_notices *ns);

#endif
