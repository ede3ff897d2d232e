/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zone files (RFC 1035 §5) → contents. zone/quick.h reads what is as it mostly
 * is; else ldns reads each record, and directives are handled here: $ORIGIN, $TTL, $INCLUDE (relative to the including
 * file, at most 8 deep, loops refused); $GENERATE is refused by name. An included file begins with the origin and $TTL
 * of its place; what it changes ends with it. A record without a TTL takes $TTL's (RFC 2308 §4), else the former
 * record's, else, being the first SOA, its MINIMUM. Out-of-zone data and the rest of the structure is zone/check.c's to
 * judge. Thread: any (one file each); runs in libuv's pool.
 */
#ifndef BNS_ZONE_LOAD_H
#define BNS_ZONE_LOAD_H

#include "zone/contents.h"

#define BNS_INCLUDE_DEPTH_MAX 8

/*
 * Reads `path` as the zone `apex`, which is also the first origin. apex NULL:
 * the owner of the first SOA decides, and is the origin where no $ORIGIN came
 * before it.
 * On failure `diag` has file, line and a sentence. The result is finished.
 */
enum bns_error bns_zone_load(const char *path, const uint8_t *apex, struct bns_contents **out,
			     struct bns_diag *diag) BNS_MUST_CHECK;

/* What a file was when it was read, to know it again without parsing it. */
struct bns_file_seen {
	bool known;   /* false: nothing is, or it includes others, which may change alone */
	bool settled; /* it had been the same for a while: stat alone tells */
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
	uint64_t digest[2]; /* of its octets */
};

/*
 * The same for a file that may have been read before: where it is what `seen`
 * says, `*out` is NULL and nothing was parsed. `seen` is brought up to date.
 */
enum bns_error bns_zone_load_changed(const char *path, const uint8_t *apex, struct bns_file_seen *seen,
				     struct bns_contents **out, struct bns_diag *diag) BNS_MUST_CHECK;

/* The same from memory; `name` stands for the file in messages; $INCLUDE is refused. */
enum bns_error bns_zone_parse(const char *text, size_t len, const char *name, const uint8_t *apex,
			      struct bns_contents **out, struct bns_diag *diag) BNS_MUST_CHECK;

/* The same without zone/quick.h, which must make no difference. */
enum bns_error bns_zone_parse_slowly(const char *text, size_t len, const char *name, const uint8_t *apex,
				     struct bns_contents **out, struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * RDATA in presentation form → wire form, checked with bns_rdata_valid; the
 * counterpart of bns_rdata_to_text. Names without the final dot get `origin`
 * appended (NULL: they count as absolute). On failure `diag` has the sentence.
 */
enum bns_error bns_rdata_from_text(uint16_t type, const char *text, const uint8_t *origin, uint8_t rdata[UINT16_MAX],
				   uint16_t *rdlen, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
