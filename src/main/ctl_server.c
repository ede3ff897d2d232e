/* SPDX-License-Identifier: BSD-3-Clause */
/* "@server" and --key. */
#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
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

static bool secret_from_text(const char *text, struct bns_tsig_key *key)
{
	uint8_t raw[BNS_TSIG_SECRET_MAX + 3];
	bool good = bns_base64_decode(text, raw, sizeof(raw), &key->secret_len) == BNS_OK && key->secret_len > 0 &&
		    key->secret_len <= sizeof(key->secret);
	if (good)
		memcpy(key->secret, raw, key->secret_len);
	OPENSSL_cleanse(raw, sizeof(raw));
	return good;
}

/* Takes `copy` apart. */
static const char *key_from_parts(char *copy, struct bns_tsig_key *key)
{
	size_t len;
	char *name = copy;
	char *secret = strrchr(copy, ':');
	if (!secret)
		return "it is [ALGORITHM:]NAME:SECRET, the secret in base64";
	*secret++ = '\0';
	char *colon = strchr(copy, ':');
	if (colon) {
		*colon = '\0';
		name = colon + 1;
		if (bns_tsig_algorithm_from_text(copy, &key->algorithm) != BNS_OK)
			return "the algorithm is hmac-sha256, hmac-sha384 or hmac-sha512";
	}
	if (!*name || bns_name_from_text(name, NULL, key->name, &len) != BNS_OK)
		return "its name is no domain name";
	bns_name_lower(key->name);
	return secret_from_text(secret, key) ? NULL : "its secret isn't base64 of 1 to 512 octets";
}

bool ctl_key_from_text(const struct ctl *ctl, const char *text, struct bns_tsig_key *key)
{
	*key = (struct bns_tsig_key){.algorithm = BNS_HMAC_SHA256};
	char *copy = strdup(text);
	const char *wrong = copy ? key_from_parts(copy, key) : "out of memory";
	if (copy)
		OPENSSL_cleanse(copy, strlen(text));
	free(copy);
	if (wrong)
		ctl_complain(ctl, "--key: %s", wrong);
	return !wrong;
}
