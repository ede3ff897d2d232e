/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening sockets over a restart. A service manager passes in those of its
 * socket units, and those the daemon gave it to keep (systemd's file
 * descriptor store): queries that come while nobody runs wait in them.
 * Thread: main, before any other is started.
 */
#ifndef BNS_MAIN_PASSED_H
#define BNS_MAIN_PASSED_H

#include "server/server.h"

/* Takes what was passed in, by the protocol of sd_listen_fds(3). */
enum bns_error bns_passed_take(struct bns_passed_list *passed) BNS_MUST_CHECK;

/* After the server is open: has its own new sockets kept, and says which of those passed in nobody needs. */
void bns_passed_settle(const struct bns_passed_list *passed, const struct bns_server *server);

/* The workers have duplicates. */
void bns_passed_free(struct bns_passed_list *passed);

#endif
