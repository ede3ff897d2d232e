/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exchanges on their way from packet threads to the one that writes: a ring of
 * fixed places, without lock or allocation. A full ring refuses.
 * Threads: any number put, one takes.
 */
#ifndef DNSTAP_RING_H
#define DNSTAP_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "plugin/plugin.h"

#define DT_OCTETS_MAX 4096 /* of request and answer together */

struct dt_record {
	union bns_addr client;
	enum bns_transport transport;
	struct timespec at;
	size_t query_len, response_len; /* a response of 0: there was none */
	uint8_t octets[DT_OCTETS_MAX];  /* the request, then the answer */
};

struct dt_place {
	/* Whose turn it is: `n` to be filled as number n, n + 1 to be taken. */
	_Atomic uint64_t turn;
	struct dt_record record;
};

struct dt_ring {
	struct dt_place *places;
	uint64_t mask;
	_Alignas(64) _Atomic uint64_t put;
	_Alignas(64) uint64_t taken; /* the writer's */
};

/* Room for a power of two of them. */
bool dt_ring_init(struct dt_ring *ring, size_t places);
void dt_ring_free(struct dt_ring *ring);

/* False: it is full, or the exchange doesn't fit. */
bool dt_ring_put(struct dt_ring *ring, const struct bns_exchange *exchange, const struct timespec *at);

/* The oldest one, or NULL; it stays until dt_ring_pop. */
const struct dt_record *dt_ring_first(struct dt_ring *ring);
void dt_ring_pop(struct dt_ring *ring);

#endif
