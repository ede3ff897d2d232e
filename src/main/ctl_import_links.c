/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON of the ESP's API (SendGrid's shapes) → brandings. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "main/ctl_import.h"

struct reading {
	const struct ctl *ctl;
	const char *file;
	char checked[BNS_TIME_TEXT_MAX]; /* when the file was written */
	json_t *links;                   /* host → branding */
	json_t *results;                 /* id → validation_results, with when */
	json_t *subusers;                /* host → those with which it is associated */
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

/* Both CNAMEs; the top level's `valid` isn't to be trusted, its documented example contradicts itself. */
static bool dns_valid(const json_t *dns)
{
	return is_true(json_object_get(dns, "domain_cname"), "valid") &&
	       is_true(json_object_get(dns, "owner_cname"), "valid");
}

static bool is_eu(const json_t *dns)
{
	const char *data = word(json_object_get(dns, "owner_cname"), "data");
	return strncmp(data, "eu.", 3) == 0;
}

static json_t *esp_of(const struct reading *r, const json_t *link, const json_t *dns)
{
	json_t *esp = json_object();
	json_object_set(esp, "id", json_object_get(link, "id"));
	if (word(link, "username")[0])
		json_object_set(esp, "user", json_object_get(link, "username"));
	if (word(link, "domain")[0])
		json_object_set(esp, "domain", json_object_get(link, "domain"));
	json_object_set_new(esp, "default", json_boolean(is_true(link, "default")));
	json_object_set_new(esp, "valid", json_boolean(dns_valid(dns)));
	json_object_set_new(esp, "checked", json_string(r->checked));
	return esp;
}

static bool take_link(struct reading *r, const json_t *link)
{
	const json_t *dns = json_object_get(link, "dns");
	const char *host = word(json_object_get(dns, "domain_cname"), "host");
	const char *owner = word(json_object_get(dns, "owner_cname"), "host");
	if (!host[0] || !owner[0] || !json_is_integer(json_object_get(link, "id"))) {
		ctl_complain(r->ctl,
			     "%s: a branding needs id, dns.domain_cname.host and dns.owner_cname.host, as GET "
			     "/v3/whitelabel/links answers",
			     r->file);
		return false;
	}
	bool managed = json_object_get(dns, "acme_challenge_cname") || json_object_get(dns, "cf_custom_hostname_txt");
	return json_object_set_new(r->links, host,
				   json_pack("{s:s, s:s, s:b, s:b, s:s, s:o}", "host", host, "owner", owner, "managed",
					     managed, "eu", is_eu(dns), "username", word(link, "username"), "esp",
					     esp_of(r, link, dns))) == 0;
}

static bool take_result(struct reading *r, const json_t *result)
{
	char id[32];
	snprintf(id, sizeof(id), "%lld", (long long)json_integer_value(json_object_get(result, "id")));
	return json_object_set_new(r->results, id,
				   json_pack("{s:O, s:s}", "results", json_object_get(result, "validation_results"),
					     "checked", r->checked)) == 0;
}

/* A branding of the account's, with which the API was asked for one of its subusers. */
static bool take_associated(struct reading *r, const json_t *value)
{
	const json_t *link = json_object_get(value, "link");
	const char *host = word(json_object_get(json_object_get(link, "dns"), "domain_cname"), "host");
	if (!take_link(r, link))
		return false;
	/* One of the subuser's own needs no word of it. */
	if (strcmp(word(link, "username"), word(value, "subuser")) == 0)
		return true;
	if (!json_object_get(r->subusers, host))
		json_object_set_new(r->subusers, host, json_array());
	return json_array_append(json_object_get(r->subusers, host), json_object_get(value, "subuser")) == 0;
}

static bool take(struct reading *r, const json_t *value)
{
	size_t i;
	json_t *item;
	bool good = true;
	if (json_is_array(value)) {
		json_array_foreach (value, i, item)
			good = good && take(r, item);
		return good;
	}
	if (json_object_get(value, "validation_results"))
		return take_result(r, value);
	if (json_object_get(value, "dns"))
		return take_link(r, value);
	if (json_object_get(value, "link"))
		return take_associated(r, value);
	ctl_complain(r->ctl,
		     "%s: neither a branding (with 'dns') nor an answer of validate (with 'validation_results')",
		     r->file);
	return false;
}

static bool read_file(struct reading *r)
{
	json_error_t error;
	struct stat st;
	json_t *value = json_load_file(r->file, JSON_REJECT_DUPLICATES, &error);
	if (!value) {
		if (error.line < 0) /* not read at all; jansson says why, with the file */
			ctl_complain(r->ctl, "%s", error.text);
		else
			ctl_complain(r->ctl, "%s:%d:%d: %s", r->file, error.line, error.column, error.text);
		return false;
	}
	bns_time_to_text(stat(r->file, &st) == 0 ? (int64_t)st.st_mtime : bns_clock_wall_s(), r->checked);
	bool good = take(r, value);
	json_decref(value);
	return good;
}

/* The first reason that isn't null. */
static json_t *reason_of(const json_t *results)
{
	const char *key;
	json_t *part;
	json_object_foreach ((json_t *)results, key, part)
		if (!is_true(part, "valid") && json_is_string(json_object_get(part, "reason")))
			return json_object_get(part, "reason");
	return NULL;
}

static bool all_valid(const json_t *results)
{
	const char *key;
	json_t *part;
	bool valid = json_object_size(results) > 0;
	json_object_foreach ((json_t *)results, key, part)
		valid = valid && is_true(part, "valid");
	return valid;
}

/* An answer of validate is younger than the list, and says why. */
static void apply_result(const struct reading *r, json_t *link)
{
	char id[32];
	json_t *esp = json_object_get(link, "esp");
	snprintf(id, sizeof(id), "%lld", (long long)json_integer_value(json_object_get(esp, "id")));
	const json_t *result = json_object_get(r->results, id);
	if (!result)
		return;
	const json_t *results = json_object_get(result, "results");
	json_object_set_new(esp, "valid", json_boolean(all_valid(results)));
	json_object_set(esp, "checked", json_object_get(result, "checked"));
	if (!all_valid(results) && reason_of(results))
		json_object_set(esp, "reason", reason_of(results));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *in_order(const struct reading *r)
{
	size_t count = json_object_size(r->links), at = 0;
	const char **hosts = calloc(count + 1, sizeof(*hosts)), *host;
	json_t *list = json_array(), *link;
	json_object_foreach (r->links, host, link) {
		apply_result(r, link);
		if (json_object_get(r->subusers, host))
			json_object_set(json_object_get(link, "esp"), "subuser", json_object_get(r->subusers, host));
		if (hosts)
			hosts[at++] = host;
	}
	if (hosts)
		qsort(hosts, at, sizeof(*hosts), by_text);
	for (size_t i = 0; i < at; i++)
		json_array_append(list, json_object_get(r->links, hosts[i]));
	free(hosts);
	return list;
}

json_t *ctl_import_read(const struct ctl *ctl, const json_t *files, const json_t *documents)
{
	struct reading r = {.ctl = ctl, .links = json_object(), .results = json_object(), .subusers = json_object()};
	size_t i;
	json_t *file, *list = NULL;
	bool good = true;
	json_array_foreach (files, i, file) {
		r.file = json_string_value(file);
		good = good && read_file(&r);
	}
	if (good && documents) {
		r.file = "the provider's answer";
		bns_time_to_text(bns_clock_wall_s(), r.checked);
		good = take(&r, documents);
	}
	if (good)
		list = in_order(&r);
	json_decref(r.links);
	json_decref(r.results);
	json_decref(r.subusers);
	return list;
}
