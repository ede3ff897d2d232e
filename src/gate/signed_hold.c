/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signed zone can't be held for ever: the served signatures run out, and the
 * parent may go over to keys that the served version doesn't have.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "gate/work.h"

#define DAY_S            86400
#define RRSIG_EXPIRATION 8 /* offset in its RDATA, RFC 4034 §3.1 */

/* The earliest end of a signature, less the time that resolvers may go on with what they have. */
static int64_t signatures_end(const struct bns_contents *served)
{
	int64_t now = bns_clock_wall_s();
	int64_t earliest = INT64_MAX;
	uint32_t ttl_max = 0;
	for (size_t i = 0; i < served->count; i++) {
		const struct bns_record *r = &served->records[i];
		if (r->ttl > ttl_max)
			ttl_max = r->ttl;
		if (r->type != BNS_TYPE_RRSIG || r->rdlen < RRSIG_EXPIRATION + 4)
			continue;
		/* A 32-bit time near now, by serial arithmetic (RFC 4034 §3.1.5). */
		int64_t end = now + (int32_t)(bns_get_u32(r->rdata + RRSIG_EXPIRATION) - (uint32_t)now);
		if (end < earliest)
			earliest = end;
	}
	return earliest == INT64_MAX ? INT64_MAX : earliest - 2 * (int64_t)ttl_max;
}

/* The same records of that type at the apex, whatever their TTL? */
static bool same_at_apex(const struct bns_contents *a, const struct bns_contents *b, uint16_t type)
{
	size_t a_count, b_count;
	const struct bns_record *x = bns_contents_find(a, a->apex, type, &a_count);
	const struct bns_record *y = bns_contents_find(b, b->apex, type, &b_count);
	bool same = a_count == b_count;
	for (size_t i = 0; same && i < a_count; i++)
		same = bns_rdata_equal(type, x[i].rdata, x[i].rdlen, y[i].rdata, y[i].rdlen);
	return same;
}

/*
 * Once the keys roll (RFC 7583 §3, RFC 7344 §4), other servers show the new
 * ones and the parent may follow; the old ones are good for as long as
 * resolvers keep them.
 */
static int64_t keys_end(const struct bns_contents *served, const struct bns_contents *candidate, int64_t now_s)
{
	static const uint16_t types[] = {BNS_TYPE_DNSKEY, BNS_TYPE_CDS, BNS_TYPE_CDNSKEY};
	size_t count;
	const struct bns_record *key = bns_contents_find(served, served->apex, BNS_TYPE_DNSKEY, &count);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!same_at_apex(served, candidate, types[i]))
			return now_s + (key ? key->ttl : 0);
	return INT64_MAX;
}

int64_t bns_signed_hold_deadline(const struct bns_contents *served, const struct bns_contents *candidate,
				 const struct bns_candidate *former)
{
	if (!served || !candidate || !served->is_signed)
		return 0;
	int64_t signatures_s = signatures_end(served), keys_s = keys_end(served, candidate, bns_clock_wall_s());
	/* A rollover that waits already doesn't begin anew with the next version of it. */
	if (keys_s != INT64_MAX && former && former->deadline_s && former->deadline_s < keys_s)
		keys_s = former->deadline_s;
	int64_t first_s = keys_s < signatures_s ? keys_s : signatures_s;
	return first_s == INT64_MAX ? 0 : first_s;
}

static void tell_ending(struct bns_gate *g, struct bns_zone *zone)
{
	struct bns_candidate *c = zone->held;
	char at[BNS_TIME_TEXT_MAX], text[BNS_REASON_MAX];
	c->told_ending = true;
	snprintf(text, sizeof(text), "%.*s can be held until %s: then %s", BNS_REASON_MAX / 2, c->id,
		 bns_time_to_text(c->deadline_s, at),
		 zone->conf->set->signed_hold_serve ? "it is served (signed-hold-limit: serve)"
						    : "what is served may turn bogus (signed-hold-limit: keep)");
	bns_announce(g, BNS_LOG_CRIT, "hold-ending", zone, NULL, text);
}

#define SIGNED_RETRY_S 60

/* A signed hold that can't last longer: a bogus domain is worse than a broken link. */
void bns_signed_hold_tick(struct bns_gate *g, struct bns_zone *zone, int64_t now_s)
{
	struct bns_candidate *c = zone->held;
	if (c->deadline_s && !c->told_ending && now_s >= c->deadline_s - DAY_S)
		tell_ending(g, zone);
	if (c->deadline_s == 0 || c->deadline_s > now_s || !zone->conf->set->signed_hold_serve || zone->work->current)
		return;
	/* Where the store can't take it now, it is tried again, but not every second. */
	c->deadline_s = now_s + SIGNED_RETRY_S;
	bns_announce(g, BNS_LOG_CRIT, "hold-ended", zone, NULL,
		     "the held version's signatures run out; the waiting candidate is served (signed-hold-limit)");
	bns_gate_approve(g, c->id, "signatures of the served version run out", "signed-hold-limit", 0, false, NULL,
			 NULL);
}
