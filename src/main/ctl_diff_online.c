/* SPDX-License-Identifier: BSD-3-Clause */
/* diff A: what the daemon serves against files. The files are read here, with their errors; the daemon judges. */
#include <stdlib.h>
#include <string.h>

#include "control/render.h"
#include "main/ctl_diff.h"
#include "main/ctl_report.h"
#include "zone/check.h"
#include "zone/dump.h"

/* The canonical text of a zone; the caller's to free(). */
static char *text_of_zone(const struct bns_contents *contents)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	enum bns_error err = f ? bns_zone_dump(contents, f) : BNS_ENOMEM;
	if (f)
		fclose(f);
	if (err == BNS_OK)
		return text;
	free(text);
	return NULL;
}

static bool is_about(const json_t *finding, const struct bns_problem *p)
{
	char owner[BNS_NAME_TEXT_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];
	const char *rule = json_string_value(json_object_get(finding, "rule"));
	const char *got_owner = json_string_value(json_object_get(finding, "owner"));
	const char *got_type = json_string_value(json_object_get(finding, "type"));
	const char *wanted = p->rule == BNS_CHECK_CNAME_AND_OTHER ? "LB23" : bns_check_word(p->rule);
	return rule && got_owner && strcmp(rule, wanted) == 0 &&
	       strcmp(got_owner, bns_name_to_text(p->owner, owner)) == 0 &&
	       (p->type == 0 || (got_type && strcmp(got_type, bns_rrtype_to_text(p->type, type)) == 0));
}

static void relocate(json_t *findings, const struct bns_problems *problems)
{
	size_t i;
	json_t *finding;
	json_array_foreach (findings, i, finding) {
		char text[1024];
		const char *verdict = json_string_value(json_object_get(finding, "verdict"));
		for (size_t k = 0; k < problems->count && k < BNS_PROBLEMS_MAX; k++) {
			const struct bns_problem *p = &problems->list[k];
			if (!verdict || strcmp(verdict, "refuse") != 0 || !is_about(finding, p))
				continue;
			json_object_set_new(finding, "text",
					    bns_rpc_text(bns_diag_format(&p->where, text, sizeof(text))));
			json_object_set_new(finding, "file", bns_rpc_text(p->where.file));
			json_object_set_new(finding, "line", json_integer(p->where.line));
			break;
		}
	}
}

/* The daemon has seen the canonical text, whose lines nobody knows: structural problems get the file's own. */
static void place_problems(json_t *report, const struct ctl_zone *zone)
{
	size_t i;
	json_t *change;
	struct bns_problems problems;
	if (bns_zone_check(zone->contents, &problems) != BNS_OK)
		return;
	relocate(json_object_get(report, "findings"), &problems);
	json_array_foreach (json_object_get(report, "changes"), i, change)
		relocate(json_object_get(change, "findings"), &problems);
	bns_problems_free(&problems);
}

/* Nothing of it is served, so all of it is new; no policy of the daemon's is asked. */
static json_t *unserved(const struct ctl *ctl, const struct ctl_zone *zone)
{
	json_t *report = ctl_judge(ctl, NULL, zone->apex, NULL, zone->contents, zone->path);
	if (report)
		json_object_set_new(report, "note", json_string("this zone isn't served by the daemon"));
	return report;
}

static enum ctl_exit compare(struct ctl *ctl, const struct ctl_zone *zone, json_t *reports)
{
	char name[BNS_NAME_TEXT_MAX];
	json_t *report = NULL;
	json_t *error = NULL;
	char *text = text_of_zone(zone->contents);
	if (!text) {
		ctl_complain(ctl, "%s: out of memory", zone->path);
		return CTL_ERROR;
	}
	json_t *params = json_pack("{s:s, s:o, s:o}", "zone", bns_name_to_text_nodot(zone->apex, name), "text",
				   bns_rpc_text(text), "source", bns_rpc_text(zone->path));
	free(text);
	enum ctl_exit code = ctl_call(ctl, "diff", params, &report, &error);
	if (error && json_integer_value(json_object_get(error, "code")) == BNS_RPC_NOT_FOUND) {
		report = unserved(ctl, zone);
		code = report ? CTL_DONE : CTL_ERROR;
	} else if (error) {
		code = ctl_complain_error(ctl, error);
	}
	json_decref(error);
	if (code == CTL_DONE) {
		place_problems(report, zone);
		ctl_report_complete(report, zone->contents);
		json_array_append_new(reports, report);
	}
	return code;
}

static void mention(const struct ctl *ctl, const struct ctl_side *side, const json_t *row)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;
	const char *name = json_string_value(json_object_get(row, "zone"));
	if (!name || bns_name_from_text(name, NULL, apex, &len) != BNS_OK || ctl_side_find(side, apex))
		return;
	ctl_complain(ctl, "zone %s is served, and has no file in %s", name, side->name);
}

/* What is served without a file is no difference: a secondary needs none. */
static enum ctl_exit mention_fileless(struct ctl *ctl, const struct ctl_side *side)
{
	size_t i;
	json_t *row;
	json_t *result = NULL;
	enum ctl_exit code = ctl_call(ctl, "zone.list", json_object(), &result, NULL);
	json_array_foreach (json_object_get(result, "zones"), i, row) {
		mention(ctl, side, row);
	}
	json_decref(result);
	return code;
}

static bool wanted(const struct ctl_zone *zone, const char *only)
{
	uint8_t apex[BNS_NAME_MAX];
	size_t len;
	if (!zone->contents)
		return false;
	return !only || (bns_name_from_text(only, NULL, apex, &len) == BNS_OK && bns_name_equal(apex, zone->apex));
}

static bool is_primary(struct ctl *ctl, const char *zone)
{
	json_t *result = NULL;
	json_t *error = NULL;
	enum ctl_exit code = ctl_call(ctl, "zone.status", json_pack("{s:s}", "zone", zone), &result, &error);
	const json_t *row = json_array_get(json_object_get(result, "zones"), 0);
	bool primary = code == CTL_DONE && strcmp(bns_rpc_str(row, "role"), "primary") == 0;
	json_decref(result);
	json_decref(error);
	return primary;
}

/* What was just reviewed can be served as it is: the command, to be pasted. */
static void show_apply(struct ctl *ctl, const struct ctl_side *side, const json_t *reports)
{
	const json_t *report = json_array_get(reports, 0);
	const char *verdict = bns_rpc_str(report, "verdict");
	bool has_plan = strcmp(verdict, "pass") == 0 || strcmp(verdict, "hold") == 0;
	if (ctl->json || side->kind != CTL_SIDE_FILE || !has_plan || !is_primary(ctl, bns_rpc_str(report, "zone")))
		return;
	bns_render_apply(stdout, ctl->socket_given ? ctl->socket : NULL, side->name, bns_rpc_str(report, "hash"));
}

enum ctl_exit ctl_diff_online(struct ctl *ctl, const char *path, const char *only, const char *format)
{
	struct ctl_side side;
	enum bns_diff_format unused;
	if (*path == '@') {
		ctl_complain(ctl, "diff: %s needs another side; one side alone is a file or a folder", path);
		return CTL_ERROR;
	}
	if (!ctl_report_format(ctl, format, &unused) || !ctl_side_open(ctl, path, ctl_report_complain(format), &side))
		return CTL_ERROR;
	json_t *reports = json_array();
	enum ctl_exit code = side.failed || side.count == 0 ? CTL_ERROR : CTL_DONE;
	for (size_t i = 0; i < side.count && code != CTL_UNREACHABLE; i++) {
		if (wanted(&side.zones[i], only))
			code = ctl_worse(code, compare(ctl, &side.zones[i], reports));
	}
	if (side.kind == CTL_SIDE_FOLDER && !only && code != CTL_UNREACHABLE)
		code = ctl_worse(code, mention_fileless(ctl, &side));
	if (json_array_size(reports) > 0)
		code = ctl_worse(code, ctl_report_print(ctl, format, reports));
	if (json_array_size(reports) == 1 && !format)
		show_apply(ctl, &side, reports);
	if (json_array_size(reports) == 0 && code == CTL_DONE && only) {
		ctl_complain(ctl, "%s has no zone %s", path, only);
		code = CTL_ERROR;
	}
	json_decref(reports);
	ctl_side_close(&side);
	return code;
}
