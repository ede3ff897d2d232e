/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be told in numbers of zones, and of changes that wait. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/metrics.h"
#include "control/shapes.h"

#define RULE_KINDS_MAX 128 /* of a rule with a severity */

static void tell_states(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	unsigned by_state[BNS_IMAGE_EXPIRED + 1] = {0};
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		by_state[z->state]++;
	for (enum bns_image_state s = BNS_IMAGE_SERVED; s <= BNS_IMAGE_EXPIRED; s++)
		bns_metric_tell_of(out, "state", bns_image_state_word(s), by_state[s]);
}

/* ---- what waits ---- */

static void tell_held(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	unsigned held = 0;
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		held += z->held != NULL;
	bns_metric_tell(out, held);
}

static void tell_held_since(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		if (z->held)
			bns_metric_tell_of(out, "zone", z->text, (double)z->held->since_s);
}

static void tell_held_deadline(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		if (z->held && z->held->deadline_s)
			bns_metric_tell_of(out, "zone", z->text, (double)z->held->deadline_s);
}

/* How many findings of each rule and severity; a few dozen at most. */
struct tally {
	struct {
		const char *rule, *severity;
		unsigned count;
	} rows[RULE_KINDS_MAX];
	size_t used;
};

static void tally_add(struct tally *t, const json_t *finding)
{
	const char *rule = bns_rpc_str(finding, "rule"), *severity = bns_rpc_str(finding, "severity");
	size_t i = 0;
	while (i < t->used && (strcmp(t->rows[i].rule, rule) != 0 || strcmp(t->rows[i].severity, severity) != 0))
		i++;
	if (i == RULE_KINDS_MAX)
		return;
	t->used += i == t->used;
	t->rows[i].rule = rule;
	t->rows[i].severity = severity;
	t->rows[i].count++;
}

static void tell_findings(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	struct tally tally = {.used = 0};
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next) {
		size_t i;
		const json_t *finding;
		json_array_foreach (z->held ? z->held->findings : NULL, i, finding)
			tally_add(&tally, finding);
	}
	for (size_t i = 0; i < tally.used; i++) {
		const struct bns_label labels[] = {
			{"rule", tally.rows[i].rule}, {"severity", tally.rows[i].severity}, {NULL, NULL}};
		out->value(out->arg, "", labels, tally.rows[i].count);
	}
}

/* ---- each zone ---- */

static void tell_serial(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		if (z->record.has_version)
			bns_metric_tell_of(out, "zone", z->text, z->record.published_serial);
}

static void tell_serial_age(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	int64_t now_s = bns_clock_wall_s();
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		if (z->record.has_version && z->record.published_s)
			bns_metric_tell_of(out, "zone", z->text, (double)(now_s - z->record.published_s));
}

static void tell_refreshed(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		if (bns_zone_is_secondary(z) && z->record.refreshed_s)
			bns_metric_tell_of(out, "zone", z->text, (double)z->record.refreshed_s);
}

static void tell_expire(const struct bns_control_env *env, const struct bns_metric_sink *out)
{
	int64_t now_s = bns_clock_wall_s();
	for (const struct bns_zone *z = bns_gate_zone_first(env->gate); z; z = z->next)
		if (bns_zone_is_secondary(z) && z->record.expires_s)
			bns_metric_tell_of(out, "zone", z->text,
					   (double)(z->record.expires_s > now_s ? z->record.expires_s - now_s : 0));
}

#define GAUGE(name_, help_, tell_)                                                                                     \
	{                                                                                                              \
		{"brandns_" name_, BNS_METRIC_GAUGE, help_, NULL}, tell_                                               \
	}

const struct bns_own_metric bns_zone_metrics[] = {
	GAUGE("zones", "Zones by state.", tell_states),
	GAUGE("held_changes", "Changes that wait for a decision.", tell_held),
	GAUGE("held_since_seconds", "Since when a zone's change waits, Unix time.", tell_held_since),
	GAUGE("held_deadline_seconds",
	      "When a signed zone's change can't wait any longer, since the served signatures end, Unix time.",
	      tell_held_deadline),
	GAUGE("held_findings", "What was found in the changes that wait, by rule and severity.", tell_findings),
	GAUGE("zone_serial", "The serial that is served.", tell_serial),
	GAUGE("zone_serial_age_seconds", "How long that serial has been served.", tell_serial_age),
	GAUGE("zone_refreshed_seconds", "When a secondary zone's primary answered last, Unix time.", tell_refreshed),
	GAUGE("zone_expire_seconds", "Until a secondary zone expires, unless a primary answers.", tell_expire),
	{.tell = NULL},
};
