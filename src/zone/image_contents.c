/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/image.h"

#include <string.h>

#include "base/buf.h"

/* Expanded RDATA of the types that are compressed: two names and a SOA's numbers, or less. */
#define EXPANDED_MAX (2 * BNS_NAME_MAX + 20)

struct view {
	const struct bns_image *img;
	const uint8_t *wire;
	const uint16_t *fixups;
	unsigned fixup_count;
};

/* Fixups stand in the order of their positions. */
static bool points_at_self(const struct view *v, size_t position)
{
	unsigned low = 0, high = v->fixup_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if ((v->fixups[middle] & (BNS_FIXUP_SELF - 1u)) < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->fixup_count && (v->fixups[low] & BNS_FIXUP_SELF);
}

/* Copies the name at `pos` of the wire form, following pointers; returns where it ends there. */
static size_t expand_name(const struct view *v, size_t pos, struct bns_writer *out)
{
	size_t end = 0;
	while (v->wire[pos] != 0) {
		if (v->wire[pos] <= BNS_LABEL_MAX) {
			bns_write_bytes(out, v->wire + pos, 1u + v->wire[pos]);
			pos += 1u + v->wire[pos];
			continue;
		}
		size_t place = bns_get_u16(v->wire + pos) & 0x3FFF;
		end = end > 0 ? end : pos + 2;
		if (!points_at_self(v, pos)) {
			bns_write_bytes(out, v->img->apex + place, v->img->apex_len - place);
			return end;
		}
		pos = place;
	}
	bns_write_u8(out, 0);
	return end > 0 ? end : pos + 1;
}

static void expand_rdata(const struct view *v, uint16_t type, size_t pos, size_t end, struct bns_writer *out)
{
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);
	bns_write_bytes(out, v->wire + pos, shape->prefix);
	pos += shape->prefix;
	for (unsigned i = 0; i < shape->names; i++)
		pos = expand_name(v, pos, out);
	bns_write_bytes(out, v->wire + pos, end - pos);
}

static enum bns_error add_record(struct bns_contents *c, const struct view *v, const uint8_t *owner,
				 struct bns_reader *wire)
{
	bns_read_u16(wire); /* the owner's pointer */
	uint16_t type = bns_read_u16(wire);
	bns_read_u16(wire); /* class */
	uint32_t ttl = bns_read_u32(wire);
	uint16_t rdlen = bns_read_u16(wire);
	size_t pos = wire->pos;
	const uint8_t *rdata = bns_read_bytes(wire, rdlen);
	if (v->fixup_count == 0 || type == BNS_TYPE_RRSIG)
		return bns_contents_add(c, owner, type, ttl, rdata, rdlen, 0, 0);

	uint8_t expanded[EXPANDED_MAX];
	struct bns_writer out = bns_writer_of(expanded, sizeof(expanded));
	expand_rdata(v, type, pos, pos + rdlen, &out);
	return bns_contents_add(c, owner, type, ttl, expanded, (uint16_t)out.pos, 0, 0);
}

static enum bns_error add_rrset(struct bns_contents *c, const struct bns_image *img, const uint8_t *owner,
				const struct bns_rrset *set)
{
	struct view v = {
		.img = img,
		.wire = bns_image_at(img, set->wire),
		.fixups = bns_image_at(img, set->fixups),
		.fixup_count = set->fixup_count,
	};
	const struct bns_signatures *signatures = bns_rrset_signatures(img, set);
	size_t len = set->wire_len + (signatures ? signatures->wire_len : 0);
	struct bns_reader wire = bns_reader_of(v.wire, len);
	enum bns_error err = BNS_OK;
	while (wire.pos < len && !err)
		err = add_record(c, &v, owner, &wire);
	return err;
}

static enum bns_error add_node(struct bns_contents *c, const struct bns_image *img, const struct bns_node *node)
{
	const struct bns_rrset *sets = bns_node_rrsets(img, node);
	enum bns_error err = BNS_OK;
	for (unsigned i = 0; i < node->rrset_count && !err; i++)
		err = add_rrset(c, img, bns_image_at(img, node->name), &sets[i]);
	return err;
}

enum bns_error bns_image_contents(const struct bns_image *img, struct bns_contents **out)
{
	struct bns_contents *c = bns_contents_new(img->apex);
	if (!c)
		return BNS_ENOMEM;
	enum bns_error err = BNS_OK;
	for (uint32_t n = 0; n < img->node_count && !err; n++)
		err = add_node(c, img, bns_image_node(img, n));
	if (!err)
		err = bns_contents_finish(c);
	if (err) {
		bns_contents_free(c);
		return err;
	}
	*out = c;
	return BNS_OK;
}
