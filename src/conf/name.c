/* SPDX-License-Identifier: BSD-3-Clause */
/* Domain names as configuration writes them. Thread: any. */

#include <string.h>

#include "conf/conf_internal.h"

#define LABEL_MAX 63

/* Printable, and without a meaning of its own in a zone file (RFC 1035 §5.1): it is written there without an escape. */
static bool is_plain(char c)
{
	switch (c) {
	case '\\':
	case '"':
	case '(':
	case ')':
	case ';':
	case '@':
	case '$':
		return false;
	default:
		return c > ' ' && c <= '~';
	}
}

bool bns_conf_name_of(const char *text, size_t len, char out[BNS_CONF_NAME_MAX])
{
	size_t label = 0;
	if (len == 1 && text[0] == '.') {
		strcpy(out, ".");
		return true;
	}
	if (len > 1 && text[len - 1] == '.')
		len--;
	if (len == 0 || len >= BNS_CONF_NAME_MAX)
		return false;
	out[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '.' ? label == 0 : !is_plain(c) || label == LABEL_MAX)
			return false;
		label = c == '.' ? 0 : label + 1;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	return label > 0;
}

bool bns_conf_name(const char *text, char out[BNS_CONF_NAME_MAX])
{
	return bns_conf_name_of(text, strlen(text), out);
}
