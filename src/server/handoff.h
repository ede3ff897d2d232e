/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker leaves to the main loop: a ring of fixed slots with one writer
 * and one reader. No lock, no allocation; a full ring refuses.
 * Thread: `push` the worker, `first` and `pop` the main loop.
 */
#ifndef BNS_SERVER_HANDOFF_H
#define BNS_SERVER_HANDOFF_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define BNS_HANDOFF_SLOTS 64
#define BNS_HANDOFF_BYTES 4098 /* a message of 4096 octets with its length before it */

struct bns_tls;

/* Where something came from. */
struct bns_handoff_origin {
	enum bns_transport transport; /* all but UDP: a connection, whose descriptor and TLS go along */
	int fd;
	struct bns_tls *tls;
	union bns_addr client;
	union bns_addr local; /* datagrams: family 0 where not known */
};

struct bns_handoff_item {
	struct bns_handoff_origin from;
	size_t len;
	uint8_t data[BNS_HANDOFF_BYTES];
};

struct bns_handoff {
	alignas(64) atomic_uint written; /* the worker's; both only grow */
	alignas(64) atomic_uint read;    /* the main loop's */
	struct bns_handoff_item items[BNS_HANDOFF_SLOTS];
};

/* False: the ring is full, or the data is too long. */
bool bns_handoff_push(struct bns_handoff *h, const struct bns_handoff_origin *from, const uint8_t *data, size_t len);

/* The oldest item, or NULL. It stays until bns_handoff_pop. */
const struct bns_handoff_item *bns_handoff_first(struct bns_handoff *h);
void bns_handoff_pop(struct bns_handoff *h);

#endif
