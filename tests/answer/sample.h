/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones, questions and readable answers for the tests of answer/ and server/. */
#ifndef TESTS_ANSWER_SAMPLE_H
#define TESTS_ANSWER_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "zone/image.h"

/* One of everything that look-up knows, at example.test. */
extern const char sample_zone[];

/* The image of a zone written as a zone file; fails the test where that is impossible. */
struct bns_image *sample_image(const char *apex, const char *zone_file);

/* A name in wire form, case kept; returns its length. */
size_t sample_name(const char *text, uint8_t *out);

/* A question in a message of its own; returns its length. EDNS is added by sample_add_edns. */
size_t sample_query(const char *name, uint16_t type, uint8_t *out);

/* Adds an OPT record with this version, payload and flags; returns the new length. */
size_t sample_add_edns(uint8_t *msg, size_t len, uint8_t version, uint16_t payload, uint16_t flags);

/*
 * An answer in words, e.g.
 *   NOERROR aa rd | www.example.test. A | AN www.example.test. 300 A 192.0.2.2 | OPT 1232
 * Fails the test where the message is malformed. Lives until the next call.
 */
const char *sample_read(const uint8_t *msg, size_t len);

#endif
