/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A zone as it is answered from: octets in one piece, offsets instead of pointers,
 * RRsets encoded ready to be copied into a message. Immutable once built.
 *
 *   struct bns_image, apex | nodes | index | per node: RRsets, name, and per RRset: wire, signatures, fixups
 *   | negative SOA | denial of existence
 *
 * An RRset's wire form is its records one after the other, each beginning with
 * the two-octet owner pointer C0 0C (the question's name, offset 12). Names in
 * RDATA are compressed against the apex, or against an earlier name of the
 * same RRset; such two-octet pointers are listed as fixups, since they become
 * absolute only in a message:
 *     stored 0xC000 | k, fixup at p without BNS_FIXUP_SELF: k octets into the apex name
 *     stored 0xC000 | k, fixup at p with BNS_FIXUP_SELF: k octets into this RRset's wire form
 * Every question answered from a zone ends in its apex, so the apex's place in
 * the message is always known: 12 + (length of question name - length of apex).
 * Pointers keep a name's case: only suffixes that are equal octet by octet are
 * compressed. k is below 8192 with BNS_FIXUP_SELF, so the sum fits a pointer
 * where the RRset begins below 8192 in the message; elsewhere the encoder has
 * to look.
 *
 * In a signed zone the RRSIGs that cover an RRset follow its wire form in the
 * same shape, so that both are copied at once; they hold no pointers but their
 * owners. Only an RRSIG that covers nothing at its name is an RRset of its own.
 *
 * Thread: built anywhere, then read by any.
 */
#ifndef BNS_ZONE_IMAGE_H
#define BNS_ZONE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rcu.h"
#include "wire/name.h"
#include "zone/contents.h"

enum bns_image_state {
	BNS_IMAGE_SERVED,
	BNS_IMAGE_NOT_READY, /* no version yet, or none that may be served: SERVFAIL, EDE 14 */
	BNS_IMAGE_EXPIRED,   /* SERVFAIL, EDE 24 */
};

/*
 * A node without RRsets is an empty non-terminal. An occluded one is never a CUT, CNAME or DNAME as well, whatever it
 * holds: going up from it, the first CUT or DNAME is the one that counts.
 */
enum bns_node_flag {
	BNS_NODE_CUT = 1,      /* NS below the apex: a zone cut */
	BNS_NODE_OCCLUDED = 2, /* below a cut or a DNAME: glue or unreachable */
	BNS_NODE_WILDCARD = 4, /* has a child "*": answers for what doesn't exist below */
	BNS_NODE_CNAME = 8,
	BNS_NODE_DNAME = 16,
	BNS_NODE_NSEC3 = 32, /* holds NSEC3 alone: not a name of the zone, so never found (RFC 5155 §7.2.8) */
};

#define BNS_RRSET_RDATA 12     /* where RDATA begins in a record of a wire form */
#define BNS_FIXUP_SELF  0x8000 /* the other 15 bits are the position in the RRset's wire form */

struct bns_node {
	uint32_t hash;   /* upper 32 bits of bns_name_hash */
	uint32_t name;   /* offset of the wire name, lower-case */
	uint32_t rrsets; /* offset of rrset_count struct bns_rrset, by type ascending */
	uint16_t rrset_count;
	uint8_t name_len;
	uint8_t labels;
	uint8_t flags;
	uint8_t pad[3];
};

struct bns_rrset {
	uint32_t wire; /* offset */
	uint32_t wire_len;
	uint32_t fixups; /* offset of fixup_count uint16_t */
	union {
		uint32_t glue;   /* NS, SVCB, HTTPS: offset of glue_count uint32_t numbers of nodes that may be added */
		uint32_t target; /* CNAME, DNAME: offset of the uncompressed, lower-case target; 0: a CNAME's that leads
				    out of the zone */
	};
	uint32_t signatures; /* offset of struct bns_signatures, 0 = not signed */
	uint32_t ttl;
	uint16_t type;
	uint16_t count;
	uint16_t fixup_count;
	uint16_t glue_count;
};

/* The RRSIGs of an RRset; their wire form begins where the RRset's ends. */
struct bns_signatures {
	uint32_t wire_len;
	uint16_t count;
	uint16_t pad; /* zero: images are written to files and compared by their octets */
};

#define BNS_NSEC3_HASH_LEN 20 /* SHA-1, the one algorithm there is (RFC 5155 §11) */

/* An NSEC3 of the zone's active chain. */
struct bns_nsec3 {
	uint8_t hash[BNS_NSEC3_HASH_LEN]; /* its owner's */
	uint32_t node;                    /* number */
};

/* How a signed zone proves what isn't there (zone/image_denial.h looks it up). */
struct bns_denial {
	uint32_t count;
	uint32_t chain; /* offset: node numbers (uint32_t) of NSEC owners, or struct bns_nsec3, in order */
	uint8_t is_nsec3;
	uint8_t salt_len; /* NSEC3PARAM's, as the iterations (RFC 5155 §4.1) */
	uint16_t iterations;
	uint8_t salt[];
};

struct bns_image {
	struct bns_rcu_head rcu; /* the table's, to free it */
	uint64_t apex_hash;      /* bns_name_hash */
	uint32_t size_bytes;     /* of the whole allocation */
	uint32_t serial;
	uint32_t negative_ttl; /* min(SOA TTL, SOA MINIMUM), RFC 2308 §5 */
	uint32_t node_count;   /* in canonical order: node 0 is the apex; empty non-terminals are there */
	uint32_t nodes;        /* offset */
	uint32_t index; /* offset of uint32_t [index_mask + 1]: node number + 1, 0 = free; probed from hash >> 32 on */
	uint32_t index_mask;
	uint32_t negative_soa; /* offset of a struct bns_rrset: the SOA with negative_ttl; maybe the apex's own */
	uint32_t denial;       /* offset of struct bns_denial, 0 = the zone can't prove what isn't there */
	uint8_t state;         /* enum bns_image_state; all below the apex is zero unless SERVED */
	uint8_t is_signed;
	uint8_t apex_len;
	uint8_t apex_labels;
	uint8_t is_mapped; /* lies in a file: whoever put it there frees it, and nobody writes to it */
	uint8_t apex[];    /* lower-case wire name */
};

/*
 * From finished contents that zone/check.c found sound. BNS_ERANGE beyond
 * 4 GiB; BNS_EINVAL without a SOA at the apex, with owners out of the zone or
 * malformed RDATA: what isn't sound is refused, never read past its end.
 */
enum bns_error bns_image_build(const struct bns_contents *c, struct bns_image **out) BNS_MUST_CHECK;

/* A zone that has nothing to serve: state NOT_READY or EXPIRED. */
enum bns_error bns_image_placeholder(const uint8_t *apex, enum bns_image_state state,
				     struct bns_image **out) BNS_MUST_CHECK;

/*
 * A number that is another one where images look otherwise, so that those a
 * former program has left aren't taken for ours: what a sample becomes, and
 * this constant, to be raised where the octets mean something else.
 */
#define BNS_IMAGE_LAYOUT 1
uint64_t bns_image_layout(void);

/* Only for images that no table ever held. NULL and a mapped one are allowed, and left alone. */
void bns_image_free(struct bns_image *img);

static inline const void *bns_image_at(const struct bns_image *img, uint32_t offset)
{
	return (const uint8_t *)img + offset;
}

static inline const struct bns_node *bns_image_node(const struct bns_image *img, uint32_t number)
{
	return (const struct bns_node *)bns_image_at(img, img->nodes) + number;
}

static inline const struct bns_rrset *bns_node_rrsets(const struct bns_image *img, const struct bns_node *node)
{
	return bns_image_at(img, node->rrsets);
}

static inline const struct bns_signatures *bns_rrset_signatures(const struct bns_image *img,
								const struct bns_rrset *set)
{
	return set->signatures ? bns_image_at(img, set->signatures) : NULL;
}

/* The node of a lower-case wire name with its bns_name_hash, or NULL. */
const struct bns_node *bns_image_find(const struct bns_image *img, const uint8_t *name, uint8_t name_len,
				      uint64_t hash);

/*
 * The node that most likely has this hash, or NULL: whoever uses it compares
 * its name. Asks memory for what is stored of it.
 */
const struct bns_node *bns_image_guess(const struct bns_image *img, uint64_t hash);

/* The SOA's EXPIRE in seconds. `img` is SERVED. */
uint32_t bns_image_soa_expire(const struct bns_image *img);

/* The RRset of a node, or NULL. */
const struct bns_rrset *bns_node_rrset(const struct bns_image *img, const struct bns_node *node, uint16_t type);

/* The records an image answers with, as finished contents: what is served is what is diffed. A placeholder has none. */
enum bns_error bns_image_contents(const struct bns_image *img, struct bns_contents **out) BNS_MUST_CHECK;

#endif
