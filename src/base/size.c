/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"

static const char units[] = "KMGT";

enum bns_error bns_size_from_text(const char *text, uint64_t *bytes)
{
	uint64_t value = 0, factor = 1;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*p - '0'), &value))
			return BNS_ERANGE;
	}
	if (p == text)
		return BNS_ESYNTAX;
	if (*p) {
		const char *unit = strchr(units, *p++);
		if (!unit || *p)
			return BNS_ESYNTAX;
		factor = (uint64_t)1 << (10 * (unit - units + 1));
	}
	if (__builtin_mul_overflow(value, factor, &value))
		return BNS_ERANGE;
	*bytes = value;
	return BNS_OK;
}

char *bns_size_to_text(uint64_t bytes, char out[BNS_SIZE_TEXT_MAX])
{
	size_t unit = 0;

	for (; bytes > 0 && bytes % 1024 == 0 && units[unit]; unit++)
		bytes /= 1024;
	const char suffix[] = {unit > 0 ? units[unit - 1] : '\0', '\0'};
	snprintf(out, BNS_SIZE_TEXT_MAX, "%" PRIu64 "%s", bytes, suffix);
	return out;
}
