/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the store keeps of a zone beside its versions: serials, timers, flags,
 * as a small versioned octet string. Thread: any.
 */
#ifndef BNS_STORE_ZONE_RECORD_H
#define BNS_STORE_ZONE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define BNS_ZONE_RECORD_LEN 80

/* No record that we wrote spans more versions: the most that database.journal-depth takes. */
#define BNS_ZONE_RECORD_VERSIONS_MAX 100000

struct bns_zone_record {
	bool has_version;         /* something was served once */
	bool amended_ever;        /* our contents have differed from upstream's */
	bool rolled_back;         /* an earlier version of ours is served instead of upstream's accepted one */
	uint32_t upstream_serial; /* of the last accepted upstream version */
	uint32_t published_serial;
	uint64_t version_seq; /* key of the served version in BNS_DB_VERSION */
	uint64_t oldest_seq;  /* of the oldest version kept */
	int64_t refreshed_s;  /* wall clock of the last successful serial check or transfer; 0: never */
	int64_t expires_s;    /* wall clock; 0: never (served from a file) */
	uint32_t soa_refresh_s;
	uint32_t soa_retry_s;
	uint32_t soa_expire_s;
	int64_t published_s;       /* wall clock since when this serial is; 0: not known */
	uint64_t image_digest;     /* of the served version's image in a file (store/images.h); 0: it isn't in one */
	int64_t primary_expires_s; /* when the primary's own copy does (RFC 7314), wall clock; 0: it didn't tell */
};

void bns_zone_record_encode(const struct bns_zone_record *r, uint8_t out[BNS_ZONE_RECORD_LEN]);
/* BNS_EINVAL: of versions that can't be; all are walked in places. */
enum bns_error bns_zone_record_decode(const void *data, size_t len, struct bns_zone_record *out) BNS_MUST_CHECK;

#endif
