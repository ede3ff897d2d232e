/* SPDX-License-Identifier: BSD-3-Clause */
/* When a secondary asks its primaries next, from SOA timers and configuration. No I/O, no clock. Thread: any. */
#ifndef BNS_TRANSFER_REFRESH_PLAN_H
#define BNS_TRANSFER_REFRESH_PLAN_H

#include "conf/conf.h"
#include "store/zone_record.h"

/* `value` within [min, max]; a max of 0 is none, and min yields to max. */
uint64_t bns_plan_clamp(uint64_t value, uint64_t min, uint64_t max);

/*
 * Seconds from one check to the next. No failures: SOA REFRESH. Else SOA
 * RETRY, doubled with every failure in a row but never above REFRESH. A zone
 * that has no version yet begins with 2 s and ends with an hour.
 */
uint64_t bns_plan_interval_s(const struct bns_zone_record *record, const struct bns_conf_settings *conf,
			     unsigned failures);

/*
 * Milliseconds until the first check after a start: none where there is no
 * version to serve; within a second where a check is overdue, the zone that
 * expires first before the others; else when it is due. `random` as below.
 */
uint64_t bns_plan_first_ms(const struct bns_zone_record *record, const struct bns_conf_settings *conf, int64_t now_s,
			   uint16_t random);

/* Milliseconds, up to a tenth earlier, so that zones that began together spread; `random` is any 16 bits. */
uint64_t bns_plan_jitter_ms(uint64_t seconds, uint16_t random);

#endif
