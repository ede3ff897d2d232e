/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"

#define WITHIN_S   60
#define RING_SLOTS 64 /* a power of two; more at once are of no interest */

/*
 * What packet threads look into: the policy in force, and beside it when the names of each of its brandings were asked
 * for last. Pages of times that nobody has asked for take no memory.
 */
struct lb_watch_table {
	struct lb_policy *policy;
	_Atomic uint32_t (*asked_s)[2]; /* edge, owner; wall clock */
};

/* A branding whose both names were asked for. Main loop's. */
struct seen {
	uint64_t count;
	int64_t last_s;
	uint8_t host[];
};

struct lb_watch {
	_Atomic(struct lb_watch_table *) table;
	_Atomic uint32_t now_s;
	_Atomic unsigned head;
	_Atomic uint32_t ring[RING_SLOTS]; /* a branding's place in the policy and one; 0: nothing */
	struct lb_map seen;                /* host → struct seen */
};

struct lb_watch *lb_watch_new(int64_t now_s)
{
	struct lb_watch *w = calloc(1, sizeof(*w));

	if (w)
		atomic_init(&w->now_s, (uint32_t)now_s);
	return w;
}

static void table_free(struct lb_watch_table *t)
{
	if (!t)
		return;
	lb_policy_free(t->policy);
	free((void *)t->asked_s);
	free(t);
}

/* No packet thread has it any more. */
static void free_later(void *table)
{
	table_free(table);
}

void lb_watch_free(struct lb_watch *w)
{
	if (!w)
		return;
	table_free(atomic_load(&w->table));
	for (size_t i = 0; w->seen.keys && i <= w->seen.mask; i++)
		free(w->seen.values[i]);
	lb_map_free(&w->seen);
	free(w);
}

static void count_seen(struct lb *lb, int64_t now_s);

struct lb_watch_table *lb_watch_make(struct lb_policy *policy)
{
	struct lb_watch_table *t = calloc(1, sizeof(*t));

	if (t)
		t->asked_s = calloc(policy->branding_count + 1, sizeof(*t->asked_s));
	if (!t || !t->asked_s) {
		free(t);
		return NULL;
	}
	t->policy = policy;
	return t;
}

void lb_watch_discard(struct lb_watch_table *table)
{
	table_free(table);
}

struct lb_watch_table *lb_watch_set(struct lb *lb, struct lb_watch_table *table)
{
	/* Places in the ring are the former policy's. */
	count_seen(lb, lb->host->now_s());
	return atomic_exchange_explicit(&lb->watch->table, table, memory_order_acq_rel);
}

void lb_watch_drop(struct lb *lb, struct lb_watch_table *former)
{
	if (former)
		lb->host->later(lb->plugin, free_later, former);
}

static bool is_near(uint32_t then_s, uint32_t now_s)
{
	return then_s != 0 && now_s - then_s <= WITHIN_S;
}

void lb_watch_query(struct lb_watch *w, const struct bns_query_view *q)
{
	uint32_t branding;
	bool is_owner;

	if (q->qtype != BNS_TYPE_CNAME)
		return;
	const struct lb_watch_table *t = atomic_load_explicit(&w->table, memory_order_acquire);
	if (!t || !lb_policy_watched(t->policy, q->qname, &branding, &is_owner))
		return;
	_Atomic uint32_t *mine = &t->asked_s[branding][is_owner], *other = &t->asked_s[branding][!is_owner];
	uint32_t now_s = atomic_load_explicit(&w->now_s, memory_order_relaxed);
	atomic_store_explicit(mine, now_s, memory_order_relaxed);
	if (!is_near(atomic_load_explicit(other, memory_order_relaxed), now_s))
		return;
	/* Both again before it is told again. */
	atomic_store_explicit(mine, 0, memory_order_relaxed);
	atomic_store_explicit(other, 0, memory_order_relaxed);
	unsigned slot = atomic_fetch_add_explicit(&w->head, 1, memory_order_relaxed) % RING_SLOTS;
	atomic_store_explicit(&w->ring[slot], branding + 1, memory_order_release);
}

static void tell(struct lb *lb, const uint8_t *host)
{
	char name[BNS_NAME_TEXT_MAX], zone_text[BNS_NAME_TEXT_MAX], target[BNS_NAME_TEXT_MAX] = "nowhere";
	char text[2 * BNS_NAME_TEXT_MAX + 256];
	const uint8_t *apex;
	const struct bns_contents *zone = lb_served_zone(lb, host, &apex);
	const struct lb_branding *b = lb_policy_find(lb, lb->policy, host);
	struct lb_path path;

	if (!zone || !b)
		return;
	lb_resolve(lb, zone, host, &path);
	if (path.steps > 0)
		lb_name_words(lb, path.names[path.steps], target);
	bool at_esp = path.steps > 0 && lb_profile_is_esp(lb, b->account->profile, path.names[path.steps]);
	snprintf(text, sizeof(text),
		 "somebody asks for both CNAMEs of %s, as %s's verification does, while it is at %s%s",
		 lb_name_words(lb, host, name), b->account->profile->title, target,
		 at_esp ? "" : ": the verification fails, and the branding may no longer be applied");
	lb->host->event(lb->plugin, at_esp ? BNS_LOG_NOTICE : BNS_LOG_WARN, "verify-seen",
			lb_name_words(lb, apex, zone_text), text);
}

static struct seen *seen_of(struct lb_watch *w, const uint8_t *host)
{
	struct seen *seen = lb_map_get(&w->seen, host);

	if (seen)
		return seen;
	seen = calloc(1, sizeof(*seen) + lb_name_len(host));
	if (!seen)
		return NULL;
	memcpy(seen->host, host, lb_name_len(host));
	void **place = lb_map_put(&w->seen, seen->host);
	if (!place) {
		free(seen);
		return NULL;
	}
	*place = seen;
	return seen;
}

static void count_seen(struct lb *lb, int64_t now_s)
{
	struct lb_watch *w = lb->watch;
	const struct lb_watch_table *t = atomic_load(&w->table);

	for (unsigned i = 0; i < RING_SLOTS; i++) {
		uint32_t place = atomic_exchange_explicit(&w->ring[i], 0, memory_order_acquire);
		struct seen *seen = place && place <= t->policy->branding_count
					    ? seen_of(w, t->policy->brandings[place - 1].host)
					    : NULL;
		if (!seen)
			continue;
		bool told = seen->last_s != 0 && now_s - seen->last_s <= WITHIN_S;
		seen->count++;
		seen->last_s = now_s;
		if (!told)
			tell(lb, seen->host);
	}
}

void lb_watch_tick(struct lb *lb, int64_t now_s)
{
	atomic_store_explicit(&lb->watch->now_s, (uint32_t)now_s, memory_order_relaxed);
	count_seen(lb, now_s);
}

uint64_t lb_watch_count(const struct lb_watch *w, const uint8_t *host, int64_t *last_s)
{
	const struct seen *seen = lb_map_get(&w->seen, host);

	*last_s = seen ? seen->last_s : 0;
	return seen ? seen->count : 0;
}
