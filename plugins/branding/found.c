/* SPDX-License-Identifier: BSD-3-Clause */
/* Kept is only who breaks a rule, a bit for each: few, in a zone that went through the gate. */
#include "found.h"

#include <stdlib.h>
#include <string.h>

struct found {
	uint64_t rules; /* by their place in the table */
	uint8_t host[];
};

_Static_assert(LB_RULES_MAX <= 64, "a rule has a bit");

static uint64_t bits_of(const struct lb_findings *found)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < found->count; i++)
		bits |= UINT64_C(1) << (found->list[i].rule - lb_rules);
	return bits;
}

static void drop(struct lb *lb, const uint8_t *host)
{
	struct found *f = lb_map_get(&lb->found, host);

	if (!f)
		return;
	lb_map_remove(&lb->found, host);
	free(f);
}

static struct found *add(struct lb *lb, const uint8_t *host)
{
	struct found *f = calloc(1, sizeof(*f) + lb_name_len(host));

	if (!f)
		return NULL;
	memcpy(f->host, host, lb_name_len(host));
	void **place = lb_map_put(&lb->found, f->host);
	if (!place) {
		free(f);
		return NULL;
	}
	*place = f;
	return f;
}

void lb_found_put(struct lb *lb, const uint8_t *host, const struct lb_findings *found)
{
	uint64_t rules = bits_of(found);
	struct found *f = lb_map_get(&lb->found, host);

	if (rules == 0) {
		drop(lb, host);
		return;
	}
	f = f ? f : add(lb, host);
	if (f)
		f->rules = rules;
	else
		lb->host->log(lb->plugin, BNS_LOG_ERR, "out of memory: a branding with findings is not counted");
}

/* Keeps those that `stays` wants, in a map of their own. */
static void keep(struct lb *lb, bool (*stays)(const struct lb *lb, const uint8_t *host, const uint8_t *zone),
		 const uint8_t *zone)
{
	struct lb_map kept = {.count = 0}, *all = &lb->found;

	for (size_t i = 0; all->keys && i <= all->mask; i++) {
		struct found *f = all->values[i];
		void **place = f && stays(lb, f->host, zone) ? lb_map_put(&kept, f->host) : NULL;
		if (place)
			*place = f;
		else
			free(f);
	}
	lb_map_free(all);
	*all = kept;
}

static bool is_elsewhere(const struct lb *lb, const uint8_t *host, const uint8_t *zone)
{
	return !lb->host->name_in(host, zone);
}

void lb_found_drop_zone(struct lb *lb, const uint8_t *zone)
{
	keep(lb, is_elsewhere, zone);
}

static bool is_branding(const struct lb *lb, const uint8_t *host, const uint8_t *zone)
{
	const struct lb_memory_entry *entry = lb_memory_get(lb, host);

	(void)zone;
	return lb_policy_find(lb, lb->policy, host) || (entry && entry->learned);
}

void lb_found_replaced(struct lb *lb)
{
	keep(lb, is_branding, NULL);
}

size_t lb_found_count(const struct lb *lb, size_t rule)
{
	const struct lb_map *all = &lb->found;
	size_t count = 0;

	for (size_t i = 0; all->keys && i <= all->mask; i++) {
		const struct found *f = all->values[i];
		count += f && (f->rules >> rule & 1);
	}
	return count;
}

void lb_found_close(struct lb *lb)
{
	for (size_t i = 0; lb->found.keys && i <= lb->found.mask; i++)
		free(lb->found.values[i]);
	lb_map_free(&lb->found);
}
