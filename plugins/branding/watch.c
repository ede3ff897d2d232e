/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"

#define WITHIN_S   60
#define RING_SLOTS 64 /* a power of two; more at once are of no interest */

/* One branding; the times are of the last question for each name. */
struct watched {
	const uint8_t *host;
	_Atomic int64_t edge_s, owner_s;
	/* Main loop's. */
	uint64_t count;
	int64_t last_s;
};

/* Never changed once it is public. One that was replaced stays for packet threads that may still read it. */
struct table {
	struct lb_pool pool;
	struct lb_map edges, owners; /* name → struct watched */
	struct table *former;
};

struct lb_watch {
	_Atomic(struct table *) table;
	_Atomic int64_t now_s;
	_Atomic unsigned head;
	_Atomic(struct watched *) ring[RING_SLOTS];
};

struct lb_watch *lb_watch_new(int64_t now_s)
{
	struct lb_watch *w = calloc(1, sizeof(*w));

	if (w)
		atomic_init(&w->now_s, now_s);
	return w;
}

static void table_free(struct table *t)
{
	lb_map_free(&t->edges);
	lb_map_free(&t->owners);
	lb_pool_free(&t->pool);
	free(t);
}

void lb_watch_free(struct lb_watch *w)
{
	struct table *t = w ? atomic_load(&w->table) : NULL;

	while (t) {
		struct table *former = t->former;
		table_free(t);
		t = former;
	}
	free(w);
}

static bool add(struct table *t, const struct lb_branding *b)
{
	const struct watched *known = t->former ? lb_map_get(&t->former->edges, b->host) : NULL;
	struct watched *one = lb_pool_alloc(&t->pool, sizeof(*one));
	const uint8_t *host = lb_pool_name(&t->pool, b->host), *owner = lb_pool_name(&t->pool, b->owner);
	void **edge_place, **owner_place;

	if (!one || !host || !owner || !(edge_place = lb_map_put(&t->edges, host)))
		return false;
	*edge_place = one;
	if (!(owner_place = lb_map_put(&t->owners, owner)))
		return false;
	*owner_place = one;
	one->host = host;
	if (known) {
		one->count = known->count;
		one->last_s = known->last_s;
	}
	return true;
}

enum bns_error lb_watch_set(struct lb_watch *w, const struct lb_policy *policy)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return BNS_ENOMEM;
	t->former = atomic_load(&w->table);
	for (size_t i = 0; i < policy->branding_count; i++) {
		if (policy->brandings[i].owner && !add(t, &policy->brandings[i])) {
			table_free(t);
			return BNS_ENOMEM;
		}
	}
	atomic_store_explicit(&w->table, t, memory_order_release);
	return BNS_OK;
}

static bool is_near(int64_t then_s, int64_t now_s)
{
	return then_s != 0 && now_s - then_s <= WITHIN_S;
}

void lb_watch_query(struct lb_watch *w, const struct bns_query_view *q)
{
	if (q->qtype != BNS_TYPE_CNAME)
		return;
	const struct table *t = atomic_load_explicit(&w->table, memory_order_acquire);
	struct watched *edge = t ? lb_map_get(&t->edges, q->qname) : NULL;
	struct watched *one = edge ? edge : t ? lb_map_get(&t->owners, q->qname) : NULL;

	if (!one)
		return;
	int64_t now_s = atomic_load_explicit(&w->now_s, memory_order_relaxed);
	atomic_store_explicit(edge ? &one->edge_s : &one->owner_s, now_s, memory_order_relaxed);
	if (!is_near(atomic_load_explicit(edge ? &one->owner_s : &one->edge_s, memory_order_relaxed), now_s))
		return;
	/* Both again before it is told again. */
	atomic_store_explicit(&one->edge_s, 0, memory_order_relaxed);
	atomic_store_explicit(&one->owner_s, 0, memory_order_relaxed);
	unsigned slot = atomic_fetch_add_explicit(&w->head, 1, memory_order_relaxed) % RING_SLOTS;
	atomic_store_explicit(&w->ring[slot], one, memory_order_release);
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

void lb_watch_tick(struct lb *lb, int64_t now_s)
{
	struct lb_watch *w = lb->watch;

	atomic_store_explicit(&w->now_s, now_s, memory_order_relaxed);
	for (unsigned i = 0; i < RING_SLOTS; i++) {
		struct watched *one = atomic_exchange_explicit(&w->ring[i], NULL, memory_order_acquire);
		if (!one)
			continue;
		/* It may be a former table's. */
		struct watched *now = lb_map_get(&atomic_load(&w->table)->edges, one->host);
		if (!now)
			continue;
		bool told = is_near(now->last_s, now_s);
		now->count++;
		now->last_s = now_s;
		if (!told)
			tell(lb, now->host);
	}
}

uint64_t lb_watch_count(const struct lb_watch *w, const uint8_t *host, int64_t *last_s)
{
	const struct table *t = atomic_load(&w->table);
	const struct watched *one = t ? lb_map_get(&t->edges, host) : NULL;

	*last_s = one ? one->last_s : 0;
	return one ? one->count : 0;
}
