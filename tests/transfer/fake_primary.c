/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_primary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "wire/message.h"

#define PORT_FIRST    23000
#define PORT_LAST     23999
#define WAIT_MS       20000
#define TICK_MS       20
#define ENDLESS_BATCH 200

struct client {
	uv_tcp_t tcp;
	struct fake_primary *p;
	struct client *next;
	size_t in_len;
	uint8_t in[2 + BNS_MESSAGE_MAX];
	/* The transfer in hand. */
	uint8_t question[BNS_NAME_MAX + 4];
	size_t question_len;
	uint16_t id;
	struct bns_tsig tsig;
	struct bns_tsig_key key;
	unsigned at;
	bool wants_expire;
	unsigned rcode;
};

struct out {
	uv_write_t write;
	struct client *client;
	bool close_after;
	bool more;
	size_t len;
	uint8_t data[2 + BNS_MESSAGE_MAX];
};

/* -- waiting -- */

struct ticker {
	uv_timer_t timer;
	unsigned ticks;
};

static void on_tick(uv_timer_t *timer)
{
	((struct ticker *)timer)->ticks++;
}

static void on_ticker_closed(uv_handle_t *handle)
{
	free(handle);
}

void fake_wait_for(uv_loop_t *loop, bool (*condition)(void *arg), void *arg)
{
	struct ticker *ticker = calloc(1, sizeof(*ticker));

	assert_non_null(ticker);
	uv_timer_init(loop, &ticker->timer);
	uv_timer_start(&ticker->timer, on_tick, TICK_MS, TICK_MS);
	while (!condition(arg) && ticker->ticks < WAIT_MS / TICK_MS)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&ticker->timer, on_ticker_closed);
	assert_true(condition(arg));
}

static bool is_set(void *flag)
{
	return *(const bool *)flag;
}

void fake_wait(uv_loop_t *loop, const bool *flag)
{
	fake_wait_for(loop, is_set, (void *)(uintptr_t)flag);
}

struct bns_tsig_key fake_key(const char *name, enum bns_tsig_algorithm alg, uint8_t seed)
{
	struct bns_tsig_key key = {.algorithm = alg, .secret_len = 32};
	assert_int_equal(bns_name_from_text(name, NULL, key.name, NULL), BNS_OK);
	memset(key.secret, seed, 32);
	return key;
}

/* -- messages -- */

static size_t write_soa_rdata(uint8_t *out, const struct fake_primary *p, uint32_t serial)
{
	struct bns_writer w = bns_writer_of(out, 64);
	bns_write_bytes(&w, "\2ns\300\14", 5);
	bns_write_bytes(&w, "\12hostmaster\300\14", 13);
	bns_write_u32(&w, serial);
	bns_write_u32(&w, 3600);
	bns_write_u32(&w, 600);
	bns_write_u32(&w, p->expire_s ? p->expire_s : 86400);
	bns_write_u32(&w, 300);
	return w.pos;
}

static void write_rr_at(struct bns_writer *w, const void *owner, size_t owner_len, uint16_t type, uint16_t rclass,
			const void *rdata, size_t rdlen)
{
	bns_write_bytes(w, owner, owner_len);
	bns_write_u16(w, type);
	bns_write_u16(w, rclass);
	bns_write_u32(w, 300);
	bns_write_u16(w, (uint16_t)rdlen);
	bns_write_bytes(w, rdata, rdlen);
	bns_put_u16(w->data + 6, (uint16_t)(bns_get_u16(w->data + 6) + 1));
}

/* `labels` in front of the zone's name, which stands in the question. */
static void write_rr(struct bns_writer *w, const char *labels, size_t labels_len, uint16_t type, uint16_t rclass,
		     const void *rdata, size_t rdlen)
{
	uint8_t owner[64];
	memcpy(owner, labels, labels_len);
	bns_put_u16(owner + labels_len, 0xC00C);
	write_rr_at(w, owner, labels_len + 2, type, rclass, rdata, rdlen);
}

static void write_soa(struct bns_writer *w, const struct fake_primary *p, uint32_t serial)
{
	uint8_t rdata[64];
	size_t len = write_soa_rdata(rdata, p, serial);
	write_rr(w, "", 0, BNS_TYPE_SOA, BNS_CLASS_IN, rdata, len);
}

static bool asks_expire(struct fake_primary *p, const uint8_t *msg, const struct bns_request *q)
{
	bool asks = q->has_edns && q->opt_rdlen == 4 && bns_get_u16(msg + q->opt_rdata) == BNS_EDNS_EXPIRE &&
		    bns_get_u16(msg + q->opt_rdata + 2) == 0;
	p->expire_queries += asks;
	return asks;
}

/* An unknown option before EXPIRE, as others may send. */
static void write_expire(struct bns_writer *w, const struct fake_primary *p)
{
	bns_message_write_opt(w, BNS_EDNS_UDP_DEFAULT, 0, 0, 14);
	bns_write_bytes(w, "\375\351\0\2xx", 6);
	bns_write_u16(w, BNS_EDNS_EXPIRE);
	bns_write_u16(w, 4);
	bns_write_u32(w, p->left_s);
	bns_put_u16(w->data + 10, (uint16_t)(bns_get_u16(w->data + 10) + 1));
}

static bool is_silent_to(const struct fake_primary *p, const struct bns_request *q)
{
	return p->lie == FAKE_SILENT ||
	       (q->has_edns && (p->lie == FAKE_SILENT_TO_EDNS || p->lie == FAKE_CLOSES_ON_EDNS));
}

static unsigned rcode_to(const struct fake_primary *p, bool edns)
{
	if (edns && p->lie == FAKE_FORMERR_TO_EDNS)
		return BNS_RCODE_FORMERR;
	if (edns && p->lie == FAKE_NOTIMP_TO_EDNS)
		return BNS_RCODE_NOTIMP;
	return p->lie == FAKE_REFUSED ? BNS_RCODE_REFUSED : BNS_RCODE_NOERROR;
}

/* Record number `at` of the zone: SOA, NS, its address, the others, SOA. False behind the last one. */
static bool write_record(struct bns_writer *w, const struct fake_primary *p, unsigned at)
{
	uint8_t address[4] = {192, 0, (uint8_t)(at >> 8), (uint8_t)at};
	unsigned last = p->records + 3;
	char label[16];

	if (at == 0 && p->lie != FAKE_NO_FIRST_SOA) {
		write_soa(w, p, p->serial);
	} else if (at <= 1) {
		write_rr(w, "", 0, BNS_TYPE_NS, BNS_CLASS_IN, "\2ns\300\14", 5);
	} else if (at == 3 && p->lie == FAKE_OUT_OF_ZONE) {
		write_rr_at(w, "\2ns\7example\3net", 16, BNS_TYPE_A, BNS_CLASS_IN, address, 4);
	} else if (at == 2) {
		write_rr(w, "\2ns", 3, BNS_TYPE_A, p->lie == FAKE_WRONG_CLASS ? BNS_CLASS_CH : BNS_CLASS_IN, address,
			 p->lie == FAKE_BAD_RDATA ? 3 : 4);
	} else if (at < last || p->lie == FAKE_ENDLESS) {
		int len = snprintf(label + 1, sizeof(label) - 1, "r%u", at);
		label[0] = (char)len;
		write_rr(w, label, (size_t)len + 1, BNS_TYPE_A, BNS_CLASS_IN, address, 4);
	} else if (at == last && p->lie == FAKE_NO_FINAL_SOA) {
		return false;
	} else if (at == last) {
		write_soa(w, p, p->lie == FAKE_OTHER_FINAL_SOA ? p->serial + 1 : p->serial);
	} else {
		return false;
	}
	return !w->failed;
}

static void begin_message(struct bns_writer *w, uint16_t id, uint16_t flags, unsigned rcode, const uint8_t *question,
			  size_t question_len)
{
	bns_message_write_header(w, id, BNS_OPCODE_QUERY, (uint16_t)(BNS_FLAG_QR | flags), rcode);
	bns_write_bytes(w, question, question_len);
	bns_put_u16(w->data + 4, 1);
}

static const struct bns_tsig_key *find_key(void *arg, const uint8_t *name, enum bns_tsig_algorithm alg)
{
	const struct bns_tsig_key *key = arg;
	return key && key->algorithm == alg && bns_name_equal(key->name, name) ? key : NULL;
}

/* Takes the request's signature, and prepares the answer's. */
static void open_tsig(struct bns_tsig *tsig, struct bns_tsig_key *key, const struct fake_primary *p, const uint8_t *msg,
		      size_t len, const struct bns_request *q)
{
	enum bns_tsig_error error;

	bns_tsig_open(tsig, NULL);
	if (!p->key)
		return;
	assert_true(q->has_tsig);
	*key = *p->key;
	assert_int_equal(bns_tsig_verify_request(tsig, msg, len, q->tsig_start, (uint64_t)bns_clock_wall_s(), find_key,
						 key, &error),
			 BNS_OK);
	if (p->lie == FAKE_WRONG_SECRET)
		key->secret[0] ^= 1;
}

static void sign(struct bns_tsig *tsig, const struct fake_primary *p, uint8_t *msg, size_t *len)
{
	if (tsig->key && p->lie != FAKE_UNSIGNED)
		assert_int_equal(
			bns_tsig_sign(tsig, msg, len, BNS_MESSAGE_MAX, (uint64_t)bns_clock_wall_s(), BNS_TSIG_NOERROR),
			BNS_OK);
}

/* The answer to SOA, which both protocols share; its length. */
static size_t answer_soa(struct fake_primary *p, bool tcp, const uint8_t *msg, size_t len, const struct bns_request *q,
			 uint8_t *out)
{
	struct bns_writer w = bns_writer_of(out, BNS_MESSAGE_MAX - BNS_TSIG_ROOM);
	uint16_t flags = p->lie == FAKE_NOT_AUTHORITATIVE ? 0 : BNS_FLAG_AA;
	uint16_t id = (uint16_t)(bns_message_id(msg) + (p->lie == FAKE_WRONG_ID));
	struct bns_tsig_key key;
	struct bns_tsig tsig;

	if (!tcp && p->lie == FAKE_TRUNCATED)
		flags |= BNS_FLAG_TC;
	unsigned rcode = rcode_to(p, q->has_edns);
	begin_message(&w, id, flags, rcode, msg + BNS_HEADER_LEN, (size_t)(q->question_end - BNS_HEADER_LEN));
	if (p->lie == FAKE_WRONG_ZONE)
		out[BNS_HEADER_LEN + 1] = 'X';
	if (!rcode && !(flags & BNS_FLAG_TC))
		write_soa(&w, p, p->serial);
	if (asks_expire(p, msg, q) && p->tells_expire && !rcode)
		write_expire(&w, p);
	open_tsig(&tsig, &key, p, msg, len, q);
	sign(&tsig, p, out, &w.pos);
	bns_tsig_close(&tsig);
	return w.pos;
}

/* -- UDP -- */

static void udp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	static char in[4096];
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(in, sizeof(in));
}

static void udp_received(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
	struct fake_primary *p = udp->data;
	uint8_t out[BNS_MESSAGE_MAX];
	struct bns_request q;

	(void)flags;
	if (n <= 0 || !from)
		return;
	assert_int_equal(bns_request_parse((uint8_t *)buf->base, (size_t)n, &q), BNS_OK);
	p->udp_queries++;
	if (is_silent_to(p, &q) || p->lie == FAKE_SILENT_OVER_UDP)
		return;
	size_t len = answer_soa(p, false, (uint8_t *)buf->base, (size_t)n, &q, out);
	uv_buf_t reply = uv_buf_init((char *)out, (unsigned)len);
	assert_true(uv_udp_try_send(udp, &reply, 1, from) > 0);
}

/* -- TCP -- */

static void client_freed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	bns_tsig_close(&c->tsig);
	free(c);
}

static void client_close(struct client *c)
{
	struct client **link = (struct client **)&c->p->clients;
	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	uv_close((uv_handle_t *)&c->tcp, client_freed);
}

static void send_transfer(struct client *c);

static void on_written(uv_write_t *write, int status)
{
	struct out *out = write->data;
	struct client *c = out->client;
	bool more = out->more, close_after = out->close_after;

	free(out);
	if (status == UV_ECANCELED)
		return;
	if (status || close_after)
		client_close(c);
	else if (more)
		send_transfer(c);
}

static void out_send(struct out *out, size_t frame_len)
{
	uv_buf_t buf = uv_buf_init((char *)out->data, (unsigned)frame_len);
	out->write.data = out;
	bns_put_u16(out->data, (uint16_t)out->len);
	assert_int_equal(uv_write(&out->write, (uv_stream_t *)&out->client->tcp, &buf, 1, on_written), 0);
}

static struct out *out_new(struct client *c)
{
	struct out *out = calloc(1, sizeof(*out));
	assert_non_null(out);
	out->client = c;
	return out;
}

/* One message of the transfer; on_written asks for the next one. */
static void send_transfer(struct client *c)
{
	struct fake_primary *p = c->p;
	struct out *out = out_new(c);
	struct bns_writer w = bns_writer_of(out->data + 2, BNS_MESSAGE_MAX - BNS_TSIG_ROOM);
	unsigned per_message = p->per_message ? p->per_message : p->lie == FAKE_ENDLESS ? ENDLESS_BATCH : UINT32_MAX;
	bool more = true;

	begin_message(&w, c->id, BNS_FLAG_AA, c->rcode, c->question, c->question_len);
	if (p->lie == FAKE_WRONG_ZONE)
		out->data[2 + BNS_HEADER_LEN + 1] = 'X';
	for (unsigned i = 0; !c->rcode && i < per_message && more; i++) {
		more = write_record(&w, p, c->at);
		if (more)
			c->at++;
	}
	more = more && !c->rcode && c->at <= p->records + 3;
	if (p->lie == FAKE_ENDLESS)
		more = true;
	if (p->lie == FAKE_BEHIND_FINAL_SOA && !more)
		write_rr(&w, "\4late", 5, BNS_TYPE_A, BNS_CLASS_IN, "\300\0\2\1", 4);
	if (c->wants_expire && p->tells_expire && !c->rcode)
		write_expire(&w, p);
	c->wants_expire = false; /* in the first message alone */
	out->len = w.pos;
	if (more || p->lie != FAKE_LAST_UNSIGNED)
		sign(&c->tsig, p, out->data + 2, &out->len);
	if (p->lie == FAKE_GARBAGE)
		memset(out->data + 2 + BNS_HEADER_LEN + c->question_len, 0xFF,
		       out->len - BNS_HEADER_LEN - c->question_len);
	out->more = more;
	out->close_after = p->lie == FAKE_CUT || (p->lie == FAKE_NO_FINAL_SOA && !more);
	if (p->lie == FAKE_CUT || p->lie == FAKE_STALLS)
		out->more = false;
	out_send(out, p->lie == FAKE_CUT || p->lie == FAKE_STALLS ? 2 + out->len / 2 : 2 + out->len);
}

static void serve(struct client *c, const uint8_t *msg, size_t len)
{
	struct fake_primary *p = c->p;
	struct bns_request q;

	assert_int_equal(bns_request_parse(msg, len, &q), BNS_OK);
	p->tcp_queries++;
	if (is_silent_to(p, &q)) {
		if (p->lie == FAKE_CLOSES_ON_EDNS)
			client_close(c);
		return;
	}
	if (q.qtype != BNS_TYPE_AXFR) {
		struct out *out = out_new(c);
		out->len = answer_soa(p, true, msg, len, &q, out->data + 2);
		out_send(out, out->len + 2);
		return;
	}
	p->axfrs++;
	c->id = (uint16_t)(bns_message_id(msg) + (p->lie == FAKE_WRONG_ID));
	c->question_len = (size_t)(q.question_end - BNS_HEADER_LEN);
	memcpy(c->question, msg + BNS_HEADER_LEN, c->question_len);
	open_tsig(&c->tsig, &c->key, p, msg, len, &q);
	c->at = 0;
	c->rcode = rcode_to(p, q.has_edns);
	c->wants_expire = asks_expire(p, msg, &q);
	send_transfer(c);
}

static void tcp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *c = handle->data;
	(void)suggested;
	*buf = uv_buf_init((char *)c->in + c->in_len, (unsigned)(sizeof(c->in) - c->in_len));
}

static void tcp_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *c = stream->data;
	(void)buf;
	if (n < 0) {
		client_close(c);
		return;
	}
	c->in_len += (size_t)n;
	if (c->in_len < 2 || c->in_len < 2u + bns_get_u16(c->in))
		return;
	c->in_len = 0;
	serve(c, c->in + 2, bns_get_u16(c->in));
}

static void on_connection(uv_stream_t *server, int status)
{
	struct fake_primary *p = server->data;
	struct client *c = calloc(1, sizeof(*c));

	assert_int_equal(status, 0);
	assert_non_null(c);
	c->p = p;
	c->tcp.data = c;
	bns_tsig_open(&c->tsig, NULL);
	assert_int_equal(uv_tcp_init(server->loop, &c->tcp), 0);
	c->next = p->clients;
	p->clients = c;
	assert_int_equal(uv_accept(server, (uv_stream_t *)&c->tcp), 0);
	assert_int_equal(uv_read_start((uv_stream_t *)&c->tcp, tcp_alloc, tcp_read), 0);
}

/* -- life -- */

static bool port_is_free(uint16_t port)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	bool is_free =
		!bind(tcp, (struct sockaddr *)&in4, sizeof(in4)) && !bind(udp, (struct sockaddr *)&in4, sizeof(in4));
	close(tcp);
	close(udp);
	return is_free;
}

void fake_primary_open(struct fake_primary *p, uv_loop_t *loop)
{
	uint16_t port = (uint16_t)(PORT_FIRST + getpid() % (PORT_LAST - PORT_FIRST));
	unsigned tries = 0;
	char text[32];

	while (!port_is_free(port)) {
		assert_true(++tries < PORT_LAST - PORT_FIRST);
		port = port == PORT_LAST ? PORT_FIRST : (uint16_t)(port + 1);
	}
	snprintf(text, sizeof(text), "127.0.0.1@%u", port);
	assert_int_equal(bns_addr_from_text(text, 53, &p->addr), BNS_OK);
	p->clients = NULL;
	p->udp.data = p;
	p->tcp.data = p;
	assert_int_equal(uv_udp_init(loop, &p->udp), 0);
	assert_int_equal(uv_udp_bind(&p->udp, &p->addr.sa, UV_UDP_REUSEADDR), 0);
	assert_int_equal(uv_udp_recv_start(&p->udp, udp_alloc, udp_received), 0);
	assert_int_equal(uv_tcp_init(loop, &p->tcp), 0);
	assert_int_equal(uv_tcp_bind(&p->tcp, &p->addr.sa, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&p->tcp, 16, on_connection), 0);
}

void fake_primary_close(struct fake_primary *p)
{
	while (p->clients)
		client_close(p->clients);
	uv_close((uv_handle_t *)&p->udp, NULL);
	uv_close((uv_handle_t *)&p->tcp, NULL);
}
