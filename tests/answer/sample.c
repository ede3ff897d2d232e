/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"
#include "wire/message.h"
#include "zone/load.h"

#define LABEL50 "llllllllllllllllllllllllllllllllllllllllllllllllll"

const char sample_zone[] = "$ORIGIN example.test.\n"
			   "$TTL 300\n"
			   "@ SOA ns1 hostmaster 7 3600 600 86400 60\n"
			   "@ NS ns1\n"
			   "@ NS ns.sub\n"
			   "ns1 A 192.0.2.1\n"
			   "ns1 AAAA 2001:db8::1\n"
			   "www A 192.0.2.2\n"
			   "www A 192.0.2.3\n"
			   "www TXT \"hi\"\n"
			   "mx MX 10 mail.mx\n"
			   "mx MX 20 other.mail.mx\n"
			   "alias CNAME www\n"
			   "chain CNAME alias\n"
			   "out CNAME d1.cdn.invalid.\n"
			   "miss CNAME nothere\n"
			   "empty CNAME ns1\n"
			   "tosub CNAME x.sub\n"
			   "toapex CNAME @\n"
			   "loop1 CNAME loop2\n"
			   "loop2 CNAME loop1\n"
			   "self CNAME self\n"
			   "_acme-challenge.alias TXT \"below a CNAME\"\n"
			   "*.wild A 192.0.2.9\n"
			   "exists.wild TXT \"not A\"\n"
			   "a.ent.wild A 192.0.2.8\n"
			   "*.cwild CNAME www\n"
			   "*.lwild CNAME foo.lwild\n"
			   "below.*.ewild A 192.0.2.7\n"
			   "a.b.c.deep TXT \"deep\"\n"
			   "sub NS ns.sub\n"
			   "sub NS ns1\n"
			   "sub NS ns.elsewhere.invalid.\n"
			   "sub DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n"
			   "ns.sub A 192.0.2.4\n"
			   "ns.sub AAAA 2001:db8::4\n"
			   "insecure NS ns1\n"
			   "dn DNAME target\n"
			   "dn TXT \"beside a DNAME\"\n"
			   "x.target A 192.0.2.5\n"
			   "todn CNAME x.dn\n"
			   "dnout DNAME other.invalid.\n"
			   "dnlong DNAME " LABEL50 "." LABEL50 "." LABEL50 ".invalid.\n"
			   "dloop1 DNAME dloop2\n"
			   "dloop2 DNAME dloop1\n";

struct bns_image *sample_image(const char *apex, const char *zone_file)
{
	uint8_t name[BNS_NAME_MAX];
	struct bns_contents *contents = NULL;
	struct bns_image *img = NULL;
	struct bns_diag diag = {.text = ""};
	sample_name(apex, name);
	enum bns_error err = bns_zone_parse(zone_file, strlen(zone_file), "sample", name, &contents, &diag);
	assert_string_equal(diag.text, "");
	assert_int_equal(err, BNS_OK);
	assert_int_equal(bns_image_build(contents, &img), BNS_OK);
	bns_contents_free(contents);
	return img;
}

size_t sample_name(const char *text, uint8_t *out)
{
	size_t len = 0;
	assert_int_equal(bns_name_from_text(text, NULL, out, &len), BNS_OK);
	return len;
}

size_t sample_query(const char *name, uint16_t type, uint8_t *out)
{
	uint8_t wire[BNS_NAME_MAX];
	struct bns_writer w = bns_writer_of(out, 512);
	sample_name(name, wire);
	bns_message_write_query(&w, 0x1234, BNS_OPCODE_QUERY, BNS_FLAG_RD, wire, type);
	assert_false(w.failed);
	return w.pos;
}

size_t sample_add_edns(uint8_t *msg, size_t len, uint8_t version, uint16_t payload, uint16_t flags)
{
	struct bns_writer w = bns_writer_of(msg + len, BNS_OPT_EMPTY_LEN);
	bns_message_write_opt(&w, payload, 0, flags, 0);
	assert_false(w.failed);
	msg[len + 6] = version;
	bns_put_u16(msg + 10, (uint16_t)(bns_message_arcount(msg) + 1));
	return len + BNS_OPT_EMPTY_LEN;
}

struct text {
	char data[16384];
	size_t len;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(t->data + t->len, sizeof(t->data) - t->len, fmt, args);
	va_end(args);
	t->len += (size_t)n;
	if (t->len >= sizeof(t->data))
		t->len = sizeof(t->data) - 1;
}

static void add_name(struct text *t, const uint8_t *name)
{
	char name_text[BNS_NAME_TEXT_MAX];
	add(t, " %s", bns_name_to_text(name, name_text));
}

static void add_rdata(struct text *t, uint16_t type, const uint8_t *rdata, uint16_t len)
{
	char address[INET6_ADDRSTRLEN];
	switch (type) {
	case BNS_TYPE_A:
		add(t, " %s", inet_ntop(AF_INET, rdata, address, sizeof(address)));
		return;
	case BNS_TYPE_AAAA:
		add(t, " %s", inet_ntop(AF_INET6, rdata, address, sizeof(address)));
		return;
	case BNS_TYPE_NS:
	case BNS_TYPE_CNAME:
	case BNS_TYPE_DNAME:
		add_name(t, rdata);
		return;
	case BNS_TYPE_MX:
		add(t, " %u", bns_get_u16(rdata));
		add_name(t, rdata + 2);
		return;
	case BNS_TYPE_SOA:
		add_name(t, rdata);
		add_name(t, rdata + bns_name_len(rdata));
		add(t, " %u", bns_get_u32(rdata + len - 20));
		return;
	case BNS_TYPE_TXT:
		add(t, " \"%.*s\"", rdata[0], (const char *)rdata + 1);
		return;
	case BNS_TYPE_RRSIG:
		add(t, " %s", bns_rrtype_to_text(bns_get_u16(rdata), address));
		return;
	case BNS_TYPE_NSEC:
		add_name(t, rdata);
		return;
	default:
		add(t, " (%u octets)", len);
	}
}

static void add_opt(struct text *t, const uint8_t *msg, const struct bns_message_rr *rr)
{
	assert_int_equal(rr->owner[0], 0);
	add(t, " | OPT %u", rr->rclass);
	if (rr->ttl >> 24 > 0)
		add(t, " rcode-high %u", rr->ttl >> 24);
	assert_int_equal(rr->ttl >> 16 & 0xFF, 0);
	if (rr->ttl & BNS_EDNS_DO)
		add(t, " do");
	for (uint16_t i = 0; i < rr->rdlen; i++)
		add(t, "%s%02x", i == 0 ? " " : "", msg[rr->rdata + i]);
}

static void add_record(struct text *t, const uint8_t *msg, size_t len, const struct bns_message_rr *rr,
		       enum bns_section section)
{
	static const char *const sections[] = {"AN", "NS", "AR"};
	static uint8_t rdata[BNS_MESSAGE_MAX];
	uint16_t rdata_len = 0;
	char type[BNS_RRTYPE_TEXT_MAX];
	if (rr->type == BNS_TYPE_OPT) {
		add_opt(t, msg, rr);
		return;
	}
	assert_int_equal(rr->rclass, BNS_CLASS_IN);
	assert_int_equal(bns_rdata_expand(rr->type, msg, len, rr->rdata, rr->rdlen, rdata, sizeof(rdata), &rdata_len),
			 BNS_OK);
	add(t, " | %s", sections[section]);
	add_name(t, rr->owner);
	add(t, " %u %s", rr->ttl, bns_rrtype_to_text(rr->type, type));
	add_rdata(t, rr->type, rdata, rdata_len);
}

static void add_header(struct text *t, const uint8_t *msg)
{
	static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
					     "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET"};
	static const struct {
		enum bns_flag flag;
		const char *text;
	} flags[] = {{BNS_FLAG_AA, " aa"}, {BNS_FLAG_TC, " tc"}, {BNS_FLAG_RD, " rd"},
		     {BNS_FLAG_RA, " ra"}, {BNS_FLAG_AD, " ad"}, {BNS_FLAG_CD, " cd"}};
	assert_true(bns_message_flags(msg) & BNS_FLAG_QR);
	assert_in_range(bns_message_rcode(msg), 0, 7);
	add(t, "%s", rcodes[bns_message_rcode(msg)]);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (bns_message_flags(msg) & flags[i].flag)
			add(t, "%s", flags[i].text);
}

static void add_question(struct text *t, const uint8_t *msg, size_t len)
{
	uint8_t name[BNS_NAME_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];
	size_t pos = BNS_HEADER_LEN;
	assert_in_range(bns_message_qdcount(msg), 0, 1);
	if (bns_message_qdcount(msg) == 0)
		return;
	assert_int_equal(bns_name_parse(msg, len, &pos, name, NULL), BNS_OK);
	add(t, " |");
	add_name(t, name);
	add(t, " %s", bns_rrtype_to_text(bns_get_u16(msg + pos), type));
}

const char *sample_read(const uint8_t *msg, size_t len)
{
	static struct text t;
	struct bns_message_cursor cursor;
	struct bns_message_rr rr;
	enum bns_section section;
	enum bns_error err;
	t.len = 0;
	assert_true(len >= BNS_HEADER_LEN);
	add_header(&t, msg);
	add_question(&t, msg, len);
	assert_int_equal(bns_message_cursor_open(&cursor, msg, len), BNS_OK);
	while ((err = bns_message_next(&cursor, &rr, &section)) == BNS_OK)
		add_record(&t, msg, len, &rr, section);
	assert_int_equal(err, BNS_ENOENT);
	assert_int_equal(cursor.pos, len);
	return t.data;
}
