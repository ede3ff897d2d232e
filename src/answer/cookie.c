/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/cookie.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

#define COOKIE_VERSION 1
#define TIME           12 /* offsets in both cookies together */
#define HASH           16
#define ADDR_MAX       16
#define PAST_S         3600 /* RFC 9018 §4.3 */
#define FUTURE_S       300
#define RENEWAL_S      1800

bool bns_cookie_len_valid(size_t len)
{
	return len == BNS_COOKIE_CLIENT_LEN || (len >= 2 * BNS_COOKIE_CLIENT_LEN && len <= BNS_COOKIE_MAX);
}

/* The octets of the client's address, without its port. */
static size_t put_address(const union bns_addr *client, uint8_t out[ADDR_MAX])
{
	if (client->sa.sa_family == AF_INET) {
		memcpy(out, &client->in4.sin_addr, 4);
		return 4;
	}
	memcpy(out, &client->in6.sin6_addr, ADDR_MAX);
	return ADDR_MAX;
}

/* Over everything before the hash, reserved octets as they are (RFC 9018 §4.2). */
static void hash(const uint8_t *secret, const uint8_t *cookie, const union bns_addr *client, uint8_t out[8])
{
	uint8_t data[HASH + ADDR_MAX];
	memcpy(data, cookie, HASH);
	uint64_t h = bns_siphash(secret, data, HASH + put_address(client, data + HASH));
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(h >> 8 * i);
}

/* In a time that tells nothing of where they differ. */
static bool equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	unsigned difference = 0;
	for (size_t i = 0; i < len; i++)
		difference |= (unsigned)(a[i] ^ b[i]);
	return difference == 0;
}

/* The number of the secret that made it, or the count of secrets. */
static size_t find_secret(const struct bns_cookie_secrets *secrets, const uint8_t *cookie, const union bns_addr *client)
{
	uint8_t expected[BNS_COOKIE_LEN - HASH];
	size_t i = 0;
	for (; i < secrets->count; i++) {
		hash(secrets->secret[i], cookie, client, expected);
		if (equal(expected, cookie + HASH, sizeof(expected)))
			break;
	}
	return i;
}

enum bns_cookie_state bns_cookie_check(const struct bns_cookie_secrets *secrets, const uint8_t *cookie, size_t len,
				       const union bns_addr *client, uint32_t now_s)
{
	if (len != BNS_COOKIE_LEN || cookie[BNS_COOKIE_CLIENT_LEN] != COOKIE_VERSION)
		return BNS_COOKIE_UNKNOWN;
	/* Serial number arithmetic: the time has 32 bits (RFC 1982). */
	int32_t age_s = (int32_t)(now_s - bns_get_u32(cookie + TIME));
	if (age_s > PAST_S || age_s < -FUTURE_S)
		return BNS_COOKIE_UNKNOWN;
	size_t maker = find_secret(secrets, cookie, client);
	if (maker == secrets->count)
		return BNS_COOKIE_UNKNOWN;
	return maker > 0 || age_s > RENEWAL_S ? BNS_COOKIE_OLD : BNS_COOKIE_FRESH;
}

void bns_cookie_make(const struct bns_cookie_secrets *secrets, const uint8_t *client_cookie,
		     const union bns_addr *client, uint32_t now_s, uint8_t out[BNS_COOKIE_LEN])
{
	assert(secrets->count > 0);
	memcpy(out, client_cookie, BNS_COOKIE_CLIENT_LEN);
	bns_put_u32(out + BNS_COOKIE_CLIENT_LEN, (uint32_t)COOKIE_VERSION << 24);
	bns_put_u32(out + TIME, now_s);
	hash(secrets->secret[0], out, client, out + HASH);
}
