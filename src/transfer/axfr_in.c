/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/axfr_in.h"

#include <stdio.h>
#include <stdlib.h>

#define REASON_MAX (BNS_ADDR_TEXT_MAX + BNS_NAME_TEXT_MAX + BNS_ASK_REASON_MAX + 32)

struct bns_axfr_in {
	struct bns_axfr_stream stream;
	uv_loop_t *loop;
	struct bns_timers *timers;
	struct bns_query *query;
	union bns_addr primary;
	struct bns_tls_client *tls;
	bns_axfr_in_done_fn done;
	void *arg;
};

static void axfr_free(struct bns_axfr_in *x)
{
	bns_axfr_stream_close(&x->stream);
	bns_tls_client_unref(x->tls);
	free(x);
}

static void axfr_fail(struct bns_axfr_in *x, enum bns_error err, const char *what)
{
	char reason[REASON_MAX];
	char primary[BNS_ADDR_TEXT_MAX];
	char zone[BNS_NAME_TEXT_MAX];

	snprintf(reason, sizeof(reason), "transfer of %s from %s failed: the primary %s",
		 bns_name_to_text_nodot(x->stream.ask.qname, zone), bns_addr_to_text(&x->primary, primary), what);
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

static enum bns_query_more on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct bns_axfr_in *x = arg;
	enum bns_error err = bns_axfr_stream_feed(&x->stream, msg, len);

	if (!x->stream.started && bns_ask_dislikes_edns(&x->stream.ask, err, msg)) {
		ask_plainly(x);
		return BNS_QUERY_ENOUGH;
	}
	if (err) {
		axfr_fail(x, err, x->stream.reason);
		return BNS_QUERY_ENOUGH;
	}
	if (!x->stream.done)
		return BNS_QUERY_WAIT;
	x->done(x->arg, BNS_OK, bns_axfr_stream_take(&x->stream), &x->stream.expire, "");
	axfr_free(x);
	return BNS_QUERY_ENOUGH;
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

static enum bns_error axfr_ask(struct bns_axfr_in *x, bool edns)
{
	struct bns_query_calls calls = {.message = on_message, .ended = on_ended, .arg = x};
	uint8_t msg[BNS_ASK_LEN_MAX];
	size_t len;
	enum bns_error err;

	x->stream.ask.edns = edns;
	err = bns_axfr_stream_ask(&x->stream, msg, sizeof(msg), &len);
	if (err)
		return err;
	return bns_query_tcp(x->loop, x->timers, &x->primary, x->tls, msg, len, x->stream.limits.progress_timeout_ms, &calls,
			     &x->query);
}

enum bns_error bns_axfr_in_start(uv_loop_t *loop, struct bns_timers *timers, const union bns_addr *primary,
				 struct bns_tls_client *tls, const uint8_t *apex, const struct bns_tsig_key *key, bool edns,
				 const struct bns_transfer_limits *limits, bns_axfr_in_done_fn done, void *arg,
				 struct bns_axfr_in **out)
{
	struct bns_axfr_in *x = malloc(sizeof(*x));
	enum bns_error err;

	if (!x)
		return BNS_ENOMEM;
	x->loop = loop;
	x->timers = timers;
	x->primary = *primary;
	x->done = done;
	x->arg = arg;
	err = bns_axfr_stream_open(&x->stream, apex, key, limits);
	if (err) {
		free(x);
		return err;
	}
	x->tls = bns_tls_client_ref(tls);
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
	bns_query_cancel(x->query);
	axfr_free(x);
}
