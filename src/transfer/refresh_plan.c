/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/refresh_plan.h"

#define BOOTSTRAP_FIRST_S   2
#define BOOTSTRAP_LAST_S    3600
#define DOUBLINGS_MAX       16
#define JITTER_RANGE_SHARES 10 /* a tenth */

uint64_t bns_plan_clamp(uint64_t value, uint64_t min, uint64_t max)
{
	if (value < min)
		value = min;
	return max && value > max ? max : value;
}

static uint64_t back_off(uint64_t first, uint64_t last, unsigned failures)
{
	unsigned doublings = failures - 1 < DOUBLINGS_MAX ? failures - 1 : DOUBLINGS_MAX;

	return bns_plan_clamp(first << doublings, first, last > first ? last : first);
}

uint64_t bns_plan_interval_s(const struct bns_zone_record *record, const struct bns_conf_settings *conf,
			     unsigned failures)
{
	uint64_t refresh = bns_plan_clamp(record->soa_refresh_s, conf->refresh_min_s, conf->refresh_max_s);
	uint64_t retry = bns_plan_clamp(record->soa_retry_s, conf->retry_min_s, conf->retry_max_s);

	if (failures == 0)
		return refresh;
	if (record->has_version)
		return back_off(retry, refresh, failures);
	return bns_plan_clamp(back_off(BOOTSTRAP_FIRST_S, BOOTSTRAP_LAST_S, failures), conf->retry_min_s,
			      conf->retry_max_s);
}

uint64_t bns_plan_first_s(const struct bns_zone_record *record, const struct bns_conf_settings *conf, int64_t now_s)
{
	uint64_t interval = bns_plan_interval_s(record, conf, 0);
	int64_t age = now_s - record->refreshed_s;

	if (!record->has_version || record->refreshed_s == 0)
		return 0;
	if (age < 0) /* the clock was set back */
		return interval;
	return (uint64_t)age >= interval ? 0 : interval - (uint64_t)age;
}

uint64_t bns_plan_jitter_ms(uint64_t seconds, uint16_t random)
{
	uint64_t ms = seconds * 1000;

	return ms - ms / JITTER_RANGE_SHARES * random / UINT16_MAX;
}
