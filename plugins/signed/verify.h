/* SPDX-License-Identifier: BSD-3-Clause */
/* Is one RRset of a signed zone signed as a validator wants it (RFC 4035 §5.3)? Thread: any. */
#ifndef BNS_SIGNED_VERIFY_H
#define BNS_SIGNED_VERIFY_H

#include "plugin/plugin.h"

/* Of several signatures that don't help, the reason further down is told. */
enum sv_reason {
	SV_SOUND,
	SV_UNSIGNED,
	SV_NO_KEY, /* by none of the apex's zone keys */
	SV_EARLY,  /* not valid yet */
	SV_EXPIRED,
	SV_BOGUS,
	SV_FAILED,  /* memory ran out */
	SV_CHAIN,   /* the RRset is an NSEC or NSEC3 that doesn't lead to the next one, or should be there and isn't */
	SV_DROPPED, /* the zone was signed and isn't any more */
	SV_REASONS,
};

/* What a judgement stands on. */
struct sv_terms {
	const struct bns_host *host;
	int64_t now_s;
	uint64_t skew_s; /* of our clock */
};

/* The RRset [rr, rr + count) of `zone`: one good signature suffices. */
enum sv_reason sv_verify(const struct sv_terms *t, const struct bns_contents *zone, const struct bns_record *rr,
			 size_t count);

/* RRSIG fields; the record is valid. */
uint16_t sv_rrsig_covers(const struct bns_record *rrsig);

/* Expiration in seconds since 1970: of the times that the field can mean the one nearest to now (RFC 4034 §3.1.5). */
int64_t sv_rrsig_expires(const struct bns_record *rrsig, int64_t now_s);

bool sv_name_equal(const uint8_t *a, const uint8_t *b); /* whatever their case */
size_t sv_name_len(const uint8_t *name);

#endif
