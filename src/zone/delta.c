/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/delta.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static enum bns_error copy(struct bns_contents *to, const struct bns_record *r)
{
	return bns_contents_add(to, r->owner, r->type, r->ttl, r->rdata, r->rdlen, 0, 0);
}

static bool same_octets(const struct bns_record *a, const struct bns_record *b)
{
	return a->ttl == b->ttl && a->rdlen == b->rdlen && memcmp(a->rdata, b->rdata, a->rdlen) == 0;
}

/* Which side's record comes first: <0 before's, >0 after's, 0 both are there. */
static int order_at(const struct bns_contents *before, size_t i, const struct bns_contents *after, size_t k)
{
	if (i == before->count || k == after->count)
		return (i == before->count) - (k == after->count);
	return bns_record_compare(&before->records[i], &after->records[k]);
}

static enum bns_error merge(const struct bns_contents *before, const struct bns_contents *after, struct bns_delta *d)
{
	size_t i = 0, k = 0;
	enum bns_error err = BNS_OK;
	while (!err && (i < before->count || k < after->count)) {
		int order = order_at(before, i, after, k);
		if (order != 0 || !same_octets(&before->records[i], &after->records[k])) {
			if (order <= 0)
				err = copy(d->removed, &before->records[i]);
			if (!err && order >= 0)
				err = copy(d->added, &after->records[k]);
		}
		i += order <= 0;
		k += order >= 0;
	}
	return err;
}

enum bns_error bns_delta_make(const struct bns_contents *before, const struct bns_contents *after,
			      struct bns_delta *out)
{
	*out = (struct bns_delta){.removed = bns_contents_new(after->apex), .added = bns_contents_new(after->apex)};
	enum bns_error err = out->removed && out->added ? merge(before, after, out) : BNS_ENOMEM;
	if (!err)
		err = bns_contents_finish(out->removed);
	if (!err)
		err = bns_contents_finish(out->added);
	if (err)
		bns_delta_free(out);
	return err;
}

void bns_delta_free(struct bns_delta *d)
{
	bns_contents_free(d->removed);
	bns_contents_free(d->added);
	*d = (struct bns_delta){0};
}

/* All of `after` but what was added. */
static enum bns_error copy_without_added(const struct bns_delta *d, const struct bns_contents *after,
					 struct bns_contents *to)
{
	size_t k = 0;
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < after->count && !err; i++) {
		if (k < d->added->count && bns_record_compare(&after->records[i], &d->added->records[k]) == 0)
			k++;
		else
			err = copy(to, &after->records[i]);
	}
	return !err && k < d->added->count ? BNS_EFORMAT : err;
}

enum bns_error bns_delta_undo(const struct bns_delta *d, const struct bns_contents *after, struct bns_contents **out)
{
	struct bns_contents *before = bns_contents_new(after->apex);
	enum bns_error err = before ? copy_without_added(d, after, before) : BNS_ENOMEM;
	for (size_t i = 0; i < d->removed->count && !err; i++)
		err = copy(before, &d->removed->records[i]);
	if (!err)
		err = bns_contents_finish(before);
	if (err) {
		bns_contents_free(before);
		return err;
	}
	*out = before;
	return BNS_OK;
}

enum bns_error bns_delta_encode(const struct bns_delta *d, uint8_t **data, size_t *len)
{
	uint8_t *removed = NULL, *added = NULL, *bytes = NULL;
	size_t removed_len = 0, added_len = 0;
	enum bns_error err = bns_contents_encode(d->removed, &removed, &removed_len);
	if (!err)
		err = bns_contents_encode(d->added, &added, &added_len);
	if (!err && removed_len > UINT32_MAX)
		err = BNS_ERANGE;
	if (!err)
		bytes = malloc(4 + removed_len + added_len);
	if (bytes) {
		bns_put_u32(bytes, (uint32_t)removed_len);
		memcpy(bytes + 4, removed, removed_len);
		memcpy(bytes + 4 + removed_len, added, added_len);
		*data = bytes;
		*len = 4 + removed_len + added_len;
	}
	free(removed);
	free(added);
	return err || bytes ? err : BNS_ENOMEM;
}

enum bns_error bns_delta_decode(const uint8_t *data, size_t len, struct bns_delta *out)
{
	struct bns_reader r = bns_reader_of(data, len);
	size_t removed_len = bns_read_u32(&r);
	const uint8_t *removed = bns_read_bytes(&r, removed_len);
	*out = (struct bns_delta){0};
	if (r.failed)
		return BNS_EFORMAT;
	enum bns_error err = bns_contents_decode(removed, removed_len, &out->removed);
	if (!err)
		err = bns_contents_decode(r.data + r.pos, bns_reader_left(&r), &out->added);
	if (err)
		bns_delta_free(out);
	return err;
}
