/* SPDX-License-Identifier: BSD-3-Clause */
/* RDATA of the usual types. What isn't exactly as it mostly is, is left to ldns. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "wire/rrtype.h"
#include "zone/quick_internal.h"

#define STRING_MAX 255
#define TAG_MAX    15

static const struct {
	char word[6];
	uint8_t len;
	uint16_t type;
} types[] = {
	{"CNAME", 5, BNS_TYPE_CNAME}, {"A", 1, BNS_TYPE_A},       {"NS", 2, BNS_TYPE_NS}, {"SOA", 3, BNS_TYPE_SOA},
	{"TXT", 3, BNS_TYPE_TXT},     {"AAAA", 4, BNS_TYPE_AAAA}, {"MX", 2, BNS_TYPE_MX}, {"CAA", 3, BNS_TYPE_CAA},
	{"SRV", 3, BNS_TYPE_SRV},     {"PTR", 3, BNS_TYPE_PTR},
};

uint16_t bns_quick_type(const struct bns_quick_token *t)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !t->quoted; i++)
		if (types[i].len == t->len && strncasecmp(types[i].word, t->text, t->len) == 0)
			return types[i].type;
	return 0;
}

static bool next(struct bns_quick *q, struct bns_quick_token *t)
{
	return bns_quick_token(q, t) == BNS_QUICK_TOKEN;
}

/* Neither ldns's memory nor ours has more than the fields say. */
static bool at_end(struct bns_quick *q)
{
	struct bns_quick_token t;
	return bns_quick_token(q, &t) == BNS_QUICK_END;
}

static bool put(struct bns_quick *q, const void *data, size_t len)
{
	if (len > sizeof(q->rdata) - q->rdlen)
		return false;
	memcpy(q->rdata + q->rdlen, data, len);
	q->rdlen += len;
	return true;
}

static bool put_name(struct bns_quick *q)
{
	struct bns_quick_token t;
	uint8_t name[BNS_NAME_MAX];
	size_t len = next(q, &t) ? bns_quick_name(q, &t, name) : 0;
	return len > 0 && put(q, name, len);
}

static bool put_u8(struct bns_quick *q)
{
	struct bns_quick_token t;
	uint32_t value;
	if (!next(q, &t) || !bns_quick_number(&t, UINT8_MAX, &value))
		return false;
	uint8_t octet = (uint8_t)value;
	return put(q, &octet, 1);
}

static bool put_u16(struct bns_quick *q)
{
	struct bns_quick_token t;
	uint32_t value;
	uint8_t octets[2];
	if (!next(q, &t) || !bns_quick_number(&t, UINT16_MAX, &value))
		return false;
	bns_put_u16(octets, (uint16_t)value);
	return put(q, octets, sizeof(octets));
}

static bool put_u32(struct bns_quick *q, uint64_t max)
{
	struct bns_quick_token t;
	uint32_t value;
	uint8_t octets[4];
	if (!next(q, &t) || !bns_quick_number(&t, max, &value))
		return false;
	bns_put_u32(octets, value);
	return put(q, octets, sizeof(octets));
}

static bool put_soa(struct bns_quick *q)
{
	/* Times of ten digits may be too large, which others judge. */
	return put_name(q) && put_name(q) && put_u32(q, UINT32_MAX) && put_u32(q, 999999999) && put_u32(q, 999999999) &&
	       put_u32(q, 999999999) && put_u32(q, 999999999);
}

static bool put_address(struct bns_quick *q, int family, size_t len)
{
	struct bns_quick_token t;
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	if (!next(q, &t) || t.quoted || t.len >= sizeof(text))
		return false;
	memcpy(text, t.text, t.len);
	text[t.len] = '\0';
	return inet_pton(family, text, address) == 1 && put(q, address, len);
}

static bool put_string(struct bns_quick *q, const struct bns_quick_token *t)
{
	uint8_t len = (uint8_t)t->len;
	return t->len <= STRING_MAX && put(q, &len, 1) && put(q, t->text, t->len);
}

/* Quoted ones alone: what stands without quotes may be more than it seems. */
static bool put_strings(struct bns_quick *q)
{
	struct bns_quick_token t;
	enum bns_quick_next found;
	while ((found = bns_quick_token(q, &t)) == BNS_QUICK_TOKEN)
		if (!t.quoted || !put_string(q, &t))
			return false;
	return found == BNS_QUICK_END && q->rdlen > 0;
}

static bool put_caa(struct bns_quick *q)
{
	struct bns_quick_token tag, value;
	if (!put_u8(q) || !next(q, &tag) || tag.quoted || tag.len > TAG_MAX)
		return false;
	for (size_t i = 0; i < tag.len; i++)
		if (tag.text[i] < 'a' || tag.text[i] > 'z')
			return false;
	return put_string(q, &tag) && next(q, &value) && value.quoted && put(q, value.text, value.len);
}

static bool put_fields(struct bns_quick *q, uint16_t type)
{
	switch (type) {
	case BNS_TYPE_A:
		return put_address(q, AF_INET, 4);
	case BNS_TYPE_AAAA:
		return put_address(q, AF_INET6, 16);
	case BNS_TYPE_SOA:
		return put_soa(q);
	case BNS_TYPE_MX:
		return put_u16(q) && put_name(q);
	case BNS_TYPE_SRV:
		return put_u16(q) && put_u16(q) && put_u16(q) && put_name(q);
	case BNS_TYPE_TXT:
		return put_strings(q);
	case BNS_TYPE_CAA:
		return put_caa(q);
	default: /* NS, CNAME, PTR */
		return put_name(q);
	}
}

bool bns_quick_rdata(struct bns_quick *q, uint16_t type)
{
	q->rdlen = 0;
	return put_fields(q, type) && at_end(q);
}
