/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The secondary's work: SOA refresh, retry and expire timers with jitter,
 * AXFR in, NOTIFY in and out, AXFR out, TSIG and ACLs. What comes in goes to
 * the gate; nothing here touches the table of zones.
 * Thread: main loop.
 */
#ifndef BNS_TRANSFER_TRANSFER_H
#define BNS_TRANSFER_TRANSFER_H

#include <uv.h>

#include "answer/answer.h"
#include "conf/conf.h"
#include "gate/gate.h"
#include "server/server.h"
#include "transfer/tls_peers.h"
#include "wire/tsig.h"

struct bns_transfer;

struct bns_transfer *bns_transfer_new(uv_loop_t *loop, struct bns_gate *gate, const struct bns_answer_env *env);

/* `conf` in force from now on (start and reload): keys, remotes, ACLs. Zones are told one by one below. */
void bns_transfer_set_conf(struct bns_transfer *t, const struct bns_conf *conf);

/* What `conf` needs of files to know others by TLS; it is the transfer's then. Told together with
 * bns_transfer_set_conf. */
void bns_transfer_set_tls(struct bns_transfer *t, struct bns_tls_peers *peers);

/* A secondary's timers begin (at once where it has no version or is overdue), or follow its new conf. */
void bns_transfer_zone_start(struct bns_transfer *t, struct bns_zone *zone);
void bns_transfer_zone_stop(struct bns_transfer *t, struct bns_zone *zone);

/*
 * Asks the primaries now and waits for the gate's verdict. `force`:
 * retransfer, whatever the serial, also what was rejected. `done` may be NULL.
 */
void bns_transfer_refresh(struct bns_transfer *t, struct bns_zone *zone, bool force, bns_result_fn done, void *arg);

/* NOTIFY to zone->conf->set->notify, retried until answered. */
void bns_transfer_notify(struct bns_transfer *t, struct bns_zone *zone);

/* For bns_server_start: NOTIFY, TSIG-signed questions, AXFR and IXFR (answered by AXFR). */
void bns_transfer_on_datagram(void *arg, const struct bns_datagram *d);
void bns_transfer_on_connection(void *arg, int fd, struct bns_tls *tls, const union bns_addr *client,
				const uint8_t *pending, size_t len);

/* For `zone status`. Seconds until; -1 where it doesn't apply. */
struct bns_transfer_status {
	int64_t refresh_in_s;
	int64_t expires_in_s;
	char primary[BNS_ADDR_TEXT_MAX]; /* who answered last; "" */
	uint32_t primary_serial;         /* what it said */
	bool busy;                       /* a check or transfer runs */
};
void bns_transfer_status(const struct bns_transfer *t, const struct bns_zone *zone, struct bns_transfer_status *out);

/* Since the start. */
struct bns_transfer_counts {
	uint64_t refreshes[BNS_OUTCOME_FAILED + 1]; /* of all secondaries, by how they ended */
	uint64_t in_whole;                          /* zones that came by AXFR, whatever became of them */
	uint64_t in_changes;                        /* by IXFR */
	uint64_t in_failed;
	uint64_t out; /* begun */
	uint64_t out_refused;
};
void bns_transfer_get_counts(const struct bns_transfer *t, struct bns_transfer_counts *out);

void bns_transfer_stop(struct bns_transfer *t);
void bns_transfer_free(struct bns_transfer *t);

/*
 * A plain AXFR by a client (brandnsctl's `@server`): waits for the whole zone.
 * `key` and `tls` may be NULL. `diag` says what went wrong. Own loop; not for
 * the daemon.
 */
enum bns_error bns_axfr_fetch(const union bns_addr *server, const uint8_t *apex, const struct bns_tsig_key *key,
			      struct bns_tls_client *tls, struct bns_contents **out,
			      struct bns_diag *diag) BNS_MUST_CHECK;

#endif
