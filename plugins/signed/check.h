/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole signed zone: every authoritative RRset is signed, and the NSEC or
 * NSEC3 chain closes. What the served version suffers from too isn't fresh.
 * Thread: any that may read both.
 */
#ifndef BNS_SIGNED_CHECK_H
#define BNS_SIGNED_CHECK_H

#include <stdatomic.h>

#include "verify.h"

#define SV_LISTED 20

struct sv_finding {
	uint8_t owner[BNS_NAME_MAX];
	uint16_t type;
	enum sv_reason reason;
	bool fresh;
};

struct sv_result {
	struct sv_finding list[SV_LISTED];
	size_t listed;
	size_t count;       /* all, maybe more than are listed */
	size_t fresh_count; /* of all */
};

/* Which signature ends first. */
struct sv_expiry {
	int64_t at_s; /* INT64_MAX: there is none */
	uint8_t owner[BNS_NAME_MAX];
	uint16_t type;
};

/* `served` may be NULL. Ends early, with what it has, once `stop` is true (NULL: never). */
void sv_check(const struct sv_terms *t, const struct bns_contents *zone, const struct bns_contents *served,
	      const _Atomic bool *stop, struct sv_result *out);

void sv_earliest(const struct bns_contents *zone, int64_t now_s, struct sv_expiry *out);

#endif
