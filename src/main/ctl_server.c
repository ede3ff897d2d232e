/* SPDX-License-Identifier: BSD-3-Clause */
/* "@server" and --key. */
#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "main/ctl_sides.h"

static bool resolve(const char *host, uint16_t port, union bns_addr *addr)
{
	char service[8];
	struct addrinfo *found = NULL;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return false;
	memcpy(addr, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

/* "@server#port": dig's '@' and '#'. */
bool ctl_server_from_text(const struct ctl *ctl, const char *text, union bns_addr *addr)
{
	char host[256];
	unsigned long port = 53;
	snprintf(host, sizeof(host), "%s", text + 1);
	char *mark = strchr(host, '#');
	if (mark) {
		char *end;
		*mark = '\0';
		port = strtoul(mark + 1, &end, 10);
		if (mark[1] < '0' || mark[1] > '9' || *end != '\0' || port < 1 || port > 65535) {
			ctl_complain(ctl, "%s: a port lies between 1 and 65535", text);
			return false;
		}
	}
	if (bns_addr_from_text(host, (uint16_t)port, addr) == BNS_OK || resolve(host, (uint16_t)port, addr))
		return true;
	ctl_complain(ctl, "%s: no such server; write @ADDRESS or @ADDRESS#PORT", text);
	return false;
}

bool ctl_key_from_text(const struct ctl *ctl, const char *text, struct bns_tsig_key *key)
{
	char copy[1024];
	size_t len;
	*key = (struct bns_tsig_key){.algorithm = BNS_HMAC_SHA256};
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy)) {
		ctl_complain(ctl, "--key: too long");
		return false;
	}
	char *secret = strrchr(copy, ':');
	char *name = copy;
	if (secret)
		*secret++ = '\0';
	char *colon = strchr(copy, ':');
	if (colon) {
		*colon = '\0';
		name = colon + 1;
		if (bns_tsig_algorithm_from_text(copy, &key->algorithm) != BNS_OK) {
			ctl_complain(ctl, "--key: unknown algorithm '%s': hmac-sha256, hmac-sha384 or hmac-sha512",
				     copy);
			return false;
		}
	}
	if (!secret || !*name || bns_name_from_text(name, NULL, key->name, &len) != BNS_OK) {
		ctl_complain(ctl, "--key is [ALGORITHM:]NAME:SECRET, the secret in base64");
		return false;
	}
	bns_name_lower(key->name);
	size_t chars = strlen(secret);
	unsigned char raw[1024];
	int n = chars > 0 && chars % 4 == 0 ? EVP_DecodeBlock(raw, (const unsigned char *)secret, (int)chars) : -1;
	n -= n > 0 ? (secret[chars - 1] == '=') + (secret[chars - 2] == '=') : 0;
	if (n < 1 || (size_t)n > sizeof(key->secret)) {
		ctl_complain(ctl, "--key: the secret isn't base64 of 1 to %d octets", BNS_TSIG_SECRET_MAX);
		return false;
	}
	memcpy(key->secret, raw, (size_t)n);
	key->secret_len = (size_t)n;
	OPENSSL_cleanse(raw, sizeof(raw));
	OPENSSL_cleanse(copy, sizeof(copy));
	return true;
}
