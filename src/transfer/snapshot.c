/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/snapshot.h"

#include <stdlib.h>

#include "base/rcu.h"
#include "base/seccomp.h"

struct bns_snapshot {
	uv_work_t work;
	const struct bns_table *table;
	struct bns_qname apex;
	struct bns_contents *contents; /* written by the pool, read after it */
	bool ready;
	bool shared; /* in t->snapshots */
	LIST_HEAD(, bns_snapshot_user) users;
	LIST_ENTRY(bns_snapshot) every;
};

/* Pool: a reader of the table for as long as the copying takes. */
static void copy(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	struct bns_snapshot *s = work->data;
	const struct bns_image *img;

	bns_rcu_register();
	img = bns_table_find(s->table, &s->apex, false);
	if (img && img->state == BNS_IMAGE_SERVED && bns_name_equal(img->apex, s->apex.name) &&
	    bns_image_contents(img, &s->contents))
		s->contents = NULL;
	bns_rcu_unregister();
}

static void snapshot_free(struct bns_snapshot *s)
{
	if (s->shared)
		LIST_REMOVE(s, every);
	bns_contents_free(s->contents);
	free(s);
}

static void copied(uv_work_t *work, int status)
{
	struct bns_snapshot *s = work->data;
	struct bns_snapshot_user *user, *next;

	(void)status;
	s->ready = true;
	if (LIST_EMPTY(&s->users)) {
		snapshot_free(s);
		return;
	}
	for (user = LIST_FIRST(&s->users); user; user = next) {
		next = LIST_NEXT(user, same);
		user->ready(user, s->contents);
	}
}

bool bns_snapshot_serial(const struct bns_transfer *t, const struct bns_qname *apex, uint32_t *serial)
{
	const struct bns_image *img;
	bool served;

	bns_rcu_online();
	img = bns_table_find(t->env->table, apex, false);
	served = img && img->state == BNS_IMAGE_SERVED && bns_name_equal(img->apex, apex->name);
	if (served)
		*serial = img->serial;
	bns_rcu_offline();
	return served;
}

static struct bns_snapshot *find_shared(struct bns_transfer *t, const struct bns_qname *apex)
{
	struct bns_snapshot *s;
	uint32_t serial;

	LIST_FOREACH(s, &t->snapshots, every)
	{
		if (!bns_name_equal(s->apex.name, apex->name))
			continue;
		if (!s->ready ||
		    (s->contents && bns_snapshot_serial(t, apex, &serial) && s->contents->serial == serial))
			return s;
	}
	return NULL;
}

static struct bns_snapshot *snapshot_new(struct bns_transfer *t, const struct bns_qname *apex)
{
	struct bns_snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->table = t->env->table;
	s->apex = *apex;
	s->work.data = s;
	if (uv_queue_work(t->loop, &s->work, copy, copied)) {
		free(s);
		return NULL;
	}
	s->shared = true;
	LIST_INSERT_HEAD(&t->snapshots, s, every);
	return s;
}

enum bns_error bns_snapshot_get(struct bns_transfer *t, const struct bns_qname *apex, struct bns_snapshot_user *user)
{
	struct bns_snapshot *s = find_shared(t, apex);

	if (!s)
		s = snapshot_new(t, apex);
	if (!s)
		return BNS_ENOMEM;
	user->snapshot = s;
	LIST_INSERT_HEAD(&s->users, user, same);
	if (s->ready)
		user->ready(user, s->contents);
	return BNS_OK;
}

void bns_snapshot_release(struct bns_snapshot_user *user)
{
	struct bns_snapshot *s = user->snapshot;

	if (!s)
		return;
	user->snapshot = NULL;
	LIST_REMOVE(user, same);
	if (LIST_EMPTY(&s->users) && s->ready)
		snapshot_free(s);
}

void bns_snapshot_outdated(struct bns_transfer *t, const uint8_t *apex)
{
	struct bns_snapshot *s, *next;

	for (s = LIST_FIRST(&t->snapshots); s; s = next) {
		next = LIST_NEXT(s, every);
		if (bns_name_equal(s->apex.name, apex)) {
			LIST_REMOVE(s, every);
			s->shared = false;
		}
	}
}
