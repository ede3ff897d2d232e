/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

static void approval_free(struct bns_approval *a)
{
	free(a->host);
	free(a->rule);
	free(a->rdata);
	free(a);
}

void bns_approvals_free(struct bns_zone_work *work)
{
	while (work->approvals) {
		struct bns_approval *a = work->approvals;
		work->approvals = a->next;
		approval_free(a);
	}
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

static struct bns_approval *approval_from_json(const json_t *finding, int64_t until_s)
{
	struct bns_approval *a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->host = strdup(text_of(finding, "host"));
	a->rule = strdup(text_of(finding, "rule"));
	a->rdata = strdup(text_of(finding, "rdata"));
	a->until_s = until_s;
	if (a->host && a->rule && a->rdata && !bns_name_from_text(text_of(finding, "owner"), NULL, a->owner, NULL)) {
		bns_name_lower(a->owner);
		return a;
	}
	approval_free(a);
	return NULL;
}

static void add(struct bns_zone *zone, const json_t *finding, int64_t until_s)
{
	struct bns_approval *a = approval_from_json(finding, until_s);
	if (!a) {
		bns_log(BNS_LOG_ERR, "zone=%s an approval could not be remembered", zone->text);
		return;
	}
	a->next = zone->work->approvals;
	zone->work->approvals = a;
}

static bool was_held(const json_t *finding)
{
	return strcmp(text_of(finding, "verdict"), "hold") == 0;
}

void bns_approvals_add(struct bns_zone *zone, const json_t *findings, int64_t until_s)
{
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f) {
		if (was_held(f))
			add(zone, f, until_s);
	}
}

bool bns_approvals_cover(const struct bns_zone *zone, const uint8_t *owner, int64_t now_s)
{
	for (const struct bns_approval *a = zone->work->approvals; a; a = a->next)
		if (bns_name_equal(a->owner, owner) && (a->until_s == 0 || a->until_s > now_s))
			return true;
	return false;
}

static bool stands(const struct bns_approval *a, const struct bns_review_result *review)
{
	for (size_t i = 0; i < review->note_count; i++) {
		const struct bns_note *n = &review->notes[i].note;
		if (strcmp(n->rule, a->rule) == 0 && strcmp(n->host ? n->host : "", a->host) == 0 &&
		    strcmp(n->rdata ? n->rdata : "", a->rdata) == 0)
			return true;
	}
	return false;
}

void bns_approvals_prune(struct bns_zone *zone, const struct bns_review_result *review)
{
	struct bns_approval **link = &zone->work->approvals;
	while (*link) {
		struct bns_approval *a = *link;
		if (stands(a, review)) {
			link = &a->next;
			continue;
		}
		*link = a->next;
		approval_free(a);
	}
}

bool bns_approvals_ended(struct bns_zone *zone, int64_t now_s)
{
	bool ended = false;
	struct bns_approval **link = &zone->work->approvals;
	while (*link) {
		struct bns_approval *a = *link;
		if (a->until_s == 0 || a->until_s > now_s) {
			link = &a->next;
			continue;
		}
		ended = true;
		*link = a->next;
		approval_free(a);
	}
	return ended;
}

/* ---- in the store: one JSON array a zone, under the gate's own name among the plugins ---- */

#define KEY_PREFIX "gate\0approval\0"

static size_t key_of(const struct bns_zone *zone, uint8_t key[sizeof(KEY_PREFIX) + BNS_NAME_MAX])
{
	size_t prefix = sizeof(KEY_PREFIX) - 1;
	size_t name = bns_name_len(zone->apex);
	memcpy(key, KEY_PREFIX, prefix);
	memcpy(key + prefix, zone->apex, name);
	return prefix + name;
}

static json_t *approval_to_json(const char *host, const char *rule, const char *rdata, const char *owner,
				int64_t until_s)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "host", host, "rule", rule, "rdata", rdata, "owner", owner,
			 "until_s", (json_int_t)until_s);
}

static json_t *all_to_json(const struct bns_zone *zone, const json_t *findings, int64_t until_s)
{
	char owner[BNS_NAME_TEXT_MAX];
	json_t *list = json_array();
	for (const struct bns_approval *a = zone->work->approvals; a; a = a->next)
		json_array_append_new(list, approval_to_json(a->host, a->rule, a->rdata,
							     bns_name_to_text(a->owner, owner), a->until_s));
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f) {
		if (was_held(f))
			json_array_append_new(list,
					      approval_to_json(text_of(f, "host"), text_of(f, "rule"),
							       text_of(f, "rdata"), text_of(f, "owner"), until_s));
	}
	return list;
}

enum bns_error bns_approvals_store(struct bns_store_txn *txn, const struct bns_zone *zone, const json_t *findings,
				   int64_t until_s)
{
	uint8_t key[sizeof(KEY_PREFIX) + BNS_NAME_MAX];
	size_t key_len = key_of(zone, key);
	json_t *list = all_to_json(zone, findings, until_s);
	if (json_array_size(list) == 0) {
		json_decref(list);
		return bns_store_del(txn, BNS_DB_PLUGIN, key, key_len);
	}
	char *text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	if (!text)
		return BNS_ENOMEM;
	enum bns_error err = bns_store_put(txn, BNS_DB_PLUGIN, key, key_len, text, strlen(text));
	free(text);
	return err;
}

enum bns_error bns_approvals_recall(struct bns_gate *g, struct bns_zone *zone)
{
	uint8_t key[sizeof(KEY_PREFIX) + BNS_NAME_MAX];
	size_t key_len = key_of(zone, key);
	void *value;
	size_t len;
	enum bns_error err = bns_store_get(g->store, BNS_DB_PLUGIN, key, key_len, &value, &len);
	if (err)
		return err == BNS_ENOENT ? BNS_OK : err;
	json_t *list = json_loadb(value, len, 0, NULL);
	size_t i;
	json_t *o;
	json_array_foreach (list, i, o) {
		add(zone, o, json_integer_value(json_object_get(o, "until_s")));
	}
	json_decref(list);
	free(value);
	return BNS_OK;
}

enum bns_error bns_approvals_each(struct bns_gate *g, bns_store_each_fn each, void *arg)
{
	return bns_store_each(g->store, BNS_DB_PLUGIN, KEY_PREFIX, sizeof(KEY_PREFIX) - 1, false, each, arg);
}

struct bns_zone *bns_approvals_zone(struct bns_gate *g, const uint8_t *key, size_t key_len)
{
	size_t prefix = sizeof(KEY_PREFIX) - 1;
	if (key_len <= prefix || !bns_name_valid(key + prefix, key_len - prefix))
		return NULL;
	return bns_gate_zone_find(g, key + prefix);
}
