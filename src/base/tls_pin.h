/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is known by his key alone: the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7858 §4.2). Thread: any. */
#ifndef BNS_BASE_TLS_PIN_H
#define BNS_BASE_TLS_PIN_H

#include <openssl/types.h>
#include <stdint.h>

#include "base/error.h"

#define BNS_TLS_PIN_LEN      32
#define BNS_TLS_PIN_TEXT_MAX 45

enum bns_error bns_tls_pin_of(const X509 *cert, uint8_t pin[BNS_TLS_PIN_LEN]) BNS_MUST_CHECK;

/* In base64, as it is configured; returns `text`. */
char *bns_tls_pin_to_text(const uint8_t pin[BNS_TLS_PIN_LEN], char text[BNS_TLS_PIN_TEXT_MAX]);

#endif
