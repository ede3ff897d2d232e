/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries per second over the last hour: a ring of samples. Thread: main loop. */
#ifndef METRICS_HISTORY_H
#define METRICS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_SAMPLE_S 15
#define MT_SAMPLES  240

struct mt_history {
	double per_s[MT_SAMPLES];
	size_t count;   /* that are there */
	size_t next;    /* where the next one goes */
	int64_t last_s; /* 0: nothing was counted yet */
	uint64_t last_total;
};

bool mt_history_is_due(const struct mt_history *h, int64_t now_s);

/* So many queries were counted until now. */
void mt_history_add(struct mt_history *h, int64_t now_s, uint64_t total);

/* The sample of that number, the oldest first. */
double mt_history_at(const struct mt_history *h, size_t number);

#endif
