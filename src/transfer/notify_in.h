/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NOTIFY from a primary (RFC 1996): the zone's refresh begins now. Taken from
 * the zone's own primaries, and from whom an acl allows it. Thread: main loop.
 */
#ifndef BNS_TRANSFER_NOTIFY_IN_H
#define BNS_TRANSFER_NOTIFY_IN_H

#include "transfer/asked.h"

void bns_notify_in(struct bns_transfer *t, struct bns_asked *a, struct bns_reply *reply);

#endif
