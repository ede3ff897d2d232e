/* SPDX-License-Identifier: BSD-3-Clause */
/* How far long work has come, told now and then: not with every step, and not where it is over soon. Thread: one. */
#ifndef BNS_BASE_PROGRESS_H
#define BNS_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bns_progress {
	const char *what; /* "zones read" */
	size_t total;     /* may grow while the work goes on, or be BNS_PROGRESS_UNKNOWN */
	size_t done;
	uint64_t interval_ms;
	uint64_t next_ms;
};

#define BNS_PROGRESS_TEXT_MAX 160
#define BNS_PROGRESS_UNKNOWN  SIZE_MAX

/* The first telling is due after `first_ms`, further ones every `interval_ms`. */
void bns_progress_begin(struct bns_progress *p, const char *what, size_t total, uint64_t first_ms, uint64_t interval_ms,
			uint64_t now_ms);

/* One more is done; true when that shall be told. */
bool bns_progress_step(struct bns_progress *p, uint64_t now_ms);

/* So many are done now. */
bool bns_progress_reach(struct bns_progress *p, size_t done, uint64_t now_ms);

/* "450 of 1000 zones read, 45 %", or "450 zones read" where nobody knows of how many; returns `out`. */
char *bns_progress_text(const struct bns_progress *p, char out[BNS_PROGRESS_TEXT_MAX]);

/* "[#########           ] 45 %  450 of 1000 zones read", or as above; returns `out`. */
char *bns_progress_bar(const struct bns_progress *p, char out[BNS_PROGRESS_TEXT_MAX]);

#endif
