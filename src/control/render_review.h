/* SPDX-License-Identifier: BSD-3-Clause */
/* One report where changes are reviewed: markdown for a pull request, GitHub's workflow commands. Thread: one at a
 * time. */
#ifndef BNS_CONTROL_RENDER_REVIEW_H
#define BNS_CONTROL_RENDER_REVIEW_H

#include <jansson.h>
#include <stdio.h>

#include "base/error.h"

void bns_review_markdown(FILE *out, const json_t *report);
void bns_review_github(FILE *out, const json_t *report);

/* A file that couldn't be read, as GitHub's workflow command. */
void bns_review_github_diag(FILE *out, const struct bns_diag *diag);

#endif
