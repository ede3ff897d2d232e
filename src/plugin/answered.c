/* SPDX-License-Identifier: BSD-3-Clause */
/* What packet threads tell plugins of exchanges that have come to their end. */
#include "plugin/internal.h"

bool bns_plugins_have_answered(const struct bns_plugins *ps)
{
	return ps && ps->has_answered;
}

void bns_plugins_answered(const struct bns_plugins *ps, const struct bns_exchange *exchange)
{
	for (struct bns_plugin *p = ps->first; p; p = p->next)
		if (p->desc->answered)
			p->desc->answered(p, exchange);
}
