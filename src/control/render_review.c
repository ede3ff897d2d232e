/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/render_review.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/render_diff.h"
#include "control/rpc.h"

/* A fence longer than any run of backticks in what it encloses. */
static void print_fenced(FILE *out, const char *text)
{
	size_t longest = 2;
	size_t run = 0;
	for (const char *p = text; *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	char *fence = malloc(longest + 2);
	if (!fence)
		return;
	memset(fence, '`', longest + 1);
	fence[longest + 1] = '\0';
	fprintf(out, "%sdiff\n%s%s\n", fence, text, fence);
	free(fence);
}

static void print_cell(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|\\`*_<>[]", *text))
			fputc('\\', out);
		fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
	}
}

static void markdown_findings(FILE *out, const json_t *findings)
{
	size_t i;
	json_t *finding;
	if (json_array_size(findings) == 0)
		return;
	fputs("\n| rule | severity | role | record | verdict | what | remedy |\n|---|---|---|---|---|---|---|\n", out);
	json_array_foreach (findings, i, finding) {
		fprintf(out, "| %s | %s | %s | ", bns_rpc_str(finding, "rule"), bns_rpc_str(finding, "severity"),
			bns_rpc_str(finding, "role"));
		print_cell(out, bns_rpc_str(finding, "owner"));
		fprintf(out, " %s | %s | ", bns_rpc_str(finding, "type"),
			bns_diff_verdict_word(bns_rpc_str(finding, "verdict")));
		print_cell(out, bns_rpc_str(finding, "text"));
		fputs(" | ", out);
		print_cell(out, bns_rpc_str(finding, "remedy"));
		fputs(" |\n", out);
	}
}

/* What comes next: an approval where it is held, and the plan that `apply` expects. */
static void markdown_ways_on(FILE *out, const json_t *report)
{
	const char *id = bns_rpc_str(report, "id");
	if (strcmp(bns_rpc_str(report, "verdict"), "hold") == 0 && *id)
		fprintf(out, "\nWhere it is meant, the policy takes `approve: [{id: \"%s\", reason: \"…\", by: …}]`.\n",
			id);
	if (json_array_size(json_object_get(report, "changes")) > 0 && *bns_rpc_str(report, "hash"))
		fprintf(out, "\nPlan `%s`\n", bns_rpc_str(report, "hash"));
}

void bns_review_markdown(FILE *out, const json_t *report)
{
	char *lines = NULL;
	size_t len;
	fputs("### ", out);
	bns_diff_headline(out, report);
	fputs("\n\n", out);
	if (*bns_rpc_str(report, "note"))
		fprintf(out, "%s\n\n", bns_rpc_str(report, "note"));
	FILE *f = json_array_size(json_object_get(report, "changes")) > 0 ? open_memstream(&lines, &len) : NULL;
	if (f) {
		bns_render_changes(f, false, bns_rpc_str(report, "zone"), json_object_get(report, "changes"));
		fclose(f);
		print_fenced(out, lines);
	}
	free(lines);
	markdown_findings(out, json_object_get(report, "findings"));
	markdown_ways_on(out, report);
	fputc('\n', out);
}

/* Workflow commands: '%' and line ends are escaped everywhere, ':' and ',' in properties too. */
static void print_command_text(FILE *out, const char *text, bool property)
{
	for (; *text; text++) {
		if (*text == '%' || *text == '\r' || *text == '\n' || (property && (*text == ':' || *text == ',')))
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*text);
		else
			fputc(*text, out);
	}
}

/* A structural problem knows its own line; what is gone has none, and is told at the top of the file. */
static void print_place(FILE *out, const json_t *finding, const json_t *change)
{
	const json_t *place = *bns_rpc_str(finding, "file") ? finding : change;
	const json_int_t line = json_integer_value(json_object_get(place, "line"));
	if (!*bns_rpc_str(place, "file"))
		return;
	fputs("file=", out);
	print_command_text(out, bns_rpc_str(place, "file"), true);
	fprintf(out, ",line=%lld,", (long long)(line > 0 ? line : 1));
}

static void github_finding(FILE *out, const json_t *finding, const json_t *change)
{
	const char *verdict = bns_rpc_str(finding, "verdict");
	const char *role = bns_rpc_str(finding, "role");
	bool stops = strcmp(verdict, "hold") == 0 || strcmp(verdict, "refuse") == 0;
	fprintf(out, "::%s ", stops ? "error" : "warning");
	print_place(out, finding, change);
	fprintf(out, "title=%s %s (%s%s%s)::", bns_rpc_str(finding, "rule"), bns_diff_verdict_word(verdict),
		bns_rpc_str(finding, "severity"), *role ? "%2C " : "", role);
	print_command_text(out, bns_rpc_str(finding, "owner"), false);
	fputc(' ', out);
	print_command_text(out, bns_rpc_str(finding, "text"), false);
	if (*bns_rpc_str(finding, "remedy")) {
		fputs("; remedy: ", out);
		print_command_text(out, bns_rpc_str(finding, "remedy"), false);
	}
	fputc('\n', out);
}

void bns_review_github_diag(FILE *out, const struct bns_diag *diag)
{
	fputs("::error ", out);
	if (diag->file[0]) {
		fputs("file=", out);
		print_command_text(out, diag->file, true);
		fprintf(out, ",line=%u,", diag->line ? diag->line : 1);
	}
	fputs("title=refused::", out);
	print_command_text(out, diag->text, false);
	fputc('\n', out);
}

void bns_review_github(FILE *out, const json_t *report)
{
	size_t i;
	size_t k;
	json_t *change;
	json_t *finding;
	json_t *loose = bns_diff_loose_findings(report);
	json_array_foreach (json_object_get(report, "changes"), i, change) {
		json_array_foreach (json_object_get(change, "findings"), k, finding)
			github_finding(out, finding, change);
	}
	json_array_foreach (loose, i, finding) {
		github_finding(out, finding, report);
	}
	json_decref(loose);
	fputs("::notice title=brandns::", out);
	bns_diff_headline(out, report);
	if (*bns_rpc_str(report, "note"))
		fprintf(out, "; %s", bns_rpc_str(report, "note"));
	fputs("\n::group::", out);
	fprintf(out, "%s\n", bns_rpc_str(report, "zone"));
	bns_render_changes(out, false, bns_rpc_str(report, "zone"), json_object_get(report, "changes"));
	fputs("::endgroup::\n", out);
}
