/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/zonemd.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/buf.h"
#include "zone/digest.h"

#define SCHEME_SIMPLE 1
#define FIXED_LEN     6 /* serial, scheme, hash algorithm */

/* RFC 8976 §5.3; NULL: one that we don't know. */
static const EVP_MD *hash_of(const struct bns_record *rr)
{
	if (rr->rdata[4] != SCHEME_SIMPLE)
		return NULL;
	return rr->rdata[5] == 1 ? EVP_sha384() : rr->rdata[5] == 2 ? EVP_sha512() : NULL;
}

static bool covers_zonemd(const struct bns_record *rr)
{
	return rr->type == BNS_TYPE_ZONEMD ||
	       (rr->type == BNS_TYPE_RRSIG && rr->rdlen >= 2 && bns_get_u16(rr->rdata) == BNS_TYPE_ZONEMD);
}

/* All but what stands outside the zone, and the apex's ZONEMD with its signatures (§3.3.1). */
static bool is_digested(const struct bns_contents *c, const struct bns_record *rr)
{
	if (covers_zonemd(rr) && bns_name_equal(rr->owner, c->apex))
		return false;
	return bns_name_in(rr->owner, c->apex);
}

static enum bns_error compute(const struct bns_contents *c, const EVP_MD *hash, uint8_t digest[EVP_MAX_MD_SIZE])
{
	enum bns_error err = BNS_ENOMEM;
	uint8_t *scratch = malloc(BNS_RECORD_CANONICAL_MAX);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!scratch || !ctx)
		goto out;
	err = BNS_ECRYPTO;
	if (!EVP_DigestInit_ex(ctx, hash, NULL))
		goto out;
	for (size_t i = 0; i < c->count; i++) {
		const struct bns_record *rr = &c->records[i];
		if (is_digested(c, rr) && !EVP_DigestUpdate(ctx, scratch, bns_record_write_canonical(rr, scratch)))
			goto out;
	}
	if (EVP_DigestFinal_ex(ctx, digest, NULL))
		err = BNS_OK;
out:
	EVP_MD_CTX_free(ctx);
	free(scratch);
	return err;
}

/* Several for one pair of scheme and hash are no good, whatever they say (§4, step 4). */
static bool is_repeated(const struct bns_record *list, size_t count, const struct bns_record *rr)
{
	size_t same = 0;
	for (size_t i = 0; i < count; i++)
		same += list[i].rdlen >= FIXED_LEN && bns_get_u16(list[i].rdata + 4) == bns_get_u16(rr->rdata + 4);
	return same > 1;
}

static enum bns_error verify_digest(const struct bns_contents *c, const struct bns_record *rr, enum bns_zonemd *result)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	const EVP_MD *hash = hash_of(rr);
	size_t len = (size_t)EVP_MD_get_size(hash);
	*result = BNS_ZONEMD_LENGTH;
	if ((size_t)rr->rdlen - FIXED_LEN != len)
		return BNS_OK;
	enum bns_error err = compute(c, hash, digest);
	if (!err)
		*result = CRYPTO_memcmp(digest, rr->rdata + FIXED_LEN, len) == 0 ? BNS_ZONEMD_GOOD : BNS_ZONEMD_DIGEST;
	return err;
}

static enum bns_error verify_one(const struct bns_contents *c, const struct bns_record *list, size_t count,
				 const struct bns_record *rr, enum bns_zonemd *result)
{
	*result = BNS_ZONEMD_UNSUPPORTED;
	if (rr->rdlen < FIXED_LEN || !hash_of(rr))
		return BNS_OK;
	if (is_repeated(list, count, rr))
		*result = BNS_ZONEMD_REPEATED;
	else if (bns_get_u32(rr->rdata) != c->serial)
		*result = BNS_ZONEMD_SERIAL;
	else
		return verify_digest(c, rr, result);
	return BNS_OK;
}

enum bns_error bns_zonemd_verify(const struct bns_contents *c, enum bns_zonemd *result,
				 const struct bns_record **record)
{
	size_t count;
	const struct bns_record *list = bns_contents_find(c, c->apex, BNS_TYPE_ZONEMD, &count);
	enum bns_error err = BNS_OK;

	*result = count > 0 ? BNS_ZONEMD_UNSUPPORTED : BNS_ZONEMD_ABSENT;
	*record = list;
	for (size_t i = 0; i < count && !err && *result != BNS_ZONEMD_GOOD; i++) {
		enum bns_zonemd found;
		err = verify_one(c, list, count, &list[i], &found);
		if (found == BNS_ZONEMD_GOOD || *result == BNS_ZONEMD_UNSUPPORTED) {
			*result = found;
			*record = &list[i];
		}
	}
	return err;
}
