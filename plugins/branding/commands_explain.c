/* SPDX-License-Identifier: BSD-3-Clause */
/* The verb `branding explain`, which `brandnsctl explain` runs without a daemon too. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "commands.h"

/* By its id or its name, in any case. */
static const struct lb_rule *find_rule(const char *word)
{
	for (size_t i = 0; i < lb_rule_count; i++)
		if (strcasecmp(word, lb_rules[i].id) == 0 || strcasecmp(word, lb_rules[i].name) == 0)
			return &lb_rules[i];
	return NULL;
}

/* "LB1" and "lb001" mean LB01; else the name that is nearest, or NULL. */
static const struct lb_rule *find_meant(const char *word)
{
	const struct lb_rule *meant = NULL;
	unsigned best = 3;

	if (strncasecmp(word, "LB", 2) == 0) {
		long number = strtol(word + 2, NULL, 10);
		return number >= 1 && number <= (long)lb_rule_count ? &lb_rules[number - 1] : NULL;
	}
	for (size_t i = 0; i < lb_rule_count; i++)
		if (bns_is_nearer(word, lb_rules[i].name, &best))
			meant = &lb_rules[i];
	return meant;
}

/* What it breaks; LB01's sentence ends in the ESP's certificate. */
static json_t *json_consequence(const struct lb *lb, const struct lb_rule *rule)
{
	if (!rule->consequence)
		return json_null();
	if (rule->judge != lb_rule_reverted)
		return json_string(rule->consequence);
	return json_sprintf("%s %s", rule->consequence, lb->policy->fallback->profile->certificate);
}

/* What one has to look at; as the column of docs/rules.md. */
static const char *seen_in(const struct lb_rule *rule)
{
	static const char *const words[2][2] = {{"zone", "zone, probe"}, {"policy", "policy, probe"}};

	if (!rule->judge)
		return "probe";
	if (rule->flags & LB_TIMES)
		return "times";
	return words[(rule->flags & LB_STANDING) != 0][(rule->flags & LB_PROBED) != 0];
}

static json_t *json_rule(const struct lb *lb, const struct lb_rule *rule)
{
	static const char *const gates[] = {"default", "hold", "note"};
	char severity[2] = {rule->severity, '\0'};

	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "schema", 1, "rule", rule->id, "name",
			 rule->name, "severity", severity, "seen_in", seen_in(rule), "sees", rule->sees, "consequence",
			 json_consequence(lb, rule), "remedy", rule->remedy, "gate",
			 gates[lb->policy->gate[rule - lb_rules]]);
}

static json_t *json_rules(const struct lb *lb)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lb_rule_count; i++)
		json_array_append_new(list, json_rule(lb, &lb_rules[i]));
	return json_pack("{s:i, s:o}", "schema", 1, "rules", list);
}

static enum bns_error refuse(const struct lb *lb, const char *word, struct bns_diag *diag)
{
	const struct lb_rule *meant = find_meant(word);

	if (meant)
		lb->host->diag(diag, NULL, 0, 0, "there is no rule '%.64s': did you mean %s (%s)?", word, meant->id,
			       meant->name);
	else
		lb->host->diag(diag, NULL, 0, 0, "there is no rule '%.64s': they are %s to %s", word, lb_rules[0].id,
			       lb_rules[lb_rule_count - 1].id);
	return BNS_EINVAL;
}

enum bns_error lb_run_explain(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			      struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	const struct lb_rule *rule = count == 1 ? find_rule(args[0]) : NULL;

	if (count > 1) {
		lb->host->diag(diag, NULL, 0, 0, "one rule at a time, or none for all of them");
		return BNS_EINVAL;
	}
	if (count == 1 && !rule)
		return refuse(lb, args[0], diag);
	json_t *root = rule ? json_rule(lb, rule) : json_rules(lb);
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}
