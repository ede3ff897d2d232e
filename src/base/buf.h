/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bounded cursors over bytes, network byte order. A reader or writer that
 * would pass its end sets `failed` and yields zero or writes nothing from
 * then on: check once, after the last call. No allocation. Thread: any.
 */
#ifndef BNS_BASE_BUF_H
#define BNS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bns_get_u16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t bns_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t bns_get_u48(const uint8_t *p)
{
	return (uint64_t)bns_get_u16(p) << 32 | bns_get_u32(p + 2);
}

static inline uint64_t bns_get_u64(const uint8_t *p)
{
	return (uint64_t)bns_get_u32(p) << 32 | bns_get_u32(p + 4);
}

static inline void bns_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void bns_put_u32(uint8_t *p, uint32_t v)
{
	bns_put_u16(p, (uint16_t)(v >> 16));
	bns_put_u16(p + 2, (uint16_t)v);
}

static inline void bns_put_u48(uint8_t *p, uint64_t v)
{
	bns_put_u16(p, (uint16_t)(v >> 32));
	bns_put_u32(p + 2, (uint32_t)v);
}

static inline void bns_put_u64(uint8_t *p, uint64_t v)
{
	bns_put_u32(p, (uint32_t)(v >> 32));
	bns_put_u32(p + 4, (uint32_t)v);
}

struct bns_reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

static inline struct bns_reader bns_reader_of(const void *data, size_t len)
{
	return (struct bns_reader){.data = data, .len = len};
}

static inline size_t bns_reader_left(const struct bns_reader *r)
{
	return r->failed ? 0 : r->len - r->pos;
}

/* The next `n` bytes in place, or NULL. */
static inline const uint8_t *bns_read_bytes(struct bns_reader *r, size_t n)
{
	if (r->failed || r->len - r->pos < n) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *p = r->data + r->pos;
	r->pos += n;
	return p;
}

static inline uint8_t bns_read_u8(struct bns_reader *r)
{
	const uint8_t *p = bns_read_bytes(r, 1);
	return p ? *p : 0;
}

static inline uint16_t bns_read_u16(struct bns_reader *r)
{
	const uint8_t *p = bns_read_bytes(r, 2);
	return p ? bns_get_u16(p) : 0;
}

static inline uint32_t bns_read_u32(struct bns_reader *r)
{
	const uint8_t *p = bns_read_bytes(r, 4);
	return p ? bns_get_u32(p) : 0;
}

static inline uint64_t bns_read_u48(struct bns_reader *r)
{
	const uint8_t *p = bns_read_bytes(r, 6);
	return p ? bns_get_u48(p) : 0;
}

static inline uint64_t bns_read_u64(struct bns_reader *r)
{
	const uint8_t *p = bns_read_bytes(r, 8);
	return p ? bns_get_u64(p) : 0;
}

struct bns_writer {
	uint8_t *data;
	size_t cap;
	size_t pos;
	bool failed;
};

static inline struct bns_writer bns_writer_of(void *data, size_t cap)
{
	return (struct bns_writer){.data = data, .cap = cap};
}

/* Room for `n` bytes, to be filled by the caller, or NULL. */
static inline uint8_t *bns_write_room(struct bns_writer *w, size_t n)
{
	if (w->failed || w->cap - w->pos < n) {
		w->failed = true;
		return NULL;
	}
	uint8_t *p = w->data + w->pos;
	w->pos += n;
	return p;
}

static inline void bns_write_bytes(struct bns_writer *w, const void *data, size_t n)
{
	uint8_t *p = bns_write_room(w, n);
	if (p && n > 0)
		memcpy(p, data, n);
}

static inline void bns_write_u8(struct bns_writer *w, uint8_t v)
{
	uint8_t *p = bns_write_room(w, 1);
	if (p)
		*p = v;
}

static inline void bns_write_u16(struct bns_writer *w, uint16_t v)
{
	uint8_t *p = bns_write_room(w, 2);
	if (p)
		bns_put_u16(p, v);
}

static inline void bns_write_u32(struct bns_writer *w, uint32_t v)
{
	uint8_t *p = bns_write_room(w, 4);
	if (p)
		bns_put_u32(p, v);
}

static inline void bns_write_u48(struct bns_writer *w, uint64_t v)
{
	uint8_t *p = bns_write_room(w, 6);
	if (p)
		bns_put_u48(p, v);
}

static inline void bns_write_u64(struct bns_writer *w, uint64_t v)
{
	uint8_t *p = bns_write_room(w, 8);
	if (p)
		bns_put_u64(p, v);
}

#endif
