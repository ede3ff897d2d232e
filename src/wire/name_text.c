/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "wire/name.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One octet of a label, escaped or not; NULL where the escape is broken. */
static const char *take_octet(const char *text, uint8_t *octet)
{
	if (*text != '\\') {
		*octet = (uint8_t)*text;
		return text + 1;
	}
	text++;
	if (!is_digit(*text)) {
		*octet = (uint8_t)*text;
		return *text ? text + 1 : NULL;
	}
	if (!is_digit(text[1]) || !is_digit(text[2]))
		return NULL;
	int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
	if (value > 255)
		return NULL;
	*octet = (uint8_t)value;
	return text + 3;
}

/* One label up to its dot or the end of text, at *len of `out`. NULL where it is empty, too long or badly escaped. */
static const char *take_label(const char *text, uint8_t out[BNS_NAME_MAX], size_t *len)
{
	size_t start = *len;
	size_t n = 0;

	while (*text && *text != '.') {
		/* One octet stays free for the root. */
		if (n == BNS_LABEL_MAX || start + 1 + n >= BNS_NAME_MAX - 1)
			return NULL;
		text = take_octet(text, &out[start + 1 + n]);
		if (!text)
			return NULL;
		n++;
	}
	if (n == 0)
		return NULL;
	out[start] = (uint8_t)n;
	*len = start + 1 + n;
	return text;
}

static enum bns_error append(const uint8_t *suffix, uint8_t out[BNS_NAME_MAX], size_t *len)
{
	size_t suffix_len = bns_name_len(suffix);

	if (*len + suffix_len > BNS_NAME_MAX)
		return BNS_ENAME;
	memcpy(out + *len, suffix, suffix_len);
	*len += suffix_len;
	return BNS_OK;
}

enum bns_error bns_name_from_text(const char *text, const uint8_t *origin, uint8_t out[BNS_NAME_MAX], size_t *out_len)
{
	static const uint8_t root[1] = {0};
	const uint8_t *suffix = origin ? origin : root;
	size_t len = 0;

	if (strcmp(text, "@") == 0) {
		text = "";
		if (!origin)
			return BNS_ENAME;
	} else if (strcmp(text, ".") == 0) {
		text = "";
		suffix = root;
	} else if (*text == '\0') {
		return BNS_ENAME;
	}
	while (*text) {
		text = take_label(text, out, &len);
		if (!text)
			return BNS_ENAME;
		if (*text == '.' && *++text == '\0')
			suffix = root;
	}
	enum bns_error err = append(suffix, out, &len);
	if (!err && out_len)
		*out_len = len;
	return err;
}

/* What has a meaning of its own in a zone file (RFC 1035 §5.1). */
static bool is_special(uint8_t c)
{
	switch (c) {
	case '.':
	case '\\':
	case '"':
	case '(':
	case ')':
	case ';':
	case '@':
	case '$':
		return true;
	default:
		return false;
	}
}

static char *put_octet(char *p, uint8_t c)
{
	if (c <= ' ' || c > '~') {
		*p++ = '\\';
		*p++ = (char)('0' + c / 100);
		*p++ = (char)('0' + c / 10 % 10);
		*p++ = (char)('0' + c % 10);
		return p;
	}
	if (is_special(c))
		*p++ = '\\';
	*p++ = (char)c;
	return p;
}

/* Returns where the final zero stands. */
static char *put_name(const uint8_t *name, char *p)
{
	if (*name == 0)
		*p++ = '.';
	while (*name) {
		unsigned n = *name++;
		while (n-- > 0)
			p = put_octet(p, *name++);
		*p++ = '.';
	}
	*p = '\0';
	return p;
}

char *bns_name_to_text(const uint8_t *name, char out[BNS_NAME_TEXT_MAX])
{
	put_name(name, out);
	return out;
}

char *bns_name_to_text_nodot(const uint8_t *name, char out[BNS_NAME_TEXT_MAX])
{
	char *end = put_name(name, out);

	if (*name)
		end[-1] = '\0';
	return out;
}
