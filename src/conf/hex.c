/* SPDX-License-Identifier: BSD-3-Clause */
/* Octets as the configuration writes them. */

#include <ctype.h>
#include <string.h>

#include "conf/conf_internal.h"

static uint8_t digit_value(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

bool bns_hex_decode(const char *text, size_t len, uint8_t *out)
{
	if (strlen(text) != 2 * len || strspn(text, "0123456789abcdefABCDEF") != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
	return true;
}
