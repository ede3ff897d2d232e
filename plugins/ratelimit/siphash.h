/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4 (Aumasson, Bernstein): without the key nobody can aim at a bucket. Thread: any. */
#ifndef BNS_RATELIMIT_SIPHASH_H
#define BNS_RATELIMIT_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define RL_KEY_LEN 16

uint64_t rl_siphash(const uint8_t key[RL_KEY_LEN], const uint8_t *data, size_t len);

#endif
