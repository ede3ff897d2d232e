/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that ask by ldns share. Thread: one order's. */
#ifndef BNS_HELPER_PROBE_DNS_H
#define BNS_HELPER_PROBE_DNS_H

#include <ldns/ldns.h>

#include "helper/probe.h"
#include "wire/rrtype.h"

/* The answer, to be freed; NULL: none came. `server` NULL: the resolver. */
ldns_pkt *bns_probe_query(const struct bns_probe_settings *s, const union bns_addr *server, const char *name,
			  unsigned type, bool checking_disabled);

/* Lower-case, without the final dot. */
void bns_probe_name_text(const ldns_rdf *name, char out[BNS_PROBE_NAME_MAX]);

#endif
