/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's UDP sockets: datagrams come and go in batches, through buffers
 * that all of its sockets share. Thread: the worker's, but for open and close.
 */
#ifndef BNS_SERVER_UDP_H
#define BNS_SERVER_UDP_H

#include "server/worker.h"

enum bns_error bns_udp_open(struct bns_worker *w, const struct bns_worker_conf *conf,
			    struct bns_udp **out) BNS_MUST_CHECK;

/* Closes the handles; they are gone when the loop has run on. NULL is allowed. */
void bns_udp_stop(struct bns_udp *udp);
void bns_udp_close(struct bns_udp *udp);

#endif
