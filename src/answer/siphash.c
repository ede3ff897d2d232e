/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/siphash.h"

struct state {
	uint64_t v[4];
};

static uint64_t get_le64(const uint8_t *p)
{
	uint64_t v = 0;
	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void mix(struct state *s, unsigned a, unsigned b, unsigned bits, unsigned a_bits)
{
	s->v[a] += s->v[b];
	s->v[b] = rotate(s->v[b], bits) ^ s->v[a];
	if (a_bits > 0)
		s->v[a] = rotate(s->v[a], a_bits);
}

static void rounds(struct state *s, unsigned count)
{
	while (count-- > 0) {
		mix(s, 0, 1, 13, 32);
		mix(s, 2, 3, 16, 0);
		mix(s, 0, 3, 21, 0);
		mix(s, 2, 1, 17, 32);
	}
}

static void absorb(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	rounds(s, 2);
	s->v[0] ^= word;
}

uint64_t bns_siphash(const uint8_t key[BNS_SIPHASH_KEY_LEN], const uint8_t *data, size_t len)
{
	uint64_t k0 = get_le64(key), k1 = get_le64(key + 8);
	struct state s = {
		{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}};
	/* The last word holds what is left over, and the length in its top octet. */
	uint64_t last = (uint64_t)len << 56;
	size_t whole = len - len % 8;
	for (size_t i = 0; i < whole; i += 8)
		absorb(&s, get_le64(data + i));
	for (size_t i = whole; i < len; i++)
		last |= (uint64_t)data[i] << 8 * (i - whole);
	absorb(&s, last);
	s.v[2] ^= 0xff;
	rounds(&s, 4);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
