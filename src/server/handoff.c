/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/handoff.h"

#include <string.h>

bool bns_handoff_push(struct bns_handoff *h, const struct bns_handoff_origin *from, const uint8_t *data, size_t len)
{
	unsigned written = atomic_load_explicit(&h->written, memory_order_relaxed);
	unsigned read = atomic_load_explicit(&h->read, memory_order_acquire);
	if (written - read == BNS_HANDOFF_SLOTS || len > BNS_HANDOFF_BYTES)
		return false;
	struct bns_handoff_item *item = &h->items[written % BNS_HANDOFF_SLOTS];
	item->from = *from;
	item->len = len;
	memcpy(item->data, data, len);
	atomic_store_explicit(&h->written, written + 1, memory_order_release);
	return true;
}

const struct bns_handoff_item *bns_handoff_first(struct bns_handoff *h)
{
	unsigned read = atomic_load_explicit(&h->read, memory_order_relaxed);
	if (atomic_load_explicit(&h->written, memory_order_acquire) == read)
		return NULL;
	return &h->items[read % BNS_HANDOFF_SLOTS];
}

void bns_handoff_pop(struct bns_handoff *h)
{
	unsigned read = atomic_load_explicit(&h->read, memory_order_relaxed);
	atomic_store_explicit(&h->read, read + 1, memory_order_release);
}
