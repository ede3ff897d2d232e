/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One RRset → its wire form in an image (image.h says how it looks). Names in
 * RDATA are compressed octet by octet, so that their case survives the way
 * through an image. Thread: one at a time.
 */
#ifndef BNS_ZONE_IMAGE_RRSET_H
#define BNS_ZONE_IMAGE_RRSET_H

#include "zone/image.h"
#include "zone/image_blob.h"

/*
 * Suffixes remembered in one RRset, the apex's included. RRsets whose names
 * share anything share it early; without a limit, thousands of names in one
 * RRset would be compared with each other.
 */
#define BNS_SQUEEZE_TARGETS_MAX 256

/* A fixup may stand below 32768, and no type has more than one in 8 octets (MINFO: 16 octets with two names). */
#define BNS_SQUEEZE_FIXUPS_MAX 4096

/* A name that a later one may point at. */
struct bns_squeeze_target {
	const uint8_t *name; /* uncompressed, in a record */
	uint16_t pointer;    /* 0xC000 | offset into the apex or the wire form */
	uint16_t flag;       /* 0 or BNS_FIXUP_SELF */
	uint8_t len;
};

struct bns_squeeze {
	const uint8_t *apex;
	struct bns_squeeze_target targets[BNS_SQUEEZE_TARGETS_MAX];
	unsigned apex_count; /* the first targets are the apex and its parents */
	unsigned count;
	uint16_t fixups[BNS_SQUEEZE_FIXUPS_MAX];
	uint16_t fixup_count;
};

/* For a zone; `apex` must outlive `s`. */
void bns_squeeze_open(struct bns_squeeze *s, const uint8_t *apex);

/*
 * One RRset after the other: begin, add its records (in one call or more), sign
 * with the RRSIGs that cover it, if any, end. Fills all of `out` but glue. The
 * blob's error is BNS_ERANGE where records are too many, and BNS_EINVAL where
 * RDATA is malformed.
 */
void bns_rrset_begin(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *first, struct bns_rrset *out);
void bns_rrset_add(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *records, size_t count,
		   struct bns_rrset *out);
void bns_rrset_sign(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *rrsigs, size_t count,
		    struct bns_rrset *out);
void bns_rrset_end(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *first, struct bns_rrset *out);

#endif
