/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy's brandings in canonical order of their hosts, so that those of a
 * zone are neighbours and a review costs what its zone has, not what the
 * policy has.
 */
#include <stdlib.h>

#include "rules.h"

static int compare_hosts(const void *a, const void *b, void *arg)
{
	const struct lb_branding *x = a, *y = b;
	const struct lb *lb = arg;
	int order = lb->host->name_compare(x->host, y->host);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int compare_owners(const void *a, const void *b, void *arg)
{
	const struct lb_branding *const *x = a, *const *y = b;
	const struct lb *lb = arg;

	return lb->host->name_compare((*x)->owner, (*y)->owner);
}

static void sort_brandings(const struct lb *lb, struct lb_policy *p)
{
	/* Files are usually written by programs, and in order. */
	for (size_t i = 1; i < p->branding_count; i++) {
		if (compare_hosts(&p->brandings[i - 1], &p->brandings[i], (void *)lb) > 0) {
			qsort_r(p->brandings, p->branding_count, sizeof(*p->brandings), compare_hosts, (void *)lb);
			return;
		}
	}
}

static enum bns_error complain(const struct lb *lb, const struct lb_branding *b, const char *file,
			       struct bns_diag *diag, const char *words, const uint8_t *name,
			       const struct lb_branding *other)
{
	char text[BNS_NAME_TEXT_MAX];

	lb->host->diag(diag, file, b->line, b->column, "'%s' %s line %u", lb_name_words(lb, name, text), words,
		       (unsigned)other->line);
	return BNS_EEXIST;
}

static enum bns_error check_brandings(const struct lb *lb, struct lb_policy *p, const char *file, struct bns_diag *diag)
{
	bool numbered_hosts = false;

	for (size_t i = 0; i < p->branding_count; i++) {
		const struct lb_branding *b = &p->brandings[i];
		numbered_hosts |= lb_label_is_numbered(b->host, "");
		if (i > 0 && lb_name_equal(b->host, b[-1].host))
			return complain(lb, b, file, diag, "has a branding already, in", b->host, b - 1);
	}
	for (size_t i = 0; i < p->branding_count; i++) {
		const struct lb_branding *b = &p->brandings[i];
		/* The usual case needs no search: owners are digits and hosts aren't. */
		if (!b->owner || (!numbered_hosts && lb_label_is_numbered(b->owner, "")))
			continue;
		const struct lb_branding *other = lb_policy_find(lb, p, b->owner);
		if (other)
			return complain(lb, other, file, diag, "is a host here, but the owner of the branding in",
					b->owner, b);
	}
	return BNS_OK;
}

static bool is_stray(const struct lb_branding *b)
{
	return b->owner && !lb_name_equal(lb_name_parent(b->host), lb_name_parent(b->owner));
}

static enum bns_error index_strays(const struct lb *lb, struct lb_policy *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->branding_count; i++)
		count += is_stray(&p->brandings[i]);
	if (count == 0)
		return BNS_OK;
	p->strays = lb_pool_alloc(&p->pool, count * sizeof(*p->strays));
	if (!p->strays)
		return BNS_ENOMEM;
	for (size_t i = 0; i < p->branding_count; i++)
		if (is_stray(&p->brandings[i]))
			p->strays[p->stray_count++] = &p->brandings[i];
	qsort_r(p->strays, p->stray_count, sizeof(*p->strays), compare_owners, (void *)lb);
	return BNS_OK;
}

static int compare_reach(const void *a, const void *b, void *arg)
{
	const struct lb_reach *x = a, *y = b;
	const struct lb *lb = arg;

	return lb->host->name_compare(x->target, y->target);
}

static enum bns_error index_reach(const struct lb *lb, struct lb_policy *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->branding_count; i++)
		count += p->brandings[i].target_count;
	if (count == 0)
		return BNS_OK;
	p->reach = lb_pool_alloc(&p->pool, count * sizeof(*p->reach));
	if (!p->reach)
		return BNS_ENOMEM;
	for (size_t i = 0; i < p->branding_count; i++)
		for (size_t k = 0; k < p->brandings[i].target_count; k++)
			p->reach[p->reach_count++] = (struct lb_reach){p->brandings[i].targets[k], &p->brandings[i]};
	qsort_r(p->reach, p->reach_count, sizeof(*p->reach), compare_reach, (void *)lb);
	return BNS_OK;
}

/* The branding's place, and whether it is its owner; 0 is free. */
static const uint8_t *watched_name(const struct lb_policy *p, uint32_t slot)
{
	const struct lb_branding *b = &p->brandings[(slot - 1) / 2];

	return (slot - 1) % 2 ? b->owner : b->host;
}

static size_t watched_at(const struct lb_policy *p, const uint8_t *name)
{
	size_t at = (size_t)(lb_name_hash(name) >> 20) & p->watched_mask;

	while (p->watched[at] && !lb_name_equal(watched_name(p, p->watched[at]), name))
		at = (at + 1) & p->watched_mask;
	return at;
}

static enum bns_error index_watched(struct lb_policy *p)
{
	size_t size = 2;

	while (size < 3 * p->branding_count)
		size *= 2;
	/* A place and a bit must fit. */
	if (p->branding_count > INT32_MAX)
		return BNS_ERANGE;
	p->watched = lb_pool_alloc(&p->pool, size * sizeof(*p->watched));
	if (!p->watched)
		return BNS_ENOMEM;
	p->watched_mask = size - 1;
	for (uint32_t i = 0; i < p->branding_count; i++) {
		if (!p->brandings[i].owner)
			continue;
		p->watched[watched_at(p, p->brandings[i].host)] = 2 * i + 1;
		p->watched[watched_at(p, p->brandings[i].owner)] = 2 * i + 2;
	}
	return BNS_OK;
}

bool lb_policy_watched(const struct lb_policy *policy, const uint8_t *name, uint32_t *branding, bool *is_owner)
{
	uint32_t slot = policy->watched[watched_at(policy, name)];

	if (!slot)
		return false;
	*branding = (slot - 1) / 2;
	*is_owner = (slot - 1) % 2;
	return true;
}

static void count_for_accounts(struct lb_policy *p)
{
	for (size_t i = p->branding_count; i-- > 0;) {
		if (p->brandings[i].account == p->fallback)
			continue;
		struct lb_account *a = &p->accounts[p->brandings[i].account - p->accounts];
		a->first = &p->brandings[i];
		a->branding_count++;
	}
}

enum bns_error lb_policy_index(const struct lb *lb, struct lb_policy *policy, const char *file, struct bns_diag *diag)
{
	sort_brandings(lb, policy);
	enum bns_error err = lb_policy_index_hosts(policy);
	if (err == BNS_OK)
		err = check_brandings(lb, policy, file, diag);

	count_for_accounts(policy);
	if (err == BNS_OK)
		err = index_strays(lb, policy);
	if (err == BNS_OK)
		err = index_watched(policy);
	if (err == BNS_OK)
		err = index_reach(lb, policy);
	return err == BNS_OK ? lb_policy_index_targets(policy) : err;
}

const struct lb_branding *lb_policy_find(const struct lb *lb, const struct lb_policy *policy, const uint8_t *host)
{
	size_t at = lb_policy_first_in(policy, host);

	(void)lb;
	return at < policy->branding_count && lb_name_equal(policy->brandings[at].host, host) ? &policy->brandings[at]
											      : NULL;
}

const struct lb_branding *lb_policy_zone(const struct lb *lb, const struct lb_policy *policy, const uint8_t *zone,
					 size_t *count)
{
	size_t at = lb_policy_first_in(policy, zone), end = at;

	while (end < policy->branding_count && lb->host->name_in(policy->brandings[end].host, zone))
		end++;
	*count = end - at;
	return policy->brandings ? policy->brandings + at : NULL;
}

const struct lb_branding *const *lb_policy_strays(const struct lb *lb, const struct lb_policy *policy,
						  const uint8_t *zone, size_t *count)
{
	size_t low = 0, high = policy->stray_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lb->host->name_compare(policy->strays[middle]->owner, zone) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < policy->stray_count && lb->host->name_in(policy->strays[end]->owner, zone))
		end++;
	*count = end - low;
	return policy->strays ? policy->strays + low : NULL;
}

const struct lb_reach *lb_policy_reach(const struct lb *lb, const struct lb_policy *policy, const uint8_t *zone,
				       size_t *count)
{
	size_t low = 0, high = policy->reach_count;

	*count = 0;
	if (!lb_policy_may_reach(policy, zone))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lb->host->name_compare(policy->reach[middle].target, zone) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < policy->reach_count && lb->host->name_in(policy->reach[end].target, zone))
		end++;
	*count = end - low;
	return policy->reach ? policy->reach + low : NULL;
}

const struct lb_override *lb_policy_override(const struct lb_policy *policy, const uint8_t *host,
					     const struct lb_rule *rule, int64_t now_s)
{
	for (size_t i = 0; i < policy->override_count; i++) {
		const struct lb_override *o = &policy->overrides[i];
		if (o->rule == rule && now_s < o->until_s && lb_name_equal(o->host, host))
			return o;
	}
	return NULL;
}
