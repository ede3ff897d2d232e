/* SPDX-License-Identifier: BSD-3-Clause */
/* In the store one value per host, "life/NAME": a line per step. */
#include "life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "cases.h"
#include "found.h"
#include "seen.h"
#include "words.h"

#define KEY_PREFIX "life/"

#define SWEEP_STEP 64

const char *const lb_state_words[] = {"new",         "verifying", "verified", "routed", "tls-ok",
				      "ssl-enabled", "managed",   "broken",   NULL};

enum lb_state lb_state_of(const struct lb_signs *s)
{
	if (s->is_broken)
		return LB_IS_BROKEN;
	if (s->is_managed)
		return s->tls == BNS_EVIDENCE_BAD ? LB_IS_BROKEN : LB_IS_MANAGED;
	if (s->at_target && s->tls == BNS_EVIDENCE_BAD)
		return LB_IS_BROKEN;
	if (s->at_target && s->ssl_enabled)
		return LB_IS_SSL_ENABLED;
	if (s->at_target)
		return s->tls == BNS_EVIDENCE_GOOD ? LB_IS_TLS_OK : LB_IS_ROUTED;
	if (s->at_esp)
		return s->esp_valid ? LB_IS_VERIFIED : LB_IS_VERIFYING;
	return LB_IS_NEW;
}

/* Behind these, what was only read goes from memory at once, and what was written when it is in the store. */
#define KEPT_COUNT 1000
#define KEPT_S     5

struct lb_lives {
	struct lb_map map; /* host → struct lb_life */
	int64_t moved_s;   /* the last time that many went */
};

enum lb_state lb_life_state(const struct lb_life *life)
{
	return life && life->step_count > 0 ? life->steps[life->step_count - 1].state : LB_IS_NEW;
}

static void life_free(struct lb_life *life)
{
	for (size_t i = 0; i < life->step_count; i++)
		free(life->steps[i].why);
	free(life->steps);
	free(life);
}

struct lb_lives *lb_lives_new(void)
{
	return calloc(1, sizeof(struct lb_lives));
}

void lb_lives_free(struct lb_lives *lives)
{
	if (!lives)
		return;
	for (size_t i = 0; lives->map.keys && i <= lives->map.mask; i++)
		if (lives->map.values[i])
			life_free(lives->map.values[i]);
	lb_map_free(&lives->map);
	free(lives);
}

/* Moves those that stay to a new map: a million may have come by at a first load. */
void lb_lives_tick(struct lb *lb, int64_t now_s)
{
	struct lb_map *map = &lb->lives->map, kept = {.count = 0};

	if (map->count <= KEPT_COUNT || (now_s >= lb->lives->moved_s && now_s - lb->lives->moved_s < KEPT_S))
		return;
	lb->lives->moved_s = now_s;
	for (size_t i = 0; i <= map->mask; i++) {
		struct lb_life *life = map->values[i];
		if (!life)
			continue;
		void **place = now_s - life->written_s <= KEPT_S ? lb_map_put(&kept, life->host) : NULL;
		if (place)
			*place = life;
		else
			life_free(life);
	}
	lb_map_free(map);
	*map = kept;
}

static bool add_step(struct lb_life *life, int64_t at_s, enum lb_state state, const char *why)
{
	char *copy = strdup(why);

	if (!copy)
		return false;
	if (life->step_count < LB_LIFE_STEPS) {
		void *grown = realloc(life->steps, (life->step_count + 1) * sizeof(*life->steps));
		if (!grown) {
			free(copy);
			return false;
		}
		life->steps = grown;
	} else {
		free(life->steps[0].why);
		memmove(life->steps, life->steps + 1, (LB_LIFE_STEPS - 1) * sizeof(*life->steps));
		life->step_count--;
	}
	life->steps[life->step_count++] = (struct lb_step){.at_s = at_s, .state = state, .why = copy};
	return true;
}

static void remember(struct lb *lb, struct lb_life *life)
{
	char name[BNS_NAME_TEXT_MAX], key[BNS_NAME_TEXT_MAX + 8], *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	enum bns_error err = BNS_ENOMEM;

	life->written_s = lb->host->now_s();
	if (f) {
		for (size_t i = 0; i < life->step_count; i++)
			fprintf(f, "%d %lld %s\n", (int)life->steps[i].state, (long long)life->steps[i].at_s,
				life->steps[i].why);
		snprintf(key, sizeof(key), KEY_PREFIX "%s", lb_name_words(lb, life->host, name));
		if (fclose(f) == 0 && text)
			err = lb->host->remember(lb->plugin, key, text, len);
	}
	if (err != BNS_OK)
		lb->host->log(lb->plugin, BNS_LOG_ERR, "can't remember the life of %s", name);
	free(text);
}

static const char *key_of(const struct lb *lb, const uint8_t *host, char out[BNS_NAME_TEXT_MAX + 8])
{
	char name[BNS_NAME_TEXT_MAX];

	snprintf(out, BNS_NAME_TEXT_MAX + 8, KEY_PREFIX "%s", lb_name_words(lb, host, name));
	return out;
}

struct recalling {
	const struct lb *lb;
	const char *key;
	struct lb_life *life;
	bool failed;
};

static void recall_one(void *arg, const char *key, const void *value, size_t len)
{
	struct recalling *r = arg;
	long long at_s, state;

	/* Longer names may begin as this one does. */
	if (strcmp(key, r->key) != 0)
		return;
	char *text = strndup(value, len), *at = text, *line;
	r->failed = !text;
	while ((line = lb_take_line(&at)))
		if (lb_take_number(&line, &state) && lb_take_number(&line, &at_s) && state >= 0 && state < LB_STATES)
			r->failed |= !add_step(r->life, at_s, (enum lb_state)state, line);
	free(text);
}

static struct lb_life *life_new(struct lb_lives *lives, const uint8_t *host)
{
	struct lb_life *life = calloc(1, sizeof(*life) + lb_name_len(host));

	if (!life)
		return NULL;
	memcpy(life->host, host, lb_name_len(host));
	void **place = lb_map_put(&lives->map, life->host);
	if (!place) {
		free(life);
		return NULL;
	}
	*place = life;
	return life;
}

/* From memory, or from the store; one without steps where nothing has happened yet. NULL: it can't be known. */
static struct lb_life *life_of(const struct lb *lb, const uint8_t *host)
{
	struct lb_life *life = lb_map_get(&lb->lives->map, host);
	char key[BNS_NAME_TEXT_MAX + 8];

	if (!life) {
		life = life_new(lb->lives, host);
		struct recalling r = {.lb = lb, .key = key_of(lb, host, key), .life = life};
		if (life && (lb->host->recall(lb->plugin, key, recall_one, &r) != BNS_OK || r.failed)) {
			lb_map_remove(&lb->lives->map, host);
			life_free(life);
			return NULL;
		}
	}
	return life;
}

const struct lb_life *lb_life_get(const struct lb *lb, const uint8_t *host)
{
	const struct lb_life *life = life_of(lb, host);

	return life && life->step_count > 0 ? life : NULL;
}

void lb_life_drop(struct lb *lb, const uint8_t *host)
{
	struct lb_life *life = life_of(lb, host);
	char key[BNS_NAME_TEXT_MAX + 8];

	lb_seen_drop(lb, host);
	lb_found_put(lb, host, &(struct lb_findings){.count = 0});
	if (!life || life->step_count == 0)
		return;
	lb->host->forget(lb->plugin, key_of(lb, host, key));
	/* An empty one stays until the store has forgotten it too. */
	for (size_t i = 0; i < life->step_count; i++)
		free(life->steps[i].why);
	life->step_count = 0;
	life->written_s = lb->host->now_s();
}

/* Keeps what is found. True: one of severity C breaks a routed edge; its words go to `why`. */
static bool find_break(struct lb *lb, const struct lb_look *look, char *why, size_t cap)
{
	struct lb_findings found = {0};
	bool broken = false;

	lb_rules_ask(look, &found);
	size_t count = look->c->is_protected ? found.count : 0;
	for (size_t i = 0; i < count && !broken; i++) {
		broken = found.list[i].severity == 'C' && found.list[i].role == LB_EDGE;
		if (broken)
			snprintf(why, cap, "%s: %s", found.list[i].rule->id, found.list[i].text);
	}
	lb_found_put(lb, look->c->branding->host, &found);
	lb_findings_free(&found);
	return broken;
}

/* Is nothing of what the ESP's certificate needs missing? */
static bool has_proofs(const struct lb_look *look)
{
	const struct lb_rule *rule = lb_rule_find("LB15");
	struct lb_findings found = {0};

	rule->judge(look, rule, &found);
	bool whole = found.count == 0 && !found.failed;
	lb_findings_free(&found);
	return whole;
}

/* Does that sight speak for the host's being broken, or for its being in order? */
static enum bns_evidence weigh(const struct lb_seen *seen)
{
	if (!seen)
		return BNS_EVIDENCE_NONE;
	if (seen->worst == 'C')
		return BNS_EVIDENCE_BAD;
	return seen->evidence == BNS_EVIDENCE_GOOD ? BNS_EVIDENCE_GOOD : BNS_EVIDENCE_NONE;
}

static void why_words(const struct lb *lb, const struct lb_signs *s, const struct lb_seen *seen, const uint8_t *target,
		      char *why, size_t cap)
{
	char name[BNS_NAME_TEXT_MAX] = "nothing";

	if (target)
		lb_name_words(lb, target, name);
	if (s->tls == BNS_EVIDENCE_BAD && seen)
		snprintf(why, cap, "a probe of %s failed: %s", name, seen->text);
	else if (s->at_target && s->ssl_enabled)
		snprintf(why, cap, "it is served at %s, and the account has https links", name);
	else if (s->at_target && s->tls == BNS_EVIDENCE_GOOD)
		snprintf(why, cap, "a probe of %s passed", name);
	else if (s->at_target && seen)
		snprintf(why, cap, "it is served at %s, where a probe found: %s", name, seen->text);
	else if (s->at_esp)
		snprintf(why, cap, "it is served at the ESP's %s%s", name,
			 s->esp_valid ? ", which holds it for valid" : "");
	else
		snprintf(why, cap, target ? "it is served at %s" : "its CNAME is not served", name);
}

static void take_step(struct lb *lb, struct lb_life *life, enum lb_state state, const char *zone_text, const char *why)
{
	char host[BNS_NAME_TEXT_MAX], text[2048];

	snprintf(text, sizeof(text), "%s: %s → %s: %s", lb_name_words(lb, life->host, host),
		 lb_state_words[lb_life_state(life)], lb_state_words[state], why);
	if (!add_step(life, lb->host->now_s(), state, why)) {
		lb->host->log(lb->plugin, BNS_LOG_ERR, "out of memory for a step in the life of %s", host);
		return;
	}
	remember(lb, life);
	lb->host->event(lb->plugin, state == LB_IS_BROKEN ? BNS_LOG_WARN : BNS_LOG_NOTICE, "lifecycle", zone_text,
			text);
}

void lb_life_look(struct lb *lb, const struct lb_case *c, const struct bns_contents *zone)
{
	char why[1024], zone_text[BNS_NAME_TEXT_MAX];
	struct lb_look look;

	/* What was only recognised is forgotten with its record. */
	if (c->branding->learned && !lb_memory_get(lb, c->branding->host))
		return;
	/* Where the host is another zone's, that one tells. */
	if (!c->judge_edge || c->is_reaching || !lb->host->name_in(c->branding->host, zone->apex))
		return;
	struct lb_life *life = life_of(lb, c->branding->host);
	if (!life)
		return;
	lb_look_init(&look, lb, c, zone);
	const uint8_t *target = lb_effective(&look.edge);
	bool managed = lb_is_managed_name(lb, c, target), esp = target && lb_profile_is_esp(lb, c->profile, target);
	bool whole = managed && has_proofs(&look);
	const struct lb_esp *says = lb_esp_of(lb, c->branding);
	const char *user;
	struct lb_signs signs = {
		.at_esp = esp && !whole,
		.at_target = target && !esp,
		.is_managed = whole,
		.esp_valid = says && says->valid,
		.ssl_enabled = lb_account_https_user(lb, c->branding, &user),
		.is_broken = find_break(lb, &look, why, sizeof(why)),
	};
	const struct lb_seen *seen = target ? lb_seen_at(lb, c->branding->host, look.edge.names[1]) : NULL;
	signs.tls = weigh(seen);
	enum lb_state state = lb_state_of(&signs);
	if (state == lb_life_state(life) && (life->step_count > 0 || state == LB_IS_NEW))
		return;
	if (!signs.is_broken)
		why_words(lb, &signs, seen, target, why, sizeof(why));
	take_step(lb, life, state, lb_name_words(lb, zone->apex, zone_text), why);
}

static void look_at(struct lb *lb, const struct lb_cases *cases, const uint8_t *host, const struct bns_contents *zone)
{
	for (size_t i = 0; i < cases->count; i++)
		if (lb_name_equal(cases->list[i].branding->host, host))
			lb_life_look(lb, &cases->list[i], zone);
}

/* The branding of that host in the zone that is served, as a case. */
static void look_again(struct lb *lb, const uint8_t *host)
{
	const uint8_t *apex;
	const struct bns_contents *zone = lb_served_zone(lb, host, &apex);
	struct lb_cases cases;

	if (!zone)
		return;
	lb_cases_gather(&cases, lb, zone->apex, zone, NULL);
	look_at(lb, &cases, host, zone);
	lb_cases_free(&cases);
}

void lb_life_probed(struct lb *lb, const uint8_t *host, const uint8_t *target, const struct bns_answer *answer)
{
	if (lb_seen_put(lb, host, target, answer))
		look_again(lb, host);
}

/* The policy's brandings from number `at` on that lie in one zone, which is gathered once for all; how many they were.
 */
static size_t look_at_neighbours(struct lb *lb, size_t at, size_t end)
{
	const struct lb_branding *list = lb->policy->brandings;
	const uint8_t *apex, *its_apex;
	const struct bns_contents *zone = lb_served_zone(lb, list[at].host, &apex);
	size_t next = at;
	struct lb_cases cases;

	if (!zone)
		return 1;
	lb_cases_gather(&cases, lb, zone->apex, zone, NULL);
	do
		look_at(lb, &cases, list[next++].host, zone);
	while (next < end && lb_served_zone(lb, list[next].host, &its_apex) == zone);
	lb_cases_free(&cases);
	return next - at;
}

void lb_lives_sweep(struct lb *lb)
{
	size_t end = lb->sweep_at + SWEEP_STEP;

	if (end > lb->policy->branding_count)
		end = lb->policy->branding_count;
	while (lb->sweep_at < end)
		lb->sweep_at += look_at_neighbours(lb, lb->sweep_at, end);
}
