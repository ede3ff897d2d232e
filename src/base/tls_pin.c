/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/tls_pin.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

enum bns_error bns_tls_pin_of(const X509 *cert, uint8_t pin[BNS_TLS_PIN_LEN])
{
	unsigned char *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	if (len <= 0)
		return BNS_ECRYPTO;
	int done = EVP_Digest(spki, (size_t)len, pin, NULL, EVP_sha256(), NULL);
	OPENSSL_free(spki);
	return done == 1 ? BNS_OK : BNS_ECRYPTO;
}

char *bns_tls_pin_to_text(const uint8_t pin[BNS_TLS_PIN_LEN], char text[BNS_TLS_PIN_TEXT_MAX])
{
	EVP_EncodeBlock((unsigned char *)text, pin, BNS_TLS_PIN_LEN);
	return text;
}
