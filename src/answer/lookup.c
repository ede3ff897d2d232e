/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/lookup.h"

#include <assert.h>
#include <string.h>

#include "answer/proof.h"

/* The node of the suffix of `labels` labels, or NULL. */
static const struct bns_node *find_suffix(const struct bns_image *img, const struct bns_qname *name, unsigned labels)
{
	unsigned offset = name->offset[labels];
	return bns_image_find(img, name->name + offset, (uint8_t)(name->len - offset), name->hash[labels]);
}

/*
 * The longest suffix that exists and isn't hidden by a cut or a DNAME above
 * it: the name itself, its cut, its DNAME, or its closest encloser.
 */
static const struct bns_node *find_encloser(const struct bns_image *img, const struct bns_qname *name, unsigned *labels)
{
	for (unsigned n = name->labels; n > img->apex_labels; n--) {
		const struct bns_node *node = find_suffix(img, name, n);
		if (node && !(node->flags & BNS_NODE_OCCLUDED)) {
			*labels = n;
			return node;
		}
	}
	*labels = img->apex_labels;
	return bns_image_node(img, 0);
}

/* The child `*` of a node that has one. */
static const struct bns_node *find_wildcard(const struct bns_image *img, const struct bns_node *encloser)
{
	uint8_t name[BNS_NAME_MAX] = {1, '*'};
	memcpy(name + 2, bns_image_at(img, encloser->name), encloser->name_len);
	return bns_image_find(img, name, (uint8_t)(encloser->name_len + 2), bns_name_hash(name));
}

static void add_answer(struct bns_decision *d, const struct bns_rrset *rrset, const uint8_t *target, uint8_t owner_len)
{
	d->answer[d->answer_count++] = (struct bns_placed_rrset){
		.rrset = rrset,
		.target = target,
		.name = (uint8_t)(d->name_count - 1),
		.owner_len = owner_len,
	};
}

/* Only the first name of a chain is the question's. */
static void set_source(const struct bns_image *img, const struct bns_node *node, struct bns_decision *d)
{
	if (d->name_count == 1)
		d->source = bns_image_at(img, node->name);
}

/* All RRSIGs there are, but for those of a name with more types than a decision has places. */
static bool add_signatures(const struct bns_image *img, const struct bns_node *node, uint8_t owner_len,
			   struct bns_decision *d)
{
	const unsigned places = sizeof(d->answer) / sizeof(d->answer[0]);
	const struct bns_rrset *rrsets = bns_node_rrsets(img, node);
	unsigned before = d->answer_count;
	for (unsigned i = 0; i < node->rrset_count && d->answer_count < places; i++) {
		if (rrsets[i].signatures == 0 && rrsets[i].type != BNS_TYPE_RRSIG)
			continue;
		add_answer(d, &rrsets[i], NULL, owner_len);
		d->answer[d->answer_count - 1].signatures_only = rrsets[i].signatures > 0;
	}
	return d->answer_count > before;
}

static uint8_t last_name_len(const struct bns_decision *d)
{
	return d->names[d->name_count - 1].len;
}

/* NS of the cut, whose owner is the last name or above it. AA tells of the first owner (RFC 1035 §4.1.1). */
static void refer(const struct bns_image *img, const struct bns_node *cut, uint8_t owner_len, struct bns_decision *d)
{
	d->kind = BNS_DECISION_REFERRAL;
	d->aa = d->answer_count > 0;
	d->has_authority = true;
	d->authority = (struct bns_placed_rrset){
		.rrset = bns_node_rrset(img, cut, BNS_TYPE_NS),
		.name = (uint8_t)(d->name_count - 1),
		.owner_len = owner_len,
	};
}

/* NODATA or NXDOMAIN, with the SOA that says for how long (RFC 2308 §3). */
static void deny(const struct bns_image *img, enum bns_decision_kind kind, struct bns_decision *d)
{
	d->kind = kind;
	d->rcode = kind == BNS_DECISION_NXDOMAIN ? BNS_RCODE_NXDOMAIN : BNS_RCODE_NOERROR;
	d->has_authority = true;
	d->authority = (struct bns_placed_rrset){
		.rrset = bns_image_at(img, img->negative_soa),
		.name = (uint8_t)(d->name_count - 1),
		.owner_len = img->apex_len,
	};
}

static bool seen(const struct bns_decision *d, const uint8_t *target, size_t len)
{
	for (unsigned i = 0; i < d->name_count; i++)
		if (d->names[i].len == len && memcmp(d->names[i].name, target, len) == 0)
			return true;
	return false;
}

/* The chain goes on at `target`, unless that is elsewhere, was met before, or one too many. */
static bool chase(const struct bns_image *img, const uint8_t *target, struct bns_decision *d)
{
	size_t len = bns_name_len(target);
	if (d->name_count > BNS_CHASE_MAX || !bns_name_in(target, img->apex) || seen(d, target, len) ||
	    bns_qname_scan(target, len, &d->chased) != BNS_OK) {
		d->kind = BNS_DECISION_ALIAS;
		return false;
	}
	d->names[d->name_count++] = (struct bns_decision_name){.name = target, .len = (uint8_t)len};
	return true;
}

static bool follow_cname(const struct bns_image *img, const struct bns_node *node, struct bns_decision *d)
{
	const struct bns_rrset *cname = bns_node_rrset(img, node, BNS_TYPE_CNAME);
	add_answer(d, cname, NULL, last_name_len(d));
	if (cname->target == 0) {
		d->kind = BNS_DECISION_ALIAS;
		return false;
	}
	return chase(img, bns_image_at(img, cname->target), d);
}

/* Where a DNAME leads below itself. */
static bool is_answered(const struct bns_decision *d, const struct bns_rrset *rrset)
{
	for (unsigned i = 0; i < d->answer_count; i++)
		if (d->answer[i].rrset == rrset && !d->answer[i].target)
			return true;
	return false;
}

/*
 * The last name with the DNAME's owner replaced by its target (RFC 6672 §2.2).
 * Who asks for a CNAME has one then, made or not.
 */
static bool follow_dname(const struct bns_image *img, const struct bns_node *node, uint16_t qtype,
			 struct bns_decision *d)
{
	const struct bns_rrset *dname = bns_node_rrset(img, node, BNS_TYPE_DNAME);
	const struct bns_decision_name *last = &d->names[d->name_count - 1];
	const uint8_t *target = bns_image_at(img, dname->target);
	size_t target_len = bns_name_len(target);
	size_t prefix_len = (size_t)(last->len - node->name_len);

	if (!is_answered(d, dname))
		add_answer(d, dname, NULL, node->name_len);
	if (prefix_len + target_len > BNS_NAME_MAX) {
		d->kind = BNS_DECISION_YXDOMAIN;
		d->rcode = BNS_RCODE_YXDOMAIN;
		return false;
	}
	uint8_t *made = d->synthesised[d->name_count - 1];
	memcpy(made, last->name, prefix_len);
	memcpy(made + prefix_len, target, target_len);
	add_answer(d, dname, made, last->len);
	return qtype != BNS_TYPE_CNAME && qtype != BNS_TYPE_ANY && chase(img, made, d);
}

/* One RRset is enough for ANY (RFC 8482 §4.1): the first that isn't DNSSEC's own. */
static const struct bns_rrset *pick_any(const struct bns_image *img, const struct bns_node *node)
{
	const struct bns_rrset *rrsets = bns_node_rrsets(img, node);
	for (unsigned i = 0; i < node->rrset_count; i++)
		if (rrsets[i].type != BNS_TYPE_RRSIG && rrsets[i].type != BNS_TYPE_NSEC)
			return &rrsets[i];
	return node->rrset_count > 0 ? rrsets : NULL;
}

/* A CNAME's own types are asked at its owner, all others at its target (RFC 1034 §3.6.2, RFC 4035 §2.5). */
static bool asks_behind_cname(uint16_t qtype)
{
	return qtype != BNS_TYPE_CNAME && qtype != BNS_TYPE_ANY && qtype != BNS_TYPE_RRSIG && qtype != BNS_TYPE_NSEC;
}

/* The node is the last name's own or the wildcard that stands for it. True: an alias leads on. */
static bool answer_node(const struct bns_image *img, const struct bns_node *node, uint16_t qtype,
			struct bns_decision *d)
{
	/* DS lives above the cut (RFC 4035 §3.1.4.1). */
	if (node->flags & BNS_NODE_CUT && qtype != BNS_TYPE_DS) {
		refer(img, node, last_name_len(d), d);
		return false;
	}
	if (node->flags & BNS_NODE_CNAME && asks_behind_cname(qtype))
		return follow_cname(img, node, d);
	if (qtype == BNS_TYPE_RRSIG && add_signatures(img, node, last_name_len(d), d))
		return false;
	const struct bns_rrset *rrset = qtype == BNS_TYPE_ANY ? pick_any(img, node) : bns_node_rrset(img, node, qtype);
	if (rrset)
		add_answer(d, rrset, NULL, last_name_len(d));
	else
		deny(img, BNS_DECISION_NODATA, d);
	return false;
}

/* One round of RFC 1034 §4.3.2, step 3. True: an alias leads on to d->chased. */
static bool answer_name(const struct bns_image *img, const struct bns_qname *name, uint16_t qtype,
			struct bns_decision *d)
{
	unsigned labels;
	const struct bns_node *node = find_encloser(img, name, &labels);
	set_source(img, node, d);
	d->names[d->name_count - 1].node = node;
	if (labels == name->labels)
		return answer_node(img, node, qtype, d);
	if (node->flags & BNS_NODE_CUT) {
		refer(img, node, node->name_len, d);
		return false;
	}
	if (node->flags & BNS_NODE_DNAME)
		return follow_dname(img, node, qtype, d);
	if (node->flags & BNS_NODE_WILDCARD) {
		node = find_wildcard(img, node);
		set_source(img, node, d);
		return answer_node(img, node, qtype, d);
	}
	deny(img, BNS_DECISION_NXDOMAIN, d);
	return false;
}

void bns_lookup(const struct bns_image *img, const struct bns_qname *qname, uint16_t qtype, bool dnssec_ok,
		struct bns_decision *out)
{
	assert(img->state == BNS_IMAGE_SERVED);
	out->kind = BNS_DECISION_ANSWER;
	out->rcode = BNS_RCODE_NOERROR;
	out->aa = true;
	out->has_authority = false;
	out->answer_count = 0;
	out->name_count = 1;
	out->names[0] = (struct bns_decision_name){.name = qname->name, .len = qname->len};

	bool more = answer_name(img, qname, qtype, out);
	while (more)
		more = answer_name(img, &out->chased, qtype, out);
	out->dnssec = dnssec_ok && img->is_signed;
	if (out->dnssec)
		bns_proof_add(img, out);
}
