/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/render_diff.h"

#include <stdlib.h>
#include <string.h>

#include "control/grid.h"
#include "control/render_review.h"
#include "control/rpc.h"

#define NOTES_COLUMN_MAX 72 /* findings begin no further right than this */

enum bns_error bns_diff_format_from_text(const char *text, enum bns_diff_format *format)
{
	static const char *const words[] = {"text", "json", "markdown", "github"};
	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(text, words[i]) == 0) {
			*format = (enum bns_diff_format)i;
			return BNS_OK;
		}
	}
	return BNS_EINVAL;
}

/* What a finding's verdict means for the record. */
const char *bns_diff_verdict_word(const char *verdict)
{
	if (strcmp(verdict, "hold") == 0)
		return "held";
	if (strcmp(verdict, "refuse") == 0)
		return "refused";
	if (strcmp(verdict, "amend") == 0)
		return "pinned";
	return "note";
}

static const char *verdict_colour(const char *verdict)
{
	return strcmp(verdict, "hold") == 0 || strcmp(verdict, "refuse") == 0 ? BNS_RED : BNS_YELLOW;
}

/* "url1234.example.com." below "example.com" is "url1234"; the zone itself is "@". */
static void print_owner(FILE *out, const char *owner, const char *zone)
{
	size_t len = strlen(owner);
	size_t zone_len = strlen(zone);
	if (len > 0 && owner[len - 1] == '.')
		len--;
	if (zone_len > 0 && zone[zone_len - 1] == '.')
		zone_len--;
	size_t start = len - zone_len;
	if (len == zone_len && strncasecmp(owner, zone, len) == 0)
		fputc('@', out);
	else if (len > zone_len && owner[start - 1] == '.' && strncasecmp(owner + start, zone, zone_len) == 0)
		fprintf(out, "%.*s", (int)start - 1, owner);
	else
		fputs(owner, out);
}

static bool has_rdata(const json_t *side, const char *rdata)
{
	size_t i;
	json_t *item;
	json_array_foreach (json_object_get(side, "rdata"), i, item) {
		const char *text = json_string_value(item);
		if (text && strcmp(text, rdata) == 0)
			return true;
	}
	return false;
}

/* One record that went or came. */
struct line {
	char *text;
	char sign;
	const json_t *change; /* at its last line, for what is told of it; else NULL */
};

struct lines {
	struct line *list;
	size_t count;
	size_t capacity;
};

static void add_line(struct lines *l, char sign, char *text)
{
	if (l->count == l->capacity) {
		size_t want = l->capacity ? 2 * l->capacity : 32;
		struct line *grown = realloc(l->list, want * sizeof(*grown));
		if (!grown) {
			free(text);
			return;
		}
		l->list = grown;
		l->capacity = want;
	}
	l->list[l->count++] = (struct line){.text = text, .sign = sign};
}

/* The TTL is shown where it says something: it changed, or the records are new or gone as a whole. */
static void add_side(struct lines *l, char sign, const char *zone, const json_t *change, const json_t *side,
		     const json_t *other)
{
	size_t i;
	json_t *item;
	bool same_ttl =
		json_is_object(other) && json_equal(json_object_get(side, "ttl"), json_object_get(other, "ttl"));
	json_array_foreach (json_object_get(side, "rdata"), i, item) {
		char *text = NULL;
		size_t len;
		const char *rdata = json_string_value(item);
		FILE *f = rdata && !(same_ttl && has_rdata(other, rdata)) ? open_memstream(&text, &len) : NULL;
		if (!f)
			continue;
		fprintf(f, "%c ", sign);
		print_owner(f, bns_rpc_str(change, "owner"), zone);
		if (!same_ttl)
			fprintf(f, " %lld", (long long)json_integer_value(json_object_get(side, "ttl")));
		fprintf(f, " %s %s", bns_rpc_str(change, "type"), rdata);
		fclose(f);
		add_line(l, sign, text);
	}
}

static void add_change(struct lines *l, const char *zone, const json_t *change)
{
	size_t before_count = l->count;
	const json_t *before = json_object_get(change, "before");
	const json_t *after = json_object_get(change, "after");
	add_side(l, '-', zone, change, before, after);
	add_side(l, '+', zone, change, after, before);
	if (l->count > before_count)
		l->list[l->count - 1].change = change;
}

/* "LB01 held (C, edge): text" for each finding; a lawful record's role alone: "(edge)". */
static void print_notes(FILE *out, bool colour, size_t column, const json_t *change)
{
	size_t i;
	json_t *finding;
	const char *role = bns_rpc_str(change, "role");
	const json_t *findings = json_object_get(change, "findings");
	if (json_array_size(findings) == 0)
		fprintf(out, "(%s)", role);
	json_array_foreach (findings, i, finding) {
		char head[64];
		const char *verdict = bns_rpc_str(finding, "verdict");
		if (i > 0)
			fprintf(out, "\n%*s", (int)column, "");
		snprintf(head, sizeof(head), "%s %s", bns_rpc_str(finding, "rule"), bns_diff_verdict_word(verdict));
		bns_paint(out, colour, verdict_colour(verdict), head);
		fprintf(out, " (%s%s%s): ", bns_rpc_str(finding, "severity"), *role ? ", " : "", role);
		bns_print_clean(out, bns_rpc_str(finding, "text"));
	}
}

static size_t notes_column(const struct lines *l)
{
	size_t column = 0;
	for (size_t i = 0; i < l->count; i++) {
		size_t width = bns_text_width(l->list[i].text) + 2;
		if (width <= NOTES_COLUMN_MAX && width > column)
			column = width;
	}
	return column;
}

static void print_line(FILE *out, bool colour, const struct line *line, size_t column)
{
	size_t width = bns_text_width(line->text);
	bns_paint(out, colour, line->sign == '-' ? BNS_RED : BNS_GREEN, line->text);
	if (json_array_size(json_object_get(line->change, "findings")) > 0 || *bns_rpc_str(line->change, "role")) {
		fprintf(out, "%*s", width + 2 < column ? (int)(column - width) : 2, "");
		print_notes(out, colour, column, line->change);
	}
	fputc('\n', out);
}

void bns_render_changes(FILE *out, bool colour, const char *zone, const json_t *changes)
{
	size_t i;
	json_t *change;
	struct lines l = {.count = 0};
	json_array_foreach (changes, i, change) {
		add_change(&l, zone, change);
	}
	size_t column = notes_column(&l);
	for (i = 0; i < l.count; i++) {
		print_line(out, colour, &l.list[i], column);
		free(l.list[i].text);
	}
	free(l.list);
}

void bns_render_finding(FILE *out, bool colour, const json_t *finding)
{
	char head[64];
	const char *verdict = bns_rpc_str(finding, "verdict");
	snprintf(head, sizeof(head), "%s %s", bns_rpc_str(finding, "rule"), bns_rpc_str(finding, "severity"));
	bns_paint(out, colour, verdict_colour(verdict), head);
	fprintf(out, " %s %s %s: ", bns_rpc_str(finding, "owner"), bns_rpc_str(finding, "type"),
		bns_diff_verdict_word(verdict));
	bns_print_clean(out, bns_rpc_str(finding, "text"));
	fputc('\n', out);
	if (*bns_rpc_str(finding, "remedy")) {
		fputs("     remedy: ", out);
		bns_print_clean(out, bns_rpc_str(finding, "remedy"));
		fputc('\n', out);
	}
}

static bool belongs_to_change(const json_t *changes, const json_t *finding)
{
	size_t i;
	size_t k;
	json_t *change;
	json_t *other;
	json_array_foreach (changes, i, change) {
		json_array_foreach (json_object_get(change, "findings"), k, other) {
			if (json_equal(other, finding))
				return true;
		}
	}
	return false;
}

json_t *bns_diff_loose_findings(const json_t *report)
{
	size_t i;
	json_t *finding;
	json_t *loose = json_array();
	json_array_foreach (json_object_get(report, "findings"), i, finding) {
		if (!belongs_to_change(json_object_get(report, "changes"), finding))
			json_array_append(loose, finding);
	}
	return loose;
}

static void print_serial(FILE *out, const json_t *serial)
{
	if (json_is_integer(serial))
		fprintf(out, "%lld", (long long)json_integer_value(serial));
	else
		fputs("none", out);
}

/* "example.com: serial 1 -> 2, hold as example.com@2-1a2b3c4d" */
void bns_diff_headline(FILE *out, const json_t *report)
{
	const json_t *before = json_object_get(report, "before_serial");
	const json_t *after = json_object_get(report, "after_serial");
	const char *verdict = bns_rpc_str(report, "verdict");
	fprintf(out, "%s: serial ", bns_rpc_str(report, "zone"));
	print_serial(out, before);
	if (!json_equal(before, after)) {
		fputs(" -> ", out);
		print_serial(out, after);
	}
	fprintf(out, ", %s", strcmp(verdict, "none") == 0 ? "no difference" : verdict);
	/* What a policy approves, or an operator once it waits. */
	if (strcmp(verdict, "hold") == 0 && *bns_rpc_str(report, "id"))
		fprintf(out, " as %s", bns_rpc_str(report, "id"));
}

/* As diff(1) does: where there is nothing to see, nothing is said. */
static bool says_nothing(const json_t *report)
{
	return strcmp(bns_rpc_str(report, "verdict"), "none") == 0 && !*bns_rpc_str(report, "note") &&
	       json_array_size(json_object_get(report, "findings")) == 0;
}

static void text_report(FILE *out, bool colour, const json_t *report)
{
	size_t i;
	json_t *finding;
	if (says_nothing(report))
		return;
	json_t *loose = bns_diff_loose_findings(report);
	bns_diff_headline(out, report);
	fputc('\n', out);
	if (*bns_rpc_str(report, "note"))
		fprintf(out, "note: %s\n", bns_rpc_str(report, "note"));
	bns_render_changes(out, colour, bns_rpc_str(report, "zone"), json_object_get(report, "changes"));
	json_array_foreach (loose, i, finding) {
		bns_render_finding(out, colour, finding);
	}
	json_decref(loose);
}

void bns_render_diff(FILE *out, bool colour, enum bns_diff_format format, const json_t *diff)
{
	size_t i;
	json_t *report;
	if (format == BNS_DIFF_JSON) {
		json_dumpf(diff, out, JSON_INDENT(2));
		fputc('\n', out);
		return;
	}
	json_array_foreach (json_object_get(diff, "zones"), i, report) {
		if (format == BNS_DIFF_MARKDOWN)
			bns_review_markdown(out, report);
		else if (format == BNS_DIFF_GITHUB)
			bns_review_github(out, report);
		else
			text_report(out, colour, report);
	}
}
