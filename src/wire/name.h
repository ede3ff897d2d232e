/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Domain names in wire form (RFC 1035 §3.1): length-prefixed labels, the root
 * last, never compressed here. Names held by the program are lower-case
 * unless said otherwise. No I/O, no allocation. Thread: any.
 */
#ifndef BNS_WIRE_NAME_H
#define BNS_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BNS_NAME_MAX      255 /* octets, with the root's zero (RFC 1035 §2.3.4) */
#define BNS_LABEL_MAX     63
#define BNS_LABELS_MAX    127  /* labels of a longest name, without the root */
#define BNS_NAME_TEXT_MAX 1025 /* every octet as \DDD, dots, final zero */

/*
 * A name looked at once: lower-cased, with the hash of every suffix.
 * `hash[k]` belongs to the suffix of k labels, so hash[0] is the root's and
 * hash[labels] the whole name's; `offset[k]` is where that suffix begins.
 */
struct bns_qname {
	uint8_t len; /* with the root's zero */
	uint8_t labels;
	uint8_t name[BNS_NAME_MAX];
	uint8_t offset[BNS_LABELS_MAX + 1];
	uint64_t hash[BNS_LABELS_MAX + 1];
};

/*
 * Reads an uncompressed name of at most `avail` bytes at `wire`. BNS_ENAME on a
 * compression pointer, a reserved label type, a label or name too long;
 * BNS_ESHORT where the bytes end first. Hashes are case-blind.
 */
enum bns_error bns_qname_scan(const uint8_t *wire, size_t avail, struct bns_qname *out) BNS_MUST_CHECK;

/* The hash that bns_qname_scan gives the whole of `name`: the same on every run and machine. */
uint64_t bns_name_hash(const uint8_t *name);

/*
 * Reads a possibly compressed name at `*pos` of message `msg` into `out`
 * (case kept) and moves `*pos` behind it. Pointers must go backwards, to an
 * offset of at least 12 (RFC 1035 §4.1.4). `out_len` may be NULL.
 */
enum bns_error bns_name_parse(const uint8_t *msg, size_t len, size_t *pos, uint8_t out[BNS_NAME_MAX],
			      size_t *out_len) BNS_MUST_CHECK;

/* Octets with the root's zero; the name must be well-formed. */
size_t bns_name_len(const uint8_t *name);

/* Labels without the root: 0 for the root, 2 for example.com. */
unsigned bns_name_labels(const uint8_t *name);

/* Is there a well-formed, uncompressed name of exactly `len` bytes? */
bool bns_name_valid(const uint8_t *name, size_t len);

void bns_name_lower(uint8_t *name);

/* Case-blind (RFC 4343). */
bool bns_name_equal(const uint8_t *a, const uint8_t *b);

/* Canonical order, case-blind (RFC 4034 §6.1): <0, 0, >0. */
int bns_name_compare(const uint8_t *a, const uint8_t *b);

/* Is `name` at or below `ancestor`? Case-blind. */
bool bns_name_in(const uint8_t *name, const uint8_t *ancestor);

/* The name without its first label; the root has no parent and yields itself. */
const uint8_t *bns_name_parent(const uint8_t *name);

/* Is the first label a single `*` (RFC 4592 §2.1.1)? */
bool bns_name_is_wildcard(const uint8_t *name);

/*
 * Presentation form (RFC 1035 §5.1, \DDD and \X escapes) → wire form, case
 * kept. A name without the final dot gets `origin` appended; where `origin` is
 * NULL it counts as absolute. "@" is the origin.
 */
enum bns_error bns_name_from_text(const char *text, const uint8_t *origin, uint8_t out[BNS_NAME_MAX],
				  size_t *out_len) BNS_MUST_CHECK;

/* Presentation form with the final dot; returns `out`. */
char *bns_name_to_text(const uint8_t *name, char out[BNS_NAME_TEXT_MAX]);

/* The same without the final dot ("." for the root), for file names and people; returns `out`. */
char *bns_name_to_text_nodot(const uint8_t *name, char out[BNS_NAME_TEXT_MAX]);

#endif
