/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/changes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_SECTIONS 8
#define NOWHERE        SIZE_MAX
#define FNV_PRIME      16777619u
#define FNV_OFFSET     2166136261u

enum bns_error bns_changes_open(struct bns_changes *c, const uint8_t *apex)
{
	*c = (struct bns_changes){.records = bns_contents_new(apex)};
	return c->records ? BNS_OK : BNS_ENOMEM;
}

void bns_changes_close(struct bns_changes *c)
{
	bns_contents_free(c->records);
	free(c->sections);
	*c = (struct bns_changes){0};
}

enum bns_error bns_changes_section(struct bns_changes *c)
{
	if (c->section_count == c->section_capacity) {
		size_t capacity = c->section_capacity ? 2 * c->section_capacity : FIRST_SECTIONS;
		size_t *sections = realloc(c->sections, capacity * sizeof(*sections));
		if (!sections)
			return BNS_ENOMEM;
		c->sections = sections;
		c->section_capacity = capacity;
	}
	c->sections[c->section_count++] = c->records->count;
	return BNS_OK;
}

enum bns_error bns_changes_add(struct bns_changes *c, const uint8_t *owner, uint16_t type, uint32_t ttl,
			       const void *rdata, uint16_t rdlen)
{
	return bns_contents_add(c->records, owner, type, ttl, rdata, rdlen, 0, 0);
}

/* -- applying -- */

/* A record that some difference is about. */
struct touched {
	const struct bns_record *record; /* as it came last; NULL: a free slot */
	size_t base_at;                  /* its place in the base, or NOWHERE */
	bool present;
};

struct application {
	const struct bns_contents *base;
	struct touched *slots; /* open addressing */
	size_t mask;
	bool *replaced; /* records of the base that don't stay as they are */
	char *reason;
};

/* Names in RDATA are compared without case, and so is all of it here: equal ones have equal hashes. */
static uint32_t hash_octets(uint32_t hash, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint32_t)tolower(octets[i])) * FNV_PRIME;
	return hash;
}

static uint32_t hash_of(const struct bns_record *r)
{
	uint32_t hash = hash_octets(FNV_OFFSET ^ r->type, r->owner, bns_name_len(r->owner));

	hash = hash_octets(hash, r->rdata, r->rdlen);
	return hash ^ hash >> 15;
}

static size_t find_in_base(const struct bns_contents *base, const struct bns_record *r)
{
	size_t low = 0, high = base->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = bns_record_compare(&base->records[middle], r);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NOWHERE;
}

static struct touched *touch(struct application *a, const struct bns_record *r)
{
	size_t slot = hash_of(r) & a->mask;
	struct touched *t;

	while (a->slots[slot].record && bns_record_compare(a->slots[slot].record, r) != 0)
		slot = (slot + 1) & a->mask;
	t = &a->slots[slot];
	if (!t->record) {
		t->record = r;
		t->base_at = find_in_base(a->base, r);
		t->present = t->base_at != NOWHERE;
	}
	return t;
}

static enum bns_error refuse(struct application *a, const struct bns_record *r, const char *what)
{
	char owner[BNS_NAME_TEXT_MAX];
	char type[BNS_RRTYPE_TEXT_MAX];

	snprintf(a->reason, BNS_CHANGES_REASON_MAX, "%s: %.160s %s", what, bns_name_to_text(r->owner, owner),
		 bns_rrtype_to_text(r->type, type));
	return BNS_EFORMAT;
}

static enum bns_error apply_one(struct application *a, const struct bns_record *r, bool adds)
{
	struct touched *t = touch(a, r);

	if (t->present == adds)
		return refuse(a, r, adds ? "add a record that is there" : "remove a record that isn't there");
	t->present = adds;
	t->record = r;
	if (t->base_at != NOWHERE)
		a->replaced[t->base_at] = true;
	return BNS_OK;
}

static enum bns_error apply_all(struct application *a, const struct bns_changes *c)
{
	size_t section = 0;
	enum bns_error err = BNS_OK;

	for (size_t i = 0; i < c->records->count && !err; i++) {
		while (section < c->section_count && c->sections[section] <= i)
			section++;
		err = apply_one(a, &c->records->records[i], section % 2 == 0);
	}
	return err;
}

static enum bns_error copy(struct bns_contents *out, const struct bns_record *r)
{
	return bns_contents_add(out, r->owner, r->type, r->ttl, r->rdata, r->rdlen, 0, 0);
}

static enum bns_error collect(const struct application *a, struct bns_contents *out)
{
	enum bns_error err = BNS_OK;

	for (size_t i = 0; i < a->base->count && !err; i++)
		if (!a->replaced[i])
			err = copy(out, &a->base->records[i]);
	/* Those of the base that were only removed and added again have been replaced too. */
	for (size_t i = 0; i <= a->mask && !err; i++)
		if (a->slots[i].record && a->slots[i].present)
			err = copy(out, a->slots[i].record);
	return err;
}

enum bns_error bns_changes_apply(const struct bns_changes *c, const struct bns_contents *base,
				 struct bns_contents **out, char reason[BNS_CHANGES_REASON_MAX])
{
	struct application a = {.base = base, .mask = 15, .reason = reason};
	struct bns_contents *made = bns_contents_new(base->apex);
	enum bns_error err = BNS_ENOMEM;

	while (a.mask < 2 * c->records->count)
		a.mask = 2 * a.mask + 1;
	a.slots = calloc(a.mask + 1, sizeof(*a.slots));
	a.replaced = calloc(base->count + 1, sizeof(*a.replaced));
	if (made && a.slots && a.replaced)
		err = apply_all(&a, c);
	else
		snprintf(reason, BNS_CHANGES_REASON_MAX, "need more than there is memory for");
	if (!err)
		err = collect(&a, made);
	free(a.slots);
	free(a.replaced);
	if (err)
		bns_contents_free(made);
	else
		*out = made;
	return err;
}
