/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The nodes an image will have: every owner, and every name between an owner
 * and the apex, since such a name exists too (empty non-terminals, RFC 4592
 * §2.2.2). Canonical order. Thread: one at a time.
 */
#ifndef BNS_ZONE_IMAGE_PLAN_H
#define BNS_ZONE_IMAGE_PLAN_H

#include "zone/image.h"

#define BNS_NSEC3_LABEL_LEN 32 /* 20 octets in base32hex without padding (RFC 5155 §3.3) */

struct bns_plan_node {
	const uint8_t *name; /* in an owner of the contents */
	size_t first;        /* its records in the contents */
	size_t count;        /* 0: an empty non-terminal */
	uint32_t hash;       /* as in struct bns_node */
	uint8_t name_len;
	uint8_t labels;
	uint8_t flags;
};

struct bns_plan {
	struct bns_plan_node *nodes;
	size_t count;
	size_t capacity;
	size_t nsec3_count;                /* nodes that hold NSEC3 alone */
	uint32_t path[BNS_LABELS_MAX + 1]; /* the last node's ancestors and itself, by labels */
};

/* BNS_EINVAL where the first node isn't the apex, or an owner is out of the zone. Free it in any case. */
enum bns_error bns_plan_make(const struct bns_contents *c, struct bns_plan *plan) BNS_MUST_CHECK;
void bns_plan_free(struct bns_plan *plan);

#endif
