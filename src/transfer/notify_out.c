/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/notify_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "transfer/ask.h"
#include "transfer/channel.h"

#define ON_THEIR_WAY_MAX 4096 /* further ones wait in line */
#define TRIES_MAX        6    /* the last is given up after 1 + 2 + ... + 32 s */
#define BUCKETS          4096
#define IN_MAX           4096
#define TLS_PROGRESS_MS  5000 /* for a single answer */

struct notice {
	struct bns_notices *ns;
	struct bns_timer timer;
	union bns_addr to;
	struct bns_tls_client *tls;    /* NULL: it goes over UDP */
	struct bns_exchange *exchange; /* by TLS, while it is asked */
	uint8_t apex[BNS_NAME_MAX];
	struct bns_tsig_key key;
	bool has_key;
	unsigned tries;
	struct bns_ask ask;
	struct bns_tsig tsig;
	bool on_its_way;
	TAILQ_ENTRY(notice) line;     /* those that wait in line */
	LIST_ENTRY(notice) same_zone; /* a bucket by zone: all */
	LIST_ENTRY(notice) same_id;   /* a bucket by message id: those on their way */
};

TAILQ_HEAD(line, notice);
LIST_HEAD(bucket, notice);

struct socket {
	uv_udp_t udp;
	bool open;
};

struct bns_notices {
	struct bns_transfer *t;
	struct socket v4;
	struct socket v6;
	unsigned closing;
	size_t count; /* on their way */
	struct line in_line;
	struct bucket by_zone[BUCKETS];
	struct bucket by_id[BUCKETS];
	char in[IN_MAX];
};

static struct notice *notice_of(struct bns_timer *timer)
{
	return (struct notice *)((char *)timer - offsetof(struct notice, timer));
}

/* -- where to find one -- */

static struct bucket *zone_bucket(struct bns_notices *ns, const uint8_t *apex)
{
	return &ns->by_zone[bns_name_hash(apex) % BUCKETS];
}

static struct bucket *id_bucket(struct bns_notices *ns, uint16_t id)
{
	return &ns->by_id[id % BUCKETS];
}

static void notice_free(struct notice *n)
{
	struct bns_notices *ns = n->ns;

	LIST_REMOVE(n, same_zone);
	if (n->on_its_way) {
		LIST_REMOVE(n, same_id);
		ns->count--;
	} else {
		TAILQ_REMOVE(&ns->in_line, n, line);
	}
	bns_timer_drop(&ns->t->timers, &n->timer);
	bns_exchange_cancel(n->exchange);
	bns_tls_client_unref(n->tls);
	bns_tsig_close(&n->tsig);
	bns_tsig_key_wipe(&n->key);
	free(n);
}

/* -- sockets -- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct bns_notices *ns = handle->data;

	(void)suggested;
	*buf = uv_buf_init(ns->in, sizeof(ns->in));
}

static void on_received(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags);

/* Opened with the first NOTIFY of its family: most have only one. */
static struct socket *socket_for(struct bns_notices *ns, int family)
{
	struct socket *s = family == AF_INET6 ? &ns->v6 : &ns->v4;

	if (s->open)
		return s;
	if (uv_udp_init_ex(ns->t->loop, &s->udp, (unsigned)family))
		return NULL;
	s->udp.data = ns;
	s->open = true;
	if (uv_udp_recv_start(&s->udp, on_alloc, on_received))
		bns_log(BNS_LOG_ERR, "answers to NOTIFY can't be received");
	return s;
}

/* -- one NOTIFY -- */

static void send_next_in_line(struct bns_notices *ns);

static void notice_end(struct notice *n)
{
	struct bns_notices *ns = n->ns;

	notice_free(n);
	send_next_in_line(ns);
}

static void log_about(const struct notice *n, enum bns_log_level level, const char *what)
{
	char zone[BNS_NAME_TEXT_MAX];
	char to[BNS_ADDR_TEXT_MAX];

	bns_log(level, "zone=%s NOTIFY to %s: it %s", bns_name_to_text_nodot(n->apex, zone),
		bns_addr_to_text(&n->to, to), what);
}

static enum bns_error notice_write(struct notice *n, uint8_t *msg, size_t cap, size_t *len)
{
	enum bns_error err;

	LIST_REMOVE(n, same_id);
	bns_tsig_close(&n->tsig);
	bns_tsig_open(&n->tsig, n->has_key ? &n->key : NULL);
	err = bns_ask_write(&n->ask, &n->tsig, msg, cap, len);
	LIST_INSERT_HEAD(id_bucket(n->ns, n->ask.id), n, same_id);
	return err;
}

static void try_again_later(struct notice *n)
{
	bns_timer_arm(&n->ns->t->timers, &n->timer, (uint64_t)1000 << (n->tries - 1));
}

/* A datagram that can't be sent now may be next time; the timer decides. */
static void send_by_udp(struct notice *n)
{
	struct socket *s = socket_for(n->ns, n->to.sa.sa_family);
	uint8_t msg[BNS_ASK_LEN_MAX];
	size_t len;

	try_again_later(n);
	if (notice_write(n, msg, sizeof(msg), &len) || !s)
		return;
	uv_buf_t buf = uv_buf_init((char *)msg, (unsigned)len);
	uv_udp_try_send(&s->udp, &buf, 1, &n->to.sa);
}

static void send_by_tls(struct notice *n);

static void notice_send(struct notice *n)
{
	n->tries++;
	if (n->tls)
		send_by_tls(n);
	else
		send_by_udp(n);
}

static void on_time(struct bns_timer *timer)
{
	struct notice *n = notice_of(timer);

	if (n->tries < TRIES_MAX) {
		notice_send(n);
		return;
	}
	log_about(n, BNS_LOG_WARN, "has not answered; it will find the change by itself at its next refresh");
	notice_end(n);
}

static void send_next_in_line(struct bns_notices *ns)
{
	while (!TAILQ_EMPTY(&ns->in_line) && ns->count < ON_THEIR_WAY_MAX) {
		struct notice *n = TAILQ_FIRST(&ns->in_line);
		TAILQ_REMOVE(&ns->in_line, n, line);
		n->on_its_way = true;
		LIST_INSERT_HEAD(id_bucket(ns, n->ask.id), n, same_id);
		ns->count++;
		notice_send(n);
	}
}

/* -- answers -- */

static struct notice *find_asked(struct bns_notices *ns, const uint8_t *msg, size_t len, const struct sockaddr *from)
{
	union bns_addr addr = {0};
	struct notice *n;

	if (len < BNS_HEADER_LEN)
		return NULL;
	memcpy(&addr, from, from->sa_family == AF_INET6 ? sizeof(addr.in6) : sizeof(addr.in4));
	LIST_FOREACH(n, id_bucket(ns, bns_message_id(msg)), same_id)
	if (!n->tls && n->ask.id == bns_message_id(msg) && bns_addr_same_host(&n->to, &addr) &&
	    bns_addr_port(&n->to) == bns_addr_port(&addr))
		return n;
	return NULL;
}

/* Takes what may be the answer; false: it isn't. */
static bool take_answer(struct notice *n, const uint8_t *msg, size_t len)
{
	char reason[BNS_ASK_REASON_MAX];
	enum bns_error err = bns_ask_check(&n->ask, msg, len, false, reason);

	if (err == BNS_EFORMAT)
		return false;
	/* Who refuses may not know our key, and can't sign; an acceptance must be signed. */
	if (!err && bns_tsig_verify_answer(&n->tsig, msg, len, (uint64_t)bns_clock_wall_s(), true, NULL))
		return false;
	n->exchange = NULL; /* over, whatever it is */
	if (err)
		log_about(n, BNS_LOG_WARN, reason);
	notice_end(n);
	return true;
}

static void on_received(uv_udp_t *udp, ssize_t n_read, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
	struct bns_notices *ns = udp->data;
	const uint8_t *msg = (const uint8_t *)buf->base;
	struct notice *n;

	(void)flags;
	if (n_read <= 0 || !from)
		return;
	n = find_asked(ns, msg, (size_t)n_read, from);
	if (n)
		(void)take_answer(n, msg, (size_t)n_read);
}

/* -- by TLS: on a connection that its zones may come over as well -- */

static enum bns_error tls_write(void *arg, uint8_t *msg, size_t cap, size_t *len)
{
	return notice_write(arg, msg, cap, len);
}

static void tls_failed(struct notice *n, const char *reason)
{
	char what[BNS_ASK_REASON_MAX];

	n->exchange = NULL;
	snprintf(what, sizeof(what), "could not be told over TLS: %.200s", reason);
	log_about(n, BNS_LOG_INFO, what);
	try_again_later(n);
}

static enum bns_more tls_message(void *arg, const uint8_t *msg, size_t len)
{
	struct notice *n = arg;

	if (take_answer(n, msg, len))
		return BNS_MORE_ENOUGH;
	tls_failed(n, "what it sent is no answer");
	return BNS_MORE_BROKEN;
}

static void tls_ended(void *arg, enum bns_error err, const char *reason)
{
	(void)err;
	tls_failed(arg, reason);
}

/* The exchange has a time of its own; the next try is counted from its end. */
static void send_by_tls(struct notice *n)
{
	struct bns_exchange_calls calls = {.write = tls_write, .message = tls_message, .ended = tls_ended, .arg = n};
	struct bns_peer *peer = bns_peer_get(&n->ns->t->peers, &n->to, n->tls);

	if (!peer || bns_exchange_start(peer, TLS_PROGRESS_MS, &calls, &n->exchange))
		tls_failed(n, "there is no way to it");
}

/* -- from outside -- */

void bns_notices_drop(struct bns_notices *ns, const uint8_t *apex)
{
	struct notice *next;

	for (struct notice *n = LIST_FIRST(zone_bucket(ns, apex)); n; n = next) {
		next = LIST_NEXT(n, same_zone);
		if (bns_name_equal(n->apex, apex))
			notice_free(n);
	}
}

static void add(struct bns_notices *ns, const struct bns_zone *zone, const union bns_addr *to,
		const struct bns_tsig_key *key, struct bns_tls_client *tls)
{
	struct notice *n = calloc(1, sizeof(*n));

	if (!n || bns_timer_add(&ns->t->timers, &n->timer, on_time)) {
		bns_log(BNS_LOG_ERR, "zone=%s no memory for a NOTIFY", zone->text);
		free(n);
		return;
	}
	n->ns = ns;
	n->to = *to;
	n->tls = bns_tls_client_ref(tls);
	memcpy(n->apex, zone->apex, bns_name_len(zone->apex));
	n->has_key = key != NULL;
	if (key)
		n->key = *key;
	n->ask = (struct bns_ask){.opcode = BNS_OPCODE_NOTIFY, .qtype = BNS_TYPE_SOA, .qname = n->apex};
	TAILQ_INSERT_TAIL(&ns->in_line, n, line);
	LIST_INSERT_HEAD(zone_bucket(ns, n->apex), n, same_zone);
}

void bns_notices_send(struct bns_notices *ns, const struct bns_zone *zone)
{
	bns_notices_drop(ns, zone->apex);
	for (size_t i = 0; i < zone->conf->set->notify_count; i++) {
		const struct bns_conf_remote *remote = zone->conf->set->notify[i];
		const struct bns_tsig_key *key = bns_transfer_key(ns->t, remote->key);
		struct bns_tls_client *tls = remote->tls ? bns_tls_peers_client(ns->t->tls_peers, remote) : NULL;
		/* Signed or not at all, where a key is configured; encrypted or not at all, where TLS is. */
		if ((remote->key && !key) || (remote->tls && !tls))
			continue;
		for (size_t j = 0; j < remote->address_count; j++)
			add(ns, zone, &remote->address[j], key, tls);
	}
	send_next_in_line(ns);
}

struct bns_notices *bns_notices_new(struct bns_transfer *t)
{
	struct bns_notices *ns = calloc(1, sizeof(*ns));

	if (!ns)
		return NULL;
	ns->t = t;
	TAILQ_INIT(&ns->in_line); /* an empty bucket is all zero */
	return ns;
}

static void on_closed(uv_handle_t *handle)
{
	struct bns_notices *ns = handle->data;

	if (--ns->closing == 0)
		free(ns);
}

void bns_notices_stop(struct bns_notices *ns)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (!LIST_EMPTY(&ns->by_zone[i]))
			notice_free(LIST_FIRST(&ns->by_zone[i]));
	ns->closing = (unsigned)ns->v4.open + ns->v6.open;
	if (ns->v4.open)
		uv_close((uv_handle_t *)&ns->v4.udp, on_closed);
	if (ns->v6.open)
		uv_close((uv_handle_t *)&ns->v6.udp, on_closed);
	if (ns->closing == 0)
		free(ns);
}
