/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/buf.h"
#include "wire/rrtype.h"

/* Numbers of old types that only this table and its checks name. */
enum {
	TYPE_MD = 3,
	TYPE_MF = 4,
	TYPE_MB = 7,
	TYPE_MG = 8,
	TYPE_MR = 9,
	TYPE_MINFO = 14,
	TYPE_RP = 17,
	TYPE_AFSDB = 18,
	TYPE_RT = 21,
	TYPE_SIG = 24,
	TYPE_PX = 26,
	TYPE_NXT = 30,
	TYPE_NAPTR = 35,
	TYPE_KX = 36,
};

/*
 * Senders compress the types of RFC 1035 alone (RFC 3597 §4). The canonical
 * form lower-cases what RFC 4034 §6.2 lists, less NSEC (RFC 6840 §5.1).
 */
const struct bns_rdata_shape *bns_rdata_shape(uint16_t type)
{
	static const struct bns_rdata_shape one = {.names = 1, .compress = true, .canonical = true};
	static const struct bns_rdata_shape two = {.names = 2, .compress = true, .canonical = true};
	static const struct bns_rdata_shape mx = {.prefix = 2, .names = 1, .compress = true, .canonical = true};
	static const struct bns_rdata_shape rp = {.names = 2, .canonical = true};
	static const struct bns_rdata_shape preferred = {.prefix = 2, .names = 1, .canonical = true};
	static const struct bns_rdata_shape px = {.prefix = 2, .names = 2, .canonical = true};
	static const struct bns_rdata_shape srv = {.prefix = 6, .names = 1, .canonical = true};
	static const struct bns_rdata_shape naptr = {.prefix = 4, .strings = 3, .names = 1, .canonical = true};
	static const struct bns_rdata_shape dname = {.names = 1, .canonical = true};
	static const struct bns_rdata_shape rrsig = {.prefix = 18, .names = 1, .canonical = true};
	static const struct bns_rdata_shape nsec = {.names = 1};

	switch (type) {
	case BNS_TYPE_NS:
	case TYPE_MD:
	case TYPE_MF:
	case BNS_TYPE_CNAME:
	case TYPE_MB:
	case TYPE_MG:
	case TYPE_MR:
	case BNS_TYPE_PTR:
		return &one;
	case BNS_TYPE_SOA:
	case TYPE_MINFO:
		return &two;
	case BNS_TYPE_MX:
		return &mx;
	case TYPE_RP:
		return &rp;
	case TYPE_AFSDB:
	case TYPE_RT:
	case TYPE_KX:
		return &preferred;
	case TYPE_PX:
		return &px;
	case BNS_TYPE_SRV:
		return &srv;
	case TYPE_NAPTR:
		return &naptr;
	case BNS_TYPE_DNAME:
	case TYPE_NXT:
		return &dname;
	case TYPE_SIG:
	case BNS_TYPE_RRSIG:
		return &rrsig;
	case BNS_TYPE_NSEC:
		return &nsec;
	default:
		return NULL;
	}
}

/* Where the first name lies, behind prefix and strings; `rdlen` where they don't fit. */
static size_t names_start(const struct bns_rdata_shape *shape, const uint8_t *rdata, size_t rdlen)
{
	size_t pos = shape->prefix;

	for (unsigned i = 0; i < shape->strings && pos < rdlen; i++)
		pos += 1u + rdata[pos];
	return pos < rdlen ? pos : rdlen;
}

/* Copies the names at `pos`, expanded, and moves `pos` behind them. */
static enum bns_error expand_names(unsigned names, const uint8_t *msg, size_t len, size_t *pos, struct bns_writer *w)
{
	for (unsigned i = 0; i < names; i++) {
		uint8_t name[BNS_NAME_MAX];
		size_t name_len;
		if (bns_name_parse(msg, len, pos, name, &name_len) != BNS_OK)
			return BNS_EFORMAT;
		bns_write_bytes(w, name, name_len);
	}
	return BNS_OK;
}

enum bns_error bns_rdata_expand(uint16_t type, const uint8_t *msg, size_t len, size_t pos, uint16_t rdlen, uint8_t *out,
				size_t cap, uint16_t *out_len)
{
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);
	struct bns_writer w = bns_writer_of(out, cap < UINT16_MAX ? cap : UINT16_MAX);

	if (pos > len || len - pos < rdlen)
		return BNS_EFORMAT;
	size_t end = pos + rdlen;
	if (shape) {
		size_t fixed = names_start(shape, msg + pos, rdlen);
		bns_write_bytes(&w, msg + pos, fixed);
		pos += fixed;
		enum bns_error err = expand_names(shape->names, msg, len, &pos, &w);
		if (err)
			return err;
		if (pos > end)
			return BNS_EFORMAT;
	}
	bns_write_bytes(&w, msg + pos, end - pos);
	if (w.failed)
		return BNS_ERANGE;
	if (!bns_rdata_valid(type, out, w.pos))
		return BNS_EFORMAT;
	*out_len = (uint16_t)w.pos;
	return BNS_OK;
}

unsigned bns_rdata_name_offsets(uint16_t type, const uint8_t *rdata, size_t rdlen, uint16_t offsets[2])
{
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);

	if (!shape)
		return 0;
	size_t pos = names_start(shape, rdata, rdlen);
	for (unsigned i = 0; i < shape->names; i++) {
		offsets[i] = (uint16_t)pos;
		pos += bns_name_len(rdata + pos);
	}
	return shape->names;
}

void bns_rdata_lower(uint16_t type, uint8_t *rdata, size_t rdlen)
{
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);
	uint16_t offsets[2];

	if (!shape || !shape->canonical)
		return;
	unsigned names = bns_rdata_name_offsets(type, rdata, rdlen, offsets);
	for (unsigned i = 0; i < names; i++)
		bns_name_lower(rdata + offsets[i]);
}
