/* SPDX-License-Identifier: BSD-3-Clause */
#include <endian.h>
#include <string.h>

#include "wire/name.h"

#define POINTER_MASK  0xc0u
#define POINTER_FLOOR 12u /* nothing can be pointed at inside the header */

#define HASH_ROOT   0x6a09e667f3bcc908u
#define HASH_FACTOR 0x9e3779b97f4a7c15u

static inline uint8_t lower(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Eight octets at once, in one register; where a comparison of them holds all bits are set. */
typedef uint8_t octets8 __attribute__((vector_size(8)));

static inline octets8 lower8(const uint8_t *p)
{
	octets8 w;

	memcpy(&w, p, sizeof(w));
	return w | ((octets8)(w - (uint8_t)'A' < 26) & 0x20);
}

/* Length octets are at most 63, below 'A': a whole wire name can be lowered without looking for its labels. */
static inline void lower_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len < sizeof(octets8)) {
		for (size_t i = 0; i < len; i++)
			to[i] = lower(from[i]);
		return;
	}
	const octets8 tail = lower8(from + len - sizeof(tail));
	for (size_t i = 0; i + sizeof(tail) < len; i += sizeof(tail)) {
		const octets8 w = lower8(from + i);
		memcpy(to + i, &w, sizeof(w));
	}
	memcpy(to + len - sizeof(tail), &tail, sizeof(tail));
}

static inline uint64_t fold(uint64_t h, uint64_t w)
{
	unsigned __int128 product = (unsigned __int128)(h ^ w) * HASH_FACTOR;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word64(const uint8_t *p)
{
	return le64toh(load64(p));
}

static inline uint64_t word32(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return le32toh(w);
}

/*
 * From the hash of a suffix to that of the suffix with one more label, which
 * lies lower-case at `label`, length octet first. Words overlap at the end
 * rather than pass it; the length octet keeps that unambiguous.
 */
static inline uint64_t hash_label(uint64_t h, const uint8_t *label)
{
	size_t n = label[0] + 1u;

	if (n < 4)
		return fold(h, (uint64_t)label[0] | (uint64_t)label[1] << 8 | (uint64_t)label[n - 1] << 16);
	if (n < 8)
		return fold(h, word32(label) | word32(label + n - 4) << 32);
	for (size_t i = 0; i + 8 < n; i += 8)
		h = fold(h, word64(label + i));
	return fold(h, word64(label + n - 8));
}

/* The starts of all labels, from the left; `*len` counts the root's zero. */
static inline enum bns_error find_labels(const uint8_t *wire, size_t avail, uint8_t starts[BNS_LABELS_MAX],
					 unsigned *labels, size_t *len)
{
	size_t pos = 0;
	unsigned n = 0;

	for (;;) {
		if (pos >= avail)
			return BNS_ESHORT;
		size_t label = wire[pos];
		if (label == 0)
			break;
		if (label > BNS_LABEL_MAX)
			return BNS_ENAME;
		size_t next = pos + 1 + label;
		if (next >= BNS_NAME_MAX)
			return BNS_ENAME;
		starts[n++] = (uint8_t)pos;
		pos = next;
	}
	*labels = n;
	*len = pos + 1;
	return BNS_OK;
}

enum bns_error bns_qname_scan(const uint8_t *wire, size_t avail, struct bns_qname *out)
{
	uint8_t starts[BNS_LABELS_MAX];
	unsigned labels;
	size_t len;

	enum bns_error err = find_labels(wire, avail, starts, &labels, &len);
	if (err)
		return err;
	lower_copy(out->name, wire, len);
	out->len = (uint8_t)len;
	out->labels = (uint8_t)labels;
	uint64_t h = HASH_ROOT;
	out->hash[0] = h;
	out->offset[0] = (uint8_t)(len - 1);
	for (unsigned k = 1; k <= labels; k++) {
		uint8_t start = starts[labels - k];
		h = hash_label(h, out->name + start);
		out->offset[k] = start;
		out->hash[k] = h;
	}
	return BNS_OK;
}

uint64_t bns_name_hash(const uint8_t *name)
{
	uint8_t lowered[BNS_NAME_MAX];
	uint8_t starts[BNS_LABELS_MAX];
	unsigned labels;
	size_t len;
	uint64_t h = HASH_ROOT;

	if (find_labels(name, BNS_NAME_MAX, starts, &labels, &len) != BNS_OK)
		return 0;
	lower_copy(lowered, name, len);
	while (labels > 0)
		h = hash_label(h, lowered + starts[--labels]);
	return h;
}

enum bns_error bns_name_parse(const uint8_t *msg, size_t len, size_t *pos, uint8_t out[BNS_NAME_MAX], size_t *out_len)
{
	size_t at = *pos;
	size_t run = at;   /* where the labels being read began: a pointer must lead before it, so it can't loop */
	size_t behind = 0; /* the first pointer ends the name in place */
	unsigned jumps = 0;
	size_t n = 0;

	for (;;) {
		if (at >= len)
			return BNS_ESHORT;
		size_t label = msg[at];
		if ((label & POINTER_MASK) == POINTER_MASK) {
			if (len - at < 2)
				return BNS_ESHORT;
			size_t target = (label & ~(size_t)POINTER_MASK) << 8 | msg[at + 1];
			if (target < POINTER_FLOOR || target >= run || ++jumps > BNS_LABELS_MAX)
				return BNS_ENAME;
			behind = behind ? behind : at + 2;
			run = at = target;
			continue;
		}
		if (label > BNS_LABEL_MAX || n + 1 + label + (label > 0) > BNS_NAME_MAX)
			return BNS_ENAME;
		if (len - at < 1 + label)
			return BNS_ESHORT;
		memcpy(out + n, msg + at, 1 + label);
		n += 1 + label;
		at += 1 + label;
		if (label == 0)
			break;
	}
	*pos = behind ? behind : at;
	if (out_len)
		*out_len = n;
	return BNS_OK;
}

size_t bns_name_len(const uint8_t *name)
{
	const uint8_t *p = name;

	while (*p)
		p += 1 + *p;
	return (size_t)(p - name) + 1;
}

unsigned bns_name_labels(const uint8_t *name)
{
	unsigned n = 0;

	for (; *name; name += 1 + *name)
		n++;
	return n;
}

bool bns_name_valid(const uint8_t *name, size_t len)
{
	uint8_t starts[BNS_LABELS_MAX];
	unsigned labels;
	size_t found = 0;

	return find_labels(name, len, starts, &labels, &found) == BNS_OK && found == len;
}

void bns_name_lower(uint8_t *name)
{
	lower_copy(name, name, bns_name_len(name));
}

static bool same_octets(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

bool bns_name_equal(const uint8_t *a, const uint8_t *b)
{
	while (*a == *b) {
		size_t label = *a;
		if (label == 0)
			return true;
		if (!same_octets(a + 1, b + 1, label))
			return false;
		a += 1 + label;
		b += 1 + label;
	}
	return false;
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
	size_t shorter = *a < *b ? *a : *b;

	for (size_t i = 1; i <= shorter; i++) {
		int difference = lower(a[i]) - lower(b[i]);
		if (difference != 0)
			return difference;
	}
	return *a - *b;
}

static unsigned label_starts(const uint8_t *name, uint8_t starts[BNS_LABELS_MAX])
{
	unsigned n = 0;

	for (size_t pos = 0; name[pos] && n < BNS_LABELS_MAX; pos += 1u + name[pos])
		starts[n++] = (uint8_t)pos;
	return n;
}

int bns_name_compare(const uint8_t *a, const uint8_t *b)
{
	uint8_t a_starts[BNS_LABELS_MAX];
	uint8_t b_starts[BNS_LABELS_MAX];
	unsigned a_left = label_starts(a, a_starts);
	unsigned b_left = label_starts(b, b_starts);

	while (a_left > 0 && b_left > 0) {
		int order = compare_labels(a + a_starts[--a_left], b + b_starts[--b_left]);
		if (order != 0)
			return order;
	}
	return (int)a_left - (int)b_left;
}

bool bns_name_in(const uint8_t *name, const uint8_t *ancestor)
{
	unsigned labels = bns_name_labels(name);
	unsigned wanted = bns_name_labels(ancestor);

	if (labels < wanted)
		return false;
	for (; labels > wanted; labels--)
		name += 1 + *name;
	return bns_name_equal(name, ancestor);
}

const uint8_t *bns_name_parent(const uint8_t *name)
{
	return *name ? name + 1 + *name : name;
}

bool bns_name_is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}
