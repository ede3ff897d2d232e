/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/rrset.h"

#include <string.h>

#include "wire/message.h"

#define POINTER 0xC000

/* What doesn't fit leaves no trace. */
static bool settle(struct bns_writer *w, size_t start)
{
	if (!w->failed)
		return true;
	w->failed = false;
	w->pos = start;
	return false;
}

static size_t record_len(const uint8_t *record)
{
	return BNS_RRSET_RDATA + (size_t)bns_get_u16(record + BNS_RRSET_RDATA - 2);
}

static size_t fixup_position(uint16_t fixup)
{
	return fixup & (BNS_FIXUP_SELF - 1u);
}

static void patch_owners(uint8_t *records, size_t len, uint16_t owner)
{
	for (size_t at = 0; at < len; at += record_len(records + at))
		bns_put_u16(records + at, (uint16_t)(POINTER | owner));
}

static void patch_pointers(uint8_t *records, const uint16_t *fixups, unsigned count, uint16_t start, uint16_t apex)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t *pointer = records + fixup_position(fixups[i]);
		uint16_t base = fixups[i] & BNS_FIXUP_SELF ? start : apex;
		bns_put_u16(pointer, (uint16_t)(bns_get_u16(pointer) + base));
	}
}

/* A stored RRset that is written without pointers into itself. */
struct spread {
	const uint8_t *wire;
	const uint16_t *fixups; /* in order of position */
	unsigned fixup_count;
	uint16_t apex;
};

/* The fixup at the position, or the first one behind it. */
static unsigned find_fixup(const struct spread *s, size_t position)
{
	unsigned low = 0, high = s->fixup_count;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (fixup_position(s->fixups[middle]) < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The name stored at `at`, to its end or to where the apex goes on for it. */
static void spread_name(struct bns_writer *w, const struct spread *s, size_t at)
{
	for (;;) {
		uint8_t label = s->wire[at];
		if (label < 0xC0) {
			bns_write_bytes(w, s->wire + at, label + 1u);
			if (label == 0)
				return;
			at += label + 1u;
			continue;
		}
		uint16_t pointer = bns_get_u16(s->wire + at);
		if (!(s->fixups[find_fixup(s, at)] & BNS_FIXUP_SELF)) {
			bns_write_u16(w, (uint16_t)(pointer + s->apex));
			return;
		}
		at = pointer & BNS_POINTER_MAX;
	}
}

/* One record: octets up to each pointer as they are, the pointer's name in its place, RDLENGTH anew. */
static void spread_record(struct bns_writer *w, const struct spread *s, size_t at, uint16_t owner)
{
	size_t end = at + record_len(s->wire + at);
	bns_write_u16(w, (uint16_t)(POINTER | owner));
	bns_write_bytes(w, s->wire + at + 2, BNS_RRSET_RDATA - 2);
	size_t rdata = w->pos;
	at += BNS_RRSET_RDATA;
	for (unsigned i = find_fixup(s, at); i < s->fixup_count; i++) {
		size_t pointer = fixup_position(s->fixups[i]);
		if (pointer >= end)
			break;
		bns_write_bytes(w, s->wire + at, pointer - at);
		spread_name(w, s, pointer);
		at = pointer + 2;
	}
	bns_write_bytes(w, s->wire + at, end - at);
	if (!w->failed)
		bns_put_u16(w->data + rdata - 2, (uint16_t)(w->pos - rdata));
}

static void spread(struct bns_writer *w, const struct bns_image *img, const struct bns_rrset *rrset, size_t len,
		   uint16_t owner, uint16_t apex)
{
	const struct spread s = {
		.wire = bns_image_at(img, rrset->wire),
		.fixups = bns_image_at(img, rrset->fixups),
		.fixup_count = rrset->fixup_count,
		.apex = apex,
	};
	for (size_t at = 0; at < len && !w->failed; at += record_len(s.wire + at))
		spread_record(w, &s, at, owner);
}

static inline void copy(struct bns_writer *w, const void *wire, size_t len, uint16_t owner)
{
	uint8_t *records = bns_write_room(w, len);
	if (!records)
		return;
	memcpy(records, wire, len);
	if (owner != BNS_HEADER_LEN)
		patch_owners(records, len, owner);
}

unsigned bns_rrset_write(struct bns_writer *w, const struct bns_image *img, const struct bns_rrset *rrset,
			 bool with_signatures, uint16_t owner, uint16_t apex)
{
	size_t start = w->pos, len = rrset->wire_len;
	unsigned count = rrset->count;
	if (with_signatures && rrset->signatures > 0) {
		const struct bns_signatures *signatures = bns_rrset_signatures(img, rrset);
		len += signatures->wire_len;
		count += signatures->count;
	}
	/* A pointer into an RRset that reaches this far could be out of a pointer's reach. */
	if (rrset->fixup_count > 0 && start + rrset->wire_len > BNS_POINTER_MAX) {
		spread(w, img, rrset, len, owner, apex);
		return settle(w, start) ? count : 0;
	}
	copy(w, bns_image_at(img, rrset->wire), len, owner);
	if (!settle(w, start))
		return 0;
	patch_pointers(w->data + start, bns_image_at(img, rrset->fixups), rrset->fixup_count, (uint16_t)start, apex);
	return count;
}

unsigned bns_rrset_write_signatures(struct bns_writer *w, const struct bns_image *img, const struct bns_rrset *rrset,
				    uint16_t owner)
{
	size_t start = w->pos;
	const struct bns_signatures *signatures = bns_rrset_signatures(img, rrset);
	copy(w, bns_image_at(img, rrset->wire + rrset->wire_len), signatures->wire_len, owner);
	return settle(w, start) ? signatures->count : 0;
}

unsigned bns_rrset_write_cname(struct bns_writer *w, uint16_t owner, uint32_t ttl, const uint8_t *target)
{
	size_t start = w->pos;
	size_t len = bns_name_len(target);
	bns_write_u16(w, (uint16_t)(POINTER | owner));
	bns_write_u16(w, BNS_TYPE_CNAME);
	bns_write_u16(w, BNS_CLASS_IN);
	bns_write_u32(w, ttl);
	bns_write_u16(w, (uint16_t)len);
	bns_write_bytes(w, target, len);
	return settle(w, start) ? 1 : 0;
}

/* The first record spells out what no pointer reaches, the others point at it. */
static void write_node_name(struct bns_writer *w, const struct bns_image *img, const struct bns_node *node,
			    uint16_t apex, uint16_t *place)
{
	if (*place != 0) {
		bns_write_u16(w, (uint16_t)(POINTER | *place));
		return;
	}
	if (w->pos <= BNS_POINTER_MAX)
		*place = (uint16_t)w->pos;
	bns_write_bytes(w, bns_image_at(img, node->name), (size_t)(node->name_len - img->apex_len));
	bns_write_u16(w, (uint16_t)(POINTER | apex));
}

static void write_elsewhere(struct bns_writer *w, const uint8_t *record, uint32_t ttl_max)
{
	uint32_t ttl = bns_get_u32(record + 6);
	bns_write_bytes(w, record + 2, 4);
	bns_write_u32(w, ttl < ttl_max ? ttl : ttl_max);
	bns_write_bytes(w, record + 10, record_len(record) - 10);
}

unsigned bns_rrset_write_at_node(struct bns_writer *w, const struct bns_image *img, const struct bns_node *node,
				 const struct bns_rrset *rrset, bool with_signatures, uint32_t ttl_max, uint16_t apex,
				 uint16_t *place)
{
	size_t start = w->pos;
	uint16_t place_before = *place;
	unsigned count = 0;
	const uint8_t *wire = bns_image_at(img, rrset->wire);
	const struct bns_signatures *signatures = with_signatures ? bns_rrset_signatures(img, rrset) : NULL;
	size_t len = rrset->wire_len + (signatures ? signatures->wire_len : 0);
	for (size_t at = 0; at < len && !w->failed; at += record_len(wire + at), count++) {
		write_node_name(w, img, node, apex, place);
		write_elsewhere(w, wire + at, ttl_max);
	}
	if (settle(w, start))
		return count;
	*place = place_before;
	return 0;
}
