/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Catalog zones at work (RFC 9432). A catalog with `catalog-role: interpret`
 * is followed: what its accepted version lists comes, changes and goes as
 * members (gate/members.h), each through the gate. One with `generate` is made
 * here of the zones whose `catalog-zone` it is, and submitted like any version.
 *
 * A version that was accepted is the whole truth: following it again changes
 * nothing, so a restart or an interruption needs no memory of its own.
 * Thread: main loop.
 */
#ifndef BNS_TRANSFER_CATALOGS_H
#define BNS_TRANSFER_CATALOGS_H

#include "gate/members.h"

struct bns_catalogs;

struct bns_catalogs *bns_catalogs_new(struct bns_gate *g, struct bns_members *ms);

/* After the gate. NULL is allowed. */
void bns_catalogs_free(struct bns_catalogs *cs);

/* At the start, once all zones are there, and after a reload. */
void bns_catalogs_refresh(struct bns_catalogs *cs);

/* Is that owner of members a catalog that is here, with which they come and go? */
bool bns_catalog_is_followed(struct bns_gate *g, const char *owner);

/* A zone has a new version. */
void bns_catalogs_published(struct bns_catalogs *cs, struct bns_zone *zone);

/* A zone came, has other settings, or (`gone`) left. */
void bns_catalogs_changed(struct bns_catalogs *cs, const struct bns_zone *zone, bool gone);

/* About once a second: what had to wait. */
void bns_catalogs_tick(struct bns_catalogs *cs, int64_t now_s);

#endif
