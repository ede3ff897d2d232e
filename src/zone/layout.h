/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a line of a canonical zone file looks. One set of columns for a file:
 *
 *     @                        IN SOA   ns1.example.com. hostmaster.example.com. (
 *                                       2026112301 ; serial
 *     www                   60 IN CNAME d111111abcdef8.cloudfront.net.
 *
 * A TTL other than $TTL's stands at the right end of the owner's column. That
 * column grows in steps of eight, so that one longer name rarely moves every
 * line of a review. Thread: any.
 */
#ifndef BNS_ZONE_LAYOUT_H
#define BNS_ZONE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/name.h"

struct bns_layout {
	size_t owner_width;
	size_t type_width;
};

struct bns_layout_line {
	const char *owner;
	const char *rdata;   /* presentation form */
	const char *comment; /* from its semicolon on, or NULL */
	uint32_t ttl;
	bool has_ttl; /* it is to be written */
	uint16_t type;
};

void bns_layout_init(struct bns_layout *layout);

/* Makes room for a line; call for each before the first is written. */
void bns_layout_fit(struct bns_layout *layout, const struct bns_layout_line *line);

/* An SOA is written over several lines, its numbers labelled. */
void bns_layout_write(const struct bns_layout *layout, const struct bns_layout_line *line, FILE *out);

/* "@", "www", or absolute where it isn't below `origin`; returns `out`. */
char *bns_layout_owner(const uint8_t *owner, const uint8_t *origin, char out[BNS_NAME_TEXT_MAX]);

/* Is that comment, from its semicolon on, one of the labels that an SOA is written with? */
bool bns_layout_is_label(const char *comment);

#endif
