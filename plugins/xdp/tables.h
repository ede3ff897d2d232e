/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plugin's side of the arrays it shares with the kernel (shared.h): names
 * come and go by zone. Memory is the caller's, the kernel's maps or anybody's.
 * Thread: main loop.
 */
#ifndef XDP_TABLES_H
#define XDP_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"

/* Also what a record's neighbours in its zone are: nobody else reads that. */
struct xdp_tables {
	struct xdp_control *control;
	struct xdp_bucket *buckets;
	struct xdp_record *records;
	uint32_t record_count; /* at most */
	uint32_t used;         /* numbers below were given out once */
	uint32_t names;        /* in the tables now */
	uint32_t free;         /* first of those given back, through `next` */
	uint32_t *next;        /* of the same zone, by record; XDP_NONE ends */
	uint32_t *head;        /* of a zone, by its apex's record */
	uint8_t *shared;       /* by record: a name of more than one zone, which stays and is passed up */
};

#define XDP_NONE UINT32_MAX

/* Buckets for so many names. */
uint32_t xdp_tables_buckets(uint32_t names);

/* `control->seed` and `bucket_count` are set, all else is zero. */
bool xdp_tables_init(struct xdp_tables *t, struct xdp_control *control, struct xdp_bucket *buckets,
		     struct xdp_record *records, uint32_t record_count);
void xdp_tables_free(struct xdp_tables *t);

/*
 * Replaces what is known of a zone, whose apex is `set[0]`, in one step for
 * readers. Without room for all of it the apex alone is taken, to be passed
 * up; false: not even that, and nothing is denied any more. `count` 0: the
 * zone goes.
 */
bool xdp_tables_replace(struct xdp_tables *t, const __u64 apex[XDP_NAME_WORDS], const struct xdp_record *set,
			size_t count);

/* A set of changes that readers see as one: what they met between the two, they pass up. */
void xdp_tables_begin(struct xdp_tables *t);
void xdp_tables_end(struct xdp_tables *t);

/* NULL: not there. */
const struct xdp_record *xdp_tables_find(const struct xdp_tables *t, const __u64 name[XDP_NAME_WORDS]);

#endif
