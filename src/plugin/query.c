/* SPDX-License-Identifier: BSD-3-Clause */
/* What packet threads ask of plugins. */
#include "plugin/internal.h"

#define OTHER_TYPES 63 /* types from here on share a bit */

static uint64_t bit_of(uint16_t qtype)
{
	return UINT64_C(1) << (qtype < OTHER_TYPES ? qtype : OTHER_TYPES);
}

static uint64_t types_of(const struct bns_plugin_descriptor *desc)
{
	uint64_t types = 0;

	if (!desc->query_types)
		return ~UINT64_C(0);
	for (const uint16_t *type = desc->query_types; *type != 0; type++)
		types |= bit_of(*type);
	return types;
}

void bns_query_add(struct bns_plugins *ps, struct bns_plugin *p)
{
	ps->has_answered |= p->desc->answered != NULL;
	for (unsigned stage = 0; stage < BNS_QUERY_STAGES; stage++) {
		if (p->desc->query && (p->desc->query_stages == 0 || p->desc->query_stages >> stage & 1))
			p->query_wishes[stage] = types_of(p->desc);
		ps->query_wishes[stage] |= p->query_wishes[stage];
	}
}

bool bns_plugins_want(const struct bns_plugins *ps, enum bns_query_stage stage, uint16_t qtype)
{
	return ps && ps->query_wishes[stage] & bit_of(qtype);
}

/* Of several hooks the strictest counts, so that their order doesn't matter. */
static int query_rank(enum bns_query_verdict v)
{
	switch (v) {
	case BNS_QUERY_CONTINUE:
		return 0;
	case BNS_QUERY_CHALLENGE:
		return 1;
	case BNS_QUERY_TRUNCATE:
		return 2;
	case BNS_QUERY_REFUSE:
		return 3;
	case BNS_QUERY_DROP:
		break;
	}
	return 4;
}

enum bns_query_verdict bns_plugins_query(const struct bns_plugins *ps, enum bns_query_stage stage,
					 const struct bns_query_view *q)
{
	enum bns_query_verdict worst = BNS_QUERY_CONTINUE;

	for (struct bns_plugin *p = ps ? ps->first : NULL; p; p = p->next) {
		enum bns_query_verdict v = BNS_QUERY_CONTINUE;
		if (p->query_wishes[stage] & bit_of(q->qtype))
			v = p->desc->query(p, stage, q);
		if (query_rank(v) > query_rank(worst))
			worst = v;
	}
	return worst;
}
