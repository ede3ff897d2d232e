/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs `branding list`, `branding show` and `branding check`: JSON with a "schema" key. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

static json_t *json_name(const struct lb *lb, const uint8_t *name)
{
	char text[BNS_NAME_TEXT_MAX];

	return name ? json_string(lb_name_words(lb, name, text)) : json_null();
}

static json_t *json_targets(const struct lb *lb, const struct lb_branding *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->target_count; i++)
		json_array_append_new(list, json_name(lb, b->targets[i]));
	return list;
}

/* What policy and memory say of a written branding. */
static json_t *json_written(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_memory_entry *entry = lb_memory_get(lb, b->host);
	unsigned on_change = b->on_change != LB_ON_CHANGE_DEFAULT ? b->on_change : lb->policy->on_change;

	return json_pack("{s:o, s:o, s:s?, s:s, s:s, s:s, s:o, s:s, s:b, s:o, s:b}", "host", json_name(lb, b->host),
			 "owner", json_name(lb, b->owner), "account", b->account->id, "provider",
			 b->account->profile->name, "region", b->account->region->id, "mode", lb_mode_words[b->mode],
			 "target", json_targets(lb, b), "on_change", lb_on_change_words[on_change - LB_ON_CHANGE_HOLD],
			 "routed", b->routed || (entry && entry->target), "last_target",
			 json_name(lb, entry ? entry->target : NULL), "learned", 0);
}

static json_t *json_learned(const struct lb *lb, const struct lb_memory_entry *entry)
{
	return json_pack("{s:o, s:n, s:n, s:n, s:n, s:s, s:[], s:s, s:b, s:o, s:b}", "host",
			 json_name(lb, entry->names), "owner", "account", "provider", "region", "mode",
			 lb_mode_words[LB_CDN], "target", "on_change",
			 lb_on_change_words[lb->policy->on_change - LB_ON_CHANGE_HOLD], "routed", entry->target != NULL,
			 "last_target", json_name(lb, entry->target), "learned", 1);
}

/* Takes `root` over. */
static enum bns_error answer(json_t *root, char **json)
{
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error run_list(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			       struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	json_t *list = json_array();

	(void)args;
	if (count > 0) {
		lb->host->diag(diag, NULL, 0, 0, "branding list takes no words: use branding show HOST for one");
		json_decref(list);
		return BNS_EINVAL;
	}
	for (size_t i = 0; i < lb->policy->branding_count; i++)
		json_array_append_new(list, json_written(lb, &lb->policy->brandings[i]));
	for (size_t i = 0; lb->memory.keys && i <= lb->memory.mask; i++) {
		const struct lb_memory_entry *entry = lb->memory.values[i];
		if (entry && entry->learned && !lb_policy_find(lb, lb->policy, entry->names))
			json_array_append_new(list, json_learned(lb, entry));
	}
	return answer(json_pack("{s:i, s:o}", "schema", 1, "brandings", list), json);
}

static json_t *json_finding(const struct lb *lb, const uint8_t *host, const struct lb_finding *f)
{
	char severity[2] = {f->severity, '\0'};

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "rule", f->rule->id, "name", f->rule->name,
			 "severity", severity, "host", json_name(lb, host), "owner", json_name(lb, f->owner), "role",
			 lb_role_words[f->role], "text", f->text, "remedy", f->rule->remedy);
}

/* Adds what the rules find of `host` in its served zone. */
static void add_findings(const struct lb *lb, const uint8_t *host, const struct bns_contents *zone, json_t *list)
{
	struct lb_findings found = {0};

	lb_findings_of(lb, zone, host, &found);
	for (size_t i = 0; i < found.count; i++)
		json_array_append_new(list, json_finding(lb, host, &found.list[i]));
	lb_findings_free(&found);
}

static json_t *json_overrides(const struct lb *lb, const uint8_t *host)
{
	json_t *list = json_array();
	char until[BNS_TIME_TEXT_MAX];

	for (size_t i = 0; i < lb->policy->override_count; i++) {
		const struct lb_override *o = &lb->policy->overrides[i];
		if (lb_name_equal(o->host, host))
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "rule", o->rule->id, "reason",
							      o->reason, "by", o->by, "until",
							      lb->host->time_to_text(o->until_s, until)));
	}
	return list;
}

/* The chain of CNAMEs from the host, as far as its zone shows it. */
static json_t *json_way(const struct lb *lb, const struct bns_contents *zone, const uint8_t *host)
{
	json_t *list = json_array();
	struct lb_path path;

	lb_resolve(lb, zone, host, &path);
	for (unsigned i = 1; i <= path.steps; i++)
		json_array_append_new(list, json_name(lb, path.names[i]));
	return list;
}

static enum bns_error read_host(const struct lb *lb, const char *const *args, size_t count, const char *verb,
				uint8_t host[BNS_NAME_MAX], struct bns_diag *diag)
{
	uint8_t name[BNS_NAME_MAX];
	size_t len;

	if (count != 1 || lb->host->name_from_text(args[0], NULL, name, &len) != BNS_OK) {
		lb->host->diag(diag, NULL, 0, 0, "%s needs one branded host, as url1234.example.com", verb);
		return BNS_EINVAL;
	}
	lb_name_lower(host, name);
	return BNS_OK;
}

static enum bns_error run_show(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			       struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	uint8_t host[BNS_NAME_MAX];
	const uint8_t *apex = NULL;
	enum bns_error err = read_host(lb, args, count, "branding show", host, diag);

	if (err != BNS_OK)
		return err;
	const struct lb_branding *b = lb_policy_find(lb, lb->policy, host);
	const struct lb_memory_entry *entry = lb_memory_get(lb, host);
	if (!b && !entry) {
		lb->host->diag(diag, NULL, 0, 0, "no branding is known for '%s': branding list shows those that are",
			       args[0]);
		return BNS_ENOENT;
	}
	json_t *root = b ? json_written(lb, b) : json_learned(lb, entry), *findings = json_array();
	const struct bns_contents *zone = lb_served_zone(lb, host, &apex);
	json_object_set_new(root, "schema", json_integer(1));
	json_object_set_new(root, "zone", json_name(lb, apex));
	json_object_set_new(root, "resolves", zone ? json_way(lb, zone, host) : json_array());
	json_object_set_new(root, "overrides", json_overrides(lb, host));
	if (zone)
		add_findings(lb, host, zone, findings);
	json_object_set_new(root, "findings", findings);
	return answer(root, json);
}

static enum bns_error check_all(const struct lb *lb, json_t *list)
{
	const uint8_t *apex = NULL;

	for (size_t i = 0; i < lb->policy->branding_count; i++) {
		const uint8_t *host = lb->policy->brandings[i].host;
		const struct bns_contents *zone = lb_served_zone(lb, host, &apex);
		if (zone)
			add_findings(lb, host, zone, list);
	}
	return BNS_OK;
}

static enum bns_error run_check(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	uint8_t host[BNS_NAME_MAX];
	const uint8_t *apex;
	json_t *list = json_array();
	enum bns_error err;

	if (count == 1 && strcmp(args[0], "--all") == 0) {
		err = check_all(lb, list);
	} else {
		err = read_host(lb, args, count, "branding check", host, diag);
		const struct bns_contents *zone = err == BNS_OK ? lb_served_zone(lb, host, &apex) : NULL;
		if (zone)
			add_findings(lb, host, zone, list);
		else if (err == BNS_OK) {
			lb->host->diag(diag, NULL, 0, 0, "'%s' lies in no zone that is served here", args[0]);
			err = BNS_ENOENT;
		}
	}
	if (err != BNS_OK) {
		json_decref(list);
		return err;
	}
	return answer(json_pack("{s:i, s:o}", "schema", 1, "findings", list), json);
}

const struct bns_plugin_command lb_commands[] = {
	{"branding list", "", "All brandings: those of the policy and those recognised.", false, run_list, NULL},
	{"branding show", "HOST", "One branding: policy, where it resolves, what the rules find.", false, run_show,
	 NULL},
	{"branding check", "HOST|--all", "What the rules find in the versions that are served.", false, run_check,
	 NULL},
	{0},
};
