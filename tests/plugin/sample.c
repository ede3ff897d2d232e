/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plugin as somebody outside the project would write it: it includes
 * plugin.h and links nothing of ours. The candidate's id says what its review
 * shall do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

#ifndef SAMPLE_ABI
#define SAMPLE_ABI BNS_PLUGIN_ABI
#endif
#ifndef SAMPLE_TTL
#define SAMPLE_TTL 60
#endif
#ifndef SAMPLE_ASK
#define SAMPLE_ASK    "sample ask"
#define SAMPLE_ANSWER "sample answer"
#endif

struct sample_options {
	const char *word;
	const char *file;
	bool flag;
	int64_t number;
	uint64_t span_s;
	uint64_t size_bytes;
	struct bns_option_list names;
	bool fail_open;
	bool fail_reload;
};

struct sample {
	struct bns_review *late;
	struct bns_ask *ask;     /* taken and not answered yet */
	struct bns_reply *reply; /* of "sample ask" */
	unsigned served, ticks;
	char *applied; /* the word that a reload brought */
	unsigned dropped;
};

static enum bns_error sample_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	const struct sample_options *o = host->options(p);

	if (o->fail_open) {
		host->diag(diag, "sample.conf", 3, 4, "the sample was told to fail");
		return BNS_EINVAL;
	}
	host->set_state(p, calloc(1, sizeof(struct sample)));
	return host->state(p) ? BNS_OK : BNS_ENOMEM;
}

static void sample_close(struct bns_plugin *p)
{
	struct sample *s = bns_host_of(p)->state(p);

	free(s->applied);
	free(s);
}

static void put_note(const struct bns_host *host, struct bns_review *review, const struct bns_change *change,
		     enum bns_verdict verdict, bool fresh)
{
	char text[] = "the sample found it";
	const struct bns_note note = {
		.verdict = verdict,
		.fresh = fresh,
		.severity = 'M',
		.rule = "S1",
		.owner = change->zone,
		.type = BNS_TYPE_SOA,
		.rdata = "",
		.text = text,
	};

	(void)!host->note(review, &note);
	memset(text, '#', sizeof(text) - 1); /* the host has its own copy */
}

static void sample_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review)
{
	static const uint8_t address[] = {192, 0, 2, 9};
	const struct bns_host *host = bns_host_of(p);
	struct sample *s = host->state(p);
	const struct bns_record a = {.rdata = address, .rdlen = 4, .ttl = SAMPLE_TTL};

	if (strcmp(change->id, "late") == 0) {
		s->late = review;
		return;
	}
	if (strcmp(change->id, "hold") == 0)
		put_note(host, review, change, BNS_VERDICT_HOLD, true);
	if (strcmp(change->id, "stale") == 0)
		put_note(host, review, change, BNS_VERDICT_HOLD, false);
	if (strcmp(change->id, "refuse") == 0)
		put_note(host, review, change, BNS_VERDICT_REFUSE, true);
	if (strcmp(change->id, "amend") == 0)
		(void)!host->amend(review, change->zone, BNS_TYPE_A, &a, 1);
	if (strcmp(change->id, "twice") == 0)
		host->review_end(review);
	host->review_end(review);
}

static void sample_served(struct bns_plugin *p, const struct bns_change *change)
{
	struct sample *s = bns_host_of(p)->state(p);

	(void)change;
	s->served++;
}

/* What the other one wants to be asked about. */
static const uint16_t other_types[] = {BNS_TYPE_TXT, BNS_TYPE_ANY, 0};

static enum bns_query_verdict sample_query(struct bns_plugin *p, enum bns_query_stage stage,
					   const struct bns_query_view *q)
{
	(void)p;
	if (stage == BNS_QUERY_AFTER)
		return q->kind == BNS_KIND_ERROR ? BNS_QUERY_REFUSE : BNS_QUERY_CONTINUE;
	if (q->qtype == BNS_TYPE_TXT)
		return SAMPLE_TTL == 60 ? BNS_QUERY_CHALLENGE : BNS_QUERY_CONTINUE;
	return q->qtype == BNS_TYPE_ANY ? (SAMPLE_TTL == 60 ? BNS_QUERY_TRUNCATE : BNS_QUERY_DROP) : BNS_QUERY_CONTINUE;
}

static void sample_tick(struct bns_plugin *p, int64_t now_s)
{
	struct sample *s = bns_host_of(p)->state(p);

	(void)now_s;
	s->ticks++;
}

static enum bns_error sample_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	const struct sample_options *o = options;

	if (o->fail_reload) {
		host->wrong_option(p, diag, "fail-reload", "makes it fail");
		return BNS_ESYNTAX;
	}
	*prepared = strdup(o->word);
	return *prepared ? BNS_OK : BNS_ENOMEM;
}

static void sample_apply(struct bns_plugin *p, void *prepared)
{
	struct sample *s = bns_host_of(p)->state(p);

	free(s->applied);
	s->applied = prepared;
}

static void sample_drop(struct bns_plugin *p, void *prepared)
{
	struct sample *s = bns_host_of(p)->state(p);

	s->dropped++;
	free(prepared);
}

static const char *const start_options[] = {"file", "names", NULL};

/* Ends the review that is late, with a note. */
static enum bns_error run_finish(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				 struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	struct sample *s = host->state(p);

	(void)args;
	(void)count;
	(void)diag;
	*json = strdup("{\"schema\":1}");
	if (s->late)
		host->review_end(s->late);
	s->late = NULL;
	return *json ? BNS_OK : BNS_ENOMEM;
}

/* Takes questions about "now" and "late", and leaves the others. */
static enum bns_answerer sample_asked(struct bns_plugin *p, const struct bns_question *question, struct bns_ask *ask)
{
	static const struct bns_note found = {.rule = "S2", .severity = 'C', .text = "the sample looked"};
	const struct bns_host *host = bns_host_of(p);
	struct sample *s = host->state(p);
	const struct bns_answer good = {.evidence = BNS_EVIDENCE_GOOD,
					.weight = BNS_ANSWERER_ADVISORY,
					.text = "it works",
					.notes = &found,
					.note_count = 1};

	if (memcmp(question->host, "\3now", 4) == 0) {
		host->answer(ask, &good);
		return BNS_ANSWERER_ADVISORY;
	}
	if (memcmp(question->host, "\4late", 5) != 0)
		return BNS_ANSWERER_NONE;
	s->ask = ask;
	return BNS_ANSWERER_REQUIRED;
}

static void answered(void *arg, const struct bns_answer *answer)
{
	struct bns_plugin *p = arg;
	struct sample *s = bns_host_of(p)->state(p);
	char json[128];

	snprintf(json, sizeof(json), "{\"evidence\":%d,\"weight\":%d,\"text\":\"%s\",\"notes\":%zu}",
		 (int)answer->evidence, (int)answer->weight, answer->text, answer->note_count);
	bns_host_of(p)->reply(s->reply, BNS_OK, json, NULL);
	s->reply = NULL;
}

/* "sample ask HOST": what the other plugins say of it. */
static void start_ask(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
		      struct bns_reply *reply)
{
	const struct bns_host *host = bns_host_of(p);
	struct sample *s = host->state(p);
	struct bns_diag diag = {.text = ""};
	uint8_t name[BNS_NAME_MAX];
	size_t len;

	s->reply = reply;
	if (count != 1 || host->name_from_text(args[0], NULL, name, &len) != BNS_OK) {
		host->diag(&diag, NULL, 0, 0, "%s named no host", by);
		host->reply(reply, BNS_EINVAL, NULL, &diag);
		return;
	}
	const struct bns_question question = {
		.kind = "route", .zone_text = "example.com", .host = name, .target = name};
	if (host->ask(p, &question, 1000, answered, p) == BNS_ANSWERER_NONE)
		host->reply(reply, BNS_ENOENT, NULL, NULL);
}

/* Answers the question that was taken. */
static void start_answer(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
			 struct bns_reply *reply)
{
	const struct bns_host *host = bns_host_of(p);
	struct sample *s = host->state(p);

	(void)args;
	(void)count;
	(void)by;
	if (s->ask)
		host->answer(s->ask, &(struct bns_answer){.evidence = BNS_EVIDENCE_BAD,
							  .weight = BNS_ANSWERER_REQUIRED,
							  .text = "looked at last"});
	s->ask = NULL;
	host->reply(reply, BNS_OK, "{}", NULL);
}

static enum bns_error run_show(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			       struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	const struct sample_options *o = host->options(p);
	const struct sample *s = host->state(p);
	char text[1024];

	(void)args;
	(void)count;
	(void)diag;
	snprintf(text, sizeof(text), "%s|%s|%d|%lld|%llu|%llu|%zu %s|%u %u", o->word, o->file, o->flag,
		 (long long)o->number, (unsigned long long)o->span_s, (unsigned long long)o->size_bytes, o->names.count,
		 o->names.count ? o->names.items[o->names.count - 1] : "", s->served, s->ticks);
	*json = strdup(text);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error run_reloads(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				  struct bns_diag *diag)
{
	const struct sample *s = bns_host_of(p)->state(p);
	char text[128];

	(void)args;
	(void)count;
	(void)diag;
	snprintf(text, sizeof(text), "%s %u", s->applied ? s->applied : "-", s->dropped);
	*json = strdup(text);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static const struct bns_option options[] = {
	{"word", BNS_OPTION_STRING, offsetof(struct sample_options, word), NULL, "A word."},
	{"file", BNS_OPTION_PATH, offsetof(struct sample_options, file), "", "A file."},
	{"flag", BNS_OPTION_BOOL, offsetof(struct sample_options, flag), "true", "A flag."},
	{"number", BNS_OPTION_INTEGER, offsetof(struct sample_options, number), "-3", "A number."},
	{"span", BNS_OPTION_DURATION, offsetof(struct sample_options, span_s), "5m", "A span."},
	{"size", BNS_OPTION_SIZE, offsetof(struct sample_options, size_bytes), "4K", "A size."},
	{"names", BNS_OPTION_LIST, offsetof(struct sample_options, names), "", "Names."},
	{"fail-open", BNS_OPTION_BOOL, offsetof(struct sample_options, fail_open), "false", "Fails."},
	{"fail-reload", BNS_OPTION_BOOL, offsetof(struct sample_options, fail_reload), "false", "Fails later."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"sample reloads", "", "The word that came last, and how many didn't.", false, run_reloads, NULL},
	{"sample show", "", "Shows the options.", false, run_show, NULL},
	{"sample finish", "", "Ends the late review.", true, run_finish, NULL},
	{SAMPLE_ASK, "HOST", "Asks the other plugins.", false, NULL, start_ask},
	{SAMPLE_ANSWER, "", "Answers what was asked.", true, NULL, start_answer},
	{0},
};

static void tell_served(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	const struct sample *s = bns_host_of(p)->state(p);

	bns_metric_tell_of(out, "of", "sample", s->served);
}

static const struct bns_metric metrics[] = {
	{"brandns_sample_served_total", BNS_METRIC_COUNTER, "Versions.", tell_served},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = SAMPLE_ABI,
	.name = "sample",
	.summary = "A sample.",
	.options = options,
	.options_size = sizeof(struct sample_options),
	.commands = commands,
	.metrics = metrics,
	.open = sample_open,
	.close = sample_close,
	.review = sample_review,
	.served = sample_served,
	.query = sample_query,
	.query_types = SAMPLE_TTL == 60 ? NULL : other_types,
	.query_stages = SAMPLE_TTL == 60 ? 0 : 1 << BNS_QUERY_BEFORE,
	.tick = sample_tick,
	.prepare = SAMPLE_TTL == 60 ? sample_prepare : NULL,
	.apply = SAMPLE_TTL == 60 ? sample_apply : NULL,
	.drop = SAMPLE_TTL == 60 ? sample_drop : NULL,
	.start_options = SAMPLE_TTL == 60 ? start_options : NULL,
	.asked = sample_asked,
};
