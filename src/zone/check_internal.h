/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the structural check share. Thread: any, one check each. */
#ifndef BNS_ZONE_CHECK_INTERNAL_H
#define BNS_ZONE_CHECK_INTERNAL_H

#include "base/buf.h"
#include "zone/check.h"

#define OWNER_SHOWN "%.200s" /* leaves room for the sentence */

struct bns_checker {
	const struct bns_contents *c;
	struct bns_problems *out;
	enum bns_error err;
	const uint8_t *dname; /* the DNAME owner above or at the record at hand, or NULL */
	const uint8_t *cut;   /* likewise, the topmost zone cut */
};

/* `fmt` goes on after the owner's name: "www.example.com. ...". */
void bns_check_report(struct bns_checker *k, enum bns_check rule, const struct bns_record *r, const char *fmt, ...)
	BNS_PRINTF(4, 5);

/* What an RRSIG covers; else the record's own type. */
static inline uint16_t bns_check_covered_type(const struct bns_record *r)
{
	return r->type == BNS_TYPE_RRSIG && r->rdlen >= 2 ? bns_get_u16(r->rdata) : r->type;
}

/* The rules for one RRset and its records, in check_rrset.c. */
void bns_check_rrset(struct bns_checker *k, const struct bns_record *r, size_t count);

#endif
