/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contents and records → text, through ldns's presentation formats.
 * Thread: any.
 */
#ifndef BNS_ZONE_DUMP_H
#define BNS_ZONE_DUMP_H

#include <stdio.h>

#include "zone/contents.h"

/*
 * A whole zone file in this project's canonical form: $ORIGIN, $TTL, SOA
 * first, then canonical order; owners relative to the origin; columns aligned.
 */
enum bns_error bns_zone_dump(const struct bns_contents *c, FILE *out) BNS_MUST_CHECK;

/* RDATA in presentation form, names absolute with the final dot. `*text` is the caller's to free(). */
enum bns_error bns_rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t rdlen, char **text) BNS_MUST_CHECK;

/*
 * A zone file rewritten into canonical form with its comments kept where they
 * stood (own-line comments before the record they precede, trailing comments
 * on its line); idempotent. $INCLUDE lines stay as they are. Records keep
 * their order; spelling, columns, dots, TTL and case become canonical.
 * `*text` is the caller's to free().
 */
enum bns_error bns_zone_format(const char *path, char **text, struct bns_diag *diag) BNS_MUST_CHECK;

/* The same of a text; `name` stands for the file in messages. */
enum bns_error bns_zone_format_text(const char *data, size_t len, const char *name, char **text,
				    struct bns_diag *diag) BNS_MUST_CHECK;

#endif
