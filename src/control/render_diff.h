/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Differences for people: as text, as markdown for a pull request, and as
 * GitHub's workflow commands. JSON in (gate/report.h), octets out: the same
 * for a held change, an online and an offline diff. Thread: one at a time.
 */
#ifndef BNS_CONTROL_RENDER_DIFF_H
#define BNS_CONTROL_RENDER_DIFF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

enum bns_diff_format { BNS_DIFF_TEXT, BNS_DIFF_JSON, BNS_DIFF_MARKDOWN, BNS_DIFF_GITHUB };

enum bns_error bns_diff_format_from_text(const char *text, enum bns_diff_format *format) BNS_MUST_CHECK;

/*
 * `diff` is {"schema","hash","verdict","changes","zones":[REPORT…]}; a REPORT
 * may carry a "note", and its changes "file" and "line".
 */
void bns_render_diff(FILE *out, bool colour, enum bns_diff_format format, const json_t *diff);

/* The lines of one zone: "- owner TYPE rdata" and "+ …", with the findings behind them. */
void bns_render_changes(FILE *out, bool colour, const char *zone, const json_t *changes);

/* "LB01 C url1234.example.com. CNAME: text", and the remedy on a line of its own. */
void bns_render_finding(FILE *out, bool colour, const json_t *finding);

/* "example.com: serial 1 -> 2, hold as ID", without a line end. */
void bns_diff_headline(FILE *out, const json_t *report);

/* What a finding's verdict means for its record: held, refused, pinned, note. */
const char *bns_diff_verdict_word(const char *verdict);

/* The findings of a report that belong to none of its changes. New reference. */
json_t *bns_diff_loose_findings(const json_t *report);

#endif
