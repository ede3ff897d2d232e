/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The judging of a change: every branding in it is looked at in the served
 * version and in the candidate. What the served version has already is only
 * noted; verdict.c says what becomes of what is new.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend.h"
#include "cases.h"
#include "evidence.h"
#include "verdict.h"

struct judging {
	struct lb *lb;
	const struct bns_change *change;
	struct bns_review *review;
	struct lb_hearing *hearing;
	bool approved; /* the policy approves this very candidate */
	bool failed;
};

static const struct lb_approval *find_approval(const struct lb_policy *p, const char *id)
{
	for (size_t i = 0; i < p->approval_count; i++)
		if (strcmp(p->approvals[i].id, id) == 0)
			return &p->approvals[i];
	return NULL;
}

static bool is_known(const struct lb_findings *former, const struct lb_finding *f)
{
	for (size_t i = 0; i < former->count; i++) {
		const struct lb_finding *o = &former->list[i];
		if (o->rule == f->rule && o->role == f->role && lb_name_equal(o->owner, f->owner) &&
		    strcmp(o->rdata, f->rdata) == 0)
			return true;
	}
	return false;
}

/* Is the cut that hides `name` the apex of another zone we serve, with the same name servers and the name in it? */
static bool moved_to_child(const struct judging *j, const struct lb_path *path)
{
	const struct bns_contents *child = lb_served(j->lb, path->above);
	size_t count, ours;
	const struct bns_record *ns = j->lb->host->find(j->change->candidate, path->above, BNS_TYPE_NS, &count);
	const struct bns_record *apex_ns = child ? j->lb->host->find(child, path->above, BNS_TYPE_NS, &ours) : NULL;

	if (!apex_ns || lb_node(j->lb, child, path->names[0], &(size_t){0}) == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint8_t name[BNS_NAME_MAX], other[BNS_NAME_MAX];
		bool found = false;
		lb_name_lower(name, ns[i].rdata);
		for (size_t k = 0; k < ours && !found; k++) {
			lb_name_lower(other, apex_ns[k].rdata);
			found = lb_name_equal(name, other);
		}
		if (!found)
			return false;
	}
	return true;
}

/* A name that is delegated away from the start, or to a zone that is judged itself, isn't this zone's. */
static bool is_elsewhere(const struct judging *j, const struct lb_path *path)
{
	return path->end == LB_END_HIDDEN && (!j->change->served || moved_to_child(j, path));
}

static void drop_elsewhere(const struct judging *j, struct lb_case *c, const struct lb_look *now)
{
	if (c->judge_edge)
		c->judge_edge = !is_elsewhere(j, &now->edge);
	if (c->judge_owner)
		c->judge_owner = !is_elsewhere(j, &now->owner);
}

static const char *ending_words(const struct judging *j, const struct lb_case *c, const struct lb_finding *f,
				bool fresh, enum lb_action action, char *out, size_t cap)
{
	const struct lb_override *o = lb_policy_override(j->lb->policy, c->branding->host, f->rule, j->change->now_s);
	char until[BNS_TIME_TEXT_MAX];

	out[0] = '\0';
	if (fresh && j->approved)
		return " (approved in the policy)";
	if (action == LB_MEND)
		return " (not taken over: the record is amended)";
	if (fresh && o) {
		snprintf(out, cap, " (allowed until %s by %s: %s)", j->lb->host->time_to_text(o->until_s, until), o->by,
			 o->reason);
		return out;
	}
	return "";
}

static void put_note(struct judging *j, const struct lb_case *c, const struct lb_finding *f, bool fresh,
		     enum lb_action action)
{
	char host[BNS_NAME_TEXT_MAX], ending[512], text[4096];

	snprintf(text, sizeof(text), "%s%s", f->text, ending_words(j, c, f, fresh, action, ending, sizeof(ending)));
	const struct bns_note note = {
		.verdict = lb_action_verdicts[action],
		.fresh = fresh,
		.severity = f->severity,
		.rule = f->rule->id,
		.owner = f->owner,
		.type = f->type,
		.host = lb_name_words(j->lb, c->branding->host, host),
		.role = lb_role_words[f->role],
		.rdata = f->rdata,
		.text = text,
		.remedy = f->rule->remedy,
	};
	if (j->lb->host->note(j->review, &note) != BNS_OK)
		j->failed = true;
	if (action == LB_ALARM && !j->change->dry_run)
		j->lb->host->event(j->lb->plugin, f->severity == 'C' ? BNS_LOG_CRIT : BNS_LOG_WARN, "alarm",
				   j->change->zone_text, text);
}

/* True: the record was amended. */
static bool put_finding(struct judging *j, const struct lb_mending *m, const struct lb_finding *f, bool fresh)
{
	enum lb_action action = fresh ? lb_decide(j->lb, j->change, m, f) : LB_NOTE;

	if (action == LB_MEND && !lb_restore_later(j->hearing, j->change, m, f) && lb_mend(m, f, j->review) != BNS_OK)
		action = LB_HOLD;
	put_note(j, m->c, f, fresh, action);
	return action == LB_MEND;
}

/* Which roles' served records are right, and which candidate's differ by their TTL alone. */
static void compare_roles(struct lb_mending *m, const struct lb_findings *former, const struct lb_findings *now)
{
	for (int role = 0; role < LB_ROLES; role++)
		m->served_is_right[role] = m->ttl_only[role] = true;
	for (size_t i = 0; i < former->count; i++)
		if (former->list[i].rule->judge != lb_rule_ttl)
			m->served_is_right[former->list[i].role] = false;
	for (size_t i = 0; i < now->count; i++)
		if (now->list[i].rule->judge != lb_rule_ttl)
			m->ttl_only[now->list[i].role] = false;
}

static void judge_case(struct judging *j, struct lb_case *c)
{
	struct lb_look now, former;
	struct lb_findings found = {0}, standing = {0};
	struct lb_mending m = {.lb = j->lb, .c = c, .candidate = &now};
	bool stays = false; /* what the candidate brings isn't served */

	lb_look_init(&now, j->lb, c, j->change->candidate);
	drop_elsewhere(j, c, &now);
	lb_rules_ask(&now, &found);
	if (found.count > 0 && j->change->served) {
		lb_look_init(&former, j->lb, c, j->change->served);
		lb_rules_ask(&former, &standing);
		m.served = &former;
	}
	compare_roles(&m, &standing, &found);
	for (size_t i = 0; i < found.count; i++) {
		/* When a permission has ended, what it had let in counts again. */
		bool fresh = j->change->origin == BNS_ORIGIN_RESTORE || !is_known(&standing, &found.list[i]);
		stays |= put_finding(j, &m, &found.list[i], fresh) && found.list[i].role == LB_EDGE &&
			 !m.ttl_only[LB_EDGE];
	}
	if (!stays)
		lb_try_target(j->lb, j->hearing, j->change, c, &now);
	j->failed |= found.failed || standing.failed;
	lb_findings_free(&found);
	lb_findings_free(&standing);
}

/* The zone goes, and what is served in it. */
static void judge_removal(struct judging *j, struct lb_case *c)
{
	const struct lb_rule *rule = lb_rule_find("LB38");
	char host[BNS_NAME_TEXT_MAX], rdata[BNS_NAME_TEXT_MAX];
	struct lb_findings found = {0};
	struct lb_look look;

	if (!c->judge_edge || (c->branding->learned && !c->is_protected))
		return;
	lb_look_init(&look, j->lb, c, j->change->served);
	if (!lb_effective(&look.edge))
		return;
	lb_find(&found, &look, rule, LB_EDGE, c->branding->host, lb_name_text(j->lb, c->branding->host, rdata),
		"%s %s the zone %s, which is removed: links already delivered lead nowhere",
		lb_name_words(j->lb, c->branding->host, host), c->is_reaching ? "leads into" : "goes with",
		j->change->zone_text);
	struct lb_mending m = {.lb = j->lb, .c = c};
	if (found.count > 0)
		put_finding(j, &m, &found.list[0], true);
	j->failed |= found.failed;
	lb_findings_free(&found);
}

/* A branded host that is a zone's apex can't be what is meant: say so, but it is not the change's fault. */
static bool is_apex(struct judging *j, const struct lb_case *c)
{
	if (!lb_name_equal(c->branding->host, j->change->zone))
		return false;
	const struct bns_note note = {
		.verdict = BNS_VERDICT_PASS,
		.fresh = true,
		.severity = 'M',
		.rule = "LB23",
		.owner = j->change->zone,
		.type = BNS_TYPE_CNAME,
		.host = j->change->zone_text,
		.role = lb_role_words[LB_EDGE],
		.text = "the policy names the zone's apex as a branded host, where a CNAME can't stand",
		.remedy = "name the host below it in the policy",
	};
	j->failed |= j->lb->host->note(j->review, &note) != BNS_OK;
	return true;
}

static void hold_for_memory(const struct judging *j)
{
	const struct bns_note note = {
		.verdict = BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = 'C',
		.rule = "review",
		.owner = j->change->zone,
		.text = "memory ran out during the review of link brandings",
		.remedy = "free memory and submit the change again",
	};

	/* Where even this fails, the host holds by itself. */
	(void)!j->lb->host->note(j->review, &note);
}

void lb_judge(struct lb *lb, const struct bns_change *change, struct bns_review *review)
{
	struct judging j = {.lb = lb, .change = change, .review = review};

	j.hearing = lb_hearing_new(lb, change, review);
	if (!j.hearing) {
		hold_for_memory(&j);
		lb->host->review_end(review);
		return;
	}
	const struct lb_approval *approval = find_approval(lb->policy, change->id);
	struct lb_cases cases;

	j.approved = approval != NULL;
	if (approval)
		lb->host->review_approve(review, approval->reason, approval->by);
	lb_cases_gather(&cases, lb, change->zone, change->served, change->candidate);
	for (size_t i = 0; i < cases.count; i++) {
		if (is_apex(&j, &cases.list[i]))
			continue;
		if (change->diff)
			j.failed |= !lb_tell_roles(lb, change->diff, review, &cases.list[i]);
		if (change->candidate)
			judge_case(&j, &cases.list[i]);
		else if (change->served)
			judge_removal(&j, &cases.list[i]);
	}
	if (j.failed || cases.failed)
		hold_for_memory(&j);
	lb_cases_free(&cases);
	lb_hearing_leave(j.hearing);
}

void lb_findings_among(const struct lb *lb, const struct lb_cases *cases, const struct bns_contents *zone,
		       const uint8_t *host, struct lb_findings *out)
{
	struct lb_look look;

	for (size_t i = 0; i < cases->count; i++) {
		if (!lb_name_equal(cases->list[i].branding->host, host))
			continue;
		lb_look_init(&look, lb, &cases->list[i], zone);
		lb_rules_ask(&look, out);
		lb_rules_ask_standing(&look, out);
	}
	out->failed |= cases->failed;
}

void lb_findings_of(const struct lb *lb, const struct bns_contents *zone, const uint8_t *host, struct lb_findings *out)
{
	struct lb_cases cases;

	lb_cases_gather(&cases, lb, zone->apex, zone, NULL);
	lb_findings_among(lb, &cases, zone, host, out);
	lb_cases_free(&cases);
}
