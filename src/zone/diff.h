/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changes between two versions of a zone, RRset by RRset in canonical
 * order, canonical in case, dots and record order; a TTL counts. Thread: any.
 */
#ifndef BNS_ZONE_DIFF_H
#define BNS_ZONE_DIFF_H

#include "zone/contents.h"

/* The slices point into the compared contents. A missing side has count 0. */
struct bns_change_item {
	const uint8_t *owner;
	uint16_t type;
	const struct bns_record *before;
	size_t before_count;
	const struct bns_record *after;
	size_t after_count;
};

struct bns_diff {
	struct bns_change_item *items; /* the SOA's serial alone is no item */
	size_t count;
	bool serial_differs;
	uint32_t before_serial; /* 0 where that side is missing */
	uint32_t after_serial;
};

/* Either side may be NULL: all is added, or all removed. Must outlive neither of them. */
enum bns_error bns_diff_make(const struct bns_contents *before, const struct bns_contents *after,
			     struct bns_diff *out) BNS_MUST_CHECK;
void bns_diff_free(struct bns_diff *d);

#endif
