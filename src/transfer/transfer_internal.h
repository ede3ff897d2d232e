/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this floor share. Thread: main loop. */
#ifndef BNS_TRANSFER_TRANSFER_INTERNAL_H
#define BNS_TRANSFER_TRANSFER_INTERNAL_H

#include <sys/queue.h>

#include "transfer/peer.h"
#include "transfer/timers.h"
#include "transfer/tls_peers.h"
#include "transfer/transfer.h"

struct bns_connection;
struct bns_notices;
struct bns_snapshot;

struct bns_transfer {
	uv_loop_t *loop;
	struct bns_gate *gate;
	const struct bns_answer_env *env;
	struct bns_timers timers;

	const struct bns_conf *conf;
	struct bns_tsig_key *keys; /* conf->keys, those that TSIG can work with */
	size_t key_count;
	struct bns_tls_peers *tls_peers; /* of conf's remotes and acls; NULL: none */
	unsigned conf_generation;        /* counts bns_transfer_set_conf: whose keys are gone with another */

	struct bns_peers peers; /* who is asked */

	struct bns_notices *notices;
	LIST_HEAD(, bns_snapshot) snapshots; /* what is or can be sent to further clients */
	LIST_HEAD(, bns_connection) connections;
	size_t connection_count;

	struct bns_transfer_counts counts;
};

/* The configured key as TSIG works with it; NULL: `conf` is NULL or unusable. */
const struct bns_tsig_key *bns_transfer_key(const struct bns_transfer *t, const struct bns_conf_key *conf);

#endif
