/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/udp.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rcu.h"
#include "server/socket.h"

#define BATCH 64
#define GROUP 16 /* of a batch, answered together: enough to wait for memory once, few enough for the nearest cache */
#define LINE  64

#define WAKE_SIGNAL   SIGUSR2
#define WAKE_AGAIN_NS 500000

/* One place of a batch, for a request and its answer. */
struct place {
	union bns_addr client;
	struct iovec in;
	struct iovec out;
	struct bns_socket_control in_control;
	struct bns_socket_control out_control;
};

struct bns_udp {
	struct bns_worker worker;
	int fd;
	bool wildcard; /* answers must leave from the address that was asked */
	atomic_bool stopping;
	atomic_bool stopped;
	size_t place_bytes; /* of a request's or an answer's octets */
	uint8_t *octets;
	struct mmsghdr in[BATCH];
	struct mmsghdr out[BATCH];
	struct place places[BATCH];
	struct bns_query queries[GROUP];
};

static struct bns_udp *udp_of(struct bns_worker *w)
{
	return (struct bns_udp *)w;
}

/* ---- receiving and sending ---- */

/* What the kernel has written over since the last batch. */
static void reset_places(struct bns_udp *udp, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct msghdr *m = &udp->in[i].msg_hdr;
		m->msg_namelen = sizeof(udp->places[i].client);
		m->msg_controllen = udp->wildcard ? sizeof(udp->places[i].in_control) : 0;
	}
}

static unsigned receive(struct bns_udp *udp)
{
	int received = recvmmsg(udp->fd, udp->in, BATCH, MSG_WAITFORONE, NULL);
	return received > 0 ? (unsigned)received : 0;
}

/* The rest of a batch that a full socket buffer doesn't take is lost, as datagrams may be. */
static void transmit(struct bns_udp *udp, unsigned count)
{
	unsigned sent = 0;
	while (sent < count) {
		int n = sendmmsg(udp->fd, udp->out + sent, count - sent, MSG_DONTWAIT);
		if (n > 0)
			sent += (unsigned)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			return;
		else if (errno != EINTR)
			sent++; /* this client can't be reached; the next one may */
	}
}

/* ---- answering ---- */

static void read_request(struct bns_udp *udp, unsigned i, struct bns_query *q)
{
	const struct mmsghdr *m = &udp->in[i];
	q->msg = udp->places[i].in.iov_base;
	q->len = m->msg_hdr.msg_flags & MSG_TRUNC ? 0 : m->msg_len; /* cut off: counted, never answered */
	q->client = &udp->places[i].client;
	q->transport = BNS_TRANSPORT_UDP;
	q->allow_tsig = false;
	bns_answer_read(&udp->worker.env, q);
}

static void get_local(const struct bns_udp *udp, unsigned i, union bns_addr *local)
{
	if (udp->wildcard)
		bns_socket_get_local(&udp->in[i].msg_hdr, local);
	else
		memset(local, 0, sizeof(*local));
}

static void hand_over(struct bns_udp *udp, unsigned i, const struct bns_query *q)
{
	struct bns_handoff_origin from = {.transport = BNS_TRANSPORT_UDP, .fd = udp->fd, .client = *q->client};
	get_local(udp, i, &from.local);
	(void)bns_worker_hand_over(&udp->worker, &from, q->msg, q->len);
}

static void add_answer(struct bns_udp *udp, unsigned i, struct msghdr *m)
{
	struct place *p = &udp->places[i];
	m->msg_name = &p->client;
	m->msg_namelen = udp->in[i].msg_hdr.msg_namelen;
	m->msg_iov = &p->out;
	m->msg_iovlen = 1;
	if (udp->wildcard) {
		union bns_addr local;
		get_local(udp, i, &local);
		bns_socket_set_local(m, &p->out_control, &local);
	}
}

/*
 * Each step for all of the group before the next one, so that what a step asks
 * memory for has come when the next one needs it. Returns how many answers
 * there are with those before.
 */
static unsigned answer_group(struct bns_udp *udp, unsigned first, unsigned count, unsigned answers)
{
	struct bns_worker *w = &udp->worker;
	for (unsigned i = 0; i < count; i++)
		read_request(udp, first + i, &udp->queries[i]);
	for (unsigned i = 0; i < count; i++)
		bns_answer_find(&w->env, &udp->queries[i]);
	for (unsigned i = 0; i < count; i++)
		bns_answer_approach(&udp->queries[i]);
	for (unsigned i = 0; i < count; i++) {
		struct iovec *out = &udp->places[first + i].out;
		enum bns_answer_action action = bns_answer_write(&w->env, &udp->queries[i], out->iov_base,
								 udp->place_bytes, &out->iov_len, &w->counts);
		if (action == BNS_ANSWER_SEND)
			add_answer(udp, first + i, &udp->out[answers++].msg_hdr);
		else if (action == BNS_ANSWER_HANDOVER)
			hand_over(udp, first + i, &udp->queries[i]);
	}
	return answers;
}

static unsigned answer_batch(struct bns_udp *udp, unsigned received)
{
	unsigned answers = 0;
	for (unsigned first = 0; first < received; first += GROUP) {
		unsigned count = received - first < GROUP ? received - first : GROUP;
		answers = answer_group(udp, first, count, answers);
	}
	return answers;
}

/* ---- the worker ---- */

static void on_wake_signal(int number)
{
	(void)number; /* it has ended a system call: all it is for */
}

static void take_wake_signal(void)
{
	const struct sigaction action = {.sa_handler = on_wake_signal};
	sigset_t wake;
	sigemptyset(&wake);
	sigaddset(&wake, WAKE_SIGNAL);
	(void)sigaction(WAKE_SIGNAL, &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
}

static void answer_datagrams(struct bns_udp *udp, unsigned received)
{
	struct bns_latency *latency = &udp->worker.latency[BNS_TRANSPORT_UDP];
	uint64_t began_ns = bns_latency_begin(latency);
	bns_rcu_online();
	unsigned answers = answer_batch(udp, received);
	bns_rcu_offline();
	transmit(udp, answers);
	bns_latency_end(latency, began_ns, answers);
	reset_places(udp, received);
}

/* Online only while the table is read: a grace period waits for no system call. */
static void udp_run(struct bns_worker *w)
{
	struct bns_udp *udp = udp_of(w);
	take_wake_signal();
	bns_rcu_offline();
	while (!atomic_load_explicit(&udp->stopping, memory_order_relaxed)) {
		unsigned received = receive(udp);
		if (received > 0)
			answer_datagrams(udp, received);
	}
	bns_rcu_online();
	atomic_store_explicit(&udp->stopped, true, memory_order_relaxed);
}

/*
 * The socket may be a service manager's too, so it isn't shut down: what it
 * holds is for whoever reads it next. A signal that comes right before the
 * worker falls asleep doesn't wake it; a further one does.
 */
static void udp_interrupt(struct bns_worker *w)
{
	const struct timespec pause = {.tv_nsec = WAKE_AGAIN_NS};
	struct bns_udp *udp = udp_of(w);
	atomic_store_explicit(&udp->stopping, true, memory_order_relaxed);
	while (!atomic_load_explicit(&udp->stopped, memory_order_relaxed)) {
		pthread_kill(w->thread, WAKE_SIGNAL);
		nanosleep(&pause, NULL);
	}
}

static void udp_close(struct bns_worker *w)
{
	free(udp_of(w)->octets);
}

static const struct bns_worker_kind udp_kind = {.run = udp_run, .interrupt = udp_interrupt, .close = udp_close};

/* An odd number of cache lines, so that the heads of all places don't fall upon a few of the cache's sets. */
static size_t place_bytes(const struct bns_answer_env *env)
{
	size_t least = env->udp_max_payload > BNS_EDNS_UDP_DEFAULT ? env->udp_max_payload : BNS_EDNS_UDP_DEFAULT;
	return ((least + LINE - 1) / LINE | 1) * LINE;
}

static void set_up_place(struct bns_udp *udp, unsigned i)
{
	struct place *p = &udp->places[i];
	uint8_t *octets = udp->octets + 2 * i * udp->place_bytes;
	p->in = (struct iovec){.iov_base = octets, .iov_len = udp->place_bytes};
	p->out.iov_base = octets + udp->place_bytes;
	udp->in[i].msg_hdr = (struct msghdr){
		.msg_name = &p->client,
		.msg_iov = &p->in,
		.msg_iovlen = 1,
		.msg_control = udp->wildcard ? &p->in_control : NULL,
	};
}

enum bns_error bns_udp_open(const struct bns_worker_conf *conf, int fd, struct bns_worker **out)
{
	union bns_addr addr;
	struct bns_worker *w = bns_worker_new(&udp_kind, conf, sizeof(struct bns_udp));
	if (!w)
		return BNS_ENOMEM;
	struct bns_udp *udp = udp_of(w);
	*out = w;
	udp->fd = fd;
	udp->place_bytes = place_bytes(&conf->env);
	udp->octets = aligned_alloc(LINE, 2 * BATCH * udp->place_bytes);
	if (!udp->octets)
		return BNS_ENOMEM;
	enum bns_error err = bns_socket_bound(fd, &addr);
	udp->wildcard = bns_socket_is_wildcard(&addr);
	bns_socket_set_payload(fd, &addr, conf->env.udp_max_payload);
	for (unsigned i = 0; i < BATCH; i++)
		set_up_place(udp, i);
	reset_places(udp, BATCH);
	return err;
}
