/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/axfr_stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transfer/ask.h"

enum bns_error bns_axfr_stream_open(struct bns_axfr_stream *s, const uint8_t *apex, const struct bns_tsig_key *key,
				    const struct bns_transfer_limits *limits)
{
	*s = (struct bns_axfr_stream){.ask = {.opcode = BNS_OPCODE_QUERY, .qtype = BNS_TYPE_AXFR}};
	s->rdata = malloc(BNS_MESSAGE_MAX);
	s->contents = bns_contents_new(apex);
	if (!s->rdata || !s->contents) {
		bns_axfr_stream_close(s);
		return BNS_ENOMEM;
	}
	s->ask.qname = s->contents->apex;
	if (limits)
		s->limits = *limits;
	if (key)
		s->key = *key;
	s->is_signed = key != NULL;
	bns_tsig_open(&s->tsig, NULL);
	return BNS_OK;
}

void bns_axfr_stream_close(struct bns_axfr_stream *s)
{
	bns_tsig_close(&s->tsig);
	bns_contents_free(s->contents);
	s->contents = NULL;
	free(s->rdata);
	s->rdata = NULL;
}

enum bns_error bns_axfr_stream_ask(struct bns_axfr_stream *s, uint8_t *msg, size_t cap, size_t *len)
{
	s->reason[0] = '\0';
	bns_tsig_close(&s->tsig);
	bns_tsig_open(&s->tsig, s->is_signed ? &s->key : NULL);
	return bns_ask_write(&s->ask, &s->tsig, msg, cap, len);
}

static enum bns_error fail(struct bns_axfr_stream *s, enum bns_error err, const char *what)
{
	snprintf(s->reason, sizeof(s->reason), "%s", what);
	return err;
}

static enum bns_error fail_data(struct bns_axfr_stream *s, const struct bns_message_rr *rr)
{
	char owner[BNS_NAME_TEXT_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];

	snprintf(s->reason, sizeof(s->reason), "sent malformed data of type %s for %.200s",
		 bns_rrtype_to_text(rr->type, type), bns_name_to_text(rr->owner, owner));
	return BNS_EFORMAT;
}

/* The SOA opens the zone, and the same one closes it (RFC 5936 §2.2). */
static enum bns_error feed_soa(struct bns_axfr_stream *s, uint16_t rdlen)
{
	if (!s->started) {
		s->started = true;
		memcpy(s->soa, s->rdata, rdlen);
		s->soa_len = rdlen;
		return BNS_OK;
	}
	s->done = true;
	if (bns_rdata_equal(BNS_TYPE_SOA, s->soa, s->soa_len, s->rdata, rdlen))
		return BNS_OK;
	snprintf(s->reason, sizeof(s->reason),
		 "ended the zone with another SOA (serial %u) than it began with (serial %u)",
		 bns_soa_serial(s->rdata, rdlen), bns_soa_serial(s->soa, s->soa_len));
	return BNS_EFORMAT;
}

static enum bns_error feed_record(struct bns_axfr_stream *s, const uint8_t *msg, size_t len,
				  const struct bns_message_rr *rr)
{
	bool apex_soa = rr->type == BNS_TYPE_SOA && bns_name_equal(rr->owner, s->ask.qname);
	uint16_t rdlen;
	enum bns_error err;

	if (s->done)
		return fail(s, BNS_EFORMAT, "sent records behind the final SOA");
	if (!s->started && !apex_soa)
		return fail(s, BNS_EFORMAT, "began with a record that is not the zone's SOA");
	if (rr->rclass != BNS_CLASS_IN)
		return fail(s, BNS_EFORMAT, "sent a record whose class is not IN");
	if (bns_rdata_expand(rr->type, msg, len, rr->rdata, rr->rdlen, s->rdata, BNS_MESSAGE_MAX, &rdlen) ||
	    !bns_rdata_valid(rr->type, s->rdata, rdlen))
		return fail_data(s, rr);
	if (apex_soa && (err = feed_soa(s, rdlen)))
		return err;
	if (s->done)
		return BNS_OK;
	if (s->limits.zone_max_records && s->contents->count >= s->limits.zone_max_records)
		return fail(s, BNS_ERANGE, "sent more records than a zone may have here");
	if (bns_contents_add(s->contents, rr->owner, rr->type, rr->ttl, s->rdata, rdlen, 0, 0))
		return fail(s, BNS_ENOMEM, "sent more than there is memory for");
	return BNS_OK;
}

static enum bns_error feed_records(struct bns_axfr_stream *s, const uint8_t *msg, size_t len)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;
	enum bns_section section;
	enum bns_error err = bns_message_cursor_open(&cur, msg, len);

	while (!err && !(err = bns_message_next(&cur, &rr, &section))) {
		if (section == BNS_SECTION_ANSWER)
			err = feed_record(s, msg, len, &rr);
		else if (rr.type == BNS_TYPE_OPT && !s->expire.told)
			s->expire = bns_ask_expire_of(msg, &rr);
	}
	if (err == BNS_ENOENT)
		return BNS_OK;
	return s->reason[0] ? err : fail(s, BNS_EFORMAT, "sent a malformed message");
}

enum bns_error bns_axfr_stream_feed(struct bns_axfr_stream *s, const uint8_t *msg, size_t len)
{
	enum bns_error err;

	s->bytes += len;
	if (s->limits.zone_max_bytes && s->bytes > s->limits.zone_max_bytes)
		return fail(s, BNS_ERANGE, "sent more octets than a zone may have here");
	err = bns_ask_check(&s->ask, msg, len, !s->started, s->reason);
	if (err)
		return err;
	/* Read first, since only the last message must be signed; nothing of it is used before the verification. */
	err = feed_records(s, msg, len);
	if (err)
		return err;
	err = bns_tsig_verify_answer(&s->tsig, msg, len, (uint64_t)bns_clock_wall_s(), s->done, NULL);
	if (err) {
		s->done = false;
		snprintf(s->reason, sizeof(s->reason), "sent an answer whose signature does not hold: %s",
			 bns_strerror(err));
	}
	return err;
}

struct bns_contents *bns_axfr_stream_take(struct bns_axfr_stream *s)
{
	struct bns_contents *contents = s->done ? s->contents : NULL;

	if (contents)
		s->contents = NULL;
	return contents;
}
