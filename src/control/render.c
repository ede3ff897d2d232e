/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/render.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/grid.h"
#include "control/render_diff.h"
#include "control/render_steps.h"
#include "control/rpc.h"

#define COLUMNS_MAX 16

/* ---- values in a cell ---- */

static void print_value(FILE *out, const json_t *value);

/* Findings by their rules; other lists by their values. */
static void print_array(FILE *out, const json_t *array)
{
	size_t i;
	json_t *item;
	json_array_foreach (array, i, item) {
		const char *rule = bns_rpc_str(item, "rule");
		if (i > 0)
			fputs(", ", out);
		if (*rule)
			fputs(rule, out);
		else
			print_value(out, item);
	}
	if (json_array_size(array) == 0)
		fputc('-', out);
}

static void print_object(FILE *out, const json_t *object)
{
	const char *key;
	json_t *value;
	const char *comma = "";
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		fprintf(out, "%s%s ", comma, key);
		print_value(out, value);
		comma = ", ";
	}
}

static void print_value(FILE *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		bns_print_clean(out, *json_string_value(value) ? json_string_value(value) : "-");
		break;
	case JSON_INTEGER:
		fprintf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		fputs(json_is_true(value) ? "yes" : "no", out);
		break;
	case JSON_NULL:
		fputc('-', out);
		break;
	case JSON_ARRAY:
		print_array(out, value);
		break;
	case JSON_OBJECT:
		print_object(out, value);
		break;
	}
}

/* The time, and what is left until then. */
static void print_deadline(FILE *out, const char *at)
{
	char text[BNS_TIME_TEXT_MAX];
	int64_t at_s;
	bns_print_clean(out, at);
	if (bns_time_from_text(at, &at_s) != BNS_OK)
		return;
	int64_t left_s = at_s - bns_clock_wall_s();
	if (left_s > 0)
		fprintf(out, " (in %s)", bns_duration_to_text((uint64_t)left_s, text));
	else
		fputs(" (now)", out);
}

/* The caller's to free(). */
static char *cell_of(const char *column, const json_t *value)
{
	char *text = NULL;
	size_t len;
	FILE *f = value ? open_memstream(&text, &len) : NULL;
	if (!f)
		return NULL;
	if (strcmp(column, "deadline") == 0 && json_is_string(value))
		print_deadline(f, json_string_value(value));
	else
		print_value(f, value);
	fclose(f);
	return text;
}

/* ---- rows of objects ---- */

static void print_rows(FILE *out, bool colour, const json_t *rows, const char *const *columns, size_t count)
{
	size_t i;
	json_t *row;
	struct bns_grid *grid = bns_grid_new(columns, count);
	json_array_foreach (rows, i, row) {
		char *cells[COLUMNS_MAX];
		for (size_t k = 0; k < count; k++)
			cells[k] = cell_of(columns[k], json_object_get(row, columns[k]));
		bns_grid_add(grid, (const char *const *)cells);
		for (size_t k = 0; k < count; k++)
			free(cells[k]);
	}
	bns_grid_print(grid, out, colour);
	bns_grid_free(grid);
}

/* Columns by the first row's keys. */
static void print_any_rows(FILE *out, bool colour, const json_t *rows)
{
	const char *columns[COLUMNS_MAX];
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach (json_array_get(rows, 0), key, value) {
		if (count < COLUMNS_MAX)
			columns[count++] = key;
	}
	print_rows(out, colour, rows, columns, count);
}

/* ---- one object ---- */

static void print_fields(FILE *out, bool colour, const json_t *object)
{
	const char *key;
	json_t *value;
	size_t width = 0;
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (strlen(key) > width && strcmp(key, "schema") != 0)
			width = strlen(key);
	}
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (strcmp(key, "schema") == 0)
			continue;
		if (json_is_object(json_array_get(value, 0)) && !*bns_rpc_str(json_array_get(value, 0), "rule")) {
			print_any_rows(out, colour, value);
			continue;
		}
		bns_paint(out, colour, BNS_BOLD, key);
		fprintf(out, "%*s", (int)(width - strlen(key) + 2), "");
		print_value(out, value);
		fputc('\n', out);
	}
}

/* ---- views ---- */

static void print_findings(FILE *out, bool colour, const json_t *findings)
{
	size_t i;
	json_t *finding;
	json_array_foreach (findings, i, finding) {
		bns_render_finding(out, colour, finding);
	}
}

static bool is_good(const char *outcome)
{
	static const char *const words[] = {"served", "nothing-new", "added", "removed", "started"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], outcome) == 0)
			return true;
	}
	return false;
}

/* What became of a change: of one zone of `zone reload`, or of a decision. */
static void print_outcome(FILE *out, bool colour, const json_t *row)
{
	const char *outcome = bns_rpc_str(row, "outcome");
	const char *id = bns_rpc_str(row, "id");
	bool held = strcmp(outcome, "held") == 0;
	bool good = is_good(outcome);
	const json_t *serial = json_object_get(row, "serial");
	fprintf(out, "%s: ", bns_rpc_str(row, "zone"));
	bns_paint(out, colour, good ? BNS_GREEN : held ? BNS_YELLOW : BNS_RED, outcome);
	if (json_is_integer(serial))
		fprintf(out, ", %s serial %lld", good ? "now" : "still", (long long)json_integer_value(serial));
	if (*bns_rpc_str(row, "reason")) {
		fputs(": ", out);
		bns_print_clean(out, bns_rpc_str(row, "reason"));
	}
	fputc('\n', out);
	if (!held)
		return;
	print_findings(out, colour, json_object_get(row, "findings"));
	fprintf(out, "look:    brandnsctl held show %s\n", id);
}

static void view_outcomes(FILE *out, bool colour, const json_t *result)
{
	size_t i;
	json_t *row;
	json_array_foreach (json_object_get(result, "zones"), i, row) {
		print_outcome(out, colour, row);
	}
	if (json_array_size(json_object_get(result, "zones")) == 0)
		fputs("no zone here is served from a file\n", out);
}

static void view_held_show(FILE *out, bool colour, const json_t *result)
{
	const char *id = bns_rpc_str(result, "id");
	const char *deadline = bns_rpc_str(result, "deadline");
	bns_paint(out, colour, BNS_BOLD, id);
	fprintf(out, "\nzone %s, serial ", bns_rpc_str(result, "zone"));
	print_value(out, json_object_get(result, "serial"));
	fputs(", served ", out);
	print_value(out, json_object_get(result, "served_serial"));
	fprintf(out, "\nfrom %s %s, held since %s\n", bns_rpc_str(result, "origin"), bns_rpc_str(result, "source"),
		bns_rpc_str(result, "since"));
	if (json_is_integer(json_object_get(result, "primary_serial")))
		fprintf(out, "the primary has serial %lld now\n",
			json_integer_value(json_object_get(result, "primary_serial")));
	if (*deadline) {
		fputs("signatures: at ", out);
		print_deadline(out, deadline);
		fprintf(out, " signed-hold-limit applies (%s)\n", bns_rpc_str(result, "signed_hold_limit"));
	}
	fputc('\n', out);
	print_findings(out, colour, json_object_get(result, "findings"));
	fputc('\n', out);
	bns_render_changes(out, colour, bns_rpc_str(result, "zone"), json_object_get(result, "changes"));
}

static void view_dump(FILE *out, bool colour, const json_t *result)
{
	(void)colour;
	fputs(bns_rpc_str(result, "text"), out);
}

static void view_zone_status(FILE *out, bool colour, const json_t *result)
{
	static const char *const columns[] = {"zone",         "role",         "state", "serial",    "upstream_serial",
					      "refresh_in_s", "expires_in_s", "held",  "last_error"};
	const json_t *zones = json_object_get(result, "zones");
	if (json_array_size(zones) == 1)
		print_fields(out, colour, json_array_get(zones, 0));
	else
		print_rows(out, colour, zones, columns, 9);
}

static void view_zone_log(FILE *out, bool colour, const json_t *result)
{
	static const char *const versions[] = {"serial",  "upstream_serial", "when", "origin", "source",
					       "changes", "verdict",         "by",   "id"};
	static const char *const log[] = {"time", "event", "id", "by", "text"};
	fputs("kept versions, the latest first:\n", out);
	print_rows(out, colour, json_object_get(result, "versions"), versions, 9);
	fputs("\ndecisions, the latest first:\n", out);
	print_rows(out, colour, json_object_get(result, "log"), log, 5);
}

/* An answer that brings its own words, line by line. */
static void view_text(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);
		if (line)
			bns_print_clean(out, line);
		fputc('\n', out);
		free(line);
		text += len + (text[len] != '\0');
	}
}

/* A list under one key, with the columns that matter. */
struct list_view {
	const char *verb;
	const char *key;
	const char *empty; /* what is said where there is nothing */
	const char *columns[8];
};

static const struct list_view lists[] = {
	{"zone list", "zones", "no zone is configured", {"zone", "role", "state", "serial", "held"}},
	{"held list",
	 "held",
	 "nothing waits for a decision",
	 {"id", "served_serial", "since", "deadline", "findings", "source"}},
	{"audit", "audit", "nothing was decided yet", {"time", "event", "zone", "id", "by", "text"}},
	{"events", "events", "no event since the start", {"when", "kind", "zone", "id", "text"}},
	{"verbs", "verbs", "", {"usage", "method", "admin", "help"}},
};

static const struct {
	const char *verb;
	void (*print)(FILE *out, bool colour, const json_t *result);
} views[] = {
	{"zone dump", view_dump},         {"zone status", view_zone_status},
	{"zone log", view_zone_log},      {"zone reload", view_outcomes},
	{"zone refresh", view_outcomes},  {"zone retransfer", view_outcomes},
	{"zone rollback", view_outcomes}, {"apply", view_outcomes},
	{"zone add", view_outcomes},      {"zone remove", view_outcomes},
	{"held show", view_held_show},    {"held approve", print_outcome},
	{"held reject", print_outcome},   {"branding check", bns_render_check},
	{"test-link", bns_render_link},
};

static bool print_list(FILE *out, bool colour, const char *verb, const json_t *result)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct list_view *v = &lists[i];
		size_t count = 0;
		if (strcmp(v->verb, verb) != 0)
			continue;
		while (count < 8 && v->columns[count])
			count++;
		const json_t *rows = json_object_get(result, v->key);
		if (json_array_size(rows) == 0)
			fprintf(out, "%s\n", v->empty);
		else
			print_rows(out, colour, rows, v->columns, count);
		return true;
	}
	return false;
}

void bns_render_result(FILE *out, bool colour, const char *verb, const json_t *result)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		if (strcmp(views[i].verb, verb) == 0) {
			views[i].print(out, colour, result);
			return;
		}
	}
	if (print_list(out, colour, verb, result))
		return;
	if (*bns_rpc_str(result, "text"))
		view_text(out, bns_rpc_str(result, "text"));
	else
		print_fields(out, colour, result);
}

#define PLAIN_IN_A_SHELL "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@"

/* As one word of a shell. */
static void print_quoted(FILE *out, const char *text)
{
	if (*text && text[strspn(text, PLAIN_IN_A_SHELL)] == '\0') {
		fputs(text, out);
		return;
	}
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

static void print_command(FILE *out, const char *label, const char *socket)
{
	fprintf(out, "%s brandnsctl ", label);
	if (!socket)
		return;
	fputs("-s ", out);
	print_quoted(out, socket);
	fputc(' ', out);
}

static void print_decision(FILE *out, const char *label, const char *verb, const char *socket, const char *id)
{
	print_command(out, label, socket);
	fprintf(out, "%s %s --reason REASON\n", verb, id);
}

void bns_render_apply(FILE *out, const char *socket, const char *file, const char *hash)
{
	fputc('\n', out);
	print_command(out, "apply:", socket);
	fputs("apply ", out);
	print_quoted(out, file);
	fprintf(out, " --expect %s\n", hash);
}

void bns_render_decisions(FILE *out, const char *socket, const json_t *held)
{
	const char *id = bns_rpc_str(held, "id");
	fputc('\n', out);
	print_decision(out, "approve:", "held approve", socket, id);
	print_decision(out, "reject: ", "held reject", socket, id);
}

void bns_render_event(FILE *out, bool colour, const json_t *event)
{
	fprintf(out, "%s ", bns_rpc_str(event, "when"));
	bns_paint(out, colour, BNS_BOLD, bns_rpc_str(event, "kind"));
	fprintf(out, " %s", bns_rpc_str(event, "zone"));
	if (*bns_rpc_str(event, "id"))
		fprintf(out, " %s", bns_rpc_str(event, "id"));
	if (*bns_rpc_str(event, "text")) {
		fputs(": ", out);
		bns_print_clean(out, bns_rpc_str(event, "text"));
	}
	fputc('\n', out);
}
