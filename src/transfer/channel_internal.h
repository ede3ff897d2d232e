/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by channel.c (one connection) and exchange.c (the questions). Thread: the loop's. */
#ifndef BNS_TRANSFER_CHANNEL_INTERNAL_H
#define BNS_TRANSFER_CHANNEL_INTERNAL_H

#include "transfer/channel.h"
#include "transfer/stream.h"
#include "wire/message.h"

#define BNS_FRAME_MAX (2 + BNS_MESSAGE_MAX)

struct bns_exchange {
	struct bns_peer *peer;
	struct bns_channel *channel;    /* NULL: waits for one */
	struct bns_exchange_list *list; /* the one it is in */
	struct bns_exchange_calls calls;
	uint64_t progress_timeout_ms;
	uint64_t written_ms;
	uint64_t sent_ms;
	unsigned sends;
	bool began; /* a message of its answer came */
	TAILQ_ENTRY(bns_exchange) entry;
	size_t frame_len;
	uint8_t frame[2 + BNS_EXCHANGE_LEN_MAX]; /* the question behind its length */
};

struct bns_channel {
	struct bns_peer *peer;
	struct bns_stream *stream;
	struct bns_timer timer;
	bool open;
	bool busy; /* messages are being handed out: it must not go */
	bool gone;
	unsigned asked;
	unsigned answered;
	struct bns_exchange_list asking; /* the oldest first */
	unsigned count;
	uint64_t fresh; /* octets since the last progress */
	LIST_ENTRY(bns_channel) entry;
	size_t in_len; /* of `in`: a frame's two octets of length, and its message */
	uint8_t in[BNS_FRAME_MAX];
};

/* ---- exchange.c ---- */

void bns_exchange_enlist(struct bns_exchange *x, struct bns_exchange_list *list, bool first);
void bns_exchange_delist(struct bns_exchange *x);

/* The last thing done with an exchange that got no answer; with all of a list. */
void bns_exchange_end(struct bns_exchange *x, enum bns_error err, const char *reason);
void bns_exchanges_end(struct bns_exchange_list *list, enum bns_error err, const char *reason);

/* Asks for the question's octets, with another id. */
enum bns_error bns_exchange_write(struct bns_exchange *x) BNS_MUST_CHECK;

/* Sends those that wait, as far as there is room. */
void bns_peer_pump(struct bns_peer *peer);

/* ---- channel.c ---- */

/* A connection to the peer that begins to open; NULL: no memory or no way. */
struct bns_channel *bns_channel_new(struct bns_peer *peer);

/* The exchange's question goes out on it, once it is open. */
enum bns_error bns_channel_put(struct bns_channel *ch, struct bns_exchange *x) BNS_MUST_CHECK;

/* We give it up, for what one question's answer was; the others are innocent and asked again. */
void bns_channel_give_up(struct bns_channel *ch);

#endif
