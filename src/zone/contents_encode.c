/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The byte form of contents in the store, network byte order:
 *
 *   "BNSC" | version u8 | apex name | count u32 | records
 *   record: owner | type u16 | ttl u32 | rdlen u16 | rdata
 *   owner:  0                     the former record's
 *           1 | len u8 | octets   what stands before the apex (len 0: the apex)
 *           2 | name              a whole name, out of the zone
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "zone/contents.h"

static const uint8_t magic[4] = {'B', 'N', 'S', 'C'};

#define FORM_VERSION 1
#define HEAD_BYTES   (sizeof(magic) + 1 + 4) /* apart from the apex */
#define RECORD_MIN   (1 + 2 + 4 + 2)         /* owner as before, no RDATA */

enum owner_form { OWNER_SAME, OWNER_IN_ZONE, OWNER_WHOLE };

static void write_owner(struct bns_writer *w, const uint8_t *apex, const uint8_t *former, const uint8_t *owner)
{
	size_t len = bns_name_len(owner);
	if (former && bns_name_equal(former, owner)) {
		bns_write_u8(w, OWNER_SAME);
	} else if (bns_name_in(owner, apex)) {
		size_t before_apex = len - bns_name_len(apex);
		bns_write_u8(w, OWNER_IN_ZONE);
		bns_write_u8(w, (uint8_t)before_apex);
		bns_write_bytes(w, owner, before_apex);
	} else {
		bns_write_u8(w, OWNER_WHOLE);
		bns_write_bytes(w, owner, len);
	}
}

static void write_records(struct bns_writer *w, const struct bns_contents *c)
{
	const uint8_t *former = NULL;
	for (size_t i = 0; i < c->count; i++) {
		const struct bns_record *r = &c->records[i];
		write_owner(w, c->apex, former, r->owner);
		bns_write_u16(w, r->type);
		bns_write_u32(w, r->ttl);
		bns_write_u16(w, r->rdlen);
		bns_write_bytes(w, r->rdata, r->rdlen);
		former = r->owner;
	}
}

static size_t encoded_bound(const struct bns_contents *c)
{
	size_t bound = HEAD_BYTES + BNS_NAME_MAX;
	const uint8_t *former = NULL;
	for (size_t i = 0; i < c->count; i++) {
		const struct bns_record *r = &c->records[i];
		bound += RECORD_MIN + r->rdlen + (r->owner == former ? 0 : 1 + bns_name_len(r->owner));
		former = r->owner;
	}
	return bound;
}

enum bns_error bns_contents_encode(const struct bns_contents *c, uint8_t **data, size_t *len)
{
	if (c->count > UINT32_MAX)
		return BNS_ERANGE;
	size_t cap = encoded_bound(c);
	uint8_t *bytes = malloc(cap);
	if (!bytes)
		return BNS_ENOMEM;
	struct bns_writer w = bns_writer_of(bytes, cap);
	bns_write_bytes(&w, magic, sizeof(magic));
	bns_write_u8(&w, FORM_VERSION);
	bns_write_bytes(&w, c->apex, bns_name_len(c->apex));
	bns_write_u32(&w, (uint32_t)c->count);
	write_records(&w, c);
	*data = bytes;
	*len = w.pos;
	return BNS_OK;
}

/* A whole name; fails the reader where there is none. */
static void read_name(struct bns_reader *r, uint8_t name[BNS_NAME_MAX])
{
	struct bns_qname scanned;
	if (r->failed || bns_qname_scan(r->data + r->pos, bns_reader_left(r), &scanned) != BNS_OK) {
		r->failed = true;
		return;
	}
	memcpy(name, bns_read_bytes(r, scanned.len), scanned.len);
}

static void read_in_zone(struct bns_reader *r, const uint8_t *apex, uint8_t owner[BNS_NAME_MAX])
{
	size_t before_apex = bns_read_u8(r);
	const uint8_t *octets = bns_read_bytes(r, before_apex);
	size_t apex_len = bns_name_len(apex);
	uint8_t name[2 * BNS_NAME_MAX];
	if (!octets)
		return;
	memcpy(name, octets, before_apex);
	memcpy(name + before_apex, apex, apex_len);
	if (before_apex + apex_len > BNS_NAME_MAX || !bns_name_valid(name, before_apex + apex_len))
		r->failed = true;
	else
		memcpy(owner, name, before_apex + apex_len);
}

/* `owner` comes with the former record's. */
static void read_owner(struct bns_reader *r, const uint8_t *apex, bool first, uint8_t owner[BNS_NAME_MAX])
{
	switch (bns_read_u8(r)) {
	case OWNER_SAME:
		r->failed |= first;
		break;
	case OWNER_IN_ZONE:
		read_in_zone(r, apex, owner);
		break;
	case OWNER_WHOLE:
		read_name(r, owner);
		break;
	default:
		r->failed = true;
	}
}

static enum bns_error read_record(struct bns_reader *r, struct bns_contents *c, uint8_t owner[BNS_NAME_MAX])
{
	read_owner(r, c->apex, c->count == 0, owner);
	uint16_t type = bns_read_u16(r);
	uint32_t ttl = bns_read_u32(r);
	uint16_t rdlen = bns_read_u16(r);
	const uint8_t *rdata = bns_read_bytes(r, rdlen);
	/* What the image is built from trusts its shapes. */
	if (r->failed || !bns_rdata_valid(type, rdata, rdlen))
		return BNS_EFORMAT;
	return bns_contents_add(c, owner, type, ttl, rdata, rdlen, 0, 0);
}

static enum bns_error read_records(struct bns_reader *r, uint32_t count, struct bns_contents *c)
{
	uint8_t owner[BNS_NAME_MAX] = {0};
	for (uint32_t i = 0; i < count; i++) {
		enum bns_error err = read_record(r, c, owner);
		if (err)
			return err;
	}
	return bns_reader_left(r) == 0 ? bns_contents_finish(c) : BNS_EFORMAT;
}

static bool read_head(struct bns_reader *r, uint8_t apex[BNS_NAME_MAX], uint32_t *count)
{
	const uint8_t *found = bns_read_bytes(r, sizeof(magic));
	if (!found || memcmp(found, magic, sizeof(magic)) != 0 || bns_read_u8(r) != FORM_VERSION)
		return false;
	read_name(r, apex);
	*count = bns_read_u32(r);
	return !r->failed && *count <= bns_reader_left(r) / RECORD_MIN;
}

enum bns_error bns_contents_decode(const uint8_t *data, size_t len, struct bns_contents **out)
{
	struct bns_reader r = bns_reader_of(data, len);
	uint8_t apex[BNS_NAME_MAX];
	uint32_t count;
	if (!read_head(&r, apex, &count))
		return BNS_EFORMAT;
	struct bns_contents *c = bns_contents_new(apex);
	if (!c)
		return BNS_ENOMEM;
	enum bns_error err = read_records(&r, count, c);
	if (err) {
		bns_contents_free(c);
		return err;
	}
	*out = c;
	return BNS_OK;
}
