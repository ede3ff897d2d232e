/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image_rrset.h"

#include <string.h>

#include "base/buf.h"

#define POINTER         0xC000u
#define SELF_TARGET_END 8192  /* what is further behind may lie too far into a message for 14 bits */
#define FIXUP_END       32768 /* the highest bit of a fixup is BNS_FIXUP_SELF */

static void remember(struct bns_squeeze *s, const uint8_t *name, size_t len, size_t place, uint16_t flag)
{
	if (s->count == BNS_SQUEEZE_TARGETS_MAX)
		return;
	s->targets[s->count++] = (struct bns_squeeze_target){
		.name = name, .len = (uint8_t)len, .pointer = (uint16_t)(POINTER | place), .flag = flag};
}

void bns_squeeze_open(struct bns_squeeze *s, const uint8_t *apex)
{
	s->apex = apex;
	s->count = 0;
	size_t len = bns_name_len(apex);
	for (size_t at = 0; apex[at] != 0; at += 1u + apex[at])
		remember(s, apex + at, len - at, at, 0);
	s->apex_count = s->count;
	s->fixup_count = 0;
}

static const struct bns_squeeze_target *find_target(const struct bns_squeeze *s, const uint8_t *name, size_t len)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->targets[i].len == len && memcmp(s->targets[i].name, name, len) == 0)
			return &s->targets[i];
	return NULL;
}

static void write_pointer(struct bns_squeeze *s, struct bns_blob *b, size_t place,
			  const struct bns_squeeze_target *target)
{
	uint8_t pointer[2];
	bns_put_u16(pointer, target->pointer);
	bns_blob_append(b, pointer, sizeof(pointer));
	s->fixups[s->fixup_count++] = (uint16_t)(place | target->flag);
}

/* The longest suffix seen before becomes a pointer (RFC 1035 §4.1.4); what stands before it can be pointed at. */
static void write_name(struct bns_squeeze *s, struct bns_blob *b, uint32_t wire, const uint8_t *name)
{
	size_t len = bns_name_len(name);
	for (size_t at = 0; name[at] != 0; at += 1u + name[at]) {
		size_t place = b->len - wire;
		bool room = place < FIXUP_END && s->fixup_count < BNS_SQUEEZE_FIXUPS_MAX;
		const struct bns_squeeze_target *target = room ? find_target(s, name + at, len - at) : NULL;
		if (target) {
			write_pointer(s, b, place, target);
			return;
		}
		if (place < SELF_TARGET_END)
			remember(s, name + at, len - at, place, BNS_FIXUP_SELF);
		bns_blob_append(b, name + at, 1u + name[at]);
	}
	bns_blob_append(b, "", 1);
}

static void write_rdata(struct bns_squeeze *s, struct bns_blob *b, uint32_t wire, const struct bns_record *rr)
{
	if (!bns_rdata_valid(rr->type, rr->rdata, rr->rdlen)) {
		b->err = BNS_EINVAL;
		return;
	}
	const struct bns_rdata_shape *shape = bns_rdata_shape(rr->type);
	uint16_t offsets[2];
	unsigned names = shape && shape->compress ? bns_rdata_name_offsets(rr->type, rr->rdata, rr->rdlen, offsets) : 0;
	size_t done = 0;
	for (unsigned i = 0; i < names; i++) {
		bns_blob_append(b, rr->rdata + done, offsets[i] - done);
		write_name(s, b, wire, rr->rdata + offsets[i]);
		done = offsets[i] + bns_name_len(rr->rdata + offsets[i]);
	}
	bns_blob_append(b, rr->rdata + done, rr->rdlen - done);
}

static void write_record(struct bns_squeeze *s, struct bns_blob *b, uint32_t wire, const struct bns_record *rr)
{
	uint8_t fixed[BNS_RRSET_RDATA];
	struct bns_writer w = bns_writer_of(fixed, sizeof(fixed));
	bns_write_u16(&w, POINTER | 12); /* the question's name */
	bns_write_u16(&w, rr->type);
	bns_write_u16(&w, BNS_CLASS_IN);
	bns_write_u32(&w, rr->ttl);
	bns_write_u16(&w, 0);
	uint32_t start = bns_blob_append(b, fixed, sizeof(fixed));
	write_rdata(s, b, wire, rr);

	uint8_t rdlen[2];
	bns_put_u16(rdlen, (uint16_t)(b->len - start - BNS_RRSET_RDATA));
	bns_blob_put(b, start + BNS_RRSET_RDATA - 2, rdlen, sizeof(rdlen));
}

/*
 * Where the RDATA itself can serve as the look-up's target no octet is spent
 * on a copy; nor on a CNAME's that leads out of the zone.
 */
static uint32_t place_target(const struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *rr,
			     const struct bns_rrset *set)
{
	if (set->type == BNS_TYPE_CNAME && !bns_name_in(rr->rdata, s->apex))
		return 0;
	uint8_t name[BNS_NAME_MAX];
	memcpy(name, rr->rdata, rr->rdlen);
	bns_name_lower(name);
	if (set->fixup_count == 0 && memcmp(name, rr->rdata, rr->rdlen) == 0)
		return set->wire + BNS_RRSET_RDATA;
	return bns_blob_append(b, name, rr->rdlen);
}

void bns_rrset_begin(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *first, struct bns_rrset *out)
{
	s->count = s->apex_count;
	s->fixup_count = 0;
	*out = (struct bns_rrset){
		.wire = bns_blob_reserve(b, 0, 1),
		.ttl = first->ttl,
		.type = first->type,
	};
}

/* The octets written. */
static uint32_t write_records(struct bns_squeeze *s, struct bns_blob *b, uint32_t wire,
			      const struct bns_record *records, size_t count)
{
	size_t start = b->len;
	for (size_t i = 0; i < count && !b->err; i++)
		write_record(s, b, wire, &records[i]);
	return (uint32_t)(b->len - start);
}

void bns_rrset_add(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *records, size_t count,
		   struct bns_rrset *out)
{
	if (count > (size_t)(UINT16_MAX - out->count)) {
		b->err = BNS_ERANGE;
		return;
	}
	out->wire_len += write_records(s, b, out->wire, records, count);
	out->count = (uint16_t)(out->count + count);
}

/* RRSIG holds no name that may be compressed, so no fixup lies behind the RRset's own records (RFC 4034 §3.1.7). */
void bns_rrset_sign(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *rrsigs, size_t count,
		    struct bns_rrset *out)
{
	if (count > UINT16_MAX) {
		b->err = BNS_ERANGE;
		return;
	}
	const struct bns_signatures signatures = {
		.wire_len = write_records(s, b, out->wire, rrsigs, count),
		.count = (uint16_t)count,
	};
	out->signatures = bns_blob_reserve(b, sizeof(signatures), _Alignof(struct bns_signatures));
	bns_blob_put(b, out->signatures, &signatures, sizeof(signatures));
}

void bns_rrset_end(struct bns_squeeze *s, struct bns_blob *b, const struct bns_record *first, struct bns_rrset *out)
{
	if (b->err)
		return;
	out->fixup_count = s->fixup_count;
	if (s->fixup_count > 0) {
		size_t bytes = s->fixup_count * sizeof(uint16_t);
		out->fixups = bns_blob_reserve(b, bytes, sizeof(uint16_t));
		bns_blob_put(b, out->fixups, s->fixups, bytes);
	}
	if (out->type == BNS_TYPE_CNAME || out->type == BNS_TYPE_DNAME)
		out->target = place_target(s, b, first, out);
}
