/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is remembered over restarts: hosts that have been served at a target
 * that isn't the ESP's, and names recognised as brandings. One small value per
 * host: "host/NAME" → "TARGET" or "-", then " learned" where nobody wrote it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "found.h"
#include "life.h"

#define KEY_PREFIX "host/"
#define LEARNED    " learned"

static bool put_entry(struct lb *lb, const uint8_t *host, const uint8_t *target, bool learned)
{
	size_t host_len = lb_name_len(host), target_len = target ? lb_name_len(target) : 0;
	struct lb_memory_entry *entry = malloc(sizeof(*entry) + host_len + target_len);

	if (!entry)
		return false;
	memcpy(entry->names, host, host_len);
	entry->learned = learned;
	entry->target = target ? memcpy(entry->names + host_len, target, target_len) : NULL;
	if (lb_map_has(&lb->memory, host)) {
		/* The former entry holds the key. */
		void *former = lb_map_get(&lb->memory, host);
		lb_map_rekey(&lb->memory, entry->names, entry);
		free(former);
		return true;
	}
	void **place = lb_map_put(&lb->memory, entry->names);
	if (!place) {
		free(entry);
		return false;
	}
	*place = entry;
	return true;
}

static bool name_of(const struct lb *lb, const char *text, uint8_t out[BNS_NAME_MAX])
{
	uint8_t name[BNS_NAME_MAX];
	size_t len;

	if (lb->host->name_from_text(text, NULL, name, &len) != BNS_OK)
		return false;
	lb_name_lower(out, name);
	return true;
}

struct recalling {
	struct lb *lb;
	bool failed;
};

static void recall_one(void *arg, const char *key, const void *value, size_t len)
{
	struct recalling *r = arg;
	uint8_t host[BNS_NAME_MAX], target[BNS_NAME_MAX];
	char text[BNS_NAME_TEXT_MAX + sizeof(LEARNED)];

	if (len >= sizeof(text) || !name_of(r->lb, key + strlen(KEY_PREFIX), host))
		return;
	memcpy(text, value, len);
	text[len] = '\0';
	char *learned = strstr(text, LEARNED);
	if (learned)
		*learned = '\0';
	bool has_target = strcmp(text, "-") != 0;
	if (has_target && !name_of(r->lb, text, target))
		return;
	if (!put_entry(r->lb, host, has_target ? target : NULL, learned != NULL))
		r->failed = true;
}

enum bns_error lb_memory_open(struct lb *lb)
{
	struct recalling r = {.lb = lb};
	enum bns_error err = lb->host->recall(lb->plugin, KEY_PREFIX, recall_one, &r);

	/* To forget what is routed would let a revert through. */
	return err == BNS_OK && r.failed ? BNS_ENOMEM : err;
}

void lb_memory_close(struct lb *lb)
{
	for (size_t i = 0; lb->memory.keys && i <= lb->memory.mask; i++)
		free(lb->memory.values[i]);
	lb_map_free(&lb->memory);
}

const struct lb_memory_entry *lb_memory_get(const struct lb *lb, const uint8_t *host)
{
	return lb_map_get(&lb->memory, host);
}

static const char *key_of(const struct lb *lb, const uint8_t *host, char *out, size_t cap)
{
	char text[BNS_NAME_TEXT_MAX];

	snprintf(out, cap, KEY_PREFIX "%s", lb_name_words(lb, host, text));
	return out;
}

void lb_memory_put(struct lb *lb, const uint8_t *host, const uint8_t *target, bool learned)
{
	const struct lb_memory_entry *entry = lb_memory_get(lb, host);
	char key[BNS_NAME_TEXT_MAX + 8], text[BNS_NAME_TEXT_MAX] = "-", value[BNS_NAME_TEXT_MAX + 16];

	if (entry && !target)
		return;
	if (entry && entry->target && lb_name_equal(entry->target, target) && entry->learned == learned)
		return;
	if (target)
		lb_name_words(lb, target, text);
	snprintf(value, sizeof(value), "%s%s", text, learned ? LEARNED : "");
	enum bns_error err = lb->host->remember(lb->plugin, key_of(lb, host, key, sizeof(key)), value, strlen(value));
	if (err != BNS_OK || !put_entry(lb, host, target, learned))
		lb->host->log(lb->plugin, BNS_LOG_ERR, "can't remember where %s is routed: %s",
			      key + strlen(KEY_PREFIX), err != BNS_OK ? "the store refused" : "out of memory");
}

void lb_memory_drop(struct lb *lb, const uint8_t *host)
{
	struct lb_memory_entry *entry = lb_map_get(&lb->memory, host);
	char key[BNS_NAME_TEXT_MAX + 8];

	if (!entry)
		return;
	lb->host->forget(lb->plugin, key_of(lb, host, key, sizeof(key)));
	lb_life_drop(lb, host);
	lb_map_remove(&lb->memory, host);
	free(entry);
}

/* One branding as it is public now. */
static void note_public(struct lb *lb, const struct lb_case *c, const struct bns_contents *now)
{
	const struct lb_branding *b = c->branding;
	struct lb_path path;

	if (!c->judge_edge || b->routed || b->mode == LB_PLAIN)
		return;
	lb_resolve(lb, now, b->host, &path);
	const uint8_t *target = lb_effective(&path);
	bool at_managed = lb_is_managed_name(lb, c, target);
	if (target && (at_managed || !lb_profile_is_esp(lb, c->profile, target)))
		lb_memory_put(lb, b->host, target, b->learned);
	else if (target && b->learned)
		lb_memory_put(lb, b->host, NULL, true);
	else if (!target && b->learned)
		lb_memory_drop(lb, b->host);
}

/* An announced move is done. */
static void note_arrival(struct lb *lb, const struct lb_case *c, const struct bns_contents *now)
{
	const struct lb_expected *e = lb_expected_get(lb, c->branding->host);
	char host[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX], zone[BNS_NAME_TEXT_MAX];
	char text[2 * BNS_NAME_TEXT_MAX + 192];
	struct lb_path path;

	if (!e || !c->judge_edge)
		return;
	lb_resolve(lb, now, c->branding->host, &path);
	for (unsigned i = 1; i <= path.steps; i++) {
		if (!lb_name_equal(path.names[i], e->target))
			continue;
		snprintf(text, sizeof(text), "%s is served at %s, as %s had announced",
			 lb_name_words(lb, e->host, host), lb_name_words(lb, e->target, target), e->by);
		lb->host->event(lb->plugin, BNS_LOG_NOTICE, "routed", lb_name_words(lb, now->apex, zone), text);
		lb_expected_drop(lb, c->branding->host);
		return;
	}
}

static void note_version(struct lb *lb, const uint8_t *zone, const struct bns_contents *recognised_in,
			 const struct bns_contents *now)
{
	struct lb_cases cases;

	lb_cases_gather(&cases, lb, zone, recognised_in, NULL);
	for (size_t i = 0; i < cases.count; i++) {
		note_public(lb, &cases.list[i], now);
		note_arrival(lb, &cases.list[i], now);
		lb_life_look(lb, &cases.list[i], now);
	}
	lb_cases_free(&cases);
}

/* A zone that went takes along what was only recognised in it. */
static void forget_zone(struct lb *lb, const uint8_t *zone, const struct bns_contents *former)
{
	struct lb_cases cases;

	lb_cases_gather(&cases, lb, zone, former, NULL);
	for (size_t i = 0; i < cases.count; i++)
		if (cases.list[i].branding->learned)
			lb_memory_drop(lb, cases.list[i].branding->host);
	lb_cases_free(&cases);
}

void lb_memory_served(struct lb *lb, const struct bns_change *change)
{
	if (change->dry_run)
		return;
	if (!change->candidate) {
		lb_found_drop_zone(lb, change->zone);
		if (change->served)
			forget_zone(lb, change->zone, change->served);
		return;
	}
	/* A name that has just moved looks like a branding only in the former version. */
	if (change->served)
		note_version(lb, change->zone, change->served, change->candidate);
	note_version(lb, change->zone, change->candidate, change->candidate);
}
