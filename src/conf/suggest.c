/* SPDX-License-Identifier: BSD-3-Clause */
/* "Did you mean": the nearest word by edits. Thread: any. */

#include <string.h>

#include "conf/conf_internal.h"

#define WORD_MAX 64

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b`; WORD_MAX: too long to say. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned same = a[i - 1] == b[j - 1] ? 0 : 1;
			row[j] = min_of(min_of(above[j], row[j - 1]) + 1, above[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min_of(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void bns_suggest_begin(struct bns_suggest *s, const char *word)
{
	/* A third of the word may be wrong; more is another word. */
	*s = (struct bns_suggest){.word = word, .distance = (unsigned)min_of((unsigned)(strlen(word) + 2) / 3, 3) + 1};
}

void bns_suggest_consider(struct bns_suggest *s, const char *candidate)
{
	unsigned d = distance(s->word, candidate);
	if (d < s->distance) {
		s->distance = d;
		s->nearest = candidate;
	}
}
