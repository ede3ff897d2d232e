/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/axfr_in.h"

#include <stdio.h>
#include <stdlib.h>

#include "transfer/channel.h"

#define REASON_MAX (BNS_ADDR_TEXT_MAX + BNS_NAME_TEXT_MAX + BNS_ASK_REASON_MAX + 32)

struct bns_axfr_in {
	struct bns_axfr_stream stream;
	struct bns_peer *primary;
	struct bns_exchange *exchange;
	bns_axfr_in_done_fn done;
	void *arg;
};

static void axfr_free(struct bns_axfr_in *x)
{
	bns_axfr_stream_close(&x->stream);
	free(x);
}

static void axfr_fail(struct bns_axfr_in *x, enum bns_error err, const char *what)
{
	char reason[REASON_MAX];
	char primary[BNS_ADDR_TEXT_MAX];
	char zone[BNS_NAME_TEXT_MAX];

	snprintf(reason, sizeof(reason), "transfer of %s from %s failed: the primary %s",
		 bns_name_to_text_nodot(x->stream.ask.qname, zone), bns_addr_to_text(&x->primary->addr, primary), what);
	x->done(x->arg, err, NULL, NULL, reason);
	axfr_free(x);
}

static enum bns_error axfr_ask(struct bns_axfr_in *x, bool edns);

/* Some close the connection on what they don't know, or say nothing (RFC 6891 §6.2.2 says better). */
static void ask_plainly(struct bns_axfr_in *x)
{
	enum bns_error err = axfr_ask(x, false);

	if (err)
		axfr_fail(x, err, "could not be asked again without EDNS");
}

static enum bns_more on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct bns_axfr_in *x = arg;
	enum bns_error err = bns_axfr_stream_feed(&x->stream, msg, len);

	if (!x->stream.started && bns_ask_dislikes_edns(&x->stream.ask, err, msg)) {
		ask_plainly(x);
		return BNS_MORE_ENOUGH;
	}
	if (err) {
		axfr_fail(x, err, x->stream.reason);
		return err == BNS_EDENIED ? BNS_MORE_ENOUGH : BNS_MORE_BROKEN;
	}
	if (!x->stream.done)
		return BNS_MORE_WAIT;
	x->done(x->arg, BNS_OK, bns_axfr_stream_take(&x->stream), &x->stream.expire, "");
	axfr_free(x);
	return BNS_MORE_ENOUGH;
}

static void on_ended(void *arg, enum bns_error err, const char *reason)
{
	struct bns_axfr_in *x = arg;
	char what[BNS_ASK_REASON_MAX];

	if (x->stream.ask.edns && !x->stream.started && err != BNS_EIO) {
		ask_plainly(x);
		return;
	}
	snprintf(what, sizeof(what), "%s (%.160s)",
		 x->stream.started ? "did not send the zone to its end" : "sent nothing of the zone", reason);
	axfr_fail(x, err, what);
}

static enum bns_error write_question(void *arg, uint8_t *msg, size_t cap, size_t *len)
{
	struct bns_axfr_in *x = arg;

	return bns_axfr_stream_ask(&x->stream, msg, cap, len);
}

static enum bns_error axfr_ask(struct bns_axfr_in *x, bool edns)
{
	struct bns_exchange_calls calls = {.write = write_question, .message = on_message, .ended = on_ended, .arg = x};

	x->stream.ask.edns = edns;
	return bns_exchange_start(x->primary, x->stream.limits.progress_timeout_ms, &calls, &x->exchange);
}

enum bns_error bns_axfr_in_start(struct bns_peer *primary, const uint8_t *apex, const struct bns_tsig_key *key,
				 bool edns, const struct bns_transfer_limits *limits, bns_axfr_in_done_fn done,
				 void *arg, struct bns_axfr_in **out)
{
	struct bns_axfr_in *x = malloc(sizeof(*x));
	enum bns_error err;

	if (!x)
		return BNS_ENOMEM;
	x->primary = primary;
	x->done = done;
	x->arg = arg;
	err = bns_axfr_stream_open(&x->stream, apex, key, limits);
	if (err) {
		free(x);
		return err;
	}
	err = axfr_ask(x, edns);
	if (err) {
		axfr_free(x);
		return err;
	}
	*out = x;
	return BNS_OK;
}

void bns_axfr_in_cancel(struct bns_axfr_in *x)
{
	if (!x)
		return;
	bns_exchange_cancel(x->exchange);
	axfr_free(x);
}
