/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions over TCP: which of a peer's connections each goes to, and those that wait for one. */
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "transfer/channel_internal.h"

#define CHANNELS_MAX     4 /* of a peer, beside those that a long transfer keeps */
#define CHANNELS_MAX_ALL 16
#define CROWDED_MS       1000
#define DEPTH_MAX        16     /* questions at a time on one */
#define STALE_MS         3000   /* a question that waits for so long gets no others behind it */
#define PROGRESS_MS      10000  /* where the question says nothing else */
#define FORGET_MS        600000 /* what was learned of a peer's habits */

void bns_exchange_enlist(struct bns_exchange *x, struct bns_exchange_list *list, bool first)
{
	x->list = list;
	if (first)
		TAILQ_INSERT_HEAD(list, x, entry);
	else
		TAILQ_INSERT_TAIL(list, x, entry);
}

void bns_exchange_delist(struct bns_exchange *x)
{
	TAILQ_REMOVE(x->list, x, entry);
	if (x->channel)
		x->channel->count--;
	x->channel = NULL;
	x->list = NULL;
}

void bns_exchange_end(struct bns_exchange *x, enum bns_error err, const char *reason)
{
	struct bns_exchange_calls calls = x->calls;

	bns_exchange_delist(x);
	free(x);
	calls.ended(calls.arg, err, reason);
}

void bns_exchanges_end(struct bns_exchange_list *list, enum bns_error err, const char *reason)
{
	while (!TAILQ_EMPTY(list))
		bns_exchange_end(TAILQ_FIRST(list), err, reason);
}

enum bns_error bns_exchange_write(struct bns_exchange *x)
{
	size_t len;
	enum bns_error err = x->calls.write(x->calls.arg, x->frame + 2, BNS_EXCHANGE_LEN_MAX, &len);

	if (err)
		return err;
	bns_put_u16(x->frame, (uint16_t)len);
	x->frame_len = 2 + len;
	x->written_ms = bns_clock_mono_ms();
	return BNS_OK;
}

/* -- which channel -- */

static bool is_stale(const struct bns_channel *ch, uint64_t now_ms)
{
	const struct bns_exchange *first = TAILQ_FIRST(&ch->asking);

	return first && first->sends > 0 && now_ms - first->sent_ms > STALE_MS;
}

static bool has_room(const struct bns_channel *ch)
{
	return ch->count < DEPTH_MAX && ch->asked + (ch->open ? 0 : ch->count) < ch->peer->good_for;
}

/* The one with the fewest questions; another where all have some and there may be more. NULL: none has room. */
static struct bns_channel *channel_for(struct bns_peer *peer)
{
	struct bns_channel *best = NULL, *ch;
	uint64_t now_ms = bns_clock_mono_ms();
	unsigned usable = 0, all = 0;

	if (peer->good_for != UINT_MAX && now_ms - peer->learned_ms > FORGET_MS)
		peer->good_for = UINT_MAX;
	LIST_FOREACH(ch, &peer->channels, entry)
	{
		all++;
		if (is_stale(ch, now_ms))
			continue;
		usable++;
		if (has_room(ch) && (!best || ch->count < best->count))
			best = ch;
	}
	if (all > 0 && peer->crowded_ms && now_ms - peer->crowded_ms < CROWDED_MS)
		return best;
	if ((best && best->count == 0) || usable >= CHANNELS_MAX || all >= CHANNELS_MAX_ALL)
		return best;
	ch = bns_channel_new(peer);
	return ch ? ch : best;
}

void bns_peer_pump(struct bns_peer *peer)
{
	struct bns_channel *ch;

	while (!TAILQ_EMPTY(&peer->waiting) && (ch = channel_for(peer))) {
		struct bns_exchange *x = TAILQ_FIRST(&peer->waiting);
		if (bns_channel_put(ch, x))
			bns_exchange_end(x, BNS_EIO, "the question can't be sent over TCP");
	}
	if (LIST_EMPTY(&peer->channels))
		bns_exchanges_end(&peer->waiting, BNS_EIO, "there is no memory or no way for a connection");
}

/* -- from outside -- */

enum bns_error bns_exchange_start(struct bns_peer *peer, uint64_t progress_timeout_ms,
				  const struct bns_exchange_calls *calls, struct bns_exchange **out)
{
	struct bns_exchange *x = malloc(sizeof(*x));
	struct bns_channel *ch = NULL;
	enum bns_error err;

	if (!x)
		return BNS_ENOMEM;
	memset(x, 0, offsetof(struct bns_exchange, frame));
	x->peer = peer;
	x->calls = *calls;
	x->progress_timeout_ms = progress_timeout_ms ? progress_timeout_ms : PROGRESS_MS;
	err = bns_exchange_write(x);
	if (err) {
		free(x);
		return err;
	}
	/* Who came before goes before. */
	if (TAILQ_EMPTY(&peer->waiting))
		ch = channel_for(peer);
	bns_exchange_enlist(x, &peer->waiting, false);
	if (ch)
		err = bns_channel_put(ch, x);
	else if (LIST_EMPTY(&peer->channels))
		err = BNS_EIO;
	if (err) {
		bns_exchange_delist(x);
		free(x);
		return err;
	}
	*out = x;
	return BNS_OK;
}

void bns_exchange_cancel(struct bns_exchange *x)
{
	struct bns_channel *ch;
	bool sent;

	if (!x)
		return;
	ch = x->channel;
	sent = x->sends > 0;
	bns_exchange_delist(x);
	free(x);
	/* Its answer may still come, and would be taken for another's fault. */
	if (ch && sent && !ch->gone)
		bns_channel_give_up(ch);
}

bool bns_channels_are_idle(const struct bns_peer *peer)
{
	const struct bns_channel *ch;

	LIST_FOREACH(ch, &peer->channels, entry)
	if (ch->count > 0)
		return false;
	return TAILQ_EMPTY(&peer->waiting);
}

bool bns_channel_is_at_hand(const struct bns_peer *peer)
{
	const struct bns_channel *ch;
	uint64_t now_ms = bns_clock_mono_ms();

	LIST_FOREACH(ch, &peer->channels, entry)
	if (ch->open && has_room(ch) && !is_stale(ch, now_ms))
		return true;
	return false;
}
