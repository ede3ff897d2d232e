/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/axfr_out.h"

#include "base/log.h"
#include "transfer/acl.h"
#include "transfer/ixfr_out.h"
#include "transfer/out_message.h"
#include "transfer/snapshot.h"
#include "wire/serial.h"

/* -- may it go out -- */

static bool refuse(struct bns_asked *a, enum bns_rcode rcode, struct bns_reply *reply)
{
	bns_asked_reply(a, 0, rcode, reply);
	return false;
}

static void log_request(const struct bns_zone *zone, const struct bns_asked *a, const char *what)
{
	char client[BNS_ADDR_TEXT_MAX];

	bns_log_limited(BNS_LOG_INFO, "zone=%s transfer to %s: %s", zone->text, bns_addr_to_text(&a->client, client),
			what);
}

bool bns_axfr_out_allowed(struct bns_transfer *t, struct bns_asked *a, struct bns_reply *reply)
{
	const struct bns_zone *zone = bns_gate_zone_find(t->gate, a->request.qname.name);
	uint32_t ours, theirs;

	if (!zone)
		return refuse(a, BNS_RCODE_NOTAUTH, reply);
	if (a->request.qclass != BNS_CLASS_IN || !bns_asked_allowed(a, t, zone->conf->set, BNS_ACL_TRANSFER)) {
		t->counts.out_refused++;
		log_request(zone, a, "refused, no acl of the zone allows it");
		return refuse(a, BNS_RCODE_REFUSED, reply);
	}
	if (!bns_snapshot_serial(t, &a->request.qname, &ours))
		return refuse(a, BNS_RCODE_SERVFAIL, reply);
	if (a->request.qtype == BNS_TYPE_IXFR) {
		if (!bns_ixfr_out_client_serial(a, &theirs))
			return refuse(a, BNS_RCODE_FORMERR, reply);
		/* Over UDP the single SOA says as well: come back over TCP (RFC 1995 §2). */
		if (a->transport == BNS_TRANSPORT_UDP || !bns_serial_newer(ours, theirs)) {
			bns_asked_reply_soa(a, t, reply);
			return false;
		}
	}
	t->counts.out++;
	log_request(zone, a, "begins");
	return true;
}

/* -- the records -- */

void bns_axfr_out_open(struct bns_axfr_out *x, struct bns_asked *a, const struct bns_contents *contents)
{
	*x = (struct bns_axfr_out){.asked = a, .contents = contents};
	x->soa = (size_t)(bns_contents_soa(contents) - contents->records);
}

/* The record at hand: the SOA, all others, the SOA again. */
static const struct bns_record *record_now(void *arg)
{
	const struct bns_axfr_out *x = arg;

	if (x->done)
		return NULL;
	if (!x->first_done || x->at == x->contents->count)
		return &x->contents->records[x->soa];
	return &x->contents->records[x->at];
}

static void step(void *arg)
{
	struct bns_axfr_out *x = arg;

	if (!x->first_done)
		x->first_done = true;
	else if (x->at == x->contents->count)
		x->done = true;
	else
		x->at++;
	if (x->at == x->soa)
		x->at++;
}

void bns_axfr_out_next(struct bns_axfr_out *x, struct bns_reply *reply)
{
	struct bns_out_records records = {.now = record_now, .step = step, .arg = x};

	bns_out_message(x->asked, x->contents->apex, &records, reply);
}
