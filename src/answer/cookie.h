/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS cookies (RFC 7873) in the form that all servers of a fleet agree on
 * (RFC 9018):
 *
 *   client cookie, 8 octets, the client's own
 *   server cookie: version 1, three reserved octets, time in seconds since
 *   1970 (32 bits), SipHash-2-4 of all before and the client's address
 *
 * No allocation. Thread: any.
 */
#ifndef BNS_ANSWER_COOKIE_H
#define BNS_ANSWER_COOKIE_H

#include <stddef.h>
#include <stdint.h>

#include "answer/siphash.h"
#include "base/addr.h"

#define BNS_COOKIE_CLIENT_LEN  8
#define BNS_COOKIE_LEN         24 /* client and server cookie */
#define BNS_COOKIE_MAX         40 /* with a server cookie of somebody else's making */
#define BNS_COOKIE_SECRET_LEN  BNS_SIPHASH_KEY_LEN
#define BNS_COOKIE_SECRETS_MAX 2

/* The first makes cookies, all check them (RFC 9018 §5). */
struct bns_cookie_secrets {
	size_t count; /* 0: no cookies */
	uint8_t secret[BNS_COOKIE_SECRETS_MAX][BNS_COOKIE_SECRET_LEN];
};

enum bns_cookie_state {
	BNS_COOKIE_UNKNOWN, /* no server cookie, or none that holds */
	BNS_COOKIE_OLD,     /* holds, but a new one is due */
	BNS_COOKIE_FRESH,   /* holds, and is to be sent again as it is */
};

/* 8 octets from the client alone, 16 to 40 with a server cookie (RFC 7873 §4). */
bool bns_cookie_len_valid(size_t len);

/* `cookie` is the option's data, of a valid length; `now_s` since 1970, as 32 bits. */
enum bns_cookie_state bns_cookie_check(const struct bns_cookie_secrets *secrets, const uint8_t *cookie, size_t len,
				       const union bns_addr *client, uint32_t now_s);

/* Both cookies for an answer; the client's is read from `client_cookie`. There must be a secret. */
void bns_cookie_make(const struct bns_cookie_secrets *secrets, const uint8_t *client_cookie,
		     const union bns_addr *client, uint32_t now_s, uint8_t out[BNS_COOKIE_LEN]);

#endif
