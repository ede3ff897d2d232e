/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever reads a change shall see which of its lines are a branding's, lawful or not. */
#include "verdict.h"

/* The first change at or behind an owner name. */
static size_t lower_bound(const struct lb *lb, const struct bns_diff *diff, const uint8_t *owner)
{
	size_t low = 0, high = diff->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lb->host->name_compare(diff->items[middle].owner, owner) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool tell_role(const struct lb *lb, const struct bns_diff *diff, struct bns_review *review,
		      const struct lb_case *c, enum lb_role role, const uint8_t *owner)
{
	char host[BNS_NAME_TEXT_MAX];

	for (size_t i = lower_bound(lb, diff, owner); i < diff->count; i++) {
		if (!lb_name_equal(diff->items[i].owner, owner))
			break;
		const struct bns_note note = {
			.verdict = BNS_VERDICT_PASS,
			.severity = 'M',
			.owner = owner,
			.type = diff->items[i].type,
			.host = lb_name_words(lb, c->branding->host, host),
			.role = lb_role_words[role],
		};
		if (lb->host->note(review, &note) != BNS_OK)
			return false;
	}
	return true;
}

bool lb_tell_roles(const struct lb *lb, const struct bns_diff *diff, struct bns_review *review, const struct lb_case *c)
{
	uint8_t name[BNS_NAME_MAX];
	bool good = true;

	if (c->judge_edge) {
		good = tell_role(lb, diff, review, c, LB_EDGE, c->branding->host);
		for (enum lb_role role = LB_DCV; role <= LB_HOST_PROOF; role++)
			if (lb_below_name(c, role, name))
				good = tell_role(lb, diff, review, c, role, name) && good;
	}
	if (c->judge_owner)
		good = tell_role(lb, diff, review, c, LB_OWNER, c->branding->owner) && good;
	return good;
}
