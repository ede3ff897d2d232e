/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/encode.h"

#include <assert.h>
#include <string.h>

#include "answer/rrset.h"

static void set_flag(struct bns_encoder *e, enum bns_flag flag)
{
	bns_put_u16(e->w.data + 2, (uint16_t)(bns_get_u16(e->w.data + 2) | flag));
}

static void count_records(struct bns_encoder *e, enum bns_section section, unsigned records)
{
	uint8_t *count = e->w.data + 6 + 2 * (size_t)section;
	bns_put_u16(count, (uint16_t)(bns_get_u16(count) + records));
}

void bns_encode_open(struct bns_encoder *e, const uint8_t *msg, const struct bns_request *req, uint16_t udp_payload,
		     const struct bns_options *options, uint8_t *out, size_t cap)
{
	*e = (struct bns_encoder){
		.req = req, .cap = cap, .udp_payload = udp_payload, .options = options, .w = bns_writer_of(out, cap)};
	if (req->has_edns)
		e->w.cap -= BNS_OPT_EMPTY_LEN + (size_t)(options ? options->needed_len : 0);

	const uint16_t kept = BNS_FLAG_OPCODE | BNS_FLAG_RD | BNS_FLAG_CD;
	uint16_t flags = (uint16_t)(BNS_FLAG_QR | (bns_message_flags(msg) & kept));
	assert(req->question_end <= e->w.cap);
	/* The question as it came, its header overwritten: from 12 octets up, which any request has. */
	memcpy(out, msg, req->question_end);
	bns_put_u16(out + 2, flags);
	bns_put_u64(out + 4, (uint64_t)req->has_question << 48);
	e->w.pos = e->body = req->question_end;
}

void bns_encode_adopt(struct bns_encoder *e, const struct bns_writer *w, const struct bns_request *req,
		      uint16_t udp_payload, const struct bns_options *options)
{
	*e = (struct bns_encoder){.req = req, .cap = w->cap, .udp_payload = udp_payload, .options = options, .w = *w};
}

/* Where the listed names of a decision lie in the message, as far as they are written. */
struct places {
	uint16_t apex;
	size_t name[BNS_CHASE_MAX + 2];
	size_t last; /* where the last RRset of the answer section begins */
};

/*
 * Every owner lies in the question or in an alias's RDATA. Without signatures
 * that are at most 34 records of at most 267 octets, so a pointer reaches it;
 * with long ones it may not, and 0 is returned.
 */
static uint16_t place_of(const struct bns_image *img, const struct bns_decision *d, const struct places *places,
			 const struct bns_placed_rrset *p)
{
	if (p->owner_len == img->apex_len)
		return places->apex;
	size_t at = places->name[p->name] + (size_t)(d->names[p->name].len - p->owner_len);
	return at <= BNS_POINTER_MAX ? (uint16_t)at : 0;
}

static bool put_placed(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
		       const struct places *places, const struct bns_placed_rrset *p, enum bns_section section)
{
	unsigned records;
	uint16_t owner = place_of(img, d, places, p);
	if (owner == 0)
		return false;
	if (p->target)
		records = bns_rrset_write_cname(&e->w, owner, p->rrset->ttl, p->target);
	else if (p->signatures_only)
		records = bns_rrset_write_signatures(&e->w, img, p->rrset, owner);
	else
		records = bns_rrset_write(&e->w, img, p->rrset, d->dnssec, owner, places->apex);
	count_records(e, section, records);
	return records > 0;
}

static bool put_answers(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
			struct places *places)
{
	for (unsigned i = 0; i < d->answer_count; i++) {
		const struct bns_placed_rrset *p = &d->answer[i];
		places->last = e->w.pos;
		if (!put_placed(e, img, d, places, p, BNS_SECTION_ANSWER))
			return false;
		/* An alias leads to the next listed name; its RDATA is the name's place. */
		if (p->target || p->rrset->type == BNS_TYPE_CNAME)
			places->name[p->name + 1] = places->last + BNS_RRSET_RDATA;
	}
	return true;
}

/* The records of an NS RRset as they lie in the message, maybe with its signatures behind them. */
struct ns_records {
	size_t next;
	size_t end;
};

/*
 * Where the NS RDATA with this name lies, 0 where no pointer reaches it. Glue
 * is listed in the order of the records, so each is looked at once.
 */
static uint16_t find_ns(const struct bns_encoder *e, struct ns_records *ns, const uint8_t *name)
{
	uint8_t target[BNS_NAME_MAX];
	while (ns->next < ns->end) {
		size_t rdata = ns->next + BNS_RRSET_RDATA, at = rdata;
		if (bns_name_parse(e->w.data, ns->end, &at, target, NULL) != BNS_OK)
			break;
		ns->next = at;
		if (!bns_name_equal(target, name))
			continue;
		if (e->w.data[rdata] > BNS_LABEL_MAX) /* a mere pointer: rather where that one leads */
			return bns_get_u16(e->w.data + rdata) & BNS_POINTER_MAX;
		return rdata <= BNS_POINTER_MAX ? (uint16_t)rdata : 0;
	}
	return 0;
}

/* False where it doesn't fit; what isn't there does. */
static bool put_additional(struct bns_encoder *e, const struct bns_image *img, const struct bns_node *node,
			   uint16_t type, bool with_signatures, uint16_t apex, uint16_t *place)
{
	const struct bns_rrset *rrset = bns_node_rrset(img, node, type);
	if (!rrset)
		return true;
	unsigned records = bns_rrset_write_at_node(&e->w, img, node, rrset, with_signatures, UINT32_MAX, apex, place);
	count_records(e, BNS_SECTION_ADDITIONAL, records);
	return records > 0;
}

static bool put_addresses(struct bns_encoder *e, const struct bns_image *img, const struct bns_node *node,
			  bool with_signatures, uint16_t apex, uint16_t *place)
{
	return put_additional(e, img, node, BNS_TYPE_A, with_signatures, apex, place) &&
	       put_additional(e, img, node, BNS_TYPE_AAAA, with_signatures, apex, place);
}

/* Addresses of the servers in `cut`: those at or below its owner, or the others. */
static bool put_glue(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
		     const struct bns_placed_rrset *cut, struct ns_records ns, uint16_t apex, bool below)
{
	const struct bns_decision_name *name = &d->names[cut->name];
	const uint32_t *glue = bns_image_at(img, cut->rrset->glue);
	for (unsigned i = 0; i < cut->rrset->glue_count; i++) {
		const struct bns_node *node = bns_image_node(img, glue[i]);
		const uint8_t *server = bns_image_at(img, node->name);
		if (bns_name_in(server, name->name + (name->len - cut->owner_len)) != below)
			continue;
		uint16_t place = find_ns(e, &ns, server);
		if (!put_addresses(e, img, node, d->dnssec, apex, &place))
			return false;
	}
	return true;
}

static uint16_t place_in_question(const struct bns_image *img, const struct bns_decision *d,
				  const struct bns_node *node)
{
	const struct bns_decision_name *q = &d->names[0];
	if (node->name_len > q->len ||
	    memcmp(q->name + (q->len - node->name_len), bns_image_at(img, node->name), node->name_len) != 0)
		return 0;
	return (uint16_t)(BNS_HEADER_LEN + q->len - node->name_len);
}

/* NSEC and NSEC3 live no longer than the negative answer they are in (RFC 9077 §3). */
static bool put_proof(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d, uint16_t apex)
{
	for (unsigned i = 0; i < d->proof_count; i++) {
		const struct bns_node *node = d->proof[i];
		const struct bns_denial *denial = bns_image_at(img, img->denial);
		const struct bns_rrset *rrset =
			bns_node_rrset(img, node, denial->is_nsec3 ? BNS_TYPE_NSEC3 : BNS_TYPE_NSEC);
		uint16_t place = place_in_question(img, d, node);
		unsigned records =
			bns_rrset_write_at_node(&e->w, img, node, rrset, true, img->negative_ttl, apex, &place);
		if (records == 0)
			return false;
		count_records(e, BNS_SECTION_AUTHORITY, records);
	}
	return true;
}

static bool put_ds(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
		   const struct places *places)
{
	struct bns_placed_rrset ds = d->authority;
	ds.rrset = d->ds;
	return put_placed(e, img, d, places, &ds, BNS_SECTION_AUTHORITY);
}

static bool put_dnssec(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
		       const struct places *places)
{
	if (!d->dnssec)
		return true;
	return (!d->ds || put_ds(e, img, d, places)) && put_proof(e, img, d, places->apex);
}

/* Without the addresses below the cut nobody gets there: they come first, and must fit (RFC 9471 §3.1, §3.2). */
static bool put_referral(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
			 const struct places *places)
{
	struct ns_records ns = {.next = e->w.pos};
	if (!put_placed(e, img, d, places, &d->authority, BNS_SECTION_AUTHORITY))
		return false;
	ns.end = e->w.pos;
	if (!put_dnssec(e, img, d, places) || !put_glue(e, img, d, &d->authority, ns, places->apex, true))
		return false;
	(void)put_glue(e, img, d, &d->authority, ns, places->apex, false);
	return true;
}

/* What is known of the targets of an SVCB or HTTPS RRset, as far as it fits (RFC 9460 §4.1). */
static void put_services(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
			 const struct bns_rrset *service, uint16_t apex)
{
	const uint32_t *targets = bns_image_at(img, service->glue);
	for (unsigned i = 0; i < service->glue_count; i++) {
		const struct bns_node *node = bns_image_node(img, targets[i]);
		uint16_t place = place_in_question(img, d, node);
		if (!put_addresses(e, img, node, d->dnssec, apex, &place) ||
		    !put_additional(e, img, node, service->type, d->dnssec, apex, &place))
			return;
	}
}

/* Who asks for servers or services asks for their addresses next; what fits of them goes along. */
static void put_targets(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d,
			const struct places *places)
{
	if (d->kind != BNS_DECISION_ANSWER || d->answer_count == 0)
		return;
	const struct bns_placed_rrset *last = &d->answer[d->answer_count - 1];
	const struct ns_records ns = {.next = places->last, .end = e->w.pos};
	if (last->signatures_only)
		return;
	if (last->rrset->type == BNS_TYPE_NS)
		(void)put_glue(e, img, d, last, ns, places->apex, true);
	else if (e->req->qtype == BNS_TYPE_SVCB || e->req->qtype == BNS_TYPE_HTTPS)
		put_services(e, img, d, last->rrset, places->apex);
}

static bool put_sections(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d)
{
	struct places places;
	places.apex = (uint16_t)(BNS_HEADER_LEN + d->names[0].len - img->apex_len);
	places.name[0] = BNS_HEADER_LEN;
	if (!put_answers(e, img, d, &places))
		return false;
	if (d->kind == BNS_DECISION_REFERRAL)
		return put_referral(e, img, d, &places);
	if (d->has_authority && !put_placed(e, img, d, &places, &d->authority, BNS_SECTION_AUTHORITY))
		return false;
	if (!put_dnssec(e, img, d, &places))
		return false;
	put_targets(e, img, d, &places);
	return true;
}

void bns_encode_decision(struct bns_encoder *e, const struct bns_image *img, const struct bns_decision *d)
{
	if (d->aa)
		set_flag(e, BNS_FLAG_AA);
	if (!put_sections(e, img, d))
		set_flag(e, BNS_FLAG_TC);
}

void bns_encode_clear(struct bns_encoder *e)
{
	e->w.pos = e->body;
	e->w.failed = false;
	bns_put_u16(e->w.data + 2, (uint16_t)(bns_get_u16(e->w.data + 2) & ~(BNS_FLAG_AA | BNS_FLAG_TC)));
	memset(e->w.data + 6, 0, 6);
}

void bns_encode_record(struct bns_encoder *e, uint16_t type, uint16_t rclass, uint32_t ttl, const uint8_t *rdata,
		       uint16_t rdlen)
{
	bns_write_u16(&e->w, 0xC000 | BNS_HEADER_LEN);
	bns_write_u16(&e->w, type);
	bns_write_u16(&e->w, rclass);
	bns_write_u32(&e->w, ttl);
	bns_write_u16(&e->w, rdlen);
	bns_write_bytes(&e->w, rdata, rdlen);
	count_records(e, BNS_SECTION_ANSWER, 1);
}

void bns_encode_truncate(struct bns_encoder *e)
{
	set_flag(e, BNS_FLAG_TC);
}

/* All options, or those that room was kept for. */
static uint16_t options_len(const struct bns_encoder *e)
{
	const struct bns_options *o = e->options;
	if (!o)
		return 0;
	return e->w.pos + BNS_OPT_EMPTY_LEN + o->len <= e->cap ? o->len : o->needed_len;
}

void bns_encode_pad(struct bns_encoder *e, size_t block)
{
	e->pad_block = block;
}

/* Octets of a padding option behind `options` octets of others; 0: none. */
static uint16_t padding_len(const struct bns_encoder *e, uint16_t options)
{
	size_t least = e->w.pos + BNS_OPT_EMPTY_LEN + options + BNS_OPTION_HEADER_LEN;
	if (e->pad_block == 0 || least > e->cap)
		return 0;
	size_t padded = (least + e->behind + e->pad_block - 1) / e->pad_block * e->pad_block - e->behind;
	if (padded > e->cap)
		padded = e->cap;
	return (uint16_t)(padded - least + BNS_OPTION_HEADER_LEN);
}

static void put_padding(struct bns_encoder *e, uint16_t len)
{
	static const uint8_t zero[1];
	bns_write_u16(&e->w, BNS_EDNS_PADDING);
	bns_write_u16(&e->w, (uint16_t)(len - BNS_OPTION_HEADER_LEN));
	for (uint16_t i = BNS_OPTION_HEADER_LEN; i < len; i++)
		bns_write_bytes(&e->w, zero, 1);
}

static void put_opt(struct bns_encoder *e, enum bns_rcode rcode)
{
	uint16_t len = options_len(e);
	uint16_t padding = padding_len(e, len);
	bns_message_write_opt(&e->w, e->udp_payload, (uint8_t)(rcode >> 4), e->req->edns_flags & BNS_EDNS_DO,
			      (uint16_t)(len + padding));
	if (len > 0)
		bns_write_bytes(&e->w, e->options->data, len);
	if (padding > 0)
		put_padding(e, padding);
	count_records(e, BNS_SECTION_ADDITIONAL, 1);
}

size_t bns_encode_close(struct bns_encoder *e, enum bns_rcode rcode)
{
	e->w.data[3] = (uint8_t)((e->w.data[3] & 0xF0) | (rcode & 15));
	e->w.cap = e->cap;
	if (e->req->has_edns)
		put_opt(e, rcode);
	assert(!e->w.failed);
	return e->w.pos;
}
