/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP and TLS connections that a worker has handed over: transfers, NOTIFY, signed
 * and ordinary questions, answered one after the other as they came.
 * Thread: main loop.
 */
#ifndef BNS_TRANSFER_CONNECTION_H
#define BNS_TRANSFER_CONNECTION_H

#include "transfer/transfer_internal.h"

/* Takes `fd` and `tls` (detached; NULL: in the clear) over; `pending` is what was read already. */
void bns_connection_open(struct bns_transfer *t, int fd, struct bns_tls *tls, const union bns_addr *client,
			 const uint8_t *pending, size_t len);

void bns_connection_close(struct bns_connection *c);

#endif
