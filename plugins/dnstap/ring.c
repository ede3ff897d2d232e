/* SPDX-License-Identifier: BSD-3-Clause */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

bool dt_ring_init(struct dt_ring *ring, size_t places)
{
	ring->places = calloc(places, sizeof(*ring->places));
	if (!ring->places)
		return false;
	ring->mask = places - 1;
	ring->taken = 0;
	atomic_init(&ring->put, 0);
	for (size_t i = 0; i < places; i++)
		atomic_init(&ring->places[i].turn, i);
	return true;
}

void dt_ring_free(struct dt_ring *ring)
{
	free(ring->places);
	ring->places = NULL;
}

/* The next place to be filled, which is the caller's then; NULL: the ring is full. */
static struct dt_place *claim(struct dt_ring *ring, uint64_t *number)
{
	uint64_t n = atomic_load_explicit(&ring->put, memory_order_relaxed);

	for (;;) {
		struct dt_place *place = &ring->places[n & ring->mask];
		uint64_t turn = atomic_load_explicit(&place->turn, memory_order_acquire);
		if (turn < n)
			return NULL;
		if (turn > n) {
			n = atomic_load_explicit(&ring->put, memory_order_relaxed);
		} else if (atomic_compare_exchange_weak_explicit(&ring->put, &n, n + 1, memory_order_relaxed,
								 memory_order_relaxed)) {
			*number = n;
			return place;
		}
	}
}

bool dt_ring_put(struct dt_ring *ring, const struct bns_exchange *exchange, const struct timespec *at)
{
	uint64_t number;

	if (exchange->query_len + exchange->response_len > DT_OCTETS_MAX)
		return false;
	struct dt_place *place = claim(ring, &number);
	if (!place)
		return false;
	struct dt_record *r = &place->record;
	r->client = *exchange->client;
	r->transport = exchange->transport;
	r->at = *at;
	r->query_len = exchange->query_len;
	r->response_len = exchange->response_len;
	memcpy(r->octets, exchange->query, exchange->query_len);
	if (exchange->response_len > 0)
		memcpy(r->octets + exchange->query_len, exchange->response, exchange->response_len);
	atomic_store_explicit(&place->turn, number + 1, memory_order_release);
	return true;
}

const struct dt_record *dt_ring_first(struct dt_ring *ring)
{
	struct dt_place *place = &ring->places[ring->taken & ring->mask];

	if (atomic_load_explicit(&place->turn, memory_order_acquire) != ring->taken + 1)
		return NULL;
	return &place->record;
}

void dt_ring_pop(struct dt_ring *ring)
{
	struct dt_place *place = &ring->places[ring->taken & ring->mask];

	atomic_store_explicit(&place->turn, ring->taken + ring->mask + 1, memory_order_release);
	ring->taken++;
}
