/* SPDX-License-Identifier: BSD-3-Clause */
/* All pages of an account's link brandings, and of its subusers'. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "helper/esp.h"

#define PAGE      100
#define LINKS_MAX 100000

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

/* A user's name goes into a header. */
static bool is_user(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return name[0] && strlen(name) <= 128;
}

/* Adds those of a page that weren't there yet, by their number; returns how many these are. */
static size_t take_page(json_t *known, json_t *all, const json_t *page)
{
	size_t i, fresh = 0;
	json_t *link;
	json_array_foreach (page, i, link) {
		char id[32];
		snprintf(id, sizeof(id), "%lld", (long long)json_integer_value(json_object_get(link, "id")));
		if (json_object_get(known, id))
			continue;
		json_object_set_new(known, id, json_true());
		json_array_append(all, link);
		fresh++;
	}
	return fresh;
}

/* A server that knows no offset answers the first page again: nothing new, and that is the end. */
static bool list_links(struct bns_esp *e, const char *subuser, json_t *known, json_t *all)
{
	size_t fresh = PAGE;
	for (size_t offset = 0; fresh > 0 && json_array_size(all) <= LINKS_MAX; offset += PAGE) {
		char path[128];
		snprintf(path, sizeof(path), "/v3/whitelabel/links?limit=%d&offset=%zu", PAGE, offset);
		json_t *page =
			bns_esp_ask(e, &(struct bns_esp_request){.method = "GET", .path = path, .subuser = subuser});
		bool good = json_is_array(page);
		fresh = good ? take_page(known, all, page) : 0;
		bns_esp_tell(e, json_array_size(all));
		bool last = json_array_size(page) < PAGE;
		if (page && !good)
			bns_esp_fail(e, "GET %s: the answer is no list of brandings", path);
		json_decref(page);
		if (!good || last)
			return good;
	}
	return true;
}

/* The account's branding that is associated with the subuser, if one is. */
static bool take_associated(struct bns_esp *e, const char *subuser, json_t *all)
{
	char path[512], *escaped = curl_easy_escape(NULL, subuser, 0);
	if (!escaped)
		return false;
	snprintf(path, sizeof(path), "/v3/whitelabel/links/subuser?username=%s", escaped);
	curl_free(escaped);
	json_t *link = bns_esp_ask(e, &(struct bns_esp_request){.method = "GET", .path = path, .may_be_missing = true});
	bool good = json_is_object(link) || json_is_null(link);
	if (json_object_get(link, "dns"))
		json_array_append_new(all, json_pack("{s:s, s:O}", "subuser", subuser, "link", link));
	else if (link && !good)
		bns_esp_fail(e, "GET %s: the answer is no branding", path);
	json_decref(link);
	return good;
}

static bool list_subuser(struct bns_esp *e, const char *name, json_t *known, json_t *all)
{
	if (!is_user(name)) {
		bns_esp_fail(e, "a subuser's name has visible ASCII characters alone, and at most 128");
		return false;
	}
	return list_links(e, name, known, all) && take_associated(e, name, all);
}

/* The branding of that host among those that were listed. */
static const json_t *find_link(const json_t *all, const char *host)
{
	size_t i;
	json_t *link;
	json_array_foreach (all, i, link)
		if (strcasecmp(word(json_object_get(json_object_get(link, "dns"), "domain_cname"), "host"), host) == 0)
			return link;
	return NULL;
}

/* Only where the order names the host: see hazard in brandnsctl's manual page. */
static bool validate(struct bns_esp *e, const json_t *order, json_t *all)
{
	const char *host = word(order, "validate");
	char path[128];
	if (!host[0])
		return true;
	const json_t *link = find_link(all, host);
	if (!link) {
		bns_esp_fail(e, "the provider knows no branding of %.200s", host);
		return false;
	}
	const char *user = word(link, "username");
	size_t i;
	json_t *name;
	const char *subuser = NULL;
	json_array_foreach (json_object_get(order, "subusers"), i, name)
		if (strcmp(json_string_value(name), user) == 0)
			subuser = user;
	snprintf(path, sizeof(path), "/v3/whitelabel/links/%lld/validate",
		 (long long)json_integer_value(json_object_get(link, "id")));
	json_t *result = bns_esp_ask(e, &(struct bns_esp_request){.method = "POST", .path = path, .subuser = subuser});
	bool good = json_is_object(json_object_get(result, "validation_results"));
	if (good)
		json_array_append(all, result);
	else if (result)
		bns_esp_fail(e, "POST %s: the answer has no validation_results", path);
	json_decref(result);
	return good;
}

json_t *bns_esp_run(struct bns_esp *e, const json_t *order)
{
	json_t *known = json_object(), *all = json_array(), *name;
	size_t i;
	bool good = list_links(e, NULL, known, all);
	json_array_foreach (json_object_get(order, "subusers"), i, name)
		good = good && list_subuser(e, json_is_string(name) ? json_string_value(name) : "", known, all);
	good = good && validate(e, order, all);
	json_decref(known);
	if (good)
		return all;
	json_decref(all);
	return NULL;
}
