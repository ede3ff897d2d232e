/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another name server that is asked over TCP, by however many zones: its few
 * connections, what waits for one of them, whose turn it is, and whether it
 * has answered lately.
 * Thread: the loop's.
 */
#ifndef BNS_TRANSFER_PEER_H
#define BNS_TRANSFER_PEER_H

#include <sys/queue.h>

#include "base/addr.h"
#include "transfer/line.h"
#include "transfer/timers.h"
#include "transfer/tls_client.h"

struct bns_channel;
struct bns_exchange;
TAILQ_HEAD(bns_exchange_list, bns_exchange);

#define BNS_PEER_BUCKETS 64

struct bns_peers {
	uv_loop_t *loop;
	struct bns_timers *timers;
	LIST_HEAD(, bns_peer) bucket[BNS_PEER_BUCKETS];
	struct bns_line judged; /* versions that the gate has */
	union bns_addr *known;  /* whoever was a peer once; few, as long as configurations name few */
	uint32_t known_count;
};

struct bns_peer {
	struct bns_peers *peers;
	union bns_addr addr;
	uint32_t number; /* of its address, which outlives it: zones remember by it whom they heard of; from 1 */
	struct bns_tls_client *tls; /* referred to; NULL: it is spoken to in the clear */
	struct bns_line checks;     /* serial checks of zones, over UDP or TCP; leads to the next */
	struct bns_line fetches;    /* transfers of zones; leads to peers->judged */

	LIST_HEAD(, bns_channel) channels;
	struct bns_exchange_list waiting; /* for room on a channel */
	unsigned good_for;   /* so many questions, then it closes a connection; UINT_MAX: more than we know */
	uint64_t learned_ms; /* when that was seen */
	uint64_t crowded_ms; /* when it took no further connection beside others; 0: never */

	uint64_t shed_ms;  /* when it sent zones away that were asked beside others */
	unsigned failures; /* in a row: no answer at all */
	uint64_t failed_ms;
	LIST_ENTRY(bns_peer) same;
};

void bns_peers_open(struct bns_peers *peers, uv_loop_t *loop, struct bns_timers *timers);

/* Closes every connection and forgets the peers; what is asked must have been cancelled. */
void bns_peers_close(struct bns_peers *peers);

/* The peer at that address, spoken to by `tls` (NULL: in the clear); made where it wasn't known. NULL: no memory. */
struct bns_peer *bns_peer_get(struct bns_peers *peers, const union bns_addr *addr, struct bns_tls_client *tls);

/* The address of that number; NULL: 0, which is nobody's. */
const union bns_addr *bns_peers_address(const struct bns_peers *peers, uint32_t number);

/* Forgets those whom nobody asks: the configuration was replaced, and has others. */
void bns_peers_sweep(struct bns_peers *peers);

/* It sends fewer zones at once than we asked for: half as many from now on, for ten minutes. */
void bns_peer_shed(struct bns_peer *peer);

/* What a question to it came to. Any answer shows that it is there. */
void bns_peer_answered(struct bns_peer *peer);
void bns_peer_failed(struct bns_peer *peer);

/* Has it failed so lately that others are to be asked before? The time doubles from 2 s to 5 minutes. */
bool bns_peer_is_down(const struct bns_peer *peer);

#endif
