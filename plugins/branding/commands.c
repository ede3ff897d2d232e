/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs `branding list` and `branding show`: JSON with a "schema" key. */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "cases.h"
#include "commands.h"
#include "life.h"
#include "overview.h"
#include "seen.h"
#include "watch.h"

json_t *lb_json_name(const struct lb *lb, const uint8_t *name)
{
	char text[BNS_NAME_TEXT_MAX];

	return name ? json_string(lb_name_words(lb, name, text)) : json_null();
}

static json_t *json_targets(const struct lb *lb, const struct lb_branding *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->target_count; i++)
		json_array_append_new(list, lb_json_name(lb, b->targets[i]));
	return list;
}

json_t *lb_json_time(const struct lb *lb, int64_t at_s)
{
	char text[BNS_TIME_TEXT_MAX];

	return at_s ? json_string(lb->host->time_to_text(at_s, text)) : json_null();
}

/* Adds `state` and since when it is. */
static json_t *with_state(const struct lb *lb, json_t *row, const uint8_t *host)
{
	const struct lb_life *life = lb_life_get(lb, host);
	size_t steps = life ? life->step_count : 0;

	if (row) {
		json_object_set_new(row, "state", json_string(lb_state_words[lb_life_state(life)]));
		json_object_set_new(row, "since", lb_json_time(lb, steps ? life->steps[steps - 1].at_s : 0));
	}
	return row;
}

static json_t *json_history(const struct lb *lb, const struct lb_life *life)
{
	json_t *list = json_array();

	for (size_t i = 0; life && i < life->step_count; i++)
		json_array_append_new(list,
				      json_pack("{s:o, s:s, s:s}", "at", lb_json_time(lb, life->steps[i].at_s), "state",
						lb_state_words[life->steps[i].state], "why", life->steps[i].why));
	return list;
}

static json_t *json_expected(const struct lb *lb, const struct lb_expected *e)
{
	return e ? json_pack("{s:o, s:o, s:s}", "target", lb_json_name(lb, e->target), "until",
			     lb_json_time(lb, e->until_s), "by", e->by)
		 : json_null();
}

json_t *lb_json_esp(const struct lb *lb, const struct lb_esp *esp)
{
	if (!esp)
		return json_null();
	return json_pack("{s:I, s:s?, s:o, s:b, s:o, s:s?, s:o}", "id", (json_int_t)esp->id, "user", esp->user,
			 "domain", lb_json_name(lb, esp->domain), "default", esp->is_default, "valid",
			 esp->knows_valid ? json_boolean(esp->valid) : json_null(), "reason", esp->reason, "checked",
			 lb_json_time(lb, esp->checked_s));
}

static json_t *json_verify(const struct lb *lb, const uint8_t *host)
{
	int64_t last_s;
	uint64_t count = lb_watch_count(lb->watch, host, &last_s);

	return json_pack("{s:I, s:o}", "count", (json_int_t)count, "last", lb_json_time(lb, last_s));
}

/* What policy and memory say of a written branding. */
static json_t *json_written(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_memory_entry *entry = lb_memory_get(lb, b->host);
	unsigned on_change = b->on_change != LB_ON_CHANGE_DEFAULT ? b->on_change : lb->policy->on_change;

	return json_pack("{s:o, s:o, s:s?, s:s, s:s, s:s, s:o, s:s, s:b, s:o, s:b}", "host", lb_json_name(lb, b->host),
			 "owner", lb_json_name(lb, b->owner), "account", b->account->id, "provider",
			 b->account->profile->name, "region", b->account->region->id, "mode", lb_mode_words[b->mode],
			 "target", json_targets(lb, b), "on_change", lb_on_change_words[on_change - LB_ON_CHANGE_HOLD],
			 "routed", b->routed || (entry && entry->target), "last_target",
			 lb_json_name(lb, entry ? entry->target : NULL), "learned", 0);
}

static json_t *json_learned(const struct lb *lb, const struct lb_memory_entry *entry)
{
	return json_pack("{s:o, s:n, s:n, s:n, s:n, s:s, s:[], s:s, s:b, s:o, s:b}", "host",
			 lb_json_name(lb, entry->names), "owner", "account", "provider", "region", "mode",
			 lb_mode_words[LB_CDN], "target", "on_change",
			 lb_on_change_words[lb->policy->on_change - LB_ON_CHANGE_HOLD], "routed", entry->target != NULL,
			 "last_target", lb_json_name(lb, entry->target), "learned", 1);
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
		lb->host->diag(diag, NULL, 0, 0, "it takes no words: use branding show HOST for one");
		json_decref(list);
		return BNS_EINVAL;
	}
	for (size_t i = 0; i < lb->policy->branding_count; i++)
		json_array_append_new(list, with_state(lb, json_written(lb, &lb->policy->brandings[i]),
						       lb->policy->brandings[i].host));
	for (size_t i = 0; lb->memory.keys && i <= lb->memory.mask; i++) {
		const struct lb_memory_entry *entry = lb->memory.values[i];
		if (entry && entry->learned && !lb_policy_find(lb, lb->policy, entry->names))
			json_array_append_new(list, with_state(lb, json_learned(lb, entry), entry->names));
	}
	return answer(json_pack("{s:i, s:o}", "schema", 1, "brandings", list), json);
}

static json_t *json_finding(const struct lb *lb, const uint8_t *host, const struct lb_finding *f)
{
	char severity[2] = {f->severity, '\0'};

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "rule", f->rule->id, "name", f->rule->name,
			 "severity", severity, "host", lb_json_name(lb, host), "owner", lb_json_name(lb, f->owner),
			 "role", lb_role_words[f->role], "text", f->text, "remedy", f->rule->remedy);
}

void lb_json_findings(const struct lb *lb, const uint8_t *host, const struct lb_findings *found, json_t *list)
{
	for (size_t i = 0; i < found->count; i++)
		json_array_append_new(list, json_finding(lb, host, &found->list[i]));
}

void lb_add_findings(const struct lb *lb, const uint8_t *host, const struct bns_contents *zone, json_t *list)
{
	struct lb_findings found = {0};

	lb_findings_of(lb, zone, host, &found);
	lb_json_findings(lb, host, &found, list);
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
json_t *lb_json_way(const struct lb *lb, const struct bns_contents *zone, const uint8_t *host)
{
	json_t *list = json_array();
	struct lb_path path;

	lb_resolve(lb, zone, host, &path);
	for (unsigned i = 1; i <= path.steps; i++)
		json_array_append_new(list, lb_json_name(lb, path.names[i]));
	return list;
}

bool lb_host_from_word(const struct lb *lb, const char *word, uint8_t host[BNS_NAME_MAX])
{
	uint8_t name[BNS_NAME_MAX];
	size_t len;

	if (lb->host->name_from_text(word, NULL, name, &len) != BNS_OK)
		return false;
	lb_name_lower(host, name);
	return true;
}

static enum bns_error read_host(const struct lb *lb, const char *const *args, size_t count, uint8_t host[BNS_NAME_MAX],
				struct bns_diag *diag)
{
	if (count == 1 && lb_host_from_word(lb, args[0], host))
		return BNS_OK;
	lb->host->diag(diag, NULL, 0, 0, "one branded host is needed, as url1234.example.com");
	return BNS_EINVAL;
}

static enum bns_error run_show(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			       struct bns_diag *diag)
{
	const struct lb *lb = lb_of(p);
	uint8_t host[BNS_NAME_MAX];
	const uint8_t *apex = NULL;
	enum bns_error err = read_host(lb, args, count, host, diag);

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
	with_state(lb, root, host);
	json_object_set_new(root, "schema", json_integer(1));
	json_object_set_new(root, "history", json_history(lb, lb_life_get(lb, host)));
	json_object_set_new(root, "probe", lb_seen_json(lb_seen_served(lb, host)));
	json_object_set_new(root, "expected", json_expected(lb, lb_expected_get(lb, host)));
	json_object_set_new(root, "verify_seen", json_verify(lb, host));
	json_object_set_new(root, "esp", lb_json_esp(lb, b ? lb_esp_of(lb, b) : NULL));
	json_object_set_new(root, "zone", lb_json_name(lb, apex));
	json_object_set_new(root, "resolves", zone ? lb_json_way(lb, zone, host) : json_array());
	json_object_set_new(root, "overrides", json_overrides(lb, host));
	if (zone)
		lb_add_findings(lb, host, zone, findings);
	json_object_set_new(root, "findings", findings);
	return answer(root, json);
}

const struct bns_plugin_command lb_commands[] = {
	{"branding list", "", "All brandings: those of the policy and those recognised.", false, run_list, NULL},
	{"branding overview", "[FIRST [COUNT]]", "Brandings of the policy, a few at a time, and what probes found bad.",
	 false, lb_run_overview, NULL},
	{"branding show", "HOST", "One branding: policy, state and history, where it resolves, what the rules find.",
	 false, run_show, NULL},
	{"branding check", "HOST|--all",
	 "What the rules find in what is served and, of one host, a probe from outside.", false, NULL, lb_start_check},
	{"branding explain", "[RULE]", "What a rule looks for, what it breaks, what to do; all rules without one.",
	 false, lb_run_explain, NULL},
	{"branding route", "HOST TARGET", "Announces a move of the branded host: that one passes, others don't.", true,
	 NULL, lb_start_route},
	{"branding override", "HOST RULE until T reason R | end HOST RULE",
	 "Lets one rule pass for one host until a time, or ends that.", true, NULL, lb_start_override},
	{"account list", "", "The accounts at the ESPs, and whether each is ready for https links.", false,
	 lb_run_account_list, NULL},
	{"account readiness", "ACCOUNT [--report]",
	 "What each branding of an account and its subusers lacks for https; as a message to Support.", false,
	 lb_run_account_readiness, NULL},
	{"account refresh", "ACCOUNT", "Asks the ESP's API now what it says of the account's brandings; it only reads.",
	 true, NULL, lb_start_account_refresh},
	{0},
};
