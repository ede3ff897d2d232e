/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A zone's records on the change side: a flat array in canonical order
 * (RFC 4034 §6: owner, type, RDATA). Built by a loader or a transfer, finished
 * once, read-only from then on. Owners are lower-case; RDATA keeps its case,
 * and is compared and digested in canonical form.
 * Thread: one at a time until finished, then any reader.
 */
#ifndef BNS_ZONE_CONTENTS_H
#define BNS_ZONE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "wire/name.h"
#include "wire/rrtype.h"

struct bns_record {
	const uint8_t *owner; /* wire form, lower-case */
	const uint8_t *rdata; /* uncompressed */
	uint32_t ttl;
	uint16_t type;
	uint16_t rdlen;
	uint32_t line; /* in its zone file; 0 for a transfer */
	uint16_t file; /* index into `files`; 0 for a transfer */
};

struct bns_contents {
	struct bns_arena arena;
	uint8_t apex[BNS_NAME_MAX]; /* lower-case */
	struct bns_record *records;
	size_t count;
	size_t capacity;
	const char **files; /* zone file and its $INCLUDEs, for messages; files[0] is there, but NULL for a transfer */
	unsigned file_count;
	uint32_t serial; /* after finish: the SOA's, 0 without one */
	bool is_signed;  /* after finish: DNSKEY at the apex or any RRSIG */
};

/* NULL when memory is short. `apex` is copied and lower-cased. */
struct bns_contents *bns_contents_new(const uint8_t *apex);
void bns_contents_free(struct bns_contents *c);

/* As it was at first. */
void bns_contents_clear(struct bns_contents *c);

/* Copies owner and RDATA; the class is always IN. RDATA must be uncompressed and valid. */
enum bns_error bns_contents_add(struct bns_contents *c, const uint8_t *owner, uint16_t type, uint32_t ttl,
				const void *rdata, uint16_t rdlen, uint16_t file, uint32_t line) BNS_MUST_CHECK;

/* Registers a file name (copied); its index for bns_contents_add. */
enum bns_error bns_contents_add_file(struct bns_contents *c, const char *path, uint16_t *index) BNS_MUST_CHECK;

/*
 * Sorts into canonical order, drops exact duplicates (RFC 2181 §5), fills
 * `serial` and `is_signed`. Problems are left for zone/check.c to name.
 */
enum bns_error bns_contents_finish(struct bns_contents *c) BNS_MUST_CHECK;

/* The RRset of (owner, type): its first record and, in `*count`, how many. NULL and 0 where there is none. O(log n). */
const struct bns_record *bns_contents_find(const struct bns_contents *c, const uint8_t *owner, uint16_t type,
					   size_t *count);

/* All records of an owner, in type order. */
const struct bns_record *bns_contents_find_node(const struct bns_contents *c, const uint8_t *owner, size_t *count);

/* The apex SOA, or NULL. */
const struct bns_record *bns_contents_soa(const struct bns_contents *c);

/* Records [at, end) of one RRset that starts at `at`; returns `end`. */
size_t bns_contents_rrset_end(const struct bns_contents *c, size_t at);

/* Canonical order of two records: owner, type, canonical RDATA. */
int bns_record_compare(const struct bns_record *a, const struct bns_record *b);

/* RDATA equal in canonical form. */
bool bns_rdata_equal(uint16_t type, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

/* A finished copy, with the SOA's serial set to `serial`. */
enum bns_error bns_contents_with_serial(const struct bns_contents *c, uint32_t serial,
					struct bns_contents **out) BNS_MUST_CHECK;

/*
 * A finished copy with the RRset (owner, type) replaced by `count` records
 * (0 removes it). Only ttl, rdata and rdlen of `with` are used.
 */
enum bns_error bns_contents_with_rrset(const struct bns_contents *c, const uint8_t *owner, uint16_t type,
				       const struct bns_record *with, size_t count,
				       struct bns_contents **out) BNS_MUST_CHECK;

/* Stable, versioned byte form for the store. `*data` is the caller's to free(). */
enum bns_error bns_contents_encode(const struct bns_contents *c, uint8_t **data, size_t *len) BNS_MUST_CHECK;
enum bns_error bns_contents_decode(const uint8_t *data, size_t len, struct bns_contents **out) BNS_MUST_CHECK;

#endif
