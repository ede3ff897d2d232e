/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a request's octets to an answer's octets: parse, find the zone, decide
 * (answer/lookup.h), encode (answer/encode.h). The one entry for UDP, TCP and
 * tests. No allocation, no lock, no system call.
 * Thread: any that is registered and online in RCU.
 */
#ifndef BNS_ANSWER_ANSWER_H
#define BNS_ANSWER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/conf.h"
#include "base/addr.h"
#include "plugin/host.h"
#include "wire/counts.h"
#include "wire/message.h"
#include "zone/table.h"

/* What doesn't change from query to query; read-only. */
struct bns_answer_env {
	const struct bns_table *table;
	const struct bns_plugins *plugins; /* NULL: no query hooks */
	bool is_overheard;                 /* some plugin hears of exchanges: bns_plugins_have_answered */
	/* Where the server's self-portrait is found, which may be replaced; NULL: there is none. */
	const struct bns_answer_conf *const *conf;
	uint16_t udp_max_payload; /* server.udp-max-payload */
	uint16_t keepalive_ds;    /* server.tcp-idle-timeout in tenths of a second (RFC 7828); 0: not told */
};

/* A timeout for `keepalive_ds`: the longest that can be told is nearly two hours. */
static inline uint16_t bns_answer_keepalive(uint64_t idle_timeout_ms)
{
	return idle_timeout_ms / 100 > UINT16_MAX ? UINT16_MAX : (uint16_t)(idle_timeout_ms / 100);
}

enum bns_answer_action {
	BNS_ANSWER_SEND,     /* `out_len` octets */
	BNS_ANSWER_DROP,     /* not a request, or nothing that may be answered */
	BNS_ANSWER_HANDOVER, /* NOTIFY, TSIG, AXFR, IXFR: the main loop's */
};

/* A request on its way. The caller fills in the first part and keeps it alive; the rest is the calls' own. */
struct bns_query {
	const uint8_t *msg;
	size_t len;
	const union bns_addr *client;
	enum bns_transport transport;
	bool allow_tsig; /* the caller (main loop) has verified the TSIG itself, so don't hand over because of it */

	bool dropped;
	enum bns_error parsed;
	const struct bns_image *guess; /* most likely its zone */
	const struct bns_node *node;   /* of the guess: most likely its name's */
	struct bns_request req;
};

/*
 * Answers one request in four steps, so that a batch of them can take each
 * step together: what a step will need of memory has been asked for by the one
 * before. Without leaving RCU in between.
 */
void bns_answer_read(const struct bns_answer_env *env, struct bns_query *q);
void bns_answer_find(const struct bns_answer_env *env, struct bns_query *q);
void bns_answer_approach(struct bns_query *q);

/*
 * The last step. `out` has room for `cap` octets (65535 for TCP and TLS, at
 * least 512). Over UDP the answer is no longer than the client allows.
 */
enum bns_answer_action bns_answer_write(const struct bns_answer_env *env, struct bns_query *q, uint8_t *out, size_t cap,
					size_t *out_len, struct bns_answer_counts *counts);

/* All for one request. */
enum bns_answer_action bns_answer(const struct bns_answer_env *env, const uint8_t *msg, size_t len,
				  const union bns_addr *client, enum bns_transport transport, bool allow_tsig,
				  uint8_t *out, size_t cap, size_t *out_len, struct bns_answer_counts *counts);

#endif
