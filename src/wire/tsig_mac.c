/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <strings.h>

#include "wire/message.h"
#include "wire/tsig_record.h"

static const struct algorithm {
	const char *text;
	const uint8_t *name;
	const char *digest;
	size_t size;
} algorithms[] = {
	[BNS_HMAC_SHA256] = {"hmac-sha256", (const uint8_t *)"\13hmac-sha256", "SHA256", 32},
	[BNS_HMAC_SHA384] = {"hmac-sha384", (const uint8_t *)"\13hmac-sha384", "SHA384", 48},
	[BNS_HMAC_SHA512] = {"hmac-sha512", (const uint8_t *)"\13hmac-sha512", "SHA512", 64},
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

enum bns_error bns_tsig_algorithm_from_text(const char *text, enum bns_tsig_algorithm *alg)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (strcasecmp(text, algorithms[i].text) == 0) {
			*alg = (enum bns_tsig_algorithm)i;
			return BNS_OK;
		}
	}
	return BNS_EINVAL;
}

const char *bns_tsig_algorithm_to_text(enum bns_tsig_algorithm alg)
{
	return algorithms[alg].text;
}

const uint8_t *bns_tsig_algorithm_name(enum bns_tsig_algorithm alg)
{
	return algorithms[alg].name;
}

enum bns_error bns_tsig_algorithm_from_name(const uint8_t *name, enum bns_tsig_algorithm *alg)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (bns_name_equal(name, algorithms[i].name)) {
			*alg = (enum bns_tsig_algorithm)i;
			return BNS_OK;
		}
	}
	return BNS_EINVAL;
}

size_t bns_tsig_algorithm_size(enum bns_tsig_algorithm alg)
{
	return algorithms[alg].size;
}

void *bns_tsig_mac_open(const struct bns_tsig_key *key)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	/* OpenSSL only reads the name, but its parameters can also be written through. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)algorithms[key->algorithm].digest, 0),
		OSSL_PARAM_END,
	};

	EVP_MAC_free(hmac);
	if (ctx && EVP_MAC_init(ctx, key->secret, key->secret_len, params) != 1)
		return bns_tsig_mac_close(ctx);
	return ctx;
}

void *bns_tsig_mac_close(void *mac)
{
	EVP_MAC_CTX_free(mac);
	return NULL;
}

static void *update(void *mac, const void *data, size_t len)
{
	if (mac && len > 0 && EVP_MAC_update(mac, data, len) != 1)
		return bns_tsig_mac_close(mac);
	return mac;
}

void *bns_tsig_mac_prior(void *mac, const uint8_t *prior, size_t len)
{
	uint8_t size[2];

	if (len == 0)
		return mac;
	bns_put_u16(size, (uint16_t)len);
	mac = update(mac, size, sizeof(size));
	return update(mac, prior, len);
}

void *bns_tsig_mac_message(void *mac, const uint8_t *msg, size_t len, uint16_t id, unsigned stripped)
{
	uint8_t header[BNS_HEADER_LEN];

	bns_put_u16(header, id);
	memcpy(header + 2, msg + 2, BNS_HEADER_LEN - 4);
	bns_put_u16(header + 10, (uint16_t)(bns_message_arcount(msg) - stripped));
	mac = update(mac, header, sizeof(header));
	return update(mac, msg + BNS_HEADER_LEN, len - BNS_HEADER_LEN);
}

void *bns_tsig_mac_variables(void *mac, const struct bns_tsig_record *record)
{
	static const uint8_t class_and_ttl[6] = {0, BNS_CLASS_ANY, 0, 0, 0, 0};
	uint8_t error_and_size[4];

	mac = update(mac, record->name, bns_name_len(record->name));
	mac = update(mac, class_and_ttl, sizeof(class_and_ttl));
	mac = update(mac, record->algorithm, bns_name_len(record->algorithm));
	mac = bns_tsig_mac_timers(mac, record);
	bns_put_u16(error_and_size, record->error);
	bns_put_u16(error_and_size + 2, (uint16_t)record->other_len);
	mac = update(mac, error_and_size, sizeof(error_and_size));
	return update(mac, record->other, record->other_len);
}

void *bns_tsig_mac_timers(void *mac, const struct bns_tsig_record *record)
{
	uint8_t timers[8];

	bns_put_u48(timers, record->signed_s);
	bns_put_u16(timers + 6, record->fudge_s);
	return update(mac, timers, sizeof(timers));
}

enum bns_error bns_tsig_mac_end(void *mac, uint8_t out[BNS_TSIG_MAC_MAX], size_t *len)
{
	if (!mac)
		return BNS_ECRYPTO;
	int done = EVP_MAC_final(mac, out, len, BNS_TSIG_MAC_MAX);
	bns_tsig_mac_close(mac);
	return done == 1 ? BNS_OK : BNS_ECRYPTO;
}
