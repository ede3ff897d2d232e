/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening sockets that somebody else opened and keeps: a service manager, so
 * that queries wait in the kernel while the daemon is started again. Their
 * queries are lost to whoever doesn't read them, so every one has a reader: of
 * several for one address each worker gets its own, and workers that would go
 * without share. Thread: main.
 */
#ifndef BNS_SERVER_ADOPT_H
#define BNS_SERVER_ADOPT_H

#include "base/addr.h"

struct bns_passed {
	int fd;       /* the caller's to close; workers get duplicates */
	char *name;   /* by which its keeper knows it */
	bool adopted; /* some address is answered on it */
};

struct bns_passed_list {
	struct bns_passed *sockets;
	size_t count;
};

/* How many of them listen at `addr` by `transport`. */
size_t bns_adopt_count(const struct bns_passed_list *passed, const union bns_addr *addr, enum bns_transport transport);

/* A duplicate of the one that worker number `worker` shall read; there must be some. */
enum bns_error bns_adopt(struct bns_passed_list *passed, const union bns_addr *addr, enum bns_transport transport,
			 unsigned worker, int *fd, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
