/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 of a zone's canonical form: the same for the same records, on every node. Thread: any. */
#ifndef BNS_ZONE_DIGEST_H
#define BNS_ZONE_DIGEST_H

#include "zone/contents.h"

#define BNS_DIGEST_LEN 32

/* Over owner, type, class, TTL and canonical RDATA of every record in canonical order (RFC 4034 §6), SOA included. */
enum bns_error bns_contents_digest(const struct bns_contents *c, uint8_t digest[BNS_DIGEST_LEN]) BNS_MUST_CHECK;

/* One record in canonical form: owner, type, class, TTL, RDLENGTH, RDATA (RFC 4034 §6.2). */
#define BNS_RECORD_CANONICAL_MAX (BNS_NAME_MAX + 10 + UINT16_MAX)

/* Writes it, and returns its length; all but the RDATA is BNS_NAME_MAX + 10 octets at most. */
size_t bns_record_write_canonical(const struct bns_record *rr, uint8_t *out);

#define BNS_CANDIDATE_ID_MAX (BNS_NAME_TEXT_MAX + 24)

/* "example.com@2026112302-1a2b3c4d": zone without final dot, serial, first 8 hex digits; returns `out`. */
char *bns_candidate_id(const uint8_t *apex, uint32_t serial, const uint8_t digest[BNS_DIGEST_LEN],
		       char out[BNS_CANDIDATE_ID_MAX]);

/* A zone that shall go has no records to digest: "example.com@2026112301-00000000", with the serial that would go. */
char *bns_removal_id(const uint8_t *apex, uint32_t serial, char out[BNS_CANDIDATE_ID_MAX]);

#endif
