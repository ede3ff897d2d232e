/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/out_message.h"

#include "answer/opt.h"

#define FILL_TO      16384 /* octets, where no single record needs more */
#define RR_FIXED_LEN 10    /* type, class, TTL, RDLENGTH */
#define APEX_POINTER (0xC000 | BNS_HEADER_LEN)

/*
 * The owner, its end replaced by a pointer to the question where that is
 * written as the apex is: an owner keeps its own case (RFC 5936 §3.4).
 */
static void write_owner(struct bns_writer *w, const uint8_t *apex, const uint8_t *owner)
{
	size_t apex_len = bns_name_len(apex);
	size_t len = bns_name_len(owner);

	if (apex_len > 2 && len >= apex_len && !memcmp(owner + len - apex_len, apex, apex_len) &&
	    bns_name_in(owner, apex) && !memcmp(w->data + BNS_HEADER_LEN, apex, apex_len)) {
		bns_write_bytes(w, owner, len - apex_len);
		bns_write_u16(w, APEX_POINTER);
	} else {
		bns_write_bytes(w, owner, len);
	}
}

static bool write_record(struct bns_writer *w, const uint8_t *apex, const struct bns_record *r)
{
	size_t before = w->pos;

	write_owner(w, apex, r->owner);
	bns_write_u16(w, r->type);
	bns_write_u16(w, BNS_CLASS_IN);
	bns_write_u32(w, r->ttl);
	bns_write_u16(w, r->rdlen);
	bns_write_bytes(w, r->rdata, r->rdlen);
	if (!w->failed)
		return true;
	w->failed = false;
	w->pos = before;
	return false;
}

static size_t record_room(const struct bns_record *r)
{
	return bns_name_len(r->owner) + RR_FIXED_LEN + r->rdlen;
}

void bns_out_message(struct bns_asked *a, const uint8_t *apex, const struct bns_out_records *records,
		     struct bns_reply *reply)
{
	size_t opt_room = a->request.has_edns ? BNS_OPT_ROOM : 0;
	struct bns_writer w = bns_writer_of(reply->data, reply->cap - BNS_TSIG_ROOM - opt_room);
	size_t question_len = (size_t)(a->request.question_end - BNS_HEADER_LEN);
	const struct bns_record *r = records->now(records->arg);
	uint16_t count = 0;

	bns_message_write_header(&w, bns_message_id(a->msg), BNS_OPCODE_QUERY, BNS_FLAG_QR | BNS_FLAG_AA,
				 BNS_RCODE_NOERROR);
	bns_write_bytes(&w, a->msg + BNS_HEADER_LEN, question_len);
	bns_put_u16(reply->data + 4, 1);
	while (r && (count == 0 || w.pos + record_room(r) <= FILL_TO) && write_record(&w, apex, r)) {
		count++;
		records->step(records->arg);
		r = records->now(records->arg);
	}
	bns_put_u16(reply->data + 6, count);
	w.cap += opt_room;
	bns_asked_end(a, BNS_RCODE_NOERROR, &w);
	reply->len = count ? w.pos : 0;
	bns_asked_sign(a, reply);
}
