/* SPDX-License-Identifier: BSD-3-Clause */
/* What dump and format share. Thread: any. */
#ifndef BNS_ZONE_DUMP_TEXT_H
#define BNS_ZONE_DUMP_TEXT_H

#include <stdint.h>

#include "base/error.h"

/* As bns_rdata_to_text, with names in lower case where the canonical form has them so (RFC 4034 §6.2). */
enum bns_error bns_dump_rdata(uint16_t type, const uint8_t *rdata, uint16_t rdlen, char **text) BNS_MUST_CHECK;

#endif
