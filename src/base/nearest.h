/* SPDX-License-Identifier: BSD-3-Clause */
/* "Did you mean …?": the known word nearest to a mistyped one. Inline, so that plugins have it too. Thread: any. */
#ifndef BNS_BASE_NEAREST_H
#define BNS_BASE_NEAREST_H

#include <stddef.h>
#include <string.h>

#define BNS_NEAREST_WORD_MAX 32

/* Insertions, removals, replacements and swaps of neighbours between two words; longer words count as far apart. */
static inline unsigned bns_edit_distance(const char *a, const char *b)
{
	unsigned row[3][BNS_NEAREST_WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > BNS_NEAREST_WORD_MAX || b_len > BNS_NEAREST_WORD_MAX)
		return BNS_NEAREST_WORD_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *now = row[i % 3], *up = row[(i + 2) % 3], *upper = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upper[j - 2] + 1 < best)
				best = upper[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[a_len % 3][b_len];
}

/* Is `known` near enough to `word` to be meant, and nearer than `*best`? Start with *best = 3. */
static inline int bns_is_nearer(const char *word, const char *known, unsigned *best)
{
	unsigned distance = bns_edit_distance(word, known);

	if (distance >= *best || distance >= strlen(known))
		return 0;
	*best = distance;
	return 1;
}

#endif
