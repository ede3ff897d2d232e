/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker for one UDP socket: datagrams come and go in batches, one system
 * call each way, and between them is nothing but answering. It sleeps in the
 * call that receives, and no poll watches the socket: every datagram sent or
 * received would wake the poll's queue for nothing.
 * Thread: `open` the main loop; the rest the worker itself.
 */
#ifndef BNS_SERVER_UDP_H
#define BNS_SERVER_UDP_H

#include "server/worker.h"

/* `fd` is a blocking socket, borrowed: the server's to close, after the worker. */
enum bns_error bns_udp_open(const struct bns_worker_conf *conf, int fd, struct bns_worker **out) BNS_MUST_CHECK;

#endif
