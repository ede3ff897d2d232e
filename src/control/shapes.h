/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON shapes that several verbs share. Thread: main loop. New references; NULL when memory is short. */
#ifndef BNS_CONTROL_SHAPES_H
#define BNS_CONTROL_SHAPES_H

#include <jansson.h>

#include "control/call.h"

/* All zones, sorted by name; the caller's to free(). NULL and 0 where there are none. */
struct bns_zone **bns_zones_sorted(struct bns_gate *g, size_t *count);

const char *bns_image_state_word(enum bns_image_state state); /* served, not-ready, expired */
const char *bns_origin_word(enum bns_origin origin);          /* file, transfer, control, restore, removal */

#define BNS_RCODE_WORD_MAX 16

/* NXDOMAIN; RCODE17 in `number` where there is no word. */
const char *bns_rcode_word(unsigned rcode, char number[BNS_RCODE_WORD_MAX]);

/* RFC 3339, or null for 0. */
json_t *bns_json_time(int64_t wall_s);

/* A row of `zone list`. */
json_t *bns_json_zone(const struct bns_zone *zone);

/* What became of a change of that zone: an element of `zone reload`'s. */
json_t *bns_json_result(struct bns_gate *gate, const char *zone, const struct bns_result *r);

/* Ends the call with what became of its one zone, or with a word about that. */
void bns_end_with_result(struct bns_call *call, const char *zone, const struct bns_result *r);
void bns_end_with_word(struct bns_call *call, const char *zone, const char *outcome);

/* An element of `held list`. */
json_t *bns_json_candidate(const struct bns_zone *zone, const struct bns_candidate *c);

#endif
