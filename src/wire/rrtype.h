/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resource record types: mnemonics, and the shape of the RDATA of those types
 * that hold domain names. All other types are opaque (RFC 3597). No I/O, no
 * allocation. Thread: any.
 */
#ifndef BNS_WIRE_RRTYPE_H
#define BNS_WIRE_RRTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/name.h"

enum bns_rrtype {
	BNS_TYPE_A = 1,
	BNS_TYPE_NS = 2,
	BNS_TYPE_CNAME = 5,
	BNS_TYPE_SOA = 6,
	BNS_TYPE_PTR = 12,
	BNS_TYPE_MX = 15,
	BNS_TYPE_TXT = 16,
	BNS_TYPE_AAAA = 28,
	BNS_TYPE_SRV = 33,
	BNS_TYPE_DNAME = 39,
	BNS_TYPE_OPT = 41,
	BNS_TYPE_DS = 43,
	BNS_TYPE_RRSIG = 46,
	BNS_TYPE_NSEC = 47,
	BNS_TYPE_DNSKEY = 48,
	BNS_TYPE_NSEC3 = 50,
	BNS_TYPE_NSEC3PARAM = 51,
	BNS_TYPE_CDS = 59,
	BNS_TYPE_CDNSKEY = 60,
	BNS_TYPE_ZONEMD = 63,
	BNS_TYPE_SVCB = 64,
	BNS_TYPE_HTTPS = 65,
	BNS_TYPE_TKEY = 249,
	BNS_TYPE_TSIG = 250,
	BNS_TYPE_IXFR = 251,
	BNS_TYPE_AXFR = 252,
	BNS_TYPE_ANY = 255,
	BNS_TYPE_CAA = 257,
};

enum bns_class { BNS_CLASS_IN = 1, BNS_CLASS_CH = 3, BNS_CLASS_NONE = 254, BNS_CLASS_ANY = 255 };

#define BNS_RRTYPE_TEXT_MAX 16

/* "CNAME", or "TYPE65400" where there is no mnemonic (RFC 3597 §5); returns `out`. */
char *bns_rrtype_to_text(uint16_t type, char out[BNS_RRTYPE_TEXT_MAX]);
enum bns_error bns_rrtype_from_text(const char *text, uint16_t *type) BNS_MUST_CHECK;

/* OPT, TSIG, TKEY and 128..255: never data of a zone (RFC 6895 §3.1). */
static inline bool bns_rrtype_is_meta(uint16_t type)
{
	return type == 0 || type == BNS_TYPE_OPT || (type >= 128 && type <= 255);
}

/*
 * How names lie in a type's RDATA: `prefix` fixed octets, `names` names, and
 * whatever follows. `strings` character-strings stand between (NAPTR).
 */
struct bns_rdata_shape {
	uint8_t prefix;
	uint8_t strings;
	uint8_t names;
	bool compress;  /* senders may compress these names (RFC 3597 §4) */
	bool canonical; /* canonical form lower-cases them (RFC 4034 §6.2, RFC 6840 §5.1) */
};

/* NULL for types without names. Types whose names come later or can't be compressed (SVCB, …) count as opaque. */
const struct bns_rdata_shape *bns_rdata_shape(uint16_t type);

/*
 * Checks the RDATA at `pos` of `msg` (rdlen octets), expands compressed names
 * and writes the result to `out`. BNS_EFORMAT where the shape does not fit.
 * `out` needs 65535 octets at most; BNS_ERANGE where `cap` is too small.
 */
enum bns_error bns_rdata_expand(uint16_t type, const uint8_t *msg, size_t len, size_t pos, uint16_t rdlen, uint8_t *out,
				size_t cap, uint16_t *out_len) BNS_MUST_CHECK;

/* Uncompressed RDATA of fixed size or with names is well-formed (A is 4 octets, SOA two names and 20 octets, ...). */
bool bns_rdata_valid(uint16_t type, const uint8_t *rdata, size_t rdlen);

/* Lower-cases the names in uncompressed, valid RDATA, where the canonical form does (RFC 4034 §6.2). */
void bns_rdata_lower(uint16_t type, uint8_t *rdata, size_t rdlen);

/*
 * Where names lie in uncompressed, valid RDATA: writes up to 2 offsets,
 * returns how many.
 */
unsigned bns_rdata_name_offsets(uint16_t type, const uint8_t *rdata, size_t rdlen, uint16_t offsets[2]);

#endif
