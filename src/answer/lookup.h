/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the answer to a question is, decided from a zone's image alone: no
 * packet is read or written here. The algorithm of RFC 1034 §4.3.2 with
 * wildcards (RFC 4592), DNAME (RFC 6672) and delegation (RFC 2181 §6.1); the
 * words are RFC 9499's. No allocation.
 * Thread: any that may read the image.
 */
#ifndef BNS_ANSWER_LOOKUP_H
#define BNS_ANSWER_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/message.h"
#include "zone/image.h"

#define BNS_CHASE_MAX 16 /* aliases followed inside a zone for one question */
#define BNS_PROOF_MAX                                                                                                  \
	(BNS_CHASE_MAX + 1 + 3) /* one for each name from a wildcard, three for a denial (RFC 5155 §7.2) */

enum bns_decision_kind {
	BNS_DECISION_ANSWER,   /* the last name has what was asked for */
	BNS_DECISION_NODATA,   /* the last name exists, the type doesn't */
	BNS_DECISION_NXDOMAIN, /* the last name doesn't exist (RFC 6604 §3 counts the last of a chain) */
	BNS_DECISION_REFERRAL, /* the last name is at or below a zone cut */
	BNS_DECISION_ALIAS,    /* ends with an alias: out of the zone, a loop, or the limit */
	BNS_DECISION_YXDOMAIN, /* a DNAME makes the name too long (RFC 6672 §2.2) */
};

/*
 * A name the answer is about: number 0 is the question's, each further one the
 * target of the alias before it. All lie in the zone, but for the last one of
 * BNS_DECISION_ALIAS, which isn't listed.
 */
struct bns_decision_name {
	const uint8_t *name;         /* lower-case */
	const struct bns_node *node; /* itself, or the nearest above it: its cut, DNAME or closest encloser */
	uint8_t len;
};

/* An RRset with the owner it is given under: the last `owner_len` octets of a listed name. */
struct bns_placed_rrset {
	const struct bns_rrset *rrset;
	const uint8_t *target; /* not NULL: a CNAME to this name, synthesised from the DNAME in `rrset` */
	uint8_t name;          /* which of the names */
	uint8_t owner_len;
	bool signatures_only; /* what was asked for is RRSIG */
};

/* Points into the image and into itself: can't be copied. Only what the counts cover is initialised. */
struct bns_decision {
	enum bns_decision_kind kind;
	enum bns_rcode rcode;
	bool aa;
	bool has_authority;
	uint8_t name_count;
	uint8_t answer_count;
	const uint8_t *source; /* what answers the question itself: its own name, a wildcard, a DNAME's owner, a zone
				  cut, or the closest encloser of what isn't there */
	struct bns_decision_name names[BNS_CHASE_MAX + 1];
	struct bns_placed_rrset answer[2 * (BNS_CHASE_MAX + 1)];
	struct bns_placed_rrset authority; /* the cut's NS, or the negative SOA; its glue is the RRset's */
	bool dnssec;                       /* RRsets go with their RRSIGs, and what follows is initialised */
	uint8_t proof_count;
	const struct bns_rrset *ds;                           /* of the cut, or NULL */
	const struct bns_node *proof[BNS_PROOF_MAX];          /* whose NSEC or NSEC3 is given (answer/proof.h) */
	struct bns_qname chased;                              /* the name looked at behind an alias */
	uint8_t synthesised[BNS_CHASE_MAX + 1][BNS_NAME_MAX]; /* targets made from DNAMEs */
};

/*
 * Decides. `img` is SERVED and holds `qname`, which must live as long as the
 * decision. `dnssec_ok`: the requestor wants DNSSEC's records (RFC 3225 §3),
 * and gets them if the zone is signed.
 */
void bns_lookup(const struct bns_image *img, const struct bns_qname *qname, uint16_t qtype, bool dnssec_ok,
		struct bns_decision *out);

#endif
