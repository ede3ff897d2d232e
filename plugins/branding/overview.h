/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All brandings at a glance, for people and for metrics: cheap however many
 * there are, since it looks at what is known and at no zone.
 * Thread: main loop.
 */
#ifndef BRANDING_OVERVIEW_H
#define BRANDING_OVERVIEW_H

#include "branding.h"

/* The verb `branding overview [FIRST [COUNT]]`. */
enum bns_error lb_run_overview(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			       struct bns_diag *diag);

extern const struct bns_metric lb_metrics[];

#endif
