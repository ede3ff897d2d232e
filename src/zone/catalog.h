/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Catalog zones (RFC 9432): a zone whose records list other zones. Read here
 * into a list of members, compared, and written; who follows a catalog and who
 * makes one is in transfer/. Thread: any; runs in libuv's pool.
 */
#ifndef BNS_ZONE_CATALOG_H
#define BNS_ZONE_CATALOG_H

#include "zone/check.h"

/* Names are lower-case; everything lies in the catalog's arena. */
struct bns_catalog_member {
	const uint8_t *zone;
	const uint8_t *label;      /* of its node, as a name of that one label */
	const uint8_t *coo;        /* the catalog it may move to (§4.4.1); NULL: none */
	const char *const *groups; /* §4.4.2, in canonical order; those that no name of ours can be are left out */
	size_t group_count;
};

struct bns_catalog {
	struct bns_arena arena;
	struct bns_catalog_member *members; /* by zone, in canonical order */
	size_t count;
};

/*
 * Reads finished contents. A broken catalog (§5.1) is told in `problems`, and
 * `out` is then good for nothing but to be freed. Errors: BNS_ENOMEM alone.
 */
enum bns_error bns_catalog_read(const struct bns_contents *c, struct bns_catalog *out,
				struct bns_problems *problems) BNS_MUST_CHECK;
void bns_catalog_free(struct bns_catalog *cat);

/* NULL: no member. O(log n). */
const struct bns_catalog_member *bns_catalog_find(const struct bns_catalog *cat, const uint8_t *zone);

/* Is it the same node still? Another label means: begin anew (§5.4, §5.6). */
bool bns_catalog_same_label(const struct bns_catalog_member *a, const struct bns_catalog_member *b);

/* A group that the member has. */
bool bns_catalog_has_group(const struct bns_catalog_member *m, const char *group);

/* What a catalog of ours says of a zone. */
struct bns_catalog_entry {
	const uint8_t *zone;
	const char *group; /* NULL: none */
};

/*
 * Finished contents that list `entries`. A member's label is made of its zone's
 * name alone, so it stays as long as the zone is a member, and is the same
 * after a restart and on every node. BNS_EINVAL: two are the same zone.
 */
enum bns_error bns_catalog_write(const uint8_t *apex, uint32_t serial, const struct bns_catalog_entry *entries,
				 size_t count, struct bns_contents **out) BNS_MUST_CHECK;

#endif
