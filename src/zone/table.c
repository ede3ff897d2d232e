/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/table.h"

#include <stdlib.h>
#include <string.h>

/*
 * An open-addressing array of (hash, image). Readers walk it without a lock
 * while the writer stores into it: a slot's image is stored last and read
 * first, so whoever sees an image sees a hash at least as new, and the image's
 * own name decides. A slot that once held a zone becomes a tombstone, since an
 * emptied one would cut the path to what lies behind it.
 */
#define SLOTS_START 16

struct slot {
	uint64_t hash;
	const struct bns_image *image; /* NULL: free */
};

struct slots {
	struct bns_rcu_head rcu;
	size_t mask;
	size_t taken; /* zones and tombstones; the writer's */
	/* A secondary's end, behind the slots; pages of a table of primaries are never touched. */
	uint32_t *expires_s;
	struct slot slot[];
};

/* Zones by their number of labels, so that no reader looks where none can be. */
struct depths {
	uint64_t used[2]; /* bit per number of labels */
	uint32_t count[BNS_LABELS_MAX + 1];
};

struct bns_table {
	struct slots *slots;
	struct depths depths;
	size_t count;
};

static const struct bns_image tombstone;

static struct slots *slots_new(size_t size)
{
	struct slots *s = calloc(1, sizeof(*s) + size * (sizeof(struct slot) + sizeof(uint32_t)));
	if (!s)
		return NULL;
	s->mask = size - 1;
	s->expires_s = (uint32_t *)(void *)(s->slot + size);
	return s;
}

static void free_slots(struct bns_rcu_head *head)
{
	free((char *)head - offsetof(struct slots, rcu));
}

static void free_image(struct bns_rcu_head *head)
{
	bns_image_free((struct bns_image *)(void *)((char *)head - offsetof(struct bns_image, rcu)));
}

/* What a table took over it may free again, unless it lies in a file. */
static struct bns_image *owned(const struct bns_image *img)
{
	return (struct bns_image *)(uintptr_t)img;
}

static void free_later(const struct bns_image *former)
{
	if (!former->is_mapped)
		bns_rcu_defer(&owned(former)->rcu, free_image);
}

struct bns_table *bns_table_new(void)
{
	struct bns_table *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->slots = slots_new(SLOTS_START);
	if (!t->slots) {
		free(t);
		return NULL;
	}
	return t;
}

void bns_table_free(struct bns_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i <= t->slots->mask; i++)
		if (t->slots->slot[i].image != &tombstone)
			bns_image_free(owned(t->slots->slot[i].image));
	free(t->slots);
	free(t);
}

static bool is_zone(const struct bns_image *img, const uint8_t *apex, size_t len, uint64_t hash)
{
	return img->apex_hash == hash && img->apex_len == len && memcmp(img->apex, apex, len) == 0;
}

/* The slot of a zone, and in `*img` the image that was seen in it; NULL where there is none. */
static struct slot *find_slot(struct slots *s, const uint8_t *apex, size_t len, uint64_t hash,
			      const struct bns_image **img)
{
	for (size_t i = hash & s->mask;; i = (i + 1) & s->mask) {
		*img = bns_rcu_load(s->slot[i].image);
		if (!*img)
			return NULL;
		if (__atomic_load_n(&s->slot[i].hash, __ATOMIC_RELAXED) == hash && is_zone(*img, apex, len, hash))
			return &s->slot[i];
	}
}

/* The longest zone of at most `labels` labels that the name is in. */
static const struct bns_image *find_upwards(const struct bns_table *t, const struct bns_qname *q, int labels)
{
	struct slots *s = bns_rcu_load(t->slots);
	for (int k = labels; k >= 0; k--) {
		uint64_t used = bns_rcu_load(t->depths.used[k / 64]);
		const struct bns_image *img;
		if ((used >> (k % 64) & 1) != 0 &&
		    find_slot(s, q->name + q->offset[k], (size_t)(q->len - q->offset[k]), q->hash[k], &img))
			return img;
	}
	return NULL;
}

const struct bns_image *bns_table_find(const struct bns_table *t, const struct bns_qname *qname, bool qtype_ds)
{
	const struct bns_image *img = find_upwards(t, qname, qname->labels);
	if (!qtype_ds || !img || img->apex_labels != qname->labels)
		return img;
	const struct bns_image *parent = find_upwards(t, qname, qname->labels - 1);
	return parent ? parent : img;
}

#define GUESSED_DEPTHS 64
#define IMAGE_LINES    4
#define LINE           64

/* Those suffixes of the name that can be a zone: bit per number of labels. None where a zone has absurdly many. */
static uint64_t candidates(const struct bns_table *t, const struct bns_qname *q)
{
	unsigned labels = q->labels < GUESSED_DEPTHS ? q->labels : GUESSED_DEPTHS - 1;
	uint64_t reachable = ~UINT64_C(0) >> (GUESSED_DEPTHS - 1 - labels);
	return bns_rcu_load(t->depths.used[1]) ? 0 : bns_rcu_load(t->depths.used[0]) & reachable;
}

static unsigned deepest(uint64_t depths)
{
	return 63 - (unsigned)__builtin_clzll(depths);
}

void bns_table_prefetch(const struct bns_table *t, const struct bns_qname *qname)
{
	const struct slots *s = bns_rcu_load(t->slots);
	for (uint64_t left = candidates(t, qname); left != 0; left &= left - 1)
		__builtin_prefetch(&s->slot[qname->hash[__builtin_ctzll(left)] & s->mask]);
}

/* By hash alone, since the image isn't near yet; no tombstone has a hash that counts. */
const struct bns_image *bns_table_guess(const struct bns_table *t, const struct bns_qname *qname)
{
	const struct slots *s = bns_rcu_load(t->slots);
	for (uint64_t left = candidates(t, qname); left != 0; left ^= UINT64_C(1) << deepest(left)) {
		uint64_t hash = qname->hash[deepest(left)];
		const struct bns_image *img;
		for (size_t i = hash & s->mask; (img = bns_rcu_load(s->slot[i].image)); i = (i + 1) & s->mask) {
			if (__atomic_load_n(&s->slot[i].hash, __ATOMIC_RELAXED) != hash || img == &tombstone)
				continue;
			for (unsigned line = 0; line < IMAGE_LINES; line++)
				__builtin_prefetch((const char *)img + line * LINE);
			return img;
		}
	}
	return NULL;
}

bool bns_table_confirm(const struct bns_image *guess, const struct bns_qname *qname)
{
	unsigned labels = guess->apex_labels;
	if (labels > qname->labels)
		return false;
	unsigned offset = qname->offset[labels];
	return is_zone(guess, qname->name + offset, (size_t)(qname->len - offset), qname->hash[labels]);
}

static struct slot *find_apex(const struct bns_table *t, const uint8_t *apex, const struct bns_image **img)
{
	uint8_t name[BNS_NAME_MAX];
	size_t len = bns_name_len(apex);
	memcpy(name, apex, len);
	bns_name_lower(name);
	return find_slot(t->slots, name, len, bns_name_hash(name), img);
}

const struct bns_image *bns_table_get(const struct bns_table *t, const uint8_t *apex)
{
	const struct bns_image *img;
	return find_apex(t, apex, &img) ? img : NULL;
}

static void depths_add(struct depths *d, unsigned labels)
{
	if (d->count[labels]++ == 0)
		bns_rcu_store(d->used[labels / 64], d->used[labels / 64] | (uint64_t)1 << labels % 64);
}

static void depths_remove(struct depths *d, unsigned labels)
{
	if (--d->count[labels] == 0)
		bns_rcu_store(d->used[labels / 64], d->used[labels / 64] & ~((uint64_t)1 << labels % 64));
}

/* Puts a zone that isn't there yet into the first slot of its path that holds none. */
static void insert(struct slots *s, uint64_t hash, const struct bns_image *img, uint32_t expires_s)
{
	size_t i = hash & s->mask;
	while (s->slot[i].image && s->slot[i].image != &tombstone)
		i = (i + 1) & s->mask;
	if (!s->slot[i].image)
		s->taken++;
	if (expires_s != s->expires_s[i])
		__atomic_store_n(&s->expires_s[i], expires_s, __ATOMIC_RELAXED);
	__atomic_store_n(&s->slot[i].hash, hash, __ATOMIC_RELAXED);
	bns_rcu_store(s->slot[i].image, img);
}

/* Room for so many more at two thirds at most; else a new array, without tombstones and at most half full. */
enum bns_error bns_table_reserve(struct bns_table *t, size_t count)
{
	struct slots *old = t->slots;
	if ((old->taken + count) * 3 <= (old->mask + 1) * 2)
		return BNS_OK;
	size_t size = SLOTS_START;
	while (size < (t->count + count) * 2)
		size *= 2;
	struct slots *s = slots_new(size);
	if (!s)
		return BNS_ENOMEM;
	for (size_t i = 0; i <= old->mask; i++)
		if (old->slot[i].image && old->slot[i].image != &tombstone)
			insert(s, old->slot[i].hash, old->slot[i].image, old->expires_s[i]);
	bns_rcu_store(t->slots, s);
	bns_rcu_defer(&old->rcu, free_slots);
	return BNS_OK;
}

static enum bns_error add(struct bns_table *t, const struct bns_image *img, uint32_t expires_s)
{
	enum bns_error err = bns_table_reserve(t, 1);
	if (err)
		return err;
	depths_add(&t->depths, img->apex_labels);
	insert(t->slots, img->apex_hash, img, expires_s);
	t->count++;
	return BNS_OK;
}

static uint32_t stored_expires(int64_t expires_s)
{
	return expires_s > UINT32_MAX ? UINT32_MAX : (uint32_t)(expires_s > 0 ? expires_s : 0);
}

enum bns_error bns_table_publish(struct bns_table *t, struct bns_image *img)
{
	const struct bns_image *former;
	struct slot *slot = find_apex(t, img->apex, &former);
	if (slot) {
		bns_rcu_store(slot->image, img);
		free_later(former);
		return BNS_OK;
	}
	return add(t, img, 0);
}

enum bns_error bns_table_publish_new(struct bns_table *t, struct bns_image *img, int64_t expires_s)
{
	const struct bns_image *former;
	if (find_slot(t->slots, img->apex, img->apex_len, img->apex_hash, &former))
		return BNS_EEXIST;
	return add(t, img, stored_expires(expires_s));
}

void bns_table_ask_slot(const struct bns_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->slots->slot[hash & t->slots->mask], 1);
}

void bns_table_withdraw(struct bns_table *t, const uint8_t *apex)
{
	const struct bns_image *former;
	struct slot *slot = find_apex(t, apex, &former);
	if (!slot)
		return;
	bns_rcu_store(slot->image, &tombstone);
	depths_remove(&t->depths, former->apex_labels);
	t->count--;
	free_later(former);
}

void bns_table_set_expires(struct bns_table *t, const uint8_t *apex, int64_t expires_s)
{
	const struct bns_image *img;
	const struct slot *slot = find_apex(t, apex, &img);
	uint32_t value = stored_expires(expires_s);
	if (slot && t->slots->expires_s[slot - t->slots->slot] != value)
		__atomic_store_n(&t->slots->expires_s[slot - t->slots->slot], value, __ATOMIC_RELAXED);
}

int64_t bns_table_expires(const struct bns_table *t, const struct bns_image *img)
{
	struct slots *s = bns_rcu_load(t->slots);
	const struct bns_image *now;
	const struct slot *slot = find_slot(s, img->apex, img->apex_len, img->apex_hash, &now);
	return slot ? __atomic_load_n(&s->expires_s[slot - s->slot], __ATOMIC_RELAXED) : 0;
}

size_t bns_table_count(const struct bns_table *t)
{
	return t->count;
}
