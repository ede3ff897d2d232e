/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/message.h"

#define RR_FIXED_LEN  10u /* type, class, TTL and RDLENGTH behind the owner */
#define QUESTION_TAIL 4u  /* type and class behind the QNAME */

/* The question at `*pos`, its name uncompressed: there is nothing before it to point at. */
static enum bns_error read_question(const uint8_t *msg, size_t len, size_t *pos, struct bns_request *out)
{
	if (bns_qname_scan(msg + *pos, len - *pos, &out->qname) != BNS_OK)
		return BNS_EFORMAT;
	size_t at = *pos + out->qname.len;
	if (len - at < QUESTION_TAIL)
		return BNS_EFORMAT;
	out->qtype = bns_get_u16(msg + at);
	out->qclass = bns_get_u16(msg + at + 2);
	out->has_question = true;
	*pos = at + QUESTION_TAIL;
	out->question_end = (uint16_t)*pos;
	return BNS_OK;
}

/* A later version may fill the RDATA with something else than options (RFC 6891 §6.1.3). */
static bool options_fit(const uint8_t *rdata, size_t rdlen)
{
	while (rdlen >= 4) {
		size_t option = 4u + bns_get_u16(rdata + 2);
		if (option > rdlen)
			return false;
		rdata += option;
		rdlen -= option;
	}
	return rdlen == 0;
}

/* The OPT whose type begins at `fixed` (RFC 6891 §6.1.2): the class is the payload size, the TTL holds the flags. */
static enum bns_error read_opt(const uint8_t *msg, size_t fixed, struct bns_request *out)
{
	uint16_t payload = bns_get_u16(msg + fixed + 2);

	if (out->has_edns)
		return BNS_EFORMAT;
	out->has_edns = true;
	out->udp_payload = payload < BNS_UDP_PLAIN_MAX ? BNS_UDP_PLAIN_MAX : payload;
	out->edns_version = msg[fixed + 5];
	out->edns_flags = bns_get_u16(msg + fixed + 6);
	out->opt_rdlen = bns_get_u16(msg + fixed + 8);
	out->opt_rdata = (uint16_t)(fixed + RR_FIXED_LEN);
	if (out->edns_version == 0 && !options_fit(msg + out->opt_rdata, out->opt_rdlen))
		return BNS_EFORMAT;
	return BNS_OK;
}

/* Moves behind the record at `*pos`; `*fixed` is where its type begins. */
static enum bns_error skip_record(const uint8_t *msg, size_t len, size_t *pos, size_t *fixed)
{
	uint8_t owner[BNS_NAME_MAX];
	size_t at = *pos;

	if (bns_name_parse(msg, len, &at, owner, NULL) != BNS_OK || len - at < RR_FIXED_LEN)
		return BNS_EFORMAT;
	*fixed = at;
	at += RR_FIXED_LEN;
	size_t rdlen = bns_get_u16(msg + at - 2);
	if (len - at < rdlen)
		return BNS_EFORMAT;
	*pos = at + rdlen;
	return BNS_OK;
}

/* One record of a request, `left` more behind it. Data records are only walked over. */
static enum bns_error read_record(const uint8_t *msg, size_t len, size_t *pos, bool additional, size_t left,
				  struct bns_request *out)
{
	size_t start = *pos;
	size_t fixed;
	enum bns_error err = skip_record(msg, len, pos, &fixed);

	if (err)
		return err;
	switch (bns_get_u16(msg + fixed)) {
	case BNS_TYPE_OPT:
		if (!additional || msg[start] != 0)
			return BNS_EFORMAT;
		return read_opt(msg, fixed, out);
	case BNS_TYPE_TSIG:
		if (!additional || left > 0)
			return BNS_EFORMAT;
		out->has_tsig = true;
		out->tsig_start = (uint16_t)start;
		return BNS_OK;
	default:
		return BNS_OK;
	}
}

static enum bns_error read_records(const uint8_t *msg, size_t len, size_t *pos, struct bns_request *out)
{
	size_t before = (size_t)bns_message_ancount(msg) + bns_message_nscount(msg);
	size_t total = before + bns_message_arcount(msg);

	for (size_t i = 0; i < total; i++) {
		enum bns_error err = read_record(msg, len, pos, i >= before, total - i - 1, out);
		if (err)
			return err;
	}
	return BNS_OK;
}

/* Nearly every query ends with its question or with one OPT: is that OPT all there is behind `pos`? */
static bool is_lone_opt(const uint8_t *msg, size_t len, size_t pos)
{
	return bns_get_u32(msg + 6) == 0 && bns_message_arcount(msg) == 1 && len - pos >= BNS_OPT_EMPTY_LEN &&
	       msg[pos] == 0 && bns_get_u16(msg + pos + 1) == BNS_TYPE_OPT &&
	       len - pos - BNS_OPT_EMPTY_LEN == bns_get_u16(msg + pos + 9);
}

static void request_clear(struct bns_request *out)
{
	/* Not the whole: the name alone is more than a kilobyte, and it is written before it is read. */
	out->qname.len = 0;
	out->qname.labels = 0;
	out->qtype = 0;
	out->qclass = 0;
	out->question_end = BNS_HEADER_LEN;
	out->has_question = false;
	out->has_edns = false;
	out->has_tsig = false;
	out->edns_version = 0;
	out->edns_flags = 0;
	out->udp_payload = BNS_UDP_PLAIN_MAX;
	out->opt_rdata = 0;
	out->opt_rdlen = 0;
	out->tsig_start = 0;
}

enum bns_error bns_request_parse(const uint8_t *msg, size_t len, struct bns_request *out)
{
	size_t pos = BNS_HEADER_LEN;
	enum bns_error err;

	request_clear(out);
	if (len < BNS_HEADER_LEN)
		return BNS_ESHORT;
	if (len > BNS_MESSAGE_MAX)
		return BNS_EFORMAT;
	unsigned opcode = bns_message_opcode(msg);
	if (opcode != BNS_OPCODE_QUERY && opcode != BNS_OPCODE_NOTIFY) {
		/* We can't know what such a message should look like; its answer needs the question at most. */
		if (bns_message_qdcount(msg) == 1)
			(void)!read_question(msg, len, &pos, out);
		return BNS_OK;
	}
	bool cookie_alone = opcode == BNS_OPCODE_QUERY && bns_message_qdcount(msg) == 0;
	if (bns_message_qdcount(msg) != 1 && !cookie_alone)
		return BNS_EFORMAT;
	err = cookie_alone ? BNS_OK : read_question(msg, len, &pos, out);
	if (err)
		return err;
	if (is_lone_opt(msg, len, pos))
		return read_opt(msg, pos + 1, out);
	err = read_records(msg, len, &pos, out);
	if (err)
		return err;
	return pos == len ? BNS_OK : BNS_EFORMAT;
}

enum bns_error bns_message_cursor_open(struct bns_message_cursor *cur, const uint8_t *msg, size_t len)
{
	uint8_t qname[BNS_NAME_MAX];
	size_t pos = BNS_HEADER_LEN;

	if (len < BNS_HEADER_LEN)
		return BNS_EFORMAT;
	for (unsigned left = bns_message_qdcount(msg); left > 0; left--) {
		if (bns_name_parse(msg, len, &pos, qname, NULL) != BNS_OK || len - pos < QUESTION_TAIL)
			return BNS_EFORMAT;
		pos += QUESTION_TAIL;
	}
	*cur = (struct bns_message_cursor){
		.msg = msg,
		.len = len,
		.pos = pos,
		.left = {bns_message_ancount(msg), bns_message_nscount(msg), bns_message_arcount(msg)},
	};
	return BNS_OK;
}

static enum bns_error read_rr(struct bns_message_cursor *cur, struct bns_message_rr *rr)
{
	const uint8_t *msg = cur->msg;
	size_t pos = cur->pos;

	rr->start = pos;
	if (bns_name_parse(msg, cur->len, &pos, rr->owner, NULL) != BNS_OK || cur->len - pos < RR_FIXED_LEN)
		return BNS_EFORMAT;
	rr->type = bns_get_u16(msg + pos);
	rr->rclass = bns_get_u16(msg + pos + 2);
	rr->ttl = bns_get_u32(msg + pos + 4);
	rr->rdlen = bns_get_u16(msg + pos + 8);
	rr->rdata = pos + RR_FIXED_LEN;
	if (cur->len - rr->rdata < rr->rdlen)
		return BNS_EFORMAT;
	cur->pos = rr->rdata + rr->rdlen;
	return BNS_OK;
}

enum bns_error bns_message_next(struct bns_message_cursor *cur, struct bns_message_rr *rr, enum bns_section *section)
{
	unsigned at = BNS_SECTION_ANSWER;

	while (at <= BNS_SECTION_ADDITIONAL && cur->left[at] == 0)
		at++;
	if (at > BNS_SECTION_ADDITIONAL)
		return cur->pos == cur->len ? BNS_ENOENT : BNS_EFORMAT;
	enum bns_error err = read_rr(cur, rr);
	if (err)
		return err;
	cur->left[at]--;
	if (section)
		*section = (enum bns_section)at;
	return BNS_OK;
}

void bns_message_write_header(struct bns_writer *w, uint16_t id, unsigned opcode, uint16_t flags, unsigned rcode)
{
	uint8_t *header = bns_write_room(w, BNS_HEADER_LEN);
	if (!header)
		return;
	bns_put_u16(header, id);
	bns_put_u16(header + 2, (uint16_t)(flags | (opcode & 15) << 11 | (rcode & 15)));
	bns_put_u64(header + 4, 0);
}

void bns_message_write_query(struct bns_writer *w, uint16_t id, unsigned opcode, uint16_t flags, const uint8_t *qname,
			     uint16_t qtype)
{
	size_t start = w->pos;

	bns_message_write_header(w, id, opcode, flags, BNS_RCODE_NOERROR);
	bns_write_bytes(w, qname, bns_name_len(qname));
	bns_write_u16(w, qtype);
	bns_write_u16(w, BNS_CLASS_IN);
	if (!w->failed)
		bns_put_u16(w->data + start + 4, 1);
}

void bns_message_write_opt(struct bns_writer *w, uint16_t udp_payload, uint8_t rcode_high, uint16_t flags,
			   uint16_t options_len)
{
	uint8_t *opt = bns_write_room(w, BNS_OPT_EMPTY_LEN);
	if (!opt)
		return;
	opt[0] = 0;
	bns_put_u16(opt + 1, BNS_TYPE_OPT);
	bns_put_u16(opt + 3, udp_payload);
	opt[5] = rcode_high;
	opt[6] = 0;
	bns_put_u16(opt + 7, flags);
	bns_put_u16(opt + 9, options_len);
}
