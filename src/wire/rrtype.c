/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire/rrtype.h"

/* By number (IANA's registry of DNS parameters). */
static const struct mnemonic {
	uint16_t type;
	char text[11];
} mnemonics[] = {
	{1, "A"},       {2, "NS"},      {3, "MD"},          {4, "MF"},          {5, "CNAME"},     {6, "SOA"},
	{7, "MB"},      {8, "MG"},      {9, "MR"},          {10, "NULL"},       {11, "WKS"},      {12, "PTR"},
	{13, "HINFO"},  {14, "MINFO"},  {15, "MX"},         {16, "TXT"},        {17, "RP"},       {18, "AFSDB"},
	{19, "X25"},    {20, "ISDN"},   {21, "RT"},         {22, "NSAP"},       {23, "NSAP-PTR"}, {24, "SIG"},
	{25, "KEY"},    {26, "PX"},     {27, "GPOS"},       {28, "AAAA"},       {29, "LOC"},      {30, "NXT"},
	{31, "EID"},    {32, "NIMLOC"}, {33, "SRV"},        {34, "ATMA"},       {35, "NAPTR"},    {36, "KX"},
	{37, "CERT"},   {38, "A6"},     {39, "DNAME"},      {40, "SINK"},       {41, "OPT"},      {42, "APL"},
	{43, "DS"},     {44, "SSHFP"},  {45, "IPSECKEY"},   {46, "RRSIG"},      {47, "NSEC"},     {48, "DNSKEY"},
	{49, "DHCID"},  {50, "NSEC3"},  {51, "NSEC3PARAM"}, {52, "TLSA"},       {53, "SMIMEA"},   {55, "HIP"},
	{58, "TALINK"}, {59, "CDS"},    {60, "CDNSKEY"},    {61, "OPENPGPKEY"}, {62, "CSYNC"},    {63, "ZONEMD"},
	{64, "SVCB"},   {65, "HTTPS"},  {99, "SPF"},        {104, "NID"},       {105, "L32"},     {106, "L64"},
	{107, "LP"},    {108, "EUI48"}, {109, "EUI64"},     {249, "TKEY"},      {250, "TSIG"},    {251, "IXFR"},
	{252, "AXFR"},  {253, "MAILB"}, {254, "MAILA"},     {255, "ANY"},       {256, "URI"},     {257, "CAA"},
	{32769, "DLV"},
};

#define MNEMONICS (sizeof(mnemonics) / sizeof(mnemonics[0]))

char *bns_rrtype_to_text(uint16_t type, char out[BNS_RRTYPE_TEXT_MAX])
{
	size_t low = 0;
	size_t high = MNEMONICS;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (mnemonics[middle].type < type)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < MNEMONICS && mnemonics[low].type == type)
		snprintf(out, BNS_RRTYPE_TEXT_MAX, "%s", mnemonics[low].text);
	else
		snprintf(out, BNS_RRTYPE_TEXT_MAX, "TYPE%u", (unsigned)type);
	return out;
}

/* "TYPE" and a decimal number (RFC 3597 §5). */
static enum bns_error from_number(const char *text, uint16_t *type)
{
	unsigned value = 0;

	if (strncasecmp(text, "TYPE", 4) != 0 || text[4] == '\0')
		return BNS_EINVAL;
	for (const char *p = text + 4; *p; p++) {
		if (*p < '0' || *p > '9')
			return BNS_EINVAL;
		value = value * 10 + (unsigned)(*p - '0');
		if (value > UINT16_MAX)
			return BNS_ERANGE;
	}
	*type = (uint16_t)value;
	return BNS_OK;
}

enum bns_error bns_rrtype_from_text(const char *text, uint16_t *type)
{
	for (size_t i = 0; i < MNEMONICS; i++) {
		if (strcasecmp(text, mnemonics[i].text) == 0) {
			*type = mnemonics[i].type;
			return BNS_OK;
		}
	}
	return from_number(text, type);
}
