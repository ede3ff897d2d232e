/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <string.h>

#define NSEC3_SALT_LEN 4 /* where the length of the salt stands, behind algorithm, flags, iterations */
#define HASH_TEXT_MAX  64

struct walk {
	const struct sv_terms *t;
	const struct bns_contents *zone;
	const struct bns_contents *served;
	struct sv_result *out;
	const uint8_t *cut;            /* the zone cut at or above the node at hand, or NULL */
	bool has_nsec;                 /* the chain is NSEC's */
	const struct bns_record *nsec; /* the former name's */
	const struct bns_record *nsec3, *first_nsec3;
	bool one_nsec3;  /* all have the same parameters */
	bool chain_only; /* signatures aren't looked at */
	bool served_chain_known, served_chain_broken;
};

static void walk_zone(struct walk *w, const _Atomic bool *stop);

/* Was the very RRset no better in the served version? */
static bool is_known(const struct walk *w, const struct bns_record *rr)
{
	size_t count;
	const struct bns_record *former =
		w->served && w->served->is_signed ? w->t->host->find(w->served, rr->owner, rr->type, &count) : NULL;

	return former && sv_verify(w->t, w->served, former, count) != SV_SOUND;
}

static void add(struct walk *w, const uint8_t *owner, uint16_t type, enum sv_reason reason, bool fresh)
{
	w->out->count++;
	w->out->fresh_count += fresh;
	if (w->out->listed == SV_LISTED)
		return;
	struct sv_finding *f = &w->out->list[w->out->listed++];
	*f = (struct sv_finding){.type = type, .reason = reason, .fresh = fresh};
	memcpy(f->owner, owner, sv_name_len(owner));
}

static bool served_chain_broken(struct walk *w)
{
	if (w->served_chain_known || !w->served || !w->served->is_signed)
		return w->served_chain_broken;
	struct sv_result result = {0};
	struct walk served = {.t = w->t, .zone = w->served, .out = &result, .chain_only = true};
	walk_zone(&served, NULL);
	w->served_chain_known = true;
	w->served_chain_broken = result.count > 0;
	return w->served_chain_broken;
}

static void add_chain(struct walk *w, const uint8_t *owner, uint16_t type)
{
	add(w, owner, type, SV_CHAIN, !served_chain_broken(w));
}

static void check_rrset(struct walk *w, const struct bns_record *rr, size_t count)
{
	enum sv_reason reason = w->chain_only ? SV_SOUND : sv_verify(w->t, w->zone, rr, count);

	if (reason != SV_SOUND)
		add(w, rr->owner, rr->type, reason, !is_known(w, rr));
}

static bool at_cut(const struct walk *w, const struct bns_record *rr)
{
	return w->cut && sv_name_equal(w->cut, rr->owner);
}

/* At a cut only what the parent says of the child is signed (RFC 4035 §2.2). */
static bool is_signed_type(const struct walk *w, const struct bns_record *rr)
{
	if (rr->type == BNS_TYPE_RRSIG)
		return false;
	return !at_cut(w, rr) || rr->type == BNS_TYPE_DS || rr->type == BNS_TYPE_NSEC;
}

/* The former NSEC must lead here (RFC 4034 §4.1.1). */
static void follow_nsec(struct walk *w, const uint8_t *owner, const struct bns_record *own)
{
	if (w->nsec && !sv_name_equal(w->nsec->rdata, owner))
		add_chain(w, w->nsec->owner, BNS_TYPE_NSEC);
	if (!own)
		add_chain(w, owner, BNS_TYPE_NSEC);
	w->nsec = own;
}

static size_t base32hex(const uint8_t *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	size_t written = 0;
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < len; i++) {
		held = held << 8 | data[i];
		for (bits += 8; bits >= 5; bits -= 5)
			text[written++] = digits[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		text[written++] = digits[held << (5 - bits) & 31];
	return written;
}

/* Does this NSEC3 name that owner's first label as the next hash (RFC 5155 §3.1.7)? */
static bool nsec3_leads_to(const struct bns_record *nsec3, const uint8_t *owner)
{
	size_t hash_at = NSEC3_SALT_LEN + 1 + (size_t)nsec3->rdata[NSEC3_SALT_LEN];
	char text[HASH_TEXT_MAX];

	if (hash_at >= nsec3->rdlen)
		return false;
	size_t hash_len = nsec3->rdata[hash_at];
	if (hash_at + 1 + hash_len > nsec3->rdlen || hash_len > 32)
		return false;
	return base32hex(nsec3->rdata + hash_at + 1, hash_len, text) == owner[0] &&
	       memcmp(text, owner + 1, owner[0]) == 0;
}

/* Opt-out is a flag of the record, not of the chain. */
static bool same_chain(const struct bns_record *a, const struct bns_record *b)
{
	size_t len = NSEC3_SALT_LEN + 1 + (size_t)a->rdata[NSEC3_SALT_LEN];

	return len <= b->rdlen && a->rdata[0] == b->rdata[0] && memcmp(a->rdata + 2, b->rdata + 2, len - 2) == 0;
}

/* Two chains at once are on the way from one to the other: then the next owner may be the other's. */
static void follow_nsec3(struct walk *w, const struct bns_record *own, size_t count)
{
	if (own->rdlen <= NSEC3_SALT_LEN)
		return;
	if (!w->first_nsec3) {
		w->first_nsec3 = own;
		w->one_nsec3 = true;
	}
	w->one_nsec3 &= count == 1 && same_chain(w->first_nsec3, own);
	if (w->one_nsec3 && w->nsec3 && !nsec3_leads_to(w->nsec3, own->owner))
		add_chain(w, w->nsec3->owner, BNS_TYPE_NSEC3);
	w->nsec3 = own;
}

static void check_node(struct walk *w, const struct bns_record *rr, size_t count)
{
	const struct bns_record *nsec = NULL;
	bool in_chain = false;

	for (size_t at = 0, end; at < count; at = end) {
		for (end = at + 1; end < count && rr[end].type == rr[at].type;)
			end++;
		if (is_signed_type(w, &rr[at]))
			check_rrset(w, &rr[at], end - at);
		if (rr[at].type == BNS_TYPE_NSEC)
			nsec = &rr[at];
		if (rr[at].type == BNS_TYPE_NSEC3)
			follow_nsec3(w, &rr[at], end - at);
		else if (rr[at].type != BNS_TYPE_RRSIG)
			in_chain = true;
	}
	if (w->has_nsec && in_chain)
		follow_nsec(w, rr->owner, nsec);
}

/* Below a cut nothing is ours to sign. */
static bool enter_node(struct walk *w, const struct bns_record *rr, size_t count)
{
	if (w->cut && !w->t->host->name_in(rr->owner, w->cut))
		w->cut = NULL;
	if (w->cut)
		return false;
	for (size_t i = 0; i < count; i++)
		if (rr[i].type == BNS_TYPE_NS && !sv_name_equal(rr->owner, w->zone->apex))
			w->cut = rr->owner;
	return true;
}

static void close_chains(struct walk *w)
{
	if (w->nsec && !sv_name_equal(w->nsec->rdata, w->zone->apex))
		add_chain(w, w->nsec->owner, BNS_TYPE_NSEC);
	if (w->one_nsec3 && !nsec3_leads_to(w->nsec3, w->first_nsec3->owner))
		add_chain(w, w->nsec3->owner, BNS_TYPE_NSEC3);
}

static void walk_zone(struct walk *w, const _Atomic bool *stop)
{
	const struct bns_contents *zone = w->zone;
	size_t count;

	w->has_nsec = w->t->host->find(zone, zone->apex, BNS_TYPE_NSEC, &count) != NULL;
	for (size_t at = 0, end; at < zone->count; at = end) {
		const struct bns_record *rr = &zone->records[at];
		for (end = at + 1; end < zone->count && sv_name_equal(zone->records[end].owner, rr->owner);)
			end++;
		if (stop && atomic_load(stop))
			return;
		if (enter_node(w, rr, end - at))
			check_node(w, rr, end - at);
	}
	close_chains(w);
}

void sv_check(const struct sv_terms *t, const struct bns_contents *zone, const struct bns_contents *served,
	      const _Atomic bool *stop, struct sv_result *out)
{
	struct walk w = {.t = t, .zone = zone, .served = served, .out = out};

	*out = (struct sv_result){0};
	walk_zone(&w, stop);
}

void sv_earliest(const struct bns_contents *zone, int64_t now_s, struct sv_expiry *out)
{
	const struct bns_record *first = NULL;

	out->at_s = INT64_MAX;
	for (size_t i = 0; i < zone->count; i++) {
		const struct bns_record *rr = &zone->records[i];
		if (rr->type != BNS_TYPE_RRSIG)
			continue;
		int64_t at_s = sv_rrsig_expires(rr, now_s);
		if (at_s < out->at_s) {
			out->at_s = at_s;
			first = rr;
		}
	}
	if (!first)
		return;
	out->type = sv_rrsig_covers(first);
	memcpy(out->owner, first->owner, sv_name_len(first->owner));
}
