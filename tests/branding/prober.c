/* SPDX-License-Identifier: BSD-3-Clause */
/* A plugin that answers the branding plugin's questions as the test tells it to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

struct options {
	const char *weight; /* "required", "advisory" */
	const char *answer; /* "good", "risky" (good, with a note), "bad", "plain" (bad, without); "later": as told */
};

#define WAITING_MAX 64

static struct bns_ask *waiting[WAITING_MAX];
static size_t waiting_count;
static char asked_hosts[16384]; /* apart by a space, in their order */

static enum bns_answerer weight_of(const struct bns_plugin *p)
{
	const struct options *o = bns_host_of(p)->options(p);

	return strcmp(o->weight, "required") == 0 ? BNS_ANSWERER_REQUIRED : BNS_ANSWERER_ADVISORY;
}

static void answer(const struct bns_plugin *p, struct bns_ask *ask, const char *word)
{
	static const struct bns_note name_mismatch = {
		.rule = "LB02",
		.severity = 'C',
		.text = "the certificate there is for *.cdn.example",
		.remedy = "add the name to the certificate at the CDN",
	};
	static const struct bns_note caches = {
		.rule = "LB12",
		.severity = 'M',
		.text = "the second answer came from a cache",
		.remedy = "turn caching off",
	};
	const struct bns_host *host = bns_host_of(p);
	bool risky = strcmp(word, "risky") == 0, good = risky || strcmp(word, "good") == 0;
	const struct bns_answer a = {
		.evidence = good ? BNS_EVIDENCE_GOOD : BNS_EVIDENCE_BAD,
		.weight = weight_of(p),
		.at_s = host->now_s(),
		.text = good ? "certificate and answers are right" : "the certificate is wrong",
		.notes = risky ? &caches : &name_mismatch,
		.note_count = risky || strcmp(word, "bad") == 0,
		.details = "{\"chain\": [\"url1234.example.com\"], \"steps\": [1, 2, 3]}",
	};

	host->answer(ask, &a);
}

static enum bns_answerer asked(struct bns_plugin *p, const struct bns_question *q, struct bns_ask *ask)
{
	const struct options *o = bns_host_of(p)->options(p);
	char name[BNS_NAME_TEXT_MAX];
	size_t used = strlen(asked_hosts);

	if (strcmp(q->kind, "route") != 0 && strcmp(q->kind, "check") != 0)
		return BNS_ANSWERER_NONE;
	bns_host_of(p)->name_to_text(q->host, name);
	snprintf(asked_hosts + used, sizeof(asked_hosts) - used, "%s ", name);
	if (strcmp(o->answer, "later") == 0 && waiting_count < WAITING_MAX)
		waiting[waiting_count++] = ask;
	else
		answer(p, ask, o->answer);
	return weight_of(p);
}

static enum bns_error run_answer(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				 struct bns_diag *diag)
{
	size_t had = waiting_count;

	(void)diag;
	/* An answer may bring the next question. */
	waiting_count = 0;
	for (size_t i = 0; i < had && count == 1; i++)
		answer(p, waiting[i], args[0]);
	*json = strdup("{}");
	return had && *json ? BNS_OK : BNS_ENOENT;
}

static enum bns_error run_asked(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				struct bns_diag *diag)
{
	(void)p;
	(void)args;
	(void)count;
	(void)diag;
	*json = strdup(asked_hosts);
	asked_hosts[0] = '\0';
	return *json ? BNS_OK : BNS_ENOMEM;
}

/* What waited in a former life is gone. */
static enum bns_error prober_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	(void)p;
	(void)host;
	(void)diag;
	waiting_count = 0;
	return BNS_OK;
}

static const struct bns_option options[] = {
	{"weight", BNS_OPTION_STRING, offsetof(struct options, weight), "required", "What an answer weighs."},
	{"answer", BNS_OPTION_STRING, offsetof(struct options, answer), "good", "What is answered."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"prober answer", "good|bad", "Answers the questions that wait.", true, run_answer, NULL},
	{"prober asked", "", "The hosts that were asked about since the last time.", false, run_asked, NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "prober",
	.summary = "Answers questions.",
	.options = options,
	.options_size = sizeof(struct options),
	.commands = commands,
	.open = prober_open,
	.asked = asked,
};
