/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a resolver would make of a name from the records of the zone in hand and
 * of those served beside it: zone cuts, DNAME, CNAME chains and wildcards, as RFC 1034 §4.3.2, RFC 6672 and
 * RFC 4592 have them. Thread: main loop.
 */
#ifndef BRANDING_RESOLVE_H
#define BRANDING_RESOLVE_H

#include "branding.h"

#define LB_STEPS_MAX 16 /* CNAMEs in a row; more counts as a loop */

enum lb_end {
	LB_END_OUTSIDE, /* left what we serve */
	LB_END_ADDRESS, /* a name in the zone with A or AAAA */
	LB_END_NODATA,  /* a name in the zone with neither, nor a CNAME */
	LB_END_NXDOMAIN,
	LB_END_HIDDEN, /* the first name lies at or below a zone cut */
	LB_END_LOOP,
};

struct lb_path {
	enum lb_end end;
	unsigned steps;                                /* CNAMEs followed */
	uint8_t names[LB_STEPS_MAX + 2][BNS_NAME_MAX]; /* names[0] is where it began, names[steps] where it ended */
	bool by_wildcard;                              /* the first name's records are a wildcard's */
	bool by_dname;                                 /* the first name lies below a DNAME */
	const uint8_t *above;                          /* that DNAME's, wildcard's or cut's owner, or NULL */
	const struct bns_record *first;                /* the first CNAME (or DNAME), or NULL */
	uint32_t ttl_max;                              /* of all CNAMEs followed */
	const struct bns_contents *zone;               /* of the last look-up; NULL: none of ours */
	const struct bns_record *last;                 /* what stands at the last name, a wildcard's too; or NULL */
	size_t last_count;
};

void lb_resolve(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name, struct lb_path *path);

/* All records at the very name, whatever lies above. */
const struct bns_record *lb_node(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name,
				 size_t *count);

/* The first record of a type among those of a node, or NULL. */
const struct bns_record *lb_of_type(const struct bns_record *node, size_t count, uint16_t type);

#endif
