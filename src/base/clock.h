/* SPDX-License-Identifier: BSD-3-Clause */
/* Time: monotonic for waiting, wall clock for what is stored or shown. Thread: any. */
#ifndef BNS_BASE_CLOCK_H
#define BNS_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t bns_clock_mono_ms(void);

/* Seconds since 1970 UTC. */
int64_t bns_clock_wall_s(void);

#define BNS_TIME_TEXT_MAX 32

/* RFC 3339 in UTC, e.g. 2026-11-23T16:49:00Z; returns `out`. */
char *bns_time_to_text(int64_t wall_s, char out[BNS_TIME_TEXT_MAX]);

/* Takes what bns_time_to_text writes, and "2026-11-23" as the start of that day, UTC. */
enum bns_error bns_time_from_text(const char *text, int64_t *wall_s) BNS_MUST_CHECK;

/* "10s", "5m", "2h", "1d", "90" (seconds) → seconds. */
enum bns_error bns_duration_from_text(const char *text, uint64_t *seconds) BNS_MUST_CHECK;

/* "1d 2h", "3m 20s", "0s": at most two units; returns `out`. */
char *bns_duration_to_text(uint64_t seconds, char out[BNS_TIME_TEXT_MAX]);

#endif
