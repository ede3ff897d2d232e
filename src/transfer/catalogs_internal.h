/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of catalogs share. Thread: main loop. */
#ifndef BNS_TRANSFER_CATALOGS_INTERNAL_H
#define BNS_TRANSFER_CATALOGS_INTERNAL_H

#include <sys/queue.h>

#include "transfer/catalogs.h"
#include "zone/catalog.h"

/* A catalog that is or was followed or made; its zone may be gone. */
struct bns_catalog_at_work {
	struct bns_catalogs *all;
	uint8_t apex[BNS_NAME_MAX];
	char owner[BNS_NAME_TEXT_MAX]; /* its members' */
	unsigned in_hand;              /* members on their way, or a version that was submitted */
	bool due;                      /* to be looked at on a tick */
	int64_t not_before_s;          /* but not earlier */
	struct bns_catalog members;    /* of the version that was served when it was looked at last */
	bool *keep;                    /* made: beside `members`, those that stay listed */
	size_t ignored;                /* members of that version, for the names of others */
	char conflict[BNS_REASON_MAX]; /* what is to be said of those; "": nothing */
	char *told;                    /* the last that was reported; NULL: none */
	SLIST_ENTRY(bns_catalog_at_work) next;
};

struct bns_catalogs {
	struct bns_gate *gate;
	struct bns_members *members;
	SLIST_HEAD(, bns_catalog_at_work) list;
	bool zones_changed; /* what is made here may be out of date */
};

/* The zone's, or NULL where there is none. */
struct bns_catalog_at_work *bns_catalogs_find(struct bns_catalogs *cs, const uint8_t *apex);

static inline enum bns_catalog_role bns_catalog_role_of(const struct bns_zone *zone)
{
	return zone && zone->conf->set->catalog ? zone->conf->set->catalog->role : BNS_CATALOG_NONE;
}

/* Tells operators once of what stands in the way; "" takes it back. */
void bns_catalogs_report(struct bns_catalog_at_work *c, struct bns_zone *zone, const char *text);

/* catalog_follow.c: brings the members in line with the version that is served; later where some are on their way. */
void bns_catalog_follow(struct bns_catalog_at_work *c, struct bns_zone *zone);

/* The catalog was let go of: its members go too, each through the gate. */
void bns_catalog_release(struct bns_catalog_at_work *c);

/* catalog_make.c: submits a version that lists what is there, unless that is served or waits already. */
void bns_catalog_make(struct bns_catalog_at_work *c, struct bns_zone *zone);

#endif
