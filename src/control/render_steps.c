/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/render_steps.h"

#include "control/grid.h"
#include "control/rpc.h"

#define INDENT "             "

static const char *colour_of(const json_t *step)
{
	switch (bns_rpc_str(step, "severity")[0]) {
	case 'C':
		return BNS_RED;
	case 'H':
	case 'M':
		return BNS_YELLOW;
	default:
		return BNS_GREEN;
	}
}

static void print_line(FILE *out, const char *indent, const char *label, const char *text)
{
	fprintf(out, "%s%s", indent, label);
	bns_print_clean(out, text);
	fputc('\n', out);
}

/* " 3  LB02 C   what was asked", and below that what came back and what to do. */
static void print_step(FILE *out, bool colour, size_t number, const json_t *step)
{
	char head[32];
	bool good = json_is_true(json_object_get(step, "good"));
	const char *asked = bns_rpc_str(step, "asked");
	snprintf(head, sizeof(head), "%-6s", good ? "ok" : bns_rpc_str(step, "rule"));
	snprintf(head + 6, sizeof(head) - 6, " %-1s", good ? "" : bns_rpc_str(step, "severity"));
	fprintf(out, "%3zu ", number);
	bns_paint(out, colour, colour_of(step), head);
	print_line(out, " ", "", *asked ? asked : bns_rpc_str(step, "text"));
	if (*asked)
		print_line(out, INDENT, "", bns_rpc_str(step, "text"));
	if (*bns_rpc_str(step, "remedy"))
		print_line(out, INDENT, "do: ", bns_rpc_str(step, "remedy"));
}

/* The steps, and how they ended: broken ones and risks apart. */
static void print_steps(FILE *out, bool colour, const char *what, const json_t *steps)
{
	char text[96];
	size_t i, bad = 0, risks = 0;
	json_t *step;
	json_array_foreach (steps, i, step) {
		bool risk = bns_rpc_str(step, "severity")[0] == 'M';
		print_step(out, colour, i + 1, step);
		risks += risk;
		bad += !risk && !json_is_true(json_object_get(step, "good"));
	}
	if (bad)
		snprintf(text, sizeof(text), "%zu of %zu steps failed", bad, i);
	else if (risks)
		snprintf(text, sizeof(text), "none of %zu steps failed, %zu told of a risk", i, risks);
	else
		snprintf(text, sizeof(text), "all %zu steps are in order", i);
	fprintf(out, "\n%s: ", what);
	bns_paint(out, colour, bad ? BNS_RED : risks ? BNS_YELLOW : BNS_GREEN, text);
	fputc('\n', out);
}

/* Findings of the rules: what was asked is the zone and the policy. */
static void print_findings(FILE *out, bool colour, const char *indent, const json_t *findings)
{
	char head[32];
	size_t i;
	json_t *finding;
	json_array_foreach (findings, i, finding) {
		snprintf(head, sizeof(head), "%s %s", bns_rpc_str(finding, "rule"), bns_rpc_str(finding, "severity"));
		fputs(indent, out);
		bns_paint(out, colour, colour_of(finding), head);
		print_line(out, "  ", "", bns_rpc_str(finding, "text"));
		if (*bns_rpc_str(finding, "remedy"))
			fprintf(out, "%s        do: %s\n", indent, bns_rpc_str(finding, "remedy"));
	}
}

static void render_one(FILE *out, bool colour, const json_t *result)
{
	const json_t *steps = json_object_get(result, "steps"), *findings = json_object_get(result, "findings");
	const json_t *probe = json_object_get(result, "probe");
	const char *host = bns_rpc_str(result, "host");
	if (json_array_size(steps) > 0)
		print_steps(out, colour, host, steps);
	else if (json_is_object(probe))
		fprintf(out, "%s: it couldn't be probed: %s\n", host, bns_rpc_str(probe, "text"));
	else
		fprintf(out, "%s: nobody probes here; with the plugin `probe` it is seen as recipients see it\n", host);
	if (json_array_size(findings) == 0)
		fputs("the rules find nothing in its zone and the policy\n", out);
	else
		fputs("the rules find in its zone and the policy:\n", out);
	print_findings(out, colour, "    ", findings);
}

static void render_all(FILE *out, bool colour, const json_t *rows)
{
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *probed = bns_rpc_str(row, "probed");
		bns_paint(out, colour, BNS_BOLD, bns_rpc_str(row, "host"));
		fprintf(out, "  %s, %s%s%s\n", bns_rpc_str(row, "state"),
			*probed ? "probed at " : "never probed at this target", probed,
			json_array_size(json_object_get(row, "findings")) ? "" : ": in order");
		print_findings(out, colour, "    ", json_object_get(row, "findings"));
	}
	if (json_array_size(rows) == 0)
		fputs("no branding is known here\n", out);
}

void bns_render_check(FILE *out, bool colour, const json_t *result)
{
	const json_t *rows = json_object_get(result, "brandings");
	if (rows)
		render_all(out, colour, rows);
	else
		render_one(out, colour, result);
}

void bns_render_link(FILE *out, bool colour, const json_t *result)
{
	bool good = json_is_true(json_object_get(result, "good"));
	print_steps(out, colour, "the link", json_object_get(result, "steps"));
	fputs(good ? "it works as https: Support can be asked to switch https links on\n"
		   : "it doesn't work as https yet: don't have https links switched on\n",
	      out);
}
