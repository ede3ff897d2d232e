/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones of a configuration are made while the main loop opens the store and
 * loads the plugins: what they need is their name alone. The thread has the
 * registry for itself until the gate takes it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "gate/work.h"

/* Fewer are made at once, each in memory of its own. */
#define MANY 16384

struct bns_newcomers {
	const struct bns_conf_zone *zones;
	size_t count;
	size_t made;
	struct bns_registry registry;
	struct bns_slab slab;
	enum bns_error err;
	bool has_thread;
	uv_thread_t thread;
};

static void make_all(void *arg)
{
	struct bns_newcomers *n = arg;
	n->err = bns_registry_reserve(&n->registry, n->count);
	while (!n->err && n->made < n->count) {
		struct bns_zone *zone = bns_zone_new(&n->zones[n->made], n->count < MANY ? NULL : &n->slab);
		n->err = zone ? bns_registry_add(&n->registry, zone) : BNS_ENOMEM;
		if (!n->err)
			n->made++;
		else if (zone)
			bns_zone_free(zone);
	}
	bns_slab_end(&n->slab);
}

static void begin(struct bns_newcomers *n)
{
	sigset_t all, before;
	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	n->has_thread = n->count >= MANY && uv_thread_create(&n->thread, make_all, n) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!n->has_thread)
		make_all(n);
}

struct bns_newcomers *bns_newcomers_make(const struct bns_conf_zone *zones, size_t count)
{
	struct bns_newcomers *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->zones = zones;
	n->count = count;
	begin(n);
	return n;
}

static void wait_for_all(struct bns_newcomers *n)
{
	if (n->has_thread)
		uv_thread_join(&n->thread);
	n->has_thread = false;
}

enum bns_error bns_newcomers_take(struct bns_newcomers *n, struct bns_registry *to, struct bns_diag *diag)
{
	wait_for_all(n);
	if (n->err) {
		bns_diag_set(diag, NULL, 0, 0, "zone %s can't be brought back from the store: %s",
			     n->count > 0 ? n->zones[n->made].domain : "", bns_strerror(n->err));
		return n->err;
	}
	*to = n->registry;
	if (to->first)
		to->first->prev_link = &to->first;
	n->registry = (struct bns_registry){0};
	return BNS_OK;
}

void bns_newcomers_free(struct bns_newcomers *n)
{
	if (!n)
		return;
	wait_for_all(n);
	bns_registry_free_all(&n->registry);
	free(n);
}
