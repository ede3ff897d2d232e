/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of zones: where the packet side and the change side meet. Readers
 * find the image of the zone a name belongs to; the one writer (main loop,
 * behind the gate) replaces it. Images are freed after a grace period.
 */
#ifndef BNS_ZONE_TABLE_H
#define BNS_ZONE_TABLE_H

#include "zone/image.h"

struct bns_table;

struct bns_table *bns_table_new(void);

/* No reader may be left. Frees every image in it. */
void bns_table_free(struct bns_table *t);

/*
 * Reader, online in RCU: the image of the longest zone at or above the name,
 * or NULL: not ours. Valid until the reader's next quiescent state. `qtype_ds`
 * set: a DS question at a zone's apex belongs to the parent zone if that one
 * is here too (RFC 4035 §3.1.4.1).
 */
const struct bns_image *bns_table_find(const struct bns_table *t, const struct bns_qname *qname, bool qtype_ds);

/*
 * Reader, ahead of bns_table_find for the same name: asks memory for the slots
 * where its zone may be, then for the image that is most likely its zone's.
 */
void bns_table_prefetch(const struct bns_table *t, const struct bns_qname *qname);
const struct bns_image *bns_table_guess(const struct bns_table *t, const struct bns_qname *qname);

/* Does the guess hold? Else bns_table_find has to look. For all questions but those of type DS. */
bool bns_table_confirm(const struct bns_image *guess, const struct bns_qname *qname);

/* Writer: the image of exactly this zone, or NULL. Good until this zone is published or withdrawn again. */
const struct bns_image *bns_table_get(const struct bns_table *t, const uint8_t *apex);

/*
 * Writer: takes the image over and replaces the zone's former one. On
 * BNS_ENOMEM nothing changed, and the image is still the caller's. Publishing
 * a zone that is in the table can't fail. A mapped image stays whose it is: it
 * must be there as long as a reader may have it.
 */
enum bns_error bns_table_publish(struct bns_table *t, struct bns_image *img) BNS_MUST_CHECK;

/*
 * Writer: the same for many, which are new to the table: room is made for `count` of them, memory is asked for the slot
 * of each, and then they are published with their end (see bns_table_set_expires).
 */
enum bns_error bns_table_reserve(struct bns_table *t, size_t count) BNS_MUST_CHECK;
void bns_table_ask_slot(const struct bns_table *t, uint64_t hash);
enum bns_error bns_table_publish_new(struct bns_table *t, struct bns_image *img, int64_t expires_s) BNS_MUST_CHECK;

/* Writer: the zone is not ours any more. */
void bns_table_withdraw(struct bns_table *t, const uint8_t *apex);

/* Writer: readers see it from now on, and in the zone's next images. Nothing where the zone isn't in the table. */
void bns_table_set_expires(struct bns_table *t, const uint8_t *apex, int64_t expires_s);

/* Reader: when a secondary's zone expires unless it is refreshed, in wall clock seconds; 0: it is a primary's. */
int64_t bns_table_expires(const struct bns_table *t, const struct bns_image *img);

/* Zones in it. */
size_t bns_table_count(const struct bns_table *t);

#endif
