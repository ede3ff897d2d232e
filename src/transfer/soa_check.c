/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/soa_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transfer/channel.h"

#define TCP_PROGRESS_MS 5000 /* for a single answer */
#define TCP_EDNS_MS     3000 /* when another try without EDNS follows */

struct bns_soa_check {
	struct bns_peer *primary;
	struct bns_query *query;       /* over UDP */
	struct bns_exchange *exchange; /* over TCP */
	uint8_t apex[BNS_NAME_MAX];
	struct bns_tsig_key key;
	bool has_key;
	bool tcp;
	bool at_hand; /* over the connection that was there already: where that fails, all begins anew */
	struct bns_ask ask;
	struct bns_tsig tsig;
	bns_soa_check_done_fn done;
	void *arg;
	char reason[BNS_ASK_REASON_MAX]; /* what was wrong with an answer that came; "" */
};

static enum bns_error check_ask(struct bns_soa_check *c, bool tcp, bool edns);

static void check_free(struct bns_soa_check *c)
{
	bns_tsig_close(&c->tsig);
	bns_tsig_key_wipe(&c->key);
	free(c);
}

static void check_end(struct bns_soa_check *c, enum bns_error err, const struct bns_soa_news *news)
{
	c->done(c->arg, err, news, c->reason);
	check_free(c);
}

/* Reads an answer; on failure c->reason says why it isn't one. */
static enum bns_error check_read(struct bns_soa_check *c, const uint8_t *msg, size_t len, struct bns_soa_news *news)
{
	enum bns_error err = bns_ask_check(&c->ask, msg, len, true, c->reason);

	if (err)
		return err;
	err = bns_tsig_verify_answer(&c->tsig, msg, len, (uint64_t)bns_clock_wall_s(), true, NULL);
	if (err) {
		snprintf(c->reason, sizeof(c->reason), "sent an answer whose signature does not hold: %s",
			 bns_strerror(err));
		return err;
	}
	if (bns_message_flags(msg) & BNS_FLAG_TC)
		return BNS_ESHORT;
	if (!(bns_message_flags(msg) & BNS_FLAG_AA)) {
		snprintf(c->reason, sizeof(c->reason), "is not authoritative for the zone");
		return BNS_EDENIED;
	}
	news->edns = c->ask.edns;
	news->expire = bns_ask_read_expire(msg, len);
	err = bns_ask_serial(&c->ask, msg, len, &news->serial);
	if (err)
		snprintf(c->reason, sizeof(c->reason), "sent an answer without the zone's SOA");
	return err;
}

static void check_again(struct bns_soa_check *c, bool tcp, bool edns)
{
	enum bns_error err = check_ask(c, tcp, edns);

	if (err) {
		snprintf(c->reason, sizeof(c->reason), "could not be asked over %s: %s", tcp ? "TCP" : "UDP",
			 bns_strerror(err));
		check_end(c, err, NULL);
	}
}

/* Over UDP that may mean: not over UDP. Knot tells of a catalog zone over TCP alone. */
static bool is_refused(enum bns_error err, const uint8_t *msg)
{
	return err == BNS_EDENIED && bns_message_rcode(msg) == BNS_RCODE_REFUSED;
}

static enum bns_more on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct bns_soa_check *c = arg;
	struct bns_soa_news news = {0};
	enum bns_error err = check_read(c, msg, len, &news);

	/* Anybody can send a datagram: what doesn't match or isn't signed well is not the answer (RFC 8945 §5.3). */
	if (err && err != BNS_ESHORT && !c->tcp && (c->has_key || err == BNS_EFORMAT))
		return BNS_MORE_WAIT;
	if (!c->tcp && (err == BNS_ESHORT || is_refused(err, msg)))
		check_again(c, true, c->ask.edns);
	else if (bns_ask_dislikes_edns(&c->ask, err, msg))
		check_again(c, c->tcp, false);
	else
		check_end(c, err, &news);
	return err == BNS_OK || err == BNS_EDENIED ? BNS_MORE_ENOUGH : BNS_MORE_BROKEN;
}

static void on_ended(void *arg, enum bns_error err, const char *reason)
{
	struct bns_soa_check *c = arg;

	if (c->at_hand) {
		c->at_hand = false;
		check_again(c, c->primary->tls != NULL, c->ask.edns);
		return;
	}
	if (!c->tcp || (c->ask.edns && err != BNS_EIO)) {
		/* Silence over UDP may be its way; silence over both may be about EDNS. */
		check_again(c, true, !c->tcp && c->ask.edns);
		return;
	}
	if (c->reason[0] == '\0')
		snprintf(c->reason, sizeof(c->reason), "could not be asked for its serial: %s", reason);
	check_end(c, err, NULL);
}

static enum bns_error write_question(void *arg, uint8_t *msg, size_t cap, size_t *len)
{
	struct bns_soa_check *c = arg;

	c->reason[0] = '\0';
	bns_tsig_close(&c->tsig);
	bns_tsig_open(&c->tsig, c->has_key ? &c->key : NULL);
	return bns_ask_write(&c->ask, &c->tsig, msg, cap, len);
}

static enum bns_error check_ask_tcp(struct bns_soa_check *c)
{
	struct bns_exchange_calls calls = {.write = write_question, .message = on_message, .ended = on_ended, .arg = c};

	return bns_exchange_start(c->primary, c->ask.edns ? TCP_EDNS_MS : TCP_PROGRESS_MS, &calls, &c->exchange);
}

static enum bns_error check_ask(struct bns_soa_check *c, bool tcp, bool edns)
{
	struct bns_query_calls calls = {.message = on_message, .ended = on_ended, .arg = c};
	uint8_t msg[BNS_ASK_LEN_MAX];
	size_t len;
	enum bns_error err;

	c->query = NULL;
	c->exchange = NULL;
	c->tcp = tcp;
	c->ask.edns = edns;
	if (tcp)
		return check_ask_tcp(c);
	err = write_question(c, msg, sizeof(msg), &len);
	if (err)
		return err;
	return bns_query_udp(c->primary->peers->loop, c->primary->peers->timers, &c->primary->addr, msg, len, &calls,
			     &c->query);
}

enum bns_error bns_soa_check_start(struct bns_peer *primary, const uint8_t *apex, const struct bns_tsig_key *key,
				   bns_soa_check_done_fn done, void *arg, struct bns_soa_check **out)
{
	struct bns_soa_check *c = calloc(1, sizeof(*c));
	enum bns_error err;

	if (!c)
		return BNS_ENOMEM;
	c->primary = primary;
	memcpy(c->apex, apex, bns_name_len(apex));
	c->ask = (struct bns_ask){.opcode = BNS_OPCODE_QUERY, .qtype = BNS_TYPE_SOA, .qname = c->apex};
	c->has_key = key != NULL;
	if (key)
		c->key = *key;
	c->done = done;
	c->arg = arg;
	c->at_hand = bns_channel_is_at_hand(primary);
	err = check_ask(c, c->at_hand || primary->tls, true);
	if (err) {
		check_free(c);
		return err;
	}
	*out = c;
	return BNS_OK;
}

void bns_soa_check_cancel(struct bns_soa_check *c)
{
	if (!c)
		return;
	bns_query_cancel(c->query);
	bns_exchange_cancel(c->exchange);
	check_free(c);
}
