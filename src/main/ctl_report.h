/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports of several zones as one diff, and its way to standard output. Thread: main. */
#ifndef BNS_MAIN_CTL_REPORT_H
#define BNS_MAIN_CTL_REPORT_H

#include "control/render_diff.h"
#include "main/ctl_sides.h"

/* Where a change stands in its file, and what a serial alone means; `after` may be NULL. */
void ctl_report_complete(json_t *report, const struct bns_contents *after);

/*
 * {"schema","hash","verdict","changes","findings","standing","zones":[…]}: for
 * one zone its report's own keys too, for several each change says its zone.
 * New reference.
 */
json_t *ctl_report_merge(json_t *reports);

/* Prints the diff as asked for (`format` NULL: text, or JSON with -j). */
enum ctl_exit ctl_report_print(const struct ctl *ctl, const char *format, json_t *reports);

/* How files that can't be read are told beside a diff of that format (NULL: none was given). */
void (*ctl_report_complain(const char *format))(const struct ctl *ctl, const struct bns_diag *diag);

/* False: the word was complained about. */
bool ctl_report_format(const struct ctl *ctl, const char *word, enum bns_diff_format *format);

#endif
