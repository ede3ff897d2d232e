/* SPDX-License-Identifier: BSD-3-Clause */
#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"

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
	uint32_t ttl;
	bool is_restore;
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

/* Does the policy let that rule pass for the host? */
static bool is_allowed(const struct question *q, const char *rule_id)
{
	const struct lb *lb = q->hearing->lb;
	const struct lb_rule *rule = rule_id ? lb_rule_find(rule_id) : NULL;

	return rule && (lb->policy->gate[rule - lb_rules] == LB_GATE_NOTE ||
			lb_policy_override(lb->policy, q->host, rule, q->hearing->change->now_s));
}

static void put(const struct question *q, const struct bns_note *found, enum bns_verdict verdict)
{
	const struct lb *lb = q->hearing->lb;
	char host[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX];
	struct bns_note note = *found;

	note.verdict = is_allowed(q, found->rule) ? BNS_VERDICT_PASS : verdict;
	note.fresh = true;
	note.owner = q->host;
	note.type = BNS_TYPE_CNAME;
	note.host = lb_name_words(lb, q->host, host);
	note.role = lb_role_words[LB_EDGE];
	note.rdata = lb_name_text(lb, q->target, target);
	/* Where it can't be told, the host holds for want of memory. */
	(void)!lb->host->note(q->hearing->review, &note);
	if (verdict == BNS_VERDICT_PASS && note.severity == 'C' && !q->hearing->change->dry_run)
		lb->host->event(lb->plugin, BNS_LOG_CRIT, "alarm", q->hearing->change->zone_text, note.text);
}

/* What the answer found; one sentence of its own where it found nothing to name. */
static void put_all(const struct question *q, const struct bns_answer *answer, enum bns_verdict verdict)
{
	const struct lb *lb = q->hearing->lb;
	char target[BNS_NAME_TEXT_MAX], text[1024];
	const struct bns_note own = {
		.severity = 'C',
		.rule = "probe",
		.text = text,
		.remedy = "repair the target, or look at why it can't be probed, and submit the change again",
	};

	for (size_t i = 0; i < answer->note_count; i++)
		put(q, &answer->notes[i], answer->notes[i].severity == 'M' ? BNS_VERDICT_PASS : verdict);
	if (answer->note_count > 0 && answer->evidence == BNS_EVIDENCE_BAD)
		return;
	snprintf(text, sizeof(text), "%s has not proved itself: %s", lb_name_words(lb, q->target, target),
		 answer->text ? answer->text : "nothing was seen");
	put(q, &own, verdict);
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

/* The preferred target comes back: the record, and nothing beside it (RFC 2181 §10.1). */
static void restore(const struct question *q)
{
	const struct bns_host *host = q->hearing->lb->host;
	const struct bns_record cname = {
		.rdata = q->target,
		.rdlen = (uint16_t)lb_name_len(q->target),
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

	lb_beyond_forget(h->lb);
	if (!good)
		put_all(q, answer, required && !q->is_restore ? BNS_VERDICT_HOLD : BNS_VERDICT_PASS);
	if (q->is_restore && (good || !required))
		restore(q);
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
	*q = (struct question){.hearing = h, .ttl = trial->ttl, .is_restore = trial->is_restore};
	lb_name_lower(q->host, trial->host);
	lb_name_lower(q->target, trial->target);
	h->open++;
	if (h->lb->host->ask(h->lb->plugin, &question, LB_ASK_LIMIT_MS, answered, q) != BNS_ANSWERER_NONE)
		return true;
	h->open--;
	free(q);
	return false;
}
