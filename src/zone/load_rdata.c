/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/load_rdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>

#include "wire/name.h"
#include "wire/rrtype.h"
#include "zone/load.h"
#include "zone/scan.h"

/* ldns reads no longer RDATA; the generic form (RFC 3597 §5), which is read here, has no such limit. */
#define LDNS_TEXT_MAX 65000

#define TYPE_IPSECKEY 45

/* What the usual types take, for people. */
static const struct {
	uint16_t type;
	const char *takes;
} usual[] = {
	{BNS_TYPE_A, "an IPv4 address"},
	{BNS_TYPE_AAAA, "an IPv6 address"},
	{BNS_TYPE_NS, "the name of a name server"},
	{BNS_TYPE_CNAME, "one domain name"},
	{BNS_TYPE_DNAME, "one domain name"},
	{BNS_TYPE_PTR, "one domain name"},
	{BNS_TYPE_MX, "a preference and a host name"},
	{BNS_TYPE_TXT, "strings of at most 255 octets, in quotes"},
	{BNS_TYPE_SRV, "priority, weight, port and a host name"},
	{BNS_TYPE_SOA, "two names, then serial, refresh, retry, expire and negative TTL"},
	{BNS_TYPE_CAA, "flags, a tag and a value in quotes"},
	{BNS_TYPE_DS, "key tag, algorithm, digest type and the digest in hex"},
	{TYPE_IPSECKEY, "precedence, gateway type, algorithm, gateway (a name with its final dot) and key"},
	{BNS_TYPE_DNSKEY, "flags, protocol, algorithm and the key in Base64"},
	{BNS_TYPE_SVCB, "a priority, a name and key=value pairs, each key once"},
	{BNS_TYPE_HTTPS, "a priority, a name and key=value pairs, each key once"},
};

static const char *takes(uint16_t type)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (usual[i].type == type)
			return usual[i].takes;
	}
	return "its own fields, or the generic form \\# LENGTH HEX (RFC 3597)";
}

static enum bns_error malformed(uint16_t type, const char *plain, char why[BNS_WHY_MAX])
{
	char mnemonic[BNS_RRTYPE_TEXT_MAX];
	bns_rrtype_to_text(type, mnemonic);
	if (*plain == '\0')
		snprintf(why, BNS_WHY_MAX, "the RDATA is missing; %s takes %s", mnemonic, takes(type));
	else
		snprintf(why, BNS_WHY_MAX, "\"%.80s\" is malformed RDATA; %s takes %s", plain, mnemonic, takes(type));
	return BNS_ESYNTAX;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
	case 'S':
		return 1;
	case 'm':
	case 'M':
		return 60;
	case 'h':
	case 'H':
		return 3600;
	case 'd':
	case 'D':
		return 86400;
	case 'w':
	case 'W':
		return 604800;
	default:
		return 0;
	}
}

enum bns_error bns_ttl_from_text(const char *text, uint32_t *ttl)
{
	uint64_t sum = 0;
	do {
		uint64_t number = 0;
		if (!is_digit(*text))
			return BNS_EINVAL;
		while (is_digit(*text) && number <= UINT32_MAX)
			number = number * 10 + (uint64_t)(*text++ - '0');
		uint64_t unit = *text ? unit_seconds(*text++) : 1;
		if (unit == 0)
			return BNS_EINVAL;
		sum += number * unit;
		if (number > UINT32_MAX || sum > UINT32_MAX)
			return BNS_ERANGE;
	} while (*text);
	*ttl = (uint32_t)sum;
	return BNS_OK;
}

/* A token of plain text, quotes included; `*at` moves behind it. */
struct token {
	const char *text;
	size_t len;
};

static bool next_token(const char **at, struct token *token)
{
	bool quoted = false;
	const char *p = *at + strspn(*at, " ");
	token->text = p;
	while (*p && (quoted || *p != ' '))
		quoted ^= *p++ == '"';
	token->len = (size_t)(p - token->text);
	*at = p;
	return token->len > 0;
}

static bool token_is_number(struct token t, uint64_t max)
{
	uint64_t value = 0;
	for (size_t i = 0; i < t.len; i++) {
		if (!is_digit(t.text[i]) || value > max)
			return false;
		value = value * 10 + (uint64_t)(t.text[i] - '0');
	}
	return t.len > 0 && value <= max;
}

static bool token_is_ttl(struct token t)
{
	char text[32];
	uint32_t ttl;
	if (t.len >= sizeof(text))
		return false;
	memcpy(text, t.text, t.len);
	text[t.len] = '\0';
	return bns_ttl_from_text(text, &ttl) == BNS_OK;
}

static bool token_is_type(struct token t)
{
	char text[BNS_RRTYPE_TEXT_MAX + 1];
	uint16_t type;
	if (t.len >= sizeof(text))
		return false;
	memcpy(text, t.text, t.len);
	text[t.len] = '\0';
	return bns_rrtype_from_text(text, &type) == BNS_OK;
}

static bool rest_is_types(struct token t, const char *rest)
{
	do {
		if (!token_is_type(t))
			return false;
	} while (next_token(&rest, &t));
	return true;
}

/* Hex digits in pairs, maybe over several tokens: ldns would pad an odd one. */
static bool rest_is_hex(struct token t, const char *rest)
{
	size_t digits = 0;
	do {
		digits += t.len;
	} while (next_token(&rest, &t));
	return digits % 2 == 0;
}

static bool port_fits(struct token t)
{
	if (t.len < 5 || strncasecmp(t.text, "port=", 5) != 0)
		return true;
	struct token port = {t.text + 5, t.len - 5};
	if (port.len >= 2 && *port.text == '"')
		port = (struct token){port.text + 1, port.len - 2};
	return token_is_number(port, UINT16_MAX);
}

/* Precedence, gateway type, algorithm, gateway (RFC 4025 §3.1): to that name ldns appends no origin. */
static bool gateway_is_absolute(const char *rest)
{
	struct token type;
	struct token algorithm;
	struct token gateway;
	if (!next_token(&rest, &type) || !next_token(&rest, &algorithm) || !next_token(&rest, &gateway))
		return false;
	return type.len != 1 || *type.text != '3' || gateway.text[gateway.len - 1] == '.';
}

/* What ldns would cut down to size, pad or misread instead of refusing it. */
static bool field_fits(ldns_rdf_type field, struct token t, const char *rest)
{
	switch (field) {
	case LDNS_RDF_TYPE_INT8:
		return token_is_number(t, UINT8_MAX);
	case LDNS_RDF_TYPE_INT16:
		return token_is_number(t, UINT16_MAX);
	case LDNS_RDF_TYPE_INT32:
		return token_is_number(t, UINT32_MAX);
	case LDNS_RDF_TYPE_PERIOD:
		return token_is_ttl(t);
	case LDNS_RDF_TYPE_ALG:
	case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
	case LDNS_RDF_TYPE_SELECTOR:
	case LDNS_RDF_TYPE_MATCHING_TYPE:
		return !is_digit(*t.text) || token_is_number(t, UINT8_MAX);
	case LDNS_RDF_TYPE_CERT_ALG:
		return !is_digit(*t.text) || token_is_number(t, UINT16_MAX);
	case LDNS_RDF_TYPE_TYPE:
		return token_is_type(t);
	case LDNS_RDF_TYPE_NSEC:
		return rest_is_types(t, rest);
	case LDNS_RDF_TYPE_HEX:
		return rest_is_hex(t, rest);
	case LDNS_RDF_TYPE_DNAME:
		return *t.text != '"';
	case LDNS_RDF_TYPE_IPSECKEY:
		return gateway_is_absolute(rest);
	case LDNS_RDF_TYPE_SVCPARAMS:
		while (port_fits(t)) {
			if (!next_token(&rest, &t))
				return true;
		}
		return false;
	default:
		return true;
	}
}

/* Fields that take all tokens up to the end. */
static bool takes_rest(ldns_rdf_type field)
{
	return field == LDNS_RDF_TYPE_NSEC || field == LDNS_RDF_TYPE_HEX || field == LDNS_RDF_TYPE_B64 ||
	       field == LDNS_RDF_TYPE_SVCPARAMS;
}

/* `line` gets a record as ldns likes it, with the root as its owner; it is long enough. */
static bool write_line(uint16_t type, const char *plain, char *line)
{
	const ldns_rr_descriptor *desc = ldns_rr_descript(type);
	bool checking = true;
	struct token t;
	line += sprintf(line, ". 0 IN TYPE%u", (unsigned)type);
	for (size_t i = 0; next_token(&plain, &t); i++) {
		ldns_rdf_type field = i < ldns_rr_descriptor_maximum(desc) ? ldns_rr_descriptor_field_type(desc, i)
									   : LDNS_RDF_TYPE_NONE;
		if (checking && !field_fits(field, t, plain))
			return false;
		/* A value without quotes is as good (RFC 8659 §4.1.1), but not to ldns. */
		const char *quote = field == LDNS_RDF_TYPE_LONG_STR && *t.text != '"' ? "\"" : "";
		line += sprintf(line, " %s%.*s%s", quote, (int)t.len, t.text, quote);
		checking = checking && !takes_rest(field);
	}
	return true;
}

static enum bns_error rdata_of(const ldns_rr *rr, uint8_t rdata[UINT16_MAX], uint16_t *rdlen)
{
	size_t len = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		size_t n = ldns_rdf_size(field);
		if (n > UINT16_MAX - len)
			return BNS_ESYNTAX;
		if (n > 0)
			memcpy(rdata + len, ldns_rdf_data(field), n);
		len += n;
	}
	*rdlen = (uint16_t)len;
	return BNS_OK;
}

static enum bns_error parse_line(const char *line, const uint8_t *origin, uint8_t rdata[UINT16_MAX], uint16_t *rdlen)
{
	/* ldns only reads it, but its types know no const data. */
	ldns_rdf *suffix = NULL;
	if (origin) {
		suffix = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, bns_name_len(origin), origin);
		if (!suffix)
			return BNS_ENOMEM;
	}
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, suffix, NULL);
	ldns_rdf_deep_free(suffix);
	if (status == LDNS_STATUS_MEM_ERR)
		return BNS_ENOMEM;
	if (status != LDNS_STATUS_OK)
		return BNS_ESYNTAX;
	enum bns_error err = rdata_of(rr, rdata, rdlen);
	ldns_rr_free(rr);
	return err;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `\# LENGTH HEX...` for any type (RFC 3597 §5). */
static bool parse_generic(const char *plain, uint8_t rdata[UINT16_MAX], uint16_t *rdlen)
{
	struct token t;
	size_t digits = 0;
	plain += 2;
	if (!next_token(&plain, &t) || !token_is_number(t, UINT16_MAX))
		return false;
	size_t len = strtoul(t.text, NULL, 10);
	while (next_token(&plain, &t)) {
		for (size_t i = 0; i < t.len; i++, digits++) {
			int value = hex_value(t.text[i]);
			if (value < 0 || digits / 2 >= len)
				return false;
			rdata[digits / 2] = (uint8_t)(digits % 2 ? rdata[digits / 2] << 4 | value : value);
		}
	}
	*rdlen = (uint16_t)len;
	return digits == 2 * len;
}

static bool is_generic(const char *plain)
{
	return strncmp(plain, "\\#", 2) == 0 && (plain[2] == ' ' || plain[2] == '\0');
}

static enum bns_error parse_fields(uint16_t type, const char *plain, const uint8_t *origin, uint8_t rdata[UINT16_MAX],
				   uint16_t *rdlen)
{
	size_t len = strlen(plain);
	if (len > LDNS_TEXT_MAX)
		return BNS_ESYNTAX;
	/* Room for quotes around each token, which is one octet and a space at least. */
	char *line = malloc(32 + 2 * len + 3);
	if (!line)
		return BNS_ENOMEM;
	enum bns_error err = write_line(type, plain, line) ? parse_line(line, origin, rdata, rdlen) : BNS_ESYNTAX;
	free(line);
	return err;
}

enum bns_error bns_rdata_from_plain(uint16_t type, const char *plain, const uint8_t *origin, uint8_t rdata[UINT16_MAX],
				    uint16_t *rdlen, char why[BNS_WHY_MAX])
{
	enum bns_error err;
	if (is_generic(plain))
		err = parse_generic(plain, rdata, rdlen) ? BNS_OK : BNS_ESYNTAX;
	else
		err = parse_fields(type, plain, origin, rdata, rdlen);
	if (err == BNS_ENOMEM)
		snprintf(why, BNS_WHY_MAX, "%s", bns_strerror(err));
	if (err == BNS_ENOMEM)
		return err;
	if (err || !bns_rdata_valid(type, rdata, *rdlen))
		return malformed(type, plain, why);
	return BNS_OK;
}

enum bns_error bns_rdata_from_text(uint16_t type, const char *text, const uint8_t *origin, uint8_t rdata[UINT16_MAX],
				   uint16_t *rdlen, struct bns_diag *diag)
{
	struct bns_scan scan;
	enum bns_scan_kind kind;
	char why[BNS_WHY_MAX];
	bns_scan_open(&scan, text, strlen(text), NULL, diag);
	enum bns_error err = bns_scan_next(&scan, &kind);
	if (!err) {
		const char *plain = kind == BNS_SCAN_ENTRY && scan.pos == scan.len ? scan.text.data : "";
		err = bns_rdata_from_plain(type, plain, origin, rdata, rdlen, why);
		if (err)
			bns_diag_set(diag, NULL, 0, 0, "%s", why);
	}
	bns_scan_close(&scan);
	return err;
}
