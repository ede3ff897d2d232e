/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "zone/contents_sort.h"

#define FIRST_CAPACITY 64
#define SOA_NUMBERS    20 /* octets of serial, refresh, retry, expire, minimum: they end the RDATA */

struct bns_contents *bns_contents_new(const uint8_t *apex)
{
	struct bns_contents *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	bns_arena_init(&c->arena);
	memcpy(c->apex, apex, bns_name_len(apex));
	bns_name_lower(c->apex);
	c->files = calloc(1, sizeof(*c->files));
	if (!c->files) {
		free(c);
		return NULL;
	}
	c->file_count = 1;
	return c;
}

void bns_contents_free(struct bns_contents *c)
{
	if (!c)
		return;
	bns_arena_free(&c->arena);
	free(c->records);
	free(c->files);
	free(c);
}

void bns_contents_clear(struct bns_contents *c)
{
	bns_arena_free(&c->arena);
	c->count = 0;
	c->files[0] = NULL;
	c->file_count = 1;
}

static enum bns_error grow(struct bns_contents *c)
{
	if (c->count < c->capacity)
		return BNS_OK;
	size_t capacity = c->capacity ? 2 * c->capacity : FIRST_CAPACITY;
	struct bns_record *records = realloc(c->records, capacity * sizeof(*records));
	if (!records)
		return BNS_ENOMEM;
	c->records = records;
	c->capacity = capacity;
	return BNS_OK;
}

/* Records of one owner mostly come together, so the last one's copy is shared. */
static const uint8_t *intern_owner(struct bns_contents *c, const uint8_t *owner)
{
	uint8_t lower[BNS_NAME_MAX];
	size_t len = bns_name_len(owner);
	memcpy(lower, owner, len);
	bns_name_lower(lower);
	if (c->count > 0) {
		const uint8_t *last = c->records[c->count - 1].owner;
		if (bns_name_len(last) == len && memcmp(last, lower, len) == 0)
			return last;
	}
	uint8_t *copy = bns_arena_bytes(&c->arena, len);
	if (copy)
		memcpy(copy, lower, len);
	return copy;
}

enum bns_error bns_contents_add(struct bns_contents *c, const uint8_t *owner, uint16_t type, uint32_t ttl,
				const void *rdata, uint16_t rdlen, uint16_t file, uint32_t line)
{
	enum bns_error err = grow(c);
	if (err)
		return err;
	struct bns_record r = {.ttl = ttl, .type = type, .rdlen = rdlen, .line = line, .file = file};
	uint8_t *copy = bns_arena_bytes(&c->arena, rdlen ? rdlen : 1);
	r.owner = intern_owner(c, owner);
	if (!copy || !r.owner)
		return BNS_ENOMEM;
	if (rdlen > 0)
		memcpy(copy, rdata, rdlen);
	r.rdata = copy;
	c->records[c->count++] = r;
	return BNS_OK;
}

enum bns_error bns_contents_add_file(struct bns_contents *c, const char *path, uint16_t *index)
{
	for (unsigned i = 0; i < c->file_count; i++) {
		if (c->files[i] && strcmp(c->files[i], path) == 0) {
			*index = (uint16_t)i;
			return BNS_OK;
		}
	}
	if (c->file_count > UINT16_MAX)
		return BNS_ERANGE;
	const char *copy = bns_arena_strdup(&c->arena, path);
	if (!copy)
		return BNS_ENOMEM;
	if (c->file_count == 1 && !c->files[0]) {
		c->files[0] = copy;
		*index = 0;
		return BNS_OK;
	}
	const char **files = realloc(c->files, (c->file_count + 1) * sizeof(*files));
	if (!files)
		return BNS_ENOMEM;
	c->files = files;
	files[c->file_count] = copy;
	*index = (uint16_t)c->file_count++;
	return BNS_OK;
}

/* Where names lie in RDATA, as one run [start, end): they stand side by side in every canonical type. */
struct name_run {
	size_t start;
	size_t end;
};

/* Never trusts the RDATA: what is too short for its shape yields a run cut at its end. */
static struct name_run canonical_names(const struct bns_rdata_shape *shape, const uint8_t *rdata, size_t len)
{
	if (!shape || !shape->canonical)
		return (struct name_run){0, 0};
	size_t at = shape->prefix;
	for (unsigned i = 0; i < shape->strings && at < len; i++)
		at += 1u + rdata[at];
	struct name_run run = {at, at};
	for (unsigned i = 0; i < shape->names; i++) {
		while (at < len && rdata[at] != 0)
			at += 1u + rdata[at];
		at++;
	}
	run.end = at < len ? at : len;
	return run;
}

/* Octets of length in names are below 'A', so folding them changes nothing. */
static uint8_t folded(const uint8_t *rdata, size_t at, struct name_run run)
{
	uint8_t c = rdata[at];
	return at >= run.start && at < run.end && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

static int compare_lengths(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* RFC 4034 §6.3: left-justified octets, a missing octet sorts first. */
static int rdata_compare(uint16_t type, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t common = a_len < b_len ? a_len : b_len;
	const struct bns_rdata_shape *shape = bns_rdata_shape(type);
	if (!shape || !shape->canonical) {
		int order = common > 0 ? memcmp(a, b, common) : 0;
		return order ? order : compare_lengths(a_len, b_len);
	}
	struct name_run a_run = canonical_names(shape, a, a_len);
	struct name_run b_run = canonical_names(shape, b, b_len);
	for (size_t i = 0; i < common; i++) {
		int order = folded(a, i, a_run) - folded(b, i, b_run);
		if (order)
			return order;
	}
	return compare_lengths(a_len, b_len);
}

bool bns_rdata_equal(uint16_t type, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return a_len == b_len && rdata_compare(type, a, a_len, b, b_len) == 0;
}

static int owner_type_compare(const uint8_t *a, uint16_t a_type, const uint8_t *b, uint16_t b_type)
{
	int order = a == b ? 0 : bns_name_compare(a, b);
	return order ? order : (int)a_type - (int)b_type;
}

int bns_record_compare(const struct bns_record *a, const struct bns_record *b)
{
	int order = owner_type_compare(a->owner, a->type, b->owner, b->type);
	return order ? order : rdata_compare(a->type, a->rdata, a->rdlen, b->rdata, b->rdlen);
}

static bool has_signatures(const struct bns_contents *c)
{
	size_t count;
	if (bns_contents_find(c, c->apex, BNS_TYPE_DNSKEY, &count))
		return true;
	for (size_t i = 0; i < c->count; i++) {
		if (c->records[i].type == BNS_TYPE_RRSIG)
			return true;
	}
	return false;
}

enum bns_error bns_contents_finish(struct bns_contents *c)
{
	enum bns_error err = bns_contents_sort(c);
	if (err)
		return err;
	const struct bns_record *soa = bns_contents_soa(c);
	c->serial = soa && soa->rdlen >= SOA_NUMBERS ? bns_get_u32(soa->rdata + soa->rdlen - SOA_NUMBERS) : 0;
	c->is_signed = has_signatures(c);
	return BNS_OK;
}

/* The first record that isn't before (owner, type). */
static size_t lower_bound(const struct bns_contents *c, const uint8_t *owner, uint16_t type)
{
	size_t low = 0;
	size_t high = c->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct bns_record *r = &c->records[middle];
		if (owner_type_compare(r->owner, r->type, owner, type) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t bns_contents_rrset_end(const struct bns_contents *c, size_t at)
{
	const struct bns_record *first = &c->records[at];
	do
		at++;
	while (at < c->count && c->records[at].type == first->type &&
	       (c->records[at].owner == first->owner || bns_name_equal(c->records[at].owner, first->owner)));
	return at;
}

const struct bns_record *bns_contents_find(const struct bns_contents *c, const uint8_t *owner, uint16_t type,
					   size_t *count)
{
	size_t at = lower_bound(c, owner, type);
	*count = 0;
	if (at == c->count || owner_type_compare(c->records[at].owner, c->records[at].type, owner, type) != 0)
		return NULL;
	*count = bns_contents_rrset_end(c, at) - at;
	return &c->records[at];
}

const struct bns_record *bns_contents_find_node(const struct bns_contents *c, const uint8_t *owner, size_t *count)
{
	size_t at = lower_bound(c, owner, 0);
	size_t end = at;
	while (end < c->count && bns_name_equal(c->records[end].owner, owner))
		end++;
	*count = end - at;
	return end > at ? &c->records[at] : NULL;
}

const struct bns_record *bns_contents_soa(const struct bns_contents *c)
{
	size_t count;
	return bns_contents_find(c, c->apex, BNS_TYPE_SOA, &count);
}
