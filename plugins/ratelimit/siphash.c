/* SPDX-License-Identifier: BSD-3-Clause */
#include "siphash.h"

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static uint64_t little_endian(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static void rounds(struct state *s, unsigned count)
{
	while (count-- > 0) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32) + s->d;
		s->c += s->b;
		s->d = rotate(s->d, 21) ^ s->a;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

static void take(struct state *s, uint64_t word)
{
	s->d ^= word;
	rounds(s, 2);
	s->a ^= word;
}

uint64_t rl_siphash(const uint8_t key[RL_KEY_LEN], const uint8_t *data, size_t len)
{
	uint64_t low = little_endian(key, 8), high = little_endian(key + 8, 8);
	struct state s = {
		.a = low ^ 0x736f6d6570736575,
		.b = high ^ 0x646f72616e646f6d,
		.c = low ^ 0x6c7967656e657261,
		.d = high ^ 0x7465646279746573,
	};
	size_t whole = len & ~(size_t)7;

	for (size_t i = 0; i < whole; i += 8)
		take(&s, little_endian(data + i, 8));
	take(&s, little_endian(data + whole, len - whole) | (uint64_t)len << 56);
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
