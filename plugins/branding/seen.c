/* SPDX-License-Identifier: BSD-3-Clause */
/* In the store one value per host, "seen/NAME": a JSON array of what lb_seen_json tells, the newest first. */
#include "seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "rules.h"

#define KEY_PREFIX "seen/"

const char *const lb_evidence_words[] = {
	[BNS_EVIDENCE_NONE] = "none", [BNS_EVIDENCE_GOOD] = "good", [BNS_EVIDENCE_BAD] = "bad"};

/* All of a host. */
struct seen_host {
	struct lb_seen *first; /* the newest */
	uint8_t host[];
};

static void seen_free(struct lb_seen *s)
{
	if (s) {
		free(s->text);
		free(s->json);
	}
	free(s);
}

static void host_free(struct seen_host *h)
{
	while (h->first) {
		struct lb_seen *s = h->first;
		h->first = s->next;
		seen_free(s);
	}
	free(h);
}

void lb_seen_close(struct lb *lb)
{
	for (size_t i = 0; lb->seen.keys && i <= lb->seen.mask; i++)
		if (lb->seen.values[i])
			host_free(lb->seen.values[i]);
	lb_map_free(&lb->seen);
}

static struct seen_host *host_of(struct lb *lb, const uint8_t *host)
{
	size_t len = lb_name_len(host);
	struct seen_host *h = lb_map_get(&lb->seen, host);

	if (h)
		return h;
	h = calloc(1, sizeof(*h) + len);
	if (!h)
		return NULL;
	memcpy(h->host, host, len);
	void **place = lb_map_put(&lb->seen, h->host);
	if (!place) {
		free(h);
		return NULL;
	}
	return *place = h;
}

const struct lb_seen *lb_seen_at(const struct lb *lb, const uint8_t *host, const uint8_t *target)
{
	const struct seen_host *h = lb_map_get(&lb->seen, host);
	const struct lb_seen *s = h ? h->first : NULL;

	while (s && !lb_name_equal(s->target, target))
		s = s->next;
	return s;
}

int64_t lb_seen_last_s(const struct lb *lb, const uint8_t *host)
{
	const struct seen_host *h = lb_map_get(&lb->seen, host);

	return h && h->first ? h->first->at_s : 0;
}

void lb_seen_each(const struct lb *lb, void (*each)(void *arg, const uint8_t *host, const struct lb_seen *seen),
		  void *arg)
{
	for (size_t i = 0; lb->seen.keys && i <= lb->seen.mask; i++) {
		const struct seen_host *h = lb->seen.values[i];
		if (h && h->first)
			each(arg, h->host, h->first);
	}
}

const struct lb_seen *lb_seen_served(const struct lb *lb, const uint8_t *host)
{
	const uint8_t *apex;
	const struct bns_contents *zone = lb_served_zone(lb, host, &apex);
	struct lb_path path = {0};

	if (zone)
		lb_resolve(lb, zone, host, &path);
	return path.steps > 0 ? lb_seen_at(lb, host, path.names[1]) : NULL;
}

json_t *lb_seen_json(const struct lb_seen *seen)
{
	json_t *told = seen ? json_loads(seen->json, 0, NULL) : NULL;

	return told ? told : json_null();
}

/* ---- one sight ---- */

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static char worst_of(const json_t *told, enum bns_evidence evidence)
{
	static const char order[] = "CHM";
	size_t i, best = strlen(order);
	json_t *finding;

	json_array_foreach (json_object_get(told, "findings"), i, finding) {
		size_t rank = strcspn(order, word(finding, "severity"));
		best = rank < best ? rank : best;
	}
	/* What fails without a word is no better than what says why. */
	return best == strlen(order) && evidence == BNS_EVIDENCE_BAD ? 'C' : order[best];
}

/* The first of the worst findings, or else the probe's own sentence. */
static char *text_of(const json_t *told, char worst)
{
	char text[1024];
	size_t i;
	json_t *finding;

	json_array_foreach (json_object_get(told, "findings"), i, finding) {
		if (word(finding, "severity")[0] != worst)
			continue;
		snprintf(text, sizeof(text), "%s: %s", word(finding, "rule"), word(finding, "text"));
		return strdup(text);
	}
	return strdup(word(told, "text"));
}

/* Of the certificates that the addresses showed, the one that ends first. */
static int64_t certificate_end(const struct lb *lb, const json_t *told)
{
	int64_t first_s = 0, end_s;
	size_t i;
	json_t *address;

	json_array_foreach (json_object_get(json_object_get(told, "details"), "addresses"), i, address)
		if (lb->host->time_from_text(word(json_object_get(address, "tls"), "not_after"), &end_s) == BNS_OK &&
		    (first_s == 0 || end_s < first_s))
			first_s = end_s;
	return first_s;
}

static uint64_t rules_of(const json_t *told)
{
	uint64_t rules = 0;
	size_t i;
	json_t *finding;

	json_array_foreach (json_object_get(told, "findings"), i, finding) {
		const struct lb_rule *rule = lb_rule_find(word(finding, "rule"));
		if (rule)
			rules |= UINT64_C(1) << (rule - lb_rules);
	}
	return rules;
}

static struct lb_seen *seen_new(const struct lb *lb, const json_t *told)
{
	uint8_t target[BNS_NAME_MAX], lower[BNS_NAME_MAX];
	size_t len;

	if (lb->host->name_from_text(word(told, "target"), NULL, target, &len) != BNS_OK)
		return NULL;
	struct lb_seen *s = calloc(1, sizeof(*s) + len);
	if (!s)
		return NULL;
	lb_name_lower(lower, target);
	memcpy(s->target, lower, len);
	s->evidence = strcmp(word(told, "evidence"), lb_evidence_words[BNS_EVIDENCE_GOOD]) == 0 ? BNS_EVIDENCE_GOOD
												: BNS_EVIDENCE_BAD;
	s->worst = worst_of(told, s->evidence);
	s->certificate_ends_s = certificate_end(lb, told);
	s->rules = rules_of(told);
	s->text = text_of(told, s->worst);
	s->json = json_dumps(told, JSON_COMPACT);
	if (s->text && s->json && lb->host->time_from_text(word(told, "at"), &s->at_s) == BNS_OK)
		return s;
	seen_free(s);
	return NULL;
}

/* The newest comes first; another of the same target goes, and what is too many. */
static void put_first(struct seen_host *h, struct lb_seen *s)
{
	unsigned kept = 1;
	struct lb_seen **link = &s->next;

	s->next = h->first;
	h->first = s;
	while (*link) {
		struct lb_seen *former = *link;
		if (kept < LB_SEEN_TARGETS && !lb_name_equal(former->target, s->target)) {
			kept++;
			link = &former->next;
			continue;
		}
		*link = former->next;
		seen_free(former);
	}
}

/* ---- the store ---- */

static void key_of(const struct lb *lb, const uint8_t *host, char *key, size_t cap)
{
	char name[BNS_NAME_TEXT_MAX];

	snprintf(key, cap, KEY_PREFIX "%s", lb_name_words(lb, host, name));
}

static void remember(struct lb *lb, const struct seen_host *h)
{
	char key[BNS_NAME_TEXT_MAX + sizeof(KEY_PREFIX)], *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	enum bns_error err = BNS_ENOMEM;

	key_of(lb, h->host, key, sizeof(key));
	if (f) {
		for (const struct lb_seen *s = h->first; s; s = s->next)
			fprintf(f, "%c%s", s == h->first ? '[' : ',', s->json);
		fputc(']', f);
		if (fclose(f) == 0 && text)
			err = lb->host->remember(lb->plugin, key, text, len);
	}
	if (err != BNS_OK)
		lb->host->log(lb->plugin, BNS_LOG_ERR, "what a probe saw can't be remembered as %s", key);
	free(text);
}

struct recalling {
	struct lb *lb;
	bool failed;
};

static void recall_one(void *arg, const char *key, const void *value, size_t len)
{
	struct recalling *r = arg;
	uint8_t wire[BNS_NAME_MAX], host[BNS_NAME_MAX];
	json_t *list = json_loadb(value, len, 0, NULL);
	size_t wire_len;

	if (list && r->lb->host->name_from_text(key + strlen(KEY_PREFIX), NULL, wire, &wire_len) == BNS_OK) {
		lb_name_lower(host, wire);
		struct seen_host *h = host_of(r->lb, host);
		r->failed |= !h;
		for (size_t i = json_array_size(list); h && i > 0; i--) {
			struct lb_seen *s = seen_new(r->lb, json_array_get(list, i - 1));
			if (s)
				put_first(h, s);
		}
	}
	json_decref(list);
}

enum bns_error lb_seen_open(struct lb *lb)
{
	struct recalling r = {.lb = lb};
	enum bns_error err = lb->host->recall(lb->plugin, KEY_PREFIX, recall_one, &r);

	return err == BNS_OK && r.failed ? BNS_ENOMEM : err;
}

/* ---- what comes and goes ---- */

static json_t *json_findings(const struct bns_answer *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->note_count; i++) {
		const struct bns_note *n = &a->notes[i];
		const char severity[] = {n->severity, '\0'};
		if (n->rule)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?}", "rule", n->rule, "severity",
							      severity, "text", n->text, "remedy", n->remedy));
	}
	return list;
}

/* The steps are told to who asked, and not kept: the findings among them are. */
static json_t *json_details(const char *text)
{
	json_t *details = text ? json_loads(text, 0, NULL) : NULL;

	json_object_del(details, "steps");
	return details ? details : json_null();
}

bool lb_seen_put(struct lb *lb, const uint8_t *host, const uint8_t *target, const struct bns_answer *a)
{
	char name[BNS_NAME_TEXT_MAX], at[BNS_TIME_TEXT_MAX];
	struct seen_host *h = a->evidence == BNS_EVIDENCE_NONE ? NULL : host_of(lb, host);

	if (!h)
		return false;
	json_t *told =
		json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "target", lb_name_words(lb, target, name), "evidence",
			  lb_evidence_words[a->evidence], "at", lb->host->time_to_text(a->at_s, at), "text",
			  a->text ? a->text : "", "findings", json_findings(a), "details", json_details(a->details));
	struct lb_seen *s = told ? seen_new(lb, told) : NULL;
	json_decref(told);
	if (!s)
		return false;
	put_first(h, s);
	remember(lb, h);
	return true;
}

void lb_seen_drop(struct lb *lb, const uint8_t *host)
{
	struct seen_host *h = lb_map_get(&lb->seen, host);
	char key[BNS_NAME_TEXT_MAX + sizeof(KEY_PREFIX)];

	if (!h)
		return;
	key_of(lb, host, key, sizeof(key));
	lb->host->forget(lb->plugin, key);
	lb_map_remove(&lb->seen, host);
	host_free(h);
}
