/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/digest.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define SMALL_BYTES 2048 /* mostly enough for a record */

size_t bns_record_write_canonical(const struct bns_record *rr, uint8_t *out)
{
	struct bns_writer w = bns_writer_of(out, BNS_NAME_MAX + 10 + (size_t)rr->rdlen);
	bns_write_bytes(&w, rr->owner, bns_name_len(rr->owner));
	bns_write_u16(&w, rr->type);
	bns_write_u16(&w, BNS_CLASS_IN);
	bns_write_u32(&w, rr->ttl);
	bns_write_u16(&w, rr->rdlen);
	uint8_t *rdata = bns_write_room(&w, rr->rdlen);
	memcpy(rdata, rr->rdata, rr->rdlen);
	bns_rdata_lower(rr->type, rdata, rr->rdlen);
	return w.pos;
}

static bool fits_small(const struct bns_contents *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].rdlen > SMALL_BYTES - BNS_NAME_MAX - 10)
			return false;
	return true;
}

enum bns_error bns_contents_digest(const struct bns_contents *c, uint8_t digest[BNS_DIGEST_LEN])
{
	enum bns_error err = BNS_ENOMEM;
	uint8_t small[SMALL_BYTES];
	uint8_t *scratch = fits_small(c) ? small : malloc(BNS_RECORD_CANONICAL_MAX);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!scratch || !ctx)
		goto out;
	err = BNS_ECRYPTO;
	if (!EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		goto out;
	for (size_t i = 0; i < c->count; i++)
		if (!EVP_DigestUpdate(ctx, scratch, bns_record_write_canonical(&c->records[i], scratch)))
			goto out;
	if (EVP_DigestFinal_ex(ctx, digest, NULL))
		err = BNS_OK;
out:
	EVP_MD_CTX_free(ctx);
	if (scratch != small)
		free(scratch);
	return err;
}

char *bns_candidate_id(const uint8_t *apex, uint32_t serial, const uint8_t digest[BNS_DIGEST_LEN],
		       char out[BNS_CANDIDATE_ID_MAX])
{
	bns_name_to_text_nodot(apex, out);
	size_t len = strlen(out);
	snprintf(out + len, BNS_CANDIDATE_ID_MAX - len, "@%" PRIu32 "-%08" PRIx32, serial, bns_get_u32(digest));
	return out;
}

char *bns_removal_id(const uint8_t *apex, uint32_t serial, char out[BNS_CANDIDATE_ID_MAX])
{
	static const uint8_t none[BNS_DIGEST_LEN];
	return bns_candidate_id(apex, serial, none, out);
}
