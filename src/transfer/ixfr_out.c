/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/ixfr_out.h"

#include "transfer/ask.h"
#include "transfer/out_message.h"

/* The serial that the client of an IXFR has, from its authority section (RFC 1995 §3). */
bool bns_ixfr_out_client_serial(const struct bns_asked *a, uint32_t *serial)
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

/* -- the records -- */

/* The differences of `seq`. */
static bool load(struct bns_ixfr_out *x, uint64_t seq, struct bns_delta *delta)
{
	const struct bns_zone *zone = bns_gate_zone_find(x->t->gate, x->asked->request.qname.name);

	return zone && bns_gate_journal_delta(x->t->gate, zone, seq, delta) == BNS_OK;
}

/* They must go on where the last ones ended: the zone may have begun anew meanwhile. */
static bool load_next(struct bns_ixfr_out *x)
{
	struct bns_delta next;

	if (!load(x, x->seq + 1, &next))
		return false;
	if (next.removed->serial != x->delta.added->serial) {
		bns_delta_free(&next);
		return false;
	}
	bns_delta_free(&x->delta);
	x->delta = next;
	x->seq++;
	return true;
}

static const struct bns_contents *contents_now(const struct bns_ixfr_out *x)
{
	switch (x->part) {
	case BNS_IXFR_REMOVED:
		return x->delta.removed;
	case BNS_IXFR_ADDED:
		return x->delta.added;
	default:
		return x->newest.added;
	}
}

static const struct bns_record *record_now(void *arg)
{
	const struct bns_ixfr_out *x = arg;
	const struct bns_contents *c = contents_now(x);

	if (x->part == BNS_IXFR_DONE || x->failed)
		return NULL;
	return x->soa_done ? &c->records[x->at] : bns_contents_soa(c);
}

static void next_part(struct bns_ixfr_out *x)
{
	x->soa_done = false;
	x->at = 0;
	if (x->part != BNS_IXFR_ADDED)
		x->part++;
	else if (x->seq == x->way.last_seq)
		x->part = BNS_IXFR_LAST;
	else if (load_next(x))
		x->part = BNS_IXFR_REMOVED;
	else
		x->failed = true;
}

/* The SOA first, then the others in their order. */
static void step(void *arg)
{
	struct bns_ixfr_out *x = arg;
	const struct bns_contents *c = contents_now(x);

	if (x->soa_done)
		x->at++;
	x->soa_done = true;
	if (x->at < c->count && &c->records[x->at] == bns_contents_soa(c))
		x->at++;
	if (x->part == BNS_IXFR_FIRST || x->part == BNS_IXFR_LAST || x->at == c->count)
		next_part(x);
}

/* -- its life -- */

bool bns_ixfr_out_open(struct bns_ixfr_out *x, struct bns_transfer *t, struct bns_asked *a)
{
	const struct bns_zone *zone = bns_gate_zone_find(t->gate, a->request.qname.name);
	uint32_t serial;

	*x = (struct bns_ixfr_out){.t = t, .asked = a};
	if (!zone || !bns_ixfr_out_client_serial(a, &serial) || bns_gate_journal_way(t->gate, zone, serial, &x->way))
		return false;
	x->seq = x->way.first_seq;
	if (load(x, x->way.last_seq, &x->newest) && load(x, x->seq, &x->delta))
		return true;
	bns_ixfr_out_close(x);
	return false;
}

void bns_ixfr_out_close(struct bns_ixfr_out *x)
{
	bns_delta_free(&x->newest);
	bns_delta_free(&x->delta);
}

void bns_ixfr_out_next(struct bns_ixfr_out *x, struct bns_reply *reply)
{
	struct bns_out_records records = {.now = record_now, .step = step, .arg = x};

	bns_out_message(x->asked, x->newest.added->apex, &records, reply);
}
