/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "zone/dump.h"
#include "zone/load.h"

#define TEXT_MAX     60000 /* with owner and comment it stays below the loader's line limit */
#define HEX_LINE_MAX 16000 /* octets of RDATA on one line of the generic form */
#define TYPE_WKS     11

/*
 * ldns 1.8.3 asks for too little room for service parameters, and asserts where that runs out: so all they can take is
 * there from the start. Most takes a parameter's name in `mandatory`, up to 16 characters for two octets.
 */
#define TEXT_PER_OCTET 10

/* `\# LENGTH HEX` (RFC 3597 §5), over several lines where one would be too long. */
static char *generic_text(const uint8_t *rdata, size_t rdlen)
{
	static const char digits[] = "0123456789abcdef";
	bool folded = rdlen > HEX_LINE_MAX;
	char *text = malloc(32 + 2 * rdlen + 2 * (rdlen / HEX_LINE_MAX));
	if (!text)
		return NULL;
	char *p = text + sprintf(text, "\\# %zu%s", rdlen, folded ? " (" : "");
	for (size_t i = 0; i < rdlen; i++) {
		if (i % HEX_LINE_MAX == 0)
			p += sprintf(p, folded ? "\n\t" : " ");
		*p++ = digits[rdata[i] >> 4];
		*p++ = digits[rdata[i] & 15];
	}
	strcpy(p, folded ? " )" : "");
	return text;
}

static ldns_rr *rr_of(uint16_t type, const uint8_t *rdata, uint16_t rdlen)
{
	uint8_t *wire = malloc(2u + rdlen);
	ldns_rr *rr = ldns_rr_new();
	size_t pos = 0;
	ldns_status status = LDNS_STATUS_MEM_ERR;
	if (wire && rr) {
		ldns_write_uint16(wire, rdlen);
		if (rdlen > 0)
			memcpy(wire + 2, rdata, rdlen);
		ldns_rr_set_type(rr, type);
		status = ldns_wire2rdf(rr, wire, 2u + rdlen, &pos);
	}
	free(wire);
	if (status == LDNS_STATUS_OK)
		return rr;
	ldns_rr_free(rr);
	return NULL;
}

/* NULL where ldns can't, or memory is short. */
static char *ldns_text(uint16_t type, const uint8_t *rdata, uint16_t rdlen)
{
	ldns_rr *rr = rr_of(type, rdata, rdlen);
	if (!rr)
		return NULL;
	ldns_buffer *buffer = ldns_buffer_new(256 + (size_t)rdlen * TEXT_PER_OCTET);
	ldns_status status = buffer ? LDNS_STATUS_OK : LDNS_STATUS_MEM_ERR;
	for (size_t i = 0; status == LDNS_STATUS_OK && i < ldns_rr_rd_count(rr); i++) {
		if (i > 0)
			ldns_buffer_printf(buffer, " ");
		status = ldns_rdf2buffer_str(buffer, ldns_rr_rdf(rr, i));
	}
	char *text = status == LDNS_STATUS_OK ? ldns_buffer_export2str(buffer) : NULL;
	ldns_buffer_free(buffer);
	ldns_rr_free(rr);
	return text;
}

/* ldns writes some fields with spaces of their own. */
static void tidy_spaces(char *text)
{
	char *to = text;
	bool quoted = false;
	bool escaped = false;
	for (const char *p = text; *p; p++) {
		if (*p == ' ' && !quoted && (to == text || to[-1] == ' '))
			continue;
		if (*p == '"' && !escaped)
			quoted = !quoted;
		escaped = *p == '\\' && !escaped;
		*to++ = *p;
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* Types whose text can't go wrong while it has no special characters. */
static bool is_simple(uint16_t type, const char *text)
{
	switch (type) {
	case BNS_TYPE_A:
	case BNS_TYPE_AAAA:
		return true;
	case BNS_TYPE_NS:
	case BNS_TYPE_CNAME:
	case BNS_TYPE_SOA:
	case BNS_TYPE_PTR:
	case BNS_TYPE_MX:
	case BNS_TYPE_SRV:
	case BNS_TYPE_DNAME:
		return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*. ") ==
		       strlen(text);
	default:
		return false;
	}
}

/* What a transfer brings may have no text that says it exactly; then the generic form does. */
static bool reads_back(uint16_t type, const char *text, const uint8_t *rdata, uint16_t rdlen)
{
	if (is_simple(type, text))
		return true;
	uint8_t *back = malloc(UINT16_MAX);
	uint16_t len;
	bool same = back && bns_rdata_from_text(type, text, NULL, back, &len, NULL) == BNS_OK && len == rdlen &&
		    memcmp(back, rdata, rdlen) == 0;
	free(back);
	return same;
}

enum bns_error bns_rdata_to_text(uint16_t type, const uint8_t *rdata, uint16_t rdlen, char **text)
{
	/* WKS would depend on this machine's lists of services. */
	*text = type == TYPE_WKS ? NULL : ldns_text(type, rdata, rdlen);
	if (*text) {
		tidy_spaces(*text);
		if (**text && strlen(*text) <= TEXT_MAX && reads_back(type, *text, rdata, rdlen))
			return BNS_OK;
		free(*text);
	}
	*text = generic_text(rdata, rdlen);
	return *text ? BNS_OK : BNS_ENOMEM;
}
