/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/message.h"
#include "wire/tsig_record.h"

/* Class ANY and TTL 0 are demanded by RFC 8945 §4.2. */
static enum bns_error read_fixed(struct bns_reader *r)
{
	bool fits = bns_read_u16(r) == BNS_TYPE_TSIG;

	fits = bns_read_u16(r) == BNS_CLASS_ANY && fits;
	fits = bns_read_u32(r) == 0 && fits;
	return fits && bns_read_u16(r) == bns_reader_left(r) ? BNS_OK : BNS_EFORMAT;
}

static enum bns_error read_name(struct bns_reader *r, uint8_t out[BNS_NAME_MAX])
{
	if (bns_name_parse(r->data, r->len, &r->pos, out, NULL) != BNS_OK)
		return BNS_EFORMAT;
	bns_name_lower(out);
	return BNS_OK;
}

enum bns_error bns_tsig_record_parse(const uint8_t *msg, size_t len, size_t start, struct bns_tsig_record *record)
{
	struct bns_reader r = {.data = msg, .len = len, .pos = start};

	if (read_name(&r, record->name) || read_fixed(&r) || read_name(&r, record->algorithm))
		return BNS_EFORMAT;
	record->signed_s = bns_read_u48(&r);
	record->fudge_s = bns_read_u16(&r);
	record->mac_len = bns_read_u16(&r);
	record->mac = bns_read_bytes(&r, record->mac_len);
	record->original_id = bns_read_u16(&r);
	record->error = bns_read_u16(&r);
	record->other_len = bns_read_u16(&r);
	record->other = bns_read_bytes(&r, record->other_len);
	return r.failed || r.pos != len ? BNS_EFORMAT : BNS_OK;
}

void bns_tsig_record_write(struct bns_writer *w, const struct bns_tsig_record *record)
{
	bns_write_bytes(w, record->name, bns_name_len(record->name));
	bns_write_u16(w, BNS_TYPE_TSIG);
	bns_write_u16(w, BNS_CLASS_ANY);
	bns_write_u32(w, 0);
	uint8_t *rdlen = bns_write_room(w, 2);
	size_t rdata = w->pos;
	bns_write_bytes(w, record->algorithm, bns_name_len(record->algorithm));
	bns_write_u48(w, record->signed_s);
	bns_write_u16(w, record->fudge_s);
	bns_write_u16(w, (uint16_t)record->mac_len);
	bns_write_bytes(w, record->mac, record->mac_len);
	bns_write_u16(w, record->original_id);
	bns_write_u16(w, record->error);
	bns_write_u16(w, (uint16_t)record->other_len);
	bns_write_bytes(w, record->other, record->other_len);
	if (!w->failed)
		bns_put_u16(rdlen, (uint16_t)(w->pos - rdata));
}
