/* SPDX-License-Identifier: BSD-3-Clause */
/* RDATA text that zone/scan.c has made plain → wire form. One side of ldns's use; thread: any. */
#ifndef BNS_ZONE_LOAD_RDATA_H
#define BNS_ZONE_LOAD_RDATA_H

#include <stdint.h>

#include "base/error.h"

#define BNS_WHY_MAX 256

/* As bns_rdata_from_text, with the reason in `why`, to be put after "OWNER TYPE: ". */
enum bns_error bns_rdata_from_plain(uint16_t type, const char *plain, const uint8_t *origin, uint8_t rdata[UINT16_MAX],
				    uint16_t *rdlen, char why[BNS_WHY_MAX]) BNS_MUST_CHECK;

/* "3600", "1h30m": seconds; BNS_EINVAL for anything else, BNS_ERANGE beyond 32 bits. */
enum bns_error bns_ttl_from_text(const char *text, uint32_t *ttl) BNS_MUST_CHECK;

#endif
