/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the plugin's files share: its options, orders on their way to
 * probe-helper (orders.c), and what was seen last (known.c). Thread: main loop.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <jansson.h>

#include "plugin/plugin.h"

struct probe_options {
	const char *weight;
	struct bns_option_list resolver;
	const char *ca_file;
	const char *user_agent;
	struct bns_option_list user_agents;
	const char *path;
	int64_t https_port, http_port;
	uint64_t timeout_s, interval_s;
	int64_t threads;
	int64_t warn_days, alarm_days;
	struct bns_option_list caa_issuer;
};

/* An order on its way: somebody's question, or a verb. */
struct pending {
	json_int_t id;
	struct bns_ask *ask;
	struct bns_reply *reply;
	char *key; /* of the result, for questions */
	struct pending *next;
};

/* What was seen last: the newest first. */
struct known {
	char *key;
	int64_t at_s;
	json_t *result;
	struct known *next;
};

struct probe_state {
	const struct bns_host *host;
	const struct probe_options *options;
	enum bns_answerer weight;
	struct pending *pending;
	struct known *known;
	size_t known_count;
	json_int_t last_id;
	bool introduced; /* the helper that runs now knows its settings */
	uint64_t good, bad, lost;
};

/* A member's text; "" where there is none. */
const char *probe_word(const json_t *o, const char *key);

/* ---- known.c ---- */

/* Keeps `result`, which is shared, as what was seen now. */
void probe_keep(struct probe_state *s, const char *key, json_t *result);
/* NULL where nothing is known, or only for longer than that. */
const struct known *probe_find_known(const struct probe_state *s, const char *key, uint64_t fresh_s);
void probe_forget_all(struct probe_state *s);

/* ---- orders.c ---- */

extern const struct bns_helper_events probe_helper_events;

/* Takes `message` over, and `whose` names. On failure nothing waits, and whose it is is told by the caller. */
enum bns_error probe_order(struct bns_plugin *p, struct probe_state *s, json_t *message, const struct pending *whose);
void probe_drop_orders(struct probe_state *s);

void probe_answer(const struct probe_state *s, struct bns_ask *ask, const struct known *known);
void probe_answer_nothing(const struct probe_state *s, struct bns_ask *ask, const char *why);
void probe_reply_nothing(const struct probe_state *s, struct bns_reply *reply, enum bns_error err, const char *why);

#endif
