/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"

/* A decimal number up to `max`, with nothing behind it. */
static enum bns_error number_from_text(const char *text, unsigned max, unsigned *value)
{
	unsigned v = 0;

	if (*text == '\0')
		return BNS_ESYNTAX;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return BNS_ESYNTAX;
		v = v * 10 + (unsigned)(*text - '0');
		if (v > max)
			return BNS_ERANGE;
	}
	*value = v;
	return BNS_OK;
}

/* The address is what stands before `end`. */
static enum bns_error host_from_text(const char *text, const char *end, union bns_addr *addr)
{
	char host[INET6_ADDRSTRLEN];
	size_t len = (size_t)(end - text);

	if (len >= sizeof(host))
		return BNS_ESYNTAX;
	memcpy(host, text, len);
	host[len] = '\0';
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, host, &addr->in4.sin_addr) == 1) {
		addr->in4.sin_family = AF_INET;
		return BNS_OK;
	}
	if (inet_pton(AF_INET6, host, &addr->in6.sin6_addr) == 1) {
		addr->in6.sin6_family = AF_INET6;
		return BNS_OK;
	}
	return BNS_ESYNTAX;
}

static void set_port(union bns_addr *addr, uint16_t port)
{
	if (addr->sa.sa_family == AF_INET)
		addr->in4.sin_port = htons(port);
	else
		addr->in6.sin6_port = htons(port);
}

enum bns_error bns_addr_from_text(const char *text, uint16_t default_port, union bns_addr *addr)
{
	const char *at = strchr(text, '@');
	unsigned port = default_port;
	enum bns_error err;

	if (at) {
		err = number_from_text(at + 1, UINT16_MAX, &port);
		if (err)
			return err;
	}
	err = host_from_text(text, at ? at : text + strlen(text), addr);
	if (err)
		return err;
	set_port(addr, (uint16_t)port);
	return BNS_OK;
}

char *bns_addr_to_text(const union bns_addr *addr, char out[BNS_ADDR_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (addr->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &addr->in4.sin_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &addr->in6.sin6_addr, host, sizeof(host));
	snprintf(out, BNS_ADDR_TEXT_MAX, "%s@%u", host, (unsigned)bns_addr_port(addr));
	return out;
}

socklen_t bns_addr_len(const union bns_addr *addr)
{
	return addr->sa.sa_family == AF_INET ? sizeof(addr->in4) : sizeof(addr->in6);
}

uint16_t bns_addr_port(const union bns_addr *addr)
{
	return ntohs(addr->sa.sa_family == AF_INET ? addr->in4.sin_port : addr->in6.sin6_port);
}

/* The host's octets; `*len` is 4 for IPv4, written plainly or mapped into IPv6 (RFC 4291 §2.5.5.2), else 16. */
static const uint8_t *host_octets(const union bns_addr *addr, unsigned *len)
{
	*len = 4;
	if (addr->sa.sa_family == AF_INET)
		return (const uint8_t *)&addr->in4.sin_addr;
	const uint8_t *octets = addr->in6.sin6_addr.s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		return octets + 12;
	*len = 16;
	return octets;
}

bool bns_addr_same_host(const union bns_addr *a, const union bns_addr *b)
{
	unsigned a_len;
	unsigned b_len;
	const uint8_t *a_octets = host_octets(a, &a_len);
	const uint8_t *b_octets = host_octets(b, &b_len);

	return a_len == b_len && memcmp(a_octets, b_octets, a_len) == 0;
}

/* ::ffff:192.0.2.0/120 is another way to write 192.0.2.0/24. */
static enum bns_error unmap_prefix(struct bns_prefix *prefix)
{
	struct in_addr host;

	if (prefix->bits < 96)
		return BNS_ERANGE;
	memcpy(&host, prefix->addr.in6.sin6_addr.s6_addr + 12, sizeof(host));
	memset(&prefix->addr, 0, sizeof(prefix->addr));
	prefix->addr.in4.sin_family = AF_INET;
	prefix->addr.in4.sin_addr = host;
	prefix->bits -= 96;
	return BNS_OK;
}

enum bns_error bns_prefix_from_text(const char *text, struct bns_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	enum bns_error err = host_from_text(text, slash ? slash : text + strlen(text), &prefix->addr);

	if (err)
		return err;
	prefix->bits = prefix->addr.sa.sa_family == AF_INET ? 32 : 128;
	if (slash)
		err = number_from_text(slash + 1, prefix->bits, &prefix->bits);
	if (!err && prefix->addr.sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&prefix->addr.in6.sin6_addr))
		err = unmap_prefix(prefix);
	return err;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned octets = bits / 8;
	unsigned mask = 0xff00u >> bits % 8 & 0xff;

	return memcmp(a, b, octets) == 0 && (mask == 0 || ((a[octets] ^ b[octets]) & mask) == 0);
}

bool bns_prefix_covers(const struct bns_prefix *prefix, const union bns_addr *addr)
{
	unsigned prefix_len;
	unsigned addr_len;
	const uint8_t *prefix_octets = host_octets(&prefix->addr, &prefix_len);
	const uint8_t *addr_octets = host_octets(addr, &addr_len);

	return prefix_len == addr_len && same_bits(prefix_octets, addr_octets, prefix->bits);
}
