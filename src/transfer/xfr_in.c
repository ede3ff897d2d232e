/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/xfr_in.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/seccomp.h"
#include "transfer/channel.h"

#define REASON_MAX (BNS_ADDR_TEXT_MAX + BNS_NAME_TEXT_MAX + BNS_ASK_REASON_MAX + 32)

_Static_assert(BNS_CHANGES_REASON_MAX <= BNS_ASK_REASON_MAX, "a reason is handed on");

struct bns_xfr_in {
	struct bns_xfr_stream stream;
	struct bns_peer *primary;
	struct bns_exchange *exchange;
	struct bns_xfr_base base;
	struct bns_tsig_key key;
	bool has_key;
	bool canceled; /* while the pool was at work */
	bns_xfr_in_done_fn done;
	void *arg;

	/* What the pool makes of differences. */
	uv_work_t work;
	void *form;
	size_t form_len;
	struct bns_contents *made;
	enum bns_error made_error;
	char made_reason[BNS_CHANGES_REASON_MAX];
};

static void xfr_free(struct bns_xfr_in *x)
{
	bns_xfr_stream_close(&x->stream);
	bns_tsig_key_wipe(&x->key);
	free(x);
}

static void xfr_fail(struct bns_xfr_in *x, enum bns_error err, const char *what)
{
	char reason[REASON_MAX];
	char primary[BNS_ADDR_TEXT_MAX];
	char zone[BNS_NAME_TEXT_MAX];

	snprintf(reason, sizeof(reason), "transfer of %s from %s failed: the primary %s",
		 bns_name_to_text_nodot(x->stream.ask.qname, zone), bns_addr_to_text(&x->primary->addr, primary), what);
	x->done(x->arg, err, NULL, reason);
	xfr_free(x);
}

static void xfr_end(struct bns_xfr_in *x, struct bns_contents *contents, bool by_changes)
{
	struct bns_xfr_news news = {.contents = contents, .expire = x->stream.expire, .by_changes = by_changes};

	x->done(x->arg, BNS_OK, &news, "");
	xfr_free(x);
}

static enum bns_error xfr_ask(struct bns_xfr_in *x, bool edns);

/* Some close the connection on what they don't know, or say nothing (RFC 6891 §6.2.2 says better). */
static void ask_plainly(struct bns_xfr_in *x)
{
	enum bns_error err = xfr_ask(x, false);

	if (err)
		xfr_fail(x, err, "could not be asked again without EDNS");
}

/* -- from differences to the whole zone -- */

static enum bns_error open_anew(struct bns_xfr_in *x)
{
	uint8_t apex[BNS_NAME_MAX];
	struct bns_transfer_limits limits = x->stream.limits;

	memcpy(apex, x->stream.ask.qname, bns_name_len(x->stream.ask.qname));
	bns_xfr_stream_close(&x->stream);
	return bns_xfr_stream_open(&x->stream, apex, x->has_key ? &x->key : NULL, &limits, NULL);
}

/* An IXFR that is no good, or that the primary can't answer, is no reason to go without the zone. */
static void ask_for_zone(struct bns_xfr_in *x, const char *what)
{
	bool edns = x->stream.ask.edns;
	char primary[BNS_ADDR_TEXT_MAX];
	char zone[BNS_NAME_TEXT_MAX];
	enum bns_error err;

	bns_log(BNS_LOG_INFO, "zone=%s IXFR from %s is of no use: it %s; AXFR is asked",
		bns_name_to_text_nodot(x->stream.ask.qname, zone), bns_addr_to_text(&x->primary->addr, primary), what);
	err = open_anew(x);
	if (!err)
		err = xfr_ask(x, edns);
	if (!err)
		return;
	x->done(x->arg, err, NULL, "AXFR can't be asked behind an IXFR of no use");
	xfr_free(x);
}

static bool is_by_changes(const struct bns_xfr_in *x)
{
	return x->stream.ask.qtype == BNS_TYPE_IXFR;
}

/* -- the pool -- */

static enum bns_error make(struct bns_xfr_in *x, const struct bns_contents *base)
{
	if (base->serial == x->base.serial)
		return bns_changes_apply(&x->stream.changes, base, &x->made, x->made_reason);
	/* What was stored is what we published: the same records under our own serial. */
	struct bns_contents *renumbered;
	enum bns_error err = bns_contents_with_serial(base, x->base.serial, &renumbered);
	if (err)
		return err;
	err = bns_changes_apply(&x->stream.changes, renumbered, &x->made, x->made_reason);
	bns_contents_free(renumbered);
	return err;
}

static void make_in_pool(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	struct bns_xfr_in *x = work->data;
	struct bns_contents *base;

	snprintf(x->made_reason, sizeof(x->made_reason), "can't be applied to what is stored");
	x->made_error = bns_contents_decode(x->form, x->form_len, &base);
	if (x->made_error)
		return;
	x->made_error = make(x, base);
	bns_contents_free(base);
}

static void log_changes(const struct bns_xfr_in *x)
{
	const struct bns_changes *c = &x->stream.changes;
	char primary[BNS_ADDR_TEXT_MAX];
	char zone[BNS_NAME_TEXT_MAX];

	/* Each step has two SOAs beside its differences. */
	bns_log(BNS_LOG_INFO, "ixfr-in zone=%s from=%s steps=%zu differences=%zu",
		bns_name_to_text_nodot(x->stream.ask.qname, zone), bns_addr_to_text(&x->primary->addr, primary),
		c->section_count / 2, c->records->count - c->section_count);
}

static void after_make(uv_work_t *work, int status)
{
	struct bns_xfr_in *x = work->data;
	char what[BNS_ASK_REASON_MAX];

	free(x->form);
	x->form = NULL;
	if (x->canceled) {
		bns_contents_free(x->made);
		xfr_free(x);
		return;
	}
	if (status || x->made_error) {
		snprintf(what, sizeof(what), "sent differences that %.200s", x->made_reason);
		ask_for_zone(x, what);
		return;
	}
	log_changes(x);
	xfr_end(x, x->made, true);
}

static void make_of_changes(struct bns_xfr_in *x)
{
	x->exchange = NULL;
	x->work.data = x;
	if (x->base.form(x->arg, &x->form, &x->form_len)) {
		ask_for_zone(x, "told differences from a version that is not here any more");
	} else if (uv_queue_work(x->primary->peers->loop, &x->work, make_in_pool, after_make)) {
		free(x->form);
		ask_for_zone(x, "told differences that there is no memory for");
	}
}

/* -- what comes -- */

static void take(struct bns_xfr_in *x)
{
	if (x->stream.kind == BNS_XFR_CHANGES)
		make_of_changes(x);
	else
		xfr_end(x, bns_xfr_stream_take(&x->stream), false);
}

static enum bns_more on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct bns_xfr_in *x = arg;
	enum bns_error err = bns_xfr_stream_feed(&x->stream, msg, len);
	enum bns_more more = err == BNS_EDENIED ? BNS_MORE_ENOUGH : BNS_MORE_BROKEN;

	if (!x->stream.started && bns_ask_dislikes_edns(&x->stream.ask, err, msg)) {
		ask_plainly(x);
		return BNS_MORE_ENOUGH;
	}
	if (err) {
		char what[BNS_ASK_REASON_MAX];
		memcpy(what, x->stream.reason, sizeof(what));
		if (is_by_changes(x))
			ask_for_zone(x, what);
		else
			xfr_fail(x, err, what);
		return more;
	}
	if (!x->stream.done)
		return BNS_MORE_WAIT;
	take(x);
	return BNS_MORE_ENOUGH;
}

static void on_ended(void *arg, enum bns_error err, const char *reason)
{
	struct bns_xfr_in *x = arg;
	char what[BNS_ASK_REASON_MAX];

	if (x->stream.ask.edns && !x->stream.started && err != BNS_EIO) {
		ask_plainly(x);
		return;
	}
	snprintf(what, sizeof(what), "%s (%.160s)",
		 x->stream.started ? "did not send the zone to its end" : "sent nothing of the zone", reason);
	if (is_by_changes(x) && (x->stream.started || err == BNS_ESHORT))
		ask_for_zone(x, what);
	else
		xfr_fail(x, err, what);
}

static enum bns_error write_question(void *arg, uint8_t *msg, size_t cap, size_t *len)
{
	struct bns_xfr_in *x = arg;

	return bns_xfr_stream_ask(&x->stream, msg, cap, len);
}

static enum bns_error xfr_ask(struct bns_xfr_in *x, bool edns)
{
	struct bns_exchange_calls calls = {.write = write_question, .message = on_message, .ended = on_ended, .arg = x};

	x->stream.ask.edns = edns;
	return bns_exchange_start(x->primary, x->stream.limits.progress_timeout_ms, &calls, &x->exchange);
}

enum bns_error bns_xfr_in_start(struct bns_peer *primary, const uint8_t *apex, const struct bns_tsig_key *key,
				bool edns, const struct bns_xfr_base *base, const struct bns_transfer_limits *limits,
				bns_xfr_in_done_fn done, void *arg, struct bns_xfr_in **out)
{
	struct bns_xfr_in *x = calloc(1, sizeof(*x));
	enum bns_error err;

	if (!x)
		return BNS_ENOMEM;
	x->primary = primary;
	x->done = done;
	x->arg = arg;
	if (base)
		x->base = *base;
	x->has_key = key != NULL;
	if (key)
		x->key = *key;
	err = bns_xfr_stream_open(&x->stream, apex, key, limits, base ? &base->serial : NULL);
	if (err) {
		bns_tsig_key_wipe(&x->key);
		free(x);
		return err;
	}
	err = xfr_ask(x, edns);
	if (err) {
		xfr_free(x);
		return err;
	}
	*out = x;
	return BNS_OK;
}

void bns_xfr_in_cancel(struct bns_xfr_in *x)
{
	if (!x)
		return;
	if (x->form) { /* the pool has it */
		x->canceled = true;
		return;
	}
	bns_exchange_cancel(x->exchange);
	xfr_free(x);
}
