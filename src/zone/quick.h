/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zone files as they mostly are, read in one pass: records of the usual types,
 * $ORIGIN, $TTL, comments and parentheses, straight into contents. Whatever it
 * isn't sure of (an escape, a rare type, a unit behind a number, any mistake)
 * it gives up at, and zone/text.c reads the file from its beginning. So this
 * is never the one that says what is wrong, and what it does read is what the
 * other reads too: tests/zone/test_quick.c and a fuzzer compare the two.
 * Thread: any (one file each).
 */
#ifndef BNS_ZONE_QUICK_H
#define BNS_ZONE_QUICK_H

#include "zone/contents.h"

/*
 * Adds the records of `data` to `c`, whose apex is the first origin. False: given up, and `c` has some of them, or
 * memory is short.
 */
bool bns_quick_read(struct bns_contents *c, const char *data, size_t len, uint16_t file) BNS_MUST_CHECK;

#endif
