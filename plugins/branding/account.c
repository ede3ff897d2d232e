/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"
#include "seen.h"

#include <string.h>

static bool has_word(const char *const *words, const char *word)
{
	for (; words && *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

const char *lb_account_user(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_esp *esp = lb_esp_of(lb, b);

	return esp && esp->user && has_word(b->account->subusers, esp->user) ? esp->user : NULL;
}

bool lb_account_carries(const struct lb *lb, const struct lb_branding *b, const char *user)
{
	const struct lb_esp *esp = lb_esp_of(lb, b);
	const char *own = lb_account_user(lb, b);

	if (!user)
		return !own;
	return (own && strcmp(own, user) == 0) || (esp && has_word(esp->subusers, user));
}

bool lb_account_is_associated(const struct lb *lb, const struct lb_account *a, const char *user)
{
	const struct lb_policy *p = lb->policy;

	for (size_t i = 0; i < p->branding_count; i++)
		if (p->brandings[i].account == a && lb_account_carries(lb, &p->brandings[i], user))
			return true;
	return false;
}

const uint8_t *lb_account_domain(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_esp *esp = lb_esp_of(lb, b);

	return esp && esp->domain ? esp->domain : lb_name_parent(b->host);
}

bool lb_account_speaks(const struct lb *lb, const struct lb_branding *b)
{
	const struct lb_policy *p = lb->policy;
	const struct lb_branding *end = p->brandings + p->branding_count, *at = b->account->first;
	const uint8_t *apex;

	while (at && at < end && (at->account != b->account || !lb_served_zone(lb, at->host, &apex)))
		at++;
	return at == b;
}

bool lb_account_brands(const struct lb *lb, const struct lb_account *a, const uint8_t *domain)
{
	const struct lb_policy *p = lb->policy;

	for (size_t i = 0; i < p->branding_count; i++)
		if (p->brandings[i].account == a && lb_name_equal(lb_account_domain(lb, &p->brandings[i]), domain))
			return true;
	return false;
}

bool lb_account_has_ssl(const struct lb_account *a, const char *user)
{
	return user ? has_word(a->ssl_subusers, user) : a->ssl_enabled;
}

bool lb_account_https_user(const struct lb *lb, const struct lb_branding *b, const char **user)
{
	const struct lb_account *a = b->account;

	*user = NULL;
	if (lb_account_carries(lb, b, NULL) && lb_account_has_ssl(a, NULL))
		return true;
	for (size_t i = 0; i < a->subuser_count; i++) {
		*user = a->subusers[i];
		if (lb_account_carries(lb, b, *user) && lb_account_has_ssl(a, *user))
			return true;
	}
	return false;
}

struct lb_covered lb_covered_of(const struct lb *lb, const struct lb_branding *b, const struct lb_path *edge)
{
	const struct lb_case c = {.branding = b, .profile = b->account->profile, .region = b->account->region};
	const struct lb_seen *seen = edge->steps > 0 ? lb_seen_at(lb, b->host, edge->names[1]) : NULL;
	const uint8_t *target = lb_effective(edge);

	if (!target)
		return (struct lb_covered){.cover = LB_COVER_UNSERVED};
	if (lb_profile_is_esp(lb, c.profile, target) && !lb_is_managed_name(lb, &c, target))
		return (struct lb_covered){.cover = LB_COVER_ESP};
	/* What was seen elsewhere says nothing about the place where it is. */
	if (!seen)
		return (struct lb_covered){.cover = LB_COVER_UNSEEN};
	return (struct lb_covered){
		.cover = seen->evidence == BNS_EVIDENCE_GOOD ? LB_COVER_GOOD : LB_COVER_BAD,
		.at_s = seen->at_s,
		.text = seen->text,
	};
}
