/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exec plugin: an external verifier judges every version before it is
 * served, called as NSD calls one. The program itself is run by exec-helper.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"

#define RULE       "exec"
#define REMEDY     "look at what the verifier says and mend the zone, or approve the version"
#define MARGIN_MS  5000  /* from a verifier's deadline to ours */
#define IN_LINE_MS 30000 /* a place in the line is good for that long, unless the helper is heard of */

struct exec_options {
	struct bns_option_list verifier;
	struct bns_option_list zones;
	uint64_t timeout_s;
	int64_t count;
	int64_t port;
	bool feed_zone;
};

/* A review that waits for its verifier. */
struct waiting {
	json_int_t id;
	struct bns_review *review;
	uint8_t zone[BNS_NAME_MAX];
	uint8_t *order; /* until the verifier runs: a helper that dies before is asked again */
	size_t order_len;
	uint64_t timeout_s; /* as the order has it */
	bool sent, started;
	struct waiting *next;
};

/* What the options come to. */
struct rules {
	const struct exec_options *options;
	uint8_t (*zones)[BNS_NAME_MAX]; /* NULL: all */
	json_t *command;
};

struct exec_state {
	const struct bns_host *host;
	struct rules *rules;
	struct waiting *waiting;
	json_int_t last_id;
	int64_t heard_s; /* of the helper */
	bool introduced; /* the helper that runs now knows its settings */
	uint64_t good, bad;
};

/* ---- orders ---- */

static void waiting_free(struct waiting *w)
{
	free(w->order);
	free(w);
}

static enum bns_error introduce(struct bns_plugin *p, struct exec_state *s)
{
	char text[64];

	if (s->introduced)
		return BNS_OK;
	snprintf(text, sizeof(text), "{\"port\":%lld,\"at_once\":%lld}", (long long)s->rules->options->port,
		 (long long)s->rules->options->count);
	enum bns_error err = s->host->helper_send(p, text, strlen(text));
	s->introduced = err == BNS_OK;
	return err;
}

/* In their order, as far as the helper takes them. */
static void send_orders(struct bns_plugin *p, struct exec_state *s)
{
	for (struct waiting *w = s->waiting; w; w = w->next) {
		if (w->sent)
			continue;
		if (introduce(p, s) != BNS_OK || s->host->helper_send(p, w->order, w->order_len) != BNS_OK)
			return;
		w->sent = true;
	}
}

static json_t *header_of(const struct exec_state *s, const struct bns_change *change, json_int_t id)
{
	return json_pack("{s:I,s:s,s:O,s:I,s:b}", "id", id, "zone", change->zone_text, "command", s->rules->command,
			 "timeout_ms", (json_int_t)s->rules->options->timeout_s * 1000, "feed",
			 (int)s->rules->options->feed_zone);
}

static enum bns_error write_order(const struct exec_state *s, const struct bns_change *change, struct waiting *w)
{
	uint8_t *zone = NULL;
	size_t zone_len;
	json_t *header = header_of(s, change, w->id);
	char *text = header ? json_dumps(header, JSON_COMPACT) : NULL;
	enum bns_error err = text ? s->host->contents_encode(change->candidate, &zone, &zone_len) : BNS_ENOMEM;

	if (!err) {
		size_t head = strlen(text) + 1; /* with the octet 0 in between */
		w->order = malloc(head + zone_len);
		w->order_len = head + zone_len;
		err = w->order ? BNS_OK : BNS_ENOMEM;
		if (!err) {
			memcpy(w->order, text, head);
			memcpy(w->order + head, zone, zone_len);
		}
	}
	free(zone);
	free(text);
	json_decref(header);
	return err;
}

/* ---- verdicts ---- */

static void end_review(struct exec_state *s, struct waiting *w, const char *how, const char *said)
{
	char text[1024];

	if (how) {
		snprintf(text, sizeof(text), "the verifier %s%s%s", how, said[0] ? ": " : "", said);
		const struct bns_note note = {
			.verdict = BNS_VERDICT_HOLD,
			.fresh = true,
			.severity = 'H',
			.rule = RULE,
			.owner = w->zone,
			.type = BNS_TYPE_SOA,
			.rdata = how,
			.text = text,
			.remedy = REMEDY,
		};
		(void)!s->host->note(w->review, &note); /* without memory the host holds by itself */
	}
	*(how ? &s->bad : &s->good) += 1;
	s->host->review_end(w->review);
	waiting_free(w);
}

static struct waiting *take(struct exec_state *s, json_int_t id)
{
	for (struct waiting **link = &s->waiting; *link; link = &(*link)->next) {
		struct waiting *w = *link;
		if (w->id != id)
			continue;
		*link = w->next;
		return w;
	}
	return NULL;
}

static void started(const struct exec_state *s, json_int_t id)
{
	for (struct waiting *w = s->waiting; w; w = w->next) {
		if (w->id != id)
			continue;
		w->started = true;
		free(w->order);
		w->order = NULL;
		s->host->review_extend(w->review, w->timeout_s * 1000 + MARGIN_MS);
	}
}

static void ended(struct exec_state *s, json_t *message)
{
	struct waiting *w = take(s, json_integer_value(json_object_get(message, "id")));
	bool good = json_is_true(json_object_get(message, "good"));
	const char *how = json_string_value(json_object_get(message, "how"));
	const char *said = json_string_value(json_object_get(message, "said"));

	if (w)
		end_review(s, w, good ? NULL : how ? how : "said nothing sensible", said ? said : "");
}

static void on_message(struct bns_plugin *p, const uint8_t *data, size_t len)
{
	struct exec_state *s = bns_host_of(p)->state(p);
	json_t *message = json_loadb((const char *)data, len, 0, NULL);

	s->heard_s = s->host->now_s();
	if (json_object_get(message, "started"))
		started(s, json_integer_value(json_object_get(message, "id")));
	else
		ended(s, message);
	json_decref(message);
}

static struct waiting *take_started(struct exec_state *s)
{
	struct waiting *w = s->waiting;

	while (w && !w->started)
		w = w->next;
	return w ? take(s, w->id) : NULL;
}

/* What ran is lost; who stood in line still does. */
static void on_helper_ended(struct bns_plugin *p, const char *how)
{
	struct exec_state *s = bns_host_of(p)->state(p);
	struct waiting *w;

	s->introduced = false;
	while ((w = take_started(s)) != NULL)
		end_review(s, w, "was lost, since the program that runs it ended", how);
	for (w = s->waiting; w; w = w->next)
		w->sent = false;
}

static const struct bns_helper_events events = {.message = on_message, .ended = on_helper_ended};

/* ---- reviews ---- */

static bool concerns(const struct exec_state *s, const struct bns_change *change)
{
	if (!change->candidate || !s->rules->zones)
		return change->candidate != NULL;
	for (size_t i = 0; i < s->rules->options->zones.count; i++)
		if (s->host->name_compare(s->rules->zones[i], change->zone) == 0)
			return true;
	return false;
}

static void stand_in_line(struct exec_state *s, struct waiting *w)
{
	struct waiting **last = &s->waiting;

	if (!s->waiting)
		s->heard_s = s->host->now_s();
	while (*last)
		last = &(*last)->next;
	*last = w;
}

static void exec_review(struct bns_plugin *p, const struct bns_change *change, struct bns_review *review)
{
	struct exec_state *s = bns_host_of(p)->state(p);

	if (!concerns(s, change)) {
		s->host->review_end(review);
		return;
	}
	struct waiting *w = calloc(1, sizeof(*w));
	if (!w)
		return; /* nobody ends it, and that is a hold */
	w->review = review;
	w->id = ++s->last_id;
	w->timeout_s = s->rules->options->timeout_s;
	s->host->name_from_text(change->zone_text, NULL, w->zone, NULL);
	if (write_order(s, change, w) != BNS_OK) {
		end_review(s, w, "can't be asked: memory is short", "");
		return;
	}
	stand_in_line(s, w);
	send_orders(p, s);
}

/* Who stands in line loses nothing, as long as the line moves. */
static void exec_tick(struct bns_plugin *p, int64_t now_s)
{
	struct exec_state *s = bns_host_of(p)->state(p);

	send_orders(p, s);
	if (now_s - s->heard_s > (int64_t)s->rules->options->timeout_s + MARGIN_MS / 1000)
		return;
	for (struct waiting *w = s->waiting; w; w = w->next)
		if (!w->started)
			s->host->review_extend(w->review, IN_LINE_MS);
}

/* ---- open and close ---- */

static enum bns_error read_zones(const struct bns_plugin *p, struct rules *r, struct bns_diag *diag)
{
	const struct bns_host *host = bns_host_of(p);
	const struct bns_option_list *list = &r->options->zones;

	if (list->count == 0)
		return BNS_OK;
	r->zones = calloc(list->count, sizeof(*r->zones));
	if (!r->zones)
		return BNS_ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		enum bns_error err = host->name_from_text(list->items[i], NULL, r->zones[i], NULL);
		if (!err)
			continue;
		host->wrong_option(p, diag, "zones", "has '%s', which is no domain name", list->items[i]);
		return err;
	}
	return BNS_OK;
}

static enum bns_error check_options(const struct bns_plugin *p, const struct exec_options *o, struct bns_diag *diag)
{
	const char *option = NULL, *wrong = NULL;

	if (o->verifier.count == 0 || o->verifier.items[0][0] != '/')
		option = "verifier", wrong = "must be a list of the program's absolute path and its arguments";
	else if (o->count < 1 || o->count > 64)
		option = "count", wrong = "is from 1 to 64";
	else if (o->port < 0 || o->port > UINT16_MAX)
		option = "port", wrong = "is from 0 to 65535";
	else if (o->timeout_s == 0)
		option = "timeout", wrong = "is above 0";
	if (!wrong)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, option, "%s", wrong);
	return BNS_EINVAL;
}

static void rules_free(struct rules *r)
{
	json_decref(r->command);
	free(r->zones);
	free(r);
}

static enum bns_error read_command(struct rules *r)
{
	const struct bns_option_list *words = &r->options->verifier;

	r->command = json_array();
	for (size_t i = 0; i < words->count; i++)
		if (json_array_append_new(r->command, json_string(words->items[i])) != 0)
			return BNS_ENOMEM;
	return BNS_OK;
}

static enum bns_error rules_new(const struct bns_plugin *p, const struct exec_options *o, struct rules **out,
				struct bns_diag *diag)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (!r)
		return BNS_ENOMEM;
	r->options = o;
	enum bns_error err = check_options(p, o, diag);
	if (!err)
		err = read_command(r);
	if (!err)
		err = read_zones(p, r, diag);
	if (err)
		rules_free(r);
	else
		*out = r;
	return err;
}

static void state_free(struct exec_state *s)
{
	while (s->waiting)
		waiting_free(take(s, s->waiting->id));
	rules_free(s->rules);
	free(s);
}

static enum bns_error exec_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct rules *rules;
	enum bns_error err = rules_new(p, host->options(p), &rules, diag);
	struct exec_state *s = err ? NULL : calloc(1, sizeof(*s));

	if (err)
		return err;
	if (!s) {
		rules_free(rules);
		return BNS_ENOMEM;
	}
	*s = (struct exec_state){.host = host, .rules = rules, .heard_s = host->now_s()};
	err = host->helper_start(p, "exec-helper", &events, diag);
	if (err)
		state_free(s);
	else
		host->set_state(p, s);
	return err;
}

/* Versions that wait for their verifier have their order already; the next one is by the new options. */
static enum bns_error exec_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	return rules_new(p, options, (struct rules **)prepared, diag);
}

static void exec_apply(struct bns_plugin *p, void *prepared)
{
	struct exec_state *s = bns_host_of(p)->state(p);

	rules_free(s->rules);
	s->rules = prepared;
	s->introduced = false;
}

static void exec_drop(struct bns_plugin *p, void *prepared)
{
	(void)p;
	rules_free(prepared);
}

/* Verifiers that run ask there. */
static const char *const start_options[] = {"port", NULL};

static void exec_close(struct bns_plugin *p)
{
	state_free(bns_host_of(p)->state(p));
}

/* ---- control ---- */

static enum bns_error exec_status(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				  struct bns_diag *diag)
{
	const struct exec_state *s = bns_host_of(p)->state(p);
	json_int_t in_line = 0, running = 0;

	(void)args;
	(void)count;
	(void)diag;
	for (const struct waiting *w = s->waiting; w; w = w->next)
		*(w->started ? &running : &in_line) += 1;
	json_t *status = json_pack("{s:i,s:I,s:I,s:I,s:I}", "schema", 1, "running", running, "waiting", in_line, "good",
				   (json_int_t)s->good, "bad", (json_int_t)s->bad);
	*json = status ? json_dumps(status, JSON_COMPACT) : NULL;
	json_decref(status);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static const struct bns_option options[] = {
	{"verifier", BNS_OPTION_LIST, offsetof(struct exec_options, verifier), NULL,
	 "The program, by its absolute path, and its arguments."},
	{"zones", BNS_OPTION_LIST, offsetof(struct exec_options, zones), "",
	 "Only these zones are verified; all where it is empty."},
	{"feed-zone", BNS_OPTION_BOOL, offsetof(struct exec_options, feed_zone), "true",
	 "The zone's text is on the verifier's standard input."},
	{"timeout", BNS_OPTION_DURATION, offsetof(struct exec_options, timeout_s), "20s",
	 "How long one verifier may take."},
	{"count", BNS_OPTION_INTEGER, offsetof(struct exec_options, count), "1", "Verifiers that run at once."},
	{"port", BNS_OPTION_INTEGER, offsetof(struct exec_options, port), "0",
	 "Where, on the loopback, a version is answered while its verifier runs; 0: a port that is free."},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"exec status", "", "Verifiers that run and wait, and how the former ones ended.", false, exec_status, NULL},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "exec",
	.summary = "Lets an external verifier judge every version before it is served, as NSD's verify: does.",
	.options = options,
	.options_size = sizeof(struct exec_options),
	.commands = commands,
	.open = exec_open,
	.close = exec_close,
	.review = exec_review,
	.tick = exec_tick,
	.prepare = exec_prepare,
	.apply = exec_apply,
	.drop = exec_drop,
	.start_options = start_options,
};
