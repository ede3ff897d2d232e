/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/base64.h"

#include <openssl/evp.h>
#include <string.h>

static size_t padding_of(const char *text, size_t len)
{
	size_t n = 0;
	while (n < 2 && n < len && text[len - 1 - n] == '=')
		n++;
	return n;
}

/* EVP_DecodeBlock takes '=' and blanks anywhere: what it doesn't check is checked here. */
enum bns_error bns_base64_decode(const char *text, uint8_t *out, size_t cap, size_t *out_len)
{
	size_t len = strlen(text), padding = padding_of(text, len);
	if (len == 0 || len % 4 != 0 || strcspn(text, "= \t\r\n") != len - padding)
		return BNS_ESYNTAX;
	if (BNS_BASE64_ROOM(len) > cap)
		return BNS_ERANGE;
	int n = EVP_DecodeBlock(out, (const uint8_t *)text, (int)len);
	if (n < 0)
		return BNS_ESYNTAX;
	*out_len = (size_t)n - padding;
	return BNS_OK;
}
