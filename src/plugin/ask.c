/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers that take time: of one plugin to another's question, and of a plugin
 * to a verb. Whoever waits is told exactly once, answered or not.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "plugin/internal.h"

struct bns_ask {
	struct bns_plugins *all;
	uint64_t deadline_mono_ms;
	bns_answer_fn done; /* NULL: called already */
	void *arg;
	bool being_asked;         /* the answerer hasn't returned yet */
	enum bns_answerer weight; /* what it returned */
	struct bns_ask *next;
};

struct bns_reply {
	struct bns_plugins *all;
	bns_reply_fn done;
	void *arg;
	struct bns_reply *next;
};

static void ask_free(struct bns_ask *ask)
{
	struct bns_ask **link = &ask->all->asks;

	while (*link && *link != ask)
		link = &(*link)->next;
	if (*link)
		*link = ask->next;
	free(ask);
}

static void tell(struct bns_ask *ask, const struct bns_answer *answer)
{
	bns_answer_fn done = ask->done;

	ask->done = NULL;
	if (done)
		done(ask->arg, answer);
}

static void tell_none(struct bns_ask *ask, const char *why)
{
	const struct bns_answer none = {
		.evidence = BNS_EVIDENCE_NONE,
		.weight = ask->weight,
		.at_s = bns_clock_wall_s(),
		.text = why,
	};

	tell(ask, &none);
}

void bns_ask_answer(struct bns_ask *ask, const struct bns_answer *answer)
{
	tell(ask, answer);
	if (!ask->being_asked)
		ask_free(ask);
}

static enum bns_answerer ask_one(struct bns_plugin *other, const struct bns_question *question, uint64_t limit_ms,
				 bns_answer_fn done, void *arg)
{
	struct bns_ask *ask = calloc(1, sizeof(*ask));

	/* Nobody was asked, so nothing may pass as if it had been. */
	if (!ask) {
		done(arg, &(struct bns_answer){.weight = BNS_ANSWERER_REQUIRED, .text = "memory ran out"});
		return BNS_ANSWERER_REQUIRED;
	}
	*ask = (struct bns_ask){.all = other->all, .done = done, .arg = arg, .being_asked = true};
	ask->deadline_mono_ms = bns_clock_mono_ms() + limit_ms;
	ask->next = other->all->asks;
	other->all->asks = ask;
	enum bns_answerer weight = other->desc->asked(other, question, ask);
	ask->being_asked = false;
	ask->weight = weight;
	if (weight == BNS_ANSWERER_NONE || !ask->done)
		ask_free(ask);
	return weight;
}

enum bns_answerer bns_ask(struct bns_plugin *p, const struct bns_question *question, uint64_t limit_ms,
			  bns_answer_fn done, void *arg)
{
	for (struct bns_plugin *other = p->all->closing ? NULL : p->all->first; other; other = other->next) {
		enum bns_answerer weight = other != p && other->desc->asked
						   ? ask_one(other, question, limit_ms, done, arg)
						   : BNS_ANSWERER_NONE;
		if (weight != BNS_ANSWERER_NONE)
			return weight;
	}
	return BNS_ANSWERER_NONE;
}

/* One that still waits and is due by then. */
static struct bns_ask *find_due(struct bns_plugins *ps, uint64_t mono_ms)
{
	struct bns_ask *ask = ps->asks;

	while (ask && (!ask->done || ask->deadline_mono_ms > mono_ms))
		ask = ask->next;
	return ask;
}

void bns_asks_expire(struct bns_plugins *ps, uint64_t mono_ms)
{
	struct bns_ask *ask;

	/* Who is told may ask again: look from the start each time. */
	while ((ask = find_due(ps, mono_ms)) != NULL)
		tell_none(ask, "no answer came in time");
}

void bns_plugins_run(struct bns_plugin *p, const struct bns_plugin_command *command, const char *const *args,
		     size_t count, const char *by, bns_reply_fn done, void *arg)
{
	struct bns_diag diag = {.text = ""};
	char *json = NULL;

	if (!command->start) {
		enum bns_error err = command->run(p, args, count, &json, &diag);
		done(arg, err, json, &diag);
		free(json);
		return;
	}
	struct bns_reply *reply = calloc(1, sizeof(*reply));
	if (!reply) {
		done(arg, BNS_ENOMEM, NULL, &diag);
		return;
	}
	*reply = (struct bns_reply){.all = p->all, .done = done, .arg = arg, .next = p->all->replies};
	p->all->replies = reply;
	command->start(p, args, count, by, reply);
}

void bns_reply_end(struct bns_reply *reply, enum bns_error err, const char *json, const struct bns_diag *diag)
{
	static const struct bns_diag nothing;
	struct bns_reply **link = &reply->all->replies;

	while (*link != reply)
		link = &(*link)->next;
	*link = reply->next;
	reply->done(reply->arg, err, json, diag ? diag : &nothing);
	free(reply);
}

void bns_asks_abort(struct bns_plugins *ps)
{
	ps->closing = true;
	bns_asks_expire(ps, UINT64_MAX);
}

void bns_asks_free(struct bns_plugins *ps)
{
	while (ps->asks)
		ask_free(ps->asks);
	while (ps->replies)
		bns_reply_end(ps->replies, BNS_ECANCELED, NULL, NULL);
}
