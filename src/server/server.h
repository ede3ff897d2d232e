/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening sockets and the workers behind them. Every worker has its own
 * SO_REUSEPORT sockets: a thread for each UDP socket, and one for connections
 * with a libuv loop, all on one core; nothing is shared between threads but
 * the table. What needs the main loop (NOTIFY, TSIG,
 * transfers out) is handed over without a lock or an allocation: a datagram
 * through a ring, a TCP connection with what was read so far.
 */
#ifndef BNS_SERVER_SERVER_H
#define BNS_SERVER_SERVER_H

#include <uv.h>

#include "answer/answer.h"
#include "server/adopt.h"
#include "server/latency.h"
#include "server/tls_ctx.h"

struct bns_server_conf {
	const union bns_addr *listen;
	size_t listen_count;
	const union bns_addr *listen_tls; /* DNS over TLS; needs bns_server_set_tls before the start */
	size_t listen_tls_count;
	unsigned workers; /* 0: one per core */
	uint16_t udp_max_payload;
	unsigned tcp_max_clients; /* over all workers, TLS included */
	uint64_t tcp_idle_timeout_ms;
	struct bns_passed_list *passed; /* sockets of somebody else's, used for their addresses; NULL: none */
	const struct bns_answer_conf *const *answer_conf; /* for bns_answer_env.conf; outlives the server */
};

/* A datagram the main loop shall answer; send with bns_server_reply. */
struct bns_datagram {
	int fd;
	union bns_addr client;
	union bns_addr local; /* destination address; family 0 where not known */
	size_t len;
	const uint8_t *msg;
};

/* Main loop: called for each handed-over datagram; `d` lives until it returns. */
typedef void (*bns_datagram_fn)(void *arg, const struct bns_datagram *d);

/*
 * Main loop: takes the connection over, descriptor and TLS (detached; NULL: in
 * the clear) included. `pending` holds octets already read (from the two-octet
 * length of the request on); it lives until the call returns.
 */
typedef void (*bns_connection_fn)(void *arg, int fd, struct bns_tls *tls, const union bns_addr *client,
				  const uint8_t *pending, size_t len);

struct bns_server;

/* Binds every address, UDP and TCP, or TLS; `diag` names the one that failed. No worker runs yet. */
enum bns_error bns_server_open(const struct bns_server_conf *conf, struct bns_server **out,
			       struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * The address number `index` of the configuration as it is bound, those for TLS
 * behind the others: a port 0 has become one that was free.
 */
void bns_server_address(const struct bns_server *s, size_t index, union bns_addr *addr);

/* The sockets, number by number, until -1; `addr` and `transport` say where one listens. Of several workers' each one.
 */
int bns_server_socket(const struct bns_server *s, size_t index, union bns_addr *addr, enum bns_transport *transport);

/*
 * Main loop: new connections get this certificate from now on; it is the
 * server's then. The former one is freed once no connection needs it.
 */
void bns_server_set_tls(struct bns_server *s, struct bns_tls_ctx *ctx);

/* Starts the workers. `loop` is the main loop, on which the two calls above come. */
enum bns_error bns_server_start(struct bns_server *s, uv_loop_t *loop, const struct bns_table *table,
				const struct bns_plugins *plugins, bns_datagram_fn on_datagram,
				bns_connection_fn on_connection, void *arg) BNS_MUST_CHECK;

/* Main loop: sends an answer from the address it was asked at. */
void bns_server_reply(const struct bns_datagram *d, const uint8_t *msg, size_t len);

/* Sum over the workers; each count is read once, atomically. */
void bns_server_counts(const struct bns_server *s, struct bns_answer_counts *sum);
void bns_server_latency(const struct bns_server *s, enum bns_transport transport, struct bns_latency *sum);
unsigned bns_server_workers(const struct bns_server *s);

/* Stops and joins the workers, closes the sockets and the main loop's handles (run the loop once more after it). */
void bns_server_stop(struct bns_server *s);
void bns_server_free(struct bns_server *s);

#endif
