/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What leads from one version of a zone to the next, record by record: those
 * that went and those that came, each side in canonical order with its SOA, as
 * a difference of IXFR has it (RFC 1995 §4). Unlike zone/diff.h it knows
 * octets: a name in RDATA that only changed its case is a change. Thread: any.
 */
#ifndef BNS_ZONE_DELTA_H
#define BNS_ZONE_DELTA_H

#include "zone/contents.h"

struct bns_delta {
	struct bns_contents *removed;
	struct bns_contents *added;
};

enum bns_error bns_delta_make(const struct bns_contents *before, const struct bns_contents *after,
			      struct bns_delta *out) BNS_MUST_CHECK;
void bns_delta_free(struct bns_delta *d);

/* From what was after it back to what was before. BNS_EFORMAT: it doesn't end in `after`. */
enum bns_error bns_delta_undo(const struct bns_delta *d, const struct bns_contents *after,
			      struct bns_contents **out) BNS_MUST_CHECK;

/* Byte form for the store: the length of one side, then both in the form of bns_contents_encode. */
enum bns_error bns_delta_encode(const struct bns_delta *d, uint8_t **data, size_t *len) BNS_MUST_CHECK;
enum bns_error bns_delta_decode(const uint8_t *data, size_t len, struct bns_delta *out) BNS_MUST_CHECK;

#endif
