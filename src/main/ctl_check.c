/* SPDX-License-Identifier: BSD-3-Clause */
/* check-zone and check-config: the rules the daemon applies, before it has to. */
#include <stdlib.h>
#include <string.h>

#include "base/rcu.h"
#include "conf/conf.h"
#include "control/render_diff.h"
#include "main/ctl_sides.h"
#include "main/tls.h"
#include "zone/check.h"

static const char *option(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

/* ---- check-zone ---- */

struct check {
	struct ctl *ctl;
	struct ctl_policy policy;
	json_t *rows;
	size_t problems;
	enum ctl_exit code;
};

/* What is wrong with a file is this verb's result, one line each. */
static void say_problem(const struct ctl *ctl, const struct bns_diag *where)
{
	char text[sizeof(where->file) + sizeof(where->text) + 32];
	if (!ctl->json) {
		printf("%s\n", bns_diag_format(where, text, sizeof(text)));
		return;
	}
	ctl_complain_diag(ctl, where);
	json_array_append_new(ctl->said->unread, json_pack("{s:o, s:i, s:o}", "file", bns_rpc_text(where->file), "line",
							   (int)where->line, "text", bns_rpc_text(where->text)));
}

static json_t *problem_row(const struct bns_problem *p)
{
	char owner[BNS_NAME_TEXT_MAX];
	return json_pack("{s:s, s:o, s:i, s:s, s:o}", "check", bns_check_word(p->rule), "file",
			 bns_rpc_text(p->where.file), "line", (int)p->where.line, "owner",
			 bns_name_to_text(p->owner, owner), "text", bns_rpc_text(p->where.text));
}

static json_t *check_structure(struct check *c, const struct ctl_zone *zone)
{
	struct bns_problems problems;
	json_t *rows = json_array();
	if (bns_zone_check(zone->contents, &problems) != BNS_OK) {
		ctl_complain(c->ctl, "%s: out of memory", zone->path);
		c->code = CTL_ERROR;
		return rows;
	}
	for (size_t i = 0; i < problems.count && i < BNS_PROBLEMS_MAX; i++) {
		json_array_append_new(rows, problem_row(&problems.list[i]));
		if (!c->ctl->json)
			say_problem(c->ctl, &problems.list[i].where);
	}
	if (problems.count > BNS_PROBLEMS_MAX)
		ctl_complain(c->ctl, "%s: %zu more problems aren't listed", zone->path,
			     problems.count - BNS_PROBLEMS_MAX);
	if (problems.count > 0)
		c->code = CTL_ERROR;
	c->problems += problems.count;
	bns_problems_free(&problems);
	return rows;
}

/* Amended means: not served as it is written. That is for a person to know before, and so is what would be an alarm. */
static enum ctl_exit exit_of_findings(const json_t *findings)
{
	size_t i;
	json_t *finding;
	enum ctl_exit code = CTL_DONE;
	json_array_foreach (findings, i, finding) {
		const char *verdict = json_string_value(json_object_get(finding, "verdict"));
		if (ctl_verdict_rank(verdict) > ctl_verdict_rank("pass"))
			code = ctl_worse(code, CTL_HELD);
		else if (*bns_rpc_str(finding, "severity") != 'M')
			code = ctl_worse(code, CTL_DIFFERS);
	}
	return code;
}

/* What the zone's records turn in another one of the folder is told where that one is checked. */
static bool is_told_elsewhere(const struct check *c, const struct ctl_zone *zone, const json_t *finding)
{
	uint8_t owner[BNS_NAME_MAX];
	size_t len;
	if (bns_name_from_text(bns_rpc_str(finding, "owner"), NULL, owner, &len) != BNS_OK)
		return false;
	bns_name_lower(owner);
	if (bns_name_in(owner, zone->apex))
		return false;
	for (const uint8_t *at = owner; *at; at += *at + 1) {
		const struct ctl_zone *other = ctl_side_find(c->policy.beside, at);
		if (other)
			return other->contents != NULL;
	}
	return false;
}

static void add_findings(const struct check *c, const struct ctl_zone *zone, const json_t *from, json_t *to)
{
	size_t i;
	json_t *finding;
	json_array_foreach (from, i, finding) {
		if (!is_told_elsewhere(c, zone, finding))
			json_array_append(to, finding);
	}
}

/* Against nothing served: every finding is fresh, and none is excused by having been there before. */
static json_t *check_policy(struct check *c, const struct ctl_zone *zone)
{
	size_t i;
	json_t *finding;
	json_t *findings = json_array();
	json_t *report = ctl_judge(c->ctl, &c->policy, zone->apex, NULL, zone->contents, zone->path);
	if (!report) {
		c->code = CTL_ERROR;
		return findings;
	}
	add_findings(c, zone, json_object_get(report, "findings"), findings);
	add_findings(c, zone, json_object_get(report, "standing"), findings);
	json_decref(report);
	json_array_foreach (findings, i, finding) {
		if (!c->ctl->json)
			bns_render_finding(stdout, c->ctl->colour, finding);
	}
	c->code = ctl_worse(c->code, exit_of_findings(findings));
	return findings;
}

static void check_one(struct check *c, const struct ctl_zone *zone)
{
	char name[BNS_NAME_TEXT_MAX];
	json_t *problems = check_structure(c, zone);
	bool sound = json_array_size(problems) == 0;
	json_t *findings = sound && c->policy.plugins ? check_policy(c, zone) : json_array();
	if (sound && json_array_size(findings) == 0 && !c->ctl->json)
		printf("%s: zone %s, serial %u: good\n", zone->path, bns_name_to_text_nodot(zone->apex, name),
		       (unsigned)zone->contents->serial);
	json_array_append_new(c->rows,
			      json_pack("{s:s, s:o, s:I, s:o, s:o}", "zone", bns_name_to_text_nodot(zone->apex, name),
					"file", bns_rpc_text(zone->path), "serial", (json_int_t)zone->contents->serial,
					"problems", problems, "findings", findings));
}

static void check_side(struct check *c, const struct ctl_side *side)
{
	struct ctl_progress progress;
	ctl_progress_begin(&progress, "zones checked", side->count);
	for (size_t i = 0; i < side->count; i++) {
		ctl_progress_hide(&progress);
		if (side->zones[i].contents)
			check_one(c, &side->zones[i]);
		ctl_progress_step(c->ctl, &progress);
	}
	ctl_progress_hide(&progress);
	if (side->failed || side->count == 0)
		c->code = CTL_ERROR;
	if (c->problems > 0)
		ctl_complain(c->ctl, "%s: %zu problem%s the daemon would refuse", side->name, c->problems,
			     c->problems == 1 ? "" : "s");
	else if (side->failed)
		ctl_complain(c->ctl, "%s: can't be read as the daemon would read it", side->name);
}

enum ctl_exit ctl_check_zone(struct ctl *ctl, json_t *params)
{
	struct check c = {.ctl = ctl};
	struct ctl_side side;
	const json_t *paths = json_object_get(params, "paths");
	const char *policy_path = option(params, "policy");
	if (policy_path && !ctl_policy_open(ctl, policy_path, &c.policy))
		return CTL_ERROR;
	c.rows = json_array();
	ctl->said->unread = json_array();
	c.policy.beside = &side;
	if (ctl_side_open_all(ctl, paths, say_problem, &side)) {
		check_side(&c, &side);
		ctl_side_close(&side);
	} else {
		c.code = CTL_ERROR;
	}
	if (ctl->json) {
		json_t *result =
			json_pack("{s:i, s:O, s:O}", "schema", 1, "zones", c.rows, "unread", ctl->said->unread);
		ctl_print_json(ctl, result);
		json_decref(result);
	}
	json_decref(c.rows);
	json_decref(ctl->said->unread);
	ctl->said->unread = NULL;
	ctl_policy_close(&c.policy);
	return c.code;
}

/* ---- check-config ---- */

/* Adds it to a list of the result, and says it. */
static void add_diag(const struct ctl *ctl, json_t *list, const char *kind, const struct bns_diag *diag)
{
	char text[sizeof(diag->file) + sizeof(diag->text) + 32];
	ctl_complain(ctl, "%s%s", kind, bns_diag_format(diag, text, sizeof(text)));
	json_array_append_new(list, json_pack("{s:o, s:i, s:i, s:o}", "file", bns_rpc_text(diag->file), "line",
					      (int)diag->line, "column", (int)diag->column, "text",
					      bns_rpc_text(diag->text)));
}

static void check_plugins(const struct ctl *ctl, const struct bns_conf *conf, json_t *problems)
{
	char folder[4096];
	struct bns_diag diag = {.text = "out of memory"};
	const char *dir = conf->plugin_dir ? conf->plugin_dir : bns_plugins_default_dir(folder, sizeof(folder));
	struct bns_plugins *plugins = bns_plugins_new(dir, NULL);
	if (!plugins)
		add_diag(ctl, problems, "", &diag);
	for (size_t i = 0; plugins && i < conf->plugin_count; i++) {
		diag = (struct bns_diag){.text = "out of memory"};
		if (bns_plugins_load(plugins, conf->plugins[i].id, conf->plugins[i].options, &diag) != BNS_OK)
			add_diag(ctl, problems, "", &diag);
	}
	bns_plugins_free(plugins);
}

static void check_tls(const struct ctl *ctl, const struct bns_conf *conf, json_t *problems)
{
	struct bns_diag diag = {.text = "out of memory"};
	struct bns_daemon_tls tls;
	if (bns_daemon_load_tls(conf, &tls, &diag) != BNS_OK)
		add_diag(ctl, problems, "", &diag);
	bns_daemon_drop_tls(&tls);
	bns_rcu_barrier();
}

static void say_config(struct ctl *ctl, const char *path, const struct bns_conf *conf, json_t *problems,
		       json_t *warnings)
{
	size_t zones = conf ? conf->zone_count : 0;
	size_t plugins = conf ? conf->plugin_count : 0;
	bool good = json_array_size(problems) == 0;
	json_t *result = json_pack("{s:i, s:o, s:I, s:I, s:b, s:O, s:O}", "schema", 1, "file", bns_rpc_text(path),
				   "zones", (json_int_t)zones, "plugins", (json_int_t)plugins, "good", (int)good,
				   "problems", problems, "warnings", warnings);
	if (ctl->json)
		ctl_print_json(ctl, result);
	else if (good)
		printf("%s: good, %zu zone%s, %zu plugin%s\n", path, zones, zones == 1 ? "" : "s", plugins,
		       plugins == 1 ? "" : "s");
	json_decref(result);
}

enum ctl_exit ctl_check_config(struct ctl *ctl, json_t *params)
{
	struct bns_diag diag = {.text = "out of memory"};
	struct bns_conf *conf = NULL;
	json_t *problems = json_array(), *warnings = json_array();
	const char *path = option(params, "file");
	if (bns_conf_load(path, &conf, &diag) != BNS_OK)
		add_diag(ctl, problems, "", &diag);
	for (size_t i = 0; conf && i < conf->warning_count; i++)
		add_diag(ctl, warnings, "warning: ", &conf->warnings[i]);
	if (conf) {
		check_plugins(ctl, conf, problems);
		check_tls(ctl, conf, problems);
	}
	say_config(ctl, path, conf, problems, warnings);
	enum ctl_exit code = json_array_size(problems) == 0 ? CTL_DONE : CTL_ERROR;
	json_decref(problems);
	json_decref(warnings);
	bns_conf_free(conf);
	return code;
}
