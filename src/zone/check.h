/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The structural rules of a zone; ldns checks none of them. What fails here
 * is refused and can't be approved. Thread: any; runs in libuv's pool.
 */
#ifndef BNS_ZONE_CHECK_H
#define BNS_ZONE_CHECK_H

#include "zone/contents.h"

/* Each rule has a stable word for messages and tests. */
#define BNS_CHECKS(X)                                                                                                  \
	X(BNS_CHECK_SOA_MISSING, "soa-missing") /* RFC 1035 §5.2 */                                                   \
	X(BNS_CHECK_SOA_SEVERAL, "soa-several") /* RFC 2181 §6.1 */                                                   \
	X(BNS_CHECK_SOA_NOT_APEX, "soa-not-apex")                                                                      \
	X(BNS_CHECK_NS_MISSING, "ns-missing")           /* RFC 1035 §5.2 */                                           \
	X(BNS_CHECK_OUT_OF_ZONE, "out-of-zone")         /* RFC 5936 §3.2, RFC 2181 §5.4 */                           \
	X(BNS_CHECK_CNAME_AND_OTHER, "cname-and-other") /* RFC 2181 §10.1; LB23 */                                    \
	X(BNS_CHECK_CNAME_SEVERAL, "cname-several")     /* RFC 2181 §10.1 */                                          \
	X(BNS_CHECK_DNAME_SEVERAL, "dname-several")     /* RFC 6672 §2.4 */                                           \
	X(BNS_CHECK_BELOW_DNAME, "below-dname")         /* RFC 6672 §2.4 */                                           \
	X(BNS_CHECK_GLUE_MISSING, "glue-missing")       /* RFC 1034 §4.2.1, RFC 9471 */                               \
	X(BNS_CHECK_NS_IS_CNAME, "ns-is-cname")         /* RFC 2181 §10.3 */                                          \
	X(BNS_CHECK_TTL_DIFFERS, "ttl-differs")         /* RFC 2181 §5.2 */                                           \
	X(BNS_CHECK_TTL_TOO_LARGE, "ttl-too-large")     /* RFC 2181 §8: 2^31 - 1 */                                   \
	X(BNS_CHECK_RDATA_BAD, "rdata-bad")                                                                            \
	X(BNS_CHECK_META_TYPE, "meta-type")             /* RFC 6895 §3.1 */                                           \
	X(BNS_CHECK_RRSET_TOO_LARGE, "rrset-too-large") /* fits no message of 65,535 octets */                         \
	X(BNS_CHECK_ZONEMD_BAD, "zonemd-bad")           /* RFC 8976 §4 */                                             \
	X(BNS_CHECK_NSEC3_COSTLY, "nsec3-costly")       /* RFC 5155 §10.3, RFC 9276 §3.1 */                          \
	X(BNS_CHECK_CATALOG_BAD, "catalog-bad")         /* RFC 9432 §5.1; zone/catalog.h */                           \
	X(BNS_CHECK_SERIAL_SIGNED, "serial-signed")     /* gate/serials.c */

enum bns_check {
#define X(code, word) code,
	BNS_CHECKS(X)
#undef X
};

const char *bns_check_word(enum bns_check rule);

struct bns_problem {
	enum bns_check rule;
	struct bns_diag where; /* file, line, and a sentence that names the owner */
	uint8_t owner[BNS_NAME_MAX];
	uint16_t type;
};

struct bns_problems {
	struct bns_problem *list; /* the first BNS_PROBLEMS_MAX */
	size_t count;             /* all that were found, maybe more than listed */
};

#define BNS_PROBLEMS_MAX 64

/* Finds all; returns an error only when memory is short or the crypto library fails. Free with bns_problems_free. */
enum bns_error bns_zone_check(const struct bns_contents *c, struct bns_problems *out) BNS_MUST_CHECK;
void bns_problems_free(struct bns_problems *p);

/*
 * One more problem of `c`, for rules that not every zone is under. `r` is the
 * record it is about; NULL: the zone lacks one of (owner, type). `fmt` goes on
 * after the owner's name: "www.example.com. ...". BNS_ENOMEM alone.
 */
enum bns_error bns_problems_add(struct bns_problems *p, const struct bns_contents *c, enum bns_check rule,
				const struct bns_record *r, const uint8_t *owner, uint16_t type, const char *fmt,
				va_list args) BNS_MUST_CHECK;

#endif
