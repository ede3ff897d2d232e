/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/rcu.h"
#include "server/socket.h"

#define BATCH         64
#define ROUNDS_MAX    16   /* batches of one socket before the others have their turn */
#define REQUEST_BYTES 4096 /* longer datagrams are no questions */

struct udp_socket {
	struct bns_udp *udp;
	int fd;
	uv_poll_t poll;
};

/* One place of a batch, for a request and its answer. */
struct place {
	union bns_addr client;
	union bns_addr local;
	struct iovec in_data;
	struct iovec out_data;
	struct bns_socket_control in_control;
	struct bns_socket_control out_control;
};

struct bns_udp {
	struct bns_worker *worker;
	size_t answer_bytes;
	struct mmsghdr in[BATCH];
	struct mmsghdr out[BATCH];
	struct place places[BATCH];
	uint8_t *requests; /* BATCH * REQUEST_BYTES */
	uint8_t *answers;  /* BATCH * answer_bytes */
	size_t socket_count;
	struct udp_socket sockets[];
};

static void prepare_place(struct bns_udp *udp, unsigned i)
{
	struct place *p = &udp->places[i];
	p->in_data = (struct iovec){.iov_base = udp->requests + (size_t)i * REQUEST_BYTES, .iov_len = REQUEST_BYTES};
	p->out_data.iov_base = udp->answers + i * udp->answer_bytes;
	udp->in[i].msg_hdr = (struct msghdr){
		.msg_name = &p->client,
		.msg_namelen = sizeof(p->client),
		.msg_iov = &p->in_data,
		.msg_iovlen = 1,
		.msg_control = &p->in_control,
		.msg_controllen = sizeof(p->in_control),
	};
}

static int receive(struct bns_udp *udp, int fd)
{
	int received;
	do
		received = recvmmsg(fd, udp->in, BATCH, MSG_DONTWAIT, NULL);
	while (received < 0 && errno == EINTR);
	return received;
}

/* The rest of a batch that a full socket buffer doesn't take is lost, as datagrams may be. */
static void transmit(struct bns_udp *udp, int fd, unsigned count)
{
	unsigned sent = 0;
	while (sent < count) {
		int n = sendmmsg(fd, udp->out + sent, count - sent, MSG_DONTWAIT);
		if (n > 0)
			sent += (unsigned)n;
		else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			return;
		else if (errno != EINTR)
			sent++; /* this client can't be reached; the next one may */
	}
}

/* Is there an answer to send at place `i`? */
static bool answer_one(struct bns_udp *udp, int fd, unsigned i, size_t *answer_len)
{
	struct bns_worker *w = udp->worker;
	struct place *p = &udp->places[i];
	const struct msghdr *m = &udp->in[i].msg_hdr;
	size_t len = udp->in[i].msg_len;
	if (m->msg_flags & MSG_TRUNC)
		len = 0; /* cut off: counted, never answered */
	enum bns_answer_action action =
		bns_answer(&w->env, p->in_data.iov_base, len, &p->client, BNS_TRANSPORT_UDP, false,
			   p->out_data.iov_base, udp->answer_bytes, answer_len, &w->counts);
	if (action == BNS_ANSWER_DROP)
		return false;
	bns_socket_get_local(m, &p->local);
	if (action == BNS_ANSWER_SEND)
		return true;
	const struct bns_handoff_origin from = {
		.transport = BNS_TRANSPORT_UDP,
		.fd = fd,
		.client = p->client,
		.local = p->local,
	};
	(void)bns_worker_hand_over(w, &from, p->in_data.iov_base, len);
	return false;
}

static void answer_batch(struct bns_udp *udp, int fd, unsigned received)
{
	unsigned answers = 0;
	uint64_t began_ns = bns_latency_begin(&udp->worker->latency);
	for (unsigned i = 0; i < received; i++) {
		struct place *p = &udp->places[i];
		if (answer_one(udp, fd, i, &p->out_data.iov_len)) {
			struct msghdr *m = &udp->out[answers++].msg_hdr;
			*m = (struct msghdr){
				.msg_name = &p->client,
				.msg_namelen = udp->in[i].msg_hdr.msg_namelen,
				.msg_iov = &p->out_data,
				.msg_iovlen = 1,
			};
			bns_socket_set_local(m, &p->out_control, &p->local);
		}
	}
	bns_rcu_quiescent();
	transmit(udp, fd, answers);
	bns_latency_end(&udp->worker->latency, began_ns, answers);
	for (unsigned i = 0; i < received; i++)
		prepare_place(udp, i);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)events;
	const struct udp_socket *s = poll->data;
	/* libuv stops watching a socket with an error; receiving clears it. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
	bns_worker_wake(s->udp->worker);
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		int received = receive(s->udp, s->fd);
		if (received > 0)
			answer_batch(s->udp, s->fd, (unsigned)received);
		if (received < BATCH)
			return;
	}
}

static enum bns_error watch(struct bns_udp *udp, int fd)
{
	struct udp_socket *s = &udp->sockets[udp->socket_count];
	s->udp = udp;
	s->fd = fd;
	s->poll.data = s;
	if (uv_poll_init(&udp->worker->loop, &s->poll, fd) != 0)
		return BNS_EIO;
	udp->socket_count++;
	return uv_poll_start(&s->poll, UV_READABLE, on_readable) == 0 ? BNS_OK : BNS_EIO;
}

static size_t answer_bytes(const struct bns_worker *w)
{
	return w->env.udp_max_payload > BNS_UDP_PLAIN_MAX ? w->env.udp_max_payload : BNS_UDP_PLAIN_MAX;
}

/* On failure the caller stops and closes what there is. */
enum bns_error bns_udp_open(struct bns_worker *w, const struct bns_worker_conf *conf, struct bns_udp **out)
{
	struct bns_udp *udp = calloc(1, sizeof(*udp) + conf->fd_count * sizeof(udp->sockets[0]));
	if (!udp)
		return BNS_ENOMEM;
	*out = udp;
	udp->worker = w;
	udp->answer_bytes = answer_bytes(w);
	udp->requests = calloc(BATCH, REQUEST_BYTES);
	udp->answers = calloc(BATCH, udp->answer_bytes);
	if (!udp->requests || !udp->answers)
		return BNS_ENOMEM;
	for (unsigned i = 0; i < BATCH; i++)
		prepare_place(udp, i);
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < conf->fd_count && !err; i++)
		err = watch(udp, conf->udp_fds[i]);
	return err;
}

void bns_udp_stop(struct bns_udp *udp)
{
	for (size_t i = 0; udp && i < udp->socket_count; i++)
		uv_close((uv_handle_t *)&udp->sockets[i].poll, NULL);
}

void bns_udp_close(struct bns_udp *udp)
{
	if (!udp)
		return;
	free(udp->requests);
	free(udp->answers);
	free(udp);
}
