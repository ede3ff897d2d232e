/* SPDX-License-Identifier: BSD-3-Clause */
#include "account_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "commands.h"

#define FIRST_S 10 /* after a start, within that time */

/* An account's turns; the policy may be another one by the time it is answered, so by its id. */
struct turn {
	char *id;
	int64_t next_s; /* 0: not planned */
	int64_t asked_s;
	char *error;             /* of the last time; NULL: it went well */
	json_int_t order;        /* on its way; 0: none */
	struct bns_reply *reply; /* to who asked for it; NULL: the schedule did */
	struct turn *next;
};

struct lb_live {
	bool running; /* the helper was started */
	json_int_t last_order;
	struct turn *turns;
};

static struct turn *turn_of(struct lb_live *live, const char *id)
{
	struct turn *t = live->turns;

	while (t && strcmp(t->id, id) != 0)
		t = t->next;
	if (t || !(t = calloc(1, sizeof(*t))))
		return t;
	if (!(t->id = strdup(id))) {
		free(t);
		return NULL;
	}
	t->next = live->turns;
	live->turns = t;
	return t;
}

/* Nodes of a fleet that were started together don't ask together. */
static int64_t some_of(uint64_t span_s)
{
	uint64_t dice = 0;

	(void)!getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	return span_s ? (int64_t)(dice % span_s) : 0;
}

/* ---- answers ---- */

void lb_live_tell(const struct lb *lb, const struct lb_account *a, const struct lb_branding *b,
		  enum bns_log_level level, const char *kind, const char *text)
{
	const struct lb_policy *p = lb->policy;
	char zone[BNS_NAME_TEXT_MAX];
	const uint8_t *apex;

	for (size_t i = 0; i < p->branding_count; i++) {
		const struct lb_branding *one = &p->brandings[i];
		if ((b ? one != b : one->account != a) || !lb_served_zone(lb, one->host, &apex))
			continue;
		lb->host->event(lb->plugin, level, kind, lb_name_words(lb, apex, zone), text);
		return;
	}
	lb->host->log(lb->plugin, (int)level, "%s: %s", kind, text);
}

static const struct lb_account *account_of(const struct lb *lb, const char *id)
{
	for (size_t i = 0; i < lb->policy->account_count; i++)
		if (strcmp(lb->policy->accounts[i].id, id) == 0)
			return &lb->policy->accounts[i];
	return NULL;
}

static void end_turn(struct lb *lb, struct turn *t, const char *error, json_t *told)
{
	char at[BNS_TIME_TEXT_MAX], text[1024];
	struct bns_reply *reply = t->reply;
	bool is_news = error && !t->error;

	t->order = 0;
	t->reply = NULL;
	t->asked_s = lb->host->now_s();
	free(t->error);
	t->error = error ? strdup(error) : NULL;
	if (is_news) {
		snprintf(text, sizeof(text), "account %s can't be asked for at the ESP: %.800s", t->id, error);
		lb_live_tell(lb, account_of(lb, t->id), NULL, BNS_LOG_WARN, "esp-unreachable", text);
	}
	if (reply && error) {
		lb_refuse(lb, reply, BNS_EIO, error);
	} else if (reply) {
		json_object_set_new(told, "schema", json_integer(1));
		json_object_set_new(told, "account", json_string(t->id));
		json_object_set_new(told, "at", json_string(lb->host->time_to_text(t->asked_s, at)));
		lb_answer(lb, reply, json_incref(told));
	}
	json_decref(told);
}

static void answered(struct lb *lb, struct turn *t, const json_t *answer)
{
	const struct lb_account *a = account_of(lb, t->id);
	const char *text = json_string_value(json_object_get(answer, "text"));
	int64_t now_s = lb->host->now_s();
	int64_t not_before_s = now_s + json_integer_value(json_object_get(answer, "retry_s"));

	if (t->next_s && t->next_s < not_before_s)
		t->next_s = not_before_s;
	if (!json_is_true(json_object_get(answer, "good")) || !a || !a->api) {
		end_turn(lb, t, text ? text : "the policy doesn't have it any more", NULL);
		return;
	}
	json_t *told = lb_heard(lb, a, json_object_get(answer, "documents"), now_s);
	end_turn(lb, t, told ? NULL : "memory is short", told);
}

static void on_message(struct bns_plugin *p, const uint8_t *data, size_t len)
{
	struct lb *lb = lb_of(p);
	json_t *answer = json_loadb((const char *)data, len, 0, NULL);
	json_int_t id = json_integer_value(json_object_get(answer, "id"));

	for (struct turn *t = lb->live->turns; t && id; t = t->next) {
		if (t->order == id) {
			answered(lb, t, answer);
			break;
		}
	}
	json_decref(answer);
}

static void on_ended(struct bns_plugin *p, const char *how)
{
	struct lb *lb = lb_of(p);
	char why[160];

	snprintf(why, sizeof(why), "esp-helper ended while it asked (%s) and is started again", how);
	for (struct turn *t = lb->live->turns; t; t = t->next)
		if (t->order)
			end_turn(lb, t, why, NULL);
}

static const struct bns_helper_events helper_events = {.message = on_message, .ended = on_ended};

/* ---- orders ---- */

static enum bns_error ask(struct lb *lb, const struct lb_account *a, struct turn *t)
{
	json_t *subusers = json_array();

	for (size_t i = 0; i < a->subuser_count; i++)
		json_array_append_new(subusers, json_string(a->subusers[i]));
	json_t *order = json_pack("{s:I, s:s, s:s, s:s*, s:o}", "id", lb->live->last_order + 1, "key_file",
				  a->api->key_file, "region", a->region->id, "url", a->api->url, "subusers", subusers);
	char *text = order ? json_dumps(order, JSON_COMPACT) : NULL;
	enum bns_error err = text ? lb->host->helper_send(lb->plugin, text, strlen(text)) : BNS_ENOMEM;

	free(text);
	json_decref(order);
	if (err == BNS_OK)
		t->order = ++lb->live->last_order;
	return err;
}

static void plan(struct turn *t, uint64_t refresh_s, int64_t now_s)
{
	uint64_t jitter_s = refresh_s / 8;

	t->next_s = now_s + (int64_t)(refresh_s - jitter_s) + some_of(2 * jitter_s + 1);
}

void lb_live_tick(struct lb *lb, int64_t now_s)
{
	for (size_t i = 0; lb->live->running && i < lb->policy->account_count; i++) {
		const struct lb_account *a = &lb->policy->accounts[i];
		struct turn *t = a->api && a->api->refresh_s ? turn_of(lb->live, a->id) : NULL;
		if (!t || t->order || now_s < t->next_s)
			continue;
		plan(t, a->api->refresh_s, now_s);
		/* A helper that isn't there now is by the next turn. */
		if (ask(lb, a, t) != BNS_OK)
			end_turn(lb, t, "esp-helper isn't running now", NULL);
	}
}

/* ---- open and close ---- */

static bool wants_helper(const struct lb *lb)
{
	for (size_t i = 0; i < lb->policy->account_count; i++)
		if (lb->policy->accounts[i].api)
			return true;
	return false;
}

/* The first turn comes soon, but not with those of other nodes; later ones keep their time over a reload. */
static void plan_all(struct lb *lb)
{
	int64_t now_s = lb->host->now_s();

	for (size_t i = 0; i < lb->policy->account_count; i++) {
		const struct lb_account *a = &lb->policy->accounts[i];
		struct turn *t = a->api ? turn_of(lb->live, a->id) : NULL;
		if (!t || !a->api->refresh_s)
			continue;
		uint64_t within_s = a->api->refresh_s < FIRST_S ? a->api->refresh_s : FIRST_S;
		if (!t->next_s || t->next_s > now_s + 2 * (int64_t)a->api->refresh_s)
			t->next_s = now_s + some_of(within_s);
	}
}

enum bns_error lb_live_open(struct lb *lb, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;

	lb->live = calloc(1, sizeof(*lb->live));
	if (!lb->live)
		return BNS_ENOMEM;
	if (wants_helper(lb)) {
		err = lb->host->helper_start(lb->plugin, "esp-helper", &helper_events, diag);
		lb->live->running = err == BNS_OK;
		plan_all(lb);
	}
	return err;
}

void lb_live_replaced(struct lb *lb)
{
	if (wants_helper(lb) && !lb->live->running)
		lb->host->log(lb->plugin, BNS_LOG_WARN,
			      "the policy has its first `api` now: the ESP is asked after the next restart");
	plan_all(lb);
}

void lb_live_close(struct lb *lb)
{
	struct turn *t = lb->live ? lb->live->turns : NULL;

	while (t) {
		struct turn *next = t->next;
		free(t->id);
		free(t->error);
		free(t);
		t = next;
	}
	free(lb->live);
}

/* ---- what is shown, and on demand ---- */

json_t *lb_live_json(const struct lb *lb, const struct lb_account *a)
{
	const struct turn *t = lb->live->turns;

	while (t && strcmp(t->id, a->id) != 0)
		t = t->next;
	return t && t->asked_s ? json_pack("{s:o, s:s?}", "at", lb_json_time(lb, t->asked_s), "error", t->error)
			       : json_null();
}

static void refuse_busy(const struct lb *lb, struct bns_reply *reply)
{
	lb_refuse(lb, reply, BNS_EBUSY,
		  lb->live->running ? "the ESP is being asked for that account already"
				    : "the policy had no `api` at the start: the ESP is asked after a restart");
}

void lb_start_account_refresh(struct bns_plugin *p, const char *const *args, size_t count, const char *by,
			      struct bns_reply *reply)
{
	struct lb *lb = lb_of(p);
	struct bns_diag diag = {.text = "one account is needed; `account list` shows them"};
	const struct lb_account *a = count == 1 ? lb_account_find(lb, args[0], &diag) : NULL;
	struct turn *t = a && a->api ? turn_of(lb->live, a->id) : NULL;

	(void)by;
	if (!a)
		lb->host->reply(reply, count == 1 ? BNS_ENOENT : BNS_EINVAL, NULL, &diag);
	else if (!a->api)
		lb_refuse(lb, reply, BNS_EINVAL,
			  "that account has no `api: {key-file: FILE}` in the policy: nobody here may ask the ESP");
	else if (!t || t->order || !lb->live->running)
		refuse_busy(lb, reply);
	else if (ask(lb, a, t) != BNS_OK)
		lb_refuse(lb, reply, BNS_EBUSY, "esp-helper isn't running now: try again in a moment");
	else
		t->reply = reply;
}
