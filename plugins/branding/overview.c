/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * {"schema":1,"total","first","brandings":[ROW…],"attention":[…]}, ROW =
 * {"host","owner","account","provider","mode","state","since","target","origin",
 *  "certificate_ends","evidence","at"}; `attention` has what probes found bad, the worst first.
 */
#include "overview.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "evidence.h"
#include "found.h"
#include "life.h"
#include "rules.h"
#include "seen.h"

#define COUNT_DEFAULT 50
#define COUNT_MAX     1000
#define ATTENTION_MAX 50

/* Where it was served last, or else is meant to be; NULL: at the ESP alone. */
static const uint8_t *where_it_is(const struct lb_branding *b, const struct lb_memory_entry *entry)
{
	if (entry && entry->target)
		return entry->target;
	return b->target_count > 0 ? b->targets[0] : NULL;
}

static json_t *json_row(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_memory_entry *entry = lb_memory_get(lb, b->host);
	const struct lb_case at = {.branding = b, .profile = b->account->profile, .region = b->account->region};
	const struct lb_life *life = lb_life_get(lb, b->host);
	const uint8_t *target = where_it_is(b, entry);
	const struct lb_seen *seen = target ? lb_seen_at(lb, b->host, target) : NULL;
	size_t steps = life ? life->step_count : 0;

	return json_pack("{s:o, s:o, s:s?, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "host",
			 lb_json_name(lb, b->host), "owner", lb_json_name(lb, b->owner), "account", b->account->id,
			 "provider", b->account->profile->name, "mode", lb_mode_words[b->mode], "state",
			 lb_state_words[lb_life_state(life)], "since",
			 lb_json_time(lb, steps ? life->steps[steps - 1].at_s : 0), "target", lb_json_name(lb, target),
			 "origin", lb_json_name(lb, lb_origin_of(&at)), "certificate_ends",
			 lb_json_time(lb, seen ? seen->certificate_ends_s : 0), "evidence",
			 lb_evidence_words[seen ? seen->evidence : BNS_EVIDENCE_NONE], "at",
			 lb_json_time(lb, seen ? seen->at_s : 0));
}

/* ---- what is bad, the worst first ---- */

struct attention {
	const struct lb *lb;
	struct {
		const uint8_t *host;
		const struct lb_seen *seen;
	} rows[ATTENTION_MAX];
	size_t count, all;
};

static unsigned rank(const struct lb_seen *seen)
{
	return seen->worst == 'C' ? 0 : seen->worst == 'H' ? 1 : 2;
}

/* Keeps the worst of them in order. */
static void note_bad(void *arg, const uint8_t *host, const struct lb_seen *seen)
{
	struct attention *a = arg;

	if (seen->evidence != BNS_EVIDENCE_BAD && seen->worst == '\0')
		return;
	a->all++;
	size_t i = a->count < ATTENTION_MAX ? a->count++ : ATTENTION_MAX - 1;
	if (a->all > ATTENTION_MAX && rank(a->rows[i].seen) <= rank(seen))
		return;
	for (; i > 0 && rank(a->rows[i - 1].seen) > rank(seen); i--)
		a->rows[i] = a->rows[i - 1];
	a->rows[i].host = host;
	a->rows[i].seen = seen;
}

static json_t *json_attention(const struct lb *lb, size_t *all)
{
	struct attention a = {.lb = lb};
	json_t *list = json_array();

	lb_seen_each(lb, note_bad, &a);
	for (size_t i = 0; i < a.count; i++) {
		const struct lb_seen *seen = a.rows[i].seen;
		const char severity[] = {seen->worst, '\0'};
		json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:o}", "host", lb_json_name(lb, a.rows[i].host),
						      "severity", severity, "text", seen->text, "at",
						      lb_json_time(lb, seen->at_s)));
	}
	*all = a.all;
	return list;
}

/* ---- the verb ---- */

static bool read_number(const char *word, size_t max, size_t *out)
{
	char *end;
	unsigned long long value = strtoull(word, &end, 10);

	if (word[0] < '0' || word[0] > '9' || *end || value > max)
		return false;
	*out = (size_t)value;
	return true;
}

enum bns_error lb_run_overview(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			       struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	size_t first = 0, number = COUNT_DEFAULT, bad;

	if (count > 2 || (count > 0 && !read_number(args[0], SIZE_MAX / 2, &first)) ||
	    (count > 1 && !read_number(args[1], COUNT_MAX, &number))) {
		lb->host->diag(diag, NULL, 0, 0,
			       "branding overview takes the first branding's number and how many, %d at most",
			       COUNT_MAX);
		return BNS_EINVAL;
	}
	json_t *list = json_array();
	for (size_t i = first; i < lb->policy->branding_count && i < first + number; i++)
		json_array_append_new(list, json_row(lb, &lb->policy->brandings[i]));
	json_t *attention = json_attention(lb, &bad);
	json_t *root = json_pack("{s:i, s:I, s:I, s:o, s:I, s:o}", "schema", 1, "total",
				 (json_int_t)lb->policy->branding_count, "first", (json_int_t)first, "brandings", list,
				 "bad", (json_int_t)bad, "attention", attention);
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

/* ---- metrics ---- */

static void tell_brandings(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	bns_metric_tell(out, (double)lb_of(p)->policy->branding_count);
}

struct telling {
	const struct lb *lb;
	const struct bns_metric_sink *out;
};

static void tell_certificate(void *arg, const uint8_t *host, const struct lb_seen *seen)
{
	const struct telling *t = arg;
	char text[BNS_NAME_TEXT_MAX];

	if (seen->certificate_ends_s)
		bns_metric_tell_of(t->out, "host", lb_name_words(t->lb, host, text), (double)seen->certificate_ends_s);
}

static void tell_certificates(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	struct telling t = {.lb = lb_of(p), .out = out};

	lb_seen_each(t.lb, tell_certificate, &t);
}

static void count_evidence(void *arg, const uint8_t *host, const struct lb_seen *seen)
{
	unsigned *counts = arg;

	(void)host;
	counts[seen->evidence]++;
}

static void tell_probed(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	unsigned counts[BNS_EVIDENCE_BAD + 1] = {0};

	lb_seen_each(lb_of(p), count_evidence, counts);
	bns_metric_tell_of(out, "evidence", lb_evidence_words[BNS_EVIDENCE_GOOD], counts[BNS_EVIDENCE_GOOD]);
	bns_metric_tell_of(out, "evidence", lb_evidence_words[BNS_EVIDENCE_BAD], counts[BNS_EVIDENCE_BAD]);
}

/* By a rule's place in the table. */
static void count_rules(void *arg, const uint8_t *host, const struct lb_seen *seen)
{
	unsigned *counts = arg;

	(void)host;
	for (size_t i = 0; i < lb_rule_count; i++)
		counts[i] += (unsigned)(seen->rules >> i & 1);
}

static void tell_findings(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	unsigned counts[LB_RULES_MAX] = {0};

	lb_seen_each(lb_of(p), count_rules, counts);
	for (size_t i = 0; i < lb_rule_count; i++)
		if (counts[i] > 0)
			bns_metric_tell_of(out, "rule", lb_rules[i].id, counts[i]);
}

/* Those that are always told, so that a rise from nothing is one: what zone data alone can answer. */
static void tell_served_findings(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct lb *lb = lb_of(p);

	for (size_t i = 0; i < lb_rule_count; i++) {
		const char severity[] = {lb_rules[i].severity, '\0'};
		const struct bns_label labels[] = {{"rule", lb_rules[i].id}, {"severity", severity}, {NULL, NULL}};
		if (lb_rules[i].judge && !(lb_rules[i].flags & LB_STANDING))
			out->value(out->arg, "", labels, (double)lb_found_count(lb, i));
	}
}

const struct bns_metric lb_metrics[] = {
	{"brandns_branding_brandings", BNS_METRIC_GAUGE, "Brandings of the policy.", tell_brandings},
	{"brandns_branding_probed", BNS_METRIC_GAUGE, "Branded hosts by what the last probe of them showed.",
	 tell_probed},
	{"brandns_branding_findings", BNS_METRIC_GAUGE, "Branded hosts for which the last probe found that rule.",
	 tell_findings},
	{"brandns_branding_served_findings", BNS_METRIC_GAUGE,
	 "Brandings that break that rule as they are served, by the rule and its severity.", tell_served_findings},
	{"brandns_branding_certificate_expires_seconds", BNS_METRIC_GAUGE,
	 "When the certificate that a probe last saw for the host ends, Unix time; of several the first.",
	 tell_certificates},
	{0},
};
