/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The differences between versions of a zone as an IXFR answer tells them
 * (RFC 1995 §4): what each step removes and adds, the SOA first; and what they
 * make of the version they begin at. Thread: one at a time.
 */
#ifndef BNS_TRANSFER_CHANGES_H
#define BNS_TRANSFER_CHANGES_H

#include "zone/contents.h"

#define BNS_CHANGES_REASON_MAX 256

struct bns_changes {
	struct bns_contents *records; /* of all sections, as they came; unfinished */
	size_t *sections;             /* where each begins, at its SOA; it removes, the next adds, and so on */
	size_t section_count;
	size_t section_capacity;
};

enum bns_error bns_changes_open(struct bns_changes *c, const uint8_t *apex) BNS_MUST_CHECK;
void bns_changes_close(struct bns_changes *c);

/* The next section begins; its SOA is added like any record. */
enum bns_error bns_changes_section(struct bns_changes *c) BNS_MUST_CHECK;

enum bns_error bns_changes_add(struct bns_changes *c, const uint8_t *owner, uint16_t type, uint32_t ttl,
			       const void *rdata, uint16_t rdlen) BNS_MUST_CHECK;

/*
 * What becomes of `base`, unfinished. BNS_EFORMAT: a step removes what isn't
 * there, or adds what is; `reason` is half a sentence about the differences.
 * TTLs aren't compared. O(n) in the zone, O(log n) per difference.
 */
enum bns_error bns_changes_apply(const struct bns_changes *c, const struct bns_contents *base,
				 struct bns_contents **out, char reason[BNS_CHANGES_REASON_MAX]) BNS_MUST_CHECK;

#endif
