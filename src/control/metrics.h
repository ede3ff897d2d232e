/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon itself can tell in numbers. The rows are in two tables, of
 * the whole (metrics.c) and of zones (metrics_zones.c); their names are
 * explained in plugins/metrics/README.md, which a test compares.
 * Thread: main loop.
 */
#ifndef BNS_CONTROL_METRICS_H
#define BNS_CONTROL_METRICS_H

#include "control/control.h"

struct bns_own_metric {
	struct bns_metric metric; /* its `read` is NULL */
	void (*tell)(const struct bns_control_env *env, const struct bns_metric_sink *out);
};

extern const struct bns_own_metric bns_zone_metrics[]; /* ends with `tell` NULL */

/* Of the workers, and of plugins that answer past them. */
void bns_control_counts(const struct bns_control_env *env, struct bns_answer_counts *sum);

void bns_control_metrics(const struct bns_control_env *env, const struct bns_metric_sink *sink);

#endif
