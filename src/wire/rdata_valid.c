/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/buf.h"
#include "wire/rrtype.h"

/* Sizes with no structure worth a look: between min and max octets. */
static const struct {
	uint16_t type;
	uint16_t min;
	uint16_t max;
} sizes[] = {
	{BNS_TYPE_A, 4, 4},
	{25, 4, UINT16_MAX}, /* KEY */
	{BNS_TYPE_AAAA, 16, 16},
	{37, 6, UINT16_MAX}, /* CERT */
	{44, 3, UINT16_MAX}, /* SSHFP */
	{BNS_TYPE_DNSKEY, 5, UINT16_MAX},
	{52, 4, UINT16_MAX}, /* TLSA */
	{53, 4, UINT16_MAX}, /* SMIMEA */
	{BNS_TYPE_CDNSKEY, 5, UINT16_MAX},
	{BNS_TYPE_ZONEMD, 18, UINT16_MAX},
	{104, 10, 10},        /* NID */
	{105, 6, 6},          /* L32 */
	{106, 10, 10},        /* L64 */
	{108, 6, 6},          /* EUI48 */
	{109, 8, 8},          /* EUI64 */
	{256, 5, UINT16_MAX}, /* URI */
};

static bool size_fits(uint16_t type, size_t rdlen)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i].type == type)
			return rdlen >= sizes[i].min && rdlen <= sizes[i].max;
	}
	return true;
}

/* One or more character-strings and nothing else (RFC 1035 §3.3). */
static bool strings_fit(struct bns_reader r, unsigned min, unsigned max)
{
	unsigned n = 0;

	while (bns_reader_left(&r) > 0) {
		bns_read_bytes(&r, bns_read_u8(&r));
		n++;
	}
	return !r.failed && n >= min && n <= max;
}

/* Windows in rising order, 1 to 32 octets each (RFC 4034 §4.1.2). */
static bool bitmap_fits(struct bns_reader r)
{
	int last = -1;

	while (bns_reader_left(&r) > 0) {
		int window = bns_read_u8(&r);
		unsigned octets = bns_read_u8(&r);
		bns_read_bytes(&r, octets);
		if (window <= last || octets < 1 || octets > 32)
			return false;
		last = window;
	}
	return !r.failed;
}

/* Moves behind an uncompressed name. */
static bool skip_name(struct bns_reader *r)
{
	size_t left = bns_reader_left(r);
	const uint8_t *name = left ? r->data + r->pos : NULL;
	size_t n = 0;

	while (n < left && name[n] != 0) {
		if (name[n] > BNS_LABEL_MAX)
			return false;
		n += 1u + name[n];
	}
	return n < BNS_NAME_MAX && bns_read_bytes(r, n + 1) != NULL;
}

/* What may stand behind the names of a shaped type. */
static bool rest_fits(uint16_t type, const struct bns_reader *r)
{
	switch (type) {
	case BNS_TYPE_SOA:
		return bns_reader_left(r) == 20;
	case BNS_TYPE_RRSIG:
	case 24: /* SIG */
		return bns_reader_left(r) > 0;
	case BNS_TYPE_NSEC:
		return bitmap_fits(*r);
	case 30: /* NXT: a bitmap of another kind */
		return true;
	default:
		return bns_reader_left(r) == 0;
	}
}

static bool shape_fits(uint16_t type, const struct bns_rdata_shape *shape, struct bns_reader r)
{
	bns_read_bytes(&r, shape->prefix);
	for (unsigned i = 0; i < shape->strings; i++)
		bns_read_bytes(&r, bns_read_u8(&r));
	for (unsigned i = 0; i < shape->names; i++) {
		if (!skip_name(&r))
			return false;
	}
	return !r.failed && rest_fits(type, &r);
}

/* The digest's size goes with its type (RFC 4034 §5.1.4, RFC 4509, RFC 6605); CDS may be a delete (RFC 8078 §4). */
static bool ds_fits(struct bns_reader r)
{
	bns_read_bytes(&r, 3);
	unsigned digest_type = bns_read_u8(&r);
	size_t digest = bns_reader_left(&r);

	switch (digest_type) {
	case 1:
		return digest == 20;
	case 2:
		return digest == 32;
	case 4:
		return digest == 48;
	default:
		return digest > 0;
	}
}

/* RFC 5155 §3.2 and §4.2. */
static bool nsec3_fits(uint16_t type, struct bns_reader r)
{
	bns_read_bytes(&r, 4);
	bns_read_bytes(&r, bns_read_u8(&r));
	if (type == BNS_TYPE_NSEC3PARAM)
		return !r.failed && bns_reader_left(&r) == 0;
	unsigned hash = bns_read_u8(&r);
	bns_read_bytes(&r, hash);
	return !r.failed && hash > 0 && bitmap_fits(r);
}

/* RFC 8659 §4.1: a tag has one letter or digit at least. */
static bool caa_fits(struct bns_reader r)
{
	bns_read_u8(&r);
	unsigned tag = bns_read_u8(&r);
	bns_read_bytes(&r, tag);
	return !r.failed && tag > 0;
}

/* RFC 9460 §2.2: parameters in strictly rising order. */
static bool svcb_fits(struct bns_reader r)
{
	int last = -1;

	bns_read_u16(&r);
	if (!skip_name(&r))
		return false;
	while (bns_reader_left(&r) > 0) {
		int key = bns_read_u16(&r);
		bns_read_bytes(&r, bns_read_u16(&r));
		if (key <= last)
			return false;
		last = key;
	}
	return !r.failed;
}

bool bns_rdata_valid(uint16_t type, const uint8_t *rdata, size_t rdlen)
{
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);
	struct bns_reader r = bns_reader_of(rdata, rdlen);

	if (rdlen > UINT16_MAX)
		return false;
	if (shape)
		return shape_fits(type, shape, r);
	switch (type) {
	case BNS_TYPE_TXT:
	case 99: /* SPF */
		return strings_fit(r, 1, UINT16_MAX);
	case 13: /* HINFO */
		return strings_fit(r, 2, 2);
	case 19: /* X25 */
		return strings_fit(r, 1, 1);
	case 20: /* ISDN */
		return strings_fit(r, 1, 2);
	case BNS_TYPE_DS:
	case BNS_TYPE_CDS:
		return ds_fits(r);
	case BNS_TYPE_NSEC3:
	case BNS_TYPE_NSEC3PARAM:
		return nsec3_fits(type, r);
	case BNS_TYPE_CAA:
		return caa_fits(r);
	case BNS_TYPE_SVCB:
	case BNS_TYPE_HTTPS:
		return svcb_fits(r);
	default:
		return size_fits(type, rdlen);
	}
}
