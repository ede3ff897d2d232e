/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/axfr_out.h"

#include "answer/opt.h"
#include "base/log.h"
#include "transfer/acl.h"
#include "transfer/ask.h"
#include "transfer/snapshot.h"
#include "wire/serial.h"

#define FILL_TO      16384 /* octets, where no single record needs more */
#define RR_FIXED_LEN 10    /* type, class, TTL, RDLENGTH */
#define APEX_POINTER (0xC000 | BNS_HEADER_LEN)

/* -- may it go out -- */

/* The serial that the client of an IXFR has, from its authority section (RFC 1995 §3). */
static bool client_serial(const struct bns_asked *a, uint32_t *serial)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;
	uint8_t rdata[2 * BNS_NAME_MAX + 20];
	uint16_t rdlen;

	if (bns_message_cursor_open(&cur, a->msg, a->len))
		return false;
	while (!bns_message_next(&cur, &rr, &section)) {
		if (section != BNS_SECTION_AUTHORITY || rr.type != BNS_TYPE_SOA)
			continue;
		if (bns_rdata_expand(rr.type, a->msg, a->len, rr.rdata, rr.rdlen, rdata, sizeof(rdata), &rdlen) ||
		    !bns_rdata_valid(rr.type, rdata, rdlen))
			return false;
		*serial = bns_soa_serial(rdata, rdlen);
		return true;
	}
	return false;
}

static bool refuse(struct bns_asked *a, enum bns_rcode rcode, struct bns_reply *reply)
{
	bns_asked_reply(a, 0, rcode, reply);
	return false;
}

static void log_request(const struct bns_zone *zone, const struct bns_asked *a, const char *what)
{
	char client[BNS_ADDR_TEXT_MAX];

	bns_log(BNS_LOG_INFO, "zone=%s transfer to %s: %s", zone->text, bns_addr_to_text(&a->client, client), what);
}

bool bns_axfr_out_allowed(struct bns_transfer *t, struct bns_asked *a, struct bns_reply *reply)
{
	const struct bns_zone *zone = bns_gate_zone_find(t->gate, a->request.qname.name);
	uint32_t ours, theirs;

	if (!zone)
		return refuse(a, BNS_RCODE_NOTAUTH, reply);
	if (a->request.qclass != BNS_CLASS_IN ||
	    !bns_asked_allowed(a, t, zone->conf, BNS_ACL_TRANSFER)) {
		log_request(zone, a, "refused, no acl of the zone allows it");
		return refuse(a, BNS_RCODE_REFUSED, reply);
	}
	if (!bns_snapshot_serial(t, &a->request.qname, &ours))
		return refuse(a, BNS_RCODE_SERVFAIL, reply);
	if (a->request.qtype == BNS_TYPE_IXFR) {
		if (!client_serial(a, &theirs))
			return refuse(a, BNS_RCODE_FORMERR, reply);
		/* Over UDP the single SOA says as well: come back over TCP (RFC 1995 §2). */
		if (a->transport == BNS_TRANSPORT_UDP || !bns_serial_newer(ours, theirs)) {
			bns_asked_reply_soa(a, t, reply);
			return false;
		}
	}
	log_request(zone, a, "begins");
	return true;
}

/* -- the messages -- */

void bns_axfr_out_open(struct bns_axfr_out *x, struct bns_asked *a, const struct bns_contents *contents)
{
	*x = (struct bns_axfr_out){.asked = a, .contents = contents};
	x->soa = (size_t)(bns_contents_soa(contents) - contents->records);
}

/*
 * The owner, its end replaced by a pointer to the question where that is
 * written as the apex is: an owner keeps its own case (RFC 5936 §3.4).
 */
static void write_owner(struct bns_writer *w, const struct bns_axfr_out *x, const uint8_t *owner)
{
	const uint8_t *apex = x->contents->apex;
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

static bool write_record(struct bns_writer *w, const struct bns_axfr_out *x, const struct bns_record *r)
{
	size_t before = w->pos;

	write_owner(w, x, r->owner);
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

/* The record after the one at hand: the SOA, all others, the SOA again; NULL behind that. */
static const struct bns_record *record_now(const struct bns_axfr_out *x)
{
	if (!x->first_done || x->at == x->contents->count)
		return &x->contents->records[x->soa];
	return &x->contents->records[x->at];
}

static void step(struct bns_axfr_out *x)
{
	if (!x->first_done)
		x->first_done = true;
	else if (x->at == x->contents->count)
		x->done = true;
	else
		x->at++;
	if (x->at == x->soa)
		x->at++;
}

static size_t record_room(const struct bns_record *r)
{
	return bns_name_len(r->owner) + RR_FIXED_LEN + r->rdlen;
}

void bns_axfr_out_next(struct bns_axfr_out *x, struct bns_reply *reply)
{
	struct bns_asked *a = x->asked;
	size_t opt_room = a->request.has_edns ? BNS_OPT_ROOM : 0;
	struct bns_writer w = bns_writer_of(reply->data, reply->cap - BNS_TSIG_ROOM - opt_room);
	size_t question_len = (size_t)(a->request.question_end - BNS_HEADER_LEN);
	uint16_t count = 0;

	bns_message_write_header(&w, bns_message_id(a->msg), BNS_OPCODE_QUERY, BNS_FLAG_QR | BNS_FLAG_AA,
				 BNS_RCODE_NOERROR);
	bns_write_bytes(&w, a->msg + BNS_HEADER_LEN, question_len);
	bns_put_u16(reply->data + 4, 1);
	while (!x->done && (count == 0 || w.pos + record_room(record_now(x)) <= FILL_TO) &&
	       write_record(&w, x, record_now(x))) {
		count++;
		step(x);
	}
	bns_put_u16(reply->data + 6, count);
	w.cap += opt_room;
	bns_asked_end(a, BNS_RCODE_NOERROR, &w);
	reply->len = count ? w.pos : 0;
	bns_asked_sign(a, reply);
}
