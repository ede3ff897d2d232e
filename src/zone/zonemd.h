/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does a zone's own digest (ZONEMD, RFC 8976) fit its records? Without DNSSEC
 * it is a checksum against accidents; with it, its signature is judged like
 * every other. Thread: any.
 */
#ifndef BNS_ZONE_ZONEMD_H
#define BNS_ZONE_ZONEMD_H

#include "zone/contents.h"

enum bns_zonemd {
	BNS_ZONEMD_ABSENT,
	BNS_ZONEMD_UNSUPPORTED, /* only schemes or hashes that we don't know: nothing is known then (§4) */
	BNS_ZONEMD_GOOD,        /* at least one fits */
	BNS_ZONEMD_SERIAL,      /* none fits; the first that should is of another serial, */
	BNS_ZONEMD_REPEATED,    /* stands twice for the same scheme and hash, */
	BNS_ZONEMD_LENGTH,      /* is shorter or longer than its hash, */
	BNS_ZONEMD_DIGEST,      /* or is of other records */
};

/*
 * Scheme SIMPLE with SHA-384 and SHA-512. `*record` is the record that the
 * result is about, NULL for ABSENT. BNS_ECRYPTO where the library fails.
 */
enum bns_error bns_zonemd_verify(const struct bns_contents *c, enum bns_zonemd *result,
				 const struct bns_record **record) BNS_MUST_CHECK;

#endif
