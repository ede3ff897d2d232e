/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verb `branding check`: what the rules find in what is served, and what a
 * probe sees from outside; for all brandings, what it saw last.
 */
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "check.h"
#include "commands.h"
#include "life.h"
#include "seen.h"

struct check {
	struct lb *lb;
	struct bns_reply *reply;
	uint8_t host[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	json_t *root;
};

/* ---- the worst of what was found ---- */

static unsigned rank_of(const json_t *finding)
{
	static const char order[] = "MHC"; /* from mild to severe */
	const char *severity = json_string_value(json_object_get(finding, "severity"));
	const char *at = severity && *severity ? strchr(order, *severity) : NULL;

	return at ? (unsigned)(at - order) + 1 : 0;
}

static unsigned worst_rank(const json_t *list, unsigned rank)
{
	size_t i;
	json_t *finding;

	json_array_foreach (list, i, finding) {
		rank = rank_of(finding) > rank ? rank_of(finding) : rank;
	}
	return rank;
}

static json_t *json_worst(unsigned rank)
{
	static const char *const words[] = {NULL, "M", "H", "C"};

	return rank ? json_string(words[rank]) : json_null();
}

/* ---- all brandings, as they were seen last ---- */

/* The zone of the branding before: neighbours share what is gathered of it. */
struct round {
	const struct lb *lb;
	json_t *rows;
	const struct bns_contents *zone; /* NULL: nothing is gathered */
	struct lb_cases cases;
	unsigned worst;
};

static void leave_zone(struct round *r)
{
	if (r->zone)
		lb_cases_free(&r->cases);
	r->zone = NULL;
}

static void enter_zone(struct round *r, const struct bns_contents *zone)
{
	if (r->zone == zone)
		return;
	leave_zone(r);
	if (zone)
		lb_cases_gather(&r->cases, r->lb, zone->apex, zone, NULL);
	r->zone = zone;
}

/* What the rules find in its zone. */
static json_t *rules_find(struct round *r, const uint8_t *host)
{
	json_t *list = json_array();
	struct lb_findings found = {0};

	if (r->zone)
		lb_findings_among(r->lb, &r->cases, r->zone, host, &found);
	lb_json_findings(r->lb, host, &found, list);
	lb_findings_free(&found);
	return list;
}

static void add_row(struct round *r, const uint8_t *host)
{
	const struct lb *lb = r->lb;
	const uint8_t *apex;

	enter_zone(r, lb_served_zone(lb, host, &apex));
	json_t *findings = rules_find(r, host), *seen = lb_seen_json(r->zone ? lb_seen_served(lb, host) : NULL);
	json_array_extend(findings, json_object_get(seen, "findings"));
	unsigned rank = worst_rank(findings, 0);
	r->worst = rank > r->worst ? rank : r->worst;
	json_array_append_new(r->rows,
			      json_pack("{s:o, s:s, s:O?, s:O?, s:o, s:o}", "host", lb_json_name(lb, host), "state",
					lb_state_words[lb_life_state(lb_life_get(lb, host))], "probe",
					json_object_get(seen, "evidence"), "probed", json_object_get(seen, "at"),
					"worst", json_worst(rank), "findings", findings));
	json_decref(seen);
}

static void check_all(const struct lb *lb, struct bns_reply *reply)
{
	struct round r = {.lb = lb, .rows = json_array()};

	for (size_t i = 0; i < lb->policy->branding_count; i++)
		add_row(&r, lb->policy->brandings[i].host);
	for (size_t i = 0; lb->memory.keys && i <= lb->memory.mask; i++) {
		const struct lb_memory_entry *entry = lb->memory.values[i];
		if (entry && entry->learned && !lb_policy_find(lb, lb->policy, entry->names))
			add_row(&r, entry->names);
	}
	leave_zone(&r);
	lb_answer(lb, reply,
		  json_pack("{s:i, s:o, s:o}", "schema", 1, "brandings", r.rows, "worst", json_worst(r.worst)));
}

/* ---- one, now ---- */

/* A step as a person goes through them: in order, or with its rule and what to do. */
static json_t *json_step(const struct bns_note *note)
{
	const char severity[] = {note->severity, '\0'};

	if (note->verdict == BNS_VERDICT_PASS)
		return json_pack("{s:b, s:s}", "good", 1, "text", note->text);
	return json_pack("{s:b, s:s?, s:s, s:s, s:s?}", "good", 0, "rule", note->rule, "severity", severity, "text",
			 note->text, "remedy", note->remedy);
}

/* As the answerer tells them, or else what can be made of its notes. */
static json_t *json_steps(const struct bns_answer *a)
{
	json_t *details = a->details ? json_loads(a->details, 0, NULL) : NULL;
	json_t *steps = json_incref(json_object_get(details, "steps"));

	json_decref(details);
	if (steps)
		return steps;
	steps = json_array();
	for (size_t i = 0; i < a->note_count; i++)
		json_array_append_new(steps, json_step(&a->notes[i]));
	return steps;
}

static void probed(void *arg, const struct bns_answer *a)
{
	struct check *c = arg;
	char at[BNS_TIME_TEXT_MAX];
	json_t *steps = json_steps(a);
	unsigned rank = worst_rank(json_object_get(c->root, "findings"), worst_rank(steps, 0));

	lb_beyond_forget(c->lb);
	json_object_set_new(c->root, "steps", steps);
	json_object_set_new(c->root, "probe",
			    json_pack("{s:s, s:s, s:s?}", "evidence", lb_evidence_words[a->evidence], "at",
				      c->lb->host->time_to_text(a->at_s, at), "text", a->text));
	/* What nobody could look at isn't in order. */
	json_object_set_new(c->root, "worst", json_worst(a->evidence == BNS_EVIDENCE_NONE && rank < 2 ? 2 : rank));
	lb_check_took(c->lb, c->host, c->target, a);
	lb_answer(c->lb, c->reply, c->root);
	free(c);
}

static void check_one(struct check *c, const struct bns_contents *zone)
{
	struct lb *lb = c->lb;
	json_t *findings = json_array();

	lb_add_findings(lb, c->host, zone, findings);
	c->root = json_pack("{s:i, s:o, s:o, s:o}", "schema", 1, "host", lb_json_name(lb, c->host), "findings",
			    findings, "worst", json_worst(worst_rank(findings, 0)));
	if (lb_check_ask(lb, c->host, zone, c->target, probed, c) != BNS_ANSWERER_NONE)
		return;
	json_object_set_new(c->root, "probe", json_null());
	lb_answer(lb, c->reply, c->root);
	free(c);
}

void lb_start_check(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		    struct bns_reply *reply)
{
	struct lb *lb = lb_of(p);
	struct check *c = calloc(1, sizeof(*c));
	const uint8_t *apex;

	(void)by;
	if (!c) {
		lb->host->reply(reply, BNS_ENOMEM, NULL, NULL);
		return;
	}
	*c = (struct check){.lb = lb, .reply = reply};
	const struct bns_contents *zone = NULL;
	if (count == 1 && strcmp(args[0], "--all") == 0)
		check_all(lb, reply);
	else if (count != 1 || !lb_host_from_word(lb, args[0], c->host))
		lb_refuse(lb, reply, BNS_EINVAL, "one branded host is needed, as url1234.example.com, or --all");
	else if (!(zone = lb_served_zone(lb, c->host, &apex)))
		lb_refuse(lb, reply, BNS_ENOENT, "that host lies in no zone that is served here");
	else if (!lb_policy_find(lb, lb->policy, c->host) && !lb_memory_get(lb, c->host))
		lb_refuse(lb, reply, BNS_ENOENT,
			  "no branding is known for that host: branding list shows those that are");
	else {
		check_one(c, zone);
		return;
	}
	free(c);
}
