/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define SOA_MAX         (2 * BNS_NAME_MAX + 20)
#define SOA_NUMBERS_LEN 20 /* serial first; they end the RDATA (RFC 1035 §3.3.13) */

/* A place between two RRsets of one side; a missing side is at its end. */
struct side {
	const struct bns_contents *c;
	size_t at;
	size_t end; /* of the RRset at `at` */
};

static bool side_done(const struct side *s)
{
	return !s->c || s->at == s->c->count;
}

static void side_next(struct side *s)
{
	s->at = s->end;
	if (!side_done(s))
		s->end = bns_contents_rrset_end(s->c, s->at);
}

/* Which side's RRset comes first: <0 before's, >0 after's, 0 both are there. */
static int side_compare(const struct side *before, const struct side *after)
{
	if (side_done(before) || side_done(after))
		return side_done(before) - side_done(after);
	const struct bns_record *a = &before->c->records[before->at];
	const struct bns_record *b = &after->c->records[after->at];
	int order = bns_name_compare(a->owner, b->owner);
	return order != 0 ? order : (a->type > b->type) - (a->type < b->type);
}

/* RRsets are in the canonical order of their RDATA, so the same sets are the same record by record. */
static bool same_records(const struct bns_change_item *item)
{
	if (item->before_count != item->after_count)
		return false;
	for (size_t i = 0; i < item->before_count; i++) {
		const struct bns_record *a = &item->before[i], *b = &item->after[i];
		if (a->ttl != b->ttl || !bns_rdata_equal(item->type, a->rdata, a->rdlen, b->rdata, b->rdlen))
			return false;
	}
	return true;
}

static bool copy_without_serial(const struct bns_record *soa, uint8_t out[SOA_MAX])
{
	if (soa->rdlen < SOA_NUMBERS_LEN || soa->rdlen > SOA_MAX)
		return false;
	memcpy(out, soa->rdata, soa->rdlen);
	bns_put_u32(out + soa->rdlen - SOA_NUMBERS_LEN, 0);
	return true;
}

/* Two SOAs that differ in nothing but the serial. */
static bool same_but_serial(const struct bns_change_item *item)
{
	uint8_t a[SOA_MAX], b[SOA_MAX];
	if (item->type != BNS_TYPE_SOA || item->before_count != 1 || item->after_count != 1)
		return false;
	return item->before->ttl == item->after->ttl && copy_without_serial(item->before, a) &&
	       copy_without_serial(item->after, b) &&
	       bns_rdata_equal(BNS_TYPE_SOA, a, item->before->rdlen, b, item->after->rdlen);
}

static enum bns_error add_item(struct bns_diff *d, size_t *capacity, const struct bns_change_item *item)
{
	if (d->count == *capacity) {
		size_t wanted = *capacity > 0 ? *capacity * 2 : 8;
		struct bns_change_item *items = reallocarray(d->items, wanted, sizeof(*items));
		if (!items)
			return BNS_ENOMEM;
		d->items = items;
		*capacity = wanted;
	}
	d->items[d->count++] = *item;
	return BNS_OK;
}

/* Takes the RRset at `s` into one half of an item. */
static void take(struct side *s, const struct bns_record **records, size_t *count, struct bns_change_item *item)
{
	*records = &s->c->records[s->at];
	*count = s->end - s->at;
	item->owner = (*records)->owner;
	item->type = (*records)->type;
	side_next(s);
}

static enum bns_error merge(struct side *before, struct side *after, struct bns_diff *d)
{
	size_t capacity = 0;
	enum bns_error err = BNS_OK;
	while (!err && !(side_done(before) && side_done(after))) {
		struct bns_change_item item = {0};
		int order = side_compare(before, after);
		if (order <= 0)
			take(before, &item.before, &item.before_count, &item);
		if (order >= 0)
			take(after, &item.after, &item.after_count, &item);
		if (!same_records(&item) && !same_but_serial(&item))
			err = add_item(d, &capacity, &item);
	}
	return err;
}

enum bns_error bns_diff_make(const struct bns_contents *before, const struct bns_contents *after, struct bns_diff *out)
{
	*out = (struct bns_diff){
		.before_serial = before ? before->serial : 0,
		.after_serial = after ? after->serial : 0,
	};
	out->serial_differs = out->before_serial != out->after_serial || !before != !after;
	struct side a = {.c = before}, b = {.c = after};
	side_next(&a);
	side_next(&b);
	enum bns_error err = merge(&a, &b, out);
	if (err)
		bns_diff_free(out);
	return err;
}

void bns_diff_free(struct bns_diff *d)
{
	free(d->items);
	*d = (struct bns_diff){0};
}
