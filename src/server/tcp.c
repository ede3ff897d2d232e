/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/rcu.h"
#include "server/tcp_io.h"
#include "server/tls_ctx.h"

#define ACCEPTS_MAX 16   /* of one listener before others have their turn */
#define CLOSING_MAX 16   /* places beyond the limit, for connections whose handle is still closing */
#define READ_BYTES  4096 /* at once, unless a longer request has begun */

struct listener {
	struct bns_tcp *tcp;
	int fd;
	bool tls;
	uv_poll_t poll;
};

struct bns_tcp {
	struct bns_tcp_worker *worker;
	struct bns_tcp_pool pool;
	struct bns_tls_ctx *const *tls;
	unsigned max_clients;
	uint64_t idle_timeout_ms;
	uv_timer_t idle;
	int spare_fd;     /* given up to turn a client away when descriptors run out */
	uint8_t *answers; /* BNS_TCP_OUT_BYTES: where answers are made */
	size_t listener_count;
	struct listener listeners[];
};

static enum bns_transport transport_of(const struct bns_tcp_conn *conn)
{
	return conn->tls ? BNS_TRANSPORT_TLS : BNS_TRANSPORT_TCP;
}

static void on_closed(uv_handle_t *poll)
{
	struct bns_tcp_conn *conn = poll->data;
	bns_tcp_pool_give_back(&conn->tcp->pool, conn);
}

/* The connection ends for this worker; its descriptor goes on elsewhere or is closed. */
static void release(struct bns_tcp_conn *conn)
{
	uv_poll_stop(&conn->poll);
	uv_close((uv_handle_t *)&conn->poll, on_closed);
	bns_tcp_pool_leave(&conn->tcp->pool, conn);
}

static void hang_up(struct bns_tcp_conn *conn)
{
	release(conn);
	bns_tls_close(conn->tls);
	close(conn->fd);
}

static void hand_over(struct bns_tcp_conn *conn)
{
	const struct bns_handoff_origin from = {
		.transport = transport_of(conn),
		.fd = conn->fd,
		.tls = conn->tls,
		.client = conn->client,
	};
	release(conn);
	if ((conn->tls && bns_tls_detach(conn->tls)) ||
	    !bns_worker_hand_over(&conn->tcp->worker->worker, &from, conn->in, conn->in_len)) {
		bns_tls_close(conn->tls);
		close(conn->fd);
	}
}

static void on_idle(uv_timer_t *timer);

/* The oldest connection is the first to run out of time; nothing ticks while there is none. */
static void set_idle_timer(struct bns_tcp *tcp)
{
	const struct bns_tcp_conn *oldest = tcp->pool.oldest;
	if (!oldest)
		return;
	uint64_t due = oldest->progress_ms + tcp->idle_timeout_ms;
	uint64_t now = uv_now(&tcp->worker->loop);
	uv_timer_start(&tcp->idle, on_idle, due > now ? due - now : 0, 0);
}

static void on_idle(uv_timer_t *timer)
{
	struct bns_tcp *tcp = timer->data;
	uint64_t now = uv_now(timer->loop);
	while (tcp->pool.oldest && tcp->pool.oldest->progress_ms + tcp->idle_timeout_ms <= now)
		hang_up(tcp->pool.oldest);
	set_idle_timer(tcp);
}

static size_t first_frame_len(const uint8_t *in, size_t len)
{
	return len < 2 ? 2 : 2 + (size_t)bns_get_u16(in);
}

/* Answers requests of `in` until it is empty, `answers` is full or a request is another's. Octets of `count` answers.
 */
static size_t answer_requests(struct bns_tcp_conn *conn, unsigned *count)
{
	struct bns_worker *w = &conn->tcp->worker->worker;
	uint8_t *answers = conn->tcp->answers;
	size_t used = 0, pos = 0;
	while (!conn->hand_over && BNS_TCP_OUT_BYTES - used >= BNS_TCP_FRAME_MAX) {
		size_t frame = first_frame_len(conn->in + pos, conn->in_len - pos);
		if (conn->in_len - pos < frame)
			break;
		size_t len = 0;
		enum bns_answer_action action =
			bns_answer(&w->env, conn->in + pos + 2, frame - 2, &conn->client, transport_of(conn), false,
				   answers + used + 2, BNS_MESSAGE_MAX, &len, &w->counts);
		if (action == BNS_ANSWER_HANDOVER) {
			conn->hand_over = true;
			break;
		}
		pos += frame;
		if (action == BNS_ANSWER_SEND) {
			bns_put_u16(answers + used, (uint16_t)len);
			used += 2 + len;
			*count += 1;
		}
	}
	memmove(conn->in, conn->in + pos, conn->in_len - pos);
	conn->in_len -= pos;
	return used;
}

static void on_event(uv_poll_t *poll, int status, int events);

static void watch_for(struct bns_tcp_conn *conn, int events)
{
	if (uv_poll_start(&conn->poll, events, on_event) != 0)
		hang_up(conn);
}

/* What the peer doesn't take now is kept; until it is taken, nothing more is read. False: the peer is gone. */
static bool send_answers(struct bns_tcp_conn *conn, const uint8_t *answers, size_t len)
{
	ssize_t taken = bns_tcp_write(conn, answers, len);
	if (taken < 0)
		return false;
	conn->out_pos = 0;
	conn->out_len = len - (size_t)taken;
	if (conn->out_len > 0) {
		memcpy(conn->out, answers + taken, conn->out_len);
		conn->large = true;
	}
	return true;
}

/* Small reads keep the buffer to its first page; a request that is longer gets what it needs. */
static ssize_t take(struct bns_tcp_conn *conn)
{
	size_t wanted = first_frame_len(conn->in, conn->in_len);
	if (wanted < READ_BYTES)
		wanted = READ_BYTES;
	else
		conn->large = true;
	ssize_t n = bns_tcp_read(conn, conn->in + conn->in_len, wanted - conn->in_len);
	if (n > 0)
		conn->in_len += (size_t)n;
	return n;
}

/* Answers what has been read; then either waits for more, or for the peer to take its answers. */
static void go_on(struct bns_tcp_conn *conn)
{
	struct bns_tcp *tcp = conn->tcp;
	struct bns_latency *latency = &tcp->worker->worker.latency[transport_of(conn)];
	for (;;) {
		bool has_request = conn->in_len >= first_frame_len(conn->in, conn->in_len);
		uint64_t began_ns = has_request ? bns_latency_begin(latency) : 0;
		unsigned count = 0;
		size_t len = answer_requests(conn, &count);
		if (len == 0 && !conn->hand_over && bns_tcp_pending(conn) && take(conn) > 0)
			continue;
		if (len == 0)
			break;
		bns_tcp_pool_touch(&tcp->pool, conn, uv_now(&tcp->worker->loop));
		if (!send_answers(conn, tcp->answers, len)) {
			hang_up(conn);
			return;
		}
		bns_latency_end(latency, began_ns, count);
		if (conn->out_len > 0) {
			watch_for(conn, UV_WRITABLE);
			return;
		}
	}
	if (conn->hand_over)
		hand_over(conn);
	else
		watch_for(conn, bns_tcp_event_to_read(conn));
}

static void on_writable(struct bns_tcp_conn *conn)
{
	ssize_t taken = bns_tcp_write(conn, conn->out + conn->out_pos, conn->out_len);
	if (taken < 0) {
		hang_up(conn);
		return;
	}
	conn->out_pos += (size_t)taken;
	conn->out_len -= (size_t)taken;
	if (conn->out_len > 0)
		return;
	bns_tcp_pool_touch(&conn->tcp->pool, conn, uv_now(&conn->tcp->worker->loop));
	go_on(conn);
}

static void on_readable(struct bns_tcp_conn *conn)
{
	ssize_t n = take(conn);
	if (n > 0)
		go_on(conn);
	else if (n < 0)
		hang_up(conn);
	else
		watch_for(conn, bns_tcp_event_to_read(conn));
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct bns_tcp_conn *conn = poll->data;
	(void)events; /* only one is ever watched for */
	bns_tcp_worker_wake(conn->tcp->worker);
	if (status < 0)
		hang_up(conn);
	else if (conn->out_len > 0)
		on_writable(conn);
	else
		on_readable(conn);
	bns_rcu_quiescent();
}

/* Out of descriptors the waiting client would wake the loop for ever: it is taken and turned away. */
static void turn_away(struct bns_tcp *tcp, int listen_fd)
{
	close(tcp->spare_fd);
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	tcp->spare_fd = eventfd(0, EFD_CLOEXEC); /* a worker opens no files */
}

static void add_connection(struct bns_tcp *tcp, int fd, const union bns_addr *client, struct bns_tls *tls)
{
	uv_loop_t *loop = &tcp->worker->loop;
	struct bns_tcp_conn *conn = bns_tcp_pool_take(&tcp->pool, client, uv_now(loop));
	conn->fd = fd;
	conn->tls = tls;
	conn->tcp = tcp;
	if (uv_poll_init(loop, &conn->poll, fd) != 0) {
		bns_tcp_pool_leave(&tcp->pool, conn);
		bns_tcp_pool_give_back(&tcp->pool, conn);
		bns_tls_close(tls);
		close(fd);
		return;
	}
	conn->poll.data = conn;
	watch_for(conn, UV_READABLE);
}

/* False: nobody waits, or there is no place before the loop has closed some handles. */
static bool accept_one(const struct listener *l)
{
	struct bns_tcp *tcp = l->tcp;
	struct bns_tls *tls = NULL;
	if (!tcp->pool.free)
		return false;
	union bns_addr client;
	socklen_t len = sizeof(client);
	int fd = accept4(l->fd, &client.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(tcp, l->fd);
		return errno == EINTR || errno == ECONNABORTED;
	}
	if (l->tls && !(tls = bns_tls_ctx_accept(bns_rcu_load(*tcp->tls), fd))) {
		close(fd);
		return true;
	}
	if (tcp->pool.taken == tcp->max_clients)
		hang_up(bns_tcp_pool_find_dispensable(&tcp->pool, &client));
	add_connection(tcp, fd, &client, tls);
	return true;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	(void)events;
	const struct listener *l = poll->data;
	/* libuv stops watching a socket with an error; accepting clears it. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_connection);
	bns_tcp_worker_wake(l->tcp->worker);
	for (unsigned i = 0; i < ACCEPTS_MAX && accept_one(l); i++)
		;
	if (!uv_is_active((uv_handle_t *)&l->tcp->idle))
		set_idle_timer(l->tcp);
}

static enum bns_error watch(struct bns_tcp *tcp, int fd, bool tls)
{
	struct listener *l = &tcp->listeners[tcp->listener_count];
	l->tcp = tcp;
	l->fd = fd;
	l->tls = tls;
	l->poll.data = l;
	if (uv_poll_init(&tcp->worker->loop, &l->poll, fd) != 0)
		return BNS_EIO;
	tcp->listener_count++;
	return uv_poll_start(&l->poll, UV_READABLE, on_connection) == 0 ? BNS_OK : BNS_EIO;
}

/* On failure the caller stops and closes what there is. */
enum bns_error bns_tcp_open(struct bns_tcp_worker *worker, const struct bns_tcp_conf *conf, struct bns_tcp **out)
{
	size_t count = conf->tcp_fd_count + conf->tls_fd_count;
	struct bns_tcp *tcp = calloc(1, sizeof(*tcp) + count * sizeof(tcp->listeners[0]));
	if (!tcp)
		return BNS_ENOMEM;
	*out = tcp;
	tcp->worker = worker;
	tcp->tls = conf->tls;
	tcp->max_clients = conf->tcp_max_clients;
	tcp->idle_timeout_ms = conf->tcp_idle_timeout_ms;
	tcp->spare_fd = eventfd(0, EFD_CLOEXEC);
	tcp->answers = malloc(BNS_TCP_OUT_BYTES);
	uv_timer_init(&worker->loop, &tcp->idle);
	tcp->idle.data = tcp;
	if (!tcp->answers || tcp->spare_fd < 0)
		return BNS_ENOMEM;
	enum bns_error err = bns_tcp_pool_open(&tcp->pool, (size_t)tcp->max_clients + CLOSING_MAX);
	for (size_t i = 0; i < conf->tcp_fd_count && !err; i++)
		err = watch(tcp, conf->tcp_fds[i], false);
	for (size_t i = 0; i < conf->tls_fd_count && !err; i++)
		err = watch(tcp, conf->tls_fds[i], true);
	return err;
}

void bns_tcp_stop(struct bns_tcp *tcp)
{
	if (!tcp)
		return;
	while (tcp->pool.oldest)
		hang_up(tcp->pool.oldest);
	for (size_t i = 0; i < tcp->listener_count; i++)
		uv_close((uv_handle_t *)&tcp->listeners[i].poll, NULL);
	uv_close((uv_handle_t *)&tcp->idle, NULL);
}

void bns_tcp_close(struct bns_tcp *tcp)
{
	if (!tcp)
		return;
	if (tcp->spare_fd >= 0)
		close(tcp->spare_fd);
	bns_tcp_pool_close(&tcp->pool);
	free(tcp->answers);
	free(tcp);
}
