/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection to a peer: what goes out on it, what comes, and what becomes of the questions when it ends. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "transfer/channel_internal.h"
#include "wire/message.h"

#define IDLE_MS         2000  /* RFC 7766 §6.2.3: who asked closes, soon after the last answer */
#define PROGRESS_OCTETS 4096  /* or a whole message: fewer are no progress */
#define WRITTEN_MS      10000 /* an older question is signed anew */
#define SENDS_MAX       5

/* -- a channel's time -- */

static struct bns_timers *timers_of(const struct bns_channel *ch)
{
	return ch->peer->peers->timers;
}

static void channel_wait(struct bns_channel *ch)
{
	uint64_t longest_ms = ch->count ? 0 : IDLE_MS;
	struct bns_exchange *x;

	TAILQ_FOREACH(x, &ch->asking, entry)
	if (x->progress_timeout_ms > longest_ms)
		longest_ms = x->progress_timeout_ms;
	ch->fresh = 0;
	bns_timer_arm(timers_of(ch), &ch->timer, longest_ms);
}

/* -- the end of a channel -- */

static void channel_forget(struct bns_channel *ch)
{
	LIST_REMOVE(ch, entry);
	bns_timer_drop(timers_of(ch), &ch->timer);
	bns_stream_close(ch->stream);
	ch->stream = NULL;
	ch->gone = true;
	if (!ch->busy)
		free(ch);
}

/* Takes the channel's questions: those to be asked again go back in line, the others into `lost`. */
static void take_questions(struct bns_channel *ch, bool again, struct bns_exchange_list *lost)
{
	while (!TAILQ_EMPTY(&ch->asking)) {
		struct bns_exchange *x = TAILQ_LAST(&ch->asking, bns_exchange_list);
		bool back = again && !x->began && x->sends < SENDS_MAX;
		bns_exchange_delist(x);
		bns_exchange_enlist(x, back ? &ch->peer->waiting : lost, true);
	}
}

static void channel_end(struct bns_channel *ch, bool again, enum bns_error err, const char *reason)
{
	struct bns_exchange_list lost = TAILQ_HEAD_INITIALIZER(lost);
	struct bns_peer *peer = ch->peer;

	take_questions(ch, again, &lost);
	channel_forget(ch);
	bns_exchanges_end(&lost, err, reason);
	bns_peer_pump(peer);
}

void bns_channel_give_up(struct bns_channel *ch)
{
	channel_end(ch, true, BNS_ESHORT, "its connection had to be closed");
}

static void learn(struct bns_peer *peer, unsigned good_for)
{
	peer->good_for = good_for;
	peer->learned_ms = bns_clock_mono_ms();
}

static bool others_are_open(const struct bns_channel *mine)
{
	const struct bns_channel *ch;

	LIST_FOREACH(ch, &mine->peer->channels, entry)
	if (ch != mine && ch->open)
		return true;
	return false;
}

/* Those that wait for room would meet the same. */
static void take_waiting(struct bns_channel *ch)
{
	struct bns_exchange *x;

	while ((x = TAILQ_FIRST(&ch->peer->waiting))) {
		bns_exchange_delist(x);
		bns_exchange_enlist(x, &ch->asking, false);
		x->channel = ch;
		ch->count++;
	}
}

/*
 * The other side closed, or nobody can be reached. Some close after each
 * answer, or on what they don't know, or take only so many connections: the
 * others on it are asked again, and with no more on one than it has shown to
 * be good for.
 */
static void on_ended(void *arg, enum bns_error err, const char *reason)
{
	struct bns_channel *ch = arg;
	struct bns_peer *peer = ch->peer;
	bool again = ch->answered > 0 || (ch->open && ch->count > 1);

	ch->stream = NULL;
	if (ch->answered == 0 && others_are_open(ch)) {
		again = true;
		peer->crowded_ms = bns_clock_mono_ms();
	} else if (!ch->open) {
		take_waiting(ch);
	} else if (ch->count > 0) {
		learn(peer, ch->answered > 0 ? ch->answered : 1);
	}
	channel_end(ch, again, err, reason);
}

static void on_time(struct bns_timer *timer)
{
	struct bns_channel *ch = (struct bns_channel *)((char *)timer - offsetof(struct bns_channel, timer));
	struct bns_exchange *x;
	bool some_began = false;

	TAILQ_FOREACH(x, &ch->asking, entry)
	some_began = some_began || x->began;
	channel_end(ch, some_began, BNS_ETIMEOUT, "nothing came over TCP for too long");
}

/* -- what comes -- */

static uint16_t id_of(const struct bns_exchange *x)
{
	return bns_get_u16(x->frame + 2);
}

static struct bns_exchange *find_asking(const struct bns_channel *ch, const uint8_t *msg, size_t len)
{
	struct bns_exchange *x;

	/* Where one alone is asked, it is for that one to say what is wrong with the message. */
	if (ch->count == 1)
		return TAILQ_FIRST(&ch->asking);
	if (len < BNS_HEADER_LEN)
		return NULL;
	TAILQ_FOREACH(x, &ch->asking, entry)
	if (id_of(x) == bns_message_id(msg))
		return x;
	return NULL;
}

static void take_back(struct bns_channel *ch, struct bns_exchange *x)
{
	bns_exchange_enlist(x, &ch->asking, true);
	x->channel = ch;
	ch->count++;
	if (ch->gone)
		bns_exchange_end(x, BNS_ESHORT, "its connection had to be closed");
}

/* One message. False: the channel is given up. */
static bool hand_out(struct bns_channel *ch, const uint8_t *msg, size_t len)
{
	struct bns_exchange *x = find_asking(ch, msg, len);
	enum bns_more more;

	if (!x) {
		if (ch->count > 0)
			learn(ch->peer, 1); /* one at a time: then it shows whose answer is wrong */
		return false;
	}
	x->began = true;
	bns_peer_answered(ch->peer);
	/* Out of reach of what is done meanwhile: the channel may be given up. */
	bns_exchange_delist(x);
	more = x->calls.message(x->calls.arg, msg, len);
	if (more == BNS_MORE_WAIT) {
		take_back(ch, x);
		return true;
	}
	ch->answered++;
	free(x);
	return more == BNS_MORE_ENOUGH;
}

/* Hands out the whole messages in `in`. False: the channel is to be given up, or gone. */
static bool deliver(struct bns_channel *ch, bool *some)
{
	size_t pos = 0;

	while (ch->in_len - pos >= 2) {
		size_t len = bns_get_u16(ch->in + pos);
		if (ch->in_len - pos - 2 < len)
			break;
		if (!hand_out(ch, ch->in + pos + 2, len) || ch->gone)
			return false;
		pos += 2 + len;
		*some = true;
	}
	ch->in_len -= pos;
	memmove(ch->in, ch->in + pos, ch->in_len);
	return true;
}

static void on_room(void *arg, uint8_t **data, size_t *cap)
{
	struct bns_channel *ch = arg;

	*data = ch->in + ch->in_len;
	*cap = sizeof(ch->in) - ch->in_len;
}

static bool is_used_up(const struct bns_channel *ch)
{
	return ch->count == 0 && ch->asked >= ch->peer->good_for;
}

static void on_received(void *arg, size_t len)
{
	struct bns_channel *ch = arg;
	struct bns_peer *peer = ch->peer;
	bool some = false;
	bool keep;

	ch->in_len += len;
	ch->fresh += len;
	ch->busy = true;
	keep = deliver(ch, &some);
	ch->busy = false;
	if (ch->gone) {
		free(ch);
	} else if (!keep || is_used_up(ch)) {
		bns_channel_give_up(ch);
		return;
	} else if (some || ch->fresh >= PROGRESS_OCTETS) {
		channel_wait(ch);
	}
	bns_peer_pump(peer);
}

/* -- what goes -- */

/* No two questions of a connection may have the same id (RFC 7766 §6.2.1). */
static bool id_is_taken(const struct bns_channel *ch, const struct bns_exchange *mine)
{
	struct bns_exchange *x;

	TAILQ_FOREACH(x, &ch->asking, entry)
	if (x != mine && id_of(x) == id_of(mine))
		return true;
	return false;
}

static enum bns_error channel_send(struct bns_channel *ch, struct bns_exchange *x)
{
	bool old = x->sends > 0 || bns_clock_mono_ms() - x->written_ms > WRITTEN_MS;
	enum bns_error err = old ? bns_exchange_write(x) : BNS_OK;

	while (!err && id_is_taken(ch, x))
		err = bns_exchange_write(x);
	if (!err)
		err = bns_stream_write(ch->stream, x->frame, x->frame_len);
	if (err)
		return err;
	x->sends++;
	x->sent_ms = bns_clock_mono_ms();
	ch->asked++;
	return BNS_OK;
}

static void on_opened(void *arg)
{
	struct bns_channel *ch = arg;
	struct bns_exchange *x, *next;

	ch->open = true;
	for (x = TAILQ_FIRST(&ch->asking); x; x = next) {
		next = TAILQ_NEXT(x, entry);
		if (channel_send(ch, x)) {
			channel_end(ch, false, BNS_EIO, "the question can't be sent over TCP");
			return;
		}
	}
	channel_wait(ch);
	bns_peer_pump(ch->peer);
}

struct bns_channel *bns_channel_new(struct bns_peer *peer)
{
	struct bns_stream_calls calls = {
		.opened = on_opened, .room = on_room, .received = on_received, .ended = on_ended};
	struct bns_channel *ch = malloc(sizeof(*ch));

	if (!ch)
		return NULL;
	memset(ch, 0, offsetof(struct bns_channel, in));
	ch->peer = peer;
	TAILQ_INIT(&ch->asking);
	calls.arg = ch;
	if (bns_timer_add(peer->peers->timers, &ch->timer, on_time)) {
		free(ch);
		return NULL;
	}
	if (bns_stream_open(peer->peers->loop, &peer->addr, peer->tls, &calls, &ch->stream)) {
		bns_timer_drop(peer->peers->timers, &ch->timer);
		free(ch);
		return NULL;
	}
	LIST_INSERT_HEAD(&peer->channels, ch, entry);
	return ch;
}

enum bns_error bns_channel_put(struct bns_channel *ch, struct bns_exchange *x)
{
	enum bns_error err = BNS_OK;

	bns_exchange_delist(x);
	bns_exchange_enlist(x, &ch->asking, false);
	x->channel = ch;
	ch->count++;
	if (ch->open)
		err = channel_send(ch, x);
	if (!err && ch->count == 1)
		channel_wait(ch);
	return err;
}

void bns_channels_close(struct bns_peer *peer)
{
	while (!LIST_EMPTY(&peer->channels))
		channel_forget(LIST_FIRST(&peer->channels));
}
