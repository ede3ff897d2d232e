/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define MINUTE_S 60u
#define HOUR_S   3600u
#define DAY_S    86400u

uint64_t bns_clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int64_t bns_clock_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

char *bns_time_to_text(int64_t wall_s, char out[BNS_TIME_TEXT_MAX])
{
	time_t t = wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, BNS_TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, BNS_TIME_TEXT_MAX, "(no such time)");
	return out;
}

/* Exactly `digits` decimal digits at *text, and the octet `after` behind them unless it is 0. */
static bool take_number(const char **text, unsigned digits, char after, int *value)
{
	*value = 0;
	for (unsigned i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*value = *value * 10 + (**text - '0');
	}
	if (!after)
		return true;
	return *(*text)++ == after;
}

static bool same_date(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday;
}

enum bns_error bns_time_from_text(const char *text, int64_t *wall_s)
{
	struct tm tm = {0};
	struct tm normal;

	if (!take_number(&text, 4, '-', &tm.tm_year) || !take_number(&text, 2, '-', &tm.tm_mon) ||
	    !take_number(&text, 2, 0, &tm.tm_mday))
		return BNS_ESYNTAX;
	if (*text == 'T') {
		text++;
		if (!take_number(&text, 2, ':', &tm.tm_hour) || !take_number(&text, 2, ':', &tm.tm_min) ||
		    !take_number(&text, 2, 'Z', &tm.tm_sec))
			return BNS_ESYNTAX;
	}
	if (*text != '\0')
		return BNS_ESYNTAX;
	if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return BNS_ERANGE;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	/* timegm mends a 31st of June; whoever wrote it meant something else. */
	normal = tm;
	time_t t = timegm(&normal);
	if (!same_date(&tm, &normal))
		return BNS_ERANGE;
	*wall_s = t;
	return BNS_OK;
}

static unsigned unit_seconds(const char *unit)
{
	if (unit[0] != '\0' && unit[1] != '\0')
		return 0;
	switch (unit[0]) {
	case '\0':
	case 's':
		return 1;
	case 'm':
		return MINUTE_S;
	case 'h':
		return HOUR_S;
	case 'd':
		return DAY_S;
	default:
		return 0;
	}
}

enum bns_error bns_duration_from_text(const char *text, uint64_t *seconds)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*p - '0'), &value))
			return BNS_ERANGE;
	}
	unsigned unit = unit_seconds(p);
	if (p == text || unit == 0)
		return BNS_ESYNTAX;
	if (__builtin_mul_overflow(value, unit, &value))
		return BNS_ERANGE;
	*seconds = value;
	return BNS_OK;
}

char *bns_duration_to_text(uint64_t seconds, char out[BNS_TIME_TEXT_MAX])
{
	static const struct {
		unsigned seconds;
		char letter;
	} units[] = {{DAY_S, 'd'}, {HOUR_S, 'h'}, {MINUTE_S, 'm'}, {1, 's'}};
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	unsigned long long large = seconds / units[i].seconds;
	unsigned long long rest = seconds % units[i].seconds;
	if (i < 3 && rest >= units[i + 1].seconds)
		snprintf(out, BNS_TIME_TEXT_MAX, "%llu%c %llu%c", large, units[i].letter, rest / units[i + 1].seconds,
			 units[i + 1].letter);
	else
		snprintf(out, BNS_TIME_TEXT_MAX, "%llu%c", large, units[i].letter);
	return out;
}
