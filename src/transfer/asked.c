/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/asked.h"

#include "answer/opt.h"
#include "base/clock.h"
#include "base/rcu.h"
#include "transfer/acl.h"
#include "wire/tsig.h"

static const struct bns_tsig_key *find_key(const struct bns_transfer *t, const uint8_t *name,
					   enum bns_tsig_algorithm alg)
{
	for (size_t i = 0; i < t->key_count; i++)
		if (t->keys[i].algorithm == alg && bns_name_equal(t->keys[i].name, name))
			return &t->keys[i];
	return NULL;
}

struct key_search {
	struct bns_asked *asked;
	const struct bns_transfer *t;
};

static const struct bns_tsig_key *find_and_copy_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	struct key_search *search = arg;
	const struct bns_tsig_key *key = find_key(search->t, name, alg);

	if (!key)
		return NULL;
	search->asked->key = *key;
	return &search->asked->key;
}

static uint64_t now_s(void)
{
	return (uint64_t)bns_clock_wall_s();
}

/* Signed or not, a request that isn't whole gets an unsigned answer. */
static bool open_failed(struct bns_asked *a, enum bns_rcode rcode, struct bns_reply *reply)
{
	bns_asked_reply(a, 0, rcode, reply);
	return false;
}

static bool verify(struct bns_asked *a, const struct bns_transfer *t, struct bns_reply *reply)
{
	struct key_search search = {.asked = a, .t = t};
	enum bns_tsig_error error = BNS_TSIG_NOERROR;
	enum bns_error err = bns_tsig_verify_request(&a->tsig, a->msg, a->len, a->request.tsig_start, now_s(),
						     find_and_copy_key, &search, &error);

	if (!err) {
		a->has_key = true;
		return true;
	}
	if (error == BNS_TSIG_NOERROR)
		return open_failed(a, err == BNS_EFORMAT ? BNS_RCODE_FORMERR : BNS_RCODE_SERVFAIL, reply);
	bns_asked_reply(a, 0, BNS_RCODE_NOTAUTH, reply);
	if (bns_tsig_sign(&a->tsig, reply->data, &reply->len, reply->cap, now_s(), error))
		reply->len = 0;
	return false;
}

bool bns_asked_open(struct bns_asked *a, const struct bns_transfer *t, const uint8_t *msg, size_t len,
		    const union bns_addr *client, enum bns_transport transport, const struct bns_tls *tls,
		    struct bns_reply *reply)
{
	enum bns_error err;

	a->env = t->env;
	a->msg = msg;
	a->len = len;
	a->client = *client;
	a->transport = transport;
	a->tls = tls;
	a->has_key = false;
	bns_tsig_open(&a->tsig, NULL);
	reply->len = 0;
	if (len < BNS_HEADER_LEN || bns_message_flags(msg) & BNS_FLAG_QR)
		return false;
	err = bns_request_parse(msg, len, &a->request);
	if (err)
		return open_failed(a, BNS_RCODE_FORMERR, reply);
	if (a->request.has_edns && a->request.edns_version > 0)
		return open_failed(a, BNS_RCODE_BADVERS, reply);
	return !a->request.has_tsig || verify(a, t, reply);
}

void bns_asked_close(struct bns_asked *a)
{
	bns_tsig_close(&a->tsig);
	bns_tsig_key_wipe(&a->key);
}

bool bns_asked_allowed(const struct bns_asked *a, const struct bns_transfer *t, const struct bns_conf_settings *zone,
		       enum bns_acl_action action)
{
	const struct bns_acl_client client = {
		.addr = &a->client, .transport = a->transport, .key = bns_asked_key(a), .tls = a->tls};

	return bns_acl_allows(zone, action, &client, t->tls_peers);
}

static size_t tsig_len(const struct bns_tsig_key *key)
{
	/* Owner, type to RDLENGTH, algorithm, time, fudge, MAC, id, error, other (RFC 8945 §4.2). */
	return bns_name_len(key->name) + 10 + bns_name_len(bns_tsig_algorithm_name(key->algorithm)) + 8 + 2 +
	       bns_tsig_algorithm_size(key->algorithm) + 6;
}

void bns_asked_end(const struct bns_asked *a, enum bns_rcode rcode, struct bns_writer *w)
{
	const struct bns_opt_for to = {
		.env = a->env,
		.msg = a->msg,
		.req = &a->request,
		.client = &a->client,
		.transport = a->transport,
		.behind = a->has_key ? tsig_len(&a->key) : 0,
	};

	bns_rcu_online();
	bns_opt_end(&to, rcode, w);
	bns_rcu_offline();
}

/* How long an answer over UDP may be, as bns_answer counts it. */
static size_t udp_max(const struct bns_asked *a)
{
	size_t max = a->request.has_edns ? a->request.udp_payload : BNS_UDP_PLAIN_MAX;

	if (max > a->env->udp_max_payload)
		max = a->env->udp_max_payload;
	return max < BNS_UDP_PLAIN_MAX ? BNS_UDP_PLAIN_MAX : max;
}

static void write_bare(const struct bns_asked *a, uint16_t flags, enum bns_rcode rcode, struct bns_reply *reply)
{
	size_t cap = a->transport == BNS_TRANSPORT_UDP ? udp_max(a) : reply->cap - BNS_TSIG_ROOM;
	struct bns_writer w = bns_writer_of(reply->data, cap);
	const struct bns_request *q = &a->request;
	uint16_t echoed = bns_message_opcode(a->msg) == BNS_OPCODE_QUERY ? bns_message_flags(a->msg) & BNS_FLAG_RD : 0;

	bns_message_write_header(&w, bns_message_id(a->msg), bns_message_opcode(a->msg),
				 (uint16_t)(BNS_FLAG_QR | flags | echoed), BNS_RCODE_NOERROR);
	if (q->has_question) {
		bns_write_bytes(&w, a->msg + BNS_HEADER_LEN, (size_t)(q->question_end - BNS_HEADER_LEN));
		bns_put_u16(reply->data + 4, 1);
	}
	bns_asked_end(a, rcode, &w);
	reply->len = w.pos;
}

void bns_asked_sign(struct bns_asked *a, struct bns_reply *reply)
{
	if (a->has_key && reply->len > 0 &&
	    bns_tsig_sign(&a->tsig, reply->data, &reply->len, reply->cap, now_s(), BNS_TSIG_NOERROR))
		reply->len = 0;
}

void bns_asked_reply(struct bns_asked *a, uint16_t flags, enum bns_rcode rcode, struct bns_reply *reply)
{
	write_bare(a, flags, rcode, reply);
	bns_asked_sign(a, reply);
}

static enum bns_answer_action answer_unsigned(const struct bns_asked *a, const struct bns_transfer *t,
					      const uint8_t *msg, struct bns_reply *reply)
{
	struct bns_answer_counts counts = {0}; /* the worker has counted the request when it handed it over */
	enum bns_answer_action action;

	bns_rcu_online();
	action = bns_answer(t->env, msg, a->len, &a->client, a->transport, true, reply->data,
			    reply->cap - BNS_TSIG_ROOM, &reply->len, &counts);
	bns_rcu_offline();
	if (action != BNS_ANSWER_SEND)
		reply->len = 0;
	return action;
}

void bns_asked_answer(struct bns_asked *a, const struct bns_transfer *t, struct bns_reply *reply)
{
	answer_unsigned(a, t, a->msg, reply);
	/* Truncated where the signature is what makes it too long (RFC 8945 §5.3). */
	if (a->has_key && a->transport == BNS_TRANSPORT_UDP && reply->len + tsig_len(&a->key) > udp_max(a))
		write_bare(a, (uint16_t)(BNS_FLAG_TC | (bns_message_flags(reply->data) & BNS_FLAG_AA)),
			   bns_message_rcode(reply->data), reply);
	bns_asked_sign(a, reply);
}

/* Cuts a message behind its answer section. */
static bool cut_to_answer(struct bns_reply *reply)
{
	struct bns_message_cursor cur;
	struct bns_message_rr rr;

	if (bns_message_cursor_open(&cur, reply->data, reply->len))
		return false;
	for (unsigned left = bns_message_ancount(reply->data); left > 0; left--)
		if (bns_message_next(&cur, &rr, NULL))
			return false;
	reply->len = cur.pos;
	bns_put_u32(reply->data + 8, 0);
	return true;
}

void bns_asked_reply_soa(struct bns_asked *a, const struct bns_transfer *t, struct bns_reply *reply)
{
	uint8_t msg[BNS_HEADER_LEN + BNS_NAME_MAX + 4];
	size_t len = a->request.question_end;

	/* The same question with another type, asked without EDNS and signature. */
	memcpy(msg, a->msg, len);
	bns_put_u16(msg + len - 4, BNS_TYPE_SOA);
	bns_put_u16(msg + 6, 0);
	bns_put_u32(msg + 8, 0);
	struct bns_asked plain = {.client = a->client, .transport = a->transport, .len = len};
	if (answer_unsigned(&plain, t, msg, reply) != BNS_ANSWER_SEND || !cut_to_answer(reply)) {
		bns_asked_reply(a, 0, BNS_RCODE_SERVFAIL, reply);
		return;
	}
	bns_put_u16(reply->data + len - 4, BNS_TYPE_IXFR);
	struct bns_writer w = bns_writer_of(reply->data, reply->cap - BNS_TSIG_ROOM);
	w.pos = reply->len;
	bns_asked_end(a, BNS_RCODE_NOERROR, &w);
	reply->len = w.pos;
	bns_asked_sign(a, reply);
}
