/* SPDX-License-Identifier: BSD-3-Clause */
/* Serial number arithmetic (RFC 1982, SERIAL_BITS = 32). Thread: any. */
#ifndef BNS_WIRE_SERIAL_H
#define BNS_WIRE_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* Is `a` newer than `b`? A distance of exactly 2^31 is undefined there and false here, both ways. */
static inline bool bns_serial_newer(uint32_t a, uint32_t b)
{
	uint32_t distance = a - b;
	return distance != 0 && distance < 0x80000000u;
}

static inline uint32_t bns_serial_max(uint32_t a, uint32_t b)
{
	return bns_serial_newer(a, b) ? a : b;
}

#endif
