/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes as people write them: powers of 1,024. Thread: any. */
#ifndef BNS_BASE_SIZE_H
#define BNS_BASE_SIZE_H

#include <stdint.h>

#include "base/error.h"

#define BNS_SIZE_TEXT_MAX 32

/* "512M", "4G", "100" (bytes); K, M, G and T are known. BNS_ERANGE beyond 64 bits. */
enum bns_error bns_size_from_text(const char *text, uint64_t *bytes) BNS_MUST_CHECK;

/* The shortest exact form that bns_size_from_text takes; returns `out`. */
char *bns_size_to_text(uint64_t bytes, char out[BNS_SIZE_TEXT_MAX]);

#endif
