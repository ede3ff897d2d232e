/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4 with 64 bits: the keyed hash of DNS cookies (RFC 9018 §4.4). No allocation. Thread: any. */
#ifndef BNS_ANSWER_SIPHASH_H
#define BNS_ANSWER_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define BNS_SIPHASH_KEY_LEN 16

/* The hash as a number; on the wire it is little-endian. */
uint64_t bns_siphash(const uint8_t key[BNS_SIPHASH_KEY_LEN], const uint8_t *data, size_t len);

#endif
