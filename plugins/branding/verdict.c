/* SPDX-License-Identifier: BSD-3-Clause */
#include "verdict.h"

const enum bns_verdict lb_action_verdicts[] = {
	[LB_NOTE] = BNS_VERDICT_PASS,
	[LB_ALARM] = BNS_VERDICT_PASS,
	[LB_MEND] = BNS_VERDICT_AMEND,
	[LB_HOLD] = BNS_VERDICT_HOLD,
};

/* Does the rule, at this severity, hold a change at all? A finding of no rule of ours does. */
static bool is_gated(const struct lb_policy *p, const struct lb_rule *rule, char severity)
{
	switch (rule ? (enum lb_gate)p->gate[rule - lb_rules] : LB_GATE_DEFAULT) {
	case LB_GATE_HOLD:
		return true;
	case LB_GATE_NOTE:
		return false;
	case LB_GATE_DEFAULT:
		break;
	}
	return severity != 'M';
}

bool lb_is_let(const struct lb *lb, const uint8_t *host, const struct lb_rule *rule, char severity, int64_t now_s)
{
	return !is_gated(lb->policy, rule, severity) || (rule && lb_policy_override(lb->policy, host, rule, now_s));
}

static enum lb_on_change on_change_of(const struct lb_policy *p, const struct lb_branding *b)
{
	return b->on_change != LB_ON_CHANGE_DEFAULT ? (enum lb_on_change)b->on_change : p->on_change;
}

/* No good version exists yet. */
static enum lb_action first_load(const struct lb *lb, const struct bns_change *change, const struct lb_mending *m,
				 const struct lb_finding *f)
{
	/* What was never there isn't put there: its setting-up may not be that far. */
	bool absent = (f->rule->flags & LB_ABSENCE) && !m->c->is_protected;

	switch (lb->policy->on_first_load) {
	case LB_FIRST_HOLD:
		return LB_HOLD;
	case LB_FIRST_PIN:
		if (!change->signed_zone && !absent && lb_can_mend(m, f))
			return LB_MEND;
		break;
	case LB_FIRST_OBSERVE:
		break;
	}
	return LB_ALARM;
}

enum lb_action lb_decide(const struct lb *lb, const struct bns_change *change, const struct lb_mending *m,
			 const struct lb_finding *f)
{
	if (lb_is_let(lb, m->c->branding->host, f->rule, f->severity, change->now_s))
		return LB_NOTE;
	bool mendable = change->candidate && !change->signed_zone && lb_can_mend(m, f);
	if (change->keep_branding)
		return mendable ? LB_MEND : LB_HOLD;
	if (change->candidate && !change->served)
		return first_load(lb, change, m, f);
	enum lb_on_change on_change = on_change_of(lb->policy, m->c->branding);
	if (on_change == LB_ON_CHANGE_OBSERVE)
		return LB_ALARM;
	if (change->origin == BNS_ORIGIN_RESTORE)
		return mendable ? LB_MEND : LB_ALARM;
	return on_change == LB_ON_CHANGE_PIN && mendable ? LB_MEND : LB_HOLD;
}

enum lb_action lb_decide_unproved(const struct lb *lb, const struct bns_change *change, const struct lb_case *c,
				  bool can_stay)
{
	enum lb_on_change on_change = on_change_of(lb->policy, c->branding);
	bool mendable = can_stay && !change->signed_zone && c->profile->is_pinned[LB_EDGE];

	if (change->keep_branding || on_change == LB_ON_CHANGE_PIN)
		return mendable ? LB_MEND : LB_HOLD;
	return on_change == LB_ON_CHANGE_OBSERVE ? LB_ALARM : LB_HOLD;
}
