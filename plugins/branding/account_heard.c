/* SPDX-License-Identifier: BSD-3-Clause */
/* In the store one value per host, "esp/NAME": the keys of the policy's `esp` as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account_live.h"

#define KEY_PREFIX "esp/"

struct heard {
	struct lb_pool pool;
	struct lb_esp esp;
	uint8_t host[BNS_NAME_MAX];
};

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static bool is_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static bool name_of(const struct lb *lb, const char *text, uint8_t out[BNS_NAME_MAX])
{
	uint8_t wire[BNS_NAME_MAX];
	size_t len;

	return text[0] && lb->host->name_from_text(text, NULL, wire, &len) == BNS_OK && lb_name_lower(out, wire) > 1;
}

static void key_of(const struct lb *lb, const uint8_t *host, char key[BNS_NAME_TEXT_MAX + 8])
{
	char name[BNS_NAME_TEXT_MAX];

	snprintf(key, BNS_NAME_TEXT_MAX + 8, KEY_PREFIX "%s", lb_name_words(lb, host, name));
}

/* ---- one row ---- */

static void heard_free(struct heard *h)
{
	if (h)
		lb_pool_free(&h->pool);
	free(h);
}

static const char *text_in(struct lb_pool *pool, const json_t *o, const char *key, bool *good)
{
	const char *text = word(o, key), *copy = text[0] ? lb_pool_text(pool, text) : NULL;

	*good = *good && (copy || !text[0]);
	return copy;
}

static const char *const *words_in(struct lb_pool *pool, const json_t *list, bool *good)
{
	size_t i, count = json_array_size(list);
	const json_t *item;
	const char **words = count > 0 ? lb_pool_alloc(pool, (count + 1) * sizeof(*words)) : NULL;

	*good = *good && (words || count == 0);
	json_array_foreach (list, i, item) {
		if (words && json_is_string(item))
			*good = (words[i] = lb_pool_text(pool, json_string_value(item))) && *good;
	}
	return words;
}

static struct heard *heard_new(const struct lb *lb, const uint8_t *host, const json_t *o)
{
	struct heard *h = calloc(1, sizeof(*h));
	uint8_t domain[BNS_NAME_MAX];
	bool good = h != NULL;

	if (!h)
		return NULL;
	lb_name_lower(h->host, host);
	h->esp = (struct lb_esp){
		.id = json_integer_value(json_object_get(o, "id")),
		.user = text_in(&h->pool, o, "user", &good),
		.reason = text_in(&h->pool, o, "reason", &good),
		.subusers = words_in(&h->pool, json_object_get(o, "subuser"), &good),
		.is_default = is_true(o, "default"),
		.knows_valid = true,
		.valid = is_true(o, "valid"),
	};
	if (name_of(lb, word(o, "domain"), domain))
		good = (h->esp.domain = lb_pool_name(&h->pool, domain)) && good;
	good = good && lb->host->time_from_text(word(o, "checked"), &h->esp.checked_s) == BNS_OK;
	if (good)
		return h;
	heard_free(h);
	return NULL;
}

static bool keep(struct lb *lb, struct heard *h)
{
	struct heard *former = lb_map_get(&lb->heard, h->host);

	if (former) {
		lb_map_rekey(&lb->heard, h->host, h);
		heard_free(former);
		return true;
	}
	void **place = lb_map_put(&lb->heard, h->host);
	if (place)
		*place = h;
	return place != NULL;
}

const struct lb_esp *lb_esp_of(const struct lb *lb, const struct lb_branding *b)
{
	const struct heard *h = b->account->api ? lb_map_get(&lb->heard, b->host) : NULL;

	return h && (!b->esp || h->esp.checked_s >= b->esp->checked_s) ? &h->esp : b->esp;
}

/* ---- over restarts ---- */

struct recalling {
	struct lb *lb;
	bool failed;
};

static void recall_one(void *arg, const char *key, const void *value, size_t len)
{
	struct recalling *r = arg;
	json_t *o = json_loadb(value, len, 0, NULL);
	uint8_t host[BNS_NAME_MAX];

	if (o && name_of(r->lb, key + strlen(KEY_PREFIX), host)) {
		struct heard *h = heard_new(r->lb, host, o);
		if (h && !keep(r->lb, h)) {
			heard_free(h);
			r->failed = true;
		}
	}
	json_decref(o);
}

enum bns_error lb_heard_open(struct lb *lb)
{
	struct recalling r = {.lb = lb};
	enum bns_error err = lb->host->recall(lb->plugin, KEY_PREFIX, recall_one, &r);

	return err == BNS_OK && r.failed ? BNS_ENOMEM : err;
}

void lb_heard_close(struct lb *lb)
{
	for (size_t i = 0; lb->heard.keys && i <= lb->heard.mask; i++)
		heard_free(lb->heard.values[i]);
	lb_map_free(&lb->heard);
}

/* ---- an answer ---- */

/* A document of the API as the policy's `esp` would have it. Both CNAMEs' own flags: the top level's isn't to be
 * trusted. */
static json_t *esp_of(const json_t *link, const char *checked)
{
	const json_t *dns = json_object_get(link, "dns");
	bool valid = is_true(json_object_get(dns, "domain_cname"), "valid") &&
		     is_true(json_object_get(dns, "owner_cname"), "valid");

	return json_pack("{s:I, s:s, s:s, s:b, s:b, s:s}", "id",
			 (json_int_t)json_integer_value(json_object_get(link, "id")), "user", word(link, "username"),
			 "domain", word(link, "domain"), "default", is_true(link, "default"), "valid", valid, "checked",
			 checked);
}

/* Host → esp. A branding of the account's that is associated with a subuser comes with that subuser's name. */
static json_t *esp_by_host(const struct lb *lb, const json_t *documents, const char *checked)
{
	json_t *all = json_object();
	const json_t *doc;
	size_t i;

	json_array_foreach (documents, i, doc) {
		const json_t *inner = json_object_get(doc, "link"), *link = inner ? inner : doc;
		const json_t *edge = json_object_get(json_object_get(link, "dns"), "domain_cname");
		uint8_t host[BNS_NAME_MAX];
		char name[BNS_NAME_TEXT_MAX];
		if (!name_of(lb, word(edge, "host"), host))
			continue;
		lb_name_words(lb, host, name);
		json_t *esp = json_object_get(all, name);
		if (!esp) {
			json_object_set_new(all, name, esp_of(link, checked));
			esp = json_object_get(all, name);
		}
		if (!inner || strcmp(word(link, "username"), word(doc, "subuser")) == 0)
			continue;
		if (!json_object_get(esp, "subuser"))
			json_object_set_new(esp, "subuser", json_array());
		json_array_append(json_object_get(esp, "subuser"), json_object_get(doc, "subuser"));
	}
	return all;
}

static void tell_change(struct lb *lb, const struct lb_branding *b, bool was_known, bool was_valid)
{
	char host[BNS_NAME_TEXT_MAX], text[BNS_NAME_TEXT_MAX + 512];
	const struct lb_esp *esp = lb_esp_of(lb, b);

	if (was_known ? esp->valid == was_valid : esp->valid)
		return;
	lb_name_words(lb, b->host, host);
	if (esp->valid)
		snprintf(text, sizeof(text), "%s is valid at %s again", host, b->account->profile->title);
	else
		snprintf(text, sizeof(text), "LB17: %s holds %s for invalid%s%.300s: %s", b->account->profile->title,
			 host, esp->reason ? ": " : "", esp->reason ? esp->reason : "", lb_rule_find("LB17")->remedy);
	lb_live_tell(lb, b->account, b, esp->valid ? BNS_LOG_NOTICE : BNS_LOG_WARN,
		     esp->valid ? "esp-valid" : "esp-invalid", text);
}

/* What isn't in the list any more is worse than invalid. */
static json_t *absent(const char *checked)
{
	return json_pack("{s:b, s:s, s:s}", "valid", 0, "reason", "it isn't among the account's brandings there",
			 "checked", checked);
}

static bool take(struct lb *lb, const struct lb_branding *b, const json_t *o)
{
	const struct lb_esp *former = lb_esp_of(lb, b);
	bool was_known = former && former->knows_valid, was_valid = was_known && former->valid;
	char key[BNS_NAME_TEXT_MAX + 8], *text = json_dumps(o, JSON_COMPACT);
	struct heard *h = text ? heard_new(lb, b->host, o) : NULL;

	if (!h || !keep(lb, h)) {
		heard_free(h);
		free(text);
		return false;
	}
	key_of(lb, b->host, key);
	if (lb->host->remember(lb->plugin, key, text, strlen(text)) != BNS_OK)
		lb->host->log(lb->plugin, BNS_LOG_ERR, "can't remember what the ESP says (%s)", key);
	free(text);
	tell_change(lb, b, was_known, was_valid);
	return true;
}

json_t *lb_heard(struct lb *lb, const struct lb_account *a, const json_t *documents, int64_t now_s)
{
	char checked[BNS_TIME_TEXT_MAX], host[BNS_NAME_TEXT_MAX];
	const struct lb_policy *p = lb->policy;
	json_t *by_host = esp_by_host(lb, documents, lb->host->time_to_text(now_s, checked));
	json_t *invalid = json_array(), *unlisted = json_array(), *value;
	json_int_t count = (json_int_t)json_object_size(by_host);
	const char *name;
	bool good = by_host && invalid && unlisted;

	for (size_t i = 0; i < p->branding_count && good; i++) {
		if (p->brandings[i].account != a)
			continue;
		lb_name_words(lb, p->brandings[i].host, host);
		json_t *known = json_object_get(by_host, host), *o = known ? json_incref(known) : absent(checked);
		good = take(lb, &p->brandings[i], o);
		if (!is_true(o, "valid"))
			json_array_append_new(invalid, json_string(host));
		json_object_del(by_host, host);
		json_decref(o);
	}
	json_object_foreach (by_host, name, value) {
		json_array_append_new(unlisted, json_string(name));
	}
	json_decref(by_host);
	/* What it says may move a life on. */
	lb->sweep_at = 0;
	if (good)
		return json_pack("{s:I, s:o, s:o}", "brandings", count, "invalid", invalid, "unlisted", unlisted);
	json_decref(invalid);
	json_decref(unlisted);
	return NULL;
}
