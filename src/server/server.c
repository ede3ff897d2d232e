/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/server.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rcu.h"
#include "server/socket.h"
#include "server/tcp_worker.h"
#include "server/udp.h"

#define PORT_TRIES_MAX 32

struct bns_server {
	struct bns_server_conf conf; /* `listen` and `workers` are our own */
	union bns_addr *listen;      /* as bound, those for TLS behind the others */
	int *fds;                    /* per worker: those for UDP, for TCP, for TLS; -1: not open */
	struct bns_tls_ctx *tls;     /* replaced under the workers' eyes */
	struct bns_worker **threads; /* per worker: one for each UDP socket, then one for connections */
	cpu_set_t cpus;
	bool started;
	uv_async_t wake;
	bns_datagram_fn on_datagram;
	bns_connection_fn on_connection;
	void *arg;
};

static size_t fd_count(const struct bns_server *s)
{
	return s->conf.workers * (2 * s->conf.listen_count + s->conf.listen_tls_count);
}

static int *fds_of(const struct bns_server *s, unsigned worker, enum bns_transport transport)
{
	size_t per_worker = 2 * s->conf.listen_count + s->conf.listen_tls_count;
	return s->fds + worker * per_worker + transport * s->conf.listen_count;
}

static size_t thread_count(const struct bns_server *s)
{
	return s->conf.workers * (s->conf.listen_count + 1);
}

static bool is_passed(const struct bns_server *s, const union bns_addr *addr, enum bns_transport transport)
{
	return s->conf.passed && bns_adopt_count(s->conf.passed, addr, transport) > 0;
}

/* A worker's socket: somebody else's where there is one for the address, or a new one. */
static enum bns_error open_one(const struct bns_server *s, const union bns_addr *addr, enum bns_transport transport,
			       unsigned worker, int *fd, struct bns_diag *diag)
{
	if (is_passed(s, addr, transport))
		return bns_adopt(s->conf.passed, addr, transport, worker, fd, diag);
	return bns_socket_open(addr, transport, fd, diag);
}

/* Both transports at one port; `addr` says which. */
static enum bns_error open_pair(const struct bns_server *s, union bns_addr *addr, unsigned worker, int *udp, int *tcp,
				struct bns_diag *diag)
{
	union bns_addr bound;
	enum bns_error err = open_one(s, addr, BNS_TRANSPORT_UDP, worker, udp, diag);
	if (err)
		return err;
	err = bns_socket_bound(*udp, &bound);
	if (!err)
		err = open_one(s, &bound, BNS_TRANSPORT_TCP, worker, tcp, diag);
	if (err) {
		close(*udp);
		*udp = -1;
		return err;
	}
	*addr = bound;
	return BNS_OK;
}

static enum bns_error probe(const struct bns_server *s, const union bns_addr *addr, enum bns_transport transport,
			    struct bns_diag *diag)
{
	if (bns_addr_port(addr) == 0 || is_passed(s, addr, transport))
		return BNS_OK;
	return bns_socket_probe(addr, transport, diag);
}

/* The first worker's sockets settle a port that was left open: one that happens to be free for both transports. */
static enum bns_error open_sockets_at(struct bns_server *s, size_t index, struct bns_diag *diag)
{
	union bns_addr *addr = &s->listen[index];
	unsigned tries = bns_addr_port(addr) == 0 ? PORT_TRIES_MAX : 1;
	enum bns_error err = probe(s, addr, BNS_TRANSPORT_UDP, diag);
	for (unsigned w = 0; w < s->conf.workers && !err; w++) {
		int *udp = &fds_of(s, w, BNS_TRANSPORT_UDP)[index];
		int *tcp = &fds_of(s, w, BNS_TRANSPORT_TCP)[index];
		do
			err = open_pair(s, addr, w, udp, tcp, tries > 1 ? NULL : diag);
		while (err && --tries > 0);
		tries = 1;
	}
	return err;
}

static enum bns_error open_tls_sockets_at(struct bns_server *s, size_t index, struct bns_diag *diag)
{
	union bns_addr *addr = &s->listen[s->conf.listen_count + index];
	enum bns_error err = probe(s, addr, BNS_TRANSPORT_TLS, diag);
	for (unsigned w = 0; w < s->conf.workers && !err; w++) {
		int *fd = &fds_of(s, w, BNS_TRANSPORT_TLS)[index];
		err = open_one(s, addr, BNS_TRANSPORT_TLS, w, fd, diag);
		if (!err)
			err = bns_socket_bound(*fd, addr);
	}
	return err;
}

/* No socket without a reader: see server/adopt.h. */
static void need_workers(struct bns_server *s, const union bns_addr *addr, enum bns_transport transport)
{
	size_t sockets = s->conf.passed ? bns_adopt_count(s->conf.passed, addr, transport) : 0;
	if (sockets > s->conf.workers)
		s->conf.workers = (unsigned)sockets;
}

static enum bns_error allocate(struct bns_server *s, const struct bns_server_conf *conf)
{
	s->conf = *conf;
	if (sched_getaffinity(0, sizeof(s->cpus), &s->cpus) != 0)
		CPU_ZERO(&s->cpus);
	if (s->conf.workers == 0)
		s->conf.workers = CPU_COUNT(&s->cpus) > 0 ? (unsigned)CPU_COUNT(&s->cpus) : 1;
	for (size_t i = 0; i < conf->listen_count; i++) {
		need_workers(s, &conf->listen[i], BNS_TRANSPORT_UDP);
		need_workers(s, &conf->listen[i], BNS_TRANSPORT_TCP);
	}
	for (size_t i = 0; i < conf->listen_tls_count; i++)
		need_workers(s, &conf->listen_tls[i], BNS_TRANSPORT_TLS);
	s->threads = calloc(thread_count(s), sizeof(struct bns_worker *));
	s->listen = calloc(conf->listen_count + conf->listen_tls_count + 1, sizeof(*s->listen));
	s->fds = calloc(fd_count(s) + 1, sizeof(*s->fds));
	if (!s->threads || !s->listen || !s->fds)
		return BNS_ENOMEM;
	for (size_t i = 0; i < conf->listen_count; i++)
		s->listen[i] = conf->listen[i];
	for (size_t i = 0; i < conf->listen_tls_count; i++)
		s->listen[conf->listen_count + i] = conf->listen_tls[i];
	for (size_t i = 0; i < fd_count(s); i++)
		s->fds[i] = -1;
	s->conf.listen = s->listen;
	s->conf.listen_tls = s->listen + conf->listen_count;
	return BNS_OK;
}

enum bns_error bns_server_open(const struct bns_server_conf *conf, struct bns_server **out, struct bns_diag *diag)
{
	struct bns_server *s = calloc(1, sizeof(*s));
	enum bns_error err = s ? allocate(s, conf) : BNS_ENOMEM;
	if (err)
		bns_diag_set(diag, NULL, 0, 0, "%s while opening the listening sockets", bns_strerror(err));
	for (size_t i = 0; i < conf->listen_count && !err; i++)
		err = open_sockets_at(s, i, diag);
	for (size_t i = 0; i < conf->listen_tls_count && !err; i++)
		err = open_tls_sockets_at(s, i, diag);
	if (s)
		s->conf.passed = NULL;
	if (err)
		bns_server_free(s);
	else
		*out = s;
	return err;
}

void bns_server_address(const struct bns_server *s, size_t index, union bns_addr *addr)
{
	*addr = s->listen[index];
}

int bns_server_socket(const struct bns_server *s, size_t index, union bns_addr *addr, enum bns_transport *transport)
{
	if (index >= fd_count(s))
		return -1;
	size_t plain = s->conf.listen_count;
	size_t place = index % (2 * plain + s->conf.listen_tls_count);
	*transport = place < plain ? BNS_TRANSPORT_UDP : place < 2 * plain ? BNS_TRANSPORT_TCP : BNS_TRANSPORT_TLS;
	*addr = s->listen[place < plain ? place : place - plain];
	return s->fds[index];
}

void bns_server_set_tls(struct bns_server *s, struct bns_tls_ctx *ctx)
{
	struct bns_tls_ctx *former = s->tls;
	bns_rcu_store(s->tls, ctx);
	bns_tls_ctx_retire(former);
}

unsigned bns_server_workers(const struct bns_server *s)
{
	return s->conf.workers;
}

static void deliver(const struct bns_server *s, const struct bns_handoff_item *item)
{
	const struct bns_handoff_origin *from = &item->from;
	if (from->transport != BNS_TRANSPORT_UDP) {
		s->on_connection(s->arg, from->fd, from->tls, &from->client, item->data, item->len);
		return;
	}
	const struct bns_datagram d = {
		.fd = from->fd,
		.client = from->client,
		.local = from->local,
		.len = item->len,
		.msg = item->data,
	};
	s->on_datagram(s->arg, &d);
}

static void on_wake(uv_async_t *wake)
{
	struct bns_server *s = wake->data;
	for (size_t i = 0; i < thread_count(s); i++) {
		struct bns_handoff *h = &s->threads[i]->handoff;
		const struct bns_handoff_item *item;
		while ((item = bns_handoff_first(h))) {
			deliver(s, item);
			bns_handoff_pop(h);
		}
	}
}

/* The n-th core this process may use; one worker alone runs where it likes. */
static int core_for(const struct bns_server *s, unsigned worker)
{
	int cores = CPU_COUNT(&s->cpus);
	if (s->conf.workers == 1 || cores == 0)
		return -1;
	int left = (int)(worker % (unsigned)cores);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &s->cpus) && left-- == 0)
			return cpu;
	return -1;
}

/* Each worker's share of the clients, rounded up; nobody could be served with none. */
static unsigned clients_for_each(const struct bns_server *s)
{
	unsigned share = (s->conf.tcp_max_clients + s->conf.workers - 1) / s->conf.workers;
	return share > 0 ? share : 1;
}

static enum bns_error open_tcp_worker(struct bns_server *s, unsigned number, const struct bns_worker_conf *worker,
				      struct bns_worker **out)
{
	const struct bns_tcp_conf conf = {
		.tcp_fds = fds_of(s, number, BNS_TRANSPORT_TCP),
		.tcp_fd_count = s->conf.listen_count,
		.tls_fds = fds_of(s, number, BNS_TRANSPORT_TLS),
		.tls_fd_count = s->conf.listen_tls_count,
		.tls = &s->tls,
		.tcp_max_clients = clients_for_each(s),
		.tcp_idle_timeout_ms = s->conf.tcp_idle_timeout_ms,
	};
	return bns_tcp_worker_open(worker, &conf, out);
}

static enum bns_error open_worker(struct bns_server *s, unsigned number, const struct bns_answer_env *env)
{
	const struct bns_worker_conf conf = {.env = *env, .cpu = core_for(s, number), .wake = &s->wake};
	struct bns_worker **threads = s->threads + number * (s->conf.listen_count + 1);
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < s->conf.listen_count && !err; i++)
		err = bns_udp_open(&conf, fds_of(s, number, BNS_TRANSPORT_UDP)[i], threads++);
	return err ? err : open_tcp_worker(s, number, &conf, threads);
}

enum bns_error bns_server_start(struct bns_server *s, uv_loop_t *loop, const struct bns_table *table,
				const struct bns_plugins *plugins, bns_datagram_fn on_datagram,
				bns_connection_fn on_connection, void *arg)
{
	const struct bns_answer_env env = {
		.table = table,
		.plugins = plugins,
		.is_overheard = bns_plugins_have_answered(plugins),
		.conf = s->conf.answer_conf,
		.udp_max_payload = s->conf.udp_max_payload,
		.keepalive_ds = bns_answer_keepalive(s->conf.tcp_idle_timeout_ms),
	};
	s->on_datagram = on_datagram;
	s->on_connection = on_connection;
	s->arg = arg;
	s->wake.data = s;
	assert(s->tls || s->conf.listen_tls_count == 0);
	if (uv_async_init(loop, &s->wake, on_wake) != 0)
		return BNS_ENOMEM;
	s->started = true;
	enum bns_error err = BNS_OK;
	for (unsigned w = 0; w < s->conf.workers && !err; w++)
		err = open_worker(s, w, &env);
	for (size_t i = 0; i < thread_count(s) && !err; i++)
		err = bns_worker_start(s->threads[i]);
	if (err)
		bns_server_stop(s);
	return err;
}

void bns_server_reply(const struct bns_datagram *d, const uint8_t *msg, size_t len)
{
	struct iovec data = {.iov_base = (void *)(uintptr_t)msg, .iov_len = len};
	union bns_addr client = d->client;
	struct bns_socket_control control;
	struct msghdr m = {
		.msg_name = &client, .msg_namelen = bns_addr_len(&client), .msg_iov = &data, .msg_iovlen = 1};
	bns_socket_set_local(&m, &control, &d->local);
	(void)sendmsg(d->fd, &m, MSG_DONTWAIT); /* lost like any datagram may be */
}

static void add_counts(struct bns_answer_counts *sum, const struct bns_answer_counts *counts)
{
	sum->queries += __atomic_load_n(&counts->queries, __ATOMIC_RELAXED);
	sum->dropped += __atomic_load_n(&counts->dropped, __ATOMIC_RELAXED);
	sum->handed_over += __atomic_load_n(&counts->handed_over, __ATOMIC_RELAXED);
	sum->truncated += __atomic_load_n(&counts->truncated, __ATOMIC_RELAXED);
	for (unsigned i = 0; i <= BNS_TRANSPORT_TLS; i++)
		sum->transport[i] += __atomic_load_n(&counts->transport[i], __ATOMIC_RELAXED);
	for (unsigned i = 0; i < BNS_ANSWER_RCODES; i++)
		sum->rcode[i] += __atomic_load_n(&counts->rcode[i], __ATOMIC_RELAXED);
	for (unsigned i = 0; i < BNS_ANSWER_TYPES; i++)
		sum->type[i] += __atomic_load_n(&counts->type[i], __ATOMIC_RELAXED);
}

void bns_server_counts(const struct bns_server *s, struct bns_answer_counts *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < thread_count(s); i++)
		if (s->threads[i])
			add_counts(sum, &s->threads[i]->counts);
}

void bns_server_latency(const struct bns_server *s, enum bns_transport transport, struct bns_latency *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < thread_count(s); i++)
		if (s->threads[i])
			bns_latency_sum(sum, &s->threads[i]->latency[transport]);
}

static void close_connections(struct bns_handoff *h)
{
	const struct bns_handoff_item *item;
	while ((item = bns_handoff_first(h))) {
		if (item->from.transport != BNS_TRANSPORT_UDP) {
			bns_tls_close(item->from.tls);
			close(item->from.fd);
		}
		bns_handoff_pop(h);
	}
}

static void close_sockets(struct bns_server *s)
{
	for (size_t i = 0; s->fds && i < fd_count(s); i++) {
		if (s->fds[i] >= 0)
			close(s->fds[i]);
		s->fds[i] = -1;
	}
}

/* Workers stay readable for bns_server_counts until the server is freed. */
void bns_server_stop(struct bns_server *s)
{
	if (!s->started)
		return;
	s->started = false;
	for (size_t i = 0; i < thread_count(s); i++) {
		if (!s->threads[i])
			continue;
		bns_worker_stop(s->threads[i]);
		close_connections(&s->threads[i]->handoff);
	}
	uv_close((uv_handle_t *)&s->wake, NULL);
	close_sockets(s);
}

void bns_server_free(struct bns_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->threads && i < thread_count(s); i++)
		bns_worker_close(s->threads[i]);
	close_sockets(s);
	bns_tls_ctx_retire(s->tls);
	free(s->threads);
	free(s->listen);
	free(s->fds);
	free(s);
}
