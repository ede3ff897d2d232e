/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/answer.h"

#include "answer/chaos.h"
#include "answer/direct.h"
#include "answer/edns.h"
#include "answer/encode.h"
#include "answer/lookup.h"

/* RFC 6895 §3.1; asked for, never stored. */
enum { TYPE_RESERVED = 0, TYPE_MAILB = 253, TYPE_MAILA = 254 };

_Static_assert(BNS_ANSWER_RCODES == BNS_RCODE_BADCOOKIE + 1, "each rcode has its count");

/* One request on its way. */
struct exchange {
	const struct bns_answer_env *env;
	const struct bns_query *query;
	const struct bns_request *req; /* the query's */
	bool tcp;
	bool hooked;                 /* query hooks are still to be asked */
	const struct bns_image *img; /* the answer's zone, and what was decided; NULL: neither */
	const struct bns_decision *decision;
	struct bns_edns edns;
	struct bns_encoder encoder;
	struct bns_answer_counts *counts;
	uint8_t *out;
	size_t cap;
	size_t out_len;
};

/* Only this thread writes the count; others may read it meanwhile. */
static void count(uint64_t *counter)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

static void count_type(struct bns_answer_counts *counts, uint16_t qtype)
{
	count(&counts->type[qtype < BNS_ANSWER_TYPES ? qtype : 0]);
}

static size_t answer_max(const struct bns_answer_env *env, const struct bns_query *q, size_t cap)
{
	if (q->transport != BNS_TRANSPORT_UDP)
		return cap;
	size_t max = q->req.has_edns ? q->req.udp_payload : BNS_UDP_PLAIN_MAX;
	if (max > env->udp_max_payload)
		max = env->udp_max_payload;
	if (max < BNS_UDP_PLAIN_MAX)
		max = BNS_UDP_PLAIN_MAX;
	return max < cap ? max : cap;
}

static void open_answer(struct exchange *x, enum bns_ede ede)
{
	if (x->req->has_edns)
		bns_edns_answer(&x->edns, ede);
	bns_encode_open(&x->encoder, x->query->msg, x->req, x->env->udp_max_payload, &x->edns.out, x->out,
			answer_max(x->env, x->query, x->cap));
	if (x->query->transport == BNS_TRANSPORT_TLS && bns_edns_wants_padding(&x->edns))
		bns_encode_pad(&x->encoder, BNS_PADDING_BLOCK);
}

/* ---- query hooks ---- */

static enum bns_answer_kind answer_kind(const struct exchange *x, enum bns_rcode rcode)
{
	static const enum bns_answer_kind kinds[] = {
		[BNS_DECISION_ANSWER] = BNS_KIND_POSITIVE,   [BNS_DECISION_NODATA] = BNS_KIND_NODATA,
		[BNS_DECISION_NXDOMAIN] = BNS_KIND_NXDOMAIN, [BNS_DECISION_REFERRAL] = BNS_KIND_REFERRAL,
		[BNS_DECISION_ALIAS] = BNS_KIND_POSITIVE,    [BNS_DECISION_YXDOMAIN] = BNS_KIND_ERROR,
	};
	if (x->decision)
		return kinds[x->decision->kind];
	return rcode == BNS_RCODE_NOERROR ? BNS_KIND_POSITIVE : BNS_KIND_ERROR;
}

static bool wanted(const struct exchange *x, enum bns_query_stage stage)
{
	return x->hooked && bns_plugins_want(x->env->plugins, stage, x->req->qtype);
}

/* How this client can prove its address, unless it has. */
static enum bns_query_verdict challenge(const struct exchange *x)
{
	if (bns_edns_cookie_holds(&x->edns))
		return BNS_QUERY_CONTINUE;
	return bns_edns_wants_cookie(&x->edns) && !x->tcp ? BNS_QUERY_CHALLENGE : BNS_QUERY_TRUNCATE;
}

/* Another verdict than CONTINUE is the last word. */
static enum bns_query_verdict ask_plugins(struct exchange *x, enum bns_query_stage stage, struct bns_query_view *view)
{
	static const uint8_t root[] = {0};
	view->qname = x->req->has_question ? x->req->qname.name : root;
	view->qtype = x->req->qtype;
	view->qclass = x->req->qclass;
	view->client = x->query->client;
	view->tcp = x->tcp;
	view->cookie_ok = bns_edns_cookie_holds(&x->edns);
	enum bns_query_verdict verdict = bns_plugins_query(x->env->plugins, stage, view);
	if (verdict == BNS_QUERY_CHALLENGE)
		verdict = challenge(x);
	if (verdict == BNS_QUERY_TRUNCATE && x->tcp)
		verdict = BNS_QUERY_CONTINUE;
	x->hooked = verdict == BNS_QUERY_CONTINUE;
	return verdict;
}

static enum bns_query_verdict ask_about_question(struct exchange *x)
{
	struct bns_query_view view = {.kind = BNS_KIND_NONE};
	return wanted(x, BNS_QUERY_BEFORE) ? ask_plugins(x, BNS_QUERY_BEFORE, &view) : BNS_QUERY_CONTINUE;
}

static enum bns_query_verdict ask_about_answer(struct exchange *x, enum bns_rcode rcode)
{
	struct bns_query_view view = {
		.kind = answer_kind(x, rcode),
		.rcode = (uint16_t)rcode,
		.zone = x->img ? x->img->apex : NULL,
		.source = x->decision ? x->decision->source : NULL,
	};
	return ask_plugins(x, BNS_QUERY_AFTER, &view);
}

/* The answer is written, but for its end. */
static enum bns_answer_action finish_answer(struct exchange *x, enum bns_rcode rcode)
{
	x->out_len = bns_encode_close(&x->encoder, rcode);
	count(&x->counts->rcode[rcode]);
	if (bns_message_flags(x->out) & BNS_FLAG_TC)
		count(&x->counts->truncated);
	return BNS_ANSWER_SEND;
}

/* Another verdict than CONTINUE, in place of the answer that is written, if any. */
static enum bns_answer_action finish_otherwise(struct exchange *x, enum bns_query_verdict verdict)
{
	if (verdict == BNS_QUERY_DROP)
		return BNS_ANSWER_DROP;
	bns_encode_clear(&x->encoder);
	if (verdict == BNS_QUERY_REFUSE)
		return finish_answer(x, BNS_RCODE_REFUSED);
	if (verdict == BNS_QUERY_CHALLENGE)
		return finish_answer(x, BNS_RCODE_BADCOOKIE);
	bns_encode_truncate(&x->encoder);
	return finish_answer(x, BNS_RCODE_NOERROR);
}

static enum bns_answer_action send_answer(struct exchange *x, enum bns_rcode rcode)
{
	enum bns_query_verdict verdict = wanted(x, BNS_QUERY_AFTER) ? ask_about_answer(x, rcode) : BNS_QUERY_CONTINUE;
	return verdict == BNS_QUERY_CONTINUE ? finish_answer(x, rcode) : finish_otherwise(x, verdict);
}

/* ---- answers ---- */

static enum bns_answer_action send_error(struct exchange *x, enum bns_rcode rcode, enum bns_ede ede)
{
	open_answer(x, ede);
	return send_answer(x, rcode);
}

static enum bns_answer_action send_rcode(struct exchange *x, enum bns_rcode rcode)
{
	return send_error(x, rcode, BNS_EDE_NONE);
}

/* No version that may be served; resolvers turn to the zone's other servers (RFC 8914 §4.15, §4.25). */
static enum bns_answer_action send_not_served(struct exchange *x, const struct bns_image *img)
{
	return send_error(x, BNS_RCODE_SERVFAIL,
			  img->state == BNS_IMAGE_EXPIRED ? BNS_EDE_INVALID_DATA : BNS_EDE_NOT_READY);
}

static enum bns_answer_action send_from_zone(struct exchange *x, const struct bns_image *img)
{
	struct bns_decision decision;
	bns_lookup(img, &x->req->qname, x->req->qtype, x->req->edns_flags & BNS_EDNS_DO, &decision);
	bns_edns_add_expire(&x->edns, x->req, x->env->table, img);
	x->img = img;
	x->decision = &decision;
	open_answer(x, BNS_EDE_NONE);
	bns_encode_decision(&x->encoder, img, &decision);
	enum bns_answer_action action = send_answer(x, decision.rcode);
	x->decision = NULL;
	return action;
}

static const struct bns_image *find_zone(const struct exchange *x)
{
	const struct bns_image *guess = x->query->guess;
	bool ds = x->req->qtype == BNS_TYPE_DS;
	if (guess && !ds && bns_table_confirm(guess, &x->req->qname))
		return guess;
	return bns_table_find(x->env->table, &x->req->qname, ds);
}

static enum bns_answer_action answer_in_zone(struct exchange *x)
{
	const struct bns_image *img = find_zone(x);
	if (!img)
		return send_error(x, BNS_RCODE_REFUSED, BNS_EDE_NOT_AUTHORITATIVE);
	if (img->state != BNS_IMAGE_SERVED)
		return send_not_served(x, img);
	return send_from_zone(x, img);
}

/* Types that no zone holds. ANY is answered (RFC 8482); zone transfers need a connection (RFC 5936 §4.2). */
static enum bns_answer_action answer_by_type(struct exchange *x)
{
	switch (x->req->qtype) {
	case TYPE_RESERVED:
	case BNS_TYPE_ANY:
		return answer_in_zone(x);
	case BNS_TYPE_AXFR:
		return x->tcp ? BNS_ANSWER_HANDOVER : send_rcode(x, BNS_RCODE_NOTIMP);
	case BNS_TYPE_IXFR:
		return BNS_ANSWER_HANDOVER;
	case TYPE_MAILA:
	case TYPE_MAILB:
		return send_rcode(x, BNS_RCODE_NOTIMP);
	default:
		return bns_rrtype_is_meta(x->req->qtype) ? send_rcode(x, BNS_RCODE_FORMERR) : answer_in_zone(x);
	}
}

static enum bns_answer_action answer_chaos(struct exchange *x)
{
	const uint8_t *text = bns_chaos_find(x->edns.conf, &x->req->qname, x->req->qtype);
	if (!text)
		return send_rcode(x, BNS_RCODE_REFUSED);
	open_answer(x, BNS_EDE_NONE);
	bns_encode_record(&x->encoder, BNS_TYPE_TXT, BNS_CLASS_CH, 0, text, (uint16_t)(text[0] + 1));
	return send_answer(x, BNS_RCODE_NOERROR);
}

static enum bns_answer_action answer_query(struct exchange *x)
{
	count_type(x->counts, x->req->qtype);
	enum bns_query_verdict verdict = ask_about_question(x);
	if (verdict != BNS_QUERY_CONTINUE) {
		open_answer(x, BNS_EDE_NONE);
		return finish_otherwise(x, verdict);
	}
	if (x->req->qclass == BNS_CLASS_CH)
		return answer_chaos(x);
	if (x->req->qclass != BNS_CLASS_IN)
		return send_rcode(x, BNS_RCODE_REFUSED);
	return answer_by_type(x);
}

static enum bns_answer_action answer_request(struct exchange *x)
{
	unsigned opcode = bns_message_opcode(x->query->msg);
	if (opcode != BNS_OPCODE_QUERY && opcode != BNS_OPCODE_NOTIFY)
		return send_rcode(x, BNS_RCODE_NOTIMP);
	if (x->query->parsed != BNS_OK)
		return send_rcode(x, BNS_RCODE_FORMERR);
	if (opcode == BNS_OPCODE_NOTIFY || (x->req->has_tsig && !x->query->allow_tsig))
		return BNS_ANSWER_HANDOVER;
	if (x->req->has_edns && x->req->edns_version > 0)
		return send_rcode(x, BNS_RCODE_BADVERS);
	if (x->req->opt_rdlen > 0 && bns_edns_read(&x->edns, x->query->msg + x->req->opt_rdata, x->req->opt_rdlen))
		return send_rcode(x, BNS_RCODE_FORMERR);
	/* Without a question there is nothing to ask for but a cookie (RFC 7873 §5.4). */
	if (!x->req->has_question)
		return send_rcode(x, bns_edns_wants_cookie(&x->edns) ? BNS_RCODE_NOERROR : BNS_RCODE_FORMERR);
	return answer_query(x);
}

/* Answers to answers would never end; nobody listens on port 0. */
static bool deserves_answer(const struct bns_query *q)
{
	if (q->len < BNS_HEADER_LEN || bns_message_flags(q->msg) & BNS_FLAG_QR)
		return false;
	return q->transport != BNS_TRANSPORT_UDP || bns_addr_port(q->client) != 0;
}

void bns_answer_read(const struct bns_answer_env *env, struct bns_query *q)
{
	q->guess = NULL;
	q->node = NULL;
	q->dropped = !deserves_answer(q);
	q->parsed = q->dropped ? BNS_ESHORT : bns_request_parse(q->msg, q->len, &q->req);
	if (q->parsed == BNS_OK && q->req.has_question)
		bns_table_prefetch(env->table, &q->req.qname);
}

void bns_answer_find(const struct bns_answer_env *env, struct bns_query *q)
{
	if (q->parsed == BNS_OK && q->req.has_question)
		q->guess = bns_table_guess(env->table, &q->req.qname);
}

void bns_answer_approach(struct bns_query *q)
{
	if (q->guess)
		q->node = bns_image_guess(q->guess, q->req.qname.hash[q->req.qname.labels]);
}

/* Not on the way of a query where no plugin listens. */
static void tell_answered(const struct bns_answer_env *env, const struct bns_query *q, const uint8_t *out,
			  size_t out_len)
{
	const struct bns_exchange exchange = {
		.query = q->msg,
		.query_len = q->len,
		.response = out_len > 0 ? out : NULL,
		.response_len = out_len,
		.client = q->client,
		.transport = q->transport,
	};
	bns_plugins_answered(env->plugins, &exchange);
}

/* What nearly every query is answered with; false: it takes more to answer it. */
static bool answer_directly(const struct bns_answer_env *env, const struct bns_query *q, uint8_t *out, size_t cap,
			    size_t *out_len, struct bns_answer_counts *counts)
{
	if (!bns_direct_is_for(env, q))
		return false;
	*out_len = bns_direct_write(env, q, out, answer_max(env, q, cap));
	if (*out_len == 0)
		return false;
	count_type(counts, q->req.qtype);
	count(&counts->rcode[BNS_RCODE_NOERROR]);
	return true;
}

/* Apart, so that a direct answer doesn't pay for the room this takes. */
__attribute__((noinline)) static enum bns_answer_action answer_stepwise(const struct bns_answer_env *env,
									const struct bns_query *q, uint8_t *out,
									size_t cap, size_t *out_len,
									struct bns_answer_counts *counts)
{
	struct exchange x;
	x.env = env;
	x.query = q;
	x.req = &q->req;
	x.tcp = q->transport != BNS_TRANSPORT_UDP;
	x.counts = counts;
	x.hooked = true;
	x.img = NULL;
	x.decision = NULL;
	x.out = out;
	x.cap = cap;
	x.out_len = 0;
	bns_edns_open(&x.edns, env->conf ? bns_rcu_load(*env->conf) : NULL, q->client, x.tcp ? env->keepalive_ds : 0);
	enum bns_answer_action action = q->dropped ? BNS_ANSWER_DROP : answer_request(&x);
	if (action == BNS_ANSWER_DROP)
		count(&counts->dropped);
	else if (action == BNS_ANSWER_HANDOVER)
		count(&counts->handed_over);
	*out_len = action == BNS_ANSWER_SEND ? x.out_len : 0;
	return action;
}

enum bns_answer_action bns_answer_write(const struct bns_answer_env *env, struct bns_query *q, uint8_t *out, size_t cap,
					size_t *out_len, struct bns_answer_counts *counts)
{
	enum bns_answer_action action = BNS_ANSWER_SEND;
	count(&counts->queries);
	count(&counts->transport[q->transport]);
	if (!answer_directly(env, q, out, cap, out_len, counts))
		action = answer_stepwise(env, q, out, cap, out_len, counts);
	if (env->is_overheard && action != BNS_ANSWER_HANDOVER)
		tell_answered(env, q, out, *out_len);
	return action;
}

enum bns_answer_action bns_answer(const struct bns_answer_env *env, const uint8_t *msg, size_t len,
				  const union bns_addr *client, enum bns_transport transport, bool allow_tsig,
				  uint8_t *out, size_t cap, size_t *out_len, struct bns_answer_counts *counts)
{
	struct bns_query q;
	q.msg = msg;
	q.len = len;
	q.client = client;
	q.transport = transport;
	q.allow_tsig = allow_tsig;
	bns_answer_read(env, &q);
	bns_answer_find(env, &q);
	bns_answer_approach(&q);
	return bns_answer_write(env, &q, out, cap, out_len, counts);
}
