/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/xfr_stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transfer/ask.h"
#include "wire/serial.h"

enum bns_error bns_xfr_stream_open(struct bns_xfr_stream *s, const uint8_t *apex, const struct bns_tsig_key *key,
				   const struct bns_transfer_limits *limits, const uint32_t *serial)
{
	*s = (struct bns_xfr_stream){.ask = {.opcode = BNS_OPCODE_QUERY, .qtype = BNS_TYPE_AXFR}};
	if (serial) {
		s->ask.qtype = BNS_TYPE_IXFR;
		s->ask.serial = *serial;
	}
	s->rdata = malloc(BNS_MESSAGE_MAX);
	s->contents = bns_contents_new(apex);
	if (!s->rdata || !s->contents || (serial && bns_changes_open(&s->changes, apex))) {
		bns_xfr_stream_close(s);
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

void bns_xfr_stream_close(struct bns_xfr_stream *s)
{
	bns_tsig_close(&s->tsig);
	bns_tsig_key_wipe(&s->key);
	bns_changes_close(&s->changes);
	bns_contents_free(s->contents);
	s->contents = NULL;
	free(s->rdata);
	s->rdata = NULL;
}

enum bns_error bns_xfr_stream_ask(struct bns_xfr_stream *s, uint8_t *msg, size_t cap, size_t *len)
{
	s->reason[0] = '\0';
	bns_tsig_close(&s->tsig);
	bns_tsig_open(&s->tsig, s->is_signed ? &s->key : NULL);
	return bns_ask_write(&s->ask, &s->tsig, msg, cap, len);
}

static enum bns_error fail(struct bns_xfr_stream *s, enum bns_error err, const char *what)
{
	snprintf(s->reason, sizeof(s->reason), "%s", what);
	return err;
}

static enum bns_error fail_data(struct bns_xfr_stream *s, const struct bns_message_rr *rr)
{
	char owner[BNS_NAME_TEXT_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];

	snprintf(s->reason, sizeof(s->reason), "sent malformed data of type %s for %.200s",
		 bns_rrtype_to_text(rr->type, type), bns_name_to_text(rr->owner, owner));
	return BNS_EFORMAT;
}

static uint32_t first_serial(const struct bns_xfr_stream *s)
{
	return bns_soa_serial(s->first.rdata, s->first.rdlen);
}

/* -- where a record goes -- */

static bool is_apex_soa(const struct bns_xfr_stream *s, const struct bns_message_rr *rr)
{
	return rr->type == BNS_TYPE_SOA && bns_name_equal(rr->owner, s->ask.qname);
}

static bool is_first_soa(const struct bns_xfr_stream *s, uint16_t rdlen)
{
	return bns_rdata_equal(BNS_TYPE_SOA, s->first.rdata, s->first.rdlen, s->rdata, rdlen);
}

static enum bns_error end(struct bns_xfr_stream *s)
{
	s->place = BNS_XFR_END;
	s->done = true;
	return BNS_OK;
}

static bool is_too_many(const struct bns_xfr_stream *s, const struct bns_contents *c)
{
	return s->limits.zone_max_records && c->count >= s->limits.zone_max_records;
}

static enum bns_error fail_memory(struct bns_xfr_stream *s)
{
	return fail(s, BNS_ENOMEM, "sent more than there is memory for");
}

static enum bns_error add_record(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (is_too_many(s, s->contents))
		return fail(s, BNS_ERANGE, "sent more records than a zone may have here");
	if (bns_contents_add(s->contents, rr->owner, rr->type, rr->ttl, s->rdata, rdlen, 0, 0))
		return fail_memory(s);
	return BNS_OK;
}

static enum bns_error add_change(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (!bns_name_in(rr->owner, s->ask.qname))
		return fail(s, BNS_EFORMAT, "sent differences of names outside of the zone");
	if (is_too_many(s, s->changes.records))
		return fail(s, BNS_ERANGE, "sent more differences than a zone may have records here");
	if (bns_changes_add(&s->changes, rr->owner, rr->type, rr->ttl, s->rdata, rdlen))
		return fail_memory(s);
	return BNS_OK;
}

static enum bns_error begin_section(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen,
				    enum bns_xfr_place place)
{
	s->place = place;
	return bns_changes_section(&s->changes) ? fail_memory(s) : add_change(s, rr, rdlen);
}

/* The SOA opens the zone. In an AXFR it is the zone's first record too. */
static enum bns_error feed_first(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (!is_apex_soa(s, rr))
		return fail(s, BNS_EFORMAT, "began with a record that is not the zone's SOA");
	s->started = true;
	memcpy(s->first.rdata, s->rdata, rdlen);
	s->first.rdlen = rdlen;
	s->first_ttl = rr->ttl;
	if (s->ask.qtype == BNS_TYPE_IXFR) {
		s->place = BNS_XFR_SECOND;
		return BNS_OK;
	}
	s->kind = BNS_XFR_ZONE;
	s->place = BNS_XFR_RECORDS;
	return add_record(s, rr, rdlen);
}

/* The same SOA closes it (RFC 5936 §2.2). */
static enum bns_error feed_zone(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (!is_apex_soa(s, rr))
		return add_record(s, rr, rdlen);
	if (is_first_soa(s, rdlen))
		return end(s);
	snprintf(s->reason, sizeof(s->reason),
		 "ended the zone with another SOA (serial %u) than it began with (serial %u)",
		 bns_soa_serial(s->rdata, rdlen), first_serial(s));
	return BNS_EFORMAT;
}

static enum bns_error fail_chain(struct bns_xfr_stream *s, uint32_t serial, uint32_t wanted)
{
	snprintf(s->reason, sizeof(s->reason), "sent differences from serial %u on where those from serial %u belong",
		 serial, wanted);
	return BNS_EFORMAT;
}

static enum bns_error begin_step(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen,
				 uint32_t from)
{
	uint32_t serial = bns_soa_serial(s->rdata, rdlen);

	return serial == from ? begin_section(s, rr, rdlen, BNS_XFR_REMOVED) : fail_chain(s, serial, from);
}

/* An SOA of another version begins the differences; anything else is the zone (RFC 1995 §4). */
static enum bns_error feed_second(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (is_apex_soa(s, rr) && !is_first_soa(s, rdlen)) {
		s->kind = BNS_XFR_CHANGES;
		return begin_step(s, rr, rdlen, s->ask.serial);
	}
	s->kind = BNS_XFR_ZONE;
	s->place = BNS_XFR_RECORDS;
	if (bns_contents_add(s->contents, s->ask.qname, BNS_TYPE_SOA, s->first_ttl, s->first.rdata, s->first.rdlen, 0,
			     0))
		return fail_memory(s);
	return feed_zone(s, rr, rdlen);
}

static enum bns_error feed_removed(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (!is_apex_soa(s, rr))
		return add_change(s, rr, rdlen);
	s->step_serial = bns_soa_serial(s->rdata, rdlen);
	return begin_section(s, rr, rdlen, BNS_XFR_ADDED);
}

/* Behind what a step adds comes the next step, or the SOA that all began with. */
static enum bns_error feed_added(struct bns_xfr_stream *s, const struct bns_message_rr *rr, uint16_t rdlen)
{
	if (!is_apex_soa(s, rr))
		return add_change(s, rr, rdlen);
	if (s->step_serial != first_serial(s))
		return begin_step(s, rr, rdlen, s->step_serial);
	if (is_first_soa(s, rdlen))
		return end(s);
	return fail(s, BNS_EFORMAT, "ended the differences with another SOA than they began with");
}

static enum bns_error feed_record(struct bns_xfr_stream *s, const uint8_t *msg, size_t len,
				  const struct bns_message_rr *rr)
{
	static enum bns_error (*const feed[])(struct bns_xfr_stream *, const struct bns_message_rr *, uint16_t) = {
		[BNS_XFR_FIRST] = feed_first,     [BNS_XFR_SECOND] = feed_second, [BNS_XFR_RECORDS] = feed_zone,
		[BNS_XFR_REMOVED] = feed_removed, [BNS_XFR_ADDED] = feed_added,
	};
	uint16_t rdlen;

	if (s->done)
		return fail(s, BNS_EFORMAT, "sent records behind the final SOA");
	if (rr->rclass != BNS_CLASS_IN)
		return fail(s, BNS_EFORMAT, "sent a record whose class is not IN");
	if (bns_rdata_expand(rr->type, msg, len, rr->rdata, rr->rdlen, s->rdata, BNS_MESSAGE_MAX, &rdlen) ||
	    !bns_rdata_valid(rr->type, s->rdata, rdlen))
		return fail_data(s, rr);
	return feed[s->place](s, rr, rdlen);
}

/* One SOA alone, and not a newer one: we have it (RFC 1995 §2). With a newer one the zone may follow. */
static void note_current(struct bns_xfr_stream *s)
{
	if (s->place != BNS_XFR_SECOND || bns_serial_newer(first_serial(s), s->ask.serial))
		return;
	s->kind = BNS_XFR_CURRENT;
	(void)end(s);
}

static enum bns_error feed_records(struct bns_xfr_stream *s, const uint8_t *msg, size_t len)
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
	if (err == BNS_ENOENT) {
		note_current(s);
		return BNS_OK;
	}
	return s->reason[0] ? err : fail(s, BNS_EFORMAT, "sent a malformed message");
}

enum bns_error bns_xfr_stream_feed(struct bns_xfr_stream *s, const uint8_t *msg, size_t len)
{
	enum bns_error err;
	uint64_t now_ms = bns_clock_mono_ms();

	if (s->bytes == 0)
		s->began_ms = now_ms;
	s->bytes += len;
	if (s->limits.max_ms && now_ms - s->began_ms > s->limits.max_ms)
		return fail(s, BNS_ERANGE, "took longer than a transfer may take here");
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

struct bns_contents *bns_xfr_stream_take(struct bns_xfr_stream *s)
{
	struct bns_contents *contents = s->done && s->kind == BNS_XFR_ZONE ? s->contents : NULL;

	if (contents)
		s->contents = NULL;
	return contents;
}
