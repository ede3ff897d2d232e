/* SPDX-License-Identifier: BSD-3-Clause */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

/* Of all places, so that there is always one to be made. */
#define FILL_PERCENT 80
#define STEPS_MAX    2 /* with none, one name in some hundred thousand finds no place */

static void store64(__u64 *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static void store32(__u32 *at, uint32_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static uint64_t hash_of(const struct xdp_tables *t, const __u64 *name)
{
	return xdp_hash(t->control->seed, name);
}

uint32_t xdp_tables_buckets(uint32_t names)
{
	return (uint32_t)((uint64_t)names * 100 / (FILL_PERCENT * XDP_PLACES)) + 1;
}

bool xdp_tables_init(struct xdp_tables *t, struct xdp_control *control, struct xdp_bucket *buckets,
		     struct xdp_record *records, uint32_t record_count)
{
	*t = (struct xdp_tables){
		.control = control,
		.buckets = buckets,
		.records = records,
		.record_count = record_count,
		.free = XDP_NONE,
		.next = malloc(record_count * sizeof(uint32_t)),
		.head = malloc(record_count * sizeof(uint32_t)),
		.shared = calloc(record_count, 1),
	};
	if (t->next && t->head && t->shared)
		return true;
	xdp_tables_free(t);
	return false;
}

void xdp_tables_free(struct xdp_tables *t)
{
	free(t->next);
	free(t->head);
	free(t->shared);
	*t = (struct xdp_tables){.free = XDP_NONE};
}

/* ---- places ---- */

static bool is_named(const struct xdp_tables *t, uint64_t place, const __u64 *name)
{
	return memcmp(t->records[place >> 32].name, name, sizeof(__u64) * XDP_NAME_WORDS) == 0;
}

static __u64 *place_in(const struct xdp_tables *t, uint32_t bucket, uint32_t tag, const __u64 *name)
{
	struct xdp_bucket *b = &t->buckets[bucket];

	for (int i = 0; i < XDP_PLACES; i++)
		if ((uint32_t)b->place[i] == tag && is_named(t, b->place[i], name))
			return &b->place[i];
	return NULL;
}

static __u64 *place_of(const struct xdp_tables *t, const __u64 *name)
{
	uint64_t hash = hash_of(t, name);
	uint32_t first = xdp_first_bucket(hash, t->control->bucket_count);
	__u64 *place = place_in(t, first, xdp_tag(hash), name);

	if (place || !t->buckets[first].overflow)
		return place;
	return place_in(t, xdp_second_bucket(hash, t->control->bucket_count), xdp_tag(hash), name);
}

static __u64 *free_place(struct xdp_bucket *b)
{
	for (int i = 0; i < XDP_PLACES; i++)
		if (b->place[i] == 0)
			return &b->place[i];
	return NULL;
}

static struct xdp_bucket *first_of(const struct xdp_tables *t, uint64_t hash)
{
	return &t->buckets[xdp_first_bucket(hash, t->control->bucket_count)];
}

static struct xdp_bucket *second_of(const struct xdp_tables *t, uint64_t hash)
{
	return &t->buckets[xdp_second_bucket(hash, t->control->bucket_count)];
}

/* In this bucket; readers look into a name's second one only where the first says so. */
static __u64 *free_place_for(const struct xdp_tables *t, uint64_t hash, struct xdp_bucket *b)
{
	struct xdp_bucket *first = first_of(t, hash);
	__u64 *place = free_place(b);

	if (place && b != first)
		store32(&first->overflow, 1);
	return place;
}

/*
 * Frees a place in a full bucket: some name there has room in its other one
 * (cuckoo hashing), or finds it by so many further steps.
 */
static __u64 *make_place(struct xdp_tables *t, struct xdp_bucket *b, unsigned steps)
{
	for (int i = 0; i < XDP_PLACES; i++) {
		uint64_t hash = hash_of(t, t->records[b->place[i] >> 32].name);
		struct xdp_bucket *first = first_of(t, hash), *other = first == b ? second_of(t, hash) : first;
		__u64 *place = free_place_for(t, hash, other);
		if (!place && steps > 0 && other != b && (place = make_place(t, other, steps - 1)) && other != first)
			store32(&first->overflow, 1);
		if (!place)
			continue;
		store64(place, b->place[i]);
		store64(&b->place[i], 0);
		return &b->place[i];
	}
	return NULL;
}

static __u64 *new_place(struct xdp_tables *t, uint64_t hash)
{
	struct xdp_bucket *first = first_of(t, hash), *second = second_of(t, hash);
	__u64 *place = free_place_for(t, hash, first);

	if (!place)
		place = free_place_for(t, hash, second);
	if (!place)
		place = make_place(t, first, STEPS_MAX);
	if (!place && (place = make_place(t, second, STEPS_MAX)))
		store32(&first->overflow, 1);
	return place;
}

const struct xdp_record *xdp_tables_find(const struct xdp_tables *t, const __u64 name[XDP_NAME_WORDS])
{
	const __u64 *place = place_of(t, name);

	return place ? &t->records[*place >> 32] : NULL;
}

/* ---- records ---- */

static uint32_t take_record(struct xdp_tables *t)
{
	uint32_t number = t->free;

	if (number != XDP_NONE)
		t->free = t->next[number];
	else if (t->used < t->record_count)
		number = t->used++;
	if (number != XDP_NONE)
		t->names++;
	return number;
}

static void give_back(struct xdp_tables *t, uint32_t number)
{
	t->next[number] = t->free;
	t->free = number;
	t->names--;
}

/* Whoever reads it meanwhile sees an odd generation, or another one afterwards. */
static void write_record(struct xdp_record *to, const struct xdp_record *from)
{
	uint32_t generation = to->generation;
	const size_t head = offsetof(struct xdp_record, types);

	__atomic_exchange_n(&to->generation, generation + 1, __ATOMIC_SEQ_CST);
	memcpy((uint8_t *)to + head, (const uint8_t *)from + head, sizeof(*to) - head);
	to->watched_s = 0;
	store32(&to->generation, generation + 2);
}

static void pass_up(struct xdp_record *r)
{
	struct xdp_record passed = {.kind = XDP_KIND_PASS, .name_len = r->name_len};

	memcpy(passed.name, r->name, sizeof(passed.name));
	write_record(r, &passed);
}

/* The number of the name's record; XDP_NONE: no room. */
static uint32_t add_name(struct xdp_tables *t, const struct xdp_record *record, bool *is_new)
{
	__u64 *place = place_of(t, record->name);

	*is_new = !place;
	if (place)
		return (uint32_t)(*place >> 32);
	uint64_t hash = hash_of(t, record->name);
	place = new_place(t, hash);
	uint32_t number = place ? take_record(t) : XDP_NONE;
	if (number == XDP_NONE)
		return XDP_NONE;
	t->head[number] = XDP_NONE;
	write_record(&t->records[number], record);
	store64(place, (uint64_t)number << 32 | xdp_tag(hash));
	return number;
}

static void remove_record(struct xdp_tables *t, uint32_t number)
{
	__u64 *place = place_of(t, t->records[number].name);

	if (place)
		store64(place, 0);
	give_back(t, number);
}

/* ---- zones ---- */

/* What two zones share, an apex and the cut above it for one, is passed up from then on. */
static void remove_zone(struct xdp_tables *t, const __u64 *apex)
{
	const __u64 *place = place_of(t, apex);
	uint32_t number = place ? (uint32_t)(*place >> 32) : XDP_NONE;

	if (number == XDP_NONE)
		return;
	uint32_t member = t->head[number];
	t->head[number] = XDP_NONE;
	while (member != XDP_NONE) {
		uint32_t next = t->next[member];
		if (!t->shared[member])
			remove_record(t, member);
		member = next;
	}
}

/* Names in `set`, linked from the apex's record; false: there is no room for all. */
static bool add_zone(struct xdp_tables *t, const struct xdp_record *set, size_t count)
{
	uint32_t apex = XDP_NONE;

	for (size_t i = 0; i < count; i++) {
		bool is_new;
		uint32_t number = add_name(t, &set[i], &is_new);
		if (number == XDP_NONE)
			return false;
		if (i == 0)
			apex = number;
		if (is_new) {
			t->next[number] = t->head[apex];
			t->head[apex] = number;
		} else {
			t->shared[number] = 1;
			pass_up(&t->records[number]);
		}
	}
	return true;
}

static bool add_zone_or_apex(struct xdp_tables *t, const struct xdp_record *set, size_t count)
{
	struct xdp_record passed = {.kind = XDP_KIND_PASS, .name_len = set[0].name_len};

	if (add_zone(t, set, count))
		return true;
	remove_zone(t, set[0].name);
	memcpy(passed.name, set[0].name, sizeof(passed.name));
	return add_zone(t, &passed, 1);
}

void xdp_tables_begin(struct xdp_tables *t)
{
	__atomic_exchange_n(&t->control->version, t->control->version + 1, __ATOMIC_SEQ_CST);
}

void xdp_tables_end(struct xdp_tables *t)
{
	store64(&t->control->version, t->control->version + 1);
}

bool xdp_tables_replace(struct xdp_tables *t, const __u64 apex[XDP_NAME_WORDS], const struct xdp_record *set,
			size_t count)
{
	bool fits;

	xdp_tables_begin(t);
	remove_zone(t, apex);
	fits = count == 0 || add_zone_or_apex(t, set, count);
	if (!fits)
		store32(&t->control->complete, 0);
	xdp_tables_end(t);
	return fits;
}
