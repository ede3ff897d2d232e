/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/direct.h"

#include <string.h>

#include "answer/rrset.h"

/* An agent domain goes with every OPT (RFC 9567). */
static bool has_report_channel(const struct bns_answer_env *env)
{
	const struct bns_answer_conf *conf = env->conf ? bns_rcu_load(*env->conf) : NULL;
	return conf && conf->report_channel_len > 0;
}

static bool is_hooked(const struct bns_answer_env *env, uint16_t qtype)
{
	return bns_plugins_want(env->plugins, BNS_QUERY_BEFORE, qtype) ||
	       bns_plugins_want(env->plugins, BNS_QUERY_AFTER, qtype);
}

bool bns_direct_is_for(const struct bns_answer_env *env, const struct bns_query *q)
{
	const struct bns_request *req = &q->req;
	if (!q->node || req->qclass != BNS_CLASS_IN || bns_message_opcode(q->msg) != BNS_OPCODE_QUERY || req->has_tsig)
		return false;
	if (req->has_edns && (req->edns_version > 0 || req->opt_rdlen > 0 || has_report_channel(env)))
		return false;
	return !is_hooked(env, req->qtype);
}

/* Types that ask for more, or for something else, than the RRset of that type. */
static bool is_special(uint16_t qtype)
{
	return bns_rrtype_is_meta(qtype) || qtype == BNS_TYPE_DS || qtype == BNS_TYPE_RRSIG || qtype == BNS_TYPE_NSEC;
}

/* The node's name is the question's, so its zone is the one that answers. */
static bool is_node_asked(const struct bns_query *q)
{
	return q->node->name_len == q->req.qname.len &&
	       memcmp(bns_image_at(q->guess, q->node->name), q->req.qname.name, q->req.qname.len) == 0;
}

static bool wants_signatures(const struct bns_query *q)
{
	return q->guess->is_signed && q->req.edns_flags & BNS_EDNS_DO;
}

/* All there is behind the question, but for an OPT. */
struct content {
	const struct bns_rrset *rrset;
	bool is_denial; /* the type isn't there: the SOA that says so, in the authority section */
};

static bool find_content(const struct bns_query *q, struct content *out)
{
	const struct bns_node *node = q->node;
	uint16_t type = q->req.qtype;
	if (is_special(type) || node->flags & (BNS_NODE_CUT | BNS_NODE_OCCLUDED) || !is_node_asked(q))
		return false;
	bool is_alias = node->flags & BNS_NODE_CNAME && type != BNS_TYPE_CNAME;
	out->rrset = bns_node_rrset(q->guess, node, is_alias ? BNS_TYPE_CNAME : type);
	out->is_denial = !out->rrset;
	if (out->is_denial) {
		out->rrset = bns_image_at(q->guess, q->guess->negative_soa);
		return !wants_signatures(q); /* they come with a proof */
	}
	return out->rrset->glue_count == 0 && !(is_alias && out->rrset->target != 0);
}

static bool write_content(struct bns_writer *w, const struct bns_query *q, const struct content *c)
{
	uint16_t apex = (uint16_t)(BNS_HEADER_LEN + q->req.qname.len - q->guess->apex_len);
	uint16_t owner = c->is_denial ? apex : BNS_HEADER_LEN;
	unsigned records = bns_rrset_write(w, q->guess, c->rrset, wants_signatures(q), owner, apex);
	bns_put_u32(w->data + 6, c->is_denial ? records : records << 16);
	return records > 0;
}

/* Header and question as they came, but for the flags. */
static void write_question(struct bns_writer *w, const struct bns_query *q)
{
	const uint16_t kept = bns_message_flags(q->msg) & (BNS_FLAG_RD | BNS_FLAG_CD);
	memcpy(w->data, q->msg, q->req.question_end);
	bns_put_u16(w->data + 2, BNS_FLAG_QR | BNS_FLAG_AA | kept);
	w->pos = q->req.question_end;
}

/* Without a client's wishes there is nothing in it but ours. */
static void write_opt(struct bns_writer *w, const struct bns_answer_env *env, const struct bns_query *q)
{
	bns_put_u16(w->data + 10, q->req.has_edns);
	if (q->req.has_edns)
		bns_message_write_opt(w, env->udp_max_payload, 0, q->req.edns_flags & BNS_EDNS_DO, 0);
}

size_t bns_direct_write(const struct bns_answer_env *env, const struct bns_query *q, uint8_t *out, size_t max)
{
	struct content content;
	struct bns_writer w = bns_writer_of(out, max);
	if (!find_content(q, &content))
		return 0;
	write_question(&w, q);
	if (!write_content(&w, q, &content))
		return 0;
	write_opt(&w, env, q);
	return w.failed ? 0 : w.pos;
}
