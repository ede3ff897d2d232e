/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/contents_sort.h"

#include <stdlib.h>

#include "base/buf.h"

#define KEY_OCTETS 16

/* A record to be sorted, with the beginning of its owner as two numbers: these decide nearly every comparison. */
struct slot {
	uint64_t high;
	uint64_t low;
	const struct bns_record *record;
};

/* Beyond the canonical order: what differs in TTL alone stays apart, for zone/check.c to see. */
static int order_compare(const struct bns_record *a, const struct bns_record *b)
{
	int order = bns_record_compare(a, b);
	return order ? order : (a->ttl > b->ttl) - (a->ttl < b->ttl);
}

/* Of equal records the one that was added first comes first, so that messages name its line. */
static int slot_compare(const void *x, const void *y)
{
	const struct slot *a = x;
	const struct slot *b = y;
	if (a->high != b->high)
		return a->high > b->high ? 1 : -1;
	if (a->low != b->low)
		return a->low > b->low ? 1 : -1;
	int order = order_compare(a->record, b->record);
	return order ? order : (a->record > b->record) - (a->record < b->record);
}

/*
 * The labels from the apex downwards, each with a zero behind it, cut at
 * KEY_OCTETS: compared as octets they are in canonical order (RFC 4034 §6.1).
 * An octet 0 in a label becomes 1 1 and 1 becomes 1 2, above the zero.
 */
static void make_key(const uint8_t *owner, unsigned skip_labels, uint8_t key[KEY_OCTETS])
{
	const uint8_t *labels[BNS_LABELS_MAX];
	struct bns_writer w = bns_writer_of(key, KEY_OCTETS);
	unsigned count = 0;
	for (const uint8_t *p = owner; *p; p += 1 + *p)
		labels[count++] = p;
	count -= skip_labels;
	while (count > 0 && !w.failed) {
		const uint8_t *label = labels[--count];
		for (unsigned i = 1; i <= label[0] && !w.failed; i++) {
			if (label[i] <= 1)
				bns_write_u8(&w, 1);
			bns_write_u8(&w, label[i] <= 1 ? label[i] + 1 : label[i]);
		}
		bns_write_u8(&w, 0);
	}
	while (!w.failed)
		bns_write_u8(&w, 0);
}

static void fill_slots(const struct bns_contents *c, struct slot *slots)
{
	/* The apex says nothing where all owners share it. */
	unsigned skip_labels = bns_name_labels(c->apex);
	for (size_t i = 0; i < c->count && skip_labels > 0; i++) {
		if (!bns_name_in(c->records[i].owner, c->apex))
			skip_labels = 0;
	}
	for (size_t i = 0; i < c->count; i++) {
		uint8_t key[KEY_OCTETS];
		make_key(c->records[i].owner, skip_labels, key);
		slots[i] = (struct slot){bns_get_u64(key), bns_get_u64(key + 8), &c->records[i]};
	}
}

static enum bns_error sort(struct bns_contents *c)
{
	struct bns_record *sorted = malloc(c->count * sizeof(*sorted));
	struct slot *slots = malloc(c->count * sizeof(*slots));
	if (!sorted || !slots) {
		free(sorted);
		free(slots);
		return BNS_ENOMEM;
	}
	fill_slots(c, slots);
	qsort(slots, c->count, sizeof(*slots), slot_compare);
	for (size_t i = 0; i < c->count; i++)
		sorted[i] = *slots[i].record;
	free(slots);
	free(c->records);
	c->records = sorted;
	c->capacity = c->count;
	return BNS_OK;
}

static bool is_sorted(const struct bns_contents *c)
{
	for (size_t i = 1; i < c->count; i++) {
		if (order_compare(&c->records[i - 1], &c->records[i]) > 0)
			return false;
	}
	return true;
}

static void drop_duplicates(struct bns_contents *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->count; i++) {
		if (kept == 0 || order_compare(&c->records[kept - 1], &c->records[i]) != 0)
			c->records[kept++] = c->records[i];
	}
	c->count = kept;
}

enum bns_error bns_contents_sort(struct bns_contents *c)
{
	enum bns_error err = is_sorted(c) ? BNS_OK : sort(c);
	if (!err)
		drop_duplicates(c);
	return err;
}
