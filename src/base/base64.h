/* SPDX-License-Identifier: BSD-3-Clause */
/* Base64 (RFC 4648 §4) as keys are written: whole groups, padding only at the end. Thread: any. */
#ifndef BNS_BASE_BASE64_H
#define BNS_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Room that a text of `len` characters may need. */
#define BNS_BASE64_ROOM(len) ((len) / 4 * 3)

/* BNS_ESYNTAX for anything else, the empty text too; BNS_ERANGE where BNS_BASE64_ROOM of it exceeds `cap`. */
enum bns_error bns_base64_decode(const char *text, uint8_t *out, size_t cap, size_t *out_len) BNS_MUST_CHECK;

#endif
