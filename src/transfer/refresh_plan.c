/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/refresh_plan.h"

#define BOOTSTRAP_FIRST_S   2
#define BOOTSTRAP_LAST_S    3600
#define DOUBLINGS_MAX       16
#define JITTER_RANGE_SHARES 10 /* a tenth */
#define OVERDUE_MS          1000

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

/* The share of its life that it has left, of a second: who asks gets in line in this order. */
static uint64_t urgency_ms(const struct bns_zone_record *record, int64_t now_s)
{
	int64_t left_s = record->expires_s - now_s;

	if (left_s <= 0 || record->soa_expire_s == 0)
		return 0;
	return left_s >= record->soa_expire_s ? OVERDUE_MS : (uint64_t)left_s * OVERDUE_MS / record->soa_expire_s;
}

uint64_t bns_plan_first_ms(const struct bns_zone_record *record, const struct bns_conf_settings *conf, int64_t now_s,
			   uint16_t random)
{
	uint64_t interval_s = bns_plan_interval_s(record, conf, 0);
	int64_t age_s = now_s - record->refreshed_s;

	if (!record->has_version || record->refreshed_s == 0)
		return 0;
	if (age_s < 0) /* the clock was set back */
		age_s = 0;
	if ((uint64_t)age_s >= interval_s)
		return urgency_ms(record, now_s);
	return bns_plan_jitter_ms(interval_s - (uint64_t)age_s, random);
}

uint64_t bns_plan_jitter_ms(uint64_t seconds, uint16_t random)
{
	uint64_t ms = seconds * 1000;

	return ms - ms / JITTER_RANGE_SHARES * random / UINT16_MAX;
}
