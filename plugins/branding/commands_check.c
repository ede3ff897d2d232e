/* SPDX-License-Identifier: BSD-3-Clause */
/* The verb `branding check`: what the rules find in what is served, and what a probe sees from outside. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "commands.h"
#include "seen.h"

struct check {
	struct lb *lb;
	struct bns_reply *reply;
	uint8_t host[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	json_t *root;
};

static void check_all(const struct lb *lb, struct bns_reply *reply)
{
	const uint8_t *apex = NULL;
	json_t *list = json_array();

	for (size_t i = 0; i < lb->policy->branding_count; i++) {
		const uint8_t *host = lb->policy->brandings[i].host;
		const struct bns_contents *zone = lb_served_zone(lb, host, &apex);
		if (zone)
			lb_add_findings(lb, host, zone, list);
	}
	lb_answer(lb, reply, json_pack("{s:i, s:o}", "schema", 1, "findings", list));
}

/* A step as a person goes through them: in order, or with its rule and what to do. */
static json_t *json_step(const struct bns_note *note)
{
	const char severity[] = {note->severity, '\0'};

	if (note->verdict == BNS_VERDICT_PASS)
		return json_pack("{s:b, s:s}", "good", 1, "text", note->text);
	return json_pack("{s:b, s:s?, s:s, s:s, s:s?}", "good", 0, "rule", note->rule, "severity", severity, "text",
			 note->text, "remedy", note->remedy);
}

static void probed(void *arg, const struct bns_answer *a)
{
	struct check *c = arg;
	char at[BNS_TIME_TEXT_MAX];
	json_t *steps = json_array();

	lb_beyond_forget(c->lb);
	for (size_t i = 0; i < a->note_count; i++)
		json_array_append_new(steps, json_step(&a->notes[i]));
	json_object_set_new(c->root, "steps", steps);
	json_object_set_new(c->root, "probe",
			    json_pack("{s:s, s:s, s:s?}", "evidence", lb_evidence_words[a->evidence], "at",
				      c->lb->host->time_to_text(a->at_s, at), "text", a->text));
	lb_check_took(c->lb, c->host, c->target, a);
	lb_answer(c->lb, c->reply, c->root);
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
	if (count == 1 && strcmp(args[0], "--all") == 0) {
		check_all(lb, reply);
		goto out;
	}
	if (count != 1 || !lb_host_from_word(lb, args[0], c->host)) {
		lb_refuse(lb, reply, BNS_EINVAL,
			  "branding check needs one branded host, as url1234.example.com, or --all");
		goto out;
	}
	const struct bns_contents *zone = lb_served_zone(lb, c->host, &apex);
	if (!zone) {
		lb_refuse(lb, reply, BNS_ENOENT, "that host lies in no zone that is served here");
		goto out;
	}
	json_t *findings = json_array();
	lb_add_findings(lb, c->host, zone, findings);
	c->root = json_pack("{s:i, s:o, s:o}", "schema", 1, "host", lb_json_name(lb, c->host), "findings", findings);
	if (lb_check_ask(lb, c->host, zone, c->target, probed, c) != BNS_ANSWERER_NONE)
		return;
	json_object_set_new(c->root, "probe", json_null());
	lb_answer(lb, reply, c->root);
out:
	free(c);
}
