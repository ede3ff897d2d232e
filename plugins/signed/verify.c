/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

/* RRSIG RDATA up to the signer's name (RFC 4034 §3.1). */
enum {
	COVERED = 0,
	ALGORITHM = 2,
	LABELS = 3,
	ORIGINAL_TTL = 4,
	EXPIRATION = 8,
	INCEPTION = 12,
	TAG = 16,
	SIGNER = 18
};

#define DNSKEY_HEAD     4 /* flags, protocol, algorithm */
#define FLAG_ZONE_KEY   0x0100
#define FLAG_REVOKED    0x0080
#define PROTOCOL_DNSSEC 3
#define TTL_OFFSET      4 /* behind a canonical record's owner: type, class */

static uint16_t u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)u16(p) << 16 | u16(p + 2);
}

size_t sv_name_len(const uint8_t *name)
{
	size_t len = 0;

	while (name[len])
		len += 1 + (size_t)name[len];
	return len + 1;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* A length octet is below 64, so lowering it changes nothing. */
bool sv_name_equal(const uint8_t *a, const uint8_t *b)
{
	size_t len = sv_name_len(a);

	if (len != sv_name_len(b))
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

uint16_t sv_rrsig_covers(const struct bns_record *rrsig)
{
	return u16(rrsig->rdata + COVERED);
}

static int64_t nearest(uint32_t field, int64_t now_s)
{
	return now_s + (int32_t)(field - (uint32_t)now_s);
}

int64_t sv_rrsig_expires(const struct bns_record *rrsig, int64_t now_s)
{
	return nearest(u32(rrsig->rdata + EXPIRATION), now_s);
}

/* RFC 4034, appendix B. */
static uint16_t key_tag(const struct bns_record *key)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < key->rdlen; i++)
		sum += i & 1 ? key->rdata[i] : (uint32_t)key->rdata[i] << 8;
	return (uint16_t)(sum + (sum >> 16));
}

static bool key_suits(const struct bns_record *key, const struct bns_record *sig)
{
	if (key->rdlen <= DNSKEY_HEAD || key->rdata[2] != PROTOCOL_DNSSEC || key->rdata[3] != sig->rdata[ALGORITHM])
		return false;
	if ((u16(key->rdata) & (FLAG_ZONE_KEY | FLAG_REVOKED)) != FLAG_ZONE_KEY)
		return false;
	return key_tag(key) == u16(sig->rdata + TAG);
}

/* Labels, a leading asterisk not counted: in a zone nothing is expanded from a wildcard (RFC 4034 §3.1.3). */
static unsigned label_count(const uint8_t *owner)
{
	unsigned count = 0;

	if (owner[0] == 1 && owner[1] == '*')
		owner += 2;
	for (; *owner; owner += 1 + *owner)
		count++;
	return count;
}

/* What was signed: the RRSIG up to its signature, then the records with their original TTL (RFC 4034 §3.1.8.1). */
static ldns_buffer *signed_data(const struct sv_terms *t, const struct bns_record *sig, const struct bns_record *rr,
				size_t count)
{
	size_t head = SIGNER + sv_name_len(sig->rdata + SIGNER), owner_len = sv_name_len(rr->owner);
	uint8_t *scratch = malloc(BNS_RECORD_CANONICAL_MAX);
	ldns_buffer *data = ldns_buffer_new(1024);

	if (!scratch || !data)
		goto failed;
	memcpy(scratch, sig->rdata, SIGNER);
	for (size_t i = SIGNER; i < head; i++)
		scratch[i] = lower(sig->rdata[i]);
	if (!ldns_buffer_reserve(data, head))
		goto failed;
	ldns_buffer_write(data, scratch, head);
	for (size_t i = 0; i < count; i++) {
		size_t len = t->host->record_write_canonical(&rr[i], scratch);
		memcpy(scratch + owner_len + TTL_OFFSET, sig->rdata + ORIGINAL_TTL, 4);
		if (!ldns_buffer_reserve(data, len))
			goto failed;
		ldns_buffer_write(data, scratch, len);
	}
	free(scratch);
	return data;

failed:
	free(scratch);
	ldns_buffer_free(data);
	return NULL;
}

/* The signature as the library takes it: ECDSA's two numbers become ASN.1 (RFC 6605 §4). */
static ldns_buffer *signature_of(const struct bns_record *sig)
{
	size_t at = SIGNER + sv_name_len(sig->rdata + SIGNER);
	ldns_rdf rdf = {
		._size = (size_t)sig->rdlen - at,
		._type = LDNS_RDF_TYPE_B64,
		._data = (uint8_t *)sig->rdata + at,
	};
	ldns_buffer *out = ldns_buffer_new(rdf._size + 1);
	bool ecdsa = sig->rdata[ALGORITHM] == LDNS_SIGN_ECDSAP256SHA256 ||
		     sig->rdata[ALGORITHM] == LDNS_SIGN_ECDSAP384SHA384;

	/* What can't be converted stays as it is: it won't verify. */
	if (out && (!ecdsa || ldns_convert_ecdsa_rrsig_rdf2asn1(out, &rdf) != LDNS_STATUS_OK))
		ldns_buffer_write(out, rdf._data, rdf._size);
	return out;
}

/* A key of an algorithm that nobody here knows can't be called bogus: validators take it as unsigned. */
static bool verifies(ldns_buffer *data, ldns_buffer *signature, const struct bns_record *key)
{
	ldns_status status =
		ldns_verify_rrsig_buffers_raw(ldns_buffer_begin(signature), ldns_buffer_position(signature), data,
					      (unsigned char *)key->rdata + DNSKEY_HEAD,
					      (size_t)key->rdlen - DNSKEY_HEAD, key->rdata[DNSKEY_HEAD - 1]);

	return status == LDNS_STATUS_OK || status == LDNS_STATUS_CRYPTO_UNKNOWN_ALGO;
}

static enum sv_reason verify_with_keys(const struct sv_terms *t, const struct bns_contents *zone,
				       const struct bns_record *sig, const struct bns_record *rr, size_t count)
{
	size_t key_count;
	const struct bns_record *keys = t->host->find(zone, zone->apex, BNS_TYPE_DNSKEY, &key_count);
	ldns_buffer *data = NULL, *signature = NULL;
	enum sv_reason reason = SV_NO_KEY;

	for (size_t i = 0; i < key_count && (reason == SV_NO_KEY || reason == SV_BOGUS); i++) {
		if (!key_suits(&keys[i], sig))
			continue;
		data = data ? data : signed_data(t, sig, rr, count);
		signature = signature ? signature : signature_of(sig);
		if (!data || !signature)
			reason = SV_FAILED;
		else
			reason = verifies(data, signature, &keys[i]) ? SV_SOUND : SV_BOGUS;
	}
	ldns_buffer_free(data);
	ldns_buffer_free(signature);
	return reason;
}

/* Cheap questions first. */
static enum sv_reason verify_one(const struct sv_terms *t, const struct bns_contents *zone,
				 const struct bns_record *sig, const struct bns_record *rr, size_t count)
{
	if (!sv_name_equal(sig->rdata + SIGNER, zone->apex))
		return SV_NO_KEY;
	if (sig->rdata[LABELS] != label_count(rr->owner))
		return SV_BOGUS;
	if (nearest(u32(sig->rdata + INCEPTION), t->now_s) > t->now_s + (int64_t)t->skew_s)
		return SV_EARLY;
	if (sv_rrsig_expires(sig, t->now_s) < t->now_s - (int64_t)t->skew_s)
		return SV_EXPIRED;
	return verify_with_keys(t, zone, sig, rr, count);
}

enum sv_reason sv_verify(const struct sv_terms *t, const struct bns_contents *zone, const struct bns_record *rr,
			 size_t count)
{
	size_t sig_count;
	const struct bns_record *sigs = t->host->find(zone, rr->owner, BNS_TYPE_RRSIG, &sig_count);
	enum sv_reason worst = SV_UNSIGNED;

	for (size_t i = 0; i < sig_count; i++) {
		if (sv_rrsig_covers(&sigs[i]) != rr->type)
			continue;
		enum sv_reason reason = verify_one(t, zone, &sigs[i], rr, count);
		if (reason == SV_SOUND)
			return SV_SOUND;
		if (reason > worst)
			worst = reason;
	}
	return worst;
}
