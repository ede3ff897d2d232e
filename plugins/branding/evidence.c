/* SPDX-License-Identifier: BSD-3-Clause */
#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"
#include "verdict.h"

struct lb_hearing {
	struct lb *lb;
	const struct bns_change *change; /* lives until the review is ended */
	struct bns_review *review;
	unsigned open; /* answers that are awaited, and one while the judging goes on */
};

/* One question on its way; the policy may be another one by the time it is answered. */
struct question {
	struct lb_hearing *hearing;
	uint8_t host[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	uint8_t stays[BNS_NAME_MAX];
	uint32_t ttl;
	bool is_restore;
	enum lb_action unless_good;
};

struct lb_hearing *lb_hearing_new(struct lb *lb, const struct bns_change *change, struct bns_review *review)
{
	struct lb_hearing *h = calloc(1, sizeof(*h));

	if (h)
		*h = (struct lb_hearing){.lb = lb, .change = change, .review = review, .open = 1};
	return h;
}

void lb_hearing_leave(struct lb_hearing *h)
{
	if (--h->open > 0)
		return;
	h->lb->host->review_end(h->review);
	free(h);
}

/* Does the policy let it pass? */
static bool is_let(const struct question *q, const struct bns_note *found)
{
	const struct lb_rule *rule = found->rule ? lb_rule_find(found->rule) : NULL;

	return lb_is_let(q->hearing->lb, q->host, rule, found->severity, q->hearing->change->now_s);
}

/* True: it does what `action` is. */
static bool put(const struct question *q, const struct bns_note *found, enum lb_action action)
{
	const struct lb *lb = q->hearing->lb;
	char host[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX], text[4096];
	struct bns_note note = *found;

	if (is_let(q, found))
		action = LB_NOTE;
	snprintf(text, sizeof(text), "%s%s", found->text,
		 action == LB_MEND ? " (not taken over: the record is amended)" : "");
	note.text = text;
	note.verdict = lb_action_verdicts[action];
	note.fresh = true;
	note.owner = q->host;
	note.type = BNS_TYPE_CNAME;
	note.host = lb_name_words(lb, q->host, host);
	note.role = lb_role_words[LB_EDGE];
	note.rdata = lb_name_text(lb, q->target, target);
	/* Where it can't be told, the host holds for want of memory. */
	(void)!lb->host->note(q->hearing->review, &note);
	if (action == LB_ALARM && !q->hearing->change->dry_run)
		lb->host->event(lb->plugin, note.severity == 'C' ? BNS_LOG_CRIT : BNS_LOG_WARN, "alarm",
				q->hearing->change->zone_text, note.text);
	return action != LB_NOTE;
}

/* What the answer found, be it only a risk; one sentence of its own where it names nothing of what is bad. True:
 * something of it counts. */
static bool put_all(const struct question *q, const struct bns_answer *answer, enum lb_action action)
{
	const struct lb *lb = q->hearing->lb;
	char target[BNS_NAME_TEXT_MAX], text[1024];
	const struct bns_note own = {
		.severity = 'C',
		.rule = "probe",
		.text = text,
		.remedy = "repair the target, or look at why it can't be probed, and submit the change again",
	};

	bool counts = false;

	for (size_t i = 0; i < answer->note_count; i++)
		counts |= put(q, &answer->notes[i], action);
	if (answer->evidence == BNS_EVIDENCE_GOOD || (answer->note_count > 0 && answer->evidence == BNS_EVIDENCE_BAD))
		return counts;
	snprintf(text, sizeof(text), "%s has not proved itself: %s", lb_name_words(lb, q->target, target),
		 answer->text ? answer->text : "nothing was seen");
	return put(q, &own, action);
}

/* Without memory nothing can be asked, and nothing passes. */
static void put_nothing(const struct lb_hearing *h, const struct lb_trial *trial)
{
	const struct bns_note note = {
		.verdict = BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = 'C',
		.rule = "probe",
		.owner = trial->host,
		.text = "memory ran out before the target could be probed",
	};

	(void)!h->lb->host->note(h->review, &note);
}

/* The preferred target comes back, or the served one stays: the record, and nothing beside it (RFC 2181 §10.1). */
static void put_back(const struct question *q, const uint8_t *target)
{
	const struct bns_host *host = q->hearing->lb->host;
	const struct bns_record cname = {
		.rdata = target,
		.rdlen = (uint16_t)lb_name_len(target),
		.ttl = q->ttl,
		.type = BNS_TYPE_CNAME,
	};
	size_t count;
	const struct bns_record *node = host->find_node(q->hearing->change->candidate, q->host, &count);

	(void)!host->amend(q->hearing->review, q->host, BNS_TYPE_CNAME, &cname, 1);
	for (size_t i = 0; i < count; i++)
		if (node[i].type != BNS_TYPE_CNAME && (i == 0 || node[i].type != node[i - 1].type))
			(void)!host->amend(q->hearing->review, q->host, node[i].type, NULL, 0);
}

static void answered(void *arg, const struct bns_answer *answer)
{
	struct question *q = arg;
	struct lb_hearing *h = q->hearing;
	bool good = answer->evidence == BNS_EVIDENCE_GOOD, required = answer->weight == BNS_ANSWERER_REQUIRED;
	enum lb_action action = required && !q->is_restore ? q->unless_good : LB_ALARM;

	lb_beyond_forget(h->lb);
	bool counts = put_all(q, answer, action);
	if (q->is_restore && (good || !required))
		put_back(q, q->target);
	else if (counts && action == LB_MEND)
		put_back(q, q->stays);
	lb_life_probed(h->lb, q->host, q->target, answer);
	free(q);
	lb_hearing_leave(h);
}

bool lb_hearing_ask(struct lb_hearing *h, const struct lb_trial *trial)
{
	struct question *q = calloc(1, sizeof(*q));
	const struct bns_question question = {
		.kind = "route",
		.zone_text = h->change->zone_text,
		.host = trial->host,
		.target = trial->target,
		.origin = trial->origin,
		.fresh_s = LB_ASK_FRESH_S,
		.details = LB_ASK_DETAILS,
	};

	if (!q) {
		put_nothing(h, trial);
		return true;
	}
	*q = (struct question){
		.hearing = h, .ttl = trial->ttl, .is_restore = trial->is_restore, .unless_good = trial->unless_good};
	lb_name_lower(q->host, trial->host);
	lb_name_lower(q->target, trial->target);
	if (trial->stays)
		lb_name_lower(q->stays, trial->stays);
	h->open++;
	if (h->lb->host->ask(h->lb->plugin, &question, LB_ASK_LIMIT_MS, answered, q) != BNS_ANSWERER_NONE)
		return true;
	h->open--;
	free(q);
	return false;
}
